package tf

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"stateroom/awsops/secret"
	"stateroom/steps/files"
)

// blockEditor changes the arguments of one block.
type blockEditor struct {
	*hclFile
	block  *hclsyntax.Block
	prefix string // of field names, such as "backend."
	gone   map[string]bool
	added  []addedAttr
	blocks []string // nested blocks to add, without indentation, lines parted by \n
	// literal replaces expressions, which are otherwise left alone.
	literal bool
}

type addedAttr struct{ name, text string }

func (f *hclFile) open(block *hclsyntax.Block, prefix string) *blockEditor {
	return &blockEditor{hclFile: f, block: block, prefix: prefix, gone: map[string]bool{}}
}

// setString makes an argument hold a string.
func (b *blockEditor) setString(name, value string) { b.set(name, value, quoteHCL(value)) }

// set replaces the argument's expression by text when its literal value is
// another, adds the argument when it is missing, and leaves an expression with
// variables or functions alone, with a note, unless it is to be literal.
func (b *blockEditor) set(name, value, text string) {
	attr, ok := b.block.Body.Attributes[name]
	if !ok || b.gone[name] {
		b.added = append(b.added, addedAttr{name, text})
		b.fields = append(b.fields, files.Field(files.Add, b.prefix+name, "", value, secretName.MatchString(name)))
		return
	}
	old, known := literal(attr.Expr, b.file.Bytes)
	if !known && (b.literal || isNull(attr.Expr)) {
		old = b.shown(attr)
	} else if !known {
		b.note(attr.SrcRange.Start.Line, "%s is the expression %s and was left as it is; it should give %q.",
			name, b.text(attr.Expr.Range()), value)
		return
	}
	if known && old == value {
		return
	}
	b.splices.Add(attr.Expr.Range().Start.Byte, attr.Expr.Range().End.Byte, text)
	b.fields = append(b.fields, files.Field(files.Change, b.prefix+name, old, value, secretName.MatchString(name)))
}

// given is an argument that is there and not null.
func (b *blockEditor) given(name string) (*hclsyntax.Attribute, bool) {
	attr, ok := b.block.Body.Attributes[name]
	return attr, ok && !isNull(attr.Expr)
}

// unset removes an argument, if it is there.
func (b *blockEditor) unset(name string) {
	attr, ok := b.block.Body.Attributes[name]
	if !ok {
		return
	}
	b.gone[name] = true
	if !b.single() {
		b.removeItem(attr.SrcRange)
	}
	b.fields = append(b.fields, files.Field(files.Remove, b.prefix+name, b.shown(attr), "", secretName.MatchString(name)))
}

// shown gives an argument's value for a field, its source for an expression.
func (b *blockEditor) shown(attr *hclsyntax.Attribute) string {
	if v, ok := literal(attr.Expr, b.file.Bytes); ok {
		return v
	}
	if _, ok := attr.Expr.(*hclsyntax.ObjectConsExpr); ok && secretName.Match(b.file.Bytes[attr.SrcRange.Start.Byte:attr.SrcRange.End.Byte]) {
		return secret.Redacted
	}
	return b.text(attr.Expr.Range())
}

// single tells a block on one line, which can hold one argument at most.
func (b *blockEditor) single() bool {
	return b.block.OpenBraceRange.End.Line == b.block.CloseBraceRange.Start.Line
}

// finish places what was added. It must be called once, last.
func (b *blockEditor) finish() {
	if b.single() {
		b.expand()
		return
	}
	inner := b.innerIndent()
	if at := b.insertAt(); len(b.added) > 0 {
		b.splices.Add(at, at, b.attrLines(inner))
	}
	if end := b.lineStart(b.block.CloseBraceRange.Start.Byte); len(b.blocks) > 0 {
		b.splices.Add(end, end, b.blockLines(inner))
	}
}

// insertAt gives the place for new arguments: the line after the last one that
// is there, else the line after the opening brace.
func (b *blockEditor) insertAt() int {
	at := b.newlineAfter(b.block.OpenBraceRange.End.Byte)
	for _, attr := range b.block.Body.Attributes {
		if end := b.newlineAfter(attr.SrcRange.End.Byte); end > at {
			at = end
		}
	}
	return max(at, b.block.OpenBraceRange.End.Byte)
}

// innerIndent gives the indentation of the block's content.
func (b *blockEditor) innerIndent() string {
	if items := ordered(b.block.Body); len(items) > 0 && !b.single() {
		return b.indent(items[0].span().Start.Byte)
	}
	base := b.indent(b.block.TypeRange.Start.Byte)
	if strings.HasSuffix(base, "\t") {
		return base + "\t"
	}
	return base + "  "
}

// attrLines renders the added arguments, their = under those that are there.
func (b *blockEditor) attrLines(indent string) string {
	width := 0
	for _, attr := range b.block.Body.Attributes {
		if gap := b.file.Bytes[attr.NameRange.End.Byte:attr.EqualsRange.Start.Byte]; !b.gone[attr.Name] && !strings.Contains(string(gap), "\t") {
			width = max(width, len(attr.Name)+len(gap))
		}
	}
	if width == 0 {
		for _, a := range b.added {
			width = max(width, len(a.name)+1)
		}
	}
	var out strings.Builder
	for _, a := range b.added {
		text := strings.ReplaceAll(a.text, "\n", b.eol()+indent)
		out.WriteString(indent + a.name + strings.Repeat(" ", max(1, width-len(a.name))) + "= " + text + b.eol())
	}
	return out.String()
}

func (b *blockEditor) blockLines(indent string) string {
	var out strings.Builder
	for _, block := range b.blocks {
		if len(b.block.Body.Attributes)+len(b.block.Body.Blocks)+len(b.added) > 0 {
			out.WriteString(b.eol())
		}
		for line := range strings.SplitSeq(block, "\n") {
			out.WriteString(indent + line + b.eol())
		}
	}
	return out.String()
}

// expand breaks a block on one line into lines.
func (b *blockEditor) expand() {
	if len(b.added)+len(b.blocks)+len(b.gone) == 0 {
		return
	}
	base, inner := b.indent(b.block.TypeRange.Start.Byte), b.innerIndent()
	open, end := b.block.OpenBraceRange.End.Byte, b.block.CloseBraceRange.Start.Byte
	tail := b.eol() + b.attrLines(inner) + b.blockLines(inner) + base
	for _, attr := range b.block.Body.Attributes { // at most one
		if b.gone[attr.Name] {
			b.replaceBlank(open, attr.SrcRange.Start.Byte, "")
			b.splices.Add(attr.SrcRange.Start.Byte, attr.SrcRange.End.Byte, "")
		} else {
			b.replaceBlank(open, attr.SrcRange.Start.Byte, b.eol()+inner)
		}
		open = attr.SrcRange.End.Byte
	}
	b.replaceBlank(open, end, tail)
}

// replaceBlank puts text between two places, instead of the white space there
// or, when there is a comment, after it.
func (b *blockEditor) replaceBlank(start, end int, text string) {
	if strings.TrimSpace(string(b.file.Bytes[start:end])) != "" {
		start = end
	}
	b.splices.Add(start, end, text)
}

// names gives the block's arguments in the order of the file.
func (b *blockEditor) names() []string {
	var out []string
	for _, item := range ordered(b.block.Body) {
		if item.attr != nil {
			out = append(out, item.attr.Name)
		}
	}
	return out
}
