package form

import (
	"errors"
	"io"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"stateroom/ui/tui/theme"
)

func newTest(fields ...Field) *Form {
	return New(theme.New(lipgloss.NewRenderer(io.Discard), true), fields)
}

func (f *Form) text() string {
	lines, _ := f.View()
	return strings.Join(lines, "\n")
}

func letters(f *Form, text string) {
	for _, r := range text {
		f.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
}

func pressed(f *Form, kind tea.KeyType) Event { return f.Update(tea.KeyMsg{Type: kind}) }

func noX(value string) error {
	if strings.Contains(value, "x") {
		return errors.New("there is an x in it")
	}
	return nil
}

func TestReasonShowsWhileTypingAndGoesWithTheFault(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Text, Check: noX})
	if letters(f, "ax"); !strings.Contains(f.text(), "there is an x in it") {
		t.Errorf("no reason:\n%s", f.text())
	}
	if event := pressed(f, tea.KeyEnter); event != Editing {
		t.Errorf("a bad value was taken: %v", event)
	}
	if pressed(f, tea.KeyBackspace); strings.Contains(f.text(), "there is an x") {
		t.Error("the reason outlives its fault")
	}
	if pressed(f, tea.KeyEnter) != Done || f.Values()["a"] != "a" {
		t.Errorf("a good value was not taken: %v", f.Values())
	}
}

func TestFormEndsAtTheFirstBadFieldWhicheverItIs(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Text, Value: "x", Check: noX}, Field{Name: "b", Kind: Confirm})
	pressed(f, tea.KeyTab)
	if event := pressed(f, tea.KeyEnter); event != Editing || f.focus != 0 {
		t.Errorf("%v, focus on %d", event, f.focus)
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	f := newTest(Field{Name: "s", Kind: Secret})
	letters(f, "tops3cret")
	if strings.Contains(f.text(), "tops3cret") || !strings.Contains(f.text(), "typed, not shown") {
		t.Errorf("shown:\n%s", f.text())
	}
	if pressed(f, tea.KeyTab); f.Values()["s"] != "tops3cret" {
		t.Error("lost")
	}
}

func TestPasteTakesKeysWithoutTheirLineEnd(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Text})
	f.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("AKIAEXAMPLE?q\n"), Paste: true})
	if got := f.Values()["a"]; got != "AKIAEXAMPLE?q" {
		t.Errorf("pasted %q", got)
	}
}

func TestQuestionMarkExplainsUntilTheAnswerIsEdited(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Text, Value: "default", Help: "explained"})
	if letters(f, "?"); !strings.Contains(f.text(), "explained") || f.Values()["a"] != "default" {
		t.Errorf("%v\n%s", f.Values(), f.text())
	}
	if letters(f, "2?"); f.Values()["a"] != "default2?" {
		t.Errorf("typed %v", f.Values())
	}
	if pressed(f, tea.KeyF1); strings.Contains(f.text(), "explained") {
		t.Error("F1 does not close it")
	}
	pressed(f, tea.KeyF1)
	if event := pressed(f, tea.KeyEsc); event != Editing || strings.Contains(f.text(), "explained") {
		t.Errorf("esc ends with %v and does not close it first", event)
	}
	if event := pressed(f, tea.KeyEsc); event != Left {
		t.Errorf("the second esc ends with %v", event)
	}
}

func TestChoicesAndConfirmsAreAnsweredByKeys(t *testing.T) {
	f := newTest(
		Field{Name: "one", Kind: Choice, Options: []string{"a", "b", "c"}, Value: "b"},
		Field{Name: "many", Kind: Choices, Options: []string{"a", "b", "c"}, Value: "c"},
		Field{Name: "sure", Kind: Confirm, Value: "false"},
	)
	pressed(f, tea.KeyRight)
	pressed(f, tea.KeyTab)
	pressed(f, tea.KeySpace)
	pressed(f, tea.KeyTab)
	letters(f, "y")
	got := f.Values()
	if got["one"] != "c" || got["many"] != "a,c" || got["sure"] != "true" {
		t.Errorf("%v", got)
	}
}

func TestLeavingKeepsValues(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Text})
	letters(f, "half an ans")
	if pressed(f, tea.KeyEsc) != Left || f.Values()["a"] != "half an ans" {
		t.Errorf("%v", f.Values())
	}
}

// TestWhereNothingIsSuggestedNothingIsChosen leaves a choice open until somebody chooses:
// nobody takes the first option by a press of Enter.
func TestWhereNothingIsSuggestedNothingIsChosen(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Choice, Options: []string{"alice", "bob"}, Check: func(value string) error {
		if value == "" {
			return errors.New("this answer is required")
		}
		return nil
	}})
	if pressed(f, tea.KeyEnter) == Done || f.Values()["a"] != "" || !strings.Contains(f.text(), "this answer is required") {
		t.Errorf("%v:\n%s", f.Values(), f.text())
	}
	pressed(f, tea.KeyRight)
	if pressed(f, tea.KeyEnter) != Done || f.Values()["a"] != "alice" {
		t.Errorf("%v:\n%s", f.Values(), f.text())
	}
}

// TestTheFocusedOptionSaysWhatItMeans, and no other does.
func TestTheFocusedOptionSaysWhatItMeans(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Choice, Value: "strict", Options: []string{"strict", "compatible"}, Means: map[string]string{
		"strict": "Every write names it.", "compatible": "A missing header is left.",
	}})
	if text := f.text(); !strings.Contains(text, "strict: Every write names it.") || strings.Contains(text, "A missing header") {
		t.Errorf("first:\n%s", text)
	}
	pressed(f, tea.KeyRight)
	if text := f.text(); !strings.Contains(text, "compatible: A missing header is left.") || strings.Contains(text, "Every write") {
		t.Errorf("second:\n%s", text)
	}
}
