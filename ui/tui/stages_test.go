package tui

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
)

// shows fails the test unless the frame holds every text.
func shows(t *testing.T, m *root, texts ...string) {
	t.Helper()
	frame := m.View()
	flat := strings.Join(strings.Fields(frame), " ")
	for _, text := range texts {
		if !strings.Contains(flat, text) {
			t.Errorf("the screen does not show %q:\n%s", text, frame)
		}
	}
}

func TestNewOperatorIsLedThroughAllQuestionsAndBackLosesNothing(t *testing.T) {
	o := newOperator()
	m := asked(t, plainLook, o)
	shows(t, m, "111111111111", "Environments")
	press(m, "enter", "ctrl+l", "space", "enter", "enter")
	follow(t, m, o)
	if m.run.current != 2 || m.run.phase != asking {
		t.Fatalf("at step %d, phase %d", m.run.current, m.run.phase)
	}
	press(m, "alice, ")
	press(m, "esc", "enter", "enter")
	follow(t, m, o)
	shows(t, m, "alice,")
	for range 20 {
		if press(m, "enter"); m.run.phase == opening {
			follow(t, m, o)
		}
	}
	if m.run.phase != inspecting {
		t.Fatalf("phase %d", m.run.phase)
	}
	a := m.run.flow.Answers
	if len(a.Missing()) > 0 || len(a.Environments) != 2 || a.Environments[0].Name != "team-0002" || a.AllUsers()[0] != "alice" {
		t.Errorf("answers %+v, missing %v", a.Blueprint, a.Missing())
	}
}

func TestReturningOperatorJumpsToWhatDiffers(t *testing.T) {
	m := begun(t, plainLook, Options{})
	out := seen(m)
	out.Begun = true
	shown(m, proposed(), out)
	if m.run.current != 2 {
		t.Errorf("at step %d", m.run.current)
	}
}

func TestStaleAnswersAreDropped(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	old := m.engine.op
	m.run.look()
	m.Update(answer{old, reviewedMsg{err: errors.New("stale")}})
	m.Update(answer{old, plan.Event{Kind: plan.EventInspected, Step: 4, Err: errors.New("stale")}})
	m.Update(answer{old, plan.Event{Kind: plan.EventProgress, Text: "stale", Done: 1, Of: 2}})
	if m.run.phase != inspecting || m.run.looking[4].err != nil || m.run.counting != "" {
		t.Errorf("phase %d, %+v, %q", m.run.phase, m.run.looking[4], m.run.counting)
	}
}

func TestLeavingOutNamesWhatGoesWithIt(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	press(m, "4", "x")
	shows(t, m, "Left out with it, since they need it: Keep every version of the state; Write backend.tf of project common-production; Initialize project common-production")
	if len(m.run.review.kept()) != 2 {
		t.Errorf("kept %d", len(m.run.review.kept()))
	}
	press(m, "5", "x")
	shows(t, m, followsText)
	if strings.Contains(m.View(), "x leave out") {
		t.Errorf("the footer offers to leave out what is left out:\n%s", m.View())
	}
	press(m, "4", "x")
	if len(m.run.review.kept()) != 6 {
		t.Errorf("kept %d after including it again", len(m.run.review.kept()))
	}
}

// TestAKeyThatHasNothingToDoSaysWhy presses the keys of a change where they lead nowhere:
// none of them is passed over in silence.
func TestAKeyThatHasNothingToDoSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		keys []string
		says string
	}{
		"no questions":         {[]string{"9", "e"}, "Nothing to edit here"},
		"nothing undone":       {[]string{"4", "u"}, "nothing to undo"},
		"no change":            {[]string{"1", "c"}, "c shows the AWS calls of a change: select one first."},
		"a file without calls": {[]string{"7", "c"}, "This change makes no AWS calls."},
		"calls without a file": {[]string{"4", "d"}, "This change edits no file."},
	} {
		t.Run(name, func(t *testing.T) {
			m := reviewingRoot(t, plainLook, Options{})
			press(m, c.keys...)
			shows(t, m, c.says)
			press(m, "down")
			if strings.Contains(m.View(), c.says) {
				t.Error("the next key is answered by what was said of this one")
			}
		})
	}
}

func TestApplyOnlyOneStepTakesWhatItNeeds(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	press(m, "5", "a", "down", "down", "enter")
	if m.run.phase != applying || m.run.progress.total != 2 {
		t.Fatalf("phase %d, %d changes", m.run.phase, m.run.progress.total)
	}
}

func TestConfirmBeginsWithNotYet(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	press(m, "9", "enter", "enter")
	if m.run.phase != reviewing {
		t.Errorf("enter twice has begun to apply")
	}
}

func TestBlockedPlanCannotBeApplied(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	m.run.review.Findings = append(m.run.review.Findings, plan.Finding{ID: "x", Step: 1, Severity: plan.Failure, Blocks: true})
	press(m, "a")
	shows(t, m, "Nothing can be changed yet")
}

func TestDryRunNeverApplies(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{DryRun: true})
	press(m, "9", "enter")
	shows(t, m, "Save as a shell script")
	if m.engine.made == nil || !m.engine.made.DryRun || m.run.phase == applying {
		t.Errorf("made %+v", m.engine.made)
	}
}

func exitCode(s *plan.Summary) int {
	if s == nil {
		return -1
	}
	return s.ExitCode(false)
}

func TestCtrlCStopsFirstAndCancelsThen(t *testing.T) {
	m := applyingRoot(t, plainLook)
	if cmd := m.key(keyNamed("ctrl+c")); cmd != nil {
		t.Error("the first one leaves the program")
	}
	shows(t, m, "Stopping:")
	select {
	case <-m.engine.stop:
	default:
		t.Error("the engine was not told")
	}
	cancelled := false
	cancel := m.engine.cancel
	m.engine.cancel = func() { cancelled = true; cancel() }
	if press(m, "ctrl+c"); !cancelled {
		t.Error("the second one does not cancel")
	}
}

func TestCtrlCLeavesAtOnceWhenNothingIsUnderWay(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	cmd := m.key(keyNamed("ctrl+c"))
	if _, ok := cmd().(tea.QuitMsg); !ok || !m.interrupted {
		t.Error("it stays")
	}
	if s := m.engine.summary(m.interrupted); s == nil || s.ExitCode(false) != plan.ExitInterrupted {
		t.Errorf("summary %+v", s)
	}
}

// TestAnInterruptBeforeAnythingIsBegunIsOne presses Ctrl-C at the menu and while a run
// opens; who leaves the menu by its own key was not interrupted.
func TestAnInterruptBeforeAnythingIsBegunIsOne(t *testing.T) {
	menu, opening := newTestRoot(t, plainLook, menuOptions()), newTestRoot(t, plainLook, Options{})
	for _, m := range []*root{menu, opening} {
		press(m, "ctrl+c")
		if s := m.summary(false); s == nil || s.ExitCode(false) != plan.ExitInterrupted {
			t.Errorf("summary %+v", s)
		}
	}
	left := newTestRoot(t, plainLook, menuOptions())
	press(left, "q")
	if s := left.summary(false); s != nil {
		t.Errorf("left by q: %+v", s)
	}
}

func TestHotKeysAreLettersWhileTyping(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	press(m, "4", "e", "ctrl+u")
	for _, letter := range []string{"a", "q", "x", "1", "s"} {
		press(m, letter)
	}
	if got := m.run.asked.shown().form.Values()["kms_key.alias"]; got != "aqx1s" {
		t.Errorf("typed %q", got)
	}
	press(m, "?")
	if got := m.run.asked.shown().form.Values()["kms_key.alias"]; got != "aqx1s?" || len(m.stack) != 1 {
		t.Errorf("typed %q, %d screens", got, len(m.stack))
	}
}

func TestEditedAnswerIsLookedAtAgain(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	op := m.engine.op
	press(m, "4", "e", "ctrl+u", "alias/other", "enter", "enter")
	follow(t, m, openingOf(team()))
	if m.run.phase != inspecting || m.engine.op == op || m.run.flow.Answers.Key.Alias != "alias/other" {
		t.Errorf("phase %d, alias %s", m.run.phase, m.run.flow.Answers.Key.Alias)
	}
}

func TestBadAnswerIsNotTaken(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	press(m, "4", "e", "ctrl+u", "nonsense", "enter", "enter", "enter")
	if m.run.phase != asking || m.run.asked.given.Asked("kms_key.alias") {
		t.Errorf("phase %d, given %q", m.run.phase, m.run.asked.given.Text("kms_key.alias"))
	}
}

func TestResizeKeepsPlaceAndPhase(t *testing.T) {
	m := applyingRoot(t, plainLook)
	for _, size := range [][2]int{{80, 24}, {10, 3}, {61, 18}, {300, 100}, {120, 36}} {
		m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		_ = m.View()
	}
	shows(t, m, "Making the changes", "2 of 6 changes")
}

func TestFailureIsTheLastScreensFirstWord(t *testing.T) {
	m := screens["failed"](t, plainLook)
	shows(t, m, "What there is now", "The setup for production is not complete", "1 failed", "AccessDenied")
	if title := m.run.title(); title == "Done" {
		t.Error("it says that it is done")
	}
}

func TestSuspendIsRefusedWhileChangesAreMade(t *testing.T) {
	m := applyingRoot(t, plainLook)
	if cmd := m.key(keyNamed("ctrl+z")); cmd != nil {
		t.Error("suspended")
	}
	m = reviewingRoot(t, plainLook, Options{})
	if cmd := m.key(keyNamed("ctrl+z")); cmd == nil {
		t.Error("not suspended")
	}
}

func TestWideCharactersKeepTheColumns(t *testing.T) {
	m := reviewingRoot(t, look{width: 80, height: 24, utf8: true}, Options{})
	m.run.review.Changes[0].Title = strings.Repeat("表", 60)
	press(m, "2")
	shows(t, m, "+ "+strings.Repeat("表", 36)+" "+strings.Repeat("表", 24))
}

func TestBackgroundAnswerChangesTheColours(t *testing.T) {
	m := reviewingRoot(t, look{width: 120, height: 36, utf8: true, colour: true, dark: true}, Options{})
	dark := m.View()
	m.Update(backgroundMsg{dark: false})
	if m.View() == dark {
		t.Error("a light terminal gets the colors of a dark one")
	}
}

// TestTheLastStepIsNotDoneBeforeTheOthers has an application that made what the last
// step writes and was stopped before the rest.
func TestTheLastStepIsNotDoneBeforeTheOthers(t *testing.T) {
	w := reviewingRoot(t, plainLook, Options{}).run
	w.progress = newProgress([]plan.Change{{ID: "blueprint", Step: stepCount}}, nil)
	if state, word := w.state(stepCount); state != stateToChange || word != "not yet" {
		t.Errorf("state %d, %q", state, word)
	}
	w.setReview(plan.Review{Looked: fresh{}, Proof: asAlice()})
	if state, word := w.state(stepCount); state != stateDone || word != "proven" {
		t.Errorf("with nothing left: state %d, %q", state, word)
	}
}

// TestProvenAsTheOperatorAndNotProvenLookDifferent has the three proofs of one set-up:
// the rail, the words and the signs of each are its own, and only one is done.
func TestProvenAsTheOperatorAndNotProvenLookDifferent(t *testing.T) {
	asOperator := asAlice()
	asOperator.State, asOperator.As = plan.ProvenAsOperator, "user/operator"
	frames := map[string]bool{}
	for _, c := range []struct {
		proof plan.Proof
		state stepState
		rail  string
		says  []string
		done  bool
	}{
		{asAlice(), stateDone, "proven", []string{"✓ Alice can run Terraform in production.", "Proven as alice, with Terraform 1.11.4, at 14:03."}, true},
		{asOperator, stateOperator, "as operator", []string{"◐ The setup for production is complete, but no admin has used it yet.", "Proven as the operator only (user/operator)"}, false},
		{plan.Unproved(plan.ProofInterrupted), stateUnproven, "not proven", []string{"◌ The setup for production is complete, but it is not proven.", "Not proven: the run was interrupted."}, false},
	} {
		m := applyingRoot(t, look{width: 120, height: 36, utf8: true})
		s := &plan.Summary{Applied: 6, Outcome: complete(), Proof: c.proof}
		m.Update(madeMsg{summary: s, review: plan.Review{Looked: fresh{}, Outcome: s.Outcome, Proof: c.proof}, outline: seen(m)})
		shows(t, m, append(c.says, "Bob's key waits in handover/bob.age until 6 December.")...)
		for _, n := range []int{stepCount - 1, stepCount} {
			if state, word := m.run.state(n); state != c.state || word != c.rail {
				t.Errorf("%s: step %d is %d, %q", c.rail, n, state, word)
			}
		}
		if done := m.run.title() == "Done"; done != c.done {
			t.Errorf("%s: it says that it is done: %t", c.rail, done)
		}
		var out bytes.Buffer
		closing(&out, m, m.summary(false))
		for _, text := range c.says {
			if _, text, _ = strings.Cut(text, " "); !strings.Contains(strings.ReplaceAll(out.String(), "\n", " "), strings.TrimSuffix(text, ".")) { // lines add the zone
				t.Errorf("the closing words lack %q:\n%s", text, out.String())
			}
		}
		frames[m.View()] = true
	}
	if len(frames) != 3 {
		t.Errorf("%d different frames of 3 proofs", len(frames))
	}
}

// TestNothingIsProvenBeforeAnythingExists has a plan none of whose changes is the
// test's own, as where nobody of the admins sits here.
func TestNothingIsProvenBeforeAnythingExists(t *testing.T) {
	r := proposed()
	r.Changes = slices.DeleteFunc(r.Changes, func(c plan.Change) bool { return c.Step == stepCount-1 })
	m := begun(t, plainLook, Options{})
	shown(m, r, seen(m))
	if state, word := m.run.state(stepCount - 1); state != stateNotYet || word != "not yet" {
		t.Errorf("state %d, %q", state, word)
	}
}

func TestAnARNIsNotBrokenWhereALineOfItsOwnHasRoom(t *testing.T) {
	const arn = "arn:aws:kms:eu-west-1:111111111111:key/384938f3-9fb7-468b-b888-00876dca9635"
	m := begun(t, plainLook, Options{})
	out := seen(m)
	out.Stages[3].Facts = []plan.Fact{{Name: "Key", Value: arn}}
	shown(m, proposed(), out)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	press(m, "4")
	shows(t, m, arn)
}

// TestWhoeverConsentsCanSeeEverybodyWhoGetsIn has more sentences than the dialog
// has room for.
func TestWhoeverConsentsCanSeeEverybodyWhoGetsIn(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	r := proposed()
	for i := range 14 {
		r.Changes[0].Judge(plan.Gives(plan.WidensUser, "somebody", fmt.Sprintf("Person number %d gets in.", i)))
	}
	m.run.setReview(r)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	press(m, "a")
	shows(t, m, "alice becomes a user", "Person number 0 gets in.", "more: choose Read who gets access.", "Read who gets access")
	shown := 0
	for i := range 14 {
		if strings.Contains(m.View(), fmt.Sprintf("Person number %d gets in.", i)) {
			shown++
		}
	}
	shows(t, m, fmt.Sprintf("and %d more", 14-shown))
	press(m, "down", "down", "enter")
	shows(t, m, "alice becomes a user")
	press(m, "pgdown")
	shows(t, m, "Person number 13 gets in.")
}

// TestTheOneSentenceOfWhoGetsInStandsInTheConfirmationAtEightyByTwentyFour keeps a lone
// sentence out of a page of its own, and names the one change that it is about.
func TestTheOneSentenceOfWhoGetsInStandsInTheConfirmationAtEightyByTwentyFour(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	r := proposed()
	r.Changes, r.NotOurs = r.Changes[:1], nil
	r.Changes[0].Judge(plan.Gives(plan.WidensUser, "somebody", "The key may be used again by anyone whom its policy and the account's policies allow."))
	m.run.setReview(r)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	press(m, "a")
	shows(t, m, "This gives access:", "The key may be used again", "policies allow.", "Apply 1 change")
	if strings.Contains(m.View(), "Read who gets access") {
		t.Error("one sentence has a page of its own")
	}
	press(m, "down")
	shows(t, m, r.Changes[0].Title+". Then everything is checked again.")
}

// TestAnAnswerThatCannotBeIsShownWhereItWasGivenAndLeftThere edits the lock into none
// at all, which only both answers together tell.
func TestAnAnswerThatCannotBeIsShownWhereItWasGivenAndLeftThere(t *testing.T) {
	m, o := reviewingRoot(t, plainLook, Options{}), openingOf(team())
	press(m, "6", "e", "right", "enter", "ctrl+u", "enter")
	follow(t, m, o)
	if shows(t, m, "DynamoDB lock table"); m.run.phase != asking || m.run.current != 6 {
		t.Fatalf("phase %d at step %d: %v", m.run.phase, m.run.current, m.run.err)
	}
	press(m, "esc")
	if shows(t, m, "Turn on point-in-time recovery"); len(m.run.asked.given) > 0 {
		t.Errorf("what was left is given: %v", m.run.asked.given)
	}
	press(m, "4", "e", "ctrl+u", "alias/other", "enter", "enter")
	follow(t, m, o)
	if m.run.phase != inspecting || m.run.flow.Answers.Key.Alias != "alias/other" || !m.run.flow.Answers.Lock.UseLockfile {
		t.Errorf("phase %d, %+v", m.run.phase, m.run.flow.Answers.Lock)
	}
}

// TestTheReviewOfANewSetUpBeginsAtItsFirstStep is led through all questions.
func TestTheReviewOfANewSetUpBeginsAtItsFirstStep(t *testing.T) {
	o := newOperator()
	m := asked(t, plainLook, o)
	press(m, "enter", "ctrl+l", "space", "enter", "enter")
	follow(t, m, o)
	press(m, "alice")
	for range 20 {
		if press(m, "enter"); m.run.phase == opening {
			follow(t, m, o)
		}
	}
	if m.run.phase != inspecting || m.run.current != 1 {
		t.Errorf("phase %d at step %d", m.run.phase, m.run.current)
	}
}

func TestNothingIsOfferedThatDoesNothing(t *testing.T) {
	m := finished(t, plainLook)
	press(m, "2")
	for _, k := range m.run.keys() {
		if k.Help().Key == "a" {
			t.Error("a step of a finished setup offers to apply")
		}
	}
}

// In the confirmation y is a yes by itself, while enter begins on not yet.
func TestYesIsOneKeyInTheConfirmationAndEnterTwiceIsNone(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	press(m, "9", "enter", "enter")
	if m.run.phase != reviewing {
		t.Error("enter twice applies")
	}
	press(m, "enter")
	shows(t, m, "y yes, apply")
	if press(m, "y"); m.run.phase != applying || len(m.stack) != 1 {
		t.Errorf("y does not apply: phase %d, %d screens", m.run.phase, len(m.stack))
	}
}
