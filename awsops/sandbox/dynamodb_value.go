package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
)

// attributeValue is one DynamoDB attribute: its type descriptor ("S", "N",
// "B", "BOOL", "NULL", "M", "L", "SS", "NS" or "BS") and the Go value of that
// type. Numbers stay strings, as on the wire, so that no digit is lost.
type attributeValue struct {
	kind  string
	value any
}

// dynamoItem is one item: attribute name to value.
type dynamoItem map[string]attributeValue

// MarshalJSON writes the wire form, such as {"S": "x"}.
func (v attributeValue) MarshalJSON() ([]byte, error) {
	out, err := json.Marshal(map[string]any{v.kind: v.value})
	if err != nil {
		return nil, fmt.Errorf("attribute value %s: %w", v.kind, err)
	}
	return out, nil
}

// UnmarshalJSON reads the wire form and refuses what is not exactly one known
// type descriptor.
func (v *attributeValue) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("attribute value: %w", err)
	}
	if len(fields) != 1 {
		return fmt.Errorf("attribute value: Supplied AttributeValue has %d datatypes, must contain exactly one of the supported datatypes", len(fields))
	}
	for kind, raw := range fields {
		value, err := decodeAttribute(kind, raw)
		if err != nil {
			return err
		}
		*v = attributeValue{kind: kind, value: value}
	}
	return nil
}

func decodeAttribute(kind string, raw json.RawMessage) (any, error) {
	switch kind {
	case "S":
		return decodeAs[string](kind, raw)
	case "N":
		text, err := decodeAs[string](kind, raw)
		if err != nil {
			return nil, err
		}
		if _, ok := parseNumber(text); !ok {
			return nil, fmt.Errorf("attribute value N: The parameter cannot be converted to a numeric value: %s", text)
		}
		return text, nil
	case "B":
		return decodeAs[[]byte](kind, raw)
	case "BOOL", "NULL":
		return decodeAs[bool](kind, raw)
	case "M":
		return decodeAs[map[string]attributeValue](kind, raw)
	case "L":
		return decodeAs[[]attributeValue](kind, raw)
	case "SS", "NS":
		return decodeAs[[]string](kind, raw)
	case "BS":
		return decodeAs[[][]byte](kind, raw)
	}
	return nil, fmt.Errorf("attribute value: unknown datatype %q", kind)
}

func decodeAs[T any](kind string, raw json.RawMessage) (T, error) {
	var out T
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return out, fmt.Errorf("attribute value %s: null", kind)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, fmt.Errorf("attribute value %s: %w", kind, err)
	}
	return out, nil
}

// parseNumber reads a DynamoDB number, which is decimal and finite. The length
// and the exponent are bounded as DynamoDB bounds them (38 digits, 1e126),
// with room for leading zeros, before any arithmetic is done.
func parseNumber(text string) (*big.Rat, bool) {
	if len(text) == 0 || len(text) > 100 {
		return nil, false
	}
	f, _, err := big.ParseFloat(text, 10, 64, big.ToNearestEven)
	if err != nil || f.IsInf() || f.MantExp(nil) > 420 || f.MantExp(nil) < -435 {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// text is the value of a string or number, binary that of a binary.
func (v attributeValue) text() string {
	text, _ := v.value.(string)
	return text
}

func (v attributeValue) binary() []byte {
	binary, _ := v.value.([]byte)
	return binary
}

// equal compares two attributes as DynamoDB's "=" does: by type and value,
// numbers by value, sets without order.
func (v attributeValue) equal(o attributeValue) bool {
	if v.kind != o.kind {
		return false
	}
	switch a := v.value.(type) {
	case string:
		if v.kind == "N" {
			order, ok := v.compare(o)
			return ok && order == 0
		}
	case []string:
		b, ok := o.value.([]string)
		return ok && sameSet(a, b)
	case map[string]attributeValue:
		b, ok := o.value.(map[string]attributeValue)
		return ok && equalMaps(a, b)
	case []attributeValue:
		b, ok := o.value.([]attributeValue)
		return ok && slices.EqualFunc(a, b, attributeValue.equal)
	}
	return reflect.DeepEqual(v.value, o.value)
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func equalMaps(a, b map[string]attributeValue) bool {
	if len(a) != len(b) {
		return false
	}
	for name, value := range a {
		if other, ok := b[name]; !ok || !value.equal(other) {
			return false
		}
	}
	return true
}

// compare orders two strings, numbers or binaries; ok is false for types that
// have no order or differ.
func (v attributeValue) compare(o attributeValue) (order int, ok bool) {
	if v.kind != o.kind {
		return 0, false
	}
	switch v.kind {
	case "S":
		return strings.Compare(v.text(), o.text()), true
	case "B":
		return bytes.Compare(v.binary(), o.binary()), true
	case "N":
		a, okA := parseNumber(v.text())
		b, okB := parseNumber(o.text())
		if !okA || !okB {
			return 0, false
		}
		return a.Cmp(b), true
	}
	return 0, false
}

// size is what the size() function answers: bytes, elements or attributes.
func (v attributeValue) size() (int, bool) {
	switch a := v.value.(type) {
	case string:
		return len(a), v.kind == "S"
	case []byte:
		return len(a), true
	case []string:
		return len(a), true
	case [][]byte:
		return len(a), true
	case map[string]attributeValue:
		return len(a), true
	case []attributeValue:
		return len(a), true
	}
	return 0, false
}
