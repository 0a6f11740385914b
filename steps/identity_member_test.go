package steps

import (
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// memberAccount is a member of the organization that is the admin account, and its one
// environment.
const memberAccount = "222222222222"

// memberTeam is a team whose admin account is a member of the organization.
func memberTeam() *blueprint.Blueprint {
	b := identityTeam()
	b.AdminAccount, b.Bucket.Name = memberAccount, "acme-member-state"
	b.Environments = slices.DeleteFunc(b.Environments, func(e blueprint.Environment) bool { return e.Name != "staging" })
	b.Environments[0].Account = memberAccount
	b.Projects = slices.DeleteFunc(b.Projects, func(p blueprint.Project) bool { return p.Environment != "staging" })
	b.IdentityCenter.StartURL, b.IdentityCenter.Region = "https://acme.awsapps.com/start", "eu-central-1"
	return b
}

// TestAMemberAdminAccountIsDoneOnceWhoeverRunsIdentityCenterHasDoneTheRest: what can be made
// from here is made, the rest is named once with who can, and what is done of it is seen by
// the role that comes of it.
func TestAMemberAdminAccountIsDoneOnceWhoeverRunsIdentityCenterHasDoneTheRest(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	boss, b := w.nobody(team()).Env.Sessions, memberTeam()
	w.actAs(w.ownerOf(memberAccount))
	run := func(me string) (*plan.Summary, *plan.Finding) {
		t.Helper()
		w.events = nil
		f := w.nobody(b)
		f.Answers.Member = me
		summary := w.run(f)
		for _, failed := range summary.Failures {
			t.Errorf("%s failed: %v", failed.Change.ID, failed.Err)
		}
		return summary, findingOf(summary.Findings, centerIsElsewhere)
	}
	summary, left := run("")
	if left == nil || !strings.Contains(left.Details, "create-account-assignment") || summary.Applied == 0 || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("ended with %d: %v", summary.ExitCode(false), summary.Findings)
	}
	if _, left = run(""); left == nil || len(w.plannedIDs()) > 0 {
		t.Errorf("a further run planned %v and left %v", w.plannedIDs(), left)
	}

	home := boss.Home("eu-central-1")
	center, refused := OrganizationInstance(t.Context(), &engine.Env{Sessions: boss}, &blueprint.Answers{Blueprint: team()})
	if refused != nil {
		t.Fatal(refused)
	}
	group, err := home.StoreGroup(t.Context(), center.Store, "PlatformAdmins")
	w.must(err)
	do := func(call awsops.Call) awsops.Outputs {
		t.Helper()
		out, err := home.Do(t.Context(), call)
		w.must(err)
		return out
	}
	set := do(awsops.CreatePermissionSet(center.ARN, "Terraform-admins", "by hand", "PT1H", nil)).Values["arn"]
	do(awsops.ReferToPolicy(center.ARN, set, policyPath, policyName("admins", "assume", 1)))
	do(awsops.AssignToGroup(center.ARN, set, group.ID, memberAccount))
	_, left = run("")
	if left == nil || strings.Contains(left.Details, "create-") || strings.Contains(left.Details, "assume-1") ||
		!strings.Contains(left.Details, "Name="+policyName("admins", "state", 1)) || !strings.Contains(left.Details, "provision-permission-set") {
		t.Fatalf("half of it done, left %v", left)
	}

	do(awsops.ReferToPolicy(center.ARN, set, policyPath, policyName("admins", "state", 1)))
	do(awsops.ProvisionPermissionSet(center.ARN, set, memberAccount))
	summary, left = run("")
	w.healthy(summary)
	if left != nil || len(w.plannedIDs()) > 0 || findingOf(summary.Findings, "iam.identity-sign-in") == nil {
		t.Errorf("all of it done: planned %v, found %v", w.plannedIDs(), summary.Findings)
	}
	at := b.IdentityCenter
	b.IdentityCenter.StartURL, b.IdentityCenter.Region = "", ""
	if summary, _ = run("admins"); findingOf(summary.Findings, "files.no-start-url") == nil || summary.ExitCode(false) != plan.ExitFindings {
		t.Errorf("without a start URL: %v", summary.Findings)
	}
	b.IdentityCenter = at
	if summary, _ = run("admins"); len(w.plannedIDs()) != 1 || summary.Failed > 0 {
		t.Errorf("a member's own laptop: planned %v, found %v", w.plannedIDs(), summary.Findings)
	}
}

// TestAPolicyKeepsWhatItSaidWhereIdentityCenterCannotBeAsked who
// has it: what the group reads older versions with stays in it.
func TestAPolicyKeepsWhatItSaidWhereIdentityCenterCannotBeAsked(t *testing.T) {
	t.Parallel()
	a := &blueprint.Answers{Blueprint: memberTeam()}
	a.FillDefaults()
	spare := "arn:aws:kms:eu-west-1:222222222222:key/11111111-1111-1111-1111-111111111111"
	o := &Observed{}
	o.IAM.Groups = map[string]GroupFacts{}
	o.IAM.Policies = map[string]awsops.Policy{}
	for _, name := range []string{policyName("admins", "state", 1), policyName("admins-of-others", "state", 1)} {
		o.IAM.Policies[name] = awsops.Policy{
			Name: name, ARN: iamARN(o, a, "policy"+policyPath+name),
			Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"` + spare + `"}]}`,
		}
	}
	o.IAM.Center.Refused = centerDenied(&awsops.Error{})
	o.Key.Spare, o.Key.Unseen = []SpareKey{{ARN: spare}}, &awsops.Error{}
	o.IAM.identityGroups(o, a)
	if keys := o.readKeys("admins"); !slices.Equal(keys, []string{spare}) {
		t.Errorf("of the keys of older versions the group keeps %v", keys)
	}
	if n := len(o.IAM.Groups["admins"].Attached); n != 1 {
		t.Errorf("the group has %d policies", n)
	}
}
