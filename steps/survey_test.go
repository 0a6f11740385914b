package steps

import (
	"context"
	"testing"

	"stateroom/awsops/sandbox"
)

// A survey by somebody who may not look at IAM goes on with the rest, and plans
// nothing on a guess.
func TestASurveyGoesAsFarAsItMay(t *testing.T) {
	w := finished(t)
	s := w.setup(team())
	whole := TakeSurvey(context.Background(), s.Env, s.Answers)
	if len(whole.Failed) > 0 || len(whole.Plan(s.Answers).Changes) > 0 || whole.Observed.orgID() == "" || whole.Role("staging").Role == nil {
		t.Errorf("the operator's survey: failed %v, plan %v", whole.Failed, whole.Plan(s.Answers).Changes)
	}
	w.actAs(sandbox.Credentials{})
	w.t.Setenv("AWS_PROFILE", "admin_iam")
	s = w.setup(team())
	survey := TakeSurvey(context.Background(), s.Env, s.Answers)
	for _, step := range []int{2, 4, 5, 6} {
		if survey.Failed[step] == nil {
			t.Errorf("step %d was inspected without the right to", step)
		}
	}
	if survey.Failed[1] != nil || survey.Failed[3] != nil || survey.Observed.Key.Key == nil || survey.Observed.Account.Identity.Name != "alice" {
		t.Errorf("failed %v, as %s", survey.Failed, survey.Observed.Account.Identity.ARN)
	}
	if p := survey.Plan(s.Answers); len(p.Changes) > 0 {
		t.Errorf("%v is planned by somebody who saw nothing of it", p.Changes)
	}
}

func TestASurveyInTheWrongAccountPlansNothing(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	b := team()
	b.AdminAccount = "222222222222"
	s := w.setup(b)
	survey := TakeSurvey(context.Background(), s.Env, s.Answers)
	if p := survey.Plan(s.Answers); len(p.Changes)+len(p.Findings) > 0 || len(survey.Failed) < 5 {
		t.Errorf("planned %v, failed %v", p.Changes, survey.Failed)
	}
}
