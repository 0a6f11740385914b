package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/bubbles/key"
)

// What the palette presses is what the key sends: otherwise it would offer what it
// cannot do.
func TestEveryKeyThatIsOfferedCanBePressedByItsName(t *testing.T) {
	for name, bring := range screens {
		if name == "small" {
			continue
		}
		m := bring(t, plainLook)
		for _, k := range append(m.top().keys(), keys.Palette, keys.Mouse, keys.Interrupt, keys.Suspend) {
			for _, one := range k.Keys() {
				if !key.Matches(pressed(one), k) {
					t.Errorf("%s: %s is not %q", name, one, pressed(one))
				}
			}
		}
	}
}

func TestThePaletteDoesWhatIsChosenByItsWords(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	press(m, "2", ":")
	view := m.View()
	for _, want := range []string{"What can be done here", "leave out", "go to Bucket", "copy You: alice", "mouse off", "suspend"} {
		if !strings.Contains(view, want) {
			t.Errorf("no %q in\n%s", want, view)
		}
	}
	press(m, "c", "a", "l", "l", "enter")
	if v, ok := m.top().(*viewer); !ok || v.title != "Create the user alice: AWS calls" {
		t.Errorf("the calls are not shown:\n%s", m.View())
	}
	press(m, "esc", "ctrl+k", "g", "o", " ", "b", "u", "c", "enter")
	if m.top() != m.run || m.run.current != 5 {
		t.Errorf("at step %d:\n%s", m.run.current, m.View())
	}
}

func TestThePaletteCopiesValuesThatHaveNoCursor(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	out := onTerminal(m, nil)
	press(m, "1", ":", "y", "o", "u", " ", "a", "r", "e", "enter")
	if out.String() != osc52(operator.ARN) || !strings.Contains(m.View(), "Copied You are: "+operator.ARN) {
		t.Errorf("%q\n%s", out, m.View())
	}
}

// Esc empties the filter first and then leaves; ctrl+k opens it over a field, too, where
// a colon is text.
func TestThePaletteIsLeftAsItWasEntered(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	press(m, "2", ":", "x", "x", "x", "enter") // nothing has these letters
	if _, open := m.top().(*palette); !open {
		t.Fatalf("the palette is gone:\n%s", m.View())
	}
	press(m, "esc")
	if !strings.Contains(m.View(), "leave out") {
		t.Errorf("not everything is there again:\n%s", m.View())
	}
	press(m, "esc")
	if m.top() != m.run {
		t.Errorf("not left:\n%s", m.View())
	}
	press(m, "4", "e", "ctrl+u", ":")
	if value := m.run.asked.shown().form.Values(); !slices.Contains([]string{":"}, value[m.run.asked.shown().form.Focus()]) {
		t.Errorf("a colon is not text: %v", value)
	}
	press(m, "ctrl+k")
	if _, open := m.top().(*palette); !open || !strings.Contains(m.View(), "explain") {
		t.Errorf("no palette over a field:\n%s", m.View())
	}
}
