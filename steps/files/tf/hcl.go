package tf

import (
	"cmp"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"stateroom/awsops/secret"
	"stateroom/steps/files"
)

// Attribute is one argument of a block. The arguments of a nested block or map
// are listed with a dotted name, such as "assume_role.role_arn".
type Attribute struct {
	Name    string
	Value   string   // the text of a literal, the source of an expression, "(secret)" for a secret
	Literal bool     // whether Value is known without evaluating variables
	Null    bool     // whether it is null, which to Terraform is the same as not there
	List    []string // the texts of a list of literals, nil for anything else
	Line    int      // counted from 1
	// Path is the file where it stands when that is not its block's, empty otherwise.
	Path string
}

// Place is where it stands; block is where its block begins.
func (a Attribute) Place(block files.Place) files.Place {
	return files.Place{Path: cmp.Or(a.Path, block.Path), Line: a.Line}
}

// Attributes are the arguments of a block in the order of the file.
type Attributes []Attribute

// Get gives the literal value of the named argument, empty when it is missing
// or an expression.
func (a Attributes) Get(name string) string {
	if x := a.Find(name); x != nil && x.Literal {
		return x.Value
	}
	return ""
}

// Find gives the named argument, nil when it is missing or null.
func (a Attributes) Find(name string) *Attribute {
	for i := range a {
		if a[i].Name == name && !a[i].Null {
			return &a[i]
		}
	}
	return nil
}

// secretName tells the arguments of backends and providers, and what people
// call their own settings, whose values must not be shown.
var secretName = regexp.MustCompile(`(?i)(^|[._])(access_key|token|sse_customer_key|passphrase)$|secret|password`)

// parseHCL parses a native Terraform file; the error is the first diagnostic,
// with its line.
func parseHCL(path string, src []byte) (*hclsyntax.Body, error) {
	if line := TooDeep(src); line > 0 {
		return nil, depthError(path, line)
	}
	f, diags := hclsyntax.ParseConfig(src, path, hcl.InitialPos)
	if err := firstError(path, diags); err != nil {
		return nil, err
	}
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok {
		return nil, &files.Error{Action: "read", Path: path, Problem: "it is not in Terraform's native syntax"}
	}
	return body, nil
}

// parse parses a file in the syntax that its name tells.
func parse(path string, src []byte) (hcl.Body, error) {
	if !strings.HasSuffix(path, ".json") {
		return parseHCL(path, src)
	}
	if line := tooDeepJSON(src); line > 0 {
		return nil, depthError(path, line)
	}
	f, diags := json.Parse(src, path)
	if err := firstError(path, diags); err != nil {
		return nil, err
	}
	return f.Body, nil
}

// part is what a schema names of a body, beside the first block that it names and
// that is not as Terraform takes it; the rest is Terraform's to judge.
func part(path string, body hcl.Body, schema *hcl.BodySchema) (*hcl.BodyContent, error) {
	content, _, diags := body.PartialContent(schema)
	return content, firstError(path, diags)
}

// native is a block of the native syntax with the places of all its parts, nil in
// the JSON syntax, which is read but not edited.
func native(parent hcl.Body, block *hcl.Block) *hclsyntax.Block {
	body, ok := parent.(*hclsyntax.Body)
	if !ok {
		return nil
	}
	i := slices.IndexFunc(body.Blocks, func(b *hclsyntax.Block) bool { return b.TypeRange == block.TypeRange })
	return body.Blocks[i]
}

func firstError(path string, diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		line := 0
		if d.Subject != nil {
			line = d.Subject.Start.Line
		}
		return &files.Error{
			Action: "read", Path: path, Line: line,
			Problem: strings.TrimSuffix(d.Summary+": "+d.Detail, "."), Remedy: "correct the file (terraform validate shows the place)",
		}
	}
	return nil
}

// literal gives the text of an expression that needs no variables: a string,
// number or bool. Heredocs count as expressions, since they are not rewritten.
func literal(expr hcl.Expression, src []byte) (string, bool) {
	r := expr.Range()
	if r.End.Byte > len(src) || strings.HasPrefix(string(src[r.Start.Byte:]), "<<") {
		return "", false
	}
	v, diags := expr.Value(nil)
	if diags.HasErrors() || v.IsMarked() || !v.IsKnown() || v.IsNull() || !v.Type().IsPrimitiveType() {
		return "", false
	}
	s, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", false
	}
	return s.AsString(), true
}

// isNull tells an argument that stands there and sets nothing.
func isNull(expr hcl.Expression) bool {
	v, diags := expr.Value(nil)
	return !diags.HasErrors() && v.IsNull()
}

// attribute describes one argument.
func attribute(name string, expr hcl.Expression, src []byte) Attribute {
	r := expr.Range()
	a := Attribute{Name: name, Line: r.Start.Line, Null: isNull(expr)}
	a.Value, a.Literal = literal(expr, src)
	if !a.Literal && r.End.Byte <= len(src) {
		a.Value = string(src[r.Start.Byte:r.End.Byte])
	}
	if !a.Literal {
		a.List, _ = texts(expr)
	}
	if secretName.MatchString(name) && !strings.HasPrefix(name, "endpoints.") {
		a.Value, a.List = secret.Redacted, nil
	}
	return a
}

// attributes lists a body's arguments, those of nested blocks and maps with a
// dotted name. A dynamic block goes by the name of what it makes.
func attributes(body *hclsyntax.Body, src []byte, prefix string) Attributes {
	var out Attributes
	for _, item := range ordered(body) {
		if item.block != nil {
			name := item.block.Type
			if name == "dynamic" && len(item.block.Labels) == 1 {
				name = item.block.Labels[0]
			}
			out = append(out, attributes(item.block.Body, src, prefix+name+".")...)
			continue
		}
		name := prefix + item.attr.Name
		object, ok := item.attr.Expr.(*hclsyntax.ObjectConsExpr)
		if !ok {
			out = append(out, attribute(name, item.attr.Expr, src))
			continue
		}
		for _, pair := range object.Items {
			out = append(out, attribute(name+"."+keyText(pair.KeyExpr, src), pair.ValueExpr, src))
		}
	}
	return out
}

// flattened is [attributes] for the JSON syntax, where an object, or a list of
// objects, is what a block or a map is.
func flattened(name string, expr hcl.Expression, src []byte) Attributes {
	var out Attributes
	if pairs, diags := hcl.ExprMap(expr); !diags.HasErrors() {
		for _, pair := range pairs {
			if key, diags := pair.Key.Value(nil); !diags.HasErrors() && key.Type() == cty.String {
				out = append(out, flattened(name+"."+key.AsString(), pair.Value, src)...)
			}
		}
		return out
	}
	if list, diags := hcl.ExprList(expr); !diags.HasErrors() {
		for _, element := range list {
			if _, diags := hcl.ExprMap(element); !diags.HasErrors() {
				out = append(out, flattened(name, element, src)...)
			}
		}
	}
	if out == nil {
		out = Attributes{attribute(name, expr, src)}
	}
	return out
}

// attributesOf lists the arguments of a block in either syntax.
func attributesOf(body hcl.Body, src []byte) Attributes {
	if body, ok := body.(*hclsyntax.Body); ok {
		return attributes(body, src, "")
	}
	var out Attributes
	found, _ := body.JustAttributes() // what is no attribute is nothing that we look for
	for name, a := range found {
		out = append(out, flattened(name, a.Expr, src)...)
	}
	sort.SliceStable(out, func(i, j int) bool {
		return out[i].Line < out[j].Line || out[i].Line == out[j].Line && out[i].Name < out[j].Name
	})
	return out
}

// keyText gives the name of an object item, quoted or not.
func keyText(expr hclsyntax.Expression, src []byte) string {
	r := expr.Range()
	return strings.Trim(string(src[r.Start.Byte:r.End.Byte]), `"`)
}

// bodyItem is an argument or a nested block.
type bodyItem struct {
	attr  *hclsyntax.Attribute
	block *hclsyntax.Block
}

func (i bodyItem) span() hcl.Range {
	if i.attr != nil {
		return i.attr.SrcRange
	}
	return hcl.RangeBetween(i.block.TypeRange, i.block.CloseBraceRange)
}

// ordered lists a body's arguments and blocks in the order of the file:
// hclsyntax keeps the arguments in a map.
func ordered(body *hclsyntax.Body) []bodyItem {
	var items []bodyItem
	for _, a := range body.Attributes {
		items = append(items, bodyItem{attr: a})
	}
	for _, b := range body.Blocks {
		items = append(items, bodyItem{block: b})
	}
	sort.Slice(items, func(i, j int) bool { return items[i].span().Start.Byte < items[j].span().Start.Byte })
	return items
}

// quoteHCL gives a Terraform string literal, escaped.
func quoteHCL(s string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes())
}
