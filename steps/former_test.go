package steps

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// movedTeam is a team whose admins had keys, after its operator let them sign in with Identity
// Center.
func movedTeam(t *testing.T, trust string) (*world, *blueprint.Blueprint) {
	t.Helper()
	w := identityWorld(t, sandbox.Options{})
	before, after := team(), identityTeam()
	for _, b := range []*blueprint.Blueprint{before, after} {
		for i := range b.Environments {
			b.Environments[i].Trust = trust
		}
	}
	w.healthy(w.run(w.setup(before)))
	f := w.nobody(after)
	w.events = nil
	w.healthy(w.run(f))
	return w, after
}

// TestAFormerAdminsKeyProvesUnderItsName: on a laptop that has not moved yet it is the key of
// a user who is no admin any more.
func TestAFormerAdminsKeyProvesUnderItsName(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	s := w.run(w.nobody(identityTeam()))
	if s.Proof.State != plan.ProvenAsOperator || s.Proof.As != "user/alice" {
		t.Errorf("proven: %+v", s.Proof)
	}
}

// keyOf is the only key of a user.
func (w *world) keyOf(user string) awsops.AccessKey {
	w.t.Helper()
	keys, err := w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion).AccessKeys(w.t.Context(), user)
	w.must(err)
	if len(keys) != 1 {
		w.t.Fatalf("%s has %d keys", user, len(keys))
	}
	return keys[0]
}

// deactivate takes a user's key out of use by hand, and activate takes it back into use.
func (w *world) deactivate(user, key string) { w.status(user, key, "Inactive") }

func (w *world) activate(user, key string) { w.status(user, key, "Active") }

func (w *world) status(user, key, status string) {
	w.t.Helper()
	_, err := w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion).Do(w.t.Context(), awsops.UpdateAccessKey(user, key, status))
	w.must(err)
}

// seenEarlier lets this laptop have seen some time earlier what it keeps of a key.
func (w *world) seenEarlier(key string, by time.Duration) {
	w.t.Helper()
	w.must(seenEarlierIn(filepath.Join(w.stateDir(), "journal.jsonl"), key, by))
}

// seenEarlierIn is seenEarlier in a journal.
func seenEarlierIn(path, key string, by time.Duration) error {
	journal, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	aged := 0
	var lines []string
	for _, line := range strings.Split(string(journal), "\n") {
		var r engine.Record
		if json.Unmarshal([]byte(line), &r) == nil && strings.HasSuffix(r.Change, key+".seen") {
			r.Time = r.Time.Add(-by)
			text, err := json.Marshal(r)
			if err != nil {
				return err
			}
			line = string(text)
			aged++
		}
		lines = append(lines, line)
	}
	if aged == 0 {
		return fmt.Errorf("nothing is kept of %s", key)
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600)
}

// journal is what this laptop keeps of what it set out to do.
func (w *world) journal() string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.stateDir(), "journal.jsonl"))
	w.must(err)
	return string(text)
}

// TestADeactivatedKeyIsDeletedOnceNothingHasUsedItForAWeek and not before; one that is active,
// and one that was used since, are told with what used them.
func TestADeactivatedKeyIsDeletedOnceNothingHasUsedItForAWeek(t *testing.T) {
	t.Parallel()
	w, b := movedTeam(t, blueprint.TrustAccount)
	home := w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion)
	alice, bob := w.keyOf("alice"), w.keyOf("bob")
	look := func(id, key, says string) {
		t.Helper()
		w.events = nil
		summary := w.run(w.nobody(b))
		at := slices.IndexFunc(summary.Findings, func(f plan.Finding) bool { return f.ID == id && strings.Contains(f.Evidence, key) })
		if at < 0 || !strings.Contains(summary.Findings[at].String(), says) || summary.Findings[at].Severity != plan.Info {
			t.Errorf("%s of %s: %v", id, key, summary.Findings)
		}
		if ids := w.plannedIDs(); len(ids) > 0 {
			t.Errorf("%s: planned %v", id, ids)
		}
	}
	look("iam.former-key-active", alice.ID, "was last used on")
	look("iam.former-key-active", bob.ID, "was never used")
	w.server.AgeKey(bob.ID, 300*24*time.Hour)
	w.deactivate("bob", bob.ID)
	look("iam.former-key-resting", bob.ID, time.Now().AddDate(0, 0, RestingDays).UTC().Format("2 January 2006"))
	look("iam.former-key-resting", bob.ID, "was never used")
	w.seenEarlier(bob.ID, (RestingDays-1)*24*time.Hour)
	look("iam.former-key-resting", bob.ID, "was never used")
	w.seenEarlier(bob.ID, 2*24*time.Hour)
	w.server.AgeKey(alice.ID, 30*24*time.Hour)
	w.events = nil
	w.healthy(w.run(w.nobody(b)))
	if ids := w.plannedIDs(); !slices.Equal(ids, []string{"iam.former-key." + bob.ID}) {
		t.Errorf("planned %v", ids)
	}
	if keys, err := home.AccessKeys(t.Context(), "bob"); err != nil || len(keys) > 0 {
		t.Errorf("bob has %v, %v", keys, err)
	}
	if !w.keyOf("alice").Active {
		t.Error("the key of who has not moved was touched")
	}
	w.settledForNobody(b)
}

// TestAKeyRestsFromWhenThisLaptopFirstSawItDeactivated: that it was not used for long before
// says nothing, neither where only a dry run has seen it, nor on a laptop that has not, nor
// where somebody has taken it back into use meanwhile.
func TestAKeyRestsFromWhenThisLaptopFirstSawItDeactivated(t *testing.T) {
	t.Parallel()
	w, b := movedTeam(t, blueprint.TrustAccount)
	bob := w.keyOf("bob")
	w.server.AgeKey(bob.ID, 300*24*time.Hour)
	w.deactivate("bob", bob.ID)
	rests := func(where string, dry bool) {
		t.Helper()
		w.events = nil
		f := w.nobody(b)
		f.DryRun = dry
		found := findingOf(w.run(f).Findings, "iam.former-key-resting")
		if found == nil || slices.Contains(w.plannedIDs(), "iam.former-key."+bob.ID) {
			t.Fatalf("%s: found %v, planned %v", where, found, w.plannedIDs())
		}
	}
	before := w.journal()
	rests("a dry run", true)
	if w.journal() != before {
		t.Error("a dry run kept something")
	}
	rests("a run", false)
	kept := w.journal()
	rests("a second run", false)
	if w.journal() != kept {
		t.Error("a second run kept what was known")
	}
	w.seenEarlier(bob.ID, 30*24*time.Hour)
	w.activate("bob", bob.ID)
	w.run(w.nobody(b))
	w.deactivate("bob", bob.ID)
	rests("once it was activated again", false)
	w.seenEarlier(bob.ID, 30*24*time.Hour)
	w.must(os.RemoveAll(w.stateDir()))
	rests("without a journal", false)
	w.seenEarlier(bob.ID, 30*24*time.Hour)
	w.events = nil
	w.run(w.nobody(b))
	if !slices.Contains(w.plannedIDs(), "iam.former-key."+bob.ID) {
		t.Errorf("once it has rested, planned %v", w.plannedIDs())
	}
}

// TestAKeyWhoseUseCannotBeReadIsNotPromisedToBeDeleted.
func TestAKeyWhoseUseCannotBeReadIsNotPromisedToBeDeleted(t *testing.T) {
	t.Parallel()
	w, b := movedTeam(t, blueprint.TrustAccount)
	bob := w.keyOf("bob")
	w.deactivate("bob", bob.ID)
	w.run(w.nobody(b))
	w.seenEarlier(bob.ID, 30*24*time.Hour)
	w.actAsBossUnder(`{"Effect": "Deny", "Action": "iam:GetAccessKeyLastUsed", "Resource": "*"}`)
	w.events = nil
	f := findingOf(w.run(w.nobody(b)).Findings, "iam.former-key-resting")
	if f == nil || strings.Contains(f.Remedy, "No action needed") || !strings.Contains(f.Remedy, "iam:GetAccessKeyLastUsed") || len(w.plannedIDs()) > 0 {
		t.Errorf("found %v, planned %v", f, w.plannedIDs())
	}
}

// TestAKeyThatWasUsedSinceItWasDeactivatedWaitsAnew: somebody had it activated again meanwhile,
// and what used it is told.
func TestAKeyThatWasUsedSinceItWasDeactivatedWaitsAnew(t *testing.T) {
	t.Parallel()
	w, b := movedTeam(t, blueprint.TrustAccount)
	home, alice := w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion), w.keyOf("alice")
	w.server.AgeKey(alice.ID, 30*24*time.Hour)
	s, err := w.nobody(team()).Env.Sessions.Profile(t.Context(), "admin_iam", blueprint.DefaultStateRegion)
	w.must(err)
	_, err = s.Identity(t.Context())
	w.must(err)
	_, err = home.Do(t.Context(), awsops.UpdateAccessKey("alice", alice.ID, "Inactive"))
	w.must(err)
	w.events = nil
	f := findingOf(w.run(w.nobody(b)).Findings, "iam.former-key-resting")
	if f == nil || !strings.Contains(f.Evidence, "for sts in") || slices.Contains(w.plannedIDs(), "iam.former-key."+alice.ID) {
		t.Errorf("found %v, planned %v", f, w.plannedIDs())
	}
}

// TestAKeyOfAUserThatIsNotOursIsDeletedByConsentAlone, though it rests.
func TestAKeyOfAUserThatIsNotOursIsDeletedByConsentAlone(t *testing.T) {
	t.Parallel()
	w, b := movedTeam(t, blueprint.TrustAccount)
	home := w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion)
	do := func(calls ...awsops.Call) (id string) {
		for _, call := range calls {
			out, err := home.Do(t.Context(), call)
			w.must(err)
			id = out.Values["id"]
		}
		return id
	}
	do(awsops.CreateUser("carol", "/", nil), awsops.AddUserToGroup("admins", "carol"))
	key := do(awsops.CreateAccessKey("carol"))
	do(awsops.UpdateAccessKey("carol", key, "Inactive"))
	w.server.AgeKey(key, 30*24*time.Hour)
	w.run(w.nobody(b))
	w.seenEarlier(key, 30*24*time.Hour)
	if summary := w.run(w.nobody(b)); len(summary.NotOurs) != 1 || summary.NotOurs[0].Typed() != key {
		t.Errorf("waits for consent: %v", summary.NotOurs)
	}
	w.keyOf("carol")
	f := w.nobody(b)
	f.Answers.Adopt = []string{key}
	w.healthy(w.run(f))
	if keys, err := home.AccessKeys(t.Context(), "carol"); err != nil || len(keys) > 0 {
		t.Errorf("carol has %v, %v", keys, err)
	}
}

// TestAdminsWhoHaveNotMovedYetStayInATrustThatListsThem, until their key is out of use: a
// switch of the blueprint locks nobody out.
func TestAdminsWhoHaveNotMovedYetStayInATrustThatListsThem(t *testing.T) {
	t.Parallel()
	w, b := movedTeam(t, blueprint.TrustListed)
	home := w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion)
	trusted := func() string {
		t.Helper()
		s, f := w.nine(b)
		f.Answers.Me = ""
		_, err := f.Review(t.Context())
		w.must(err)
		return fmt.Sprint(s.Observed().IAM.Roles["staging"].Role.Trust)
	}
	if doc := trusted(); !strings.Contains(doc, "user/alice") || !strings.Contains(doc, "user/bob") || !strings.Contains(doc, "AWSReservedSSO_Terraform-admins") {
		t.Errorf("after the switch: %s", doc)
	}
	for _, call := range []awsops.Call{awsops.CreateUser("carol", "/", nil), awsops.AddUserToGroup("admins", "carol"), awsops.CreateAccessKey("carol")} {
		_, err := home.Do(t.Context(), call)
		w.must(err)
	}
	w.run(w.nobody(b))
	if doc := trusted(); strings.Contains(doc, "carol") || !strings.Contains(doc, "user/bob") {
		t.Errorf("with somebody in the IAM group whom the role never trusted: %s", doc)
	}
	_, err := home.Do(t.Context(), awsops.UpdateAccessKey("bob", w.keyOf("bob").ID, "Inactive"))
	w.must(err)
	w.run(w.nobody(b))
	if doc := trusted(); strings.Contains(doc, "user/bob") || !strings.Contains(doc, "user/alice") {
		t.Errorf("after bob has moved: %s", doc)
	}
	w.settledForNobody(b)
}

// TestWhoCouldNotBeReadStaysInATrustThatListsThem: a look of which a part was denied takes
// nobody out, lets the new sign-in in all the same, and says so.
func TestWhoCouldNotBeReadStaysInATrustThatListsThem(t *testing.T) {
	t.Parallel()
	for name, denied := range map[string]string{
		"the keys of one":  `{"Effect": "Deny", "Action": "iam:ListAccessKeys", "Resource": "arn:aws:iam::111111111111:user/alice"}`,
		"one user":         `{"Effect": "Deny", "Action": "iam:GetUser", "Resource": "arn:aws:iam::111111111111:user/alice"}`,
		"the group":        `{"Effect": "Deny", "Action": "iam:GetGroup", "Resource": "*"}`,
		"what is the team": `{"Effect": "Deny", "Action": "iam:ListAttachedGroupPolicies", "Resource": "*"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := identityWorld(t, sandbox.Options{})
			before, after := team(), identityTeam()
			for _, b := range []*blueprint.Blueprint{before, after} {
				for i := range b.Environments {
					b.Environments[i].Trust = blueprint.TrustListed
				}
			}
			w.healthy(w.run(w.setup(before)))
			w.actAsBossUnder(denied)
			trusted := func() (string, *plan.Summary) {
				t.Helper()
				s, f := w.nine(after)
				f.Answers.Me = ""
				summary := w.run(f)
				return fmt.Sprint(s.Observed().IAM.Roles["staging"].Role.Trust), summary
			}
			doc, summary := trusted()
			if !strings.Contains(doc, "user/alice") || !strings.Contains(doc, "user/bob") || !strings.Contains(doc, "AWSReservedSSO_Terraform-admins") {
				t.Errorf("trusted: %s", doc)
			}
			f := findingOf(summary.Findings, "iam.former-unread")
			if f == nil || f.Severity != plan.Warning || !strings.Contains(f.Evidence, "staging") || summary.ExitCode(false) != plan.ExitFindings || summary.Failed > 0 {
				t.Errorf("ended with %d: %v, failures %v", summary.ExitCode(false), f, summary.Failures)
			}
			w.events = nil
			if trusted(); len(w.plannedIDs()) > 0 {
				t.Errorf("a further run planned %v", w.plannedIDs())
			}
		})
	}
}

// TestTheOperatorsAndTheIdentityPolicyAreEnoughToSeeAKeyOut, from the switch to its deletion.
func TestTheOperatorsAndTheIdentityPolicyAreEnoughToSeeAKeyOut(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	bob, home := w.keyOf("bob"), w.nobody(team()).Env.Sessions.Home(blueprint.DefaultStateRegion)
	_, err := home.Do(t.Context(), awsops.UpdateAccessKey("bob", bob.ID, "Inactive"))
	w.must(err)
	w.server.AgeKey(bob.ID, 30*24*time.Hour)
	w.actAsOperator(stepstest.OperatorPolicy(), stepstest.IdentityPolicy())
	w.healthy(w.run(w.nobody(identityTeam())))
	w.seenEarlier(bob.ID, 30*24*time.Hour)
	w.events = nil
	w.healthy(w.run(w.nobody(identityTeam())))
	if !slices.Contains(w.plannedIDs(), "iam.former-key."+bob.ID) {
		t.Errorf("planned %v", w.plannedIDs())
	}
	mayNot := func(call string) bool { return call == "sts:AssumeRole" } // the operator is none of the admins
	if denied := slices.DeleteFunc(w.denied(), mayNot); len(denied) > 0 {
		t.Errorf("denied: %v", denied)
	}
}
