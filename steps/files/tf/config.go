package tf

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"stateroom/steps/files"
)

// config is what init is given with one -backend-config: a file of bare arguments, or one
// argument as NAME=VALUE, which stands in no file.
type config struct {
	file files.Snapshot
	body *hclsyntax.Body // nil without a file
	pair Attribute
}

// pairOf is the NAME=VALUE of a -backend-config, which without an equals sign names a
// file (Terraform's own rule, command/init.go).
func pairOf(text string) (a Attribute, is bool) {
	name, value, is := strings.Cut(text, "=")
	return Attribute{Name: name, Value: value, Literal: true}, is
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
	return config{file: file, body: body}, err
}

func (c config) attributes() Attributes {
	if c.body == nil {
		return Attributes{c.pair}
	}
	return attributes(c.body, c.file.Bytes, "")
}

// says tells whether it gives an argument of that name.
func (c config) says(name string) bool {
	if c.body == nil {
		return c.pair.Name == name
	}
	return c.body.Attributes[name] != nil
}

// readConfigs reads the files that complete the project's backend. Where one cannot be
// read nobody can tell where the state is.
func (p *Project) readConfigs(names []string) (problems []error) {
	var configs []config
	for _, name := range names {
		if pair, is := pairOf(name); is {
			configs = append(configs, config{pair: pair})
			continue
		}
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
// the last counts.
func (p *Project) complete(configs []config) error {
	if len(configs) == 0 {
		return nil
	}
	p.configs = configs
	at := files.Place{Path: p.Dir}
	for i := range p.Backends {
		b := &p.Backends[i]
		if at = b.Place; b.Type != "s3" && b.Type != "local" {
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
		Problem: "backend_config in the blueprint says what completes it, and there is no backend \"s3\" block that it could complete",
		Remedy:  "write backend \"s3\" {} into backend.tf, or take backend_config out of the blueprint",
	}
}

// under are the arguments with those of a file over them.
func (a Attributes) under(c config) Attributes {
	given := c.attributes()
	out := slices.DeleteFunc(slices.Clone(a), func(have Attribute) bool {
		name, _, _ := strings.Cut(have.Name, ".")
		return c.says(name)
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
		if c.body == nil {
			out[c.pair.Name] = like(cty.StringVal(c.pair.Value), noted[c.pair.Name])
			continue
		}
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
	if block.Type == "local" {
		return have.Type != "local" || LocalPlaceOf(p.Dir, have.Attributes) != LocalPlaceOf(p.Dir, block.Attributes)
	}
	said := func(name string) string { return block.Attributes.Get(name) }
	want := Backend{Bucket: said("bucket"), Key: said("key"), WorkspacePrefix: said(workspaceKeyPrefix)}
	noted := have.BackendConfig
	noted.Store = "" // it is compared here, since want has none
	return !noted.SamePlace(want) || have.Store != block.Store
}

// lastFile is the place of the last file among what completes a backend, -1 without one.
func lastFile(configs []config) int {
	for i := len(configs) - 1; i >= 0; i-- {
		if configs[i].body != nil {
			return i
		}
	}
	return -1
}

// beneath are the arguments without those of the last file and of what comes after it.
func (b *BackendBlock) beneath() Attributes {
	out := b.written
	for _, c := range b.configs[:lastFile(b.configs)] {
		out = out.under(c)
	}
	return out
}

// above are the arguments that come after the last file: no edit overrides them.
func (b *BackendBlock) above() Attributes {
	var out Attributes
	for _, c := range b.configs[lastFile(b.configs)+1:] {
		out = out.under(c)
	}
	return out
}

// heldBy refuses a backend that a NAME=VALUE keeps from being what is wanted: it is given
// to every init, whatever the files say.
func (w Backend) heldBy(block *BackendBlock) error {
	wanted := w.arguments()
	for _, a := range block.above() {
		i := slices.IndexFunc(wanted, func(want argument) bool { return want.name == a.Name })
		if i >= 0 && wanted[i].value == a.Value || i < 0 && !slices.Contains(w.unwanted(block.Attributes.Get(workspaceKeyPrefix)), a.Name) && block.Type == "s3" {
			continue
		}
		return &files.Error{
			Action: "configure", Path: block.Path, Line: block.Line,
			Problem: fmt.Sprintf("backend_config in the blueprint gives every init %s=%s, which is not what the blueprint wants", a.Name, a.Value),
			Remedy:  "write that argument into the block, as it is now, and take it out of backend_config and of what else runs init; then setup can change it",
		}
	}
	return nil
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

// Given is what init may have been given to complete the project's backend, files
// relative to its directory: all that variables of the environment give to every init, in
// that order, secrets left out, else the files that lie there, one of which may be it, and
// of which init's notes may leave those that give the noted place.
func (p *Project) Given() (paths []string, all bool) {
	block, err := p.Backend()
	if err != nil || block == nil {
		return nil, false
	}
	for _, c := range block.given {
		if c.path != "" {
			paths = append(paths, p.relative(c.path))
		} else if !secretName.MatchString(c.attributes[0].Name) {
			paths = append(paths, c.Argument)
		}
	}
	if len(paths) > 0 {
		return paths, true
	}
	paths = p.noted(PartialConfigs(p.Dir))
	for i, path := range paths {
		paths[i] = p.relative(path)
	}
	return paths, false
}

// relative is a path as it is named in the project's directory.
func (p *Project) relative(path string) string {
	rel, err := filepath.Rel(p.Dir, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
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
	last := block.configs[lastFile(block.configs)]
	c := open.fileOf(last.file).open(last.block(), "backend.")
	c.literal = w.Literal
	if block.block != nil {
		b := open.file(block.Path).open(block.block, "backend.")
		if block.Type != "s3" {
			b.retype(block.Type)
		}
		w.nested(b)
		for _, name := range w.outOfBlock() {
			b.unset(name)
		}
		b.finish()
	}
	for _, name := range places["local"] {
		if block.Type == "local" && last.says(name) {
			c.unset(name)
		}
	}
	if err := w.override(c, block); err != nil {
		return err
	}
	for _, a := range w.arguments() {
		have := block.Attributes.Find(a.name)
		given := block.above().Find(a.name) != nil // rightly, or nothing would be written
		if c.block.Body.Attributes[a.name] != nil || !given && (have == nil || !have.Literal || have.Value != a.value) {
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
