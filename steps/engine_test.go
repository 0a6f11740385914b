package steps

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

func TestAStopFinishesWhatIsUnderWayAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	stop := make(chan struct{})
	s := w.setup(team())
	s.Stop = stop
	closed := false
	s.Emit = func(e plan.Event) {
		w.keep(e)
		if e.Kind == plan.EventApplied && !closed {
			closed = true
			close(stop)
		}
	}
	summary := w.run(s)
	if !summary.Stopped || summary.ExitCode(false) != plan.ExitInterrupted || summary.Skipped == 0 || summary.Failed > 0 || summary.Applied == 0 {
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
	t.Parallel()
	w := newWorld(t, sandbox.Options{Propagation: 300 * time.Millisecond})
	w.healthy(w.run(w.setup(team())))
	w.undoubled()
	w.settledNow(team())
}

func TestASetupIsThrottledWithoutFailing(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.unforeseen()
	w.must(w.server.AddSCP("333333333333", "no-iam", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateRole","Resource":"*"}]}`))
	summary := w.run(w.setup(team()))
	if len(summary.Failures) != 1 || summary.Failures[0].Change.ID != "iam.role.preprod" || summary.ExitCode(false) != plan.ExitFailed {
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
	t.Parallel()
	list := List(failing("a", errors.New("no such host")), failing("b", &plan.Refusal{What: "There is no region.", Remedy: "Choose one."}))
	failed := Failures{}
	Look{Env: &engine.Env{}, Answers: &blueprint.Answers{}}.inspect(context.Background(), list, &Observed{}, failed)
	err := failed.first(list)
	var refusal *plan.Refusal
	if !errors.As(err, &refusal) {
		t.Errorf("%v", err)
	}
}

// failing is a step whose inspection fails.
func failing(name plan.StepName, err error) Step {
	return Step{Name: name, Inspect: func(context.Context, *engine.Env, *blueprint.Answers, *Observed) error { return err }}
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
	var shown []plan.Event
	for _, e := range w.events {
		if e.Kind == plan.EventPassphrase {
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

func open(t testing.TB, path string, identity age.Identity) handover.Handover {
	t.Helper()
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(sealed)), identity)
	if err != nil {
		t.Fatal(err)
	}
	var h handover.Handover
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
