package steps

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// quotaStep is a step that the article does not have: it makes a group, and says so
// where it is proven.
func quotaStep(fails error) Step {
	there := false
	return Step{
		Name: "quota", Title: "Quotas", Why: "To see that a step more is no work elsewhere.",
		Inspect: func(ctx context.Context, env *engine.Env, a *blueprint.Answers, _ *Observed) error {
			group, err := env.Sessions.Home(a.StateRegion).Group(ctx, "quota")
			there = group != nil
			return errors.Join(err, fails)
		},
		Plan: func(_ *Observed, a *blueprint.Answers) plan.Proposal {
			if there {
				return plan.Proposal{}
			}
			return plan.Proposal{
				Changes:  []plan.Change{{ID: "quota.group", Action: plan.Create, Title: "Create the group quota", Account: a.AdminAccount, Region: a.StateRegion, Calls: []awsops.Call{awsops.CreateGroup("quota", "/")}}},
				Findings: []plan.Finding{{ID: "quota.near", Severity: plan.Info, Evidence: "Near.", Remedy: "None."}},
			}
		},
		Prove: func(_ context.Context, _ *engine.Env, _ *blueprint.Answers, o *Observed) (plan.Proof, []plan.Finding) {
			if by := o.obstacle([]string{"quota.group"}); by.Known() {
				return plan.Obstructed(by), []plan.Finding{untried("quota.not-tried", "The group was", by)}
			}
			return plan.Proof{}, []plan.Finding{{ID: "quota.proven", Severity: plan.Info, Evidence: "Seen.", Remedy: "None."}}
		},
	}
}

// withQuota is a set-up of the article's steps and one more, behind the third.
func withQuota(w *world, quota Step) *engine.Flow {
	s, nine := w.nine(team())
	s.Steps = List(slices.Insert(All(), 3, quota)...)
	f := s.Flow()
	f.Emit, f.Confirm = nine.Emit, nine.Confirm
	return f
}

func TestAStepMoreIsALineInTheListAndAllAfterItFollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	summary := w.run(withQuota(w, quotaStep(nil)))
	w.healthy(summary)
	numbers := map[string]int{}
	last := 0
	for _, e := range w.events {
		if e.Kind != plan.EventChange {
			continue
		}
		numbers[e.Change.ID] = e.Change.Step
		if e.Change.Step < last {
			t.Errorf("%s of step %d comes after one of step %d", e.Change.ID, e.Change.Step, last)
		}
		last = e.Change.Step
	}
	for _, f := range summary.Findings {
		numbers[f.ID] = f.Step
	}
	for id, want := range map[string]int{
		"iam.user.alice": 2, "quota.group": 4, "key.create": 5, "bucket.create": 6, "lock.create": 7, "done.blueprint": 10,
		"quota.proven": 4, "init.no-engine": 9, "iam.policy.stateroom-admins-assume-1": 2, "iam.policy.stateroom-admins-state-1": 6,
	} {
		if numbers[id] != want {
			t.Errorf("%s belongs to step %d, want %d", id, numbers[id], want)
		}
	}
	if again := w.run(withQuota(w, quotaStep(nil))); again.Add+again.Change+again.Destroy > 0 {
		t.Errorf("the second run is to add %d, change %d, destroy %d", again.Add, again.Change, again.Destroy)
	}
}

func TestAStepMoreFailsByItsNumberAndSaysWhatWasLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	_, err := withQuota(w, quotaStep(errors.New("no answer"))).Review(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "step 4 (Quotas): ") {
		t.Errorf("%v", err)
	}
	f := withQuota(w, quotaStep(nil))
	f.Exclude = map[string]bool{"quota.group": true}
	summary := w.run(f)
	told := findingOf(summary.Findings, "quota.not-tried")
	if told == nil || findingOf(summary.Findings, "quota.proven") != nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, told.Evidence+told.Remedy, "because \"Create the group quota\" was left out", "confirm \"Create the group quota\"")
	says(t, summary.Proof.Because, "Create the group quota")
}

func TestWhatBelongsToNoStepIsNoReview(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	for name, look := range map[string]plan.Review{
		"a change":  {Changes: []plan.Change{{ID: "stray"}}},
		"a finding": {Findings: []plan.Finding{{ID: "stray", Of: "nowhere"}}},
	} {
		f := flowOf(t, w)
		f.Look = func(context.Context, *engine.Env) (plan.Review, error) { return look, nil }
		if _, err := f.Review(t.Context()); err == nil || !strings.Contains(err.Error(), "stray belongs to no step") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
