package sandbox

import (
	"encoding/json"
	"strings"
	"testing"
)

func conditionFixtures(t testing.TB) (item dynamoItem, values map[string]attributeValue) {
	t.Helper()
	read := func(text string, into any) {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	read(`{"LockID":{"S":"b/k"},"n":{"N":"10"},"m":{"M":{"in":{"L":[{"S":"x"},{"N":"1.0"}]}}},"set":{"SS":["a","b"]},"bin":{"B":"aGk="},"no":{"NULL":true},"yes":{"BOOL":true}}`, &item)
	read(`{":k":{"S":"b/k"},":p":{"S":"b/"},":nine":{"N":"9"},":ten":{"N":"1e1"},":x":{"S":"x"},":one":{"N":"1"},":a":{"S":"a"},":t":{"S":"N"},":set":{"SS":["b","a"]},":yes":{"BOOL":true},":two":{"N":"2"},":hi":{"B":"aGk="}}`, &values)
	return item, values
}

func parse(text string, values map[string]attributeValue) (condition, error) {
	p, err := newExpressionParser("ConditionExpression", text, map[string]string{"#n": "n", "#l": "LockID"}, values, map[string]bool{})
	if err != nil {
		return nil, err
	}
	return p.parseCondition()
}

func TestConditionMeansWhatDynamoDBMeans(t *testing.T) {
	item, values := conditionFixtures(t)
	for text, want := range map[string]bool{
		"attribute_not_exists(LockID)":            false,
		"attribute_exists(#l)":                    true,
		"attribute_exists(m.in[1])":               true,
		"attribute_exists(m.in[2])":               false,
		"attribute_exists(m.other)":               false,
		"LockID = :k":                             true,
		"LockID <> :k":                            false,
		"missing <> :k":                           true,
		"missing = :k":                            false,
		"missing < :k":                            false,
		"#n = :ten":                               true,
		"n > :nine AND n <= :ten":                 true,
		"n < :nine":                               false,
		"n >= :k":                                 false,
		"NOT n = :ten OR LockID = :k":             true,
		"NOT (n = :ten OR LockID = :k)":           false,
		"n = :nine OR n = :ten AND LockID = :p":   false,
		"(n = :ten OR n = :nine) AND LockID = :k": true,
		"begins_with(LockID, :p)":                 true,
		"begins_with(n, :p)":                      false,
		"contains(LockID, :x)":                    false,
		"contains(set, :a)":                       true,
		"contains(m.in, :one)":                    true,
		"attribute_type(n, :t)":                   true,
		"size(set) = :two":                        true,
		"size(LockID) > :two":                     true,
		"n BETWEEN :nine AND :ten":                true,
		"LockID in (:x, :k)":                      true,
		"LockID IN (:x)":                          false,
		"set = :set":                              true,
		"yes = :yes":                              true,
		"bin = :hi":                               true,
		"attribute_not_exists(a) and not (n between :ten and :nine)": true,
	} {
		c, err := parse(text, values)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if c(item) != want {
			t.Errorf("%s: not %v", text, want)
		}
	}
}

func TestConditionRefusesWhatDynamoDBRefuses(t *testing.T) {
	_, values := conditionFixtures(t)
	for text, want := range map[string]string{
		"":                           "can not be empty",
		"a":                          "Syntax error",
		"a =":                        `token: "<EOF>"`,
		"a = :undefined":             "attribute value: :undefined",
		"#u = :k":                    "attribute name: #u",
		"a = :k b":                   "Syntax error",
		"(a = :k":                    "Syntax error",
		"exists(a)":                  "Invalid function name; function: exists",
		"attribute_exists(a, :k)":    "Incorrect number of operands",
		"a == :k":                    "Syntax error",
		"a & b":                      "Syntax error",
		"a[x] = :k":                  "Syntax error",
		"AND":                        "Syntax error",
		strings.Repeat("(", 5000):    "maximum allowed size",
		strings.Repeat("NOT ", 1000): "Syntax error",
	} {
		if _, err := parse(text, values); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v", text, err)
		}
	}
}

// FuzzCondition parses and evaluates any text: an error or an answer, never a
// panic, and the same answer twice.
func FuzzCondition(f *testing.F) {
	item, values := conditionFixtures(f)
	for _, seed := range []string{
		"attribute_not_exists(LockID)", "#n = :ten AND NOT size(set) > :two", "a.b[1] IN (:k, :x)", "n BETWEEN :nine AND :ten",
		"contains(m.in, :one) OR (begins_with(LockID, :p))", "((", "size(size(n))", "a[99999999999999999999]", "#", ":", "attribute_type(:k, :t)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parse(text, values)
		if err != nil {
			return
		}
		first := c(item)
		c(nil)
		if c(item) != first {
			t.Error("two answers")
		}
	})
}

// FuzzAttributeValue reads any JSON as an item: what is accepted comes back
// equal after writing it.
func FuzzAttributeValue(f *testing.F) {
	for _, seed := range []string{`{"S":"x"}`, `{"N":"1e126"}`, `{"N":"1e999999999"}`, `{"M":{"a":{"L":[{"NULL":true}]}}}`, `{"SS":["a"]}`, `{"B":"aGk="}`, `{}`, `{"S":null}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var v, again attributeValue
		if json.Unmarshal([]byte(text), &v) != nil {
			return
		}
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &again); err != nil || !v.equal(again) {
			t.Errorf("%s became %s: %v", text, out, err)
		}
	})
}
