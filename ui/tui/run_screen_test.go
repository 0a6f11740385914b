package tui

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

func TestMenuOffersWhatCanBeOpenedAndARehearsalOfEach(t *testing.T) {
	m := newTestRoot(t, plainLook, menuOptions())
	shows(t, m, "Set up", "Onboard", "Troubleshoot", "Hand over", "Offboard", "Sign in", "Practice in the sandbox", "Quit", "p practice")
	press(m, "down", "down", "enter")
	if m.request != (Request{Mode: Troubleshoot}) || m.run == nil {
		t.Errorf("began %+v", m.request)
	}
	m = newTestRoot(t, plainLook, menuOptions())
	press(m, "end", "up", "enter", "down", "enter")
	if m.request != (Request{Mode: Onboard, Sandbox: true}) {
		t.Errorf("began %+v", m.request)
	}
	shows(t, m, "SANDBOX")
	m = newTestRoot(t, plainLook, Options{Menu: true})
	press(m, "down", "enter")
	if m.request != (Request{Mode: SetUp, Sandbox: true}) || m.run == nil {
		t.Errorf("with setup alone, practicing begins with %+v", m.request)
	}
}

func TestFromTheFirstChoiceUpIsTheLastAndBack(t *testing.T) {
	m := newTestRoot(t, plainLook, menuOptions())
	press(m, "up", "up", "enter")
	shows(t, m, "What do you want to practice?")
	m = newTestRoot(t, plainLook, menuOptions())
	press(m, "end", "down", "enter")
	if m.request != (Request{Mode: SetUp}) {
		t.Errorf("began %+v", m.request)
	}
}

func TestPractisingTroubleshootingBeginsWithTheFault(t *testing.T) {
	m := newTestRoot(t, plainLook, menuOptions())
	press(m, "p", "down", "down", "enter", "esc")
	shows(t, m, "What do you want to practice?")
	press(m, "enter", "end", "enter", "/", "left behind", "enter", "enter")
	if m.request != (Request{Mode: Troubleshoot, Sandbox: true, Fault: "lock-held"}) {
		t.Errorf("began %+v", m.request)
	}
	m = newTestRoot(t, plainLook, Options{Modes: []*Mode{Troubleshoot}, Sandbox: true, Course: someCourse()})
	press(m, "end", "up", "enter")
	if m.request.Fault == "" || m.request.Fault == "surprise me" || strings.Contains(m.View(), m.request.Fault) {
		t.Errorf("surprised by %+v:\n%s", m.request, m.View())
	}
	m = newTestRoot(t, plainLook, Options{Modes: []*Mode{Troubleshoot}, Sandbox: true})
	if m.run == nil {
		t.Error("without faults to choose from it does not begin at once")
	}
}

func TestPagesOfQuestionsFollowAndGoingBackLosesNothing(t *testing.T) {
	m := opened(t, plainLook, Troubleshoot, Options{})
	answerWith(m, engine.Opened{Questions: ways()}, nil)
	press(m, "down", "enter")
	if got := m.run.asked.given.Text("way"); m.run.phase != opening || !strings.HasPrefix(got, "Paste") {
		t.Fatalf("phase %d, answered %q", m.run.phase, got)
	}
	answerWith(m, engine.Opened{Questions: pasteQuestion()}, nil)
	deliver(m, m.key(pasted("Error: x\rmore")))
	press(m, "esc")
	if shows(t, m, "What do you want to begin with?"); m.run.asked.given.Asked("way") {
		t.Error("going back keeps the answer that is asked for again")
	}
	press(m, "enter")
	answerWith(m, engine.Opened{Questions: pasteQuestion()}, nil)
	shows(t, m, "Error: x", "more")
	press(m, "enter")
	if got := m.run.asked.given.Text("error"); got != "Error: x\nmore" {
		t.Errorf("pasted %q", got)
	}
}

func TestEmptyPasteStaysWithTheReason(t *testing.T) {
	m := screens["run-not-pasted"](t, plainLook)
	shows(t, m, "this answer is required")
	if m.run.phase != asking {
		t.Errorf("phase %d", m.run.phase)
	}
}

func TestProblemIsShownAtItsQuestionAndASecretIsTypedAnew(t *testing.T) {
	m := screens["run-refused"](t, plainLook)
	shows(t, m, "This passphrase does not open", "nothing typed yet")
	if press(m, "right"); m.run.phase != asking {
		t.Errorf("phase %d", m.run.phase)
	}
	if press(m, "right one", "enter"); m.run.asked.given.Text("passphrase") != "right one" || m.run.phase != opening {
		t.Errorf("phase %d, %q", m.run.phase, m.run.asked.given.Text("passphrase"))
	}
}

func TestWhatCannotBeginSaysWhyAndIsTriedAgain(t *testing.T) {
	m := screens["run-failed"](t, plainLook)
	shows(t, m, "There is no stateroom.hcl", "r try again")
	if press(m, "enter"); m.run.phase != opening || m.run.err != nil {
		t.Errorf("phase %d, %v", m.run.phase, m.run.err)
	}
	m = newTestRoot(t, plainLook, Options{Modes: []*Mode{Login}})
	m.Update(begunMsg{err: errors.New("no such profile")})
	shows(t, m, "no such profile")
	if s := m.summary(false); s != nil {
		t.Errorf("summary %+v", s)
	}
}

func TestChecksAppearAsTheyEnd(t *testing.T) {
	m := looking(t, plainLook, Options{})
	shows(t, m, "key state", "KeyState: Disabled", "common-production 1 failed, 1 passed", "nothing is changed before you say so")
	if press(m, "a", "x", "enter"); m.run.phase != inspecting {
		t.Errorf("phase %d", m.run.phase)
	}
}

func TestNewestCheckStaysInSightUntilScrolled(t *testing.T) {
	m := looking(t, look{width: 80, height: 24, utf8: true}, Options{})
	checks := manyChecks(100, 1)
	for i := range checks {
		tell(m, plan.Event{Kind: plan.EventCheck, Check: &checks[i]})
	}
	m.run.refresh()
	shows(t, m, "check 99")
	press(m, "up", "up", "up", "up")
	tell(m, plan.Event{Kind: plan.EventCheck, Check: &checks[0]})
	m.run.refresh()
	if strings.Contains(m.View(), "check 99") {
		t.Error("what was scrolled to is scrolled away")
	}
}

func TestFindingsStandCausesFirstEachWithWhatMendsIt(t *testing.T) {
	tall := plainLook
	tall.height += 6 // all of it in sight
	m := lookedAt(t, tall, Troubleshoot, Options{}, ill())
	shows(t, m, "3 things are wrong", "3 failed, 1 undecided, 4 passed", "1 finding needs fixing by hand", "2 changes to make", "your confirmation")
	frame := m.View()
	at := -1
	for _, text := range []string{
		"kms-disabled", "Terraform said", "Enable the state encryption key", "lock-held in common-production",
		"Release the lock", "assume-role-denied", "Send the report", "What changes", "Write backend.tf", "lock.pitr-off",
	} {
		i := strings.Index(frame, text)
		if i < at || i < 0 {
			t.Errorf("%q stands at %d, after %d:\n%s", text, i, at, frame)
		}
		at = i
	}
}

func TestTypedConsentTakesTheWholeName(t *testing.T) {
	m := screens["run-consent"](t, plainLook)
	shows(t, m, "Whoever still runs Terraform there", someLock)
	if press(m, "enter"); len(m.run.review.NotOurs) != 1 {
		t.Fatal("half a name was taken")
	}
	if press(m, strings.TrimPrefix(someLock, "7f6c9a1e"), "enter"); len(m.run.review.Changes) != 3 || len(m.run.review.NotOurs) != 0 {
		t.Errorf("%d changes, %d foreign", len(m.run.review.Changes), len(m.run.review.NotOurs))
	}
	shows(t, m, "Agreed: "+someLock)
}

func TestConsentCanBeRefused(t *testing.T) {
	m := screens["run-consent"](t, plainLook)
	if press(m, "esc"); len(m.run.review.NotOurs) != 1 || len(m.stack) != 1 {
		t.Errorf("%d foreign, %d screens", len(m.run.review.NotOurs), len(m.stack))
	}
}

// What mends by a word that is typed is asked for it: nobody has to know another key.
func TestMendingByATypedWordOpensThatQuestion(t *testing.T) {
	r := ill()
	r.Changes, r.NotOurs[0].Word, r.NotOurs[0].Agreeing = nil, "common-production", "release"
	m := lookedAt(t, plainLook, Troubleshoot, Options{}, r)
	press(m, "enter")
	shows(t, m, "To confirm, type its name:", "common-production")
	press(m, someLock)
	press(m, "enter")
	shows(t, m, "this does not match common-production yet")
	press(m, "ctrl+u")
	press(m, "common-production")
	press(m, "enter")
	if shows(t, m, "Agreed: common-production"); !slices.Contains(m.run.flow.Answers.Adopt, someLock) {
		t.Errorf("agreed to %v", m.run.flow.Answers.Adopt)
	}
}

func TestOnlyForeignChangesAreNotConfirmed(t *testing.T) {
	r := ill()
	r.Changes, r.NotOurs[0].ConfirmByName = nil, false
	m := lookedAt(t, plainLook, Troubleshoot, Options{}, r)
	press(m, "enter")
	if shows(t, m, "needs its own confirmation", "x adopt"); len(m.stack) != 1 {
		t.Error("it asks whether to apply nothing")
	}
	if press(m, "x"); len(m.run.flow.Answers.Adopt) != 1 {
		t.Errorf("the next key that is named agrees to %v", m.run.flow.Answers.Adopt)
	}
}

func TestLeftOutChangeIsNotMade(t *testing.T) {
	m := lookedAt(t, plainLook, Troubleshoot, Options{}, ill())
	press(m, "down", "x")
	shows(t, m, "Left out with it, since they need it: Write backend.tf of common-staging")
	press(m, "x", "enter")
	shows(t, m, "Apply 2 changes")
	press(m, "enter", "end", "up", "up", "up")
	if m.run.phase != reviewing {
		t.Error("enter twice has begun to apply")
	}
}

func TestBlockedReviewCannotBeApplied(t *testing.T) {
	r := ill()
	r.Findings[1].Blocks = true
	m := lookedAt(t, plainLook, Troubleshoot, Options{}, r)
	press(m, "a")
	if shows(t, m, "Nothing can be changed yet"); len(m.stack) != 1 {
		t.Error("it asks all the same")
	}
}

func TestApplyingFailsVisiblyAndIsStoppedByCtrlC(t *testing.T) {
	m := mending(t, plainLook)
	shows(t, m, "1 of 2 changes, 1 failed", "AccessDenied (request 4711)")
	if cmd := m.key(keyNamed("ctrl+c")); cmd != nil {
		t.Error("the first one leaves the program")
	}
	shows(t, m, "Stopping:")
	if cmd := m.key(keyNamed("ctrl+z")); cmd != nil {
		t.Error("suspended while changes are made")
	}
	m.Update(madeMsg{review: ill(), summary: &plan.Summary{Applied: 1, Failed: 1, Stopped: true}})
	shows(t, m, "Interrupted: what is done stays")
}

func TestChangesAreLookedAtAgain(t *testing.T) {
	m := mending(t, plainLook)
	c := m.run.review.Changes
	tell(m, plan.Event{Kind: plan.EventApplied, Change: &c[1]})
	check := ill().Checks[2]
	tell(m, plan.Event{Kind: plan.EventCheck, Check: &check})
	m.run.refresh()
	shows(t, m, "Looking again: 1 failed")
}

func TestResultTellsWhatWasMendedWhatRemainsAndWhatIsNext(t *testing.T) {
	m := mendedRoot(t, plainLook)
	shows(t, m, "2 things are still wrong", "2 changes made, 0 failed", "✓ fixed Enable the state encryption key", "Before: The state encryption key", "lock-held", "run terraform plan in live/staging")
	if s := m.engine.made; s == nil || s.Applied != 2 {
		t.Errorf("summed up %+v", s)
	}
}

// TestWhatIsFixedSaysWhatIsSoNow, below what was done, with its id where it is opened.
func TestWhatIsFixedSaysWhatIsSoNow(t *testing.T) {
	m := mendedRoot(t, plainLook)
	m.run.list.find(func(it item) bool { _, is := it.(*mendedItem); return is })
	press(m, " ")
	shows(t, m, "Now key state: KeyState: Enabled", "Finding kms-disabled")
	if item := m.run.review.mended[0]; len(m.run.review.mended) != 1 || item.by[0] != "Enable the state encryption key" {
		t.Errorf("%+v", m.run.review.mended)
	}
	press(m, "r")
	shows(t, m, "Before: The state encryption key", "KMS.DisabledException")
}

// TestWhatCannotBeDownloadedIsTriedAgain: the key does not promise that it works now.
func TestWhatCannotBeDownloadedIsTriedAgain(t *testing.T) {
	o := plan.Aboard{User: "bob", Own: true, Places: []plan.Place{{Environment: "staging", Reach: plan.Entered}}}
	run := plan.Change{ID: "init", Step: 8, Action: plan.RunCommand, Title: "Initialize project common-staging"}
	for why, word := range map[plan.WhyNot]string{plan.ProofNoProviders: "try again", plan.ProofFailed: "apply"} {
		m := resulting(t, plainLook, Onboard, coming(), plan.Review{Outcome: o, Proof: plan.Unproved(why), Changes: []plan.Change{run}})
		shows(t, m, "enter "+word)
		if waits := strings.Contains(m.View(), "Waiting for Terraform's providers"); waits != (word == "try again") {
			t.Errorf("%s: it says what it waits for: %t", why, waits)
		}
	}
}

func TestHealthyIsSaidFirstAndEnterLeaves(t *testing.T) {
	m := lookedAt(t, plainLook, Troubleshoot, Options{}, healthy())
	shows(t, m, "Nothing is wrong: all 2 checks passed.", "run terraform plan")
	cmd := m.key(keyNamed("enter"))
	if cmd == nil {
		t.Fatal("enter stays")
	}
	if s := m.summary(false); s == nil || s.ExitCode(false) != plan.ExitDone || s.Then == "" {
		t.Errorf("summary %+v", s)
	}
}

func TestWhatIsMendedByHandIsLookedAtAgain(t *testing.T) {
	m := lookedAt(t, plainLook, Onboard, Options{}, aboard())
	op := m.engine.op
	if press(m, "enter"); m.run.phase != inspecting || m.engine.op == op {
		t.Errorf("phase %d", m.run.phase)
	}
}

func TestLeavingACheckupTellsWhatThatMeans(t *testing.T) {
	for _, c := range []struct {
		name  string
		bring func() *root
		code  int
	}{
		{"before it looked", func() *root { return opened(t, plainLook, Troubleshoot, Options{}) }, -1},
		{"while it looks", func() *root { return looking(t, plainLook, Options{}) }, -1},
		{"healthy", func() *root { return lookedAt(t, plainLook, Troubleshoot, Options{}, healthy()) }, plan.ExitDone},
		{"findings by hand", func() *root { return lookedAt(t, plainLook, Onboard, Options{}, aboard()) }, plan.ExitFindings},
		{"a plan", func() *root { return lookedAt(t, plainLook, Troubleshoot, Options{}, ill()) }, plan.ExitDone},
		{"a dry run", func() *root { return lookedAt(t, plainLook, Troubleshoot, Options{DryRun: true}, ill()) }, plan.ExitFindings},
		{"with something left", func() *root { return mendedRoot(t, plainLook) }, plan.ExitFindings},
	} {
		s := c.bring().summary(false)
		if code := exitCode(s); code != c.code {
			t.Errorf("leaving %s: %d, want %d (%+v)", c.name, code, c.code, s)
		}
	}
}

func TestStaleAnswersOfAFlowAreDropped(t *testing.T) {
	m := looking(t, plainLook, Options{})
	old := m.engine.op
	m.engine.op++
	checks := len(m.run.review.checks.all)
	check := ill().Checks[0]
	m.Update(answer{old, reviewedMsg{err: errors.New("stale")}})
	m.Update(answer{old, openedMsg{err: errors.New("stale")}})
	m.Update(answer{old, plan.Event{Kind: plan.EventCheck, Check: &check}})
	if m.run.err != nil || m.run.phase != inspecting || len(m.run.review.checks.all) != checks {
		t.Errorf("phase %d, %v", m.run.phase, m.run.err)
	}
}

// downTo moves the cursor down to the line of a subject.
func downTo(m *root, subject string) {
	for range 100 {
		if l, ok := m.run.list.under().(*line); ok && l.subject == subject {
			return
		}
		press(m, "down")
	}
}

// TestTableScrollsBothWaysAndMarksWhatIsHidden begins with the last columns, which rest
// on those before them.
func TestTableScrollsBothWaysAndMarksWhatIsHidden(t *testing.T) {
	narrow := look{width: 60, height: 24, utf8: true}
	m := lookedAt(t, narrow, Onboard, Options{}, aboard())
	shows(t, m, "Environments", "production ✗ failed · ·", "Send the report to alice")
	downTo(m, "common-production")
	shows(t, m, "Projects ← 2 more to the left", "terraform", "? unknown")
	press(m, "left", "left", "left")
	shows(t, m, "Projects 2 more to the right →", "initialized")
	press(m, "right")
	shows(t, m, "Projects ← 1, 1 → more columns")
	press(m, "right", "right", "right", "left")
	shows(t, m, "Projects ← 1, 1 → more columns")
	press(m, "space")
	shows(t, m, "state readable")
}

// TestTheTableOfOnboardingShowsTheProofAtEightyColumns holds that all that is asked of a
// project is in sight, the plan above all.
func TestTheTableOfOnboardingShowsTheProofAtEightyColumns(t *testing.T) {
	m := lookedAt(t, look{width: 80, height: 24, utf8: true}, Onboard, Options{}, aboard())
	downTo(m, "common-production")
	shows(t, m, "terraform", "match initialized readable usable works plan", "common-staging ✓ ok ✓ ok ✓ ok ✓ ok ✓ ok ✓ ok")
}

func TestFindingOfATableStandsBelowItsSubjectOnly(t *testing.T) {
	m := lookedAt(t, look{width: 200, height: 60, utf8: true}, Onboard, Options{}, aboard())
	frame := m.View()
	if strings.Count(frame, "assume-role-denied") != 1 || strings.Index(frame, "assume-role-denied") < strings.Index(frame, "production") {
		t.Errorf("\n%s", frame)
	}
}

func TestReportOpensAndIsSavedOnce(t *testing.T) {
	m := screens["run-report"](t, plainLook)
	shows(t, m, "Report: assume-role-denied in production", "The role's trust policy lacks this statement")
	t.Chdir(t.TempDir())
	press(m, "s")
	shows(t, m, "Save the report of assume-role-denied")
	press(m, "enter")
	shows(t, m, "Saved to")
	text, err := os.ReadFile("stateroom-assume-role-denied.txt")
	if err != nil || strings.TrimSpace(string(text)) != strings.TrimSpace(someReport) {
		t.Errorf("%v: %q", err, text)
	}
	press(m, "s", "enter")
	shows(t, m, "is there already: choose another name")
}

func TestReviewIsSavedAsThePlainLinesTellIt(t *testing.T) {
	m := lookedAt(t, plainLook, Troubleshoot, Options{}, ill())
	t.Chdir(t.TempDir())
	press(m, "s", "enter", "enter")
	text, err := os.ReadFile("stateroom-plan.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"FAIL key state", "kms-disabled", "Enable the state encryption key"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
	if info, err := os.Stat(filepath.Join(".", "stateroom-plan.txt")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestDryRunOfAFlowNeverApplies(t *testing.T) {
	m := lookedAt(t, plainLook, Troubleshoot, Options{DryRun: true}, ill())
	shows(t, m, "DRY RUN")
	press(m, "enter")
	shows(t, m, "Save as JSON")
	if m.engine.made == nil || !m.engine.made.DryRun || m.run.phase == applying {
		t.Errorf("made %+v", m.engine.made)
	}
}

func TestEnrolmentGivesTwoDifferentCodes(t *testing.T) {
	m := enrolling(t, plainLook, "")
	reply := m.top().(*enrolment).ask.reply
	press(m, "123456", "enter", "123456", "enter")
	shows(t, m, "wait until the app shows the next one")
	press(m, "backspace", "7", "enter")
	select {
	case codes := <-reply:
		if len(codes) != 2 || codes[0] != "123456" || codes[1] != "123457" {
			t.Errorf("codes %v", codes)
		}
	default:
		t.Error("nobody is told")
	}
	m = enrolling(t, plainLook, "")
	reply = m.top().(*enrolment).ask.reply
	press(m, "esc")
	if codes := <-reply; codes != nil || len(m.stack) != 1 {
		t.Errorf("refused with %v, %d screens", codes, len(m.stack))
	}
}

func TestEnrolmentSaysHowLargeThePictureIsWhereItDoesNotFit(t *testing.T) {
	m := enrolling(t, look{width: 60, height: 18, utf8: true}, "")
	shows(t, m, "make the terminal 77 by 24", "QVRZ 4K7M")
	if m = enrolling(t, look{width: 80, height: 24, utf8: true}, ""); !strings.Contains(m.View(), "▀▀▀▀▀") {
		t.Errorf("no picture at 80 by 24:\n%s", m.View())
	}
	shows(t, enrolling(t, look{width: 80, height: 24}, ""), "Type this seed")
}

// TestTheConfirmationKeepsItsChoicesInSight at the smallest size, and says all of what is
// at stake where there is room.
func TestTheConfirmationKeepsItsChoicesInSight(t *testing.T) {
	r := proposed()
	r.Actor = plan.Actor{Account: "111111111111", Name: "acme-admin", Identity: "user/operator"}
	r.Changes[0].ConfirmByName = true
	for _, l := range []look{{width: 60, height: 18, utf8: true}, {width: 80, height: 24, utf8: true}, {width: 200, height: 60, utf8: true}} {
		m := begun(t, l, Options{})
		shown(m, r, seen(m))
		press(m, "4", "a")
		shows(t, m, "Make these changes?", "111111111111 (acme-admin)", "user/operator", "Not yet", "Apply 6 changes", "Only step 4, 1 change")
		if l.height > 18 {
			shows(t, m, "4 to add, 1 to change, 0 to destroy. 1 command to run.", "about 1 USD a month", "Create the user alice", "1 not confirmed", "alice becomes a user")
		}
	}
}
