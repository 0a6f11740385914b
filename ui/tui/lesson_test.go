package tui

import (
	"errors"
	"strings"
	"testing"

	"stateroom/steps/plan"
)

// TestAFaultIsTaughtALittleAtATime: nothing is looked at before that is asked for, and
// hints come one by one.
func TestAFaultIsTaughtALittleAtATime(t *testing.T) {
	m := lessonRoot(t, plainLook)
	shows(t, m, "Goal: terraform plan works again in live/staging.", "Terraform says: api error KMS.DisabledException", "Give me a hint")
	if strings.Contains(m.View(), "Somebody disabled") || strings.Contains(m.View(), "kms-disabled") || m.run.phase == inspecting {
		t.Errorf("the cause is told, or looked for, at once:\n%s", m.View())
	}
	press(m, "down", "enter")
	shows(t, m, "Hint 1 of 3: Nobody's permissions have changed.")
	press(m, "enter", "enter")
	shows(t, m, "Hint 3 of 3: Somebody disabled the state encryption key.")
	if strings.Contains(m.View(), "Give me a hint") {
		t.Error("there is a fourth hint")
	}
	press(m, "down", "enter")
	shows(t, m, "The fix: Enable the key.")
	press(m, "enter")
	if m.run.phase != inspecting || m.top() != screen(m.run) {
		t.Error("the checks do not run")
	}
}

func TestPointsAreForWhatWasFoundWithoutHelp(t *testing.T) {
	for name, c := range map[string]struct {
		keys  []string
		looks []plan.Review
		want  int
	}{
		"alone":                      {[]string{"enter"}, []plan.Review{healthy()}, 3},
		"with the checks":            {[]string{"enter"}, []plan.Review{ill(), healthy()}, 2},
		"with a hint":                {[]string{"down", "enter", "up", "enter"}, []plan.Review{healthy()}, 2},
		"with all hints and checks":  {[]string{"down", "enter", "enter", "enter", "enter"}, []plan.Review{ill(), healthy()}, 1},
		"with the fix":               {[]string{"down", "down", "enter", "enter"}, []plan.Review{healthy()}, 0},
		"and it is booked only once": {[]string{"enter"}, []plan.Review{healthy(), ill(), healthy()}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			m := lessonRoot(t, plainLook)
			press(m, c.keys...)
			for i, r := range c.looks {
				if i > 0 {
					press(m, "l")
				}
				saw(m, r)
			}
			if got, solved := m.course.progress.Points["kms-disabled"]; !solved || got != c.want {
				t.Errorf("%d points of %v:\n%s", got, m.course.progress, m.View())
			}
		})
	}
}

// TestWhatNobodyHereCanFixIsSolvedOnceItIsFound has findings and nothing to change.
func TestWhatNobodyHereCanFixIsSolvedOnceItIsFound(t *testing.T) {
	found := ill()
	found.Changes = nil
	m := lessonRoot(t, plainLook)
	press(m, "enter")
	saw(m, found)
	if _, solved := m.course.progress.Points["kms-disabled"]; solved {
		t.Error("what can be fixed counts as solved while it is broken")
	}
	press(m, "esc", "down", "enter")
	rehearsed(m, fakeFlow(t, found))
	press(m, "enter")
	saw(m, found)
	if got, solved := m.course.progress.Points["lock-held"]; !solved || got != 2 {
		t.Errorf("%v:\n%s", m.course.progress, m.View())
	}
}

// TestOneFaultFollowsTheOther: enter goes on to the next that is not solved, and the
// rehearsal before is cleared away.
func TestOneFaultFollowsTheOther(t *testing.T) {
	m := lessonRoot(t, plainLook)
	closed := 0
	m.engine.start.Close = func(*plan.Summary) error { closed++; return errors.New("it cannot be cleared away") }
	press(m, "enter")
	saw(m, healthy())
	shows(t, m, "Solved: KMS.DisabledException (3 of 3 points). Press enter to go on.")
	press(m, "enter")
	shows(t, m, "2 of 3 solved", "kms-disabled")
	if closed != 1 || m.run != nil || m.engine.start != nil {
		t.Errorf("closed %d times, %v", closed, m.run)
	}
	press(m, "enter")
	if m.request.Fault != "lock-held" || m.run == nil {
		t.Errorf("began %+v", m.request)
	}
	press(m, "esc", "esc")
	shows(t, m, "2 of 3", "5 of 6 points")
}

func TestTheCommandsForAnotherWindowAreCopiedWithoutWhatIsSaidOfThem(t *testing.T) {
	m := lessonRoot(t, plainLook)
	press(m, "down", "down", "down", "enter")
	v, open := m.top().(*viewer)
	if !open || v.clip().text != ". /tmp/stateroom-sandbox-1/terminal.sh\ncd /tmp/stateroom-sandbox-1/live/staging\nterraform plan" {
		t.Errorf("open %t:\n%s", open, m.View())
	}
	press(m, "esc")
	shows(t, m, "Use my own terminal")
}

func TestASurpriseIsNotNamedAndCounts(t *testing.T) {
	m := lessonRoot(t, plainLook)
	press(m, "esc", "esc", "end", "up", "enter")
	rehearsed(m, fakeFlow(t, ill()))
	name := m.request.Fault
	if !m.request.Surprise || name == "" || strings.Contains(m.View(), name) {
		t.Fatalf("%+v:\n%s", m.request, m.View())
	}
	press(m, "enter")
	saw(m, healthy())
	if p := m.course.progress; p.Surprises != 3 || p.Won != 8 || p.Points[name] != 3 {
		t.Errorf("%+v", p)
	}
}

// TestARehearsalThatCannotBeMadeIsTold where its error is, under the lesson.
func TestARehearsalThatCannotBeMadeIsTold(t *testing.T) {
	m := newTestRoot(t, plainLook, Options{Modes: []*Mode{Troubleshoot}, Sandbox: true, Course: someCourse()})
	press(m, "enter", "enter")
	_, cmd := m.Update(begunMsg{err: &plan.Refusal{What: "There is no room.", Remedy: "Make some."}})
	deliver(m, cmd)
	shows(t, m, "There is no room.")
	press(m, "esc")
	shows(t, m, "0 of 3 solved")
}
