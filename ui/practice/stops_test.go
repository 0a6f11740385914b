package practice

import (
	"slices"
	"sync/atomic"
	"testing"

	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/steps/troubleshoot"
)

// initNeedsNone are the causes that stand against no init: what init asks nothing of, and
// what it is the remedy of.
var initNeedsNone = []*diagnosis.Diagnosis{
	diagnosis.AssumeRoleDenied, diagnosis.EnvironmentDenied, // a provider's, which init does not configure
	diagnosis.LockReleaseFailed, diagnosis.LockCorrupt, diagnosis.TableMissing, diagnosis.TableSchema, diagnosis.TableDenied, // it takes no lock
	diagnosis.S3PutDenied,                          // it writes nothing
	diagnosis.StateNotSaved, diagnosis.StateFormat, // the state that lies here
	diagnosis.BackendChanged, diagnosis.ProviderLockFile, // what init left, which another init mends
}

// TestNothingIsRunInAProjectWhoseStateCannotBeReached: for a sample of the faults, and for
// every one there is with STATEROOM_SEEDS=60, in a fresh clone. What nobody mends here
// stops the init, and what is mended comes before it.
func TestNothingIsRunInAProjectWhoseStateCannotBeReached(t *testing.T) {
	t.Parallel()
	var stopped, waits atomic.Int64
	t.Run("faults", func(t *testing.T) {
		all := Faults()
		for i := 0; i < len(all); i += stepstest.Stride(t) {
			fault := all[i]
			t.Run(fault.Name(), func(t *testing.T) {
				t.Parallel()
				w := newPaperWorld(t)
				w.byHand(fault.do)
				w.byHand((*byHand).clone)
				answers := *w.answers
				check := &troubleshoot.HealthCheck{Answers: &answers}
				flow := &engine.Flow{Env: w.env(), Answers: &answers, Steps: steps.Order(), Look: check.Look, Emit: func(plan.Event) {}}
				review, err := flow.Review(t.Context())
				w.must(err)
				project := w.answers.Projects[0].Name
				at := slices.IndexFunc(review.Changes, func(c plan.Change) bool { return c.Run != nil && c.Run.Project == project })
				if at < 0 {
					stopped.Add(1)
					return
				}
				needed := needs(review.Changes, review.Changes[at])
				for _, f := range review.Findings {
					exempt := slices.ContainsFunc(initNeedsNone, func(d *diagnosis.Diagnosis) bool { return d.ID == f.ID })
					if f.Severity != plan.Failure || exempt || f.Subject != "" && f.Subject != project {
						continue
					}
					mended := slices.ContainsFunc(review.Changes, func(c plan.Change) bool { return c.FixesFinding(f) && needed[c.ID] })
					if waits.Add(1); !mended {
						t.Errorf("%s is planned, and %s stands against it", review.Changes[at].ID, f)
					}
				}
			})
		}
	})
	if stopped.Load() == 0 || waits.Load() == 0 {
		t.Errorf("%d inits were stopped, %d findings fixed before one", stopped.Load(), waits.Load())
	}
}

// needs are the ids of all changes that one needs.
func needs(all []plan.Change, of plan.Change) map[string]bool {
	found := map[string]bool{of.ID: true}
	for grown := true; grown; {
		grown = false
		for _, c := range all {
			for _, id := range c.Needs {
				if found[c.ID] && !found[id] {
					found[id], grown = true, true
				}
			}
		}
	}
	return found
}
