package main

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// object is a configuration or a state by attribute; nil stands for null.
type object map[string]tftypes.Value

func read(from *tfprotov5.DynamicValue, schema *tfprotov5.Schema) (object, error) {
	value, err := from.Unmarshal(schema.ValueType())
	if err != nil {
		return nil, fmt.Errorf("read what Terraform sent: %w", err)
	}
	return get[map[string]tftypes.Value](value), nil
}

// write encodes an object of strings and tftypes.UnknownValue; nil is null.
func write(schema *tfprotov5.Schema, values map[string]any) (*tfprotov5.DynamicValue, error) {
	t, value := schema.ValueType(), any(nil)
	if values != nil {
		attributes := object{}
		for name, v := range values {
			attributes[name] = tftypes.NewValue(tftypes.String, v)
		}
		value = map[string]tftypes.Value(attributes)
	}
	encoded, err := tfprotov5.NewDynamicValue(t, tftypes.NewValue(t, value))
	if err != nil {
		return nil, fmt.Errorf("write what Terraform shall read: %w", err)
	}
	return &encoded, nil
}

// get is a value as a Go type, or the type's zero for null and for unknown: a
// provider is configured while planning, when an argument may not be known yet.
func get[T any](value tftypes.Value) T {
	var out T
	if value.IsKnown() && !value.IsNull() {
		if err := value.As(&out); err != nil {
			panic(err) // the schema and who asks disagree
		}
	}
	return out
}

// each gives the elements of a list, a set or the blocks of one type.
func each[T any](value tftypes.Value) []T {
	var out []T
	for _, v := range get[[]tftypes.Value](value) {
		out = append(out, get[T](v))
	}
	return out
}

// failed is one error as Terraform shows it.
func failed(detail, summary string, args ...any) []*tfprotov5.Diagnostic {
	return []*tfprotov5.Diagnostic{{Severity: tfprotov5.DiagnosticSeverityError, Summary: fmt.Sprintf(summary, args...), Detail: detail}}
}
