package steps

import (
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// A look by somebody who may not look at IAM goes on with the rest, and plans
// nothing on a guess.
func TestALookGoesAsFarAsItMay(t *testing.T) {
	t.Parallel()
	w := finished(t)
	s := w.setup(team())
	o, failed := lookAtAWS(t, s)
	if len(failed) > 0 || len(PlanSeen(o, s.Answers, failed).Changes) > 0 || o.orgID() == "" || o.Role("staging").Role == nil {
		t.Errorf("the operator's look: failed %v, plan %v", failed, PlanSeen(o, s.Answers, failed).Changes)
	}
	w.profile = "admin_iam"
	s = w.setup(team())
	o, failed = lookAtAWS(t, s)
	for _, step := range []plan.StepName{plan.StepIAM, plan.StepKey, plan.StepBucket, plan.StepLock} {
		if failed[step] == nil {
			t.Errorf("step %s was inspected without the right to", step)
		}
	}
	if failed[plan.StepAccount] != nil || failed[plan.StepRegion] != nil || o.Key.Key == nil || o.Account.Identity.Name != "alice" {
		t.Errorf("failed %v, as %s", failed, o.Account.Identity.ARN)
	}
	if p := PlanSeen(o, s.Answers, failed); len(p.Changes) > 0 {
		t.Errorf("%v is planned by somebody who saw nothing of it", p.Changes)
	}
}

func TestALookInTheWrongAccountPlansNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	b := team()
	b.AdminAccount = "222222222222"
	s := w.setup(b)
	o, failed := lookAtAWS(t, s)
	if p := PlanSeen(o, s.Answers, failed); len(p.Changes)+len(p.Findings) > 0 || len(failed) < 5 {
		t.Errorf("planned %v, failed %v", p.Changes, failed)
	}
}

// lookAtAWS is the look of the health check.
func lookAtAWS(t *testing.T, s *engine.Flow) (*Observed, Failures) {
	t.Helper()
	return Look{Env: s.Env, Answers: s.Answers, Steps: AWSOnly()}.Take(t.Context())
}
