package steps

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// world is a sandbox with a scratch home and project for one test.
type world struct {
	t      testing.TB
	server *sandbox.Server
	url    string // at which AWS is met
	dir    string
	// who runs stateroom, by the keys of the environment, or the profile of the command
	// line where that is named; variables are set besides.
	who       sandbox.Credentials
	profile   string
	variables engine.Environment
	region    string // the operator's configured one; empty for the blueprint's
	// engine is nil: Terraform's own runs are proven under the integration tag.
	engine *terraform.Engine

	mu     sync.Mutex
	events []plan.Event
}

// newWorld starts a sandbox beside a scratch home, so that nothing real can be reached.
func newWorld(t testing.TB, options sandbox.Options) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), server: sandboxtest.Start(t, options)}
	w.url, w.who = w.server.URL(), w.server.Operator()
	return w
}

// stateHome is where the tests' state directory lies in a scratch home.
const stateHome = ".local/state"

func (w *world) actAs(c sandbox.Credentials) { w.who, w.profile = c, "" }

// shell is where stateroom is started in this world.
func (w *world) shell() enginetest.Shell {
	s := enginetest.Shell{Home: sandboxtest.Home(w.dir), URL: w.url, Profile: w.profile, Variables: w.variables, Region: w.region}
	if w.profile != "" || w.who == (sandbox.Credentials{}) {
		return s
	}
	return s.As(w.who)
}

// team is the blueprint most tests set up: three environments, two users.
func team() *blueprint.Blueprint {
	b := enginetest.Team([]string{"alice", "bob"}, "staging", "preprod", "production")
	b.Users = []blueprint.User{{Name: "bob", Recipient: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"}}
	return b
}

// setup is a set-up of b in this world as a new process would start it.
func (w *world) setup(b *blueprint.Blueprint) *engine.Flow {
	w.t.Helper()
	_, flow := w.nine(b)
	return flow
}

// nine are the nine steps with their flow, for who wants to see what they observe.
func (w *world) nine(b *blueprint.Blueprint) (*Setup, *engine.Flow) {
	w.t.Helper()
	env := w.shell().Env(w.t, w.dir, b)
	if w.engine != nil {
		env.Engine, env.EngineErr = w.engine, nil
	}
	s := &Setup{Env: env, Answers: &blueprint.Answers{Blueprint: b, Me: "alice"}}
	f := s.Flow()
	f.Emit = w.keep
	f.Confirm = enginetest.Agree
	return s, f
}

// stateDir is what is kept for the team's account and bucket.
func (w *world) stateDir() string {
	_, scope := team().Tag()
	return engine.ScopeDir(filepath.Join(w.dir, stateHome, "stateroom"), scope)
}

func (w *world) keep(e plan.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := e.Change; e.Kind == plan.EventChange && !strings.HasPrefix(c.ID, c.FindingID("")) {
		w.t.Errorf("a finding about %s begins with %q", c.ID, c.FindingID(""))
	} else if e.Kind == plan.EventChange && strings.Contains(c.Title, "arn:") {
		w.t.Errorf("the title of %s names a thing by its ARN: %s", c.ID, c.Title)
	}
	w.events = append(w.events, e)
}

// run runs a set-up that is expected to start.
func (w *world) run(s *engine.Flow) *plan.Summary {
	w.t.Helper()
	summary, err := s.Run(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	w.provesNothingUnmade(summary)
	return summary
}

// provesNothingUnmade fails the test where a proof has failed although something was
// stopped, failed or not agreed to: what it rests on was not made, and its own remedy
// cannot help.
func (w *world) provesNothingUnmade(s *plan.Summary) {
	w.t.Helper()
	unmade := len(s.NotOurs) > 0 || s.Failed > 0 || slices.ContainsFunc(s.Findings, func(f plan.Finding) bool {
		return len(f.Stops) > 0 && f.Severity == plan.Failure
	})
	for _, f := range s.Findings {
		if unmade && slices.Contains(proofFailures, f.ID) {
			w.t.Errorf("%d changes failed, %d were not agreed to, findings %v, and the proof fails: %s", s.Failed, len(s.NotOurs), findingIDs(s.Findings), f)
		}
	}
}

// proofFailures are the findings of a set-up's proofs that have failed.
var proofFailures = []string{
	diagnosis.AssumeRoleDenied.ID, "init.admin-unusable", "init.probe-failed", "init.unencrypted-probe-failed",
	"init.probe-left-behind", "bucket.unencrypted-accepted", "bucket.default-encryption-unused",
}

// healthy fails the test unless the run ended with exit code 0.
func (w *world) healthy(summary *plan.Summary) {
	w.t.Helper()
	for _, f := range summary.Failures {
		w.t.Errorf("%s failed: %v", f.Change.ID, f.Err)
	}
	for _, f := range summary.Findings {
		if f.Severity != plan.Info {
			w.t.Errorf("finding %s", f)
		}
	}
	if code := summary.ExitCode(false); code != plan.ExitDone {
		w.t.Errorf("exit code %d, want 0", code)
	}
}

// calls counts the successful calls of an operation for a user.
func (w *world) calls(operation, user string) int {
	n := 0
	for _, e := range w.server.Log() {
		if e.Operation == operation && e.Code == "" && strings.HasSuffix(e.Resource, "user/"+user) {
			n++
		}
	}
	return n
}
