package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// Setup is the nine steps as one flow: inspect all, plan, and prove the result.
type Setup struct {
	Env     *engine.Env
	Answers *blueprint.Answers
	// Inspected, when set, is told of every step as soon as its inspection has
	// ended, from several goroutines at once.
	Inspected func(step int, err error)

	// observed is what the newest look has found; nil where it could not look.
	observed *Observed
}

// Flow is the run of the set-up.
func (s *Setup) Flow() *engine.Flow {
	return &engine.Flow{Env: s.Env, Answers: s.Answers, Look: s.look, Replan: s.plan, Prove: s.prove, Close: s.close, FindingsLast: true}
}

// Observed is what the newest look has found; nil without one. It is not to be
// called while the flow looks.
func (s *Setup) Observed() *Observed { return s.observed }

// prove lets the steps prove themselves, up to the first of which a change was left out.
func (s *Setup) prove(ctx context.Context, _ *engine.Env, r plan.Review, made *plan.Summary) plan.Review {
	s.observed.Fresh = made.Applied > 0 && made.Failed == 0
	r.Findings = slices.Concat(r.Findings, s.verify(ctx, s.observed, lastProvable(r.Left)))
	return r
}

func (s *Setup) close(summary *plan.Summary) []string {
	if plan.Blocking(summary.Findings) {
		return nil
	}
	return closingNotes(s.observed, s.Answers, summary)
}

// look inspects every step. Identity and region come first: with the wrong
// account or an unknown region no other answer means anything.
func (s *Setup) look(ctx context.Context, _ *engine.Env) (plan.Review, error) {
	s.observed = nil
	o := &Observed{}
	all := All()
	first, rest := []Step{accountStep{}, regionStep{}}, []Step{}
	for _, step := range all {
		if step.Number() != 1 && step.Number() != 3 {
			rest = append(rest, step)
		}
	}
	for _, group := range [][]Step{first, rest} {
		if err := s.inspect(ctx, group, o); err != nil {
			return plan.Review{}, err
		}
		if off := engine.ClockOff(s.Env.Sessions.Home(s.Answers.StateRegion)); off != nil {
			return plan.Review{}, off
		}
	}
	if err := inspectStored(ctx, s.Env, s.Answers, o); err != nil {
		return plan.Review{}, err
	}
	s.observed = o
	return s.plan(), nil
}

// plan makes the review of what was observed: the same observation and answers
// give the same one. It is pure but for whether files can be written.
func (s *Setup) plan() plan.Review {
	var review plan.Review
	var changes []plan.Change
	for _, step := range All() {
		p := step.Plan(s.observed, s.Answers)
		changes = append(changes, p.Changes...)
		review.Findings = append(review.Findings, p.Findings...)
	}
	changes = heldBack(changes, s.observed, s.Answers)
	orderRuns(changes)
	changes = afterAlias(changes)
	review.Changes, review.Foreign = plan.Permitted(changes, s.Answers)
	review.Findings = append(review.Findings, foreignFindings(review.Foreign)...)
	for _, user := range s.Answers.AllUsers() {
		review.Findings = append(review.Findings, engine.Unwritten(s.Env, handoverPath(s.Env, user))...)
	}
	return review
}

// inspect runs the inspections at once and returns the error of the lowest
// step. A refusal comes first: it knows why the other calls failed, as where
// the region of all of them does not exist.
func (s *Setup) inspect(ctx context.Context, group []Step, o *Observed) error {
	failures := make([]error, len(group))
	var g errgroup.Group
	for i, step := range group {
		g.Go(func() error {
			failures[i] = engine.Guarded(func() error { return step.Inspect(ctx, s.Env, s.Answers, o) })
			if s.Inspected != nil {
				s.Inspected(step.Number(), failures[i])
			}
			return nil
		})
	}
	_ = g.Wait() // the functions return nil: every failure is kept, the first step's is told
	first := -1
	for i, err := range failures {
		var refusal *plan.Refusal
		if errors.As(err, &refusal) {
			first = i
			break
		}
		if err != nil && first < 0 {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	return fmt.Errorf("step %d (%s): %w", group[first].Number(), group[first].Title(), failures[first])
}

// verify lets every step up to last prove itself, all at once, in the steps' order.
func (s *Setup) verify(ctx context.Context, o *Observed, last int) []plan.Finding {
	all := All()[:last]
	found := make([][]plan.Finding, len(all))
	var g errgroup.Group
	for i, step := range all {
		g.Go(func() error {
			found[i] = step.Verify(ctx, s.Env, s.Answers, o)
			return nil
		})
	}
	_ = g.Wait() // the functions return nil: what a probe finds is a finding
	var findings []plan.Finding
	for _, f := range found {
		findings = append(findings, f...)
	}
	return findings
}

// foreignFindings names what exists already and is not this blueprint's.
func foreignFindings(foreign []plan.Change) []plan.Finding {
	var findings []plan.Finding
	seen := map[string]bool{}
	for _, c := range foreign {
		if c.Foreign == "" || seen[c.Foreign] || c.Leads { // where it leads is a finding already
			continue
		}
		seen[c.Foreign] = true
		if c.Write != nil || c.Run != nil {
			f := stateElsewhere(c.Foreign, foreign)
			f.Details = plan.WouldChange(foreign, c.Foreign)
			findings = append(findings, f)
			continue
		}
		findings = append(findings, plan.Finding{
			ID: plan.Topic(c) + ".not-ours", Step: c.Step, Severity: plan.Warning,
			Evidence: fmt.Sprintf("%s exists already and does not carry this blueprint's tag, so it was left as it is.", c.Foreign),
			Remedy:   "Let it be changed with --adopt " + c.Foreign + ", or choose another name.",
			Details:  plan.WouldChange(foreign, c.Foreign),
		})
	}
	return findings
}

// lastProvable is the last step that can be proven when some changes were left out:
// the one before the first of them.
func lastProvable(left []plan.Change) int {
	last := len(All())
	for _, c := range left {
		last = min(last, c.Step-1)
	}
	return last
}
