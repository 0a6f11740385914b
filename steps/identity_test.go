package steps

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// identityTeam is the team's blueprint with a group that signs in with Identity Center.
func identityTeam() *blueprint.Blueprint {
	b := team()
	b.Groups = []blueprint.Group{{Name: "admins", IdentityCenter: "PlatformAdmins", Environments: []string{blueprint.Everything}}}
	b.Users = nil
	return b
}

// identityWorld is an organization whose Identity Center has that group.
func identityWorld(t *testing.T, o sandbox.Options) *world {
	t.Helper()
	o.IdentityCenter.Region = "eu-central-1"
	w := newWorld(t, o)
	w.must(w.server.Directory(map[string][]string{"PlatformAdmins": {"alice@acme.com"}}))
	time.Sleep(o.Lag) // it was there long before
	return w
}

// nobody is a set-up on the laptop of an operator who is none of the admins.
func (w *world) nobody(b *blueprint.Blueprint) *engine.Flow {
	w.t.Helper()
	f := w.setup(b)
	f.Answers.Me = ""
	return f
}

// settledForNobody wants a further run to find nothing to do.
func (w *world) settledForNobody(b *blueprint.Blueprint) {
	w.t.Helper()
	w.events = nil
	w.healthy(w.run(w.nobody(b)))
	if ids := w.plannedIDs(); len(ids) > 0 {
		w.t.Errorf("a further run planned %v", ids)
	}
}

func TestAGroupOfIdentityCenterGetsAPermissionSetAndNobodyAKey(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sandbox.Options{
		"at once":                  {},
		"assignments take a while": {IdentityCenter: sandbox.CenterOptions{Assigning: 300 * time.Millisecond}},
		"AWS lags":                 {Seed: "1", Lag: harshLag, Propagation: harshLag / 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := identityWorld(t, o)
			summary := w.run(w.nobody(identityTeam()))
			w.healthy(summary)
			told := findingOf(summary.Findings, "iam.identity-sign-in")
			if told == nil || !strings.Contains(told.Details, "sso_role_name = Terraform-admins") || !strings.Contains(told.Details, "sso_region = eu-central-1") {
				t.Errorf("how to sign in: %v", told)
			}
			if !slices.ContainsFunc(summary.Findings, func(f plan.Finding) bool { return strings.Contains(f.Remedy, "--me GROUP") }) {
				t.Errorf("an operator who is a member, and no user, is told %v", summary.Findings)
			}
			for _, e := range w.server.Log() {
				if slices.Contains([]string{"CreateUser", "CreateAccessKey", "CreateGroup"}, e.Operation) {
					t.Errorf("%s was called", e.Operation)
				}
			}
			w.settledForNobody(identityTeam())
		})
	}
}

// TestWhatOthersDoToAPermissionSetIsBroughtBack: a reference and the assignment taken away,
// the duration changed, and a set that the account has in an older state.
func TestWhatOthersDoToAPermissionSetIsBroughtBack(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	w.healthy(w.run(w.nobody(identityTeam())))
	s, f := w.nine(identityTeam())
	f.Answers.Me = ""
	_, err := f.Review(t.Context())
	w.must(err)
	center := s.Observed().IAM.Center
	set, store := center.Sets["admins"], center.Groups["admins"]
	client := ssoadmin.NewFromConfig(w.config(w.server.Operator(), "eu-central-1"))
	name := policyName("admins", "state", 1)
	detach := awsops.ForgetPolicy(center.Instance.ARN, set.ARN, policyPath, name).Input.(*ssoadmin.DetachCustomerManagedPolicyReferenceFromPermissionSetInput)
	_, err = client.DetachCustomerManagedPolicyReferenceFromPermissionSet(t.Context(), detach)
	w.must(err)
	_, err = client.UpdatePermissionSet(t.Context(), &ssoadmin.UpdatePermissionSetInput{
		InstanceArn: aws.String(center.Instance.ARN), PermissionSetArn: aws.String(set.ARN), SessionDuration: aws.String("PT12H"),
	})
	w.must(err)
	w.events = nil
	w.healthy(w.run(w.nobody(identityTeam())))
	for _, id := range []string{policyChangeID(name) + attachSuffix, permissionSetChange("admins") + ".duration", provisionChange("admins")} {
		if !slices.Contains(w.plannedIDs(), id) {
			t.Errorf("%s was not planned: %v", id, w.plannedIDs())
		}
	}
	w.settledForNobody(identityTeam())

	_, err = client.DeleteAccountAssignment(t.Context(), &ssoadmin.DeleteAccountAssignmentInput{
		InstanceArn: aws.String(center.Instance.ARN), PermissionSetArn: aws.String(set.ARN), PrincipalId: aws.String(store.ID), PrincipalType: "GROUP",
		TargetId: aws.String("111111111111"), TargetType: "AWS_ACCOUNT",
	})
	w.must(err)
	w.events = nil
	w.healthy(w.run(w.nobody(identityTeam())))
	if ids := w.plannedIDs(); !slices.Equal(ids, []string{assignmentChange("admins")}) {
		t.Errorf("planned %v", ids)
	}
	w.settledForNobody(identityTeam())
}

// TestWithoutIdentityCenterItIsSaidWhatToDoAndTheRestIsMade in one sentence, by the person
// who can.
func TestWithoutIdentityCenterItIsSaidWhatToDoAndTheRestIsMade(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options sandbox.Options
		admin   string
		id      string
	}{
		"not enabled":         {id: "iam.identity-center-missing"},
		"of one account":      {options: sandbox.Options{IdentityCenter: sandbox.CenterOptions{Region: "eu-central-1", Owner: "222222222222"}}, id: "iam.identity-center-missing"},
		"without an org":      {options: sandbox.Options{Standalone: true}, id: "iam.identity-center-missing"},
		"permission sets off": {options: sandbox.Options{IdentityCenter: sandbox.CenterOptions{Region: "eu-central-1", SetsOff: true}}, id: "iam.identity-center-sets-off"},
		"group not in an IdP": {options: sandbox.Options{IdentityCenter: sandbox.CenterOptions{Region: "eu-central-1", Issuer: "https://idp.example"}}, id: "iam.identity-group-missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.options)
			if c.options.IdentityCenter.Issuer != "" {
				w.must(w.server.Directory(map[string][]string{"Others": {"carol@acme.com"}}))
			}
			summary := w.run(w.nobody(identityTeam()))
			if findingOf(summary.Findings, c.id) == nil {
				t.Errorf("found %v", findingIDs(summary.Findings))
			}
			for _, f := range summary.Failures {
				t.Errorf("%s failed: %v", f.Change.ID, f.Err)
			}
			if summary.ExitCode(false) != plan.ExitFindings {
				t.Errorf("exit code %d", summary.ExitCode(false))
			}
			for _, e := range w.server.Log() {
				if slices.Contains([]string{"CreateGroup", "CreateAccountAssignment"}, e.Operation) {
					t.Errorf("%s was called", e.Operation)
				}
			}
		})
	}
}

// TestAMemberAdminAccountIsToldWhoCanAssignAndHow: the policies are made, and nothing is asked
// of an Identity Center that is not this account's.
func TestAMemberAdminAccountIsToldWhoCanAssignAndHow(t *testing.T) {
	t.Parallel()
	a := &blueprint.Answers{Blueprint: identityTeam()}
	a.FillDefaults()
	env := &engine.Env{}
	o, err := WithoutAWS(t.Context(), env, a)
	if err != nil {
		t.Fatal(err)
	}
	o.Account.Organization.ManagementAccount = "999999999999"
	o.IAM.Center.Refused = centerElsewhere(o, a)
	p := planGroups(o, a).And(planIdentity(o, a))
	f := findingOf(p.Findings, centerIsElsewhere)
	if f == nil || len(f.Stops) == 0 {
		t.Fatalf("found %v", findingIDs(p.Findings))
	}
	for _, says := range []string{"999999999999", "delegated"} {
		if !strings.Contains(f.Remedy, says) {
			t.Errorf("the remedy is %q", f.Remedy)
		}
	}
	for _, says := range []string{"--name Terraform-admins", "Name=" + policyName("admins", "assume", 1) + ",Path=/stateroom/", "Name=" + policyName("admins", "state", 1), "--target-id " + a.AdminAccount} {
		if !strings.Contains(f.Details, says) {
			t.Errorf("%q is not in %q", says, f.Details)
		}
	}
	made := false
	for _, c := range p.Changes {
		made = made || c.Sends("iam", "CreatePolicy")
		if c.Sends("sso") || c.Sends("identitystore") {
			t.Errorf("%s asks Identity Center", c.ID)
		}
	}
	if !made {
		t.Errorf("planned %v", p.Changes)
	}
}

// TestAGroupIsMadeInTheDirectoryOnlyWhenSomebodyAgrees: people are the directory's to keep.
func TestAGroupIsMadeInTheDirectoryOnlyWhenSomebodyAgrees(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{IdentityCenter: sandbox.CenterOptions{Region: "eu-central-1"}})
	summary := w.run(w.nobody(identityTeam()))
	if len(summary.NotOurs) == 0 || summary.NotOurs[0].Agree() != "create" {
		t.Fatalf("nobody was asked: %v", summary.NotOurs)
	}
	if findingOf(summary.Findings, "iam.identity-group-missing") == nil || findingOf(summary.Findings, "iam.not-ours") != nil {
		t.Errorf("of a group that is not there it is found %v", findingIDs(summary.Findings))
	}
	agreed := w.nobody(identityTeam())
	agreed.Answers.Adopt = []string{summary.NotOurs[0].NotOurs}
	w.healthy(w.run(agreed))
	w.settledForNobody(identityTeam())
}

// TestAGroupOfTheDirectoryIsMadeOnceForAllThatAreIt of the blueprint's groups.
func TestAGroupOfTheDirectoryIsMadeOnceForAllThatAreIt(t *testing.T) {
	t.Parallel()
	both := func() *blueprint.Blueprint {
		b := identityTeam()
		b.Groups = append(b.Groups, blueprint.Group{Name: "stagers", IdentityCenter: "PlatformAdmins", Environments: []string{"staging"}})
		return b
	}
	w := newWorld(t, sandbox.Options{IdentityCenter: sandbox.CenterOptions{Region: "eu-central-1"}})
	f := w.nobody(both())
	f.Answers.Adopt = []string{w.run(w.nobody(both())).NotOurs[0].NotOurs}
	w.healthy(w.run(f))
	w.settledForNobody(both())
}

// TestWhoElseHasAPermissionSetIsNamed: the group of the directory that the blueprint named
// before, and somebody by an assignment of their own.
func TestWhoElseHasAPermissionSetIsNamed(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	w.healthy(w.run(w.nobody(identityTeam())))
	w.must(w.server.Directory(map[string][]string{"New": {"bob@acme.com"}}))
	s, f := w.nine(identityTeam())
	f.Answers.Me = ""
	_, err := f.Review(t.Context())
	w.must(err)
	center := s.Observed().IAM.Center
	bob, err := f.Env.Sessions.Home("eu-central-1").StoreUser(t.Context(), center.Instance.Store, "bob@acme.com")
	w.must(err)
	give := awsops.AssignToGroup(center.Instance.ARN, center.Sets["admins"].ARN, bob.ID, "111111111111").Input.(*ssoadmin.CreateAccountAssignmentInput)
	give.PrincipalType = "USER"
	_, err = ssoadmin.NewFromConfig(w.config(w.server.Operator(), "eu-central-1")).CreateAccountAssignment(t.Context(), give)
	w.must(err)
	renamed := identityTeam()
	renamed.Groups[0].IdentityCenter = "New"
	told := findingOf(w.run(w.nobody(renamed)).Findings, "iam.other-members")
	if told == nil || !strings.Contains(told.Evidence, `group "PlatformAdmins", user "bob@acme.com"`) || len(told.Commands) != 2 {
		t.Errorf("told %v", told)
	}
}

// TestShorterSessionsGiveNobodyAnything: and what lasts as long is left as it is.
func TestShorterSessionsGiveNobodyAnything(t *testing.T) {
	t.Parallel()
	b := identityTeam()
	b.IdentityCenter.SessionDuration = "PT2H"
	for have, gives := range map[string]bool{"PT1H": true, "PT4H": false, "PT120M": false} {
		o := foundCenter(b)
		o.IAM.Center.Sets = map[string]awsops.PermissionSet{"admins": {ARN: "arn:aws:sso:::permissionSet/ssoins-1/ps-1", Name: "Terraform-admins", Duration: have}}
		p := planIdentity(o, &blueprint.Answers{Blueprint: b})
		i := slices.IndexFunc(p.Changes, func(c plan.Change) bool { return c.ID == permissionSetChange("admins")+".duration" })
		if (i >= 0) != (have != "PT120M") || i >= 0 && (len(p.Changes[i].Widens()) > 0) != gives {
			t.Errorf("from %s: planned %v", have, p.Changes)
		}
	}
}

// TestTheOperatorsAndTheIdentityPolicyAreEnough for a set-up, a repair and a further run.
func TestTheOperatorsAndTheIdentityPolicyAreEnough(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	w.actAsOperator(stepstest.OperatorPolicy(), stepstest.IdentityPolicy())
	f := w.nobody(identityTeam())
	f.Env.Patience = time.Second
	w.healthy(w.run(f))
	longer := identityTeam()
	longer.IdentityCenter.SessionDuration = "PT4H"
	f = w.nobody(longer)
	f.Env.Patience = time.Second
	w.healthy(w.run(f))
	mayNot := func(call string) bool { return call == "sts:AssumeRole" } // the operator is none of the admins
	if denied := slices.DeleteFunc(w.denied(), mayNot); len(denied) > 0 {
		t.Errorf("denied: %v", denied)
	}
}

// TestAnOperatorWithoutTheIdentityPolicyIsToldWhichOneIsMissing: all else is made.
func TestAnOperatorWithoutTheIdentityPolicyIsToldWhichOneIsMissing(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	w.actAsOperator(stepstest.OperatorPolicy())
	f := w.nobody(identityTeam())
	f.Env.Patience = time.Second
	summary := w.run(f)
	if found := findingOf(summary.Findings, "iam.identity-center-denied"); found == nil || !strings.Contains(found.Remedy, "stateroom policy identity") {
		t.Errorf("found %v", summary.Findings)
	}
	for _, failed := range summary.Failures {
		t.Errorf("%s failed: %v", failed.Change.ID, failed.Err)
	}
}

// TestAPermissionSetIsMadeAndAssignedOnceOnABadDay, on which requests and answers get lost.
func TestAPermissionSetIsMadeAndAssignedOnceOnABadDay(t *testing.T) {
	t.Parallel()
	for _, seed := range stepstest.HardSeeds(t, "1", "2", "3") {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			w := identityWorld(t, sandbox.Options{Seed: seed, Lag: harshLag, Propagation: harshLag / 2, IdentityCenter: sandbox.CenterOptions{Assigning: harshLag}})
			w.server.Intercept(sandbox.Rough(seed))
			var summary *plan.Summary
			for range 4 {
				if summary = w.run(w.nobody(identityTeam())); summary.ExitCode(false) == plan.ExitDone {
					break
				}
			}
			w.healthy(summary)
			time.Sleep(harshLag) // what is looked at is no older
			w.server.Intercept(nil)
			client := ssoadmin.NewFromConfig(w.config(w.server.Operator(), "eu-central-1"))
			instances, err := client.ListInstances(t.Context(), &ssoadmin.ListInstancesInput{})
			w.must(err)
			of := instances.Instances[0].InstanceArn
			sets, err := client.ListPermissionSets(t.Context(), &ssoadmin.ListPermissionSetsInput{InstanceArn: of})
			w.must(err)
			requests, err := client.ListAccountAssignmentCreationStatus(t.Context(), &ssoadmin.ListAccountAssignmentCreationStatusInput{InstanceArn: of})
			w.must(err)
			if len(sets.PermissionSets) != 1 || len(requests.AccountAssignmentsCreationStatus) != 1 {
				t.Errorf("%d permission sets and %d assignments were made", len(sets.PermissionSets), len(requests.AccountAssignmentsCreationStatus))
			}
			w.settledForNobody(identityTeam())
		})
	}
}

// foundCenter is a look at an instance that has the team's group, and no permission set yet.
func foundCenter(b *blueprint.Blueprint) *Observed {
	o := &Observed{Account: AccountFacts{Identity: awsops.Identity{Account: b.AdminAccount, Partition: "aws"}}}
	o.IAM.Groups = map[string]GroupFacts{}
	o.IAM.Center = CenterFacts{
		Instance: &awsops.IdentityCenter{ARN: "arn:aws:sso:::instance/ssoins-1", Region: "eu-west-1", Owner: b.AdminAccount},
		Groups:   map[string]*awsops.StoreGroup{"admins": {ID: "g-1", Name: "PlatformAdmins"}},
	}
	return o
}

// TestWhatIdentityCenterIsStillAtWorkOnIsNotAskedForAgain: it would be made beside the first.
func TestWhatIdentityCenterIsStillAtWorkOnIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	b := identityTeam()
	o := foundCenter(b)
	o.IAM.Center.Sets = map[string]awsops.PermissionSet{"admins": {ARN: "arn:aws:sso:::permissionSet/ssoins-1/ps-1", Name: "Terraform-admins", Duration: "PT1H"}}
	for _, busy := range []bool{true, false} {
		o.IAM.Center.Busy = map[string]bool{"admins": busy}
		p := planIdentity(o, &blueprint.Answers{Blueprint: b})
		asks := slices.ContainsFunc(p.Changes, func(c plan.Change) bool { return c.ID == assignmentChange("admins") })
		if asks == busy || (findingOf(p.Findings, "iam.identity-center-busy") != nil) != busy {
			t.Errorf("busy %v: asks again %v, found %v", busy, asks, findingIDs(p.Findings))
		}
	}
}

// TestNobodyIsGivenHalfAPermissionSet: an account gets a set as it is when it is given, and
// that something was added since may be shown late, so that a run would end with everything
// made and half of it in the account.
func TestNobodyIsGivenHalfAPermissionSet(t *testing.T) {
	t.Parallel()
	b := identityTeam()
	o := foundCenter(b)
	a := &blueprint.Answers{Blueprint: b}
	p := planIdentity(o, a)
	i := slices.IndexFunc(p.Changes, func(c plan.Change) bool { return c.ID == assignmentChange("admins") })
	policies := identityPolicies(o, a, b.Groups[0])
	if i < 0 || len(policies) < 2 {
		t.Fatalf("planned %d changes for the policies %v", len(p.Changes), policies)
	}
	for _, name := range policies {
		if attached := policyChangeID(name) + attachSuffix; !slices.Contains(p.Changes[i].Needs, attached) {
			t.Errorf("the assignment does not wait for %s", attached)
		}
	}
}
