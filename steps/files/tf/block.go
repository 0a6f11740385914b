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
	added  []argument
	blocks []string // nested blocks to add, without indentation, lines parted by \n
	// literal replaces expressions, which are otherwise left alone.
	literal bool
}

// argument is one argument to write: its value as it is shown and as it stands
// in the file.
type argument struct{ name, value, text string }

func stringArgument(name, value string) argument { return argument{name, value, quoteHCL(value)} }

// field describes the argument where it is added.
func (a argument) field(prefix string) files.Field {
	return files.NewField(prefix+a.name, "", a.value, secretName.MatchString(a.name))
}

// fieldsOf describes a new block's arguments.
func fieldsOf(prefix string, arguments []argument) []files.Field {
	var out []files.Field
	for _, a := range arguments {
		out = append(out, a.field(prefix))
	}
	return out
}

// linesOf are a new block's arguments, not yet formatted.
func linesOf(arguments []argument) string {
	var out strings.Builder
	for _, a := range arguments {
		out.WriteString(a.name + " = " + a.text + "\n")
	}
	return out.String()
}

func (f *hclFile) open(block *hclsyntax.Block, prefix string) *blockEditor {
	return &blockEditor{hclFile: f, block: block, prefix: prefix, gone: map[string]bool{}}
}

// set makes an argument say what is wanted, and adds it when it is missing.
func (b *blockEditor) set(a argument) {
	attr, ok := b.block.Body.Attributes[a.name]
	if !ok || b.gone[a.name] {
		b.added = append(b.added, a)
		b.fields = append(b.fields, a.field(b.prefix))
		return
	}
	b.assign(attr.Expr, a, b.prefix)
}

// assign replaces an expression by what is wanted when its literal value is
// another, and leaves one with variables or functions alone, with a note, unless it
// is to be literal.
func (b *blockEditor) assign(expr hclsyntax.Expression, a argument, prefix string) {
	old, known := literal(expr, b.file.Bytes)
	switch {
	case !known && (b.literal || isNull(expr)):
		old = b.shown(a.name, expr)
	case !known:
		b.note(expr.Range().Start.Line, "%s is the expression %s and was left as it is; it should give %q.",
			a.name, b.text(expr.Range()), a.value)
		return
	case old == a.value:
		return
	}
	b.splices.Add(expr.Range().Start.Byte, expr.Range().End.Byte, a.text)
	b.fields = append(b.fields, files.NewField(prefix+a.name, old, a.value, secretName.MatchString(a.name)))
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
	b.fields = append(b.fields, files.NewField(b.prefix+name, b.shown(name, attr.Expr), "", secretName.MatchString(name)))
}

// shown gives an argument's value for a field, its source for an expression.
func (b *blockEditor) shown(name string, expr hclsyntax.Expression) string {
	if v, ok := literal(expr, b.file.Bytes); ok {
		return v
	}
	text := b.text(expr.Range())
	if _, ok := expr.(*hclsyntax.ObjectConsExpr); ok && (secretName.MatchString(name) || secretName.MatchString(text)) {
		return secret.Redacted
	}
	return text
}

// removeBlock takes out a nested block.
func (b *blockEditor) removeBlock(nested *hclsyntax.Block) {
	b.removeItem(bodyItem{block: nested}.span())
	b.fields = append(b.fields, files.NewField(b.prefix+nested.Type, "(block)", "", false))
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
// is there, of one line if any is, so that they are aligned with it; else the line
// after the opening brace.
func (b *blockEditor) insertAt() int {
	first := b.newlineAfter(b.block.OpenBraceRange.End.Byte)
	at, short := first, first
	for _, attr := range b.block.Body.Attributes {
		end := b.newlineAfter(attr.SrcRange.End.Byte)
		at = max(at, end)
		if attr.SrcRange.Start.Line == attr.SrcRange.End.Line {
			short = max(short, end)
		}
	}
	if short > first {
		at = short
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
