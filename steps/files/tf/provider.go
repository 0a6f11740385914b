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
	Region  string // where the resources live
	Profile string // empty (profile_in_files = false): an existing one is kept and told
	RoleARN string // the environment role; empty leaves what is there
	// STSRegion is where AWS is asked for the role instead of in Region; empty leaves
	// what is there.
	STSRegion string
	// NewRegion lets provider versions that do not know the regions yet take them; false
	// leaves what is there.
	NewRegion bool
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
	if block != nil && block.block == nil {
		return open.inJSON(want, block)
	}
	if block == nil {
		f := open.file(filepath.Join(p.Dir, providerFile))
		f.append(want.render(), want.fields())
		return open.edits()
	}
	b := open.file(block.Path).open(block.block, "provider.")
	for _, a := range want.arguments() {
		b.set(a)
	}
	if want.Profile != "" {
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

// inJSON edits nothing where a provider in a JSON file is the wanted one already.
func (o *hclFiles) inJSON(want Provider, block *ProviderBlock) ([]files.Edit, error) {
	provider := jsonOf(want.arguments())
	right := block.Attributes.says(want.arguments())
	if want.RoleARN != "" {
		role := want.role()
		provider[roleBlock] = jsonOf([]argument{role})
		right = right && block.Attributes.Get(roleBlock+"."+role.name) == role.value
	}
	if right {
		return o.edits()
	}
	return nil, inJSON(block.Place, "the provider", "put the lines there, or move the provider block to provider.tf", map[string]any{"provider": map[string]any{"aws": provider}})
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

// arguments gives the block's content, without what is empty and without the role.
func (w Provider) arguments() []argument {
	var out []argument
	if w.Region != "" {
		out = append(out, stringArgument("region", w.Region))
	}
	if w.STSRegion != "" {
		out = append(out, stringArgument(stsRegion, w.STSRegion))
	}
	if w.NewRegion {
		out = append(out, argument{skipRegionValidation, "true", "true"})
	}
	if w.Profile != "" {
		out = append(out, stringArgument("profile", w.Profile))
	}
	return out
}

// stsRegion is the argument of a provider that names the region whose STS is asked.
const stsRegion = "sts_region"

// skipRegionValidation is the argument of a backend and of a provider without which they
// refuse a region that is newer than they are.
const skipRegionValidation = "skip_region_validation"

// Role is the ARN of the role that the project's default provider assumes, as far as it is
// written out.
func (p *Project) Role() string {
	for _, block := range p.Providers {
		if a := block.Attributes.Find(roleBlock + ".role_arn"); block.Alias == "" && a != nil && a.Literal {
			return a.Value
		}
	}
	return ""
}

// AsksIn is the region whose STS the project's default provider asks for its role, where
// that is not the provider's own; empty where it is. It may be an expression.
func (p *Project) AsksIn() Attribute {
	for _, block := range p.Providers {
		if a := block.Attributes.Find(stsRegion); block.Alias == "" && a != nil {
			return *a
		}
	}
	return Attribute{}
}

// The block of the role and where its fields are told.
const roleField = "provider." + roleBlock + "."

// role is what stands in the block of the role.
func (w Provider) role() argument { return stringArgument("role_arn", w.RoleARN) }

// assumeRole brings the assume_role of an existing provider to what is wanted.
func (w Provider) assumeRole(b *blockEditor) {
	var nested []*hclsyntax.Block
	for _, block := range b.block.Body.Blocks {
		if block.Type == roleBlock {
			nested = append(nested, block)
		}
	}
	attr, isMap := b.block.Body.Attributes[roleBlock]
	switch {
	case isMap:
		w.mapToBlock(b, attr)
	case len(nested) > 1:
		b.note(nested[1].TypeRange.Start.Line, "the provider assumes several roles one after the other; they were left as they are, and the last should be %q.", w.RoleARN)
	case len(nested) == 1:
		inner := b.open(nested[0], roleField)
		inner.set(w.role())
		inner.finish()
	default:
		b.blocks = append(b.blocks, strings.TrimSuffix(w.renderRole(), "\n"))
		b.fields = append(b.fields, w.role().field(roleField))
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
	b.fields = append(b.fields, files.NewField("provider.assume_role", "(map)", "(block)", false))
	b.splices.Add(attr.NameRange.End.Byte, object.SrcRange.Start.Byte, " ")

	base := b.indent(attr.SrcRange.Start.Byte)
	inner := base + "  "
	at := object.SrcRange.Start.Byte + 1
	role, missing := w.role(), true
	for _, item := range object.Items {
		key, value := item.KeyExpr.Range(), item.ValueExpr.Range()
		b.ownLine(at, key.Start.Byte, inner)
		name := keyText(item.KeyExpr, b.file.Bytes)
		b.splices.Add(key.Start.Byte, key.End.Byte, name)
		b.splices.Add(key.End.Byte, value.Start.Byte, strings.Replace(string(b.file.Bytes[key.End.Byte:value.Start.Byte]), ":", " =", 1))
		if name == role.name {
			b.assign(item.ValueExpr, role, roleField)
			missing = false
		}
		at = value.End.Byte
	}
	end := object.SrcRange.End.Byte - 1
	added := ""
	if missing {
		added = inner + role.name + " = " + role.text + b.eol()
		b.fields = append(b.fields, role.field(roleField))
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

// renderRole gives the block of the role.
func (w Provider) renderRole() string {
	return string(hclwrite.Format([]byte(roleBlock + " {\n" + linesOf([]argument{w.role()}) + "}\n")))
}

// render gives a new file.
func (w Provider) render() string {
	text := "provider \"aws\" {\n" + linesOf(w.arguments())
	if w.RoleARN != "" {
		text += "\n" + w.renderRole()
	}
	return string(hclwrite.Format([]byte(text + "}\n")))
}

// fields describes a new block.
func (w Provider) fields() []files.Field {
	out := fieldsOf("provider.", w.arguments())
	if w.RoleARN != "" {
		out = append(out, w.role().field(roleField))
	}
	return out
}
