package tf

import (
	"fmt"

	"stateroom/steps/files"
)

// InUse is the backend that init noted, else the block's, nil without any.
func (p *Project) InUse() *BackendConfig {
	if have := p.State.Configured; have != nil {
		return &have.BackendConfig
	}
	if block, _ := p.Backend(); block != nil { // step 7 tells of a second one
		return &block.BackendConfig
	}
	return nil
}

// StatePlace is the place of a project's state as two projects could share it, empty
// where that cannot be told.
func (p *Project) StatePlace() string {
	noted, local := p.State.Configured != nil, len(p.State.States) > 0
	switch at := p.InUse(); {
	case at == nil, local && !noted, at.Type == "local":
	case at.Type == "s3" && at.Attributes.Get("bucket") != "" && at.Attributes.Get("key") != "":
		return "s3 " + at.Store + " " + at.Attributes.Get("bucket") + "/" + at.Attributes.Get("key")
	case at.Type != "s3" && noted:
		place := at.Type
		for _, a := range at.Attributes {
			place += " " + a.Name + "=" + a.Value
		}
		return place
	}
	if local {
		return files.RealPath(p.State.States[0].Path)
	}
	return ""
}

// WhereStateIs names the place of a project's state for people.
func (p *Project) WhereStateIs() string {
	block, _ := p.Backend() // step 7 tells of a second one
	switch have := p.State.Configured; {
	case have != nil && have.Type != "local":
		return fmt.Sprintf("%s, as %s notes", have.where(), have.Place)
	case len(p.State.States) > 0:
		return p.State.States[0].Path
	case block != nil:
		return fmt.Sprintf("%s, as %s says", block.where(), block.Place)
	}
	return "nowhere yet"
}

// where names the place of the state in a backend for people.
func (c BackendConfig) where() string {
	if c.Type != "s3" {
		return otherPlace(c)
	}
	place := fmt.Sprintf("s3://%s/%s", c.Attributes.Get("bucket"), c.Attributes.Get("key"))
	if c.Store != "" {
		place += " at " + c.Store
	}
	return place
}

// StrayState is a local state that the backend "local" in use does not know, nil
// without one.
func (p *Project) StrayState() *State {
	if have := p.State.Configured; have != nil && have.Type != "local" {
		return nil
	}
	for i, s := range p.State.States {
		if s.Stray && s.Resources > 0 {
			return &p.State.States[i]
		}
	}
	return nil
}
