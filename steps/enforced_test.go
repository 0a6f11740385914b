package steps

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
)

// Organizations enforce things on whatever is made: a permissions boundary on every user and
// role, tags, tags on who asks. What their policies refuse is known before the first change,
// and what the blueprint can give is the first thing that is said.

// madePolicy makes a customer-managed policy in an account, and gives its ARN.
func (w *world) madePolicy(account, name, statements string) string {
	w.t.Helper()
	made, err := w.hands(account).iam.CreatePolicy(context.Background(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)})
	w.must(err)
	return *made.Policy.Arn
}

// actAsBossUnder acts as an administrator to whom a statement applies.
func (w *world) actAsBossUnder(statement string) {
	w.t.Helper()
	w.actAsBoss(allowAll)
	_, err := w.hands("").iam.PutUserPolicy(context.Background(), &iam.PutUserPolicyInput{UserName: aws.String("boss"), PolicyName: aws.String("enforced"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)})
	w.must(err)
}

// foretold is what a set-up tells of what it may not do, and fails of nothing.
func (w *world) foretold(id string) *plan.Finding {
	w.t.Helper()
	summary := w.run(w.setup(team()))
	f := findingOf(summary.Findings, id)
	if f == nil || summary.Failed > 0 || summary.ExitCode(false) != plan.ExitFindings {
		w.t.Fatalf("failures %v, findings %v", summary.Failures, summary.Findings)
	}
	return f
}

func TestTagsThatAnOrganizationAsksForAreNamedAndGiven(t *testing.T) {
	t.Parallel()
	const creations = `"iam:CreateRole","iam:CreateUser","iam:CreatePolicy","s3:CreateBucket","kms:CreateKey","dynamodb:CreateTable"`
	const asked = `{"Sid":"CostCenter","Effect":"Deny","Action":[` + creations + `],"Resource":"*","Condition":{"Null":{"aws:RequestTag/CostCenter":"true"}}}`
	for id, under := range map[string]func(w *world){
		"account.right-denied": func(w *world) { w.actAsBossUnder(asked) },
		"account.scp-denies": func(w *world) {
			w.must(w.server.AddSCP("root", "tags", `{"Version":"2012-10-17","Statement":[`+asked+`]}`))
		},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			under(w)
			f := w.foretold(id)
			says(t, f.Remedy, "the tag CostCenter on what is made", "stateroom setup --set tags.CostCenter=VALUE")
			b := team()
			b.Tags = map[string]string{"CostCenter": "42"}
			w.healthy(w.run(w.setup(b)))
			w.settledNow(b)
		})
	}
}

// TestWhatMayOnlyBeChangedWithATagIsForeseen: of a user, a role or a policy all tags are
// known, and a group has none; a tag of whoever asks is nobody's to know before.
func TestWhatMayOnlyBeChangedWithATagIsForeseen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.actAsBossUnder(`{"Effect":"Deny","Action":["iam:CreateAccessKey","iam:AttachGroupPolicy"],"Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceTag/owner":"platform"}}}`)
	f := w.foretold("account.right-denied")
	says(t, f.Remedy, "the tag owner on what is changed", "--set tags.owner=VALUE", "A group cannot have tags")
	says(t, f.Details, "iam:CreateAccessKey on arn:aws:iam::111111111111:user/alice", "iam:AttachGroupPolicy on arn:aws:iam::111111111111:group/stateroom/")
	w = newWorld(t, sandbox.Options{})
	w.must(w.server.AddSCP("root", "team", `{"Version":"2012-10-17","Statement":[{"Sid":"Team","Effect":"Deny","Action":"iam:CreateRole","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"platform"}}}]}`))
	summary := w.run(w.setup(team()))
	f = findingOf(summary.Findings, "account.scp-denies")
	if f == nil || summary.Failed != len(team().Environments) {
		t.Fatalf("failures %v, findings %v", summary.Failures, summary.Findings)
	}
	says(t, f.Remedy, "the tag team on whoever makes the call")
}

func TestABoundaryThatAnOrganizationAsksForIsNamedAndGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.must(w.server.AddSCP("root", "bounded", `{"Version":"2012-10-17","Statement":[{"Sid":"Bounded","Effect":"Deny","Action":["iam:CreateRole","iam:PutRolePolicy","iam:AttachRolePolicy"],"Resource":"*","Condition":{"StringNotLike":{"iam:PermissionsBoundary":"arn:aws:iam::*:policy/org"}}}]}`))
	says(t, w.foretold("account.scp-denies").Remedy, "--set environment.staging.permissions_boundary=ARN")
	b := team()
	for i := range b.Environments {
		b.Environments[i].PermissionsBoundary = "arn:aws:iam::" + b.Environments[i].Account + ":policy/org"
	}
	summary := w.run(w.setup(b))
	f := findingOf(summary.Findings, "iam.boundary-missing")
	if f == nil || summary.Failed > 0 || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("failures %v, findings %v", summary.Failures, summary.Findings)
	}
	says(t, f.String(), "no such policy in account 222222222222", "--set environment.staging.permissions_boundary=ARN")
	for _, e := range b.Environments {
		w.madePolicy(e.Account, "org", allowAll)
	}
	w.healthy(w.run(w.setup(b)))
	w.settledNow(b)
}

// TestUsersThatNeedABoundaryAreMadeByOthersAndUsed: the blueprint gives users none, so they
// are made by whoever may, and set-up goes on with those that are there.
func TestUsersThatNeedABoundaryAreMadeByOthersAndUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	boundary := w.madePolicy("", "org", allowAll)
	w.actAsBossUnder(`{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*","Condition":{"StringNotEquals":{"iam:PermissionsBoundary":"` + boundary + `"}}}`)
	says(t, w.foretold("account.right-denied").Remedy, "have the users made with it by whoever may", "uses users that are there")
	for _, user := range team().AllUsers() {
		_, err := w.hands("").iam.CreateUser(context.Background(), &iam.CreateUserInput{UserName: &user, PermissionsBoundary: &boundary})
		w.must(err)
	}
	w.healthy(w.run(w.setup(team())))
	w.settledNow(team())
}

// TestAnAdminsBoundaryThatForbidsTerraformIsTold: whatever the group gives, a boundary that
// somebody has set on a user bounds it, and the proof of an operator shows nothing of that.
func TestAnAdminsBoundaryThatForbidsTerraformIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ statements, refused string }{
		"no roles":    {`{"Effect":"Allow","NotAction":"sts:*","Resource":"*"}`, "sts:AssumeRole on arn:aws:iam::222222222222:role/TerraformAdmin and 2 more"},
		"no states":   {`{"Effect":"Allow","NotAction":"s3:Put*","Resource":"*"}`, "s3:PutObject on arn:aws:s3:::acme-terraform-state/*"},
		"no lock":     {allowAll + `,{"Effect":"Deny","Action":"dynamodb:*","Resource":"*"}`, "dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:111111111111:table/terraform_locks"},
		"everything":  {allowAll, ""},
		"by a region": {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}`, ""},
		"by a tag":    {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"platform"}}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := finished(t)
			_, err := w.hands("").iam.PutUserPermissionsBoundary(context.Background(), &iam.PutUserPermissionsBoundaryInput{UserName: aws.String("bob"), PermissionsBoundary: aws.String(w.madePolicy("", "narrow", c.statements))})
			w.must(err)
			summary, ids, calls := w.again(team())
			f := findingOf(summary.Findings, "iam.user-boundary")
			if (f != nil) != (c.refused != "") || len(ids)+len(calls) > 0 {
				t.Fatalf("planned %v, called %v, findings %v", ids, calls, summary.Findings)
			}
			if f == nil {
				w.healthy(summary)
				return
			}
			says(t, f.String(), "User bob has the permissions boundary", c.refused, "Ask whoever manages the boundary")
			if f.Severity != plan.Warning || strings.Contains(f.Evidence, "alice") {
				t.Errorf("%+v", f)
			}
		})
	}
}
