package tui

import (
	"context"
	"errors"
	"strings"
	"testing"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

func TestWhatKeepsARunFromGoingOnIsAScreenWithTheWaysOn(t *testing.T) {
	m := screens["no-credentials"](t, look{width: 80, height: 24, utf8: true})
	shows(t, m, "You are not signed in to AWS.", "another window, then try again", "aws configure sso", "in neither ~/.aws/credentials", "Nothing was changed.",
		"r try again", "p practice", "y copy", "esc back", "setup cannot begin yet")
	press(m, "down")
	if c := m.top().(*refused).clip(); c.text != "aws configure" {
		t.Errorf("it copies %q", c.text)
	}
	press(m, "r")
	if m.run.phase != opening || m.run.err != nil || m.top() != screen(m.run) {
		t.Errorf("phase %d, %v", m.run.phase, m.run.err)
	}
	shows(t, m, "checking your credentials")
	answerWith(m, engine.Opened{}, unasked())
	shows(t, m, "Tried 2 times: this is still so.")
	press(m, "enter")
	if m.run.phase != opening {
		t.Error("enter does not try again")
	}
}

func TestTryingAgainKeepsTheAnswers(t *testing.T) {
	m := refusedAfterAnswers(t, plainLook)
	shows(t, m, "AWS could not be reached.", "Your answers are kept.", "e edit")
	press(m, "r")
	if got := m.run.asked.given; got.Text("handover") != "handover/bob.age" || got.Text("passphrase") != "a secret" || m.run.phase != opening {
		t.Errorf("phase %d, %+v", m.run.phase, got)
	}
	answerWith(m, engine.Opened{}, unasked())
	press(m, "esc")
	if m.run.phase != asking || m.run.asked.shown().form.Values()["passphrase"] != "a secret" {
		t.Errorf("phase %d, going back loses what was typed", m.run.phase)
	}
}

// Where nothing is written, in the sandbox and in a dry run, nothing is kept for later.
func TestNoRefusalSaysThatAnswersAreKeptWhereNoDraftIsWritten(t *testing.T) {
	for name, kept := range map[string]func() bool{"no drafts": nil, "a dry run": func() bool { return false }} {
		m := refusedAfterAnswers(t, plainLook)
		m.engine.start.Kept = kept
		press(m, "r")
		answerWith(m, engine.Opened{}, unasked())
		shows(t, m, "Nothing was changed.")
		if strings.Contains(m.View(), "answers are kept") {
			t.Errorf("%s: it says that the answers are kept", name)
		}
	}
}

// begins lets a run begin, whose commands nobody runs.
func begins(m *root) {
	_, cmd := m.Update(begunMsg{start: &Start{Open: func(context.Context, plan.Given, plan.Asks) (engine.Opened, error) {
		return engine.Opened{}, errors.New("nobody runs this")
	}}})
	deliver(m, cmd)
}

func TestPracticeComesBackToTheRunThatGaveWay(t *testing.T) {
	m := refusedAfterAnswers(t, plainLook)
	waits, start := m.run, m.engine.start
	press(m, "p")
	if m.run == waits || m.request != (Request{Mode: Onboard, Sandbox: true}) {
		t.Fatalf("began %+v", m.request)
	}
	shows(t, m, "SANDBOX")
	begins(m)
	if waits.phase != reviewing || len(waits.asked.given) != 2 {
		t.Errorf("the run that waits was told of practice: phase %d", waits.phase)
	}
	answerWith(m, engine.Opened{Questions: handoverQuestions()}, nil)
	press(m, "esc")
	if m.run != waits || m.engine.start != start || m.request.Sandbox {
		t.Fatalf("practice is left for %+v", m.request)
	}
	shows(t, m, "AWS could not be reached.", "Your answers are kept.")
	press(m, "r")
	if m.run.asked.given.Text("handover") != "handover/bob.age" || m.run.phase != opening {
		t.Errorf("phase %d, %+v", m.run.phase, m.run.asked.given)
	}
}

func TestPracticeThatWasLookedAtIsLeftForTheRunThatGaveWay(t *testing.T) {
	m := opened(t, plainLook, SetUp, Options{})
	answerWith(m, engine.Opened{}, unasked())
	waits := m.run
	press(m, "p")
	begins(m)
	flow := fakeFlow(t, ill())
	answerWith(m, engine.Opened{Flow: flow}, nil)
	m.Update(reviewedMsg{flow: flow, review: ill()})
	shows(t, m, "SANDBOX")
	press(m, "esc", "down", "enter")
	if m.run != waits {
		t.Error("it is not left")
	}
	shows(t, m, "You are not signed in to AWS.")
}

func TestPractisingTroubleshootingInsteadBeginsWithTheCourse(t *testing.T) {
	m := opened(t, plainLook, Troubleshoot, Options{Course: someCourse()})
	answerWith(m, engine.Opened{}, unasked())
	waits := m.run
	press(m, "p", "enter", "enter")
	if m.run == waits || !m.request.Sandbox || m.request.Fault == "" {
		t.Fatalf("began %+v", m.request)
	}
	press(m, "end", "enter") // back to the list
	if m.run != waits {
		t.Error("it is not left for the run that waits")
	}
	press(m, "esc", "esc")
	shows(t, m, "You are not signed in to AWS.")
}

func TestARunGoesOnInSpiteOfWhatItWasTold(t *testing.T) {
	m := opened(t, plainLook, SetUp, Options{})
	answerWith(m, engine.Opened{}, &plan.Refusal{
		Title: "This account is in no organization.", What: "W.", Remedy: "R.", Anyway: &plan.Anyway{Path: "organization", Value: "none", Text: "type the account ids"},
	})
	shows(t, m, "c type the account ids")
	press(m, "c")
	if m.run.asked.given.Text("organization") != "none" || m.run.phase != opening {
		t.Errorf("phase %d, %+v", m.run.phase, m.run.asked.given)
	}
}

func TestEscGoesBackFromWhatCannotBegin(t *testing.T) {
	m := newTestRoot(t, plainLook, menuOptions())
	press(m, "enter")
	m.Update(begunMsg{err: unasked()})
	shows(t, m, "You are not signed in to AWS.")
	press(m, "esc")
	shows(t, m, "Set up", "Practice in the sandbox")
	if m.run != nil {
		t.Error("the run is still there")
	}
	m = screens["no-credentials-leave"](t, plainLook)
	shows(t, m, "Leave stateroom?", "Nothing was changed.")
	press(m, "enter")
	shows(t, m, "You are not signed in to AWS.")
}

// TestWhatWasMadeBeforeIsNotDenied where only the look after the changes fails.
func TestWhatWasMadeBeforeIsNotDenied(t *testing.T) {
	m := lookedAt(t, plainLook, Troubleshoot, Options{}, ill())
	press(m, "enter", "down", "enter")
	m.Update(madeMsg{summary: &plan.Summary{Change: 2, Applied: 2}, err: unasked()})
	shows(t, m, "You are not signed in to AWS.", "2 changes made before this stay.")
	if strings.Contains(m.View(), "Nothing was changed") {
		t.Errorf("it says that nothing was changed:\n%s", m.View())
	}
}
