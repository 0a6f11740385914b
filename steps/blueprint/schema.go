package blueprint

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// object is JSON Schema's object type with exactly these members.
type object struct {
	Schema     string         `json:"$schema,omitempty"`
	Title      string         `json:"title,omitempty"`
	About      string         `json:"description,omitempty"`
	Type       string         `json:"type"`
	Properties map[string]any `json:"properties"`
	Required   []string       `json:"required,omitempty"`
	// Additional is what other members may be: false for none.
	Additional any `json:"additionalProperties"`
}

// Schema is the blueprint as a JSON Schema (2020-12), in the form that HCL has in JSON: a
// block is an object, and one with a label an object of objects. It holds the names, types
// and defaults of all answers; which values are right is checked when a blueprint is read.
func Schema() ([]byte, error) {
	all := object{
		Schema: "https://json-schema.org/draft/2020-12/schema", Title: "stateroom.hcl",
		About: "The team's answers, in the form that HCL has in JSON.",
		Type:  "object", Required: []string{"version"}, Additional: false,
	}
	all.Properties = properties(New().arguments())
	for _, kind := range blockKinds() {
		block := object{Type: "object", Properties: properties(kind.def("")), Additional: false}
		if all.Properties[kind.name] = block; kind.labelled {
			all.Properties[kind.name] = object{Type: "object", Properties: map[string]any{}, Additional: block}
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("the blueprint's schema as JSON: %w", err)
	}
	return append(text, '\n'), nil
}

// properties are the types of arguments, with the defaults that are not empty.
func properties(arguments []argument) map[string]any {
	of := map[string]any{}
	for _, a := range arguments {
		value := reflect.ValueOf(a.to).Elem()
		property := map[string]any{}
		switch value.Kind() {
		case reflect.Bool:
			property["type"] = "boolean"
		case reflect.Int:
			property["type"], property["const"] = "integer", blueprintVersion
		case reflect.Slice:
			property["type"], property["items"] = "array", map[string]any{"type": "string"}
		case reflect.Map:
			property["type"], property["additionalProperties"] = "object", map[string]any{"type": "string"}
		default:
			property["type"] = "string"
		}
		if !value.IsZero() && value.Kind() != reflect.Int {
			property["default"] = value.Interface()
		}
		of[a.name] = property
	}
	return of
}
