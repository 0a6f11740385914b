//go:build integration

package steps

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// elsewhere is the same team's clone on a colleague's laptop, with the files and
// the profile of this one as they are now, and a state directory of its own.
func (w *world) elsewhere() *world {
	w.t.Helper()
	other := &world{t: w.t, server: w.server, url: w.url, dir: w.t.TempDir(), who: w.who, variables: w.variables, engine: w.engine}
	for path, text := range w.tree() {
		rel, err := filepath.Rel(w.dir, path)
		w.must(err)
		if strings.HasPrefix(rel, ".local") {
			continue
		}
		other.write(rel, text)
	}
	return other
}

// late is a world that is set up, whose production project came with a state of
// its own that is not adopted yet.
func late(t *testing.T) *world {
	t.Helper()
	w := newSetUpWorld(t, team())
	w.must(os.RemoveAll(filepath.Join(w.dir, "live", "production")))
	w.withLocalState()
	return w
}

// movesAndApplies lets a colleague move the project and work on it.
func (w *world) movesAndApplies() {
	w.t.Helper()
	w.healthy(w.run(w.adopting()))
	project := w.production()
	w.must(os.Remove(filepath.Join(project.dir, "provider.tf"))) // no provider can be had here
	project.write("more.tf", `resource "terraform_data" "more" {}`)
	project.ok("init")
	project.ok("apply", "-auto-approve")
}

// stays fails the test unless the run left the state in the bucket, and the
// finding says how to go on with it.
func (w *world) stays(summary *plan.Summary, body []byte, finding string) {
	w.t.Helper()
	now, _ := w.server.Object("acme-terraform-state", "common/production")
	if string(now.Body) != string(body) {
		w.t.Errorf("the state in the bucket was overwritten:\n%s", cmp.Diff(string(body), string(now.Body)))
	}
	if findingOf(summary.Findings, finding) == nil || summary.ExitCode(false) != plan.ExitFindings {
		w.t.Errorf("findings %v, failures %v, exit code %d", findingIDs(summary.Findings), summary.Failures, summary.ExitCode(false))
	}
}

// TestAColleaguesLaterStateIsNotOverwrittenByAMoveThatWasKilledBeforeIt is (a) of
// issue 9.
func TestAColleaguesLaterStateIsNotOverwrittenByAMoveThatWasKilledBeforeIt(t *testing.T) {
	t.Parallel()
	for name, begun := range map[string]bool{"before its move": false, "as its move began": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := late(t)
			b := w.elsewhere()
			s := w.adopting()
			stopAfter(s, backupChange("common-production"))
			w.run(s)
			if begun {
				w.must(s.Env.Journal.Append(engine.InDir(moveChange("common-production"), w.production().dir), engine.PhaseIntent, map[string]string{"lock": "of-a"}))
			}
			b.movesAndApplies()
			theirs, _ := w.server.Object("acme-terraform-state", "common/production")
			before := w.below(w.production().dir)
			for range 2 {
				w.stays(w.run(w.adopting()), theirs.Body, "init.moved-elsewhere")
			}
			if diff := cmp.Diff(before, w.below(w.production().dir)); diff != "" {
				t.Errorf("the project was changed:\n%s", diff)
			}
		})
	}
}

// TestAColleaguesStateOfAnotherWorkspaceIsNotOverwritten is (b): the key itself is
// empty.
func TestAColleaguesStateOfAnotherWorkspaceIsNotOverwritten(t *testing.T) {
	t.Parallel()
	w := newSetUpWorld(t, team())
	there := w.alice().at("production", one)
	there.ok("init")
	there.ok("workspace", "new", "dev")
	there.ok("apply", "-auto-approve")
	if _, held := w.server.Object("acme-terraform-state", "common/production"); held {
		t.Fatal("the key is not empty")
	}
	theirs, _ := w.server.Object("acme-terraform-state", "env:/dev/common/production")
	w.must(os.RemoveAll(filepath.Join(w.dir, "live", "production")))
	project := w.withLocalState()
	project.ok("workspace", "new", "dev")
	project.ok("apply", "-auto-approve")
	before := w.below(project.dir)
	summary := w.run(w.adopting())
	f := findingOf(summary.Findings, "init.destination-occupied")
	if f == nil || summary.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("findings %v, exit code %d", findingIDs(summary.Findings), summary.ExitCode(false))
	}
	says(t, f.Evidence, "s3://acme-terraform-state/env:/dev/common/production")
	if now, _ := w.server.Object("acme-terraform-state", "env:/dev/common/production"); now.Versions != theirs.Versions {
		t.Error("their state was written")
	}
	if diff := cmp.Diff(before, w.below(project.dir)); diff != "" {
		t.Errorf("the project was changed:\n%s", diff)
	}
}

// TestAColleagueWhoMovesWhileThePromptIsReadIsNotOverwritten is (c).
func TestAColleagueWhoMovesWhileThePromptIsReadIsNotOverwritten(t *testing.T) {
	t.Parallel()
	w := late(t)
	b := w.elsewhere()
	before := w.below(w.production().dir)
	s := w.adopting()
	var theirs []byte
	s.Confirm = func(context.Context, plan.Review) (plan.Decision, error) {
		b.movesAndApplies()
		object, _ := w.server.Object("acme-terraform-state", "common/production")
		theirs = object.Body
		return plan.Decision{Yes: true}, nil
	}
	summary := w.run(s)
	if len(summary.Failures) != 1 || summary.Failures[0].Change.ID != moveChange("common-production") || summary.ExitCode(false) != plan.ExitFailed {
		t.Fatalf("failures %v, exit code %d", summary.Failures, summary.ExitCode(false))
	}
	says(t, summary.Failures[0].Err.Error(), "did not come from here", "nothing was written")
	if diff := cmp.Diff(before, w.below(w.production().dir)); diff != "" {
		t.Errorf("the project was changed:\n%s", diff)
	}
	w.stays(w.run(w.adopting()), theirs, "init.moved-elsewhere")
}

// TestAStateThatIsWrittenAfterItWasMovedIsBackedUpAndMovedOnceMore writes in the
// old place between the move and the init.
func TestAStateThatIsWrittenAfterItWasMovedIsBackedUpAndMovedOnceMore(t *testing.T) {
	t.Parallel()
	w := newSetUpWorld(t, team())
	w.must(os.RemoveAll(filepath.Join(w.dir, "live", "production")))
	project := w.withLocalState()
	s := w.adopting()
	keep := s.Emit
	s.Emit = func(e plan.Event) {
		if e.Kind == plan.EventApplied && e.Change.ID == moveChange("common-production") {
			project.write("more.tf", `resource "terraform_data" "more" {}`)
			project.ok("apply", "-auto-approve")
		}
		keep(e)
	}
	summary := w.run(s)
	if len(summary.Failures) != 1 || summary.Failures[0].Change.ID != plan.InitID("common-production") {
		t.Fatalf("failures %v", summary.Failures)
	}
	says(t, summary.Failures[0].Err.Error(), "written there since it was backed up", "stateroom setup again")
	later := identityOf(t, []byte(w.content("live/production/terraform.tfstate")))
	w.events = nil
	w.healthy(w.run(w.setup(team())))
	if ids := w.plannedIDs(); !slices.Contains(ids, backupChange("common-production")) {
		t.Errorf("the next run planned %v", ids)
	}
	w.arrived("common/production", later)
	w.settledNow(team())
	project.goesOn()
}

// TestALocalStateInAPlaceOfItsOwnIsAdoptedAndMoved has states where the block, or
// -backend-config, put them.
func TestALocalStateInAPlaceOfItsOwnIsAdoptedAndMoved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		block string
		init  []string
		blue  string
		state string
	}{
		"workspace_dir":              {`backend "local" { workspace_dir = "spaces" }`, nil, "spaces/blue/terraform.tfstate", ""},
		"path from the command line": {`backend "local" {}`, []string{"-backend-config=path=deep/it.tfstate"}, "", "deep/it.tfstate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRealWorld(t)
			w.write("live/production/main.tf", one)
			w.write("live/production/backend.tf", "terraform {\n  "+c.block+"\n}\n")
			project := w.production()
			project.ok(append([]string{"init"}, c.init...)...)
			if c.blue != "" {
				project.ok("workspace", "new", "blue")
			}
			project.ok("apply", "-auto-approve")
			before := w.below(project.dir)
			summary := w.run(w.setup(team()))
			if findingOf(summary.Findings, "init.state-elsewhere") == nil || summary.ExitCode(false) != plan.ExitFindings {
				t.Errorf("findings %v, exit code %d", findingIDs(summary.Findings), summary.ExitCode(false))
			}
			if diff := cmp.Diff(before, w.below(project.dir)); diff != "" {
				t.Errorf("the project was changed:\n%s", diff)
			}
			w.healthy(w.run(w.adopting()))
			if c.blue != "" {
				w.arrived("env:/blue/common/production", identityOf(t, []byte(w.content("live/production/"+c.blue))))
			} else {
				w.arrived("common/production", identityOf(t, []byte(w.content("live/production/"+c.state))))
			}
			w.settledNow(team())
			project.goesOn()
		})
	}
}

// stateServer keeps one state for a backend "http", without a lock.
type stateServer struct {
	mu   sync.Mutex
	body []byte
}

func (s *stateServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Method {
	case http.MethodPost:
		s.body, _ = io.ReadAll(r.Body) // half a state is told by the engine
	case http.MethodGet:
		if len(s.body) == 0 {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write(s.body)
	}
}

// TestAStateBehindAnHTTPBackendIsMoved has a backend without workspaces, which refuses
// to list them: it was told as a failure on every run.
func TestAStateBehindAnHTTPBackendIsMoved(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	states := &stateServer{}
	server := httptest.NewServer(states)
	t.Cleanup(server.Close)
	w.write("live/production/main.tf", one)
	w.write("live/production/backend.tf", fmt.Sprintf("terraform {\n  backend \"http\" {\n    address = %q\n  }\n}\n", server.URL+"/production"))
	project := w.production()
	project.ok("init")
	project.ok("apply", "-auto-approve")
	before := identityOf(t, states.body)
	for _, flow := range []*engine.Flow{w.setup(team()), w.adopting()} { // the place itself has to be agreed to
		if f := findingOf(w.run(flow).Findings, "files.points-elsewhere"); f == nil || !strings.Contains(f.Evidence, server.URL+"/production") {
			t.Errorf("finding %v", f)
		}
	}
	w.healthy(w.run(w.adopting(server.URL + "/production")))
	w.arrived("common/production", before)
	backups, err := filepath.Glob(filepath.Join(w.stateDir(), "backup", "*", "default.tfstate"))
	if err != nil || len(backups) != 1 {
		t.Errorf("backups %v, %v", backups, err)
	} else if text, err := os.ReadFile(backups[0]); err != nil || identityOf(t, text) != before {
		t.Errorf("the backup %s is not what was moved: %v", backups[0], err)
	}
	w.settledNow(team())
	project.goesOn()
}

// TestTheStatesOfWorkspacesBelowAPrefixAreMovedToWhereTheyAreReadThen has a
// workspace_key_prefix in the block: the team's policies and the move know env:/.
func TestTheStatesOfWorkspacesBelowAPrefixAreMovedToWhereTheyAreReadThen(t *testing.T) {
	t.Parallel()
	w := newSetUpWorld(t, team())
	w.must(os.RemoveAll(filepath.Join(w.dir, "live", "production")))
	w.makeBucket(w.hands(""), "acme-old-state", "eu-west-1")
	w.write("live/production/main.tf", one)
	w.write("live/production/backend.tf", strings.Replace(w.oldBackend(), "bucket ", "workspace_key_prefix = \"own\"\n    bucket ", 1))
	project := w.production()
	project.operator = true
	project.ok("init")
	project.ok("workspace", "new", "blue")
	project.ok("apply", "-auto-approve")
	before, there := w.server.Object("acme-old-state", "own/blue/production.tfstate")
	if !there {
		t.Fatal("no state lies below the prefix")
	}
	w.healthy(w.run(w.adopting()))
	w.arrived("env:/blue/common/production", identityOf(t, before.Body))
	w.settledNow(team())
	project.operator = false
	project.goesOn()
}

// TestAPrefixThatIsTakenAwayLosesNoWorkspace takes it out of the block while the
// default workspace's state is where the blueprint says.
func TestAPrefixThatIsTakenAwayLosesNoWorkspace(t *testing.T) {
	t.Parallel()
	w := newSetUpWorld(t, team())
	block := "live/production/backend.tf"
	right := w.content(block)
	right = strings.Replace(right, "profile ", "# profile ", 1) // an admin has no access there
	prefixed := strings.Replace(right, "encrypt ", "workspace_key_prefix = \"own\"\n    encrypt ", 1)
	w.must(os.RemoveAll(filepath.Join(w.dir, "live", "production")))
	w.write("live/production/main.tf", one)
	w.write(block, prefixed)
	project := w.production()
	project.operator = true
	project.ok("init")
	project.ok("apply", "-auto-approve")
	project.ok("workspace", "new", "blue")
	project.ok("apply", "-auto-approve")
	for name, text := range map[string]string{"there": prefixed, "gone, and the way changed": strings.Replace(right, `"eu-west-1"`, `"eu-north-1"`, 1)} {
		t.Run(name, func(t *testing.T) {
			w.write(block, text)
			notes := filepath.Join(project.dir, ".terraform")
			before := w.below(notes)
			summary := w.run(w.adopting())
			if findingOf(summary.Findings, "init.workspace-prefix") == nil || summary.ExitCode(false) != plan.ExitFindings {
				t.Errorf("findings %v, exit code %d", findingIDs(summary.Findings), summary.ExitCode(false))
			}
			if diff := cmp.Diff(before, w.below(notes)); diff != "" {
				t.Errorf("the project was initialized on another place:\n%s", diff)
			}
		})
	}
}

// TestAStateInAFileOfTheOtherEngineStays finds a local state, which Terraform works
// with, and a backend that only OpenTofu reads.
func TestAStateInAFileOfTheOtherEngineStays(t *testing.T) {
	t.Parallel()
	w := late(t)
	project := w.production()
	w.write("live/production/backend.tofu", "terraform {\n  backend \"local\" {}\n}\n")
	if w.engine.Name == terraform.EngineOpenTofu {
		w.write("live/production/main.tofu", w.content("live/production/main.tf"))
		w.write("live/production/main.tf", "terraform {\n  backend \"local\" {}\n}\n")
		w.must(os.Remove(filepath.Join(project.dir, "backend.tofu")))
	}
	before := w.below(project.dir)
	summary := w.run(w.adopting())
	if findingOf(summary.Findings, "files.cannot-edit") == nil || summary.ExitCode(false) != plan.ExitFindings {
		t.Errorf("findings %v, exit code %d", findingIDs(summary.Findings), summary.ExitCode(false))
	}
	if diff := cmp.Diff(before, w.below(project.dir)); diff != "" {
		t.Errorf("the project was changed:\n%s", diff)
	}
}

// TestOfTwoLocalStatesNoneIsMovedOnAGuess finds one that the backend does not use.
func TestOfTwoLocalStatesNoneIsMovedOnAGuess(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t)
	project := w.withLocalState()
	w.write("live/production/backend.tf", "terraform {\n  backend \"local\" { path = \"now.tfstate\" }\n}\n")
	w.must(os.Rename(filepath.Join(project.dir, "terraform.tfstate"), filepath.Join(project.dir, "old")))
	project.ok("init", "-reconfigure")
	project.ok("apply", "-auto-approve")
	w.must(os.Rename(filepath.Join(project.dir, "old"), filepath.Join(project.dir, "terraform.tfstate")))
	before := w.below(project.dir)
	summary := w.run(w.adopting())
	f := findingOf(summary.Findings, "init.states-ambiguous")
	if f == nil {
		t.Fatalf("findings %v", findingIDs(summary.Findings))
	}
	says(t, f.Evidence, "now.tfstate", "terraform.tfstate")
	if diff := cmp.Diff(before, w.below(project.dir)); diff != "" {
		t.Errorf("the project was changed:\n%s", diff)
	}
}
