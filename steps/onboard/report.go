package onboard

import (
	"slices"
	"sync"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// report collects what a look finds: a check is told as soon as it has ended, a
// finding is kept once. Several goroutines may use it at once.
type report struct {
	env    *engine.Env
	mu     sync.Mutex
	review plan.Review
}

// check books a check that has ended and tells it.
func (r *report) check(c plan.Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.review.Checks = append(r.review.Checks, c)
	r.env.Emit(plan.Event{Kind: plan.EventCheck, Check: &c})
}

// passed books a check that found nothing wrong.
func (r *report) passed(c plan.Check, answer string) {
	c.Verdict, c.Answer = plan.Passed, answer
	r.check(c)
}

// undecided books a check that could not be made.
func (r *report) undecided(c plan.Check, why string) {
	c.Verdict, c.Answer = plan.Undecided, why
	r.check(c)
}

// add plans changes and gives the id of the last.
func (r *report) add(changes ...plan.Change) string {
	r.review.Changes = append(r.review.Changes, changes...)
	return changes[len(changes)-1].ID
}

// find books a finding, each once.
func (r *report) find(f plan.Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.ContainsFunc(r.review.Findings, f.Same) {
		r.review.Findings = append(r.review.Findings, f)
	}
}

// stopped is the id of the finding that stands in the place of one of these changes, empty
// without one.
func (r *report) stopped(ids ...string) string {
	by := plan.StoppedBy(nil, r.review.Findings)
	for _, id := range ids {
		if by[id] != "" {
			return by[id]
		}
	}
	return ""
}

// broken books a check that has found what is wrong, with its finding.
func (r *report) broken(c plan.Check, f plan.Finding) { r.leads(plan.Failed, c, f) }

// leads books a check with the finding that it leads to.
func (r *report) leads(v plan.Verdict, c plan.Check, f plan.Finding) {
	c.Verdict, c.Finding, c.Remedy = v, f.ID, f.Remedy
	if c.Answer == "" {
		c.Answer = f.Told()
	}
	if f.Subject == "" {
		f.Subject = c.Subject
	}
	r.check(c)
	r.find(f)
}

// failed books a check whose call failed.
func (r *report) failed(c plan.Check, err error) {
	if f, ok := askOperator(err); ok {
		r.broken(c, f)
		return
	}
	r.unsettled(c, err)
}

// unsettled books a check that AWS did not answer: throttled, unreachable, or
// failing itself.
func (r *report) unsettled(c plan.Check, err error) {
	f := because(err)
	f.ID, f.Of, f.Severity, f.Remedy = "onboard.unanswered", plan.NoStep, plan.Warning, "Run the command again."
	switch {
	case awsops.IsUnreachable(err):
		f.ID, f.Remedy = diagnosis.NetworkUnreachable.ID, "Check the network and the proxy, then run the command again."
	case awsops.IsUnknownKey(err): // it was taken since it answered, or a service does not know it yet
		f.Remedy = "Run the command again: it tells whether another laptop has made a key in the place of this one."
	}
	r.leads(plan.Undecided, c, f)
}

// askOperator is the finding of a cause that only the operator can mend; ok is false
// for every other.
func askOperator(err error) (f plan.Finding, ok bool) {
	d, ok := diagnosis.FromError(err)
	if !ok || d.Operator == "" {
		return plan.Finding{}, false
	}
	f = because(err)
	f.ID, f.Of, f.Remedy = d.ID, d.Step, d.Operator
	return f, true
}

// because is a finding of a call that failed: its evidence.
func because(err error) plan.Finding {
	return plan.Finding{Severity: plan.Failure, Evidence: diagnosis.Describe(err), RequestIDs: awsops.RequestIDs(err)}
}
