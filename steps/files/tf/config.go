package tf

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"stateroom/steps/files"
)

// config is a file of bare arguments that init is given with -backend-config.
type config struct {
	file files.Snapshot
	body *hclsyntax.Body
}

// readConfig reads such a file, which has to be there.
func readConfig(path string) (config, error) {
	file, err := files.ReadUpTo(path, files.Limit{Bytes: maxConfig})
	if err == nil && !file.Exists {
		err = &files.Error{Action: "read", Path: path, Err: fs.ErrNotExist}
	}
	if err != nil {
		return config{}, err
	}
	body, err := parseHCL(path, file.Bytes)
	return config{file, body}, err
}

func (c config) attributes() Attributes { return attributes(c.body, c.file.Bytes, "") }

// readConfigs reads the files that complete the project's backend. Where one cannot be
// read nobody can tell where the state is.
func (p *Project) readConfigs(names []string) (problems []error) {
	var configs []config
	for _, name := range names {
		c, err := readConfig(filepath.Join(p.Dir, filepath.FromSlash(name)))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		configs = append(configs, c)
	}
	if len(problems) > 0 {
		return problems
	}
	if err := p.complete(configs); err != nil {
		return []error{err}
	}
	return nil
}

// complete lays what the files say over the backend block, as init does: of an argument
// the last counts. Only a backend "s3" is completed here.
func (p *Project) complete(configs []config) error {
	if len(configs) == 0 {
		return nil
	}
	p.configs = configs
	at := files.Place{Path: p.Dir}
	for i := range p.Backends {
		b := &p.Backends[i]
		if at = b.Place; b.Type != "s3" {
			continue
		}
		b.configs, b.written = configs, b.Attributes
		for _, c := range configs {
			b.Attributes = b.Attributes.under(c)
		}
		return nil
	}
	return &files.Error{
		Action: "configure", Path: at.Path, Line: at.Line,
		Problem: "backend_config in the blueprint names files for it, and there is no backend \"s3\" block that they could complete",
		Remedy:  "write backend \"s3\" {} into backend.tf, or take backend_config out of the blueprint",
	}
}

// under are the arguments with those of a file over them.
func (a Attributes) under(c config) Attributes {
	given := c.attributes()
	out := slices.DeleteFunc(slices.Clone(a), func(have Attribute) bool {
		name, _, _ := strings.Cut(have.Name, ".")
		return c.body.Attributes[name] != nil
	})
	for i := range given {
		given[i].Path = c.file.Path
	}
	return append(out, given...)
}

// effective are the arguments of a block and of the files that complete it, of the types
// in which init noted them.
func (b *BackendBlock) effective(noted map[string]cty.Value) map[string]cty.Value {
	out := b.values(noted)
	for _, c := range b.configs {
		for name, attr := range c.body.Attributes {
			out[name] = evaluated(attr.Expr, noted[name])
		}
	}
	return out
}

// OtherConfig tells that init last worked with another place than the files give that
// complete the backend: with those of another environment, say.
func (p *Project) OtherConfig() bool {
	have := p.State.Configured
	block, err := p.Backend()
	if have == nil || err != nil || block == nil || len(block.configs) == 0 {
		return false
	}
	said := func(name string) string { return block.Attributes.Get(name) }
	want := Backend{Bucket: said("bucket"), Key: said("key"), WorkspacePrefix: said(workspaceKeyPrefix)}
	noted := have.BackendConfig
	noted.Store = "" // it is compared here, since want has none
	return !noted.SamePlace(want) || have.Store != block.Store
}

// beneath are the arguments without those of the last file.
func (b *BackendBlock) beneath() Attributes {
	out := b.written
	for _, c := range b.configs[:len(b.configs)-1] {
		out = out.under(c)
	}
	return out
}

// whole is an argument of that name, or the first of a map of that name, nil without one
// that is given.
func (a Attributes) whole(name string) *Attribute {
	for i := range a {
		if top, _, _ := strings.Cut(a[i].Name, "."); top == name && !a[i].Null {
			return &a[i]
		}
	}
	return nil
}

// Given are the files that init may have been given to complete the project's backend,
// relative to its directory: those that variables of the environment name, else those
// that lie there, of which init's notes may leave those that give the noted place.
func (p *Project) Given() []string {
	block, err := p.Backend()
	if err != nil || block == nil {
		return nil
	}
	var paths []string
	for _, c := range block.given {
		if c.path != "" {
			paths = append(paths, c.path)
		}
	}
	if len(paths) == 0 {
		paths = p.noted(PartialConfigs(p.Dir))
	}
	for i, path := range paths {
		if rel, err := filepath.Rel(p.Dir, path); err == nil {
			paths[i] = filepath.ToSlash(rel)
		}
	}
	return paths
}

// noted are those of the files with any of which alone init would have come to the place
// that it noted, and all of them where it noted none of these.
func (p *Project) noted(paths []string) []string {
	var found []string
	for _, path := range paths {
		next := &Project{Dir: p.Dir, State: p.State, Backends: slices.Clone(p.Backends)}
		c, err := readConfig(path)
		if err == nil && p.State.Configured != nil && next.complete([]config{c}) == nil && !next.OtherConfig() {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return paths
	}
	return found
}

// editCompleted brings a backend that files complete to what is wanted. The last file
// says what the block and the files before it do not, or say otherwise, for these may
// serve other environments, too; out of the block goes only what Terraform refuses and
// what is a secret.
func (w Backend) editCompleted(open *hclFiles, block *BackendBlock) error {
	if a := block.Attributes.Find("sse_customer_key"); a != nil && w.KMSKeyID != "" && block.Store == "" {
		return sseCustomerKey(a.Place(block.Place))
	}
	last := block.configs[len(block.configs)-1]
	c := open.fileOf(last.file).open(last.block(), "backend.")
	c.literal = w.Literal
	if block.block != nil {
		b := open.file(block.Path).open(block.block, "backend.")
		w.nested(b)
		for _, name := range w.outOfBlock() {
			b.unset(name)
		}
		b.finish()
	}
	if err := w.override(c, block); err != nil {
		return err
	}
	for _, a := range w.arguments() {
		have := block.Attributes.Find(a.name)
		if c.block.Body.Attributes[a.name] != nil || have == nil || !have.Literal || have.Value != a.value {
			c.set(a)
		}
	}
	if c.block.Body.Attributes["endpoints"] != nil || !w.hasEndpoints(block.Attributes) {
		w.endpoints(c)
	}
	w.accounts(c)
	w.tellWhatStays(c)
	c.finishFile()
	return nil
}

// outOfBlock are the arguments that no file can override: those that Terraform refuses,
// and secrets, which stay readable where they are.
func (w Backend) outOfBlock() []string {
	if w.Profile == "" {
		return removedIn110
	}
	return slices.Concat(removedIn110, staticKeys)
}

// override takes what is not wanted out of the file, and where the block or a file
// before it says it, says null in it, which is to say nothing.
func (w Backend) override(c *blockEditor, block *BackendBlock) error {
	beneath := block.beneath()
	drop := w.unwanted(block.Attributes.Get(workspaceKeyPrefix) + beneath.Get(workspaceKeyPrefix))
	if w.LeavesStore && block.Store != "" {
		drop = append(drop, w.notOfAWS()...)
	}
	for _, name := range drop {
		below, attr := beneath.whole(name), c.block.Body.Attributes[name]
		atLast := slices.Contains(w.outOfBlock(), name)
		switch {
		case below != nil && atLast && below.Path != "":
			return &files.Error{
				Action: "edit", Path: below.Path, Line: below.Line, Problem: "it says " + name + ", which may not be there, and other projects may go by it",
				Remedy: "take it out of the file",
			}
		case below == nil || atLast || name == "endpoints" && w.Endpoint != "":
			if !c.gone[name] {
				c.unset(name)
			}
		case attr == nil:
			if !slices.ContainsFunc(c.added, func(a argument) bool { return a.name == name }) {
				c.set(argument{name, "null", "null"})
			}
		case !isNull(attr.Expr):
			c.literal = true
			c.assign(attr.Expr, argument{name, "null", "null"}, c.prefix)
			c.literal = w.Literal
		}
	}
	return nil
}

// hasEndpoints tells whether the custom endpoint stands there for every service.
func (w Backend) hasEndpoints(have Attributes) bool {
	return !slices.ContainsFunc(w.services(), func(s string) bool { return have.Get("endpoints."+s) != w.Endpoint })
}

// block is the file as a block, to be edited as one.
func (c config) block() *hclsyntax.Block {
	block := &hclsyntax.Block{Type: "backend", Labels: []string{"s3"}, Body: c.body}
	block.CloseBraceRange = c.body.EndRange
	block.CloseBraceRange.Start.Line++ // so that it is never one of a single line
	return block
}

// finishFile places what was added to a file of bare arguments. It must be called once,
// last.
func (b *blockEditor) finishFile() {
	if len(b.added) == 0 {
		return
	}
	at, lead, end := b.insertAt(), "", len(b.file.Bytes)
	open := end > 0 && b.file.Bytes[end-1] != '\n'
	if open {
		lead = b.eol()
	}
	if open || len(b.block.Body.Attributes) == 0 {
		at = end
	}
	b.splices.Add(at, at, lead+b.attrLines(""))
}
