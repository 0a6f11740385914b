//go:build integration

package steps

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"stateroom/steps/engine"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// production is alice in the real directory of the production project.
func (w *world) production() *shell {
	return &shell{laptop: w.alice(), dir: filepath.Join(w.dir, "live", "production")}
}

// withLocalState gives the production project a state of its own in a local
// file, as a team has it that comes to stateroom late.
func (w *world) withLocalState() *shell {
	w.t.Helper()
	w.write("live/production/main.tf", one)
	s := w.production()
	s.ok("init")
	s.ok("apply", "-auto-approve")
	return s
}

// withBucketState gives the production project a state under another key of
// another bucket, which the operator reaches.
func (w *world) withBucketState() *shell {
	w.t.Helper()
	w.makeBucket(w.hands(""), "acme-old-state", "eu-west-1")
	w.write("live/production/main.tf", one)
	w.write("live/production/backend.tf", w.oldBackend())
	s := w.production()
	s.operator = true
	s.ok("init")
	s.ok("apply", "-auto-approve")
	return s
}

func (w *world) oldBackend() string {
	u := `"` + w.server.URL() + `"`
	return `terraform {
  backend "s3" {
    bucket         = "acme-old-state"
    key            = "production.tfstate"
    region         = "eu-west-1"
    use_path_style = true
    endpoints      = { s3 = ` + u + `, dynamodb = ` + u + `, sts = ` + u + `, iam = ` + u + ` }
  }
}
`
}

// identity is what must survive a move.
type identity struct {
	Lineage string
	Serial  int
	// Resources is compact: OpenTofu writes without spaces what Terraform indents.
	Resources string
}

func identityOf(t *testing.T, text []byte) identity {
	t.Helper()
	var s struct {
		Lineage   string
		Serial    int
		Resources json.RawMessage
	}
	if err := json.Unmarshal(text, &s); err != nil || s.Lineage == "" {
		t.Fatalf("no state: %v\n%s", err, text)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, s.Resources); err != nil {
		t.Fatal(err)
	}
	return identity{Lineage: s.Lineage, Serial: s.Serial, Resources: compact.String()}
}

// arrived fails the test unless the object holds the state that was there
// before, encrypted and unlocked.
func (w *world) arrived(key string, before identity) {
	w.t.Helper()
	object, there := w.server.Object("acme-terraform-state", key)
	if !there {
		w.t.Fatalf("nothing lies at %s", key)
	}
	after := identityOf(w.t.(*testing.T), object.Body)
	if after.Lineage != before.Lineage || after.Serial < before.Serial || after.Resources != before.Resources {
		w.t.Errorf("%s: moved %+v, was %+v", key, after, before)
	}
	if object.KMSKeyARN == "" {
		w.t.Errorf("%s is not encrypted with a key", key)
	}
	if _, held := w.server.Object("acme-terraform-state", key+".tflock"); held {
		w.t.Errorf("%s is still locked", key)
	}
	if item, held := w.server.DynamoItem("111111111111", "eu-west-1", "terraform_locks", "acme-terraform-state/"+key); held {
		w.t.Errorf("%s is still locked: %v", key, item)
	}
}

// adopting is a set-up that may move the production project's state.
func (w *world) adopting(more ...string) *engine.Flow {
	s := w.setup(team())
	s.Answers.Adopt = append([]string{w.production().dir}, more...)
	return s
}

// runLines are the commands for people of all planned Terraform runs.
func (w *world) runLines() []string {
	var lines []string
	for _, e := range w.events {
		if e.Kind == plan.EventChange && e.Change.Run != nil {
			lines = append(lines, e.Change.Run.Lines...)
		}
	}
	return lines
}

func TestDryRunShowsBackupMoveAndComparison(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	w.withLocalState()
	before := w.tree()
	s := w.adopting()
	s.DryRun = true
	w.run(s)
	lines := strings.Join(w.runLines(), "\n")
	says(t, lines, "terraform state pull > ", "--key common/production.tflock --if-none-match '*'", "LockID=acme-terraform-state/common/production,Info=LOCK",
		"--key common/production --if-none-match '*' --server-side-encryption aws:kms", "LockID=acme-terraform-state/common/production-md5",
		"mv ", "terraform init -reconfigure", "compare lineage, serial, resources and outputs")
	if strings.Contains(lines, "-force") {
		t.Errorf("something is forced:\n%s", lines)
	}
	if diff := cmp.Diff(before, w.tree()); diff != "" {
		t.Errorf("a dry run changed files:\n%s", diff)
	}
}

func TestAProjectWithStateIsLeftAsItIsUntilItIsAdopted(t *testing.T) {
	t.Parallel()
	for name, arrange := range map[string]func(*world) *shell{"local": (*world).withLocalState, "bucket": (*world).withBucketState} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRealWorld(t)
			project := arrange(w)
			before := w.below(project.dir)
			summary := w.run(w.setup(team()))
			if diff := cmp.Diff(before, w.below(project.dir)); diff != "" {
				t.Errorf("the project was changed:\n%s", diff)
			}
			f := findingOf(summary.Findings, "init.state-elsewhere")
			if f == nil || summary.ExitCode(false) != plan.ExitFindings {
				t.Fatalf("findings %v, exit code %d", findingIDs(summary.Findings), summary.ExitCode(false))
			}
			says(t, f.String(), project.dir, "--adopt "+project.dir)
			if _, there := w.server.Object("acme-terraform-state", "common/production"); there {
				t.Error("a state was written for it")
			}
			// The other projects do not wait for it.
			for _, other := range []string{"staging", "preprod"} {
				if _, err := os.Stat(filepath.Join(w.dir, "live", other, ".terraform", "terraform.tfstate")); err != nil {
					t.Errorf("project %s was not initialized: %v", other, err)
				}
			}
			project.ok("plan", "-detailed-exitcode")
		})
	}
}

func TestAdoptedLocalStateIsBackedUpMovedAndCompared(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	project := w.withLocalState()
	project.ok("workspace", "new", "blue")
	project.ok("apply", "-auto-approve")
	project.ok("workspace", "select", "default")
	before := identityOf(t, []byte(w.content("live/production/terraform.tfstate")))
	blue := identityOf(t, []byte(w.content("live/production/terraform.tfstate.d/blue/terraform.tfstate")))
	s := w.adopting()
	w.healthy(w.run(s))
	w.arrived("common/production", before)
	w.arrived("env:/blue/common/production", blue)
	backup, err := terraform.ReadBackup(t.Context(), filepath.Join(w.stateDir(), "backup", "common-production-"+engine.PlaceID(project.dir)))
	if err != nil || len(backup) != 2 || backup[1].Lineage != before.Lineage || backup[0].Lineage != blue.Lineage {
		t.Errorf("backup %+v, %v", backup, err)
	}
	w.settledNow(team())
	project.goesOn()
}

func TestAdoptedStateOfAnotherBucketIsBackedUpMovedAndCompared(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]bool{"initialized here": false, "never initialized here": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRealWorld(t)
			project := w.withBucketState()
			old, _ := w.server.Object("acme-old-state", "production.tfstate")
			if forget {
				w.must(os.RemoveAll(filepath.Join(project.dir, ".terraform")))
			}
			w.healthy(w.run(w.adopting()))
			w.arrived("common/production", identityOf(t, old.Body))
			w.settledNow(team())
		})
	}
}

func TestADestinationThatHoldsAStateIsRefused(t *testing.T) {
	t.Parallel()
	w := newSetUpWorld(t, team())
	there := w.alice().at("production", one)
	there.ok("init")
	there.ok("apply", "-auto-approve")
	held, _ := w.server.Object("acme-terraform-state", "common/production")
	w.must(os.RemoveAll(filepath.Join(w.dir, "live", "production")))
	project := w.withLocalState()
	before := w.below(project.dir)
	summary := w.run(w.adopting())
	f := findingOf(summary.Findings, "init.destination-occupied")
	if f == nil || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("findings %v, exit code %d", findingIDs(summary.Findings), summary.ExitCode(false))
	}
	says(t, f.String(), "common-production", "s3://acme-terraform-state/common/production")
	if diff := cmp.Diff(before, w.below(project.dir)); diff != "" {
		t.Errorf("the project was changed:\n%s", diff)
	}
	if now, _ := w.server.Object("acme-terraform-state", "common/production"); string(now.Body) != string(held.Body) {
		t.Error("the state in the bucket was overwritten")
	}
}

// stopAfter ends a run when the change of that id is applied, as a kill between
// two changes does. Changes under way are let finish.
func stopAfter(s *engine.Flow, id string) {
	stop, keep := make(chan struct{}), s.Emit
	var once sync.Once
	s.Env.Parallel, s.Stop = 1, stop
	s.Emit = func(e plan.Event) {
		if e.Kind == plan.EventApplied && e.Change.ID == id {
			once.Do(func() { close(stop) })
		}
		keep(e)
	}
}

func TestAMoveThatWasCutShortIsFinishedByTheNextRun(t *testing.T) {
	t.Parallel()
	backend := func(w *world) string { return plan.FileID(filepath.Join(w.production().dir, "backend.tf")) }
	for name, last := range map[string]func(*world) string{
		"after the backup": func(*world) string { return backupChange("common-production") },
		"after backend.tf": backend,
		"after the move":   func(*world) string { return plan.InitID("common-production") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRealWorld(t)
			w.withLocalState()
			before := identityOf(t, []byte(w.content("live/production/terraform.tfstate")))
			s := w.adopting()
			stopAfter(s, last(w))
			if summary := w.run(s); !summary.Stopped {
				t.Fatalf("the run was not stopped: %v", w.plannedIDs())
			}
			w.healthy(w.run(w.adopting()))
			w.arrived("common/production", before)
			w.settledNow(team())
		})
	}
}

// TestAMoveThatDiedInsideTerraformIsFinished kills after Terraform has written
// the new place and before it has noted so: the state lies in both.
func TestAMoveThatDiedInsideTerraformIsFinished(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	project := w.withLocalState()
	local := w.below(project.dir)
	before := identityOf(t, []byte(w.content("live/production/terraform.tfstate")))
	s := w.adopting()
	w.healthy(w.run(s))
	w.must(s.Env.Journal.Append(engine.InDir(moveChange("common-production"), w.production().dir), engine.PhaseIntent, map[string]string{}))
	w.must(os.RemoveAll(filepath.Join(project.dir, ".terraform")))
	w.write("live/production/terraform.tfstate", local["terraform.tfstate"])
	w.healthy(w.run(w.setup(team())))
	w.arrived("common/production", before)
	w.settledNow(team())
}

func TestABackupIsNeverTakenForALaterState(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	project := w.withLocalState()
	s := w.adopting()
	stopAfter(s, backupChange("common-production"))
	w.run(s)
	w.write("live/production/more.tf", `resource "terraform_data" "more" {}`)
	project.ok("apply", "-auto-approve")
	later := identityOf(t, []byte(w.content("live/production/terraform.tfstate")))
	w.healthy(w.run(w.adopting()))
	w.arrived("common/production", later)
	if states, err := terraform.ReadBackup(t.Context(), filepath.Join(w.stateDir(), "backup", "common-production-"+engine.PlaceID(project.dir)+".2")); err != nil ||
		!slices.ContainsFunc(states, func(s tf.State) bool { return s.Serial == uint64(later.Serial) }) {
		t.Errorf("the second backup: %+v, %v", states, err)
	}
}

func TestWithoutTerraformAProjectWithStateIsNotRepointed(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	project := w.withLocalState()
	before := w.below(project.dir)
	w.engine = nil
	summary := w.run(w.adopting())
	if findingOf(summary.Findings, "init.state-not-moved") == nil {
		t.Errorf("findings %v", findingIDs(summary.Findings))
	}
	if diff := cmp.Diff(before, w.below(project.dir)); diff != "" {
		t.Errorf("the project was changed:\n%s", diff)
	}
}

// TestAMoveWhoseLockStaysIsNoSuccess takes from alice the right to delete her
// lock file: the state is there, and the next run, which may, releases the lock.
func TestAMoveWhoseLockStaysIsNoSuccess(t *testing.T) {
	t.Parallel()
	w := newSetUpWorld(t, team())
	w.must(os.RemoveAll(filepath.Join(w.dir, "live", "production")))
	w.withLocalState()
	w.deny("alice", "s3:DeleteObject")
	summary, err := w.adopting().Run(t.Context()) // OpenTofu's proof meets the same denial
	w.must(err)
	if summary.ExitCode(false) != plan.ExitFailed || len(summary.Failures) == 0 {
		t.Fatalf("exit code %d, findings %v", summary.ExitCode(false), findingIDs(summary.Findings))
	}
	says(t, summary.Failures[0].Err.Error(), "s3://acme-terraform-state/common/production was left behind", "stateroom setup again", "terraform force-unlock ")
	before := identityOf(t, []byte(w.content("live/production/terraform.tfstate")))
	_, err = w.hands("").iam.DeleteUserPolicy(t.Context(), &iam.DeleteUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String("broken")})
	w.must(err)
	w.healthy(w.run(w.setup(team())))
	w.arrived("common/production", before)
}

func (w *world) content(path string) string {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, path))
	w.must(err)
	return string(data)
}

// TestAColleaguesLaptopIsToldThatTheStateMoved has the new files by git and the
// old place in .terraform; nothing may be moved over what lies in the bucket.
func TestAColleaguesLaptopIsToldThatTheStateMoved(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	project := w.withBucketState()
	stale := w.content("live/production/.terraform/terraform.tfstate")
	w.healthy(w.run(w.adopting()))
	w.must(os.RemoveAll(w.stateDir()))
	w.write("live/production/.terraform/terraform.tfstate", stale)
	moved, _ := w.server.Object("acme-terraform-state", "common/production")
	summary := w.run(w.adopting())
	f := findingOf(summary.Findings, "init.moved-elsewhere")
	if f == nil || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("findings %v, exit code %d", findingIDs(summary.Findings), summary.ExitCode(false))
	}
	says(t, f.Remedy, "terraform init -reconfigure in "+project.dir)
	if now, _ := w.server.Object("acme-terraform-state", "common/production"); now.Versions != moved.Versions {
		t.Error("the moved state was written again")
	}
	w.must(os.Remove(filepath.Join(project.dir, "provider.tf")))
	project.ok("init", "-reconfigure")
	project.ok("plan", "-detailed-exitcode")
}

func TestFilesThatWerePointedByHandAreNotFollowedWithoutABackup(t *testing.T) {
	t.Parallel()
	w := newSetUpWorld(t, team())
	pointed := w.content("live/production/backend.tf")
	w.must(os.RemoveAll(filepath.Join(w.dir, "live", "production")))
	w.withLocalState()
	w.write("live/production/backend.tf", pointed)
	summary := w.run(w.adopting())
	if findingOf(summary.Findings, "init.repointed") == nil || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("findings %v, exit code %d", findingIDs(summary.Findings), summary.ExitCode(false))
	}
	if _, there := w.server.Object("acme-terraform-state", "common/production"); there {
		t.Error("a state was moved without a backup")
	}
}
