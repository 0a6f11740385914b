package steps

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

const (
	allowAll   = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	denyRoles  = `{"Version":"2012-10-17","Statement":[{"Sid":"NoRoles","Effect":"Deny","Action":"iam:CreateRole","Resource":"*"}]}`
	administer = "arn:aws:iam::aws:policy/AdministratorAccess"
)

// preflights are the findings of a preflight among others.
func preflights(findings []plan.Finding) (of []plan.Finding) {
	for _, f := range findings {
		for _, id := range []string{"account.right-", "account.boundary-", "account.scp-"} {
			if strings.HasPrefix(f.ID, id) {
				of = append(of, f)
			}
		}
	}
	return of
}

// dryRun is what a dry run finds, and would change.
func (w *world) dryRun() (*plan.Summary, []string) {
	w.t.Helper()
	w.events = nil
	mark := len(w.server.Log())
	flow := w.setup(team())
	flow.DryRun = true
	summary := w.run(flow)
	if made := w.mutations(mark); len(made) > 0 {
		w.t.Errorf("a dry run made %v", made)
	}
	return summary, w.plannedIDs()
}

// unforeseen lets nobody simulate.
func (w *world) unforeseen() {
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		return sandbox.Fault{Deny: e.Operation == "SimulatePrincipalPolicy"}
	})
}

// actAsBoss acts as an administrator within a permissions boundary of these statements.
func (w *world) actAsBoss(boundary string) {
	w.t.Helper()
	h, ctx, boss := w.hands("").iam, context.Background(), aws.String("boss")
	made, err := h.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("limits"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + boundary + `]}`)})
	w.must(err)
	_, err = h.CreateUser(ctx, &iam.CreateUserInput{UserName: boss, PermissionsBoundary: made.Policy.Arn})
	w.must(err)
	_, err = h.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: boss, PolicyArn: aws.String(administer)})
	w.must(err)
	key, err := h.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: boss})
	w.must(err)
	w.actAs(sandbox.Credentials{AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey})
}

// editKey changes the key's policy, which then names a user alone, and its description.
func (w *world) editKey(user string) {
	w.t.Helper()
	h, ctx, id := w.hands("").kms, context.Background(), aws.String(w.keyID())
	_, err := h.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{
		KeyId: id, BypassPolicyLockoutSafetyCheck: true,
		Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Sid":"own","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:user/operator","arn:aws:iam::111111111111:user/` + user + `"]},"Action":"kms:*","Resource":"*"}]}`),
	})
	w.must(err)
	_, err = h.UpdateKeyDescription(ctx, &kms.UpdateKeyDescriptionInput{KeyId: id, Description: aws.String("by hand")})
	w.must(err)
}

func TestWhatABoundaryForbidsIsKnownBeforeTheFirstChange(t *testing.T) {
	t.Parallel()
	w := finished(t)
	w.actAsBoss(allowAll + `,{"Sid":"KeysAreOurs","Effect":"Deny","Action":"kms:PutKeyPolicy","Resource":"*"}`)
	w.editKey("boss")
	summary, ids, calls := w.again(team())
	f := findingOf(summary.Findings, "account.boundary-denies")
	if f == nil || f.Severity != plan.Failure || len(preflights(summary.Findings)) != 1 {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence+f.Remedy, "user/boss", "kms:PutKeyPolicy on arn:aws:kms:eu-west-1:111111111111:key/", "in account 111111111111", "policy/limits", "statement KeysAreOurs", "manages the boundary")
	if !slices.Equal(ids, []string{"key.description"}) || !slices.Equal(calls, []string{"kms:UpdateKeyDescription"}) || summary.Failed > 0 {
		t.Errorf("planned %v, called %v, failed %d", ids, calls, summary.Failed)
	}
}

func TestABoundaryThatAllowsNothingOfItStopsOnlyWhatNeedsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.actAsBoss(`{"Effect":"Allow","NotAction":["kms:CreateKey"],"Resource":"*"}`)
	summary, ids := w.dryRun()
	f := findingOf(summary.Findings, "account.boundary-denies")
	if f == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence, "kms:CreateKey on *", "no permissions boundary allows")
	for _, id := range []string{"key.create", "key.alias", "bucket.encryption", "bucket.policy", "init.common-staging"} {
		if slices.Contains(ids, id) {
			t.Errorf("%s is planned without the key", id)
		}
	}
	for _, id := range []string{"iam.user.alice", "bucket.create", "lock.create", "iam.role.staging"} {
		if !slices.Contains(ids, id) {
			t.Errorf("%s is not planned, and does not need the key", id)
		}
	}
}

// TestEveryRightThatTheOperatorLacksIsKnownBefore takes the rights of the README's policy
// away, one after the other, that a first set-up calls for. What is foretold is what AWS
// refuses where nobody may simulate.
func TestEveryRightThatTheOperatorLacksIsKnownBefore(t *testing.T) {
	t.Parallel()
	full := stepstest.OperatorPolicy()
	for action, first := range map[string]string{
		"iam:CreateUser": "iam.user.alice", "iam:TagUser": "iam.user.alice", "iam:CreateAccessKey": "iam.key.alice",
		"iam:CreateGroup": "iam.group.admins", "iam:AddUserToGroup": "iam.member.admins.alice", "iam:AttachGroupPolicy": "iam.policy.stateroom-admins-assume-1.attach",
		"iam:CreatePolicy": "iam.policy.stateroom-admins-assume-1", "iam:TagPolicy": "iam.policy.stateroom-admins-assume-1",
		"kms:CreateKey": "key.create", "kms:TagResource": "key.create", "kms:CreateAlias": "key.alias", "kms:EnableKeyRotation": "key.rotation",
		"s3:CreateBucket": "bucket.create", "s3:PutBucketPublicAccessBlock": "bucket.public-access", "s3:PutBucketVersioning": "bucket.versioning", "s3:TagResource": "bucket.create",
		"s3:PutLifecycleConfiguration": "bucket.lifecycle", "s3:PutEncryptionConfiguration": "bucket.encryption", "s3:PutBucketPolicy": "bucket.policy",
		"dynamodb:CreateTable": "lock.create", "dynamodb:TagResource": "lock.create", "dynamodb:UpdateContinuousBackups": "lock.point-in-time-recovery",
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			w.actAsOperator(without(full, action))
			summary, ids := w.dryRun()
			f := findingOf(summary.Findings, "account.right-missing")
			if f == nil || len(preflights(summary.Findings)) != 1 {
				t.Fatalf("findings %v", summary.Findings)
			}
			says(t, f.Evidence+f.Details, "user/operator-only", action+" on ", "account 111111111111", "none of its policies allows it")
			if slices.Contains(ids, first) {
				t.Errorf("%s is planned", first)
			}
			w.unforeseen()
			tried, flow := w.nine(team())
			tried.Env.Patience = time.Second
			for _, failed := range w.run(flow).Failures {
				if !slices.Contains(f.Stops, failed.Change.ID) {
					t.Errorf("AWS refuses %s: %v", failed.Change.ID, failed.Err)
				}
			}
			if !slices.Contains(w.refused(), first) {
				t.Errorf("AWS does not refuse %s", first)
			}
		})
	}
}

// refused are the changes that failed.
func (w *world) refused() (ids []string) {
	for _, e := range w.events {
		if e.Kind == plan.EventFailed {
			ids = append(ids, e.Change.ID)
		}
	}
	return ids
}

// TestWithoutTheRightToSimulateARunIsAsBefore: and it fails where AWS refuses.
func TestWithoutTheRightToSimulateARunIsAsBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.actAsOperator(without(without(stepstest.OperatorPolicy(), "iam:SimulatePrincipalPolicy"), "kms:EnableKeyRotation"))
	summary := w.run(w.setup(team()))
	if found := preflights(summary.Findings); len(found) > 0 || len(summary.Failures) != 1 || summary.Failures[0].Change.ID != "key.rotation" {
		t.Errorf("findings %v, failures %v", found, summary.Failures)
	}
}

// TestAnAWSThatCannotSimulateIsNoFinding: emulators, and whatever else a simulation may
// fail of.
func TestAnAWSThatCannotSimulateIsNoFinding(t *testing.T) {
	t.Parallel()
	for code, status := range map[string]int{"NotImplemented": 501, "InvalidAction": 400, "InvalidInput": 400, "NoSuchEntity": 404, "ServiceFailure": 500} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Operation == "SimulatePrincipalPolicy" {
					return sandbox.Fault{Code: code, Status: status}
				}
				return sandbox.Fault{}
			})
			begun, s := time.Now(), w.setup(team())
			_, err := s.Review(context.Background())
			if took := time.Since(begun); err != nil || took > preflightWait/2 {
				t.Errorf("the look took %s: %v", took, err)
			}
			w.healthy(w.run(w.setup(team())))
		})
	}
}

// TestAServiceControlPolicyIsNamedBeforeTheFirstChange: it binds an environment, and the
// others go on.
func TestAServiceControlPolicyIsNamedBeforeTheFirstChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.must(w.server.AddSCP("333333333333", "no-roles", denyRoles))
	mark := len(w.server.Log())
	summary := w.run(w.setup(team()))
	f := findingOf(summary.Findings, "account.scp-denies")
	if f == nil || f.Subject != "preprod" || len(preflights(summary.Findings)) != 1 {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence+f.Remedy, "role/OrganizationAccountAccessRole", "iam:CreateRole on arn:aws:iam::333333333333:role/TerraformAdmin", "no-roles (p-", "attached to 333333333333", "statement NoRoles", "organization's policies")
	if w.applied("iam.role.preprod") || !w.applied("iam.role.production.permissions") || summary.Failed > 0 || w.sentTo("333333333333", mark) > 0 {
		t.Errorf("%+v", summary)
	}
}

// sentTo counts what was to change something in an account.
func (w *world) sentTo(account string, from int) (n int) {
	for _, e := range w.server.Log()[from:] {
		if e.Mutating && e.Account == account {
			n++
		}
	}
	return n
}

// TestAServiceControlPolicyOverAllIsOneFinding: it is read once, and nobody asks for those
// below it, since AWS answers two of these questions a second.
func TestAServiceControlPolicyOverAllIsOneFinding(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.must(w.server.AddSCP("root", "no-roles", denyRoles))
	mark := len(w.server.Log())
	summary, ids := w.dryRun()
	asked := map[string]int{}
	for _, e := range w.server.Log()[mark:] {
		asked[e.Operation]++
	}
	if asked["ListPoliciesForTarget"] != 1 || asked["DescribePolicy"] != 2 {
		t.Errorf("the root's policies are listed %d times, its two documents read %d times", asked["ListPoliciesForTarget"], asked["DescribePolicy"])
	}
	found := preflights(summary.Findings)
	if len(found) != 1 || found[0].ID != "account.scp-denies" {
		t.Fatalf("findings %v", found)
	}
	says(t, found[0].Evidence, "attached to r-", "The same applies to")
	for _, e := range team().Environments {
		if slices.Contains(ids, "iam.role."+e.Name) {
			t.Errorf("the role of %s is planned", e.Name)
		}
	}
}

// TestWhatRestsOnAConditionIsNoFinding: a simulation knows neither where a request comes
// from nor how somebody signed in, and says so of some policies only.
func TestWhatRestsOnAConditionIsNoFinding(t *testing.T) {
	t.Parallel()
	const elsewhere, noFactor = `{"NotIpAddress":{"aws:SourceIp":"127.0.0.0/8"}}`, `{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`
	deny := func(action, condition string) string {
		return `{"Effect":"Deny","Action":` + action + `,"Resource":"*","Condition":` + condition + `}`
	}
	whole := func(statement string) string { return `{"Version":"2012-10-17","Statement":[` + statement + `]}` }
	for name, prepare := range map[string]func(*world){
		"of an SCP":        func(w *world) { w.must(w.server.AddSCP("root", "inside", whole(deny(`"iam:CreateRole"`, elsewhere)))) },
		"of an SCP on all": func(w *world) { w.must(w.server.AddSCP("root", "inside", whole(deny(`"*"`, elsewhere)))) },
		"of an SCP on regions": func(w *world) {
			w.must(w.server.AddSCP("root", "eu", whole(deny(`"*"`, `{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]}}`))))
		},
		"of an SCP that exempts some": func(w *world) {
			w.must(w.server.AddSCP("root", "our", whole(deny(`"iam:*"`, `{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/OrganizationAccountAccessRole"}}`))))
		},
		"of a boundary":        func(w *world) { w.actAsBoss(allowAll + "," + deny(`"kms:*"`, elsewhere)) },
		"of a boundary on all": func(w *world) { w.actAsBoss(allowAll + "," + deny(`"*"`, elsewhere)) },
		"of the operator's own": func(w *world) {
			full := stepstest.OperatorPolicy()
			full.Statements = append(full.Statements, policy.ParseOrEmpty(whole(deny(`"kms:*"`, elsewhere))).Statements...)
			w.actAsOperator(full)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			prepare(w)
			w.healthy(w.run(w.setup(team())))
		})
	}
	t.Run("MFA", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, sandbox.Options{})
		w.actAsBoss(allowAll + "," + deny(`"kms:CreateKey"`, noFactor))
		if summary, _ := w.dryRun(); len(preflights(summary.Findings)) > 0 {
			t.Errorf("findings %v", summary.Findings)
		}
	})
}

// TestAKeyThatNamesTheOperatorNeedsNoRightOfTheOperators: the key's own policy allows it.
func TestAKeyThatNamesTheOperatorNeedsNoRightOfTheOperators(t *testing.T) {
	t.Parallel()
	for name, names := range map[string]bool{"named": true, "not named": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := finished(t)
			w.actAsOperator(without(stepstest.OperatorPolicy(), "kms:UpdateKeyDescription"))
			h, ctx, id := w.hands("").kms, context.Background(), aws.String(w.keyID())
			_, err := h.UpdateKeyDescription(ctx, &kms.UpdateKeyDescriptionInput{KeyId: id, Description: aws.String("by hand")})
			w.must(err)
			if names {
				have, err := h.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: id})
				w.must(err)
				_, err = h.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: id, Policy: aws.String(strings.Replace(*have.Policy, `"Statement":[`,
					`"Statement":[{"Sid":"Op","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/operator-only"},"Action":"kms:*","Resource":"*"},`, 1))})
				w.must(err)
			}
			summary, ids := w.dryRun()
			if found := len(preflights(summary.Findings)) > 0; found == names || slices.Contains(ids, "key.description") != names {
				t.Errorf("findings %v, planned %v", summary.Findings, ids)
			}
		})
	}
}

// TestTheOperatorOfTheReadmeIsToldNothing: a simulation asks in every account, and denies
// nothing of what the README's policy allows.
func TestTheOperatorOfTheReadmeIsToldNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.actAsOperator(stepstest.OperatorPolicy())
	w.healthy(w.run(w.setup(team())))
	if denied := w.denied(); len(denied) > 0 {
		t.Errorf("denied: %v", denied)
	}
	simulated := map[string]bool{}
	for _, e := range w.server.Log() {
		if e.Operation == "SimulatePrincipalPolicy" {
			simulated[e.Account] = true
		}
	}
	if accounts := slices.Sorted(maps.Keys(simulated)); !slices.Equal(accounts, []string{"111111111111", "222222222222", "333333333333", "444444444444"}) {
		t.Errorf("simulated in %v", accounts)
	}
	w.editKey("operator-only")
	if summary, _ := w.dryRun(); len(preflights(summary.Findings)) > 0 {
		t.Errorf("findings %v", summary.Findings)
	}
}

// TestARunWithoutChangesSimulatesNothing: the everyday run is no slower.
func TestARunWithoutChangesSimulatesNothing(t *testing.T) {
	t.Parallel()
	w := finished(t)
	mark := len(w.server.Log())
	w.settledNow(team())
	for _, e := range w.server.Log()[mark:] {
		if e.Operation == "SimulatePrincipalPolicy" {
			t.Fatal("a run without changes simulates")
		}
	}
}

// TestAPreflightThatIsOverSaysForHowManyAWSWillAnswer: what nobody was asked about is never
// taken for permitted, and somebody who stops reads no excuse.
func TestAPreflightThatIsOverSaysForHowManyAWSWillAnswer(t *testing.T) {
	t.Parallel()
	changes := []plan.Change{
		{ID: "one", Account: "222222222222", Calls: []awsops.Call{awsops.CreateUser("carol", "", nil)}},
		{ID: "two", Account: "333333333333", Calls: []awsops.Call{awsops.CreateUser("carol", "", nil)}},
	}
	for cause, want := range map[error][]string{
		errPreflightOver: {"After 20s, 0 of 2 accounts checked for permission to make the changes. AWS answers for the others when the changes are made."},
		context.Canceled: nil,
	} {
		var said []string
		env := &engine.Env{Parallel: 1, Emit: func(e plan.Event) { said = append(said, e.Text) }}
		ctx, stop := context.WithCancelCause(context.Background())
		stop(cause)
		p := &Preflight{Env: env, Answers: &blueprint.Answers{Blueprint: team()}, Observed: &Observed{}}
		if found := p.Judge(ctx, changes); len(found) > 0 {
			t.Errorf("%v: it finds %v", cause, found)
		}
		if !slices.Equal(said, want) {
			t.Errorf("%v: it says %q, want %q", cause, said, want)
		}
	}
}

// TestAServiceControlPolicyThatRefusedAChangeIsNamed: where nobody may simulate, AWS's own
// words name no policy.
func TestAServiceControlPolicyThatRefusedAChangeIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.must(w.server.AddSCP("333333333333", "no-roles", denyRoles))
	w.unforeseen()
	summary := w.run(w.setup(team()))
	f := findingOf(summary.Findings, "account.scp-denies")
	if f == nil || len(summary.Failures) != 1 {
		t.Fatalf("findings %v, failures %v", summary.Findings, summary.Failures)
	}
	says(t, f.Evidence+f.Remedy, "iam:CreateRole", "no-roles (p-", "attached to 333333333333", "statement NoRoles")
	if !slices.Equal(f.Stops, []string{"iam.role.preprod"}) || len(f.RequestIDs) != 1 {
		t.Errorf("%+v", f)
	}
}

// TestAServiceControlPolicyThatClosesAnEnvironmentIsNamed: the look itself is refused there.
func TestAServiceControlPolicyThatClosesAnEnvironmentIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.must(w.server.AddSCP("333333333333", "no-looks", `{"Version":"2012-10-17","Statement":[{"Sid":"Closed","Effect":"Deny","Action":"iam:GetRole","Resource":"arn:aws:iam::*:role/Terraform*"}]}`))
	summary, ids := w.dryRun()
	f := findingOf(summary.Findings, "account.scp-denies")
	if f == nil || f.Severity != plan.Info || findingOf(summary.Findings, "iam.environment-unreachable") == nil || slices.Contains(ids, "iam.role.preprod") {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence, "no-looks (p-", "attached to 333333333333", "iam:GetRole", "statement Closed")
}

// TestPoliciesThatMayNotBeReadAreAtMostAHint: AWS's simulation alone stops nothing of what
// it says of service control policies.
func TestPoliciesThatMayNotBeReadAreAtMostAHint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.must(w.server.AddSCP("333333333333", "no-roles", denyRoles))
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		return sandbox.Fault{Deny: e.Operation == "ListPoliciesForTarget"}
	})
	summary, ids := w.dryRun()
	f := findingOf(summary.Findings, "account.scp-unsure")
	if f == nil || f.Severity != plan.Info || !slices.Contains(ids, "iam.role.preprod") {
		t.Errorf("findings %v, planned %v", summary.Findings, ids)
	}
}

// TestARoleIsAskedAboutByItsPath: its session's ARN has lost it, and IAM knows the role by
// nothing else.
func TestARoleIsAskedAboutByItsPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	h, ctx, name := w.hands("").iam, context.Background(), aws.String("Boss")
	_, err := h.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: name, Path: aws.String("/team/"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:AssumeRole"}]}`),
	})
	w.must(err)
	_, err = h.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: name, PolicyName: aws.String("most"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + allowAll + `,{"Effect":"Deny","Action":"kms:CreateKey","Resource":"*"}]}`),
	})
	w.must(err)
	out, err := sts.NewFromConfig(w.config(w.who, "eu-west-1")).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::111111111111:role/team/Boss"), RoleSessionName: aws.String("me"),
	})
	w.must(err)
	w.inSession(out.Credentials)
	summary, _ := w.dryRun()
	f := findingOf(summary.Findings, "account.right-denied")
	if f == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence, "arn:aws:iam::111111111111:role/team/Boss may not do kms:CreateKey", "a Deny statement of", "most")
}

// TestACallsRightsAreThoseThatAWSAsksFor compares what each call is said to need with what
// it is authorized on.
func TestACallsRightsAreThoseThatAWSAsksFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	s, flow := w.nine(team())
	w.healthy(w.run(flow))
	foretold, asked := map[string]bool{}, map[string]bool{}
	p := &Preflight{Env: s.Env, Answers: s.Answers, Observed: s.observed}
	for _, e := range w.events {
		if e.Kind != plan.EventChange {
			continue
		}
		for _, call := range e.Change.Calls {
			rights := call.Rights(p.place(e.Change))
			if len(rights) == 0 {
				t.Errorf("nothing is known of what %s %s needs", call.Service, call.Operation)
			}
			for _, r := range rights {
				foretold[call.Service+":"+call.Operation+" "+strings.TrimSuffix(r.Resource, "key/00000000-0000-0000-0000-000000000000")] = true
			}
		}
	}
	key := w.keyID()
	for _, e := range w.server.Log() {
		if !e.Mutating || e.Code != "" || e.Operation == "PutObject" || e.Operation == "DeleteObject" || strings.HasSuffix(e.Operation, "Item") {
			continue
		}
		what := e.Service + ":" + e.Operation + " " + strings.TrimSuffix(e.Resource, "key/"+key)
		if asked[what] = true; !foretold[what] {
			t.Errorf("AWS asks for %s", what)
		}
	}
	if len(asked) < 20 {
		t.Errorf("asked %v", asked)
	}
}

// withARoleOfOthers is a world with an environment's role that nobody has adopted, whose
// permissions a service control policy leaves to others.
func withARoleOfOthers(t *testing.T) (*world, string) {
	t.Helper()
	w := newWorld(t, sandbox.Options{})
	made, err := w.hands("222222222222").iam.CreateRole(context.Background(), &iam.CreateRoleInput{
		RoleName:                 aws.String(blueprint.DefaultRole),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"sts:AssumeRole"}]}`),
	})
	w.must(err)
	w.must(w.server.AddSCP("222222222222", "theirs", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:PutRolePolicy","Resource":"*"}]}`))
	return w, *made.Role.Arn
}

// TestWhatNobodyAgreedToIsNotForbiddenYet: a change that waits for a word is none of the
// plan's, and is stopped once it is one.
func TestWhatNobodyAgreedToIsNotForbiddenYet(t *testing.T) {
	t.Parallel()
	w, role := withARoleOfOthers(t)
	summary, _ := w.dryRun()
	if found := preflights(summary.Findings); len(found) > 0 || len(summary.NotOurs) < 2 {
		t.Errorf("findings %v, not ours %v", found, summary.NotOurs)
	}
	s, flow := w.nine(team())
	s.Answers.Adopt = []string{role}
	flow.DryRun, w.events = true, nil
	f := findingOf(w.run(flow).Findings, "account.scp-denies")
	if ids := w.plannedIDs(); f == nil || slices.Contains(ids, "iam.role.staging.permissions") || !slices.Contains(ids, "iam.role.staging.tags") {
		t.Errorf("finding %v, planned %v", f, ids)
	}
}

// TestAnAdoptionAtTheQuestionIsJudgedToo: what was asked about before counts for it.
func TestAnAdoptionAtTheQuestionIsJudgedToo(t *testing.T) {
	t.Parallel()
	w, role := withARoleOfOthers(t)
	s, flow := w.nine(team())
	s.Env.Patience = time.Second
	flow.Confirm = func(context.Context, plan.Review) (plan.Decision, error) {
		return plan.Decision{Yes: true, Adopt: []string{role}}, nil
	}
	summary := w.run(flow)
	if findingOf(summary.Findings, "account.scp-denies") == nil || summary.Failed > 0 || w.applied("iam.role.staging.permissions") || !w.applied("iam.role.staging.tags") {
		t.Errorf("findings %v, failures %v", summary.Findings, summary.Failures)
	}
}

// TestAMemberAdminAccountIsUnderServiceControlPoliciesToo: the management account is not,
// and only that one may read them unless it delegates.
func TestAMemberAdminAccountIsUnderServiceControlPoliciesToo(t *testing.T) {
	t.Parallel()
	for account, bound := range map[string]bool{"111111111111": false, "222222222222": true} {
		t.Run(account, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, sandbox.Options{}), team()
			w.must(w.server.AddSCP("root", "no-keys", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"kms:CreateKey","Resource":"*"}]}`))
			if bound {
				out, err := sts.NewFromConfig(w.config(w.who, "eu-west-1")).AssumeRole(context.Background(), &sts.AssumeRoleInput{
					RoleArn: aws.String("arn:aws:iam::" + account + ":role/" + blueprint.DefaultReach), RoleSessionName: aws.String("me"),
				})
				w.must(err)
				w.inSession(out.Credentials)
				b.AdminAccount = account
			}
			flow := w.setup(b)
			flow.DryRun = true
			f := findingOf(w.run(flow).Findings, "account.scp-unsure")
			if (f != nil) != bound {
				t.Fatalf("finding %v", f)
			}
			if bound {
				says(t, f.Evidence+f.Remedy, "role/OrganizationAccountAccessRole", "kms:CreateKey on *", "account 222222222222", "ListPoliciesForTarget")
			}
		})
	}
}

// TestWhatAWSRefusesIsNotProven: the proof would wait for a lock table that nobody may
// make, and then tell the admin's key for it.
func TestWhatAWSRefusesIsNotProven(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"dynamodb:CreateTable", "iam:CreatePolicy", "iam:CreateGroup"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			doc, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + allowAll + `,{"Effect":"Deny","Action":"` + action + `","Resource":"*"}]}`)
			w.must(err)
			w.actAsOperator(doc)
			summary := w.run(w.setup(team()))
			if findingOf(summary.Findings, "account.right-denied") == nil || summary.Failed > 0 {
				t.Fatalf("findings %v, failures %v", summary.Findings, summary.Failures)
			}
			for _, f := range summary.Findings {
				if f.Severity == plan.Failure && f.ID != "account.right-denied" {
					t.Errorf("told besides: %s", f)
				}
			}
			if summary.Proof.State != plan.NotProven || summary.Proof.Why != plan.ProofLeftOut {
				t.Errorf("the proof is %+v", summary.Proof)
			}
		})
	}
}

// TestASimulationIsBelievedByWhatTheLookHasUsed: of every service once, and of an
// environment's role by the right to read the role itself, which is all that its look has
// used.
func TestASimulationIsBelievedByWhatTheLookHasUsed(t *testing.T) {
	t.Parallel()
	o := &Observed{}
	o.Account.Identity.Partition = "aws"
	p := &Preflight{Observed: o, Answers: &blueprint.Answers{Blueprint: team()}}
	right := func(action, resource string) need {
		return need{Right: awsops.Right{Action: action, Resource: resource}}
	}
	const role = "arn:aws:iam::222222222222:role/TerraformAdmin"
	for name, c := range map[string]struct {
		who  *maker
		want []string
	}{
		"the operator": {
			&maker{account: "111111111111", region: "eu-west-1", needs: []need{right("iam:CreateUser", "*"), right("iam:CreateGroup", "*"), right("kms:CreateKey", "*"), right("dynamodb:CreateTable", "*"), right("sso:CreatePermissionSet", "*")}},
			[]string{"iam:ListPolicies on *", "kms:ListAliases on *", "dynamodb:DescribeTable on arn:aws:dynamodb:eu-west-1:111111111111:table/terraform_locks"},
		},
		"a role": {
			&maker{account: "222222222222", role: blueprint.DefaultReach, region: "eu-west-1", needs: []need{right("iam:CreateRole", role), right("iam:PutRolePolicy", role)}},
			[]string{"iam:GetRole on " + role},
		},
	} {
		var got []string
		for _, u := range p.used(c.who) {
			got = append(got, u.Action+" on "+u.Resource)
			if regional := serviceOf(u.Action) != "iam"; regional != (len(u.Context["aws:RequestedRegion"]) == 1) {
				t.Errorf("%s: %s is asked with %v", name, u.Action, u.Context)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		for _, n := range c.who.of(p.used(c.who)) {
			if n.Action == "" || serviceOf(n.Action) == "sso" {
				t.Errorf("%s: %q is asked for", name, n.Action)
			}
		}
	}
}
