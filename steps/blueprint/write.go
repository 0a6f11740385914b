package blueprint

import (
	"maps"
	"reflect"
	"slices"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/gocty"
)

// HCL writes the blueprint as a new file: one argument a line, the defaults that
// a reader wants to see written out, the rarely used ones only where they
// differ. Parse reads it back equal, if Check has nothing against it.
//
// The blocks are formatted one by one: the tokens of ten thousand environments at once
// weigh more than everything else that a run holds.
func (b *Blueprint) HCL() []byte {
	file := hclwrite.NewEmptyFile()
	writeArguments(file.Body(), b.arguments(), New().arguments())
	text := hclwrite.Format(file.Bytes())
	for _, kind := range blockKinds() {
		for label, arguments := range kind.blocks(b) {
			file := hclwrite.NewEmptyFile()
			file.Body().AppendNewline()
			writeArguments(appendBlock(file.Body(), kind, label), arguments, kind.def(label))
			text = append(text, hclwrite.Format(file.Bytes())...)
		}
	}
	return text
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
	switch v, _ := gocty.ToCtyValue(reflect.ValueOf(a.to).Elem().Interface(), a.form()); { // the form is the value's own
	case !v.IsNull():
		return v
	case v.Type().IsListType():
		return cty.EmptyTupleVal
	default:
		return cty.EmptyObjectVal
	}
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
		others := maps.Collect(kind.blocks(other))
		for label, arguments := range kind.blocks(b) {
			if !sameArguments(arguments, others[label]) {
				return false
			}
		}
	}
	return true
}

func sameArguments(a, b []argument) bool {
	return slices.EqualFunc(a, b, func(x, y argument) bool { return x.same(y) })
}
