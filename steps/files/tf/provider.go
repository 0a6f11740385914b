package tf

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"stateroom/steps/files"
)

// Provider is what a project's default (un-aliased) provider "aws" must say.
type Provider struct {
	Region      string // where the resources live
	Profile     string // empty (profile_in_files = false): an existing one is kept and told
	RoleARN     string // the environment role; empty leaves what is there
	SessionName string // empty leaves what is there
}

// EditProvider gives the edits after which the project's default provider "aws"
// is want: in place where the block is, in whatever file, else in provider.tf.
// Arguments that are expressions (region = var.aws_region) stay and are told in
// the notes. The article's assume_role map, an error since Terraform 0.12, is
// turned into a block. Aliased providers are not touched.
func EditProvider(p *Project, want Provider) ([]files.Edit, error) {
	block, err := p.defaultProvider()
	if err != nil {
		return nil, err
	}
	open := &hclFiles{project: p}
	if block == nil {
		f := open.file(filepath.Join(p.Dir, providerFile))
		f.append(want.render(), want.fields())
		return open.edits()
	}
	b := open.file(block.Path).open(block.block, "provider.")
	if want.Region != "" {
		b.setString("region", want.Region)
	}
	if want.Profile != "" {
		b.setString("profile", want.Profile)
		for _, name := range staticKeys {
			b.unset(name)
		}
	}
	b.tellKept("profile", want.Profile == "", "the profile is kept, although the blueprint leaves profiles out of the files")
	if want.RoleARN != "" {
		want.assumeRole(b)
	}
	b.finish()
	return open.edits()
}

// defaultProvider gives the provider block without an alias, nil when there is
// none.
func (p *Project) defaultProvider() (*ProviderBlock, error) {
	var found *ProviderBlock
	for i := range p.Providers {
		block := &p.Providers[i]
		switch {
		case block.Alias != "":
			continue
		case block.block == nil:
			return nil, &files.Error{
				Action: "edit", Path: block.Path, Line: block.Line, Problem: "the provider is in a JSON file, which is not edited here",
				Remedy: "move the provider block to provider.tf",
			}
		case found != nil:
			return nil, &files.Error{
				Action: "configure", Path: block.Path, Line: block.Line,
				Problem: fmt.Sprintf("it is a second default provider \"aws\", the first is in %s", found.Place),
				Remedy:  "give one of them an alias",
			}
		}
		found = block
	}
	return found, nil
}

// roleArguments gives the content of assume_role.
func (w Provider) roleArguments() []argument {
	out := []argument{{"role_arn", w.RoleARN, quoteHCL(w.RoleARN)}}
	if w.SessionName != "" {
		out = append(out, argument{"session_name", w.SessionName, quoteHCL(w.SessionName)})
	}
	return out
}

// assumeRole brings the assume_role of an existing provider to what is wanted.
func (w Provider) assumeRole(b *blockEditor) {
	var nested []*hclsyntax.Block
	for _, block := range b.block.Body.Blocks {
		if block.Type == "assume_role" {
			nested = append(nested, block)
		}
	}
	attr, isMap := b.block.Body.Attributes["assume_role"]
	switch {
	case isMap:
		w.mapToBlock(b, attr)
	case len(nested) > 1:
		b.note(nested[1].TypeRange.Start.Line, "the provider assumes several roles one after the other; they were left as they are, and the last should be %q.", w.RoleARN)
	case len(nested) == 1:
		inner := b.open(nested[0], "provider.assume_role.")
		for _, a := range w.roleArguments() {
			inner.set(a.name, a.value, a.text)
		}
		inner.finish()
	default:
		b.blocks = append(b.blocks, strings.TrimSuffix(w.renderRole(), "\n"))
		for _, a := range w.roleArguments() {
			b.fields = append(b.fields, files.Field(files.Add, "provider.assume_role."+a.name, "", a.value, false))
		}
	}
}

// mapToBlock turns assume_role = { a = 1, b : 2 } into a block in place: the
// equals sign goes, items get lines of their own, and comments stay.
func (w Provider) mapToBlock(b *blockEditor, attr *hclsyntax.Attribute) {
	object, ok := attr.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		b.note(attr.SrcRange.Start.Line, "assume_role is an expression, which Terraform refuses since 0.12; write it as a block with role_arn = %q.", w.RoleARN)
		return
	}
	b.fields = append(b.fields, files.Field(files.Change, "provider.assume_role", "(map)", "(block)", false))
	b.splices.Add(attr.NameRange.End.Byte, object.SrcRange.Start.Byte, " ")

	base := b.indent(attr.SrcRange.Start.Byte)
	inner := base + "  "
	at := object.SrcRange.Start.Byte + 1
	missing := w.roleArguments()
	for _, item := range object.Items {
		key, value := item.KeyExpr.Range(), item.ValueExpr.Range()
		b.ownLine(at, key.Start.Byte, inner)
		name := keyText(item.KeyExpr, b.file.Bytes)
		b.splices.Add(key.Start.Byte, key.End.Byte, name)
		b.splices.Add(key.End.Byte, value.Start.Byte, strings.Replace(string(b.file.Bytes[key.End.Byte:value.Start.Byte]), ":", " =", 1))
		missing = b.setItem(item, name, missing)
		at = value.End.Byte
	}
	end := object.SrcRange.End.Byte - 1
	added := ""
	for _, a := range missing {
		added += inner + a.name + " = " + a.text + b.eol()
		b.fields = append(b.fields, files.Field(files.Add, "provider.assume_role."+a.name, "", a.value, false))
	}
	b.ownLine(at, end, base)
	start := b.lineStart(end)
	if start <= at { // the brace stood on the line of the last item
		start = end
		added = strings.TrimPrefix(added, base)
		if added != "" {
			added += base
		}
	}
	b.splices.Add(start, start, added)
}

// setItem gives a map item the wanted value, if one is wanted for it, and the
// arguments still missing.
func (b *blockEditor) setItem(item hclsyntax.ObjectConsItem, name string, wanted []argument) []argument {
	var rest []argument
	for _, a := range wanted {
		if a.name != name {
			rest = append(rest, a)
			continue
		}
		old, known := literal(item.ValueExpr, b.file.Bytes)
		switch {
		case !known:
			b.note(item.ValueExpr.Range().Start.Line, "%s is the expression %s and was left as it is; it should give %q.",
				name, b.text(item.ValueExpr.Range()), a.value)
		case old != a.value:
			r := item.ValueExpr.Range()
			b.splices.Add(r.Start.Byte, r.End.Byte, a.text)
			b.fields = append(b.fields, files.Field(files.Change, b.prefix+"assume_role."+name, old, a.value, false))
		}
	}
	return rest
}

// ownLine makes the item that starts at end begin a line: the comma between it
// and the item before goes, and a line break comes where there was none.
func (b *blockEditor) ownLine(start, end int, indent string) {
	broken := false
	for _, t := range b.tokens {
		if t.Range.Start.Byte < start || t.Range.End.Byte > end {
			continue
		}
		if t.Type == hclsyntax.TokenComma {
			b.splices.Add(t.Range.Start.Byte, t.Range.End.Byte, "")
		}
		broken = broken || t.Type == hclsyntax.TokenNewline || strings.HasSuffix(string(t.Bytes), "\n")
	}
	if !broken {
		b.splices.Add(end, end, b.eol()+indent)
	}
}

func (w Provider) renderRole() string {
	var b strings.Builder
	b.WriteString("assume_role {\n")
	for _, a := range w.roleArguments() {
		fmt.Fprintf(&b, "%s = %s\n", a.name, a.text)
	}
	b.WriteString("}\n")
	return string(hclwrite.Format([]byte(b.String())))
}

// render gives a new file.
func (w Provider) render() string {
	var b strings.Builder
	b.WriteString("provider \"aws\" {\n")
	if w.Region != "" {
		fmt.Fprintf(&b, "region = %s\n", quoteHCL(w.Region))
	}
	if w.Profile != "" {
		fmt.Fprintf(&b, "profile = %s\n", quoteHCL(w.Profile))
	}
	if w.RoleARN != "" {
		b.WriteString("\n" + w.renderRole())
	}
	b.WriteString("}\n")
	return string(hclwrite.Format([]byte(b.String())))
}

// fields describes a new block.
func (w Provider) fields() []files.FieldChange {
	var out []files.FieldChange
	add := func(name, value string) {
		if value != "" {
			out = append(out, files.Field(files.Add, "provider."+name, "", value, false))
		}
	}
	add("region", w.Region)
	add("profile", w.Profile)
	add("assume_role.role_arn", w.RoleARN)
	add("assume_role.session_name", w.SessionName)
	return out
}
