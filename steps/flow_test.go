package steps

import (
	"context"
	"slices"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

// flowOf is a flow whose look finds that a user lacks, until it is made.
func flowOf(t *testing.T, w *world) *engine.Flow {
	t.Helper()
	s := w.setup(team())
	return &engine.Flow{
		Env: s.Env, Answers: s.Answers, Emit: w.keep,
		Confirm: enginetest.Agree,
		Look: func(ctx context.Context, env *engine.Env) (plan.Review, error) {
			user, err := env.Sessions.Home("eu-west-1").User(ctx, "carol")
			if err != nil || user != nil {
				return plan.Review{Checks: []plan.Check{{Name: "user", Verdict: plan.Passed}}}, err
			}
			return plan.Review{
				Checks:   []plan.Check{{Name: "user", Verdict: plan.Failed, Finding: "user-missing"}},
				Findings: []plan.Finding{{ID: "user-missing", Of: plan.NoStep, Severity: plan.Failure}},
				Changes: []plan.Change{
					{ID: "iam.user", Of: plan.StepIAM, Step: 1, Action: plan.Create, Account: "111111111111", Region: "eu-west-1", Calls: []awsops.Call{awsops.CreateUser("carol", "/", nil)}},
					{ID: "iam.key", Of: plan.StepIAM, Step: 1, Action: plan.Create, Account: "111111111111", Region: "eu-west-1", NotOurs: "carol", Needs: []string{"iam.user"}, Calls: []awsops.Call{awsops.CreateAccessKey("carol")}},
				},
			}, nil
		},
	}
}

func (w *world) kinds() []plan.EventKind {
	w.mu.Lock()
	defer w.mu.Unlock()
	var kinds []plan.EventKind
	for _, e := range w.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestFlowMendsLooksAgainAndTellsWhatWasWrongOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	summary, err := flowOf(t, w).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if summary.Applied != 1 || len(summary.Findings) != 0 || summary.ExitCode(false) != plan.ExitDone || summary.Checks[0].Verdict != plan.Passed {
		t.Errorf("summary %+v", summary)
	}
	want := []plan.EventKind{plan.EventFinding, plan.EventChange, plan.EventStarted, plan.EventApplied, plan.EventSummary}
	if got := w.kinds(); !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	again, err := flowOf(t, w).Run(t.Context())
	if err != nil || again.Applied != 0 || again.ExitCode(false) != plan.ExitDone {
		t.Errorf("a second run: %+v, %v", again, err)
	}
}

func TestFlowMakesWhatIsNotOursOnlyAfterConsentAndTellsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	f := flowOf(t, w)
	f.Confirm = func(_ context.Context, r plan.Review) (plan.Decision, error) {
		if len(r.Changes) != 1 || len(r.NotOurs) != 1 {
			t.Errorf("asked about %d changes and %d foreign ones", len(r.Changes), len(r.NotOurs))
		}
		return plan.Decision{Yes: true, Adopt: []string{"carol"}}, nil
	}
	summary, err := f.Run(t.Context())
	if err != nil || summary.Applied != 2 {
		t.Fatalf("%+v, %v", summary, err)
	}
	kinds := w.kinds()
	if got := slices.Index(kinds, plan.EventStarted); slices.Contains(kinds[got:], plan.EventChange) {
		t.Errorf("a change was told after the first was begun: %v", kinds)
	}
}

func TestFlowThatIsDeclinedOrDryChangesNothingAndTheFindingRemains(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*engine.Flow){
		"dry run": func(f *engine.Flow) { f.DryRun = true },
		"declined": func(f *engine.Flow) {
			f.Confirm = func(context.Context, plan.Review) (plan.Decision, error) { return plan.Decision{}, nil }
		},
		"left out": func(f *engine.Flow) { f.Exclude = map[string]bool{"iam.user": true} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			f := flowOf(t, w)
			set(f)
			summary, err := f.Run(t.Context())
			if err != nil || summary.Applied != 0 || len(summary.Findings) != 1 || summary.ExitCode(false) == plan.ExitDone {
				t.Errorf("%+v, %v", summary, err)
			}
			for _, e := range w.server.Log() {
				if e.Mutating {
					t.Errorf("%s %s was called", e.Service, e.Operation)
				}
			}
		})
	}
}

// TestFlowWaitsUntilAWSShowsWhatWasMended: whether AWS's answer to the change came or was
// lost, in which case a look finds it made.
func TestFlowWaitsUntilAWSShowsWhatWasMended(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sandbox.Fault{"answered": {}, "its answer lost": {DropAnswer: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Mutating {
					return fault
				}
				return sandbox.Fault{}
			})
			f := flowOf(t, w)
			look, late := f.Look, 2
			f.Look = func(ctx context.Context, env *engine.Env) (plan.Review, error) {
				r, err := look(ctx, env)
				if len(r.Findings) == 0 && late > 0 {
					late--
					r.Findings = []plan.Finding{{ID: "user-missing", Of: plan.NoStep, Severity: plan.Failure}}
				}
				for i := range r.Changes {
					r.Changes[i].Fixes = []string{"user-missing"}
				}
				return r, err
			}
			summary, err := f.Run(t.Context())
			if err != nil || len(summary.Findings) != 0 || summary.Applied != 1 || late != 0 {
				t.Errorf("%+v, %v, looked too early %d times", summary, err, late)
			}
		})
	}
}

// TestWhatSomebodyElseHasMadeMeanwhileIsNotCountedAsMade: it stood in the plan, and was there
// when its turn came.
func TestWhatSomebodyElseHasMadeMeanwhileIsNotCountedAsMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	f := flowOf(t, w)
	f.Confirm = func(ctx context.Context, r plan.Review) (plan.Decision, error) {
		if _, err := w.server.Act("111111111111", "iam", "CreateUser", sandbox.ActInput{"UserName": "carol"}); err != nil {
			t.Error(err)
		}
		return enginetest.Agree(ctx, r)
	}
	summary, err := f.Run(t.Context())
	if err != nil || summary.Applied != 0 || summary.Failed != 0 || len(summary.Findings) != 0 {
		t.Errorf("%+v, %v", summary, err)
	}
}
