package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

func TestEveryChoiceOfAnEnvironmentIsMadeAndAtRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.write("policies/own.json", allowBroad)
	b := team()
	b.Environments[0].Permissions, b.Environments[0].MFA = blueprint.PermissionsPowerUser, true
	b.Environments[1].Permissions, b.Environments[1].Trust = "policies/own.json", blueprint.TrustListed
	b.Environments[2].Permissions, b.Environments[2].RolePath = "arn:aws:iam::aws:policy/ReadOnlyAccess", "/terraform/"
	b.Environments[2].PermissionsBoundary = "arn:aws:iam::aws:policy/PowerUserAccess"
	summary, _, _ := w.again(b)
	w.healthy(summary)
	role := func(environment string) *awsops.Role {
		e, _ := b.Environment(environment)
		role, err := w.setup(b).Env.Sessions.Reach(e.Account, e.Reach, "eu-west-1").Role(context.Background(), e.Role)
		w.must(err)
		return role
	}
	says(t, role("staging").Trust, `"aws:MultiFactorAuthPresent"`, "111111111111:root", "aws:PrincipalOrgID")
	says(t, role("preprod").Trust, "user/alice", "user/bob")
	if strings.Contains(role("preprod").Trust, ":root") {
		t.Errorf("a listed trust lets in the whole account: %s", role("preprod").Trust)
	}
	production := role("production")
	if production.ARN != "arn:aws:iam::444444444444:role/terraform/TerraformAdmin" || production.Boundary != b.Environments[2].PermissionsBoundary {
		t.Errorf("production's role %+v", production)
	}
	for id, want := range map[string]string{
		"iam.role.staging.permissions":    "arn:aws:iam::aws:policy/PowerUserAccess",
		"iam.role.preprod.permissions":    "s3:*",
		"iam.role.production.permissions": "arn:aws:iam::aws:policy/ReadOnlyAccess",
	} {
		says(t, fmt.Sprint(w.plannedChange(id).Calls[0].InputMap()), want)
	}
	says(t, w.plannedChange("iam.policy.stateroom-admins-assume-1").Fields[0].After, "role/terraform/TerraformAdmin")
	w.settledNow(b)
}

func TestANarrowerChoiceReplacesOurEarlierOne(t *testing.T) {
	t.Parallel()
	w := finished(t)
	b := team()
	b.Environments[0].Permissions = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	summary, ids, calls := w.again(b)
	w.healthy(summary)
	if diff := cmp.Diff([]string{"iam.role.staging.inline", "iam.role.staging.permissions", "iam:AttachRolePolicy", "iam:DeleteRolePolicy"}, append(ids, calls...)); diff != "" {
		t.Errorf("changes and calls (-want +got):\n%s", diff)
	}
	w.settledNow(b)
}

func TestARoleWithAnotherPathIsToldAndLeftAlone(t *testing.T) {
	t.Parallel()
	w := finished(t)
	b := team()
	b.Environments[0].RolePath = "/terraform/"
	summary := w.run(w.setup(b))
	f := findingOf(summary.Findings, "iam.role-other-path")
	if f == nil || w.plannedChange("iam.role.staging.trust") != nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence+" "+f.Remedy, "arn:aws:iam::222222222222:role/TerraformAdmin", "--set environment.staging.role_path=/")
}

func TestNewUsersExistBeforeAListedTrustNamesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	b := team()
	b.Environments[0].Trust = blueprint.TrustListed
	w.healthy(w.run(w.setup(b)))
	b.Groups[0].Users = append(b.Groups[0].Users, "carol")
	b.Users = append(b.Users, blueprint.User{Name: "carol", Recipient: b.Users[0].Recipient})
	summary, ids, _ := w.again(b)
	w.healthy(summary)
	if !slices.Contains(ids, "iam.role.staging.trust") || !slices.Contains(w.plannedChange("iam.role.staging.trust").Needs, "iam.user.carol") {
		t.Errorf("planned %v", ids)
	}
	w.settledNow(b)
}

func TestUsersThatExistUnderAPathOrInOtherLettersAreNamedAsTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	_, err := w.hands("").iam.CreateUser(context.Background(), &iam.CreateUserInput{UserName: aws.String("Bob"), Path: aws.String("/people/")})
	w.must(err)
	b := team()
	b.Key.Users, b.Environments[0].Trust = blueprint.KeyUsersListed, blueprint.TrustListed
	summary, ids, _ := w.again(b)
	w.healthy(summary)
	if slices.Contains(ids, "iam.user.bob") || slices.Contains(ids, "iam.key.bob") {
		t.Errorf("somebody else's user was touched: %v", ids)
	}
	says(t, w.plannedChange("key.create").Fields[2].After, "arn:aws:iam::111111111111:user/people/Bob")
	w.settledNow(b)
}

// withStagers is a team in which stagers reach staging only.
func withStagers() *blueprint.Blueprint {
	b := team()
	b.Groups = append(b.Groups, blueprint.Group{Name: "stagers", Users: []string{"bob", "carol"}, Environments: []string{"staging"}})
	b.Users = append(b.Users, blueprint.User{Name: "carol", Recipient: b.Users[0].Recipient})
	b.FillDefaults()
	return b
}

// fresh is the plan for b where nothing is there yet.
func fresh(b *blueprint.Blueprint, me string) (plan.Proposal, *Observed) {
	o := emptyObserved(b)
	a := &blueprint.Answers{Blueprint: b, Me: me}
	var p plan.Proposal
	for _, step := range []Step{iamStep(), keyStep(), bucketStep(), lockStep()} {
		q := step.Plan(o, a)
		p.Changes, p.Findings = append(p.Changes, q.Changes...), append(p.Findings, q.Findings...)
	}
	return p, o
}

// emptyObserved is an organization in which nothing of ours is.
func emptyObserved(b *blueprint.Blueprint) *Observed {
	o := &Observed{}
	o.Account = AccountFacts{
		Identity:     awsops.Identity{ARN: "arn:aws:iam::111111111111:user/operator", Account: b.AdminAccount, Partition: "aws", Kind: awsops.KindUser},
		Organization: &awsops.Organization{ID: "o-abcdefghij", ManagementAccount: b.AdminAccount},
	}
	o.Region.Answered = true
	o.Bucket.Bucket = &awsops.Bucket{Name: b.Bucket.Name, Ownership: awsops.BucketFree}
	return o
}

// documentsOf are the policies that the plan gives a group.
func documentsOf(t testing.TB, p plan.Proposal, group string) []policy.Named {
	t.Helper()
	var docs []policy.Named
	for _, c := range p.Changes {
		if !strings.HasPrefix(c.ID, "iam.policy.stateroom-"+group+"-") || c.Action != plan.Create {
			continue
		}
		text, _ := c.Calls[0].InputMap()["PolicyDocument"].(string)
		docs = append(docs, policy.Named{Name: c.ID, Document: policy.ParseOrEmpty(text)})
	}
	if len(docs) == 0 {
		t.Fatalf("the plan gives %s no policy", group)
	}
	return docs
}

// trustFor is an environment role's trust policy, which an AssumeRole meets
// besides the caller's own policies.
func trustFor(action string) *policy.Named {
	if action != "sts:AssumeRole" {
		return nil
	}
	return &policy.Named{Document: policy.EnvironmentTrust("aws", "111111111111", "o-abcdefghij", nil, false)}
}

func TestARestrictedGroupReachesItsEnvironmentsAndNoOther(t *testing.T) {
	t.Parallel()
	p, o := fresh(withStagers(), "alice")
	const bucket, table = "arn:aws:s3:::acme-terraform-state", "arn:aws:dynamodb:eu-west-1:111111111111:table/terraform_locks"
	cases := []struct {
		action, resource, leading string
		stagers, admins           bool
	}{
		{"sts:AssumeRole", "arn:aws:iam::222222222222:role/TerraformAdmin", "", true, true},
		{"sts:AssumeRole", "arn:aws:iam::444444444444:role/TerraformAdmin", "", false, true},
		{"sts:AssumeRole", "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole", "", false, false},
		{"s3:GetObject", bucket + "/common/staging", "", true, true},
		{"s3:PutObject", bucket + "/common/staging", "", true, true},
		{"s3:DeleteObject", bucket + "/common/staging", "", false, false},
		{"s3:DeleteObject", bucket + "/common/staging.tflock", "", true, true},
		{"s3:PutObject", bucket + "/env:/blue/common/staging", "", true, true},
		{"s3:GetObject", bucket + "/common/production", "", false, true},
		{"s3:PutObject", bucket + "/common/production.tflock", "", false, true},
		{"s3:PutObject", bucket + "/env:/blue/common/production", "", false, true},
		{"s3:PutBucketPolicy", bucket, "", false, false},
		{"dynamodb:PutItem", table, "acme-terraform-state/common/staging", true, true},
		{"dynamodb:PutItem", table, "acme-terraform-state/common/staging-md5", true, true},
		{"dynamodb:PutItem", table, "acme-terraform-state/common/production", false, true},
		{"dynamodb:DeleteTable", table, "", false, false},
		{"kms:Decrypt", o.keyARN(), "", true, true},
		{"kms:ScheduleKeyDeletion", o.keyARN(), "", false, false},
		{"iam:CreateAccessKey", "arn:aws:iam::111111111111:user/carol", "", true, true},
		{"iam:CreateAccessKey", "arn:aws:iam::111111111111:user/alice", "", false, false},
	}
	for _, c := range cases {
		for group, want := range map[string]bool{"stagers": c.stagers, "admins": c.admins} {
			r := policy.Request{
				Principal: "arn:aws:iam::111111111111:user/carol", Action: c.action, Resource: c.resource,
				Context: map[string][]string{"aws:username": {"carol"}, "aws:PrincipalOrgID": {"o-abcdefghij"}},
			}
			if c.leading != "" {
				r.Context["dynamodb:LeadingKeys"] = []string{c.leading}
			}
			got := policy.Evaluate(r, policy.Policies{Identity: documentsOf(t, p, group), Resource: trustFor(c.action)})
			if got.Allowed != want {
				t.Errorf("%s: %s on %s %s allowed = %t, want %t (%s)", group, c.action, c.resource, c.leading, got.Allowed, want, got.Why)
			}
		}
	}
}

func TestAUserInSeveralGroupsIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	b := withStagers()
	summary, ids, _ := w.again(b)
	w.healthy(summary)
	for _, id := range []string{"iam.user.bob", "iam.key.bob", "iam.member.admins.bob", "iam.member.stagers.bob"} {
		if n := len(slices.DeleteFunc(slices.Clone(ids), func(have string) bool { return have != id })); n != 1 {
			t.Errorf("%s was planned %d times", id, n)
		}
	}
	w.settledNow(b)
}

// many is the team with n environments.
func many(n int, environments ...string) *blueprint.Blueprint {
	b := team()
	b.Environments, b.Projects = nil, nil
	for i := range n {
		e := blueprint.NewEnvironment(fmt.Sprintf("env-%04d", i))
		e.Account = fmt.Sprintf("5%011d", i)
		b.Environments = append(b.Environments, e)
		b.Projects = append(b.Projects, blueprint.Project{Name: "common-" + e.Name})
	}
	b.Groups[0].Environments = environments
	b.FillDefaults()
	return b
}

func assumeDocuments(t testing.TB, b *blueprint.Blueprint) []policy.Named {
	t.Helper()
	p, _ := fresh(b, "alice")
	return slices.DeleteFunc(documentsOf(t, p, "admins"), func(d policy.Named) bool { return !strings.Contains(d.Name, "-assume-") })
}

func TestManyEnvironmentsTakeSeveralPoliciesAndThenTheFixedForm(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{3: 1, 150: 2, 1000: 1} {
		docs := assumeDocuments(t, many(n, blueprint.Everything))
		if len(docs) != want {
			t.Errorf("%d environments take %d assume policies, want %d", n, len(docs), want)
		}
		for i := range n {
			got := policy.Evaluate(policy.Request{
				Principal: "arn:aws:iam::111111111111:user/alice", Action: "sts:AssumeRole",
				Resource: fmt.Sprintf("arn:aws:iam::5%011d:role/TerraformAdmin", i),
				Context:  map[string][]string{"aws:ResourceOrgID": {"o-abcdefghij"}, "aws:PrincipalOrgID": {"o-abcdefghij"}},
			}, policy.Policies{Identity: docs, Resource: trustFor("sts:AssumeRole")})
			if !got.Allowed {
				t.Fatalf("of %d environments, number %d cannot be assumed: %s", n, i, got.Why)
			}
		}
	}
	if text := assumeDocuments(t, many(1000, blueprint.Everything))[0].Document.JSON(); !strings.Contains(text, "arn:aws:iam::*:role/TerraformAdmin") || !strings.Contains(text, "aws:ResourceOrgID") {
		t.Errorf("the fixed form is %s", text)
	}
}

func TestARestrictedGroupThatDoesNotFitBlocks(t *testing.T) {
	t.Parallel()
	b := many(1001)
	b.Groups[0].Environments = nil
	for _, e := range b.Environments[:1000] {
		b.Groups[0].Environments = append(b.Groups[0].Environments, e.Name)
	}
	p, _ := fresh(b, "alice")
	f := findingOf(p.Findings, "iam.group-too-large")
	if f == nil || !f.Blocks {
		t.Fatalf("findings %v", findingIDs(p.Findings))
	}
	says(t, f.Evidence+" "+f.Remedy, "Group admins reaches 1000 environments", "Split the group")
}

func TestPoliciesThatAreNoLongerNeededAreDetached(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Accounts: 150})
	b := team()
	b.Projects = b.Projects[:1]
	for i := 4; i <= 150; i++ {
		e := blueprint.NewEnvironment(fmt.Sprintf("env-%04d", i))
		e.Account = fmt.Sprintf("5%011d", i)
		b.Environments = append(b.Environments, e)
	}
	w.healthy(w.run(w.setup(b)))
	if w.plannedChange("iam.policy.stateroom-admins-assume-2.attach") == nil {
		t.Fatal("150 environments took one policy")
	}
	w.settledNow(b)
	b.Environments = b.Environments[:3]
	summary, ids, _ := w.again(b)
	w.healthy(summary)
	if diff := cmp.Diff([]string{"iam.policy.stateroom-admins-assume-1", "iam.policy.stateroom-admins-assume-2.detach"}, ids); diff != "" {
		t.Errorf("changes (-want +planned):\n%s", diff)
	}
	w.settledNow(b)
}

func TestStateKeysOfWhichOneEndsTheOtherAreWarnedOf(t *testing.T) {
	t.Parallel()
	b := withStagers()
	b.Projects[0].StateKey, b.Projects[2].StateKey = "app", "production/app"
	p, _ := fresh(b, "alice")
	f := findingOf(p.Findings, "bucket.keys-overlap")
	if f == nil || f.Severity != plan.Warning {
		t.Fatalf("findings %v", findingIDs(p.Findings))
	}
	says(t, f.Evidence+" "+f.Remedy, `"production/app"`, `"app"`, "stagers", "common-production")
}
