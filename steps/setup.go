package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
)

// Review is what the operator is asked to confirm.
type Review struct {
	Changes  []Change
	Foreign  []Change
	Findings []Finding
	// Left are the changes that the operator left out, and those that need one
	// of them.
	Left []Change
	// Checks are what was looked at, where a flow tells it.
	Checks []Check
	// Looked is the look that all of this rests on.
	Looked *Looked
}

// Decision is the operator's answer to a review. Adopt are the ARNs and paths
// that may be changed although they are not this blueprint's.
type Decision struct {
	Yes   bool
	Adopt []string
}

// Setup walks the nine steps: inspect all, plan, ask once, apply, look again,
// and prove the result.
type Setup struct {
	Env     *Env
	Answers *Answers
	// Emit receives the events; it is called by one goroutine at a time.
	Emit Emit
	// Confirm is asked before the first mutating call. It is never asked in a
	// dry run, nor when there is nothing to change.
	Confirm func(context.Context, Review) (Decision, error)
	DryRun  bool
	// Stop, once closed, lets the changes under way finish and starts no other.
	Stop <-chan struct{}
	// Without are the ids of changes that the operator wants left out.
	Without map[string]bool
	// Inspected, when set, is told of every step as soon as its inspection has
	// ended, from several goroutines at once.
	Inspected func(step int, err error)
}

// Run is the whole set-up. The error is one that kept the run from starting
// (bad credentials, a wrong account); what failed later stands in the summary.
func (s *Setup) Run(ctx context.Context) (*Summary, error) {
	s.Emit = serialised(s.Emit)
	s.Env.Report(s.Emit)
	review, observed, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	for i := range review.Changes {
		s.Emit(Event{Kind: EventPlanned, Change: &review.Changes[i]})
	}
	summary := &Summary{DryRun: s.DryRun, Foreign: review.Foreign}
	summary.Add, summary.Change, summary.Destroy = Counts(review.Changes)
	blocked := blocking(review.Findings)
	if s.DryRun || blocked {
		return s.finish(summary, review.Findings, observed), nil
	}
	if len(review.Changes)+len(review.Foreign) > 0 {
		if review, err = s.confirm(ctx, review, observed, summary); err != nil {
			return nil, err
		}
		if summary.Declined {
			return s.finish(summary, review.Findings, observed), nil
		}
	}
	_, _, err = s.carryOut(ctx, review, observed, summary)
	return summary, err
}

// carryOut applies a confirmed review and proves the result. What was done is
// told all the same where it could not be looked at afterwards.
func (s *Setup) carryOut(ctx context.Context, review Review, o *Observed, summary *Summary) (Review, *Observed, error) {
	if len(review.Changes) > 0 {
		if !review.Looked.take() {
			return Review{}, o, errStale
		}
		release, err := s.Env.claim(ctx)
		if err != nil {
			return Review{}, o, err
		}
		review, o, err = s.apply(ctx, review, o, summary)
		release()
		if err != nil {
			s.finish(summary, review.Findings, nil)
			return Review{}, nil, err
		}
	}
	findings := review.Findings
	if !summary.Stopped {
		o.Fresh = summary.Applied > 0 && summary.Failed == 0
		proving, done := untilStopped(ctx, s.Stop)
		found := s.verify(proving, o, lastProvable(review.Left))
		// A proof that was broken off proves nothing, nor that anything is wrong.
		if summary.Stopped = proving.Err() != nil; !summary.Stopped {
			findings = append(findings, found...)
		}
		done()
	}
	s.finish(summary, findings, o)
	return review.after(summary), o, nil
}

// untilStopped gives a context that ends when the run is stopped: a probe has
// nothing to finish between changes, it tidies up and ends.
func untilStopped(ctx context.Context, stop <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// confirm asks once. What the operator adopts is planned again from the same
// observation, and told before the first of it is applied.
func (s *Setup) confirm(ctx context.Context, review Review, o *Observed, summary *Summary) (Review, error) {
	decision, err := s.Confirm(ctx, review)
	if err != nil {
		return review, err
	}
	summary.Declined = !decision.Yes
	if summary.Declined || len(decision.Adopt) == 0 {
		return review, nil
	}
	s.Answers.Adopt = append(s.Answers.Adopt, decision.Adopt...)
	told := map[string]bool{}
	for _, c := range review.Changes {
		told[c.ID] = true
	}
	review = s.plan(o)
	for i := range review.Changes {
		if !told[review.Changes[i].ID] {
			s.Emit(Event{Kind: EventPlanned, Change: &review.Changes[i]})
		}
	}
	summary.Add, summary.Change, summary.Destroy = Counts(review.Changes)
	summary.Foreign = review.Foreign
	return review, nil
}

// finish emits the findings and the summary.
func (s *Setup) finish(summary *Summary, findings []Finding, o *Observed) *Summary {
	summary.Findings = findings
	summary.Notes = summary.backupNotes()
	if !blocking(findings) {
		summary.Notes = append(summary.Notes, closingNotes(o, s.Answers, summary)...)
	}
	for i := range findings {
		s.Emit(Event{Kind: EventFinding, Finding: &findings[i]})
	}
	s.Emit(Event{Kind: EventSummary, Summary: summary})
	return summary
}

// apply makes the changes and looks again.
func (s *Setup) apply(ctx context.Context, review Review, o *Observed, summary *Summary) (Review, *Observed, error) {
	executor := NewExecutor(s.Env, s.Answers, s.Emit, s.Stop)
	made := rounds{
		env: s.Env, executor: executor, stop: s.Stop, unseen: stillPlanned,
		look: func(ctx context.Context) (after Review, err error) {
			after, o, err = s.look(ctx)
			return after, err
		},
		own: func(c Change) bool {
			key, made := executor.lookup(awsops.Reference{Change: changeKey, Output: "arn"})
			return made && c.ID == spareChange(key)
		},
	}
	review, err := made.carryOut(ctx, review, summary)
	if err != nil || summary.Stopped {
		return review, o, err
	}
	for _, c := range review.Changes {
		left := slices.ContainsFunc(made.left, func(l Change) bool { return l.ID == c.ID })
		if summary.Failed == 0 && !left {
			review.Findings = append(review.Findings, notHeld(c))
		}
	}
	return review, o, nil
}

// notHeld is the finding of a change that was answered with success and is not
// there when looked at again.
func notHeld(c Change) Finding {
	return Finding{
		ID: c.ID + "-not-held", Step: c.Step, Severity: Failure,
		Evidence: fmt.Sprintf("%s: AWS accepted the change to %s, but reading it back still differs.", c.Title, c.Target),
		Remedy:   "Run stateroom setup again; if it differs once more, something else is changing it.",
	}
}

// look inspects every step and plans. Identity and region come first: with the
// wrong account or an unknown region no other answer means anything.
func (s *Setup) look(ctx context.Context) (Review, *Observed, error) {
	if err := s.Env.mark(s.Answers); err != nil {
		return Review{}, nil, err
	}
	o := &Observed{looked: &Looked{}}
	all := All()
	first, rest := []Step{accountStep{}, regionStep{}}, []Step{}
	for _, step := range all {
		if step.Number() != 1 && step.Number() != 3 {
			rest = append(rest, step)
		}
	}
	for _, group := range [][]Step{first, rest} {
		if err := s.inspect(ctx, group, o); err != nil {
			return Review{}, nil, err
		}
		if off := ClockOff(s.Env.Sessions.Home(s.Answers.StateRegion)); off != nil {
			return Review{}, nil, off
		}
	}
	if err := inspectStored(ctx, s.Env, s.Answers, o); err != nil {
		return Review{}, nil, err
	}
	review := s.plan(o)
	review.Findings = append(review.Findings, standing(s.Env, review.Changes)...)
	kept := []string{s.Env.CredentialsPath}
	for _, user := range s.Answers.AllUsers() {
		kept = append(kept, handoverPath(s.Env, user))
	}
	review.Findings = append(review.Findings, Unwritten(s.Env, kept...)...)
	return review, o, nil
}

// plan is pure: the same observation and answers give the same review.
func (s *Setup) plan(o *Observed) Review {
	review := Review{Looked: o.looked}
	var changes []Change
	for _, step := range All() {
		p := step.Plan(o, s.Answers)
		changes = append(changes, p.Changes...)
		review.Findings = append(review.Findings, p.Findings...)
	}
	changes = heldBack(changes, o, s.Answers)
	orderRuns(changes)
	changes = afterAlias(changes)
	review.Changes, review.Foreign = Permitted(changes, s.Answers)
	review = review.Without(s.Without)
	review.Findings = append(review.Findings, foreignFindings(review.Foreign)...)
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
			failures[i] = guarded(func() error { return step.Inspect(ctx, s.Env, s.Answers, o) })
			if s.Inspected != nil {
				s.Inspected(step.Number(), failures[i])
			}
			return nil
		})
	}
	_ = g.Wait() // the functions return nil: every failure is kept, the first step's is told
	first := -1
	for i, err := range failures {
		var refusal *Refusal
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
func (s *Setup) verify(ctx context.Context, o *Observed, last int) []Finding {
	all := All()[:last]
	found := make([][]Finding, len(all))
	var g errgroup.Group
	for i, step := range all {
		g.Go(func() error {
			found[i] = step.Verify(ctx, s.Env, s.Answers, o)
			return nil
		})
	}
	_ = g.Wait() // the functions return nil: what a probe finds is a finding
	var findings []Finding
	for _, f := range found {
		findings = append(findings, f...)
	}
	return findings
}

// foreignFindings names what exists already and is not this blueprint's.
func foreignFindings(foreign []Change) []Finding {
	var findings []Finding
	seen := map[string]bool{}
	for _, c := range foreign {
		if c.Foreign == "" || seen[c.Foreign] || c.Leads { // where it leads is a finding already
			continue
		}
		seen[c.Foreign] = true
		if c.Write != nil || c.Run != nil {
			f := stateElsewhere(c.Foreign, foreign)
			f.Details = wouldChange(foreign, c.Foreign)
			findings = append(findings, f)
			continue
		}
		findings = append(findings, Finding{
			ID: subject(c) + ".not-ours", Step: c.Step, Severity: Warning,
			Evidence: fmt.Sprintf("%s exists already and does not carry this blueprint's tag, so it was left as it is.", c.Foreign),
			Remedy:   "Let it be changed with --adopt " + c.Foreign + ", or choose another name.",
			Details:  wouldChange(foreign, c.Foreign),
		})
	}
	return findings
}

// subject begins the id of a finding about a change: a group's policy is IAM's,
// whichever step it is for.
func subject(c Change) string {
	of, _, _ := strings.Cut(c.ID, ".")
	return of
}

// wouldChange lists what an adoption lets happen, in the plan's signs.
func wouldChange(foreign []Change, target string) string {
	var lines []string
	for _, c := range foreign {
		if c.Foreign != target {
			continue
		}
		lines = append(lines, c.Action.Symbol()+" "+c.Title)
		for _, command := range c.runLines() {
			lines = append(lines, "    $ "+command)
		}
	}
	return strings.Join(lines, "\n")
}

func blocking(findings []Finding) bool {
	for _, f := range findings {
		if f.Blocks {
			return true
		}
	}
	return false
}

// serialised lets many goroutines emit to a presenter that is not safe for it.
func serialised(emit Emit) Emit {
	var mu sync.Mutex
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		emit(e)
	}
}
