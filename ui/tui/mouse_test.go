package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/engine"
)

// clickOn clicks on the first line that holds a text, at its first letter.
func clickOn(t testing.TB, m *root, text string) {
	t.Helper()
	for y, line := range strings.Split(m.View(), "\n") {
		if before, _, there := strings.Cut(line, text); there {
			_, cmd := m.Update(tea.MouseMsg{X: len([]rune(before)), Y: y, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
			deliver(m, cmd)
			return
		}
	}
	t.Fatalf("no %q on\n%s", text, m.View())
}

func turn(m *root, button tea.MouseButton) {
	m.Update(tea.MouseMsg{X: 40, Y: 10, Button: button, Action: tea.MouseActionPress})
}

func TestAClickPutsTheCursorThereAndASecondOneOpens(t *testing.T) {
	for _, l := range []look{plainLook, {width: 80, height: 24, utf8: true}} {
		m := reviewingRoot(t, l, Options{})
		press(m, "2")
		clickOn(t, m, "Create the policy")
		if !strings.Contains(m.View(), "› ▸ + Create the policy") {
			t.Errorf("%s: the cursor is not there:\n%s", l, m.View())
		}
		clickOn(t, m, "Create the policy")
		if !strings.Contains(m.View(), "› ▾ + Create the policy") {
			t.Errorf("%s: not opened:\n%s", l, m.View())
		}
	}
}

func TestAClickGoesToAStepAndPressesAKeyOfTheFooter(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	clickOn(t, m, "5 Bucket")
	if m.run.current != 5 {
		t.Errorf("at step %d", m.run.current)
	}
	clickOn(t, m, "a apply")
	c, asks := m.top().(*chooser)
	if !asks || c.title != "Make these changes?" {
		t.Fatalf("nothing is asked:\n%s", m.View())
	}
	clickOn(t, m, "Only step 5")
	if m.top() != c || c.list.cursor != 2 {
		t.Errorf("one click is a choice: %d", c.list.cursor)
	}
	clickOn(t, m, "Not yet")
	clickOn(t, m, "Nothing is changed.")
	if m.top() != m.run || m.run.phase != reviewing {
		t.Errorf("not yet is not taken:\n%s", m.View())
	}
}

func TestAClickTicksAnAccountAndTakesARow(t *testing.T) {
	m := screens["accounts"](t, plainLook)
	press(m, "esc")
	a, _ := m.top().(*accounts)
	before := len(a.chosen)
	clickOn(t, m, "500000000005")
	clickOn(t, m, "500000000005")
	if !a.chosen["500000000005"] || len(a.chosen) != before+1 {
		t.Errorf("chosen: %v", a.chosen)
	}
	m = reviewingRoot(t, plainLook, Options{})
	press(m, ":")
	clickOn(t, m, "go to Bucket")
	clickOn(t, m, "go to Bucket")
	if m.top() != m.run || m.run.current != 5 {
		t.Errorf("at step %d:\n%s", m.run.current, m.View())
	}
}

func TestTheWheelMovesTheTextAndNotTheCursor(t *testing.T) {
	m := lookedAt(t, look{width: 80, height: 24, utf8: true}, Troubleshoot, Options{}, ill())
	under := m.run.list.under().name()
	turn(m, tea.MouseButtonWheelDown)
	if m.run.list.top != wheelLines || m.run.list.under().name() != under {
		t.Errorf("top %d, under %v", m.run.list.top, m.run.list.under().name())
	}
	turn(m, tea.MouseButtonWheelUp)
	turn(m, tea.MouseButtonWheelUp)
	if m.run.list.top != 0 {
		t.Errorf("top %d", m.run.list.top)
	}
	m.follow(nav{push: newViewer(m.theme, "long", strings.Repeat("line\n", 100), nil)}, nil)
	turn(m, tea.MouseButtonWheelDown)
	if !strings.Contains(m.View(), fmt.Sprintf("%d-", wheelLines+1)) {
		t.Errorf("the text has not moved:\n%s", m.View())
	}
}

// With the mouse taken no terminal selects text, so it can be handed back, from every
// screen, and the help says how.
func TestTheMouseCanBeTurnedOff(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	_, cmd := m.Update(pressed("m"))
	off := cmd != nil && cmd() == tea.DisableMouse()
	if !off || m.mouse || !strings.Contains(m.View(), "Mouse off: the terminal selects text.") {
		t.Errorf("%t, %t\n%s", off, m.mouse, m.View())
	}
	press(m, "?")
	if !strings.Contains(m.View(), "mouse on, for wheel and clicks") {
		t.Errorf("the help does not name it:\n%s", m.View())
	}
	press(m, "esc", "4", "e", "ctrl+k", "m", "o", "u", "s", "e", "enter")
	if !m.mouse || !m.run.typing() {
		t.Errorf("not turned on over a field: %t\n%s", m.mouse, m.View())
	}
}

// TestAClickAnswersAQuestion: on a form the focus goes to where is clicked, at every width.
func TestAClickAnswersAQuestion(t *testing.T) {
	for _, l := range []look{plainLook, narrowLook, wideLook} {
		m := reviewingRoot(t, l, Options{})
		press(m, "4", "e")
		first := m.run.asked.shown().form.Focus()
		questions := m.run.asked.shown().questions
		if len(questions) < 2 {
			t.Fatal("there is nowhere else to go")
		}
		clickOn(t, m, questions[1].Prompt)
		if got := m.run.asked.shown().form.Focus(); got != questions[1].Path || got == first {
			t.Errorf("%s: the focus is on %s", l, got)
		}
		m = opened(t, l, Troubleshoot, Options{})
		answerWith(m, engine.Opened{Questions: ways()}, nil)
		clickOn(t, m, "Let Terraform run init")
		if got := m.run.asked.shown().form.Values()["way"]; !strings.HasPrefix(got, "Let Terraform") {
			t.Errorf("%s: chosen is %q", l, got)
		}
	}
}
