package sandbox

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// attributeValue is one attribute: a text, as in everything that is written into a
// lock table.
type attributeValue struct{ S *string }

func (v attributeValue) text() string {
	if v.S == nil {
		return ""
	}
	return *v.S
}

// dynamoItem is one item: attribute name to value.
type dynamoItem map[string]attributeValue

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
		return there && have.text() == in.ExpressionAttributeValues[m[2]].text()
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

// itemTable finds the table of an operation on one item and the item's key. Policies
// may go by the key and by the attributes' names.
func (s *dynamodbService) itemTable(r *request, in itemInput, item dynamoItem) (t *dynamoTable, key string, err error) {
	conditions := map[string][]string{"dynamodb:Attributes": slices.Sorted(maps.Keys(item))}
	if named := s.tables[tableARN(r, in.TableName)]; named != nil && item[named.key].S != nil {
		conditions["dynamodb:LeadingKeys"] = []string{item[named.key].text()}
	}
	if t, err = s.table(r, in.TableName, conditions); err != nil {
		return nil, "", err
	}
	if t.status(r.now) == "CREATING" {
		return nil, "", badRequest("ResourceNotFoundException", "Requested resource not found")
	}
	if err := in.checkExpressions(); err != nil {
		return nil, "", err
	}
	return t, item[t.key].text(), t.checkKey(item, r.operation == "PutItem")
}

// checkKey compares an item (or a key alone) with the table's schema.
func (t *dynamoTable) checkKey(item dynamoItem, whole bool) error {
	for name, value := range item {
		if value.S == nil {
			return validationError("The sandbox's items hold texts (S), and attribute %s is none.", name)
		}
	}
	value, ok := item[t.key]
	switch {
	case !ok && whole:
		return validationError("One or more parameter values were invalid: Missing the key %s in the item", t.key)
	case !ok || !whole && len(item) > 1:
		return validationError("The provided key element does not match the schema")
	case value.text() == "":
		return validationError("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", t.key)
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
