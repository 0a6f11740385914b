package words

import (
	"slices"
	"strings"
	"testing"

	"stateroom/steps/plan"
)

func valueOf(facts []plan.Fact, name string) string {
	i := slices.IndexFunc(facts, func(f plan.Fact) bool { return f.Name == name })
	if i < 0 {
		return ""
	}
	return facts[i].Value
}

// TestAConfirmationSaysAllThatIsAtStake has a plan of every kind of change: what is asked
// for agrees with the plan's own line, and says what nobody can undo.
func TestAConfirmationSaysAllThatIsAtStake(t *testing.T) {
	kept := []plan.Change{
		{ID: "key", Action: plan.Create, Cents: 100, Title: "Create the state encryption key"},
		{ID: "role", Action: plan.Create, Environment: "staging"},
		{ID: "role2", Action: plan.Update, Environment: "production"},
		{ID: "init", Action: plan.RunCommand, Run: &plan.Run{Command: plan.Init{}}},
		{ID: "old", Action: plan.Delete, Title: "Delete bob's access key AKIA1", ConfirmByName: true},
	}
	r := plan.Review{
		Actor:   plan.Actor{Account: "111111111111", Name: "acme-admin", Identity: "user/operator"},
		Changes: kept, NotOurs: []plan.Change{{ID: "table", NotOurs: "arn"}, {ID: "adopted", NotOurs: "arn2"}},
		Excluded: make([]plan.Change, 2), Stopped: make([]plan.Change, 1),
	}
	kept = append(slices.Clone(kept), plan.Change{ID: "adopted", NotOurs: "arn2", Action: plan.Update})
	facts := Stakes(r, kept, 1)
	for name, want := range map[string]string{
		"Account":          "111111111111 (acme-admin)",
		"You are":          "user/operator",
		"Changes":          "2 to add, 2 to change, 1 to destroy. 1 command to run.",
		"Environments":     "staging and production",
		"Cost":             "about 1 USD a month",
		"Cannot be undone": "Delete bob's access key AKIA1",
		"Left out":         "3 by you, 1 not confirmed, 1 stopped by a finding",
	} {
		if got := valueOf(facts, name); got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
	if line := plan.Line(kept); !strings.HasSuffix(line, valueOf(facts, "Changes")) {
		t.Errorf("the plan says %q", line)
	}
	if len(facts) != 7 {
		t.Errorf("%d facts: %v", len(facts), facts)
	}
}

func TestWhatCostsNothingAndCanBeUndoneSaysSo(t *testing.T) {
	facts := Stakes(plan.Review{Outcome: plan.Aboard{User: "bob", Places: places(plan.Untried, plan.Untried)}}, []plan.Change{{ID: "profile", Action: plan.WriteFile}}, 0)
	for name, want := range map[string]string{"Cost": "nothing", "Cannot be undone": "nothing", "Environments": "staging and preprod", "Left out": "", "Account": ""} {
		if got := valueOf(facts, name); got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
}

func TestCentsAreRoundedAsAPersonWould(t *testing.T) {
	for cents, want := range map[int]string{0: "nothing", 2: "a few cents a month", 102: "about 1 USD a month", 162: "about 1.62 USD a month", 60: "about 0.60 USD a month"} {
		if got := Monthly(cents); got != want {
			t.Errorf("%d: %q, not %q", cents, got, want)
		}
	}
}
