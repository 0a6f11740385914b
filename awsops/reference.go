package awsops

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Reference names an output of a change that has not been applied yet.
type Reference struct {
	Change string // the change's id in the plan
	Output string // the output's name in that change's calls
}

// String is how a reference is shown. Text that reads like this is no
// reference: only what [Ref] has written is one.
func (r Reference) String() string {
	return "(known after apply: " + r.Change + "#" + r.Output + ")"
}

// seal is in every reference that this process writes and in nothing else:
// blueprints, descriptions, tags and files were written before it was made up,
// and nothing that is shown or stored holds it.
var seal = rand.Text()

// sealed matches what [Ref] writes. Ids hold neither parentheses nor '#'.
var sealed = regexp.MustCompile(`\(known after apply: ([^#()]+)#([A-Za-z0-9_.-]+)~` + seal + `\)`)

// Ref is a reference as a value of text: it may stand anywhere inside a string
// of a call's input or a file, policy documents included, and the functions of
// this file take it out again. The change's id must not hold parentheses, '#',
// quotes, backslashes or any of '<', '>' and '&', which JSON documents escape.
func Ref(change, output string) string {
	shown := Reference{Change: change, Output: output}.String()
	return strings.TrimSuffix(shown, ")") + "~" + seal + ")"
}

// FindRefs lists the references in a text in order of appearance, each once.
func FindRefs(text string) []Reference {
	var found []Reference
	ReplaceRefs(text, func(r Reference) string {
		if !slices.Contains(found, r) {
			found = append(found, r)
		}
		return ""
	})
	return found
}

// ReplaceRefs gives the text with every reference replaced by what with says.
func ReplaceRefs(text string, with func(Reference) string) string {
	if !strings.Contains(text, seal) {
		return text
	}
	return sealed.ReplaceAllStringFunc(text, func(found string) string {
		m := sealed.FindStringSubmatch(found)
		return with(Reference{Change: m[1], Output: m[2]})
	})
}

// ShowRefs gives the text with every reference as it is shown.
func ShowRefs(text string) string { return ReplaceRefs(text, Reference.String) }

// MayBecome tells whether a text can be what another, which may hold references,
// becomes once they are known. A value holds no quotes, backslashes or white space.
func MayBecome(planned, text string) bool {
	if planned == text {
		return true
	}
	var pattern strings.Builder
	rest := 0
	for _, at := range sealed.FindAllStringIndex(planned, -1) {
		pattern.WriteString(regexp.QuoteMeta(planned[rest:at[0]]) + `[^"\\\s]+`)
		rest = at[1]
	}
	pattern.WriteString(regexp.QuoteMeta(planned[rest:]))
	unknown := ReplaceRefs(text, func(Reference) string { return "unknown" })
	return regexp.MustCompile(`^` + pattern.String() + `$`).MatchString(unknown)
}

// Refs lists the references in every string of a call's input, each once.
func Refs(c Call) []Reference {
	var found []Reference
	rewrite(reflect.ValueOf(c.Input), func(text string) string {
		for _, r := range FindRefs(text) {
			if !slices.Contains(found, r) {
				found = append(found, r)
			}
		}
		return text
	})
	return found
}

// Resolve returns a deep copy of the call with every reference replaced by its
// value. Inside a string that is a JSON document the value is escaped for
// JSON. A reference that lookup does not know is an error.
func (c Call) Resolve(lookup func(Reference) (string, bool)) (Call, error) {
	if c.Input == nil {
		return c, nil
	}
	var unknown []string
	c.Input = rewrite(reflect.ValueOf(c.Input), func(text string) string {
		document := strings.HasPrefix(strings.TrimSpace(text), "{")
		return ReplaceRefs(text, func(r Reference) string {
			value, ok := lookup(r)
			if !ok {
				unknown = append(unknown, r.Change+"#"+r.Output)
			}
			if document {
				return escapeJSON(value)
			}
			return value
		})
	}).Interface()
	if len(unknown) > 0 {
		return Call{}, fmt.Errorf("%s %s needs outputs that are not known yet: %s",
			c.Service, c.Operation, strings.Join(unknown, ", "))
	}
	return c, nil
}

// escapeJSON writes a value as the inside of a JSON string.
func escapeJSON(value string) string {
	quoted, err := json.Marshal(value)
	if err != nil {
		return value // a string always marshals
	}
	return string(quoted[1 : len(quoted)-1])
}

// rewrite deep-copies a value with every string passed through replace.
func rewrite(v reflect.Value, replace func(string) string) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		return reflect.ValueOf(replace(v.String())).Convert(v.Type())
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		copied := reflect.New(v.Type().Elem())
		copied.Elem().Set(rewrite(v.Elem(), replace))
		return copied
	case reflect.Struct:
		copied := reflect.New(v.Type()).Elem()
		copied.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				copied.Field(i).Set(rewrite(v.Field(i), replace))
			}
		}
		return copied
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		copied := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			copied.Index(i).Set(rewrite(v.Index(i), replace))
		}
		return copied
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		copied := reflect.MakeMapWithSize(v.Type(), v.Len())
		for _, k := range v.MapKeys() {
			copied.SetMapIndex(rewrite(k, replace), rewrite(v.MapIndex(k), replace))
		}
		return copied
	default:
		return v
	}
}
