package words

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"stateroom/steps/plan"
)

func TestDocumentKeepsItsMeaningAndOrder(t *testing.T) {
	for name, text := range map[string]string{
		"policy":         `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:AssumeRole"}]}`,
		"commas in text": `{"b":"a, b: {c} [d] \" e","a":[1,2.5,true,null,{"x":{}}]}`,
		"long list":      `["` + strings.Repeat(`arn:aws:iam::111111111111:role/A","`, 9) + `z"]`,
		"escapes":        `{"a":"\u0061\u002a \u0022 \u005c \\u0041 \/ \u202e \ufeff \u00a0 \u0000 \ud83d\ude80 \ud83d"}`,
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

// TestAnEscapeHidesNothingOfWhatIsGranted: IAM takes "\u002a" for "*", and whoever reads the
// plan has to see that. What a terminal would take for a command, and what nobody sees,
// stays an escape.
func TestAnEscapeHidesNothingOfWhatIsGranted(t *testing.T) {
	const before, after = `{"Principal":{"AWS":"arn:aws:iam::111111111111:root"}}`, `{"\u0050rincipal":{"AWS":"\u002a"},"Sid":"a\u003cb\u202ec\u001b[2J\u0022"}`
	_, text := LongField(plan.Field{Name: "trust", Before: before, After: after}, 30)
	for _, part := range []string{`"Principal": {"AWS": "*"}`, `a<b\u202ec\u001b[2J\u0022`} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s in\n%s", part, text)
		}
	}
	w := &plan.Write{Diff: "--- a\n+++ b\n-  bucket = \"\\u0061cme\\U0000002dold\"\n+  bucket = \"acme\\u202e\\u0024{x}\"\n"}
	w.Edit.Before.Path = "backend.tf"
	if got := strings.Join(FileDiff(w), "\n"); got != "-  bucket = \"acme-old\"\n+  bucket = \"acme\\u202e\\u0024{x}\"" {
		t.Error(got)
	}
	w.Edit.Before.Path = ".aws/config"
	if got := strings.Join(FileDiff(w), "\n"); !strings.Contains(got, `\u0061cme`) {
		t.Errorf("an AWS file knows no escapes: %s", got)
	}
}
