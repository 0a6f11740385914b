package tui

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/awsops/secret"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// quits presses a key; it tells whether the program ends by that.
func quits(m *root, name string) bool {
	return isQuit(m.key(keyNamed(name)))
}

func isQuit(cmd tea.Cmd) bool {
	if cmd == nil {
		return false
	}
	switch msg := cmd().(type) {
	case tea.QuitMsg:
		return true
	case tea.BatchMsg:
		return slices.ContainsFunc(msg, isQuit)
	}
	return false
}

// Esc goes back, and on the first screen it asks: however often it is pressed, nobody is
// out. An interrupt ends the program from everywhere with 130, or first lets the changes
// under way finish.
func TestNoScreenIsLeftByEscAndEveryOneByAnInterrupt(t *testing.T) {
	t.Parallel()
	for name, bring := range screens {
		m := bring(t, plainLook)
		for range 8 {
			if quits(m, "esc") {
				t.Errorf("esc leaves the screen %s:\n%s", name, m.View())
			}
		}
		m = bring(t, plainLook)
		left := quits(m, "ctrl+c")
		if working := m.working(); left == working {
			t.Errorf("ctrl+c on the screen %s: it leaves %t, while changes are made %t", name, left, working)
		} else if s := m.summary(false); !working && (s == nil || s.ExitCode(false) != plan.ExitInterrupted) && m.run != nil && m.run.err == nil {
			t.Errorf("ctrl+c on the screen %s ends with %+v", name, s)
		}
	}
}

// Whoever leaves by a key that leaves has failed in nothing and interrupted nothing, but
// for what the run itself has come to.
func TestLeavingByAKeyIsNoFailure(t *testing.T) {
	t.Parallel()
	for name, bring := range screens {
		m := bring(t, plainLook)
		if m.top().typing() || m.working() || m.run != nil && m.run.err != nil {
			continue
		}
		if !quits(m, "q") {
			m = bring(t, plainLook)
			m.key(keyNamed("q"))
			if _, asks := m.top().(*chooser); !asks || !quits(m, "down") && !quits(m, "enter") {
				continue // q closes what lies on the run
			}
		}
		s := m.summary(false)
		switch code := exitCode(s); {
		case m.engine.made != nil && code == m.engine.made.ExitCode(false): // what was carried out has its own end
		case s != nil && plan.NeedsAttention(s.Findings) && !s.Left && code == plan.ExitFindings: // looked to the end
		case code > plan.ExitDone:
			t.Errorf("leaving the screen %s: %d (%+v)", name, code, s)
		}
	}
}

// half is a run of which some was made, and then something kept it from going on.
func half(t *testing.T, s *plan.Summary) *root {
	m := applyingRoot(t, plainLook)
	m.run.rehearsal, m.request.Sandbox = false, false
	m.Update(madeMsg{summary: s, review: plan.Review{Looked: fresh{}, Outcome: s.Outcome, Changes: proposed().Changes[2:]}, outline: seen(m)})
	return m
}

// proving is a run whose changes are all made.
func proving(t *testing.T) *root {
	m := reviewingRoot(t, plainLook, Options{})
	m.run.apply(0)
	for i := range m.run.review.Changes {
		c := &m.run.review.Changes[i]
		tell(m, plan.Event{Kind: plan.EventStarted, Change: c}, plan.Event{Kind: plan.EventApplied, Change: c})
	}
	m.run.refresh()
	return m
}

func TestLeavingTellsWhatThatMeans(t *testing.T) {
	t.Parallel()
	const again = ", and asks before it changes anything."
	unmade := []string{"Leave without changing anything?", "Nothing of it has been made."}
	sealed := &complete().Sealed[0]
	for name, c := range map[string]struct {
		bring func(t *testing.T) *root
		keys  []string
		shows []string
		// code is what leaving ends with, -1 without a summary; closing stays on the
		// normal screen.
		code    int
		closing []string
	}{
		"the menu": {
			func(t *testing.T) *root { return newTestRoot(t, plainLook, Options{Menu: true}) },
			[]string{"esc"},
			[]string{"Leave stateroom?", "Nothing was changed."},
			-1,
			[]string{"Nothing was changed."},
		},
		"the chapters": {
			func(t *testing.T) *root {
				return newTestRoot(t, plainLook, Options{Modes: []*Mode{Troubleshoot}, Sandbox: true, Course: someCourse()})
			},
			[]string{"esc"},
			[]string{"Leave stateroom?", "Nothing was changed."},
			-1,
			[]string{"Nothing was changed."},
		},
		"before anything was asked": {
			func(t *testing.T) *root { return newTestRoot(t, plainLook, Options{}) },
			[]string{"esc"},
			[]string{"Leave stateroom?", "it has not finished looking", "stateroom setup looks again" + again},
			-1,
			[]string{"Nothing was changed."},
		},
		"the first question": {
			func(t *testing.T) *root { return asked(t, plainLook, newOperator()) },
			[]string{"esc"},
			[]string{"Leave stateroom?", "Nothing was changed.", "stateroom setup looks again" + again},
			-1,
			[]string{"Nothing was changed."},
		},
		"with answers that are kept": {
			func(t *testing.T) *root {
				m := asked(t, plainLook, newOperator())
				m.engine.start.Kept = func() bool { return true }
				return m
			},
			[]string{"esc"},
			[]string{"Leave stateroom?", words.AnswersKept},
			-1,
			[]string{"Nothing was changed."},
		},
		"while it looks": {
			func(t *testing.T) *root { return looking(t, plainLook, Options{}) },
			[]string{"esc"},
			[]string{"it has not finished looking", "stateroom troubleshoot looks again" + again},
			-1,
			[]string{"Nothing was changed."},
		},
		"where nothing could be looked at": {
			func(t *testing.T) *root {
				m := opened(t, plainLook, Onboard, Options{})
				answerWith(m, engine.Opened{}, errors.New("no route to host"))
				return m
			},
			[]string{"esc"},
			[]string{"Leave stateroom?", "Nothing was changed.", "stateroom onboard looks again" + again},
			-1, nil,
		},
		"a setup's plan": {
			func(t *testing.T) *root { return reviewingRoot(t, plainLook, Options{}) },
			[]string{"q"},
			append(unmade, "Terraform cannot run in production yet", "stateroom setup looks again"+again), plan.ExitDone,
			[]string{"Nothing was changed: you left before applying.", "Plan: 4 to add, 1 to change, 0 to destroy."},
		},
		"a setup's plan by esc": {
			func(t *testing.T) *root { return reviewingRoot(t, plainLook, Options{}) },
			[]string{"esc"},
			unmade, plan.ExitDone,
			[]string{"Nothing was changed: you left before applying."},
		},
		"a setup's plan without what was left out": {
			func(t *testing.T) *root {
				m := reviewingRoot(t, plainLook, Options{})
				press(m, "4", "x")
				return m
			},
			[]string{"q"},
			append(unmade, "Plan: 2 to add, 0 to change"), plan.ExitDone,
			[]string{"Plan: 2 to add, 0 to change"},
		},
		"what would fix the findings": {
			func(t *testing.T) *root { return lookedAt(t, plainLook, Troubleshoot, Options{}, ill()) },
			[]string{"q"},
			append(unmade, "3 things are wrong.", "stateroom troubleshoot looks again"+again), plan.ExitDone,
			[]string{"Nothing was changed: you left before applying. 3 things are wrong."},
		},
		"an onboarding": {
			func(t *testing.T) *root { return lookedAt(t, plainLook, Onboard, Options{}, coming()) },
			[]string{"q"},
			append(unmade, "Bob cannot run Terraform on this laptop yet: 3 changes make it ready."), plan.ExitDone,
			[]string{"you left before applying. Bob cannot run"},
		},
		"an offboarding": {
			func(t *testing.T) *root { return lookedAt(t, plainLook, Offboard, Options{}, leaving()) },
			[]string{"q"},
			append(unmade, "Carol still has access: 2 changes take it away."), plan.ExitDone,
			[]string{"you left before applying. Carol still has access"},
		},
		"a handover that is not made": {
			func(t *testing.T) *root {
				r := waitingKey()
				r.Changes, r.NotOurs, r.Outcome = r.NotOurs[:1], nil, plan.Delivery{User: "bob"}
				return lookedAt(t, plainLook, Handover, Options{}, r)
			},
			[]string{"q"},
			append(unmade, "No key waits for bob yet."), plan.ExitDone,
			[]string{"you left before applying. No key waits for bob yet."},
		},
		"a handover that is sealed": {
			func(t *testing.T) *root {
				return half(t, &plan.Summary{Applied: 1, Ended: true, Outcome: plan.Delivery{User: "bob", Sealed: sealed}})
			},
			[]string{"esc"},
			[]string{"Leave stateroom?", "Bob's key waits in handover/bob.age until"},
			plan.ExitDone,
			[]string{"Bob's key waits in handover/bob.age until"},
		},
		"a dry run": {
			func(t *testing.T) *root { return reviewingRoot(t, plainLook, Options{DryRun: true}) },
			[]string{"esc"},
			[]string{"Leave stateroom?", "Nothing was changed.", "A dry run keeps nothing, your answers neither."},
			plan.ExitFindings,
			[]string{"this was a dry run"},
		},
		"a rehearsal": {
			func(t *testing.T) *root { return reviewingRoot(t, plainLook, Options{Sandbox: true}) },
			[]string{"q"},
			append(unmade, "The rehearsal ends. This was the sandbox."), plan.ExitDone,
			[]string{"you left before applying", "This was the sandbox."},
		},
		"where some was made and some failed": {
			func(t *testing.T) *root {
				return half(t, &plan.Summary{Applied: 2, Failed: 1, Skipped: 2, Due: 3, Outcome: theTeams(), Ended: true})
			},
			[]string{"esc"},
			[]string{"Leave stateroom?", "2 changes made, 1 failed, 2 not begun.", "stateroom setup looks again" + again},
			plan.ExitFailed,
			[]string{"2 changes made, 1 failed, 2 not begun."},
		},
		"where it was stopped": {
			func(t *testing.T) *root {
				return half(t, &plan.Summary{Applied: 2, Skipped: 3, Stopped: true, Outcome: theTeams(), Stale: true})
			},
			[]string{"esc"},
			[]string{"what is done stays, the rest was not begun or not finished"},
			plan.ExitInterrupted,
			[]string{"what is done stays"},
		},
		"where only the proof was stopped": {
			func(t *testing.T) *root {
				return half(t, &plan.Summary{Applied: 5, Stopped: true, Outcome: theTeams(), Stale: true})
			},
			[]string{"esc"},
			[]string{"after every change was made: the result is not proven"},
			plan.ExitInterrupted,
			[]string{"the result is not proven"},
		},
		"where all was made": {
			func(t *testing.T) *root {
				m := finished(t, plainLook)
				m.run.rehearsal = false
				return m
			},
			[]string{"esc"},
			[]string{"Leave stateroom?", "Alice can run Terraform in production.", "it changes only what differs"},
			plan.ExitDone,
			[]string{"Alice can run Terraform in production."},
		},
	} {
		m := c.bring(t)
		depth := len(m.stack)
		press(m, c.keys...)
		text := strings.Join(strings.Fields(m.View()), " ")
		for _, want := range c.shows {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing in:\n%s", name, want, m.View())
			}
		}
		if press(m, "enter"); len(m.stack) != depth {
			t.Errorf("%s: whoever stays is not where they were:\n%s", name, m.View())
		}
		press(m, c.keys...)
		press(m, "down")
		if !quits(m, "enter") {
			t.Errorf("%s: whoever leaves stays:\n%s", name, m.View())
		}
		s := m.summary(false)
		if code := exitCode(s); code != c.code {
			t.Errorf("leaving %s: %d, want %d (%+v)", name, code, c.code, s)
		}
		said := strings.Join(strings.Fields(closed(m, s)), " ")
		for _, want := range c.closing {
			if !strings.Contains(said, want) {
				t.Errorf("%s: the closing words lack %q:\n%s", name, want, said)
			}
		}
	}
}

func TestWhileChangesAreMadeNoKeyButAnInterruptEndsThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bring         func(t *testing.T) *root
		esc, stopping string
	}{
		"changes": {func(t *testing.T) *root { return applyingRoot(t, plainLook) }, "Changes are being made. Ctrl-C stops after those under way: what is made stays.", "Stopping: the changes under way are finished first"},
		"a proof": {proving, "The result is being proven. Ctrl-C stops the proof: what was made stays.", "Stopping the proof: what was made stays, and is not proven."},
	} {
		m := c.bring(t)
		if quits(m, "q") || len(m.stack) != 1 {
			t.Errorf("%s: q leaves", name)
		}
		press(m, "esc")
		shows(t, m, c.esc)
		press(m, "ctrl+c")
		shows(t, m, c.stopping)
		m.Update(tea.WindowSizeMsg{Width: 30, Height: 10})
		if text := strings.Join(strings.Fields(m.View()), " "); quits(m, "q") || !strings.Contains(text, "Ctrl-C stops after those under way") || strings.Contains(text, "press q") {
			t.Errorf("%s in a terminal that is too small: %s", name, text)
		}
	}
}

func TestATerminalThatIsTooSmallIsLeftLikeAnyScreen(t *testing.T) {
	m := reviewingRoot(t, look{width: 30, height: 10, utf8: true}, Options{})
	shows(t, m, "press q")
	if !quits(m, "q") || m.interrupted || exitCode(m.summary(false)) != plan.ExitDone {
		t.Errorf("interrupted %t, %+v", m.interrupted, m.summary(false))
	}
}

// fromMenu is a set-up that was begun from the menu, and has begun to look.
func fromMenu(t *testing.T, keep func(plan.Given, map[string]string, *plan.Summary) bool) *root {
	m := newTestRoot(t, plainLook, Options{Menu: true})
	press(m, "enter")
	_, cmd := m.Update(begunMsg{start: &Start{Keep: keep}})
	deliver(m, cmd)
	return m
}

// idle says that the newest operation has ended, whose command nobody ran.
func idle(m *root) {
	m.engine.idle = make(chan struct{})
	close(m.engine.idle)
}

func TestEscGoesBackToTheMenuFromWhichTheRunWasBegun(t *testing.T) {
	t.Parallel()
	m := fromMenu(t, nil)
	shows(t, m, "esc back")
	if press(m, "esc"); m.run != nil || len(m.stack) != 1 {
		t.Fatalf("it is not the menu:\n%s", m.View())
	}
	m = fromMenu(t, nil)
	follow(t, m, openingOf(team()))
	m.run.flow.Env.Dir = t.TempDir()
	shown(m, proposed(), seen(m))
	press(m, "esc")
	shows(t, m, "Leave without changing anything?", "Go back")
	press(m, "enter") // stays
	shows(t, m, "1 Account")
	idle(m)
	press(m, "esc", "down", "enter")
	if m.run != nil || len(m.stack) != 1 || quits(m, "down") {
		t.Fatalf("it is not the menu:\n%s", m.View())
	}
	if s := m.summary(false); s != nil || closed(m, s) != "Nothing was changed.\n" {
		t.Errorf("%+v\n%s", s, closed(m, s))
	}
}

// What a run has made before it was left for the menu is told at the end, and counts.
func TestWhatWasMadeBeforeTheMenuIsNotForgotten(t *testing.T) {
	t.Parallel()
	m := fromMenu(t, nil)
	follow(t, m, openingOf(team()))
	m.run.flow.Env.Dir = t.TempDir()
	shown(m, proposed(), seen(m))
	m.run.apply(0)
	m.Update(madeMsg{summary: &plan.Summary{Applied: 2, Failed: 1, Outcome: theTeams(), Ended: true}, review: plan.Review{Looked: fresh{}}, outline: seen(m)})
	idle(m)
	press(m, "esc")
	if m.run != nil || len(m.visits) != 1 || m.visits[0].Mode != SetUp || m.visits[0].Summary.ExitCode(false) != plan.ExitFailed {
		t.Fatalf("%+v\n%s", m.visits, m.View())
	}
	press(m, "esc")
	shows(t, m, "Leave stateroom?", "2 changes made, 1 failed")
	text := closed(m, m.summary(false))
	if !strings.Contains(text, "2 changes made, 1 failed") || strings.Contains(text, "Nothing was changed.") {
		t.Errorf("closing words:\n%s", text)
	}
}

func TestEscGoesFromALookToTheQuestionsBeforeIt(t *testing.T) {
	t.Parallel()
	m := opened(t, plainLook, Troubleshoot, Options{})
	answerWith(m, engine.Opened{Questions: ways()}, nil)
	press(m, "enter") // opening
	op := m.engine.op
	if press(m, "esc"); m.run.phase != asking || m.engine.op == op {
		t.Fatalf("phase %d", m.run.phase)
	}
	press(m, "enter")
	answerWith(m, engine.Opened{Flow: fakeFlow(t, healthy())}, nil)
	if press(m, "esc"); m.run.phase != asking || m.run.asked.given.Asked("way") {
		t.Fatalf("phase %d, given %v", m.run.phase, m.run.asked.given)
	}
	press(m, "esc") // there is no review to go back to
	shows(t, m, "Leave stateroom?")

	// From the review the questions are only looked at again.
	m = opened(t, plainLook, Troubleshoot, Options{})
	answerWith(m, engine.Opened{Questions: ways()}, nil)
	press(m, "enter")
	f := fakeFlow(t, ill())
	answerWith(m, engine.Opened{Flow: f}, nil)
	m.Update(reviewedMsg{flow: f, review: ill()})
	press(m, "e", "esc")
	if m.run.phase != reviewing || !m.run.asked.given.Asked("way") {
		t.Errorf("phase %d, given %v", m.run.phase, m.run.asked.given)
	}
}

// What was given and typed is kept when the program ends and when the run is left for the
// menu, but for what is not to be shown.
func TestWhatWasAnsweredAndTypedIsHandedOnWhenTheRunIsLeft(t *testing.T) {
	t.Parallel()
	type handed struct {
		given plan.Given
		typed map[string]string
		sum   *plan.Summary
	}
	var got []handed
	keep := func(given plan.Given, typed map[string]string, s *plan.Summary) bool {
		got = append(got, handed{given, typed, s})
		return true
	}
	for _, toMenu := range []bool{false, true} {
		m := fromMenu(t, keep)
		m.run.asked.given["before"] = secret.New("answered")
		answerWith(m, engine.Opened{Questions: handoverQuestions()}, nil)
		press(m, "ctrl+u", "my.age", "tab", "hush")
		if toMenu {
			press(m, "esc")
			if err := m.engine.closeLeft(); err != nil {
				t.Fatal(err)
			}
		} else if !m.keep(&plan.Summary{Left: true}) {
			t.Error("it does not tell that they are kept")
		}
		last := got[len(got)-1]
		if last.given.Text("before") != "answered" || !maps.Equal(last.typed, map[string]string{"handover": "my.age"}) || toMenu != (last.sum == nil) {
			t.Errorf("to the menu %t: %v, typed %v, %+v", toMenu, last.given, last.typed, last.sum)
		}
	}
}

func TestWhyKeptAnswersAreNotUsedIsToldOnTheFirstScreen(t *testing.T) {
	t.Parallel()
	const notice = "The answers of 14:03 were not used: stateroom.hcl has changed since then."
	m := newTestRoot(t, plainLook, Options{})
	m.Update(begunMsg{start: &Start{Notice: notice}})
	follow(t, m, newOperator())
	shows(t, m, notice)
	m = newTestRoot(t, plainLook, Options{})
	m.Update(begunMsg{start: &Start{Notice: notice}})
	follow(t, m, openingOf(team()))
	m.run.flow.Env.Dir = t.TempDir()
	shown(m, proposed(), seen(m))
	shows(t, m, notice)
}

// TestACommandToRunAgainNamesItsUser: without a user neither command runs.
func TestACommandToRunAgainNamesItsUser(t *testing.T) {
	for _, c := range []struct {
		mode  *Mode
		about plan.Outcome
		want  string
	}{
		{Offboard, plan.Departure{User: "carol"}, "stateroom offboard carol"},
		{Handover, plan.Delivery{User: "bob"}, "stateroom handover bob"},
		{Handover, nil, "stateroom handover USER"},
		{SetUp, plan.SetUp{}, "stateroom setup"},
	} {
		if got := c.mode.Command(c.about); got != c.want {
			t.Errorf("it is %q, want %q", got, c.want)
		}
	}
}
