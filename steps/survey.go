package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// lastSurveyed is the last of the steps that AWS alone answers for.
const lastSurveyed = 6

// Survey is what steps 1 to 6 find in AWS, each as far as the operator may
// look: one that may not look keeps none of the others from it. It is Inspect
// and Plan without Apply, with which an existing set-up is checked.
type Survey struct {
	Observed *Observed
	// Failed says by a step's number why it could not be inspected.
	Failed map[int]error
}

// TakeSurvey inspects. Who we are and whether the region exists comes first:
// with the wrong account or an unknown region no other answer means anything,
// and the steps that depend on it fail in the same words.
func TakeSurvey(ctx context.Context, env *engine.Env, a *blueprint.Answers) *Survey {
	s := &Survey{Observed: &Observed{}, Failed: map[int]error{}}
	account, region := Step(accountStep{}), Step(regionStep{})
	s.inspect(ctx, env, a, []Step{account, region})
	var rest []Step
	for _, step := range All()[:lastSurveyed] {
		n := step.Number()
		if n == account.Number() || n == region.Number() {
			continue
		}
		if err := s.Failed[account.Number()]; err != nil {
			s.Failed[n] = err
		} else if err := s.Failed[region.Number()]; err != nil && n > region.Number() {
			s.Failed[n] = err
		} else {
			rest = append(rest, step)
		}
	}
	s.inspect(ctx, env, a, rest)
	if err := inspectStored(ctx, env, a, s.Observed); err != nil && s.Failed[keyStep{}.Number()] == nil {
		s.Failed[keyStep{}.Number()] = err
	}
	return s
}

func (s *Survey) inspect(ctx context.Context, env *engine.Env, a *blueprint.Answers, group []Step) {
	failures := make([]error, len(group))
	var g errgroup.Group
	for i, step := range group {
		g.Go(func() error {
			failures[i] = engine.Guarded(func() error { return step.Inspect(ctx, env, a, s.Observed) })
			return nil
		})
	}
	_ = g.Wait() // the functions return nil: every failure is kept
	for i, err := range failures {
		if err != nil {
			s.Failed[group[i].Number()] = fmt.Errorf("step %d (%s): %w", group[i].Number(), group[i].Title(), err)
		}
	}
}

// Plan is what the inspected steps would change. A change that waits for one of
// a step that could not be inspected is left out: nothing is made on a guess.
// It is pure.
func (s *Survey) Plan(a *blueprint.Answers) plan.Proposal {
	var p plan.Proposal
	if s.Failed[accountStep{}.Number()] != nil {
		return p
	}
	for _, step := range All()[:lastSurveyed] {
		if s.Failed[step.Number()] != nil {
			continue
		}
		part := step.Plan(s.Observed, a)
		for _, c := range part.Changes {
			// Step 5 gives the groups their state policy, which is IAM's.
			if !strings.HasPrefix(c.ID, "iam.") || s.Failed[iamStep{}.Number()] == nil {
				p.Changes = append(p.Changes, c)
			}
		}
		p.Findings = append(p.Findings, part.Findings...)
	}
	p.Changes = afterAlias(p.Changes)
	all := slices.Clone(p.Changes)
	p.Changes = slices.DeleteFunc(p.Changes, func(c plan.Change) bool { return waitsForNothing(c, all) })
	return p
}

// waitsForNothing tells a change that refers to the output of one that is not
// planned.
func waitsForNothing(c plan.Change, all []plan.Change) bool {
	refs := awsops.FindRefs(c.Account)
	for _, call := range c.Calls {
		refs = append(refs, awsops.Refs(call)...)
	}
	return slices.ContainsFunc(refs, func(r awsops.Reference) bool {
		return !slices.ContainsFunc(all, func(other plan.Change) bool { return other.ID == r.Change })
	})
}

// Role is the environment's role as it was found.
func (s *Survey) Role(environment string) RoleFacts { return s.Observed.IAM.Roles.get(environment) }
