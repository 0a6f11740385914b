package form

import (
	"maps"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// answersOfAll are fields of every kind that undo is for.
func answersOfAll() *Form {
	f := newTest(
		Field{Name: "text", Label: "Name of the bucket", Kind: Text, Value: "acme"},
		Field{Name: "choice", Label: "Policy", Kind: Choice, Options: []string{"strict", "compatible"}, Value: "strict"},
		Field{Name: "choices", Label: "Environments", Kind: Choices, Options: []string{"staging", "production"}, Value: "staging"},
		Field{Name: "confirm", Label: "Lock file", Kind: Confirm, Value: "true"},
		Field{Name: "secret", Label: "Passphrase", Kind: Secret},
	)
	f.Resize(80, 40)
	return f
}

// TestUndoBringsTheLastAnswerBack: a whole answer at a time, the last one first, and the
// focus with it.
func TestUndoBringsTheLastAnswerBack(t *testing.T) {
	f := answersOfAll()
	first := f.Values()
	letters(f, "-state")
	pressed(f, tea.KeyEnter)
	pressed(f, tea.KeyRight)
	pressed(f, tea.KeyTab)
	pressed(f, tea.KeySpace)
	pressed(f, tea.KeyTab)
	letters(f, "n")
	changed := f.Values()
	for _, want := range []struct{ field, value string }{{"confirm", "true"}, {"choices", "staging"}, {"choice", "strict"}, {"text", "acme"}} {
		if changed[want.field] == want.value {
			t.Fatalf("%s was not changed: %v", want.field, changed)
		}
		if pressed(f, tea.KeyCtrlUnderscore); f.Focus() != want.field || f.Values()[want.field] != want.value {
			t.Errorf("%s is %q, with the focus on %s", want.field, f.Values()[want.field], f.Focus())
		}
	}
	if !maps.Equal(f.Values(), first) {
		t.Errorf("%v", f.Values())
	}
	if pressed(f, tea.KeyCtrlUnderscore); !maps.Equal(f.Values(), first) {
		t.Error("more is undone than was done")
	}
	if letters(f, "?"); f.Values()["text"] != "acme" {
		t.Error("the answer counts as edited, so that ? does not explain")
	}
}

// What is picked from a list is undone, too, and a secret is not kept for that.
func TestUndoKnowsWhatWasPickedAndKeepsNoSecret(t *testing.T) {
	f := answersOfAll()
	f.Set("text", "picked")
	f.enter(4)
	letters(f, "hunter2")
	if pressed(f, tea.KeyCtrlUnderscore); f.Values()["text"] != "acme" || f.Values()["secret"] != "hunter2" {
		t.Errorf("%v", f.Values())
	}
}

// TestAClickGoesToAFieldAndChooses clicks on what it sees.
func TestAClickGoesToAFieldAndChooses(t *testing.T) {
	f := answersOfAll()
	click := func(text string) {
		t.Helper()
		lines, _ := f.View()
		for y, line := range lines {
			if before, _, there := strings.Cut(ansi.Strip(line), text); there {
				if !f.Click(ansi.StringWidth(before), y) {
					t.Fatalf("there is no field at %q", text)
				}
				return
			}
		}
		t.Fatalf("no %q in\n%s", text, f.text())
	}
	for text, want := range map[string]struct{ field, value string }{
		"compatible": {"choice", "compatible"}, "production": {"choices", "staging,production"}, "no": {"confirm", "false"}, "Passphrase": {"secret", ""},
	} {
		if click(text); f.Focus() != want.field || f.Values()[want.field] != want.value {
			t.Errorf("a click on %q: %s is %q, with the focus on %s", text, want.field, f.Values()[want.field], f.Focus())
		}
	}
	if f.Click(2, 1000) {
		t.Error("there is a field below the form")
	}
	if pressed(f, tea.KeyCtrlUnderscore); f.Values()["secret"] != "" || len(f.past) != 2 {
		t.Errorf("%d answers can be undone", len(f.past))
	}
}

// Of options that stand below one another, long ones on several lines, each line counts.
func TestAClickOnStackedOptions(t *testing.T) {
	long := strings.Repeat("a long option ", 8)
	f := newTest(Field{Name: "a", Label: "Which?", Kind: Choice, Options: []string{"first " + long, "second " + long, "third"}})
	f.Resize(60, 40)
	lines, _ := f.View()
	for y, line := range lines {
		if strings.Contains(line, "second") {
			f.Click(10, y+1)
		}
	}
	if got := f.Values()["a"]; !strings.HasPrefix(got, "second") {
		t.Errorf("chosen: %q", got)
	}
}
