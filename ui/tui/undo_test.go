package tui

import (
	"strings"
	"testing"

	"stateroom/steps/engine"
)

// TestAnswersGivenFromTheReviewAreUndoneThere: u brings back what was replaced, and looks
// again; what was made meanwhile is not undone by an answer.
func TestAnswersGivenFromTheReviewAreUndoneThere(t *testing.T) {
	m := opened(t, plainLook, Troubleshoot, Options{})
	answerWith(m, engine.Opened{Questions: ways()}, nil)
	press(m, "enter")
	flow := fakeFlow(t, ill())
	answerWith(m, engine.Opened{Flow: flow}, nil)
	m.Update(reviewedMsg{flow: flow, review: ill()})
	first := m.run.asked.given.Text("way")
	if strings.Contains(m.View(), "undo the answers") {
		t.Error("there is something to undo at the beginning")
	}
	press(m, "e", "down", "enter")
	answerWith(m, engine.Opened{Flow: flow}, nil)
	m.Update(reviewedMsg{flow: flow, review: ill()})
	if got := m.run.asked.given.Text("way"); got == first {
		t.Fatalf("the answer is still %q", got)
	}
	shows(t, m, "u undo the answers")
	if press(m, "u"); m.run.asked.given.Text("way") != first || m.run.phase != opening {
		t.Errorf("phase %d, %q", m.run.phase, m.run.asked.given.Text("way"))
	}
	answerWith(m, engine.Opened{Flow: flow}, nil)
	m.Update(reviewedMsg{flow: flow, review: ill()})
	if press(m, "u", "e"); m.run.phase != asking || m.run.asked.shown().form.Values()["way"] != first {
		t.Errorf("the form has %q", m.run.asked.shown().form.Values()["way"])
	}
}

// The palette lists what undoes an answer, as soon as there is one.
func TestThePaletteUndoesAnAnswer(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	press(m, "4", "e")
	before := m.run.asked.shown().form.Values()
	press(m, "x", "ctrl+k", "undo", "enter")
	if after := m.run.asked.shown().form.Values(); after[m.run.asked.shown().form.Focus()] != before[m.run.asked.shown().form.Focus()] {
		t.Errorf("%v became %v:\n%s", before, after, m.View())
	}
}
