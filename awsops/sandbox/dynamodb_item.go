package sandbox

import (
	"slices"
	"strings"
)

type itemInput struct {
	TableName                           string
	Item, Key                           dynamoItem
	ExclusiveStartKey                   dynamoItem
	ConditionExpression                 string
	ProjectionExpression                string
	KeyConditionExpression              string
	FilterExpression                    string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           map[string]attributeValue
	ReturnValues                        string
	ReturnValuesOnConditionCheckFailure string
	Limit                               int
	ScanIndexForward                    *bool
	Select                              string
	Expected, AttributeUpdates          map[string]any
}

// expressions are the parsed expressions of one request, nil where none was
// given.
type expressions struct {
	condition, filter, keys condition
	projection              [][]pathStep
}

// expressions parses all of a request's expressions, and refuses names and
// values that none of them uses.
func (in itemInput) expressions() (expressions, error) {
	var out expressions
	if len(in.Expected)+len(in.AttributeUpdates) > 0 {
		return out, validationError("The sandbox knows expressions only, not the legacy parameters Expected and AttributeUpdates.")
	}
	used := map[string]bool{}
	for _, e := range []struct {
		label, text string
		into        *condition
	}{
		{"ConditionExpression", in.ConditionExpression, &out.condition},
		{"FilterExpression", in.FilterExpression, &out.filter},
		{"KeyConditionExpression", in.KeyConditionExpression, &out.keys},
	} {
		if e.text == "" {
			continue
		}
		p, err := newExpressionParser(e.label, e.text, in.ExpressionAttributeNames, in.ExpressionAttributeValues, used)
		if err != nil {
			return out, err
		}
		if *e.into, err = p.parseCondition(); err != nil {
			return out, err
		}
	}
	if in.ProjectionExpression != "" {
		p, err := newExpressionParser("ProjectionExpression", in.ProjectionExpression, in.ExpressionAttributeNames, nil, used)
		if err != nil {
			return out, err
		}
		if out.projection, err = p.parseProjection(); err != nil {
			return out, err
		}
	}
	return out, in.unused(used)
}

func (in itemInput) unused(used map[string]bool) error {
	for _, name := range sortedKeys(in.ExpressionAttributeNames) {
		if !used[name] {
			return validationError("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", name)
		}
	}
	for _, name := range sortedKeys(in.ExpressionAttributeValues) {
		if !used[name] {
			return validationError("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", name)
		}
	}
	return nil
}

// parseProjection reads a list of top-level attributes.
func (p *expressionParser) parseProjection() ([][]pathStep, error) {
	var out [][]pathStep
	for {
		steps, err := p.path()
		if err != nil {
			return nil, err
		}
		if len(steps) > 1 {
			return nil, p.invalid("The sandbox projects whole attributes only")
		}
		out = append(out, steps)
		if p.pos == len(p.tokens) {
			return out, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}

// project keeps the attributes asked for.
func (e expressions) project(item dynamoItem) dynamoItem {
	if e.projection == nil {
		return item
	}
	out := dynamoItem{}
	for _, steps := range e.projection {
		if value, ok := item[steps[0].name]; ok {
			out[steps[0].name] = value
		}
	}
	return out
}

// leading is the condition key dynamodb:LeadingKeys: the partition key, in the
// text form that policies compare.
func (s *Server) leading(r *request, in itemInput, item dynamoItem) map[string][]string {
	t := s.dynamodb.tables[tableARN(r, in.TableName)]
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
func (s *Server) itemTable(r *request, in itemInput, item dynamoItem) (*dynamoTable, expressions, string, error) {
	t, err := s.tableWith(r, in.TableName, s.leading(r, in, item))
	if err != nil {
		return nil, expressions{}, "", err
	}
	if t.status(r.now) != "ACTIVE" {
		return nil, expressions{}, "", dynamoError("ResourceNotFoundException", "Requested resource not found")
	}
	e, err := in.expressions()
	if err != nil {
		return nil, e, "", err
	}
	if err := t.checkKey(item, r.operation == "PutItem"); err != nil {
		return nil, e, "", err
	}
	key, err := t.keyText(item)
	return t, e, key, err
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
		}
		if n, sized := value.size(); sized && n == 0 {
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
func (in itemInput) checkCondition(e expressions, stored dynamoItem) error {
	if e.condition == nil || e.condition(stored) {
		return nil
	}
	failed := dynamoError("ConditionalCheckFailedException", "The conditional request failed")
	if in.ReturnValuesOnConditionCheckFailure == "ALL_OLD" && stored != nil {
		failed.detail = map[string]any{"Item": stored}
	}
	return failed
}

// oldValues is the answer of a write, with what was there if asked for.
func (in itemInput) oldValues(stored dynamoItem) map[string]any {
	out := map[string]any{}
	if in.ReturnValues == "ALL_OLD" && stored != nil {
		out["Attributes"] = stored
	}
	return out
}

func (s *Server) dynamoPutItem(r *request, in itemInput) (map[string]any, error) {
	t, e, key, err := s.itemTable(r, in, in.Item)
	if err != nil {
		return nil, err
	}
	stored := t.items[key]
	if err := in.checkCondition(e, stored); err != nil {
		return nil, err
	}
	t.items[key] = in.Item
	return in.oldValues(stored), nil
}

func (s *Server) dynamoDeleteItem(r *request, in itemInput) (map[string]any, error) {
	t, e, key, err := s.itemTable(r, in, in.Key)
	if err != nil {
		return nil, err
	}
	stored := t.items[key]
	if err := in.checkCondition(e, stored); err != nil {
		return nil, err
	}
	delete(t.items, key)
	return in.oldValues(stored), nil
}

func (s *Server) dynamoGetItem(r *request, in itemInput) (map[string]any, error) {
	t, e, key, err := s.itemTable(r, in, in.Key)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	if stored, ok := t.items[key]; ok {
		out["Item"] = e.project(stored)
	}
	return out, nil
}

func (s *Server) dynamoScan(r *request, in itemInput) (map[string]any, error) {
	t, err := s.table(r, in.TableName)
	if err != nil {
		return nil, err
	}
	return t.pageOf(in)
}

// dynamoQuery reads the items of one partition. Which partition the caller
// asks for is not told to conditions on dynamodb:LeadingKeys.
func (s *Server) dynamoQuery(r *request, in itemInput) (map[string]any, error) {
	t, err := s.table(r, in.TableName)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(in.KeyConditionExpression, "=") {
		return nil, validationError("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	return t.pageOf(in)
}

// pageOf answers Query and Scan: the items in the order of their keys after
// ExclusiveStartKey, at most Limit of them looked at.
func (t *dynamoTable) pageOf(in itemInput) (map[string]any, error) {
	e, err := in.expressions()
	if err != nil {
		return nil, err
	}
	after := ""
	if in.ExclusiveStartKey != nil {
		if err := t.checkKey(in.ExclusiveStartKey, false); err != nil {
			return nil, validationError("The provided starting key is invalid")
		}
		if after, err = t.keyText(in.ExclusiveStartKey); err != nil {
			return nil, err
		}
	}
	keys := sortedKeys(t.items)
	backwards := in.ScanIndexForward != nil && !*in.ScanIndexForward
	if backwards {
		slices.Reverse(keys)
	}
	items, scanned, out := []dynamoItem{}, 0, map[string]any{}
	var last dynamoItem
	for _, key := range keys {
		item := t.items[key]
		if after != "" && (key == after || (key < after) != backwards) || e.keys != nil && !e.keys(item) {
			continue
		}
		if in.Limit > 0 && scanned == in.Limit {
			out["LastEvaluatedKey"] = t.keyOf(last)
			break
		}
		scanned, last = scanned+1, item
		if e.filter == nil || e.filter(item) {
			items = append(items, e.project(item))
		}
	}
	out["Count"], out["ScannedCount"] = len(items), scanned
	if in.Select != "COUNT" {
		out["Items"] = items
	}
	return out, nil
}

// keyOf is the primary key of an item.
func (t *dynamoTable) keyOf(item dynamoItem) dynamoItem {
	out := dynamoItem{}
	for _, element := range t.schema {
		out[element.AttributeName] = item[element.AttributeName]
	}
	return out
}
