package onboard

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// settled gives bob everything that a user can have.
func (o *office) settled() {
	o.t.Helper()
	c, ctx, bob := o.console(), context.Background(), aws.String("bob")
	_, err := c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("readers")})
	o.must(err)
	_, err = c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String("readers"), UserName: bob})
	o.must(err)
	_, err = c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: bob, Password: aws.String("correct horse")})
	o.must(err)
	_, err = c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: bob, PolicyArn: aws.String("arn:aws:iam::aws:policy/IAMReadOnlyAccess")})
	o.must(err)
	_, err = c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: bob, PolicyName: aws.String("own"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}]}`)})
	o.must(err)
	_, err = c.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: bob, SSHPublicKeyBody: aws.String("ssh-rsa AAAA")})
	o.must(err)
	_, err = c.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{UserName: bob, CertificateBody: aws.String("-----BEGIN")})
	o.must(err)
	_, err = c.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{UserName: bob, ServiceName: aws.String("codecommit.amazonaws.com")})
	o.must(err)
	// Through a client of ours: see awsops's readOnly.
	const device = "arn:aws:iam::111111111111:mfa/bob"
	_, err = o.iam().Do(ctx, awsops.CreateVirtualMFADevice("bob"))
	o.must(err)
	codes := o.server.Codes(device, 2)
	_, err = o.iam().Do(ctx, awsops.EnableMFADevice("bob", device, codes[0], codes[1]))
	o.must(err)
	o.newKey("bob")
}

// theOthers is all of the account but bob: users, groups, roles and policies,
// alice's key at work, and the state's bucket, key and lock.
func (o *office) theOthers() map[string]string {
	o.t.Helper()
	ctx, all := context.Background(), map[string]string{}
	for _, line := range o.server.State() {
		if name, value, _ := strings.Cut(line, " = "); strings.HasPrefix(name, "arn:aws:iam::111111111111:") && !strings.Contains(name, "/bob") {
			all[name] = value
		}
	}
	all["alice's keys"] = strings.Join(o.keys("alice"), " ")
	env := o.env()
	alice, err := env.Sessions.Profile(ctx, "admin_iam", "eu-west-1")
	o.must(err)
	_, err = alice.Assume(ctx, "arn:aws:iam::222222222222:role/TerraformAdmin")
	o.must(err)
	_, err = alice.GetObject(ctx, "acme-terraform-state", "common/staging")
	if err != nil && !awsops.IsNotFound(err) {
		o.t.Error(err)
	}
	bucket, err := env.Sessions.Home("eu-west-1").Bucket(ctx, "acme-terraform-state", "111111111111")
	o.must(err)
	key, err := env.Sessions.Home("eu-west-1").Key(ctx, "alias/terraform")
	o.must(err)
	text, err := json.Marshal([]any{bucket, key})
	o.must(err)
	all["bucket and key"] = string(text)
	return all
}

// taken are the operations that take bob's rights without deleting him.
var taken = []string{
	"AttachUserPolicy", "DeleteLoginProfile", "RemoveUserFromGroup", "RemoveUserFromGroup", "UpdateAccessKey", "UpdateAccessKey",
	"UpdateSSHPublicKey", "UpdateServiceSpecificCredential", "UpdateSigningCertificate",
}

// deleted are those that delete him.
var deleted = []string{
	"DeactivateMFADevice", "DeleteAccessKey", "DeleteAccessKey", "DeleteSSHPublicKey", "DeleteServiceSpecificCredential",
	"DeleteSigningCertificate", "DeleteUser", "DeleteUserPolicy", "DeleteVirtualMFADevice", "DetachUserPolicy", "DetachUserPolicy",
}

func TestRightsAreTakenAndNothingIsDeletedWithoutConsent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.settled()
	handed := o.opened(o.dir, "bob")
	blueprint, others, mark := string(o.answers().HCL()), o.theOthers(), len(o.server.Log())
	summary := o.run(o.offboard("Bob"))
	if summary.ExitCode(false) != plan.ExitDone || len(summary.Notes) != 5 {
		t.Errorf("exit %d, findings %v, notes %v", summary.ExitCode(false), summary.Findings, summary.Notes)
	}
	if d, is := summary.Outcome.(plan.Departure); !is || d.User != "bob" || d.Deny != plan.Denies || !d.Open || d.Until.Before(d.Now) || d.Keys != 2 {
		t.Errorf("outcome %+v", summary.Outcome)
	}
	if p := summary.Proof; p.State != plan.Proven || p.With != plan.WithSimulator || p.At.IsZero() {
		t.Errorf("proof %+v", p)
	}
	if diff := cmp.Diff(taken, o.changed(mark)); diff != "" {
		t.Errorf("calls (-want +made):\n%s", diff)
	}
	if diff := cmp.Diff(taken, o.planned()); diff != "" {
		t.Errorf("calls (-want +told):\n%s", diff)
	}
	words := map[string]int{}
	for _, c := range summary.NotOurs {
		words[c.NotOurs]++
		if !c.ConfirmByName {
			t.Errorf("to agree to: %s, by %q, typed %t", c.Title, c.NotOurs, c.ConfirmByName)
		}
	}
	if want := map[string]int{"bob": 4, "bob/sessions": 2}; !maps.Equal(words, want) {
		t.Errorf("to agree to: %v, want %v", words, want)
	}
	if f := finding(summary, "offboard.user-kept"); f == nil || !strings.Contains(f.String(), "--adopt bob") {
		t.Errorf("findings %v", summary.Findings)
	}
	keys, err := o.iam().AccessKeys(t.Context(), "bob")
	o.must(err)
	if len(keys) != 2 || keys[0].Active || keys[1].Active {
		t.Errorf("bob's keys are %+v", keys)
	}
	if _, err := o.as(handover.KeyPair(handed)).Identity(t.Context()); !awsops.IsUnknownKey(err) {
		t.Errorf("bob's key still opens something: %v", err)
	}
	if diff := cmp.Diff(others, o.theOthers()); diff != "" {
		t.Errorf("others were touched:\n%s", diff)
	}
	if _, err := os.Stat(o.path("handover/bob.age")); err == nil {
		t.Error("the sealed key is still there")
	}
	want := strings.Replace(blueprint, `["alice", "bob"]`, `["alice"]`, 1)
	want = regexp.MustCompile(`\nuser "bob" \{\n.*\n\}\n`).ReplaceAllString(want, "")
	if got, err := os.ReadFile(o.path("stateroom.hcl")); err != nil || cmp.Diff(want, string(got)) != "" {
		t.Errorf("blueprint: %v\n%s", err, cmp.Diff(want, string(got)))
	}
	o.secretless("handover", ".aws")

	before, mark := o.tree(), len(o.server.Log())
	if again := o.run(o.offboard("bob")); again.Applied > 0 || again.ExitCode(false) != plan.ExitDone || len(again.NotOurs) != 6 || len(again.Notes) != 3 {
		t.Errorf("a second run applied %d, exit %d, %d to agree to, notes %v", again.Applied, again.ExitCode(false), len(again.NotOurs), again.Notes)
	}
	if calls, diff := o.changed(mark), cmp.Diff(before, o.tree()); len(calls) > 0 || diff != "" {
		t.Errorf("a second run called %v, files:\n%s", calls, diff)
	}
}

// While the deny is under way, or fails, the user is still in the blueprint that
// says who has access.
func TestEverythingComesAfterTheDeny(t *testing.T) {
	t.Parallel()
	o := newOffice(t, listed)
	o.settled()
	o.opened(o.dir, "bob")
	r, err := o.offboard("bob", "bob", "bob/sessions").Review(t.Context())
	o.must(err)
	for _, c := range r.Changes {
		if deny := denyChange("bob"); c.ID != deny && !slices.Contains(slices.Concat(c.After, c.Needs), deny) {
			t.Errorf("%s does not come after the deny", c.ID)
		}
	}
	for _, id := range []string{"offboard.handover", blueprintChange("bob")} {
		if !slices.ContainsFunc(r.Changes, func(c plan.Change) bool { return c.ID == id }) {
			t.Errorf("%s is not planned", id)
		}
	}
}

func TestAUserIsDeletedWithEverythingOnceTheNameIsTyped(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.settled()
	others, mark := o.theOthers(), len(o.server.Log())
	f := o.offboard("bob")
	f.Confirm = func(_ context.Context, r plan.Review) (plan.Decision, error) {
		return plan.Decision{Yes: true, Adopt: []string{r.NotOurs[0].NotOurs, "bob/sessions"}}, nil
	}
	summary := o.run(f)
	if summary.ExitCode(false) != plan.ExitDone || len(summary.NotOurs)+len(summary.Findings) > 0 {
		t.Errorf("exit %d, findings %v, left %d", summary.ExitCode(false), summary.Findings, len(summary.NotOurs))
	}
	if d, is := summary.Outcome.(plan.Departure); !is || d.Deny != plan.Gone || d.Open || d.Keys != 0 || summary.Proof != (plan.Proof{}) {
		t.Errorf("outcome %+v, proof %+v", summary.Outcome, summary.Proof)
	}
	want := slices.Sorted(slices.Values(slices.Concat(taken, deleted, []string{"PutRolePolicy", "PutRolePolicy"})))
	if diff := cmp.Diff(want, o.changed(mark)); diff != "" {
		t.Errorf("calls (-want +made):\n%s", diff)
	}
	if diff := cmp.Diff(want, o.planned()); diff != "" {
		t.Errorf("calls (-want +told):\n%s", diff)
	}
	if u, err := o.iam().User(t.Context(), "bob"); err != nil || u != nil {
		t.Errorf("bob is %v, %v", u, err)
	}
	if diff := cmp.Diff(others, o.theOthers()); diff != "" {
		t.Errorf("others were touched:\n%s", diff)
	}
	before, mark := o.tree(), len(o.server.Log())
	if again := o.run(o.offboard("bob")); again.ExitCode(false) != plan.ExitDone || len(again.NotOurs)+len(again.Findings) > 0 {
		t.Errorf("a second run: exit %d, findings %v", again.ExitCode(false), again.Findings)
	}
	if calls, diff := o.changed(mark), cmp.Diff(before, o.tree()); len(calls) > 0 || diff != "" {
		t.Errorf("a second run called %v, files:\n%s", calls, diff)
	}
}

func TestADryOffboardingTakesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.settled()
	before, mark := o.tree(), len(o.server.Log())
	f := o.offboard("bob", "bob")
	f.DryRun = true
	summary := o.run(f)
	if summary.ExitCode(true) != plan.ExitChanges || summary.Destroy != 5 {
		t.Errorf("exit %d, %d to destroy", summary.ExitCode(true), summary.Destroy)
	}
	if d, is := summary.Outcome.(plan.Departure); !is || d.Deny != plan.NotDenied || summary.Due == 0 {
		t.Errorf("outcome %+v, %d due", summary.Outcome, summary.Due)
	}
	if calls, diff := o.changed(mark), cmp.Diff(before, o.tree()); len(calls) > 0 || diff != "" {
		t.Errorf("calls %v, files %s", calls, diff)
	}
}

// listed names the users in the key's policy and in the roles' trusts.
func listed(b *blueprint.Blueprint) {
	b.Key.Users = blueprint.KeyUsersListed
	for i := range b.Environments {
		b.Environments[i].Trust = blueprint.TrustListed
	}
}

// TestWhoLeavesIsTakenOutOfAccountsThatAnotherRoleOpens: in a landing zone the role that
// AWS makes by itself is not there, and nobody's trust would be looked at.
func TestWhoLeavesIsTakenOutOfAccountsThatAnotherRoleOpens(t *testing.T) {
	t.Parallel()
	o := newBuilding(t, []func(*blueprint.Blueprint){listed})
	o.options.ControlTower = true
	o.finished("alice")
	o.settled()
	before := o.read("stateroom.hcl")
	mark := len(o.server.Log())
	s := o.run(o.offboard("bob", "bob", "bob/sessions"))
	if s.ExitCode(false) != plan.ExitDone || len(s.NotOurs) > 0 {
		t.Fatalf("exit %d, findings %v", s.ExitCode(false), s.Findings)
	}
	o.unnamed("bob")
	entered := map[string]bool{}
	for _, e := range o.server.Log()[mark:] {
		if e.Operation == "UpdateAssumeRolePolicy" && strings.Contains(e.Caller, ":assumed-role/AWSControlTowerExecution/") {
			entered[e.Account] = true
		}
	}
	if len(entered) != len(o.blueprint.Environments) {
		t.Errorf("trusts were corrected in %v", entered)
	}
	if after := o.read("stateroom.hcl"); strings.Contains(after, "AWSControlTowerExecution") || after == before {
		t.Errorf("the blueprint says\n%s", after)
	}
}

func TestAKilledOffboardingIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	stride := int64(stepstest.Stride(t))
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after its work: %t", after), func(t *testing.T) {
			t.Parallel()
			for n := int64(1); ; n += stride {
				o := newOffice(t, listed)
				o.settled()
				if !o.cut(o.offboard("bob", "bob", "bob/sessions"), n, after) {
					if n < 24 {
						t.Errorf("only %d mutating calls were met", n-1)
					}
					break
				}
				if s := o.run(o.offboard("bob", "bob", "bob/sessions")); s.ExitCode(false) != plan.ExitDone || len(s.NotOurs) > 0 {
					t.Errorf("killed at %d: exit %d, %v", n, s.ExitCode(false), s.Findings)
				}
				if u, err := o.iam().User(t.Context(), "bob"); err != nil || u != nil {
					t.Errorf("killed at %d: bob is %v, %v", n, u, err)
				}
				o.unnamed("bob")
				mark := len(o.server.Log())
				if s := o.run(o.offboard("bob")); s.Applied > 0 || len(o.changed(mark)) > 0 || len(s.NotOurs) > 0 {
					t.Errorf("killed at %d: left to do: %v, %d to agree to", n, o.changed(mark), len(s.NotOurs))
				}
			}
		})
	}
}

func TestLostAnswersOfRemovalsAreNoFailures(t *testing.T) {
	t.Parallel()
	o := newOffice(t, listed)
	o.settled()
	lost := map[string]bool{}
	o.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !e.Mutating || lost[e.Operation] {
			return sandbox.Fault{}
		}
		lost[e.Operation] = true
		return sandbox.Fault{DropAnswer: true}
	})
	if s := o.run(o.offboard("bob", "bob", "bob/sessions")); s.ExitCode(false) != plan.ExitDone || len(lost) < 19 {
		t.Errorf("exit %d, %d answers were lost", s.ExitCode(false), len(lost))
	}
}

func TestAnOffboardingIsRefusedInOneSentence(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	operator := o.answers()
	operator.Groups[0].Users = append(operator.Groups[0].Users, "operator")
	cases := []struct{ name, user, finding, says string }{
		{"oneself", "Operator", "offboard.oneself", "user/operator"},
		{"nobody of this team", "mallory", "offboard.unknown-user", "alice, bob, operator"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := o.refusal((&Offboard{Answers: operator, User: c.user, Now: time.Now}).Flow(o.env()))
			if r.Finding != c.finding || !strings.Contains(r.Error(), c.says) {
				t.Errorf("%s: %v", r.Finding, r)
			}
		})
	}
}

func TestSomebodyElsesUserIsNotTouched(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.console().CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("deploy")})
	o.must(err)
	if r := o.refusal(o.offboard("deploy")); r.Finding != "offboard.unknown-user" {
		t.Errorf("refused as %s", r.Finding)
	}
}

// A user that was there before the set-up carries no tag, and the blueprint that
// named it is edited by then.
func TestADeletionIsOfferedAgainAfterTheBlueprintWasEdited(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.console().UntagUser(t.Context(), &iam.UntagUserInput{UserName: aws.String("bob"), TagKeys: []string{"stateroom"}})
	o.must(err)
	o.run(o.offboard("bob"))
	if slices.Contains(o.answers().AllUsers(), "bob") {
		t.Fatal("the blueprint still names bob")
	}
	o.run(o.offboard("bob", "bob"))
	if u, err := o.iam().User(t.Context(), "bob"); err != nil || u != nil {
		t.Errorf("bob is %v, %v", u, err)
	}
}

func TestAnOrphanedDeviceGoesWithItsUser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.console().CreateVirtualMFADevice(t.Context(), &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("bob")})
	o.must(err)
	_, err = o.console().CreateVirtualMFADevice(t.Context(), &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("bobby")})
	o.must(err)
	o.run(o.offboard("bob"))
	left, err := o.iam().UnassignedMFADevices(t.Context())
	o.must(err)
	if !slices.Equal(left, []string{"arn:aws:iam::111111111111:mfa/bobby"}) {
		t.Errorf("devices left: %v", left)
	}
}

func TestALinkInTheSealedFilesPlaceStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must(os.Rename(o.path("handover/bob.age"), o.path("elsewhere")))
	o.must(os.Symlink(o.path("elsewhere"), o.path("handover/bob.age")))
	summary := o.run(o.offboard("bob"))
	if finding(summary, "offboard.handover-link") == nil || summary.ExitCode(false) != plan.ExitFindings {
		t.Errorf("exit %d, findings %v", summary.ExitCode(false), summary.Findings)
	}
	if _, err := os.Stat(o.path("elsewhere")); err != nil {
		t.Error(err)
	}
}

// A blueprint that cannot be cut, or that nobody is to edit, is told about, and the rights
// are taken all the same. What is next is not to commit it.
func TestRightsAreTakenWhereTheBlueprintCannotBeEdited(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]func(o *office) string{
		"half of one":       func(*office) string { return "version = 1\nbucket {" },
		"written elsewhere": func(o *office) string { return "# Written by our portal. DO NOT EDIT.\n" + string(o.answers().HCL()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			f, left := o.offboard("bob"), text(o)
			o.write("stateroom.hcl", left)
			summary := o.run(f)
			if finding(summary, "offboard.blueprint") == nil || summary.ExitCode(false) != plan.ExitFindings {
				t.Errorf("exit %d, findings %v", summary.ExitCode(false), summary.Findings)
			}
			if summary.Then != "take bob out of the blueprint" {
				t.Errorf("what is next is to %s", summary.Then)
			}
			keys, err := o.iam().AccessKeys(t.Context(), "bob")
			o.must(err)
			if len(keys) != 1 || keys[0].Active {
				t.Errorf("bob's keys are %+v", keys)
			}
			if kept, err := os.ReadFile(filepath.Join(o.dir, "stateroom.hcl")); err != nil || string(kept) != left {
				t.Errorf("the blueprint is now %s, %v", kept, err)
			}
		})
	}
}

// actAs makes an operator with this policy alone and acts as it.
func (o *office) actAs(doc policy.Document) {
	o.t.Helper()
	home, ctx := o.iam(), context.Background()
	var key awsops.Outputs
	for _, call := range []awsops.Call{
		awsops.CreateGroup("operators", "/"), awsops.CreateUser("operator-only", "/", nil),
		awsops.CreatePolicy("operator-needs", "/", "", doc.JSON(), nil),
		awsops.AttachGroupPolicy("operators", "arn:aws:iam::111111111111:policy/operator-needs"),
		awsops.AddUserToGroup("operators", "operator-only"), awsops.CreateAccessKey("operator-only"),
	} {
		var err error
		key, err = home.Do(ctx, call)
		o.must(err)
	}
	o.desk = o.desk.As(sandbox.Credentials{AccessKeyID: key.Values["id"], SecretAccessKey: key.Secret.Reveal()})
}

func TestThePeoplePolicyIsEnoughAndHasNothingToSpare(t *testing.T) {
	t.Parallel()
	o := newOffice(t, listed)
	doc := stepstest.PeoplePolicy()
	operator := o.iam()
	o.settled()
	text, _, err := operator.BucketAccess(t.Context(), "acme-terraform-state", "111111111111")
	o.must(err)
	bucketPolicy := strings.Replace(text, `"Statement":[`, `"Statement":[{"Sid":"Bobs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/bob"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-terraform-state/*"},`, 1)
	_, err = operator.Do(t.Context(), awsops.PutBucketPolicy("acme-terraform-state", "111111111111", bucketPolicy))
	o.must(err)
	_, err = operator.Do(t.Context(), awsops.DeleteAccessKey("bob", o.keys("bob")[1]))
	o.must(err)
	o.actAs(doc)
	mark := len(o.server.Log())
	o.must(os.Remove(o.path("handover/bob.age")))
	for i, f := range []func() *engine.Flow{
		func() *engine.Flow { return o.handover("bob") },
		func() *engine.Flow { return o.offboard("bob", "bob/sessions") },
		func() *engine.Flow { return o.offboard("bob", "bob") },
	} {
		if s := o.run(f()); s.ExitCode(false) != plan.ExitDone || i == 2 && len(s.NotOurs) > 0 {
			t.Errorf("exit %d, findings %v", s.ExitCode(false), s.Findings)
		}
	}
	used := map[string]bool{}
	for _, e := range o.server.Log()[mark:] {
		if e.Code == "AccessDenied" {
			t.Errorf("%s was denied", e.Operation)
		}
		used[e.Service+":"+e.Operation] = true
	}
	for _, s := range doc.Statements {
		for _, action := range s.Actions {
			if !used[action] {
				t.Errorf("%s is granted and not used", action)
			}
		}
	}
}

func TestRightsAreTakenByAnOperatorWhoCannotSeeEverything(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.settled()
	doc := stepstest.PeoplePolicy()
	for i := range doc.Statements {
		doc.Statements[i].Actions = slices.DeleteFunc(doc.Statements[i].Actions, func(a string) bool {
			return a == "iam:ListSigningCertificates" || a == "iam:ListVirtualMFADevices"
		})
	}
	doc.Statements = slices.DeleteFunc(doc.Statements, func(s policy.Statement) bool { return len(s.Actions) == 0 })
	o.actAs(doc)
	summary := o.run(o.offboard("bob", "bob"))
	f := finding(summary, "offboard.not-seen")
	if f == nil || !strings.Contains(f.Evidence, "iam:ListSigningCertificates") || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("exit %d, findings %v", summary.ExitCode(false), summary.Findings)
	}
	keys, err := o.iam().AccessKeys(t.Context(), "bob")
	o.must(err)
	if len(keys) != 2 || keys[0].Active || keys[1].Active {
		t.Errorf("bob's keys are %+v", keys)
	}
}
