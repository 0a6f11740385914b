package steps

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// glassTeam is a team that signs in with Identity Center, with a way in for when that is down.
func glassTeam(t *testing.T) (*blueprint.Blueprint, *age.X25519Identity) {
	t.Helper()
	safe, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	b := identityTeam()
	b.Groups = append(b.Groups, blueprint.Group{Name: "emergency", Users: []string{"break-glass"}, BreakGlass: true, Environments: []string{blueprint.Everything}})
	b.Users = []blueprint.User{{Name: "break-glass", Recipient: safe.Recipient().String()}}
	return b, safe
}

// fromTheSafe is the sealed key, opened with nothing but age, as the credentials file has it.
func (w *world) fromTheSafe(safe *age.X25519Identity) (id string, key secret.Secret) {
	w.t.Helper()
	sealed, err := os.Open(filepath.Join(w.dir, "handover", "break-glass.age"))
	w.must(err)
	defer sealed.Close()
	plain, err := age.Decrypt(armor.NewReader(sealed), safe)
	w.must(err)
	text, err := io.ReadAll(plain)
	w.must(err)
	p, _ := profiles.Read(profiles.Credentials, files.Snapshot{Bytes: text}, "admin_iam-long-term")
	id, key, _ = p.Held()
	return id, key
}

// TestTheKeyForEmergenciesIsSealedUnusedAndNothingWithoutMFA: with it the user reaches every
// environment and every state, and its use is told until there is another key.
func TestTheKeyForEmergenciesIsSealedUnusedAndNothingWithoutMFA(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	b, safe := glassTeam(t)
	ctx := t.Context()
	summary := w.run(w.nobody(b))
	told := findingOf(summary.Findings, "iam.break-glass-no-mfa")
	if told == nil || told.Severity != plan.Warning || len(summary.Failures) > 0 || findingOf(summary.Findings, "iam.break-glass-missing") != nil {
		t.Fatalf("found %v, failures %v", findingIDs(summary.Findings), summary.Failures)
	}
	if then := summary.Then; strings.Contains(then, "send ") || !strings.Contains(then, "move handover/break-glass.age into a safe") {
		t.Errorf("of the sealed key it is said %s", then)
	}
	serial := w.enrol("break-glass", "break-glass")
	w.settledForNobody(b)

	id, key := w.fromTheSafe(safe)
	sessions := w.nobody(b).Env.Sessions
	bare := sessions.With(id, key, secret.Secret{}, b.StateRegion)
	tries := func(s *awsops.Session) (errs []error) {
		for _, e := range b.Environments {
			_, err := s.Assume(ctx, b.RoleARN("aws", e))
			errs = append(errs, err)
		}
		_, err := s.GetObject(ctx, b.Bucket.Name, "common/staging")
		if awsops.HasCode(err, "NoSuchKey") {
			err = nil
		}
		_, listed := s.AccessKeys(ctx, "break-glass")
		return append(errs, err, listed)
	}
	for i, err := range tries(bare) {
		if !awsops.IsAccessDenied(err) {
			t.Errorf("without MFA try %d came to %v", i, err)
		}
	}
	out, err := bare.Do(ctx, awsops.GetSessionToken(serial, w.server.Codes(serial, 1)[0], time.Hour))
	w.must(err)
	with := tries(sessions.With(out.Values["id"], out.Secret, out.Token, b.StateRegion))
	for i, err := range with[:len(with)-1] {
		if err != nil {
			t.Errorf("with MFA try %d came to %v", i, err)
		}
	}
	w.events = nil
	used := findingOf(w.run(w.nobody(b)).Findings, "iam.break-glass-used")
	if used == nil || used.Severity != plan.Warning || !strings.Contains(used.Evidence, id) || !strings.Contains(used.Evidence, "for ") {
		t.Errorf("of its use is told %v", used)
	}
	_, err = sessions.Home(b.StateRegion).Do(ctx, awsops.DeleteAccessKey("break-glass", id))
	w.must(err)
	w.healthy(w.run(w.nobody(b)))
	if again, _ := w.fromTheSafe(safe); again == id || again == "" {
		t.Errorf("the safe has key %q", again)
	}
}

// TestAKeyPolicyThatListsItsUsersListsNobodyForEmergencies: whom it lists needs no MFA. The
// group's own policy gives the use of the key, with MFA.
func TestAKeyPolicyThatListsItsUsersListsNobodyForEmergencies(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	b, _ := glassTeam(t)
	b.Key.Users = blueprint.KeyUsersListed
	w.run(w.nobody(b))
	w.enrol("break-glass", "break-glass")
	s, f := w.nine(b)
	f.Answers.Me = ""
	_, err := f.Review(t.Context())
	w.must(err)
	docs, refused := statePolicies(s.Observed(), f.Answers, b.Groups[len(b.Groups)-1])
	if text := fmt.Sprint(s.Observed().Key.Policy); strings.Contains(text, "break-glass") || refused != nil || !strings.Contains(fmt.Sprint(docs), "kms:Decrypt") {
		t.Errorf("the key policy is %s, the group's %v, %v", text, docs, refused)
	}
	w.settledForNobody(b)
}

// TestAWayInIsProposedToATeamWithoutOne as something that it may want, and to nobody else.
func TestAWayInIsProposedToATeamWithoutOne(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	summary := w.run(w.nobody(identityTeam()))
	w.healthy(summary)
	f := findingOf(summary.Findings, "iam.break-glass-missing")
	if f == nil || f.Severity != plan.Info {
		t.Fatalf("found %v", findingIDs(summary.Findings))
	}
	proposed, err := blueprint.Parse("proposed", append(identityTeam().HCL(), strings.ReplaceAll("\n"+f.Details+"\n", "age1...", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")...))
	w.must(err)
	if !proposed.BreaksGlass("break-glass") || !slices.Equal(proposed.AllUsers(), []string{"break-glass"}) || len(proposed.People()) > 0 {
		t.Errorf("what is proposed is %+v", proposed.Groups)
	}
}

// TestTheOperatorsAndTheIdentityPolicyAreEnoughForAWayIn, its device's look included.
func TestTheOperatorsAndTheIdentityPolicyAreEnoughForAWayIn(t *testing.T) {
	t.Parallel()
	w := identityWorld(t, sandbox.Options{})
	b, _ := glassTeam(t)
	w.actAsOperator(stepstest.OperatorPolicy(), stepstest.IdentityPolicy())
	for range 2 {
		f := w.nobody(b)
		f.Env.Patience = time.Second
		if summary := w.run(f); len(summary.Failures) > 0 || findingOf(summary.Findings, "iam.break-glass-no-mfa") == nil {
			t.Errorf("failures %v, found %v", summary.Failures, findingIDs(summary.Findings))
		}
	}
	mayNot := func(call string) bool { return call == "sts:AssumeRole" } // the operator is none of the admins
	if denied := slices.DeleteFunc(w.denied(), mayNot); len(denied) > 0 {
		t.Errorf("denied: %v", denied)
	}
}
