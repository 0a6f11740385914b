package health

import (
	"cmp"
	"fmt"

	"stateroom/steps/plan"
)

// Question is a check before its answer. What is found is about its subject and its
// resource, unless the finding says otherwise. Apart is what tells it from another of the
// same name and subject.
type Question struct{ Name, Subject, Asked, Resource, Apart string }

func (q Question) answered(answer string, v plan.Verdict) Result {
	return Result{Apart: q.Apart, Check: plan.Check{Name: q.Name, Subject: q.Subject, Asked: q.Asked, Answer: answer, Verdict: v}}
}

// Passed answers that all is well.
func (q Question) Passed(format string, args ...any) Result {
	return q.answered(fmt.Sprintf(format, args...), plan.Passed)
}

// Undecided answers that it cannot be told from here.
func (q Question) Undecided(format string, args ...any) Result {
	return q.answered(fmt.Sprintf(format, args...), plan.Undecided)
}

// Failed answers that something is wrong, which the result of it says.
func (q Question) Failed(answer string, wrong Result) Result {
	f := wrong.Finding
	f.Subject, f.Resource = cmp.Or(f.Subject, q.Subject), cmp.Or(f.Resource, q.Resource)
	wrong.Check, wrong.Apart = q.FailedAs(answer, f.ID).Check, q.Apart
	return wrong
}

// FailedAs answers that something is wrong, which the finding of another result says.
func (q Question) FailedAs(answer, finding string) Result {
	r := q.answered(answer, plan.Failed)
	r.Check.Finding = finding
	return r
}
