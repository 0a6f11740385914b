package tf

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"stateroom/awsops/secret"
)

// Differs names the arguments in which a backend block is no longer what init
// configured, in the order of their names; "type" when the type is another. It
// is empty exactly where Terraform goes on without "terraform init": either the
// block has the hash that init noted (an argument given by -backend-config then
// stands in none of the files), or every argument has its value. An argument
// that needs variables is taken for unchanged. Where it is known which files complete
// the block, what they say now counts as well, which Terraform itself never looks at.
func (c *Configured) Differs(b *BackendBlock) []string {
	if c.Type != b.Type {
		return []string{"type"}
	}
	have, err := c.Values()
	if err != nil {
		return nil // nothing is known of what was configured
	}
	block := b.values(have)
	if c.hashed(have, block) && len(b.configs) == 0 {
		return nil
	}
	block = b.effective(have)
	var names []string
	for name, value := range have {
		if now, set := block[name]; set && now == cty.NilVal || same(value, now) {
			continue
		}
		names = append(names, name)
	}
	for name := range block {
		if _, known := have[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// hashed tells whether the block has the hash that init noted.
func (c *Configured) hashed(have, block map[string]cty.Value) bool {
	hash, known := blockHash(c.Type, have, block)
	return known && uint64(hash) == c.hash
}

// binds tells whether Terraform goes by the notes although the block is there,
// whatever it says: the hash is the block's.
func (c *Configured) binds(b *BackendBlock) bool {
	have, err := c.Values()
	return err == nil && c.Type == b.Type && c.hashed(have, b.values(have))
}

// notedAttributes are the arguments that init noted, as Terraform decodes them,
// with the lines where src has them: the last of a name counts.
func notedAttributes(prefix string, values map[string]any, src []byte) Attributes {
	var out Attributes
	for _, key := range slices.Sorted(maps.Keys(values)) {
		a := Attribute{Name: prefix + key, Literal: true, Line: lineOf(src, key)}
		switch v := values[key].(type) {
		case nil:
			continue
		case map[string]any:
			out = append(out, notedAttributes(a.Name+".", v, src)...)
			continue
		case []any:
			a.Literal = false
			for _, element := range v {
				a.List = append(a.List, fmt.Sprint(element))
			}
			a.Value = strings.Join(a.List, ", ")
		default:
			a.Value = fmt.Sprint(v)
		}
		if secretName.MatchString(a.Name) && prefix != "endpoints." {
			a.Value, a.List = secret.Redacted, nil
		}
		out = append(out, a)
	}
	return out
}

// lineOf is the last line at which a key stands in a JSON text, counted from 1.
func lineOf(src []byte, key string) int {
	at := 0
	for _, found := range regexp.MustCompile(`"`+regexp.QuoteMeta(key)+`"\s*:`).FindAllIndex(src, -1) {
		at = found[0]
	}
	return 1 + bytes.Count(src[:at], []byte("\n"))
}

// Values are the arguments as init noted them, null for those that are not set.
func (c *Configured) Values() (map[string]cty.Value, error) {
	kind, err := ctyjson.ImpliedType(c.config)
	if err != nil {
		return nil, err //nolint:wrapcheck // only whether there is one counts
	}
	all, err := ctyjson.Unmarshal(c.config, kind)
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	return all.AsValueMap(), nil
}

// values are the arguments of a block, of the types in which init noted them;
// [cty.NilVal] for one that cannot be known. A JSON file's are taken from their
// text.
func (b *BackendBlock) values(noted map[string]cty.Value) map[string]cty.Value {
	out := map[string]cty.Value{}
	if b.block == nil {
		written := b.Attributes
		if len(b.configs) > 0 {
			written = b.written
		}
		for _, a := range written {
			out[a.Name] = cty.NilVal
			if a.Literal {
				out[a.Name] = like(cty.StringVal(a.Value), noted[a.Name])
			}
		}
		return out
	}
	for name, attr := range b.block.Body.Attributes {
		out[name] = evaluated(attr.Expr, noted[name])
	}
	return out
}

// evaluated is an expression's value without variables.
func evaluated(expr hclsyntax.Expression, noted cty.Value) cty.Value {
	value, diags := expr.Value(nil)
	if diags.HasErrors() || !value.IsWhollyKnown() {
		return cty.NilVal
	}
	return like(value, noted)
}

// like gives a value the type of the one that was noted: init notes every
// attribute of an object, null where it is not set.
func like(value, noted cty.Value) cty.Value {
	if noted == cty.NilVal || noted.IsNull() || value.IsNull() {
		return value
	}
	if noted.Type().IsObjectType() && value.Type().IsObjectType() {
		attributes := map[string]cty.Value{}
		for name, kind := range noted.Type().AttributeTypes() {
			attributes[name] = cty.NullVal(kind)
			if value.Type().HasAttribute(name) {
				attributes[name] = value.GetAttr(name)
			}
		}
		value = cty.ObjectVal(attributes)
	}
	if converted, err := convert.Convert(value, noted.Type()); err == nil {
		return converted
	}
	return value
}

// same compares as Terraform does: an argument that is not set is null.
func same(noted, now cty.Value) bool {
	if now == cty.NilVal {
		return noted.IsNull()
	}
	if noted.IsNull() || now.IsNull() {
		return noted.IsNull() && now.IsNull()
	}
	noted, now = set(noted), set(now)
	a, errA := ctyjson.Marshal(noted, noted.Type())
	b, errB := ctyjson.Marshal(now, now.Type())
	return errA == nil && errB == nil && string(a) == string(b)
}

// set makes the set of it that a list of strings is in the backend's schema.
func set(value cty.Value) cty.Value {
	if value.IsNull() || !value.Type().IsTupleType() || value.LengthInt() == 0 {
		return value
	}
	for _, element := range value.AsValueSlice() {
		if element.Type() != cty.String {
			return value
		}
	}
	return cty.SetVal(value.AsValueSlice())
}

// blockHash is the hash that Terraform notes of a backend block: of its type
// and an object of every argument in the schema (configs.Backend.Hash in
// Terraform 1.11). The names in the schema are those that init noted.
func blockHash(kind string, noted, block map[string]cty.Value) (hash uint32, known bool) {
	all := map[string]cty.Value{}
	for name, value := range noted {
		all[name] = cty.NullVal(value.Type())
	}
	for name, value := range block {
		if _, inSchema := noted[name]; !inSchema || value == cty.NilVal {
			return 0, false
		}
		all[name] = set(value)
	}
	defer func() {
		if recover() != nil { // a type that cty does not hash
			hash, known = 0, false
		}
	}()
	return uint32(cty.TupleVal([]cty.Value{cty.StringVal(kind), cty.ObjectVal(all)}).Hash()), true //nolint:gosec // it is a CRC-32
}
