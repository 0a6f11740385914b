package words

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestDocumentKeepsItsMeaningAndOrder(t *testing.T) {
	for name, text := range map[string]string{
		"policy":         `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:AssumeRole"}]}`,
		"commas in text": `{"b":"a, b: {c} [d] \" e","a":[1,2.5,true,null,{"x":{}}]}`,
		"long list":      `["` + strings.Repeat(`arn:aws:iam::111111111111:role/A","`, 9) + `z"]`,
		"escaped name":   `{"a\"b\u003c":"` + strings.Repeat("x", 200) + `"}`,
		"empty":          `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			laid := Document(text, 40)
			var before, after any
			if err := json.Unmarshal([]byte(text), &before); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(laid), &after); err != nil {
				t.Fatalf("%v in\n%s", err, laid)
			}
			if !reflect.DeepEqual(before, after) {
				t.Errorf("the meaning changed:\n%s", laid)
			}
		})
	}
	if got := Document(`{"b":1,"a":2}`, 80); got != `{"b": 1, "a": 2}` {
		t.Errorf("the order of members changed: %s", got)
	}
}

func TestDocumentLeavesOtherTextAlone(t *testing.T) {
	for _, text := range []string{"", "Enabled", "{not json}", "(known after apply)"} {
		if got := Document(text, 10); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
