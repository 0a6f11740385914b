package enginetest

import (
	"errors"
	"strings"
	"testing"

	"stateroom/steps/plan"
)

// RefusalOf fails the test unless an error is a refusal with a title, a remedy and what
// was tried.
func RefusalOf(t *testing.T, err error) *plan.Refusal {
	t.Helper()
	var r *plan.Refusal
	if !errors.As(err, &r) || r.Title == "" || r.What == "" || r.Remedy == "" || len(r.Tried) == 0 || r.Finding == "" {
		t.Fatalf("%+v, %v", r, err)
	}
	return r
}

// Tells fails the test unless a refusal has the title, and its commands and what was tried
// hold every part.
func Tells(t *testing.T, r *plan.Refusal, title string, parts ...string) {
	t.Helper()
	var all strings.Builder
	for _, c := range r.Commands {
		all.WriteString(c.Does + ": " + c.Line + "\n")
	}
	for _, f := range r.Tried {
		all.WriteString(f.Name + ": " + f.Value + "\n")
	}
	text := all.String() + r.Remedy
	if r.Title != title {
		t.Errorf("the title is %q, want %q", r.Title, title)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, text)
		}
	}
}
