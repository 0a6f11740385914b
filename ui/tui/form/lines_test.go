package form

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// needed refuses an empty text.
func needed(value string) error {
	if strings.TrimSpace(value) == "" {
		return errors.New("this answer is required")
	}
	return nil
}

// paste is what a terminal with bracketed paste sends.
func paste(f *Form, text string) {
	f.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true})
}

// numbered is a text of n lines.
func numbered(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "line %d of what Terraform printed, and some more to fill it\n", i)
	}
	return text.String()
}

func TestPasteOf200KilobytesIsKeptWholeAndShownByItsEnds(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Lines})
	text := numbered(3500)
	if len(text) < 200<<10 {
		t.Fatalf("only %d bytes", len(text))
	}
	paste(f, strings.ReplaceAll(text, "\n", "\r"))
	if f.Values()["a"] != text {
		t.Error("what was pasted has changed")
	}
	for _, part := range []string{"line 0 of", "line 3 of", "3500 lines, 210 KB. ctrl+u clears it.", "line 3496 of", "line 3499 of"} {
		if !strings.Contains(f.text(), part) {
			t.Errorf("no %q in:\n%s", part, f.text())
		}
	}
	if n := strings.Count(f.text(), "\n"); n > 20 {
		t.Errorf("it takes %d lines", n)
	}
	if pressed(f, tea.KeyEnter) != Done {
		t.Error("Enter does not go on after a paste")
	}
	if pressed(f, tea.KeyCtrlU); f.Values()["a"] != "" || strings.Contains(f.text(), "3500 lines") {
		t.Error("ctrl+u leaves something")
	}
}

func TestLongTextTypedByTheTerminalLosesNothing(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Lines})
	var text string
	for i := range 60 {
		text += fmt.Sprintf("line %d\n", i)
	}
	for _, r := range text {
		switch r {
		case '\n':
			f.Update(tea.KeyMsg{Type: tea.KeyEnter})
		case ' ':
			f.Update(tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}})
		default:
			letters(f, string(r))
		}
	}
	if f.Values()["a"] != text {
		t.Errorf("%d bytes became %d", len(text), len(f.Values()["a"]))
	}
	if pressed(f, tea.KeyCtrlD) != Done {
		t.Error("ctrl+d does not go on")
	}
}

func TestShortTextIsEditedAndEnterBreaksItsLines(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Lines})
	letters(f, "Error: x")
	if msg := pressed(f, tea.KeyEnter); msg != Editing {
		t.Fatalf("Enter went on with %v", msg)
	}
	letters(f, "mxyz")
	pressed(f, tea.KeyBackspace)
	pressed(f, tea.KeyBackspace)
	pressed(f, tea.KeyBackspace)
	letters(f, "ore")
	pressed(f, tea.KeyUp)
	letters(f, "!")
	if got := f.Values()["a"]; got != "Erro!r: x\nmore" {
		t.Errorf("edited to %q", got)
	}
	if pressed(f, tea.KeyCtrlD) != Done {
		t.Error("ctrl+d does not go on")
	}
}

func TestShortPasteCanBeEdited(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Lines})
	paste(f, "Error: x\r\nmore")
	letters(f, "?")
	if got := f.Values()["a"]; got != "Error: x\nmore?" {
		t.Errorf("edited to %q", got)
	}
	if pressed(f, tea.KeyEnter) != Done {
		t.Error("Enter does not go on after a paste")
	}
}

func TestEmptyTextIsRefusedWithTheReason(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Lines, Check: needed})
	if msg := pressed(f, tea.KeyCtrlD); msg != Editing || !strings.Contains(f.text(), "this answer is required") {
		t.Errorf("%v:\n%s", msg, f.text())
	}
	paste(f, " \r ")
	if msg := pressed(f, tea.KeyEnter); msg != Editing || !strings.Contains(f.text(), "this answer is required") {
		t.Errorf("white space was taken with %v", msg)
	}
	if paste(f, "Error"); strings.Contains(f.text(), "this answer is required") {
		t.Error("the reason outlives its fault")
	}
}

// hidden takes out what follows a password's name, and a key of many lines.
func hidden(text string) string {
	return regexp.MustCompile(`(?s)password=\S+|BEGIN KEY.*?(END KEY|$)`).ReplaceAllString(text, "(secret)")
}

func TestWhatIsToBeHiddenIsNeverShown(t *testing.T) {
	longKey := "BEGIN KEY\n" + strings.Repeat("tops3cret\n", 200) + "END KEY"
	for name, text := range map[string]string{
		"in a short text":    "Error\npassword=tops3cret\nmore",
		"in one line":        "password=tops3cret",
		"at the beginning":   "password=tops3cret\n" + numbered(2000),
		"at the end":         numbered(2000) + "password=tops3cret",
		"over many lines":    numbered(2000) + longKey,
		"in the middle only": numbered(1000) + longKey + numbered(1000),
		"in one long line":   strings.Repeat("word ", 5000) + "password=tops3cret" + strings.Repeat("x", 40<<10),
	} {
		f := newTest(Field{Name: "a", Kind: Lines, Hide: hidden})
		paste(f, text)
		if strings.Contains(f.text(), "tops3") {
			t.Errorf("%s it is shown:\n%s", name, f.text())
		}
		if f.Values()["a"] != text {
			t.Errorf("%s the answer has changed", name)
		}
		f = newTest(Field{Name: "a", Kind: Lines, Hide: hidden, Value: text})
		if strings.Contains(f.text(), "tops3") {
			t.Errorf("%s it is shown of a default:\n%s", name, f.text())
		}
	}
	f := newTest(Field{Name: "a", Kind: Lines, Hide: hidden})
	if paste(f, "Error\npassword=tops3cret\nmore"); !strings.Contains(f.text(), "Its secrets are not shown") {
		t.Errorf("nothing tells of it:\n%s", f.text())
	}
}

func TestPastedControlCharactersDoNotReachTheTerminal(t *testing.T) {
	f := newTest(Field{Name: "a", Kind: Lines})
	paste(f, "\x1b[31mError\x1b[0m\a of\tcolor\n"+numbered(100))
	if text := f.text(); text != ansi.Strip(text) || strings.ContainsAny(text, "\a\t\x1b") || !strings.Contains(text, "Error  of    color") {
		t.Errorf("shown as %q", text)
	}
}

func TestLongChoicesStandBelowOneAnother(t *testing.T) {
	options := []string{"Check everything: files, identity, key, bucket", "Paste what Terraform printed, and check it", "Let Terraform run"}
	f := newTest(Field{Name: "way", Kind: Choice, Options: options, Value: options[1]}, Field{Name: "next", Kind: Confirm})
	for i, line := range strings.Split(f.text(), "\n")[1:4] {
		if !strings.Contains(line, options[i]) {
			t.Errorf("line %d is %q", i, line)
		}
	}
	pressed(f, tea.KeyDown)
	if f.Values()["way"] != options[2] || f.focus != 0 {
		t.Errorf("down chose %q, focus on %d", f.Values()["way"], f.focus)
	}
	if pressed(f, tea.KeyDown); f.focus != 1 {
		t.Error("down does not leave the last option")
	}
	pressed(f, tea.KeyUp)
	pressed(f, tea.KeyUp)
	if f.Values()["way"] != options[1] {
		t.Errorf("up chose %q", f.Values()["way"])
	}
	if pressed(f, tea.KeyEnter); f.focus != 1 {
		t.Error("Enter does not take it")
	}
}
