package blueprint

import (
	"fmt"
	"io/fs"
	"reflect"
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/gocty"

	"stateroom/steps/files"
	"stateroom/steps/files/tf"
)

// Read reads and checks the blueprint at path. A file that is not there
// answers an error that wraps fs.ErrNotExist; a file that is wrong answers
// Problems with every problem's file and line.
func Read(path string) (*Blueprint, error) {
	file, err := files.Read(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the blueprint: %w", err)
	case !file.Exists:
		return nil, fmt.Errorf("read the blueprint: %w", &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist})
	}
	return Parse(path, file.Bytes)
}

// Parse reads a blueprint from src; filename appears in problems only.
// Defaults are filled in. Required answers may be absent, since --set can give
// them: ask Missing. Only version must be there.
func Parse(filename string, src []byte) (*Blueprint, error) {
	r := &blueprintReader{filename: filename, into: New(), at: map[string]hcl.Range{}}
	if line := tf.TooDeep(src); line > 0 {
		r.problem(hcl.Range{Start: hcl.Pos{Line: line}}, "", "nests deeper than a blueprint ever does")
		return nil, r.problems
	}
	file, diags := hclsyntax.ParseConfig(src, filename, hcl.InitialPos)
	if diags.HasErrors() {
		r.syntax(diags)
		return nil, r.problems.sorted()
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return nil, fmt.Errorf("read %s: it is not in HCL's native syntax", filename)
	}
	r.root(body)
	r.into.FillDefaults()
	r.check()
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	return r.into, nil
}

// blueprintReader reads one file. It remembers where every answer stands, so
// that Check's problems get their lines.
type blueprintReader struct {
	filename string
	into     *Blueprint
	at       map[string]hcl.Range
	problems Problems
}

func (r *blueprintReader) problem(rng hcl.Range, path, format string, args ...any) {
	r.problems = append(r.problems, Problem{
		Path: path, File: r.filename, Line: max(rng.Start.Line, 1), Message: fmt.Sprintf(format, args...),
	})
}

func (r *blueprintReader) syntax(diags hcl.Diagnostics) {
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		rng := hcl.Range{}
		if d.Subject != nil {
			rng = *d.Subject
		}
		r.problem(rng, "", "%s: %s", d.Summary, d.Detail)
	}
}

// root reads the whole file. Only a file without lock block means both locks.
func (r *blueprintReader) root(body *hclsyntax.Body) {
	if _, given := body.Attributes["version"]; !given {
		r.problem(body.Range(), "version", "is missing: start the file with version = %d", blueprintVersion)
	}
	r.arguments(body, "", r.into.arguments())
	for _, block := range body.Blocks {
		r.block(block)
	}
}

func (r *blueprintReader) block(block *hclsyntax.Block) {
	rng := block.DefRange()
	kind, ok := findKind(block.Type)
	if !ok {
		r.problem(rng, "", "there is no block %q%s", block.Type, DidYouMean(block.Type, kindNames()))
		return
	}
	label, ok := r.label(kind, block)
	if !ok {
		return
	}
	path := blockPath(kind.name, label)
	if first, again := r.at[path]; again {
		r.problem(rng, path, "appears twice, first on line %d: keep one of the two", first.Start.Line)
		return
	}
	r.at[path] = rng
	kind.add(r.into, label)
	if kind.name == "lock" {
		r.into.Lock = Lock{}
	}
	r.arguments(block.Body, path, kind.at(r.into, label))
	for _, inner := range block.Body.Blocks {
		r.problem(inner.DefRange(), path, "takes no block inside, and there is %q: write it as an argument, %s = …",
			inner.Type, inner.Type)
	}
}

func (r *blueprintReader) label(kind blockKind, block *hclsyntax.Block) (string, bool) {
	switch {
	case kind.labelled && len(block.Labels) == 1 && block.Labels[0] != "":
		return block.Labels[0], true
	case kind.labelled:
		r.problem(block.DefRange(), kind.name, "needs one name: write %s \"name\" { … }", kind.name)
	case len(block.Labels) == 0:
		return "", true
	default:
		r.problem(block.DefRange(), kind.name, "takes no name: write %s { … }", kind.name)
	}
	return "", false
}

// arguments reads a body's attributes into the table's fields.
func (r *blueprintReader) arguments(body *hclsyntax.Body, prefix string, table []argument) {
	for _, attr := range inOrder(body.Attributes) {
		path := attr.Name
		if prefix != "" {
			path = prefix + "." + attr.Name
		}
		a, ok := findArgument(table, attr.Name)
		if !ok {
			r.problem(attr.NameRange, path, "there is no such argument%s", DidYouMean(attr.Name, argumentNames(table)))
			continue
		}
		r.at[path] = attr.NameRange
		value, diags := attr.Expr.Value(nil)
		if diags.HasErrors() {
			r.syntax(diags)
			continue
		}
		r.elements(path, attr.Expr)
		if !a.fromValue(value) {
			r.problem(attr.NameRange, path, "must be %s", a.wanted())
		}
	}
}

// elements remembers the line of each text in a list, for lists over several
// lines.
func (r *blueprintReader) elements(path string, expr hclsyntax.Expression) {
	list, ok := expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		return
	}
	for _, e := range list.Exprs {
		if v, diags := e.Value(nil); !diags.HasErrors() && isText(v) {
			r.at[elementPath(path, v.AsString())] = e.Range()
		}
	}
}

// check adds Check's problems, each with the line of its argument, or else of
// its block.
func (r *blueprintReader) check() {
	unread := map[string]bool{}
	for _, p := range r.problems {
		unread[p.Path] = true
	}
	for _, found := range r.into.problems() {
		if !unread[found.Path] { // one that could not be read has a value that is not the file's
			r.problem(r.rangeOf(found), found.Path, "%s", found.Message)
		}
	}
}

func (r *blueprintReader) rangeOf(found Problem) hcl.Range {
	for _, path := range []string{elementPath(found.Path, found.element), found.Path, found.block} {
		if rng, ok := r.at[path]; ok {
			return rng
		}
	}
	return hcl.Range{}
}

// elementPath keys the place of one element of a list; NUL cannot occur in a
// path.
func elementPath(path, element string) string { return path + "\x00" + element }

// fromValue sets the field from a value and reports whether it has the right
// type. Numbers are not taken for texts: an account id would lose its leading
// zeros.
func (a argument) fromValue(v cty.Value) bool {
	if v.IsNull() || !v.IsWhollyKnown() {
		return false
	}
	if v.CanIterateElements() {
		for _, element := range v.Elements() {
			if !isText(element) {
				return false
			}
		}
		converted, err := convert.Convert(v, a.form())
		if err != nil {
			return false
		}
		v = converted
	}
	return v.Type().Equals(a.form()) && gocty.FromCtyValue(v, a.to) == nil
}

// form is the argument's type in HCL.
func (a argument) form() cty.Type {
	form, _ := gocty.ImpliedType(reflect.ValueOf(a.to).Elem().Interface()) // every type of the tables has one
	return form
}

func isText(v cty.Value) bool { return v.Type() == cty.String && !v.IsNull() && v.IsKnown() }

// inOrder lists attributes as they stand in the file.
func inOrder(attributes hclsyntax.Attributes) []*hclsyntax.Attribute {
	list := make([]*hclsyntax.Attribute, 0, len(attributes))
	for _, attr := range attributes {
		list = append(list, attr)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].NameRange.Start.Byte < list[j].NameRange.Start.Byte })
	return list
}

func kindNames() []string {
	var names []string
	for _, k := range blockKinds() {
		names = append(names, k.name)
	}
	return names
}

func argumentNames(table []argument) []string {
	names := make([]string, len(table))
	for i, a := range table {
		names[i] = a.name
	}
	return names
}
