package onboard

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// unforeseen lets nobody simulate.
func (o *office) unforeseen() {
	o.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		return sandbox.Fault{Deny: e.Operation == "SimulatePrincipalPolicy"}
	})
}

// lacking is a policy without one of its actions.
func lacking(doc policy.Document, action string) policy.Document {
	doc.Statements = slices.Clone(doc.Statements)
	for i, s := range doc.Statements {
		doc.Statements[i].Actions = slices.DeleteFunc(slices.Clone(s.Actions), func(a string) bool { return a == action })
	}
	doc.Statements = slices.DeleteFunc(doc.Statements, func(s policy.Statement) bool { return len(s.Actions) == 0 })
	return doc
}

// bounded gives a user a permissions boundary.
func (c *company) bounded(user, statements string) {
	c.t.Helper()
	made := c.do(awsops.CreatePolicy("limits", "/", "", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},`+statements+`]}`, nil))
	console := (&office{laptop: &laptop{company: c}}).console()
	_, err := console.PutUserPermissionsBoundary(context.Background(), &iam.PutUserPermissionsBoundaryInput{
		UserName: aws.String(user), PermissionsBoundary: aws.String(made.Values["arn"]),
	})
	c.must(err)
}

// TestWhatAnOperatorMayNotTakeIsKnownBeforeAnythingIsTaken takes the rights of the people
// policy away, one after the other, that an offboarding calls for. What is foretold is what
// AWS refuses where nobody may simulate, and the rest is taken all the same.
func TestWhatAnOperatorMayNotTakeIsKnownBeforeAnythingIsTaken(t *testing.T) {
	t.Parallel()
	for action, first := range map[string]string{
		"iam:AttachUserPolicy": "offboard.deny.bob", "iam:UpdateAccessKey": "offboard.key.", "iam:RemoveUserFromGroup": "offboard.member.admins",
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.actAs(lacking(stepstest.PeoplePolicy(), action))
			mark := len(o.server.Log())
			dry := o.offboard("bob")
			dry.DryRun = true
			summary := o.run(dry)
			f := finding(summary, "account.right-missing")
			if f == nil || f.Severity != plan.Failure || !slices.ContainsFunc(f.Stops, func(id string) bool { return strings.HasPrefix(id, first) }) {
				t.Fatalf("findings %v", summary.Findings)
			}
			says(t, f.Evidence+f.Details+f.Remedy, "user/operator-only", action+" on arn:aws:iam::111111111111:", "none of its policies allows it", "stateroom policy people")
			for _, e := range o.events {
				if e.Kind == plan.EventChange && strings.HasPrefix(e.Change.ID, first) {
					t.Errorf("%s is planned", e.Change.ID)
				}
			}
			if made := o.mutations(mark); len(made) > 0 {
				t.Errorf("a dry run made %v", made)
			}
			if whole := o.run(o.offboard("bob")); whole.Failed > 0 || whole.Applied == 0 || whole.ExitCode(false) != plan.ExitFindings {
				t.Errorf("applied %d, failed %d, exit code %d", whole.Applied, whole.Failed, whole.ExitCode(false))
			}
			o.unforeseen()
			tried := o.offboard("bob")
			tried.Env.Patience = time.Second
			summary = o.laptop.run(tried)
			if len(summary.Failures) == 0 {
				t.Error("AWS refuses nothing")
			}
			for _, failed := range summary.Failures {
				if !slices.Contains(f.Stops, failed.Change.ID) {
					t.Errorf("AWS refuses %s, which was not foretold: %v", failed.Change.ID, failed.Err)
				}
			}
		})
	}
}

// TestAnOffboardingIsToldTheServiceControlPolicyThatForbidsIt: in an environment, whose
// role's trust names the user.
func TestAnOffboardingIsToldTheServiceControlPolicyThatForbidsIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t, listed)
	o.must(o.server.AddSCP("222222222222", "trust", `{"Version":"2012-10-17","Statement":[{"Sid":"TrustIsOurs","Effect":"Deny","Action":"iam:UpdateAssumeRolePolicy","Resource":"*"}]}`))
	mark := len(o.server.Log())
	summary := o.run(o.offboard("bob"))
	f := finding(summary, "account.scp-denies")
	if f == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence, "iam:UpdateAssumeRolePolicy on arn:aws:iam::222222222222:role/", "in account 222222222222", "statement TrustIsOurs")
	if !slices.Contains(f.Stops, "offboard.trust.staging") || slices.Contains(f.Stops, "offboard.trust.production") {
		t.Errorf("it stops %v", f.Stops)
	}
	for _, e := range o.server.Log()[mark:] {
		if e.Operation == "UpdateAssumeRolePolicy" && e.Account == "222222222222" {
			t.Error("the trust was tried to be changed")
		}
	}
}

// TestANewAdminIsToldOfABoundaryBeforeAnythingIsMade: the key that was handed over stays,
// and nothing is written.
func TestANewAdminIsToldOfABoundaryBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	c := founded(t)
	c.bounded("bob", `{"Sid":"NoKeys","Effect":"Deny","Action":"iam:CreateAccessKey","Resource":"*"}`)
	l := c.laptop("bob")
	mark := len(c.server.Log())
	_, flow := l.onboarding(l.handed())
	summary := l.run(flow)
	f := finding(summary, "account.boundary-denies")
	if f == nil || f.Severity != plan.Failure || !slices.Contains(f.Stops, "onboard.key.bob") {
		t.Fatalf("findings %v, failures %v", summary.Findings, summary.Failures)
	}
	says(t, f.Evidence+f.Remedy, "user/bob may not do iam:CreateAccessKey", "policy/limits", "Ask the operator")
	if made := c.mutations(mark); len(made) > 0 || summary.Failed > 0 {
		t.Errorf("made %v, failed %d", made, summary.Failed)
	}
	if text := l.read(".aws/credentials"); text != "" {
		t.Errorf("the credentials file holds %q", text)
	}
}

// TestAHandoverThatIAMWillRefuseIsNotBegun: with nothing sealed and nothing deleted.
func TestAHandoverThatIAMWillRefuseIsNotBegun(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.keyless()
	o.unsealed()
	o.actAs(lacking(stepstest.PeoplePolicy(), "iam:CreateAccessKey"))
	mark := len(o.server.Log())
	summary := o.run(o.handover("bob"))
	f := finding(summary, "account.right-missing")
	if f == nil || !slices.Contains(f.Stops, "iam.key.bob") {
		t.Fatalf("findings %v", summary.Findings)
	}
	if made := o.mutations(mark); len(made) > 0 {
		t.Errorf("made %v", made)
	}
}
