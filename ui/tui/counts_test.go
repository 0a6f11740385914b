package tui

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"stateroom/steps/plan"
)

// numbers are those in a text that the pattern's groups name, added up.
func numbers(t *testing.T, text, pattern string) int {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("%s is not in:\n%s", pattern, text)
	}
	sum := 0
	for _, group := range found[1:] {
		n, _ := strconv.Atoi(group) // a group that is not there counts nothing
		sum += n
	}
	return sum
}

const planLine = `Plan: (\d+) to add, (\d+) to change, (\d+) to destroy\.(?: (\d+) commands? to run\.)?`

// TestEveryCountOfAPlanIsTheSame leaves nothing, one change with what needs it, and every
// change out: the sentence of how things stand, the plan line and the confirmation count
// the same.
func TestEveryCountOfAPlanIsTheSame(t *testing.T) {
	all := len(proposed().Changes)
	for name, keys := range map[string][]string{"nothing": nil, "some": {"4", "x"}, "everything": {"2", "x", "4", "x", "5", "x", "7", "x", "8", "x"}} {
		t.Run(name, func(t *testing.T) {
			m := reviewingRoot(t, plainLook, Options{})
			press(m, keys...)
			press(m, "9")
			left := len(m.run.review.left)
			if (left == 0) != (keys == nil) || (left == all) != (name == "everything") {
				t.Fatalf("%d of %d are left out", left, all)
			}
			screen := unframed(m)
			if got := numbers(t, screen, planLine); got != all-left {
				t.Errorf("the plan line counts %d of %d, with %d left out", got, all, left)
			}
			want := ""
			switch left {
			case 0:
				want = fmt.Sprintf("%d changes are still to be made and 1 needs", all)
			case all:
				want = fmt.Sprintf("%d changes are left out and 1 needs", all)
			default:
				want = fmt.Sprintf("%d changes are still to be made, %d are left out and 1 needs", all-left, left)
			}
			if !strings.Contains(screen, want) {
				t.Errorf("it does not say %q:\n%s", want, screen)
			}
			press(m, "a")
			if screen = unframed(m); left < all {
				if got := numbers(t, screen, `Apply (\d+) change`); got != all-left {
					t.Errorf("%d are to be confirmed, of %d with %d left out", got, all, left)
				}
			}
			if left > 0 && numbers(t, screen, `Left out (\d+) by you`) != left {
				t.Errorf("not %d left out in\n%s", left, screen)
			}
		})
	}
}

// TestTheResultOfOneStepCountsTheOthersAsThePlanDoes: what was not of the step is to do,
// and only what somebody left out is left out.
func TestTheResultOfOneStepCountsTheOthersAsThePlanDoes(t *testing.T) {
	m := reviewingRoot(t, plainLook, Options{})
	press(m, "7", "x")
	m.run.apply(2)
	after := proposed()
	made, rest := after.Changes[:2], after.Changes[2:]
	after.NotOurs, after.Changes, after.Excluded = nil, nil, rest
	m.Update(madeMsg{outline: seen(m), review: after, summary: &plan.Summary{
		Applied: len(made), Outcome: complete(), Proof: plan.Unproved(plan.ProofLeftOut), Ended: true, Excluded: len(rest),
	}})
	screen, left := unframed(m), len(m.run.review.left)
	if left == 0 || left == len(rest) {
		t.Fatalf("%d of %d are left out", left, len(rest))
	}
	if got := numbers(t, screen, planLine); got != len(rest)-left {
		t.Errorf("the plan line counts %d", got)
	}
	shows(t, m, fmt.Sprintf("%d changes made, 0 failed, %d left out.", len(made), left))
	if want := fmt.Sprintf("%d changes are still to be made and %d are left out.", len(rest)-left, left); !strings.Contains(screen, want) {
		t.Errorf("it does not say %q:\n%s", want, screen)
	}
}

// unframed is the text of what lies right of the stepper, on one line.
func unframed(m *root) string {
	var text []string
	for _, line := range strings.Split(m.View(), "\n") {
		if _, right, beside := strings.Cut(line, m.theme.Glyphs.Side); beside {
			line = right
		}
		text = append(text, strings.Fields(strings.Trim(line, " │"))...)
	}
	return strings.Join(text, " ")
}
