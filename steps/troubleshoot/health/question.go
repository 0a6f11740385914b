package health

import (
	"fmt"

	"stateroom/steps/plan"
)

// Question is a check before its answer.
type Question struct{ Name, Subject, Asked string }

func (q Question) answered(answer string, v plan.Verdict) Result {
	return Result{Check: plan.Check{Name: q.Name, Subject: q.Subject, Asked: q.Asked, Answer: answer, Verdict: v}}
}

// Passed answers that all is well.
func (q Question) Passed(format string, args ...any) Result {
	return q.answered(fmt.Sprintf(format, args...), plan.Passed)
}

// Undecided answers that it cannot be told from here.
func (q Question) Undecided(format string, args ...any) Result {
	return q.answered(fmt.Sprintf(format, args...), plan.Undecided)
}

// Failed answers that something is wrong, which a finding says.
func (q Question) Failed(answer string, f plan.Finding) Result {
	r := q.FailedAs(answer, f.ID)
	r.Finding = &f
	return r
}

// FailedAs answers that something is wrong, which the finding of another result says.
func (q Question) FailedAs(answer, finding string) Result {
	r := q.answered(answer, plan.Failed)
	r.Check.Finding = finding
	return r
}
