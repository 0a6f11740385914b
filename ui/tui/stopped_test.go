package tui

import (
	"strings"
	"testing"
	"time"

	"stateroom/steps/plan"
)

// stages are what the stepper says of each, after its name.
func stages(m *root) map[string]string {
	said := map[string]string{}
	for _, item := range m.run.steps() {
		glyph, _ := (&stepper{theme: m.theme}).sign(item.state)
		said[item.name] = strings.TrimSpace(glyph + " " + item.word)
	}
	return said
}

// applied makes the changes of the plan that are given, in its order.
func applied(m *root, changes ...int) {
	m.run.apply(0)
	c := m.run.review.Changes
	for _, i := range changes {
		tell(m, plan.Event{Kind: plan.EventStarted, Change: &c[i]}, plan.Event{Kind: plan.EventApplied, Change: &c[i], Took: time.Millisecond})
	}
}

// TestAfterAStopTheStepperTellsWhatIsDone stops in the proof, and between the changes: what
// was made is done, what was in place still is, and what nothing has proven is not proven.
func TestAfterAStopTheStepperTellsWhatIsDone(t *testing.T) {
	all := []int{0, 1, 2, 3, 4, 5}
	for name, c := range map[string]struct {
		keys []string
		made []int
		want map[string]string
	}{
		"in the proof": {nil, all, map[string]string{
			"Account": "✓ in place", "IAM": "✓ done", "KMS key": "✓ done", "Lock": "! 1 finding", "Files": "✓ done", "Test": "◌ not proven", "Finish": "◌ not proven",
		}},
		"between the changes": {nil, all[:1], map[string]string{
			"Account": "✓ in place", "IAM": "~ 1 to do", "KMS key": "~ 1 to do", "Files": "~ 1 to do", "Test": "~ 1 to do", "Finish": "~ not yet",
		}},
		"before the last": {nil, all[:5], map[string]string{"IAM": "✓ done", "Files": "✓ done", "Test": "~ 1 to do", "Finish": "~ not yet"}},
		"with a step left out": {[]string{"7", "x", "8", "x"}, all[:4], map[string]string{
			"IAM": "✓ done", "Files": "~ left out", "Test": "~ left out", "Finish": "~ not yet",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m := reviewingRoot(t, plainLook, Options{})
			press(m, c.keys...)
			applied(m, c.made...)
			s := &plan.Summary{Applied: len(c.made), Skipped: len(all) - len(c.made), Stopped: true, Outcome: complete(), Proof: plan.Unproved(plan.ProofInterrupted)}
			m.Update(madeMsg{outline: seen(m), summary: s})
			said := stages(m)
			for stage, want := range c.want {
				if said[stage] != want {
					t.Errorf("%s: %q, not %q", stage, said[stage], want)
				}
			}
			for stage, word := range said {
				if strings.HasPrefix(word, "○") {
					t.Errorf("%s looks as if nothing were known of it: %q", stage, word)
				}
			}
		})
	}
}

// TestAnInterruptedProofIsSaidOnce: what is missing stands beside what is there, in one
// sentence.
func TestAnInterruptedProofIsSaidOnce(t *testing.T) {
	for _, l := range []look{plainLook, {width: 80, height: 24, utf8: true}} {
		m := reviewingRoot(t, l, Options{})
		applied(m, 0, 1, 2, 3, 4, 5)
		m.Update(madeMsg{outline: seen(m), summary: &plan.Summary{Applied: 6, Stopped: true, Outcome: complete(), Proof: plan.Unproved(plan.ProofInterrupted)}})
		text := strings.ToLower(unframed(m))
		if text = strings.ReplaceAll(text, "(not proven)", ""); strings.Count(text, "not proven") != 1 {
			t.Errorf("%s says it %d times:\n%s", l, strings.Count(text, "not proven"), m.View())
		}
		shows(t, m, "Interrupted after every change was made.", "The setup for production is complete.", "Not proven: the run was interrupted. Look again to prove it.")
	}
}

// TestALookAfterAStopThatFindsNothingLeftTellsHowThingsStand: the closing words say more
// than how many changes were made.
func TestALookAfterAStopThatFindsNothingLeftTellsHowThingsStand(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	applied(m, 0, 1, 2, 3, 4, 5)
	m.Update(madeMsg{outline: seen(m), summary: &plan.Summary{Applied: 6, Stopped: true, Outcome: complete(), Proof: plan.Unproved(plan.ProofInterrupted)}})
	press(m, "enter")
	shown(m, plan.Review{Looked: fresh{}, Outcome: complete(), Proof: plan.Unproved(plan.NotTried)}, seen(m))
	s := m.summary(false)
	if s == nil || s.Stopped || s.Applied != 6 {
		t.Fatalf("%+v", s)
	}
	text := strings.Join(strings.Fields(closed(m, s)), " ")
	for _, want := range []string{"The setup for production is complete, but it is not proven.", "6 changes made, 0 failed"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q: %s", want, text)
		}
	}
}
