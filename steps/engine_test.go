package steps

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
)

func TestScheduleWaitsForNeedsAndIgnoresNeedsThatAreThereAlready(t *testing.T) {
	s := newSchedule([]Change{{ID: "c", Needs: []string{"a", "b"}}, {ID: "a"}, {ID: "b", Needs: []string{"a", "not planned"}}})
	var order []int
	for {
		i, ok := s.next()
		if !ok {
			break
		}
		order = append(order, i)
		s.done(i)
	}
	if diff := cmp.Diff([]int{1, 2, 0}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestScheduleAFailureSkipsItsDependentsOnly(t *testing.T) {
	s := newSchedule([]Change{{ID: "a"}, {ID: "b", Needs: []string{"a"}}, {ID: "c", Needs: []string{"b"}}, {ID: "d"}, {ID: "e", Needs: []string{"d", "a"}}})
	a, _ := s.next()
	skipped := s.fail(a)
	slices.Sort(skipped)
	if diff := cmp.Diff([]int{1, 2, 4}, skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	d, ok := s.next()
	if !ok || d != 3 {
		t.Fatalf("next is %d, %t; want d", d, ok)
	}
	s.done(d)
	if _, more := s.next(); more || len(s.left()) > 0 {
		t.Errorf("left %v", s.left())
	}
}

func TestWhatComesAfterAChangeIsMadeHoweverThatEnded(t *testing.T) {
	for _, fails := range []bool{false, true} {
		s := newSchedule([]Change{{ID: "deny"}, {ID: "key", After: []string{"deny", "not planned"}}, {ID: "user", Needs: []string{"deny"}, After: []string{"key"}}})
		first, _ := s.next()
		if _, early := s.next(); first != 0 || early {
			t.Fatalf("began with %d, and something else at once: %t", first, early)
		}
		var skipped []int
		if fails {
			skipped = s.fail(0)
		} else {
			s.done(0)
		}
		if next, ok := s.next(); next != 1 || !ok || fails != (len(skipped) == 1) {
			t.Errorf("fails %t: next is %d, %t; skipped %v", fails, next, ok, skipped)
		}
		s.done(1)
		if next, ok := s.next(); ok == fails || ok && next != 2 {
			t.Errorf("fails %t: then %d, %t", fails, next, ok)
		}
	}
}

func TestAStopFinishesWhatIsUnderWayAndLeavesTheRest(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	stop := make(chan struct{})
	s := w.setup(team())
	s.Stop = stop
	closed := false
	s.Emit = func(e Event) {
		w.keep(e)
		if e.Kind == EventApplied && !closed {
			closed = true
			close(stop)
		}
	}
	summary := w.run(s)
	if !summary.Stopped || summary.ExitCode(false) != ExitInterrupted || summary.Skipped == 0 || summary.Failed > 0 || summary.Applied == 0 {
		t.Errorf("summary %+v", summary)
	}
	if got := summary.Applied + summary.Skipped; got != summary.Add+summary.Change+summary.Destroy {
		t.Errorf("%d changes were applied or skipped, %d planned", got, summary.Add+summary.Change+summary.Destroy)
	}
	w.events = nil
	w.healthy(w.run(w.setup(team())))
	w.undoubled()
}

func TestASetupWaitsUntilAWSShowsWhatWasMade(t *testing.T) {
	w := newWorld(t, sandbox.Options{Propagation: 300 * time.Millisecond})
	w.healthy(w.run(w.setup(team())))
	w.undoubled()
	w.settledNow(team())
}

func TestASetupIsThrottledWithoutFailing(t *testing.T) {
	w := newWorld(t, sandbox.Options{Rate: 8})
	w.healthy(w.run(w.setup(team())))
	w.met("Throttling")
	w.undoubled()
}

// met fails the test unless some request was answered with this code.
func (w *world) met(code string) {
	w.t.Helper()
	if !slices.ContainsFunc(w.server.Log(), func(e sandbox.Entry) bool { return e.Code == code }) {
		w.t.Errorf("no request was answered with %s", code)
	}
}

func TestOneAccountsFailureIsListedAndTheOthersGoOn(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.must(w.server.AddSCP("333333333333", "no-iam", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateRole","Resource":"*"}]}`))
	summary := w.run(w.setup(team()))
	if len(summary.Failures) != 1 || summary.Failures[0].Change.ID != "iam.role.preprod" || summary.ExitCode(false) != ExitFailed {
		t.Fatalf("failures %v, exit code %d", summary.Failures, summary.ExitCode(false))
	}
	says(t, summary.Failures[0].Err.Error(), "iam:CreateRole", "333333333333", "assumed-role/OrganizationAccountAccessRole", "explicit deny", "service control policy")
	for _, id := range []string{"iam.role.staging.permissions", "iam.role.production.permissions", "bucket.policy", "iam.policy.stateroom-admins-state-1.attach"} {
		if !w.applied(id) {
			t.Errorf("%s was not made", id)
		}
	}
}

func TestARefusalIsToldBeforeAnOlderStepsError(t *testing.T) {
	s := &Setup{Env: &Env{}, Answers: &blueprint.Answers{}}
	err := s.inspect(context.Background(), []Step{failing{err: errors.New("no such host")}, failing{err: &Refusal{What: "There is no region.", Remedy: "Choose one."}}}, &Observed{})
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Errorf("%v", err)
	}
}

// failing is a step whose inspection fails.
type failing struct {
	regionStep
	err error
}

func (f failing) Inspect(context.Context, *Env, *blueprint.Answers, *Observed) error { return f.err }

func TestJournalSurvivesACutOffLineAndOtherBlueprints(t *testing.T) {
	dir := t.TempDir()
	j, err := OpenJournal(dir, "ours")
	if err != nil {
		t.Fatal(err)
	}
	other, _ := OpenJournal(dir, "theirs")
	for _, err := range []error{
		j.Append("key.create", phaseIntent, map[string]string{}), j.Append("key.create", phaseGot, map[string]string{"id": "one"}),
		other.Append("bucket.create", phaseIntent, nil),
		j.Append("iam.key.bob", phaseIntent, map[string]string{"keys": "AKIA1"}), j.Append("iam.key.eve", phaseIntent, nil), j.Append("iam.key.eve", phaseDone, nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(scopeDir(dir, "ours"), "journal.jsonl")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(f, `{"scope":"ours","change":"lock.create","phase":"int`)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := OpenJournal(dir, "ours")
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Append("after", phaseIntent, nil); err != nil {
		t.Fatal(err)
	}
	again, _ = OpenJournal(dir, "ours")
	before, unfinished := again.Unfinished("iam.key.bob")
	_, finished := again.Unfinished("iam.key.eve")
	if again.Value("key.create", "id") != "one" || again.Intended("bucket.create") || again.Intended("lock.create") || !again.Intended("after") ||
		!unfinished || before["keys"] != "AKIA1" || finished {
		t.Errorf("records %+v", again.records)
	}
	checkMode(t, path, 0o600)
	checkMode(t, filepath.Dir(path), 0o700)
}

func checkMode(t testing.TB, path string, want os.FileMode) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return // has no such bits
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: %v, %v; want mode %04o", path, info.Mode(), err, want)
	}
}

// passphrase is the one that the run showed, which it did once.
func (w *world) passphrase(t testing.TB) age.Identity {
	t.Helper()
	var shown []Event
	for _, e := range w.events {
		if e.Kind == EventPassphrase {
			shown = append(shown, e)
		}
	}
	if len(shown) != 1 || shown[0].Text != "bob" {
		t.Fatalf("passphrases shown: %v", shown)
	}
	identity, err := age.NewScryptIdentity(shown[0].Passphrase.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func open(t testing.TB, path string, identity age.Identity) Handover {
	t.Helper()
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(sealed)), identity)
	if err != nil {
		t.Fatal(err)
	}
	var h Handover
	if err := json.NewDecoder(plain).Decode(&h); err != nil {
		t.Fatal(err)
	}
	return h
}

func sshKey(t testing.TB) (recipient string, identity age.Identity) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	if identity, err = agessh.ParseIdentity(pem.EncodeToMemory(block)); err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))), identity
}
