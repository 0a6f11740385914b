package tf

import (
	"fmt"

	"stateroom/steps/files"
)

// StatePlace is the place of a project's state as two projects could share it, empty
// where that cannot be told.
func (p *Project) StatePlace() string {
	kind, get := "", func(string) string { return "" }
	if have := p.State.Configured; have != nil {
		kind, get = have.Type, have.Attributes.Get
	} else if block, _ := p.Backend(); block != nil && len(p.State.States) == 0 { // step 7 tells of a second one
		kind, get = block.Type, block.Attributes.Get
	}
	switch {
	case kind == "s3" && get("bucket") != "" && get("key") != "":
		return "s3 " + get("bucket") + "/" + get("key")
	case kind != "" && kind != "local" && kind != "s3" && p.State.Configured != nil:
		for _, a := range p.State.Configured.Attributes {
			kind += " " + a.Name + "=" + a.Value
		}
		return kind
	case len(p.State.States) > 0:
		return files.RealPath(p.State.States[0].Path)
	}
	return ""
}

// WhereStateIs names the place of a project's state for people.
func (p *Project) WhereStateIs() string {
	block, _ := p.Backend() // step 7 tells of a second one
	switch have := p.State.Configured; {
	case have != nil && have.Type == "s3":
		return fmt.Sprintf("s3://%s/%s, as %s notes", have.Attributes.Get("bucket"), have.Attributes.Get("key"), have.Place)
	case have != nil && have.Type != "local":
		return fmt.Sprintf("%s, as %s notes", otherPlace(have.Type, have.Place, have.Attributes), have.Place)
	case len(p.State.States) > 0:
		return p.State.States[0].Path
	case block != nil && block.Type == "s3":
		return fmt.Sprintf("s3://%s/%s, as %s says", block.Attributes.Get("bucket"), block.Attributes.Get("key"), block.Place)
	case block != nil:
		return fmt.Sprintf("%s, as %s says", otherPlace(block.Type, block.Place, block.Attributes), block.Place)
	}
	return "nowhere yet"
}

// StrayState is a local state that the backend "local" in use does not know, nil
// without one.
func (p *Project) StrayState() *StateFile {
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
