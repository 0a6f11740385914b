//go:build integration

package steps

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/blueprint"
	"stateroom/steps/terraform"
)

// lockModes are the three ways to lock, as blueprints.
func lockModes() map[string]*blueprint.Blueprint {
	modes := map[string]*blueprint.Blueprint{"both": team(), "lock file": team(), "table": team()}
	modes["lock file"].Lock = blueprint.Lock{UseLockfile: true}
	modes["table"].Lock = blueprint.Lock{DynamoDBTable: blueprint.DefaultLockTable, BillingMode: blueprint.BillingPayPerRequest}
	return modes
}

// TestEachLockModeCarriesRealWork takes every lock through what its users do
// with it, on the backend.tf that the set-up wrote.
func TestEachLockModeCarriesRealWork(t *testing.T) {
	t.Parallel()
	for name, b := range lockModes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSetUpWorld(t, b)
			w.twiceIsOnce(b)
			alice := w.alice().at("production", one)
			alice.ok("init")
			if left := alice.ok("workspace", "list"); !strings.HasSuffix(left, "* default") || strings.Contains(left, terraform.ProbePrefix) {
				t.Errorf("the probes left workspaces behind: %s", left)
			}
			alice.ok("plan")
			alice.ok("apply", "-auto-approve")
			w.storedUnder("common/production")
			w.lockExcludes(b, alice)
			w.lockOfTheDeadIsFreed(alice)
			w.articlesBackendIsRefused()
		})
	}
}

// twiceIsOnce runs the set-up again: no byte changes, .terraform included, and
// no call is made but the probes'.
func (w *world) twiceIsOnce(b *blueprint.Blueprint) {
	w.t.Helper()
	before := w.tree()
	w.settledNow(b)
	if diff := cmp.Diff(before, w.tree()); diff != "" {
		w.t.Errorf("a second run changed files:\n%s", diff)
	}
}

// storedUnder fails the test unless a state lies at the key, encrypted with the
// team's own KMS key.
func (w *world) storedUnder(key string) {
	w.t.Helper()
	arn := w.stateKey()
	if object, there := w.server.Object("acme-terraform-state", key); !there || object.SSE != "aws:kms" || object.KMSKeyARN != arn {
		w.t.Errorf("%s: there %v, encrypted with %s %s, want %s", key, there, object.SSE, object.KMSKeyARN, arn)
	}
}

// stateKey is the ARN of the state encryption key.
func (w *world) stateKey() string {
	w.t.Helper()
	key, err := w.sessions().Home("eu-west-1").Key(w.t.Context(), blueprint.DefaultKeyAlias)
	w.must(err)
	return key.ARN
}

// lockExcludes lets one apply wait inside a resource while another one tries.
func (w *world) lockExcludes(b *blueprint.Blueprint, alice *shell) {
	w.t.Helper()
	gate := filepath.Join(alice.dir, "gate")
	alice.write("slow.tf", `resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "touch `+gate+`; while test -e `+gate+`; do sleep 0.05; done" }
}
`)
	slow := alice.command("apply", "-auto-approve")
	w.must(slow.Start())
	for range 1200 { // a minute; the apply fails sooner if it cannot begin
		if _, err := os.Stat(gate); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	second := alice.at("production", one)
	second.ok("init")
	said := second.refused(`Error acquiring the state lock.*Lock Info: ID: \S+`, "apply", "-auto-approve")
	refusal := map[bool]string{true: "PreconditionFailed", false: "ConditionalCheckFailedException"}[b.Lock.UseLockfile]
	says(w.t, said, refusal) // the lock file comes first where there are both
	w.must(os.Remove(gate))
	if err := slow.Wait(); err != nil {
		w.t.Errorf("the first apply: %v", err)
	}
	second.ok("plan")
}

// lockOfTheDeadIsFreed kills an apply that holds the lock; alice may free it.
func (w *world) lockOfTheDeadIsFreed(alice *shell) {
	w.t.Helper()
	alice.write("kill.tf", `resource "terraform_data" "kill" {
  provisioner "local-exec" { command = "kill -9 $PPID" }
}
`)
	if out, err := alice.command("apply", "-auto-approve").CombinedOutput(); err == nil {
		w.t.Fatalf("the apply lived:\n%s", out)
	}
	w.must(os.Remove(filepath.Join(alice.dir, "kill.tf")))
	said := alice.refused(`Error acquiring the state lock.*Lock Info: ID: \S+`, "plan")
	id := regexp.MustCompile(`Lock Info: ID: (\S+)`).FindStringSubmatch(said)[1]
	alice.ok("force-unlock", "-force", id)
	alice.ok("plan")
}

// articlesBackendIsRefused takes the encryption out of backend.tf, as the
// article's own block has it: with kms_key_id alone, and with neither.
func (w *world) articlesBackendIsRefused() {
	w.t.Helper()
	for _, argument := range []string{"encrypt", "kms_key_id"} {
		s := w.alice().at("staging", one)
		s.replace("backend.tf", `(?m)^\s*`+argument+` .*\n`, "")
		s.ok("init")
		s.refused(`perform: s3:PutObject on resource: "?arn:aws:s3:::acme-terraform-state/common/staging\S* with an explicit deny in a resource-based policy`,
			"apply", "-auto-approve")
		if _, there := w.server.Object("acme-terraform-state", "common/staging"); there {
			w.t.Errorf("a state without %s was stored", argument)
		}
	}
}
