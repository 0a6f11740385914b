package tui

import (
	"bytes"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/awsops/secret"
	"stateroom/steps/plan"
)

// TestAKeyOnAnItemThatIsOutOfSightBringsItIntoSight: nobody leaves out what is not to be
// seen. The second press does what the key says.
func TestAKeyOnAnItemThatIsOutOfSightBringsItIntoSight(t *testing.T) {
	for _, key := range []string{"x", "space", "c"} {
		m := reviewingRoot(t, plainLook, Options{})
		m.Update(tea.WindowSizeMsg{Width: 80, Height: 18})
		press(m, "2")
		l := m.run.list
		from, to := l.window()
		if l.under() == nil || l.cursor >= from && l.cursor < to {
			t.Fatalf("the cursor is in row %d, and rows %d to %d are in sight", l.cursor, from, to)
		}
		at := l.cursor
		press(m, key)
		if from, to = l.window(); len(m.run.review.out) > 0 || len(l.said) > 0 || l.cursor != at || at < from || at >= to {
			t.Errorf("%s: left out %v, opened %v, row %d of %d to %d", key, m.run.review.out, l.said, l.cursor, from, to)
		}
		press(m, "x")
		if len(m.run.review.out) == 0 {
			t.Errorf("%s: the change in sight is not left out", key)
		}
	}
}

// TestAPassphraseThatNobodyHasWrittenDownIsToldAtTheEnd: it is stored nowhere, so that its
// file can never be opened.
func TestAPassphraseThatNobodyHasWrittenDownIsToldAtTheEnd(t *testing.T) {
	m := applyingRoot(t, plainLook)
	for _, user := range []string{"alice", "bob"} {
		m.Update(m.follow(m.run.event(plan.Event{Kind: plan.EventPassphrase, Text: user, Passphrase: secret.New("aaaa-bbbb")}), nil))
	}
	press(m, "enter") // of the one on top
	var out bytes.Buffer
	closing(&out, m, &plan.Summary{Applied: 1})
	if got := out.String(); !strings.Contains(got, "stateroom handover alice\n") || strings.Contains(got, "handover bob") || strings.Contains(got, "aaaa") {
		t.Errorf("it ends with:\n%s", got)
	}
}
