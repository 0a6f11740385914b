package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// attributeValue is one attribute: its type descriptor ("S", "N", "B", "BOOL",
// "NULL", "M", "L", "SS", "NS" or "BS") and what stood under it, which is given
// back as it came.
type attributeValue struct {
	kind  string
	value any
}

var attributeKinds = []string{"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}

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
// type descriptor with a value; those of keys and conditions are texts.
func (v *attributeValue) UnmarshalJSON(data []byte) error {
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("attribute value: %w", err)
	}
	if len(fields) != 1 {
		return fmt.Errorf("attribute value: Supplied AttributeValue has %d datatypes, must contain exactly one of the supported datatypes", len(fields))
	}
	for kind, value := range fields {
		*v = attributeValue{kind, value}
	}
	_, text := v.value.(string)
	switch {
	case !slices.Contains(attributeKinds, v.kind):
		return fmt.Errorf("attribute value: unknown datatype %q", v.kind)
	case v.value == nil || !text && slices.Contains([]string{"S", "N", "B"}, v.kind):
		return errors.New("attribute value " + v.kind + ": not its type")
	}
	return nil
}

type itemInput struct {
	TableName                           string
	Item, Key                           dynamoItem
	ConditionExpression                 string
	ProjectionExpression                string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           map[string]attributeValue
	ReturnValuesOnConditionCheckFailure string
}

// The expressions that Terraform's back end and stateroom send. Of the rest of
// DynamoDB's grammar the sandbox knows nothing, and says so.
var (
	notExists  = regexp.MustCompile(`^attribute_not_exists\((\w+)\)$`)
	equals     = regexp.MustCompile(`^(\w+) = (:\w+)$`)
	projection = regexp.MustCompile(`^\w+(, ?\w+)*$`)
)

// checkExpressions refuses what the sandbox cannot evaluate, before anything is
// done.
func (in itemInput) checkExpressions() error {
	used, text := 0, in.ConditionExpression
	if m := equals.FindStringSubmatch(text); m != nil {
		if _, ok := in.ExpressionAttributeValues[m[2]]; !ok {
			return validationError("Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: %s", m[2])
		}
		used++
	} else if text != "" && !notExists.MatchString(text) {
		return validationError("Invalid ConditionExpression: The sandbox knows attribute_not_exists(NAME) and NAME = :value, not: %s", text)
	}
	if text := in.ProjectionExpression; text != "" && !projection.MatchString(text) {
		return validationError("Invalid ProjectionExpression: The sandbox knows names with commas between them, not: %s", text)
	}
	if len(in.ExpressionAttributeNames) > 0 {
		return validationError("The sandbox knows no ExpressionAttributeNames.")
	}
	if len(in.ExpressionAttributeValues) > used {
		return validationError("Value provided in ExpressionAttributeValues unused in expressions")
	}
	return nil
}

// holds says whether the stored item, nil if there is none, fulfils the
// condition of a request.
func (in itemInput) holds(stored dynamoItem) bool {
	if m := notExists.FindStringSubmatch(in.ConditionExpression); m != nil {
		_, there := stored[m[1]]
		return !there
	}
	if m := equals.FindStringSubmatch(in.ConditionExpression); m != nil {
		have, there := stored[m[1]]
		return there && reflect.DeepEqual(have, in.ExpressionAttributeValues[m[2]])
	}
	return true
}

// project keeps the attributes asked for.
func (in itemInput) project(item dynamoItem) dynamoItem {
	if in.ProjectionExpression == "" {
		return item
	}
	out := dynamoItem{}
	for name := range strings.SplitSeq(in.ProjectionExpression, ",") {
		name = strings.TrimSpace(name)
		if value, ok := item[name]; ok {
			out[name] = value
		}
	}
	return out
}

// leading is the condition key dynamodb:LeadingKeys: the partition key, in the
// text form that policies compare.
func (s *dynamodbService) leading(r *request, in itemInput, item dynamoItem) map[string][]string {
	t := s.tables[tableARN(r, in.TableName)]
	if t == nil {
		return nil
	}
	conditions := map[string][]string{}
	if text, ok := item[t.hashKey()].value.(string); ok {
		conditions["dynamodb:LeadingKeys"] = []string{text}
	}
	for name := range item {
		conditions["dynamodb:Attributes"] = append(conditions["dynamodb:Attributes"], name)
	}
	return conditions
}

// itemTable finds the table of an operation on one item and the item's key.
func (s *dynamodbService) itemTable(r *request, in itemInput, item dynamoItem) (*dynamoTable, string, error) {
	t, err := s.table(r, in.TableName, s.leading(r, in, item))
	if err != nil {
		return nil, "", err
	}
	if t.status(r.now) != "ACTIVE" {
		return nil, "", badRequest("ResourceNotFoundException", "Requested resource not found")
	}
	if err := in.checkExpressions(); err != nil {
		return nil, "", err
	}
	if err := t.checkKey(item, r.operation == "PutItem"); err != nil {
		return nil, "", err
	}
	key, err := t.keyText(item)
	return t, key, err
}

// checkKey compares an item (or a key alone) with the table's schema.
func (t *dynamoTable) checkKey(item dynamoItem, whole bool) error {
	for _, element := range t.schema {
		name := element.AttributeName
		value, ok := item[name]
		switch {
		case !ok && whole:
			return validationError("One or more parameter values were invalid: Missing the key %s in the item", name)
		case !ok:
			return validationError("The provided key element does not match the schema")
		case value.kind != t.typeOf(name) && whole:
			return validationError("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", name, t.typeOf(name), value.kind)
		case value.kind != t.typeOf(name):
			return validationError("The provided key element does not match the schema")
		case value.value == "":
			return validationError("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", name)
		}
	}
	if !whole && len(item) != len(t.schema) {
		return validationError("The provided key element does not match the schema")
	}
	return nil
}

// checkCondition refuses a write whose condition the stored item does not
// fulfil.
func (in itemInput) checkCondition(stored dynamoItem) error {
	if in.holds(stored) {
		return nil
	}
	failed := badRequest("ConditionalCheckFailedException", "The conditional request failed")
	if in.ReturnValuesOnConditionCheckFailure == "ALL_OLD" && stored != nil {
		return failed.with(details{"Item": stored})
	}
	return failed
}

// writeItem puts the item of a request, or deletes the one of its key, if the
// stored one fulfils the condition.
func (s *dynamodbService) writeItem(r *request, in itemInput) (none, error) {
	item := in.Item
	if r.operation == "DeleteItem" {
		item = in.Key
	}
	t, key, err := s.itemTable(r, in, item)
	if err != nil {
		return none{}, err
	}
	if err := in.checkCondition(t.items[key]); err != nil {
		return none{}, err
	}
	if r.operation == "DeleteItem" {
		delete(t.items, key)
	} else {
		t.items[key] = item
	}
	return none{}, nil
}

func (s *dynamodbService) getItem(r *request, in itemInput) (map[string]any, error) {
	t, key, err := s.itemTable(r, in, in.Key)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	if stored, ok := t.items[key]; ok {
		out["Item"] = in.project(stored)
	}
	return out, nil
}
