package steps

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// HCL writes the blueprint as a new file: one argument a line, the defaults that
// a reader wants to see written out, the rarely used ones only where they
// differ. ParseBlueprint reads it back equal, if Check has nothing against it.
func (b *Blueprint) HCL() []byte {
	file := hclwrite.NewEmptyFile()
	writeArguments(file.Body(), b.arguments(), NewBlueprint().arguments())
	for _, kind := range blockKinds() {
		for _, label := range kind.labels(b) {
			file.Body().AppendNewline()
			writeArguments(appendBlock(file.Body(), kind, label), kind.at(b, label), kind.def(label))
		}
	}
	return hclwrite.Format(file.Bytes())
}

func appendBlock(body *hclwrite.Body, kind blockKind, label string) *hclwrite.Body {
	if !kind.labelled {
		return body.AppendNewBlock(kind.name, nil).Body()
	}
	return body.AppendNewBlock(kind.name, []string{label}).Body()
}

func writeArguments(body *hclwrite.Body, arguments, defaults []argument) {
	for i, a := range arguments {
		if a.always && !a.empty() || !a.same(defaults[i]) {
			body.SetAttributeValue(a.name, a.value())
		}
	}
}

// value is the argument as HCL's value; lists keep their order, maps are
// written in the order of their names.
func (a argument) value() cty.Value {
	switch to := a.to.(type) {
	case *int:
		return cty.NumberIntVal(int64(*to))
	case *bool:
		return cty.BoolVal(*to)
	case *string:
		return cty.StringVal(*to)
	case *[]string:
		texts := make([]cty.Value, len(*to))
		for i, t := range *to {
			texts[i] = cty.StringVal(t)
		}
		return cty.TupleVal(texts)
	case *map[string]string:
		texts := map[string]cty.Value{}
		for name, t := range *to {
			texts[name] = cty.StringVal(t)
		}
		return cty.ObjectVal(texts)
	}
	return cty.NilVal
}

// updatePasses bounds how often UpdateHCL goes over the file: an edit may
// change what another block's defaults follow from, and then that block's
// argument is written out in the next pass.
const updatePasses = 3

// UpdateHCL edits the blueprint file old so that it says b: arguments that
// differ are set in place, new blocks are appended, blocks that are gone are
// removed; every comment stays, and the file comes out aligned as terraform fmt
// would have it. Old must be a valid blueprint and b pass Check. An old that
// says b already is returned unchanged, byte for byte.
func UpdateHCL(old []byte, b *Blueprint) ([]byte, error) {
	const name = "the blueprint"
	if err := b.Check(); err != nil {
		return nil, fmt.Errorf("update %s: %w", name, err)
	}
	text := old
	for range updatePasses {
		was, err := ParseBlueprint(name, text)
		if err != nil {
			return nil, fmt.Errorf("update %s: %w", name, err)
		}
		if was.says(b) {
			return text, nil
		}
		if text, err = updatePass(text, was, b); err != nil {
			return nil, err
		}
	}
	now, err := ParseBlueprint(name, text)
	if err != nil || !now.says(b) {
		return nil, fmt.Errorf("update %s: the edited file would not say what was answered: write it anew", name)
	}
	return text, nil
}

// says reports whether both blueprints hold the same answers, in whatever order
// their blocks stand.
func (b *Blueprint) says(other *Blueprint) bool {
	if !sameArguments(b.arguments(), other.arguments()) {
		return false
	}
	for _, kind := range blockKinds() {
		mine, theirs := kind.labels(b), kind.labels(other)
		slices.Sort(mine)
		slices.Sort(theirs)
		if !slices.Equal(mine, theirs) {
			return false
		}
		for _, label := range mine {
			if !sameArguments(kind.at(b, label), kind.at(other, label)) {
				return false
			}
		}
	}
	return true
}

func sameArguments(a, b []argument) bool {
	return slices.EqualFunc(a, b, func(x, y argument) bool { return x.same(y) })
}

func updatePass(text []byte, was, b *Blueprint) ([]byte, error) {
	file, diags := hclwrite.ParseConfig(endLine(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, fmt.Errorf("update the blueprint: %w", diags)
	}
	body := file.Body()
	updateArguments(body, was.arguments(), b.arguments(), NewBlueprint().arguments())
	var added []byte
	for _, kind := range blockKinds() {
		labels := kind.labels(b)
		for _, block := range blocksOf(body, kind) {
			if !slices.Contains(labels, labelOf(block)) {
				body.RemoveBlock(block)
			}
		}
		for _, label := range labels {
			block := findBlock(body, kind, label)
			switch {
			case block != nil:
				updateArguments(block.Body(), kind.at(was, label), kind.at(b, label), kind.def(label))
			case kind.labelled || !sameArguments(kind.at(was, label), kind.at(b, label)):
				added = append(added, blockText(kind, label, b)...)
			}
		}
	}
	return append(file.Bytes(), added...), nil
}

// updateArguments sets what differs; what became empty is taken out where empty
// is the default.
func updateArguments(body *hclwrite.Body, was, now, defaults []argument) {
	for i, a := range now {
		switch {
		case a.same(was[i]):
		case a.empty() && a.same(defaults[i]):
			body.RemoveAttribute(a.name)
		default:
			body.SetAttributeValue(a.name, a.value())
		}
	}
}

// blockText is a new block with an empty line before it.
func blockText(kind blockKind, label string, b *Blueprint) []byte {
	file := hclwrite.NewEmptyFile()
	file.Body().AppendNewline()
	writeArguments(appendBlock(file.Body(), kind, label), kind.at(b, label), kind.def(label))
	return hclwrite.Format(file.Bytes())
}

func blocksOf(body *hclwrite.Body, kind blockKind) []*hclwrite.Block {
	var found []*hclwrite.Block
	for _, block := range body.Blocks() {
		if block.Type() == kind.name {
			found = append(found, block)
		}
	}
	return found
}

func findBlock(body *hclwrite.Body, kind blockKind, label string) *hclwrite.Block {
	for _, block := range blocksOf(body, kind) {
		if labelOf(block) == label {
			return block
		}
	}
	return nil
}

func labelOf(block *hclwrite.Block) string { return strings.Join(block.Labels(), "") }

func endLine(text []byte) []byte {
	if len(text) == 0 || bytes.HasSuffix(text, []byte("\n")) {
		return text
	}
	return append(slices.Clone(text), '\n')
}
