package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/teatest"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
	"stateroom/ui/practice"
	"stateroom/ui/tui/theme"
	"stateroom/ui/wordstest"
)

// rehearsal is a lab for one test, and a way to begin runs on it.
func rehearsal(t *testing.T, o practice.Options) (*practice.Lab, func(context.Context, Request) (*Start, error)) {
	t.Helper()
	o.Dir = filepath.Join(t.TempDir(), "lab")
	o.Environ = engine.ProcessEnvironment()
	lab, err := practice.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lab.Close(true) })
	return lab, func(context.Context, Request) (*Start, error) { return startOn(lab, lab.Endpoint()), nil }
}

// gate is a way to a lab that holds the calls with a word in them until it is
// opened: what is in the middle stays there, however fast or slow the machine is.
type gate struct {
	endpoint string
	// held is closed once a call is held; open lets it and all others pass.
	held chan struct{}
	open func()
}

func newGate(t *testing.T, lab *practice.Lab, word string) *gate {
	t.Helper()
	target, err := url.Parse(lab.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	through, opened := httputil.NewSingleHostReverseProxy(target), make(chan struct{})
	g := &gate{held: make(chan struct{}), open: sync.OnceFunc(func() { close(opened) })}
	hold := sync.OnceFunc(func() { close(g.held) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // whoever asked is gone
		}
		if strings.Contains(r.Header.Get("X-Amz-Target")+string(body), word) {
			hold()
			select {
			case <-opened:
			case <-r.Context().Done():
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { g.open(); server.Close() })
	g.endpoint = server.URL
	return g
}

// wait returns when a call is held.
func (g *gate) wait(t *testing.T) {
	t.Helper()
	select {
	case <-g.held:
	case <-time.After(20 * time.Second):
		t.Fatal("the call that is to be held was never made")
	}
}

// startOn is a run on a lab, by way of an endpoint.
func startOn(lab *practice.Lab, endpoint string) *Start {
	config := lab.Config()
	config.Endpoint = endpoint
	o := openingOn(lab.Root, config, lab.Environ, &blueprint.Answers{Blueprint: lab.Blueprint(), Me: lab.Me})
	return &Start{Open: o.Open}
}

// openingOn is set-up's opening in a folder, without Terraform.
func openingOn(root string, config awsops.Config, environ engine.Environment, a *blueprint.Answers) *steps.Opening {
	return &steps.Opening{
		Answers: a, Answered: func(string) bool { return false },
		World: func(ctx context.Context, a *blueprint.Answers, asks plan.Asks) (*engine.Env, error) {
			config := config
			config.Parallel = 8
			sessions, err := awsops.Open(ctx, config)
			if err != nil {
				return nil, err
			}
			env, err := engine.NewEnv(sessions, environ, root, filepath.Join(root, "stateroom.hcl"))
			if err != nil {
				return nil, err
			}
			env.Endpoint, env.EngineErr = config.Endpoint, terraform.ErrNotFound
			_, scope := a.Tag()
			env.Journal, err = engine.OpenJournal(env.StateDir, scope)
			return env, err
		},
	}
}

// flow runs the whole program in memory.
func flow(t *testing.T, o Options) (*teatest.TestModel, *root, *recorder) {
	t.Helper()
	m := newRoot(t.Context(), o, theme.New(lipgloss.NewRenderer(io.Discard), true))
	const columns, lines = 120, 36
	tm := teatest.NewTestModel(t, m, teatest.WithInitialTermSize(columns, lines))
	r := record(t, tm)
	t.Cleanup(func() { wordstest.Whole(t, "a screen", r.all.String(), columns) })
	return tm, m, r
}

// record keeps what is shown, and in the end holds all of it to the rules of writing.
func record(t *testing.T, tm *teatest.TestModel) *recorder {
	r := &recorder{from: tm.Output()}
	t.Cleanup(func() { wordstest.Check(t, "a screen", ansi.Strip(r.all.String())) })
	return r
}

// recorder keeps all that was shown.
type recorder struct {
	from io.Reader
	all  bytes.Buffer
	// mark is where the search for the next text begins.
	mark int
}

// until waits for a text to be shown since the last keys were sent.
func (r *recorder) until(t *testing.T, text string) {
	t.Helper()
	teatest.WaitFor(t, io.TeeReader(r.from, &r.all),
		func([]byte) bool { return strings.Contains(r.all.String()[r.mark:], text) },
		teatest.WithDuration(20*time.Second), teatest.WithCheckInterval(10*time.Millisecond))
}

// send types keys; what is shown from here on is their effect.
func (r *recorder) send(tm *teatest.TestModel, names ...string) {
	_, _ = io.Copy(&r.all, r.from)
	r.mark = r.all.Len()
	for _, name := range names {
		tm.Send(keyNamed(name))
	}
}

// finalWait is how long a program that was told to end may take.
const finalWait = 30 * time.Second

// end leaves and waits for everything that is still under way.
func end(t *testing.T, tm *teatest.TestModel, m *root) *plan.Summary {
	t.Helper()
	tm.WaitFinished(t, teatest.WithFinalTimeout(finalWait))
	m.engine.wait()
	return m.engine.summary(m.interrupted)
}

func TestFlowFromMenuToDoneShowsNoSecret(t *testing.T) {
	t.Parallel()
	lab, begin := rehearsal(t, practice.Options{})
	tm, m, shown := flow(t, Options{Menu: true, Begin: begin})
	shown.until(t, "Practice in the sandbox")
	shown.send(tm, "down", "enter")
	shown.until(t, "17 to do")
	for n := 1; n < stepCount; n++ {
		shown.send(tm, "enter", "space", "c", "left")
	}
	shown.until(t, "asks once more")
	shown.send(tm, "enter", "down", "enter")
	shown.until(t, "leaves. A summary stays")
	shown.send(tm, "enter")
	s := end(t, tm, m)
	if s == nil || s.Failed > 0 || s.Applied == 0 || s.ExitCode(false) != plan.ExitDone {
		t.Fatalf("summary %+v", s)
	}
	var out bytes.Buffer
	closing(&out, m, s)
	if !strings.Contains(out.String(), "changes made, 0 failed") {
		t.Errorf("closing words:\n%s", out.String())
	}
	text := shown.all.String() + out.String()
	for name, hidden := range secrets(t, lab) {
		if strings.Contains(text, hidden) {
			t.Errorf("the secret of %s was shown", name)
		}
	}
}

// secrets are all that the sandbox has issued to this laptop.
func secrets(t *testing.T, lab *practice.Lab) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(lab.Root, "home", ".aws", "credentials"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{"operator": lab.Server.Operator().SecretAccessKey}
	for _, line := range strings.Split(string(text), "\n") {
		if name, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(name) == "aws_secret_access_key" {
			found[strings.TrimSpace(value)[:4]] = strings.TrimSpace(value)
		}
	}
	if len(found) < 3 {
		t.Fatalf("only %d secrets were issued", len(found))
	}
	return found
}

func TestFlowStoppedInTheMiddleGoesOn(t *testing.T) {
	t.Parallel()
	lab, begin := rehearsal(t, practice.Options{})
	users := newGate(t, lab, "Action=CreateUser&")
	held := func(context.Context, Request) (*Start, error) {
		return startOn(lab, users.endpoint), nil
	}
	tm, m, shown := flow(t, Options{Sandbox: true, Begin: held})
	shown.until(t, "17 to do")
	shown.send(tm, "9", "enter", "down", "enter")
	users.wait(t)
	shown.send(tm, "ctrl+c")
	shown.until(t, "Stopping: the changes under way are finished first")
	users.open()
	shown.until(t, "Interrupted: what is done stays")
	shown.send(tm, "q")
	s := end(t, tm, m)
	if !s.Stopped || s.Applied == 0 || s.ExitCode(false) != plan.ExitInterrupted {
		t.Fatalf("summary %+v", s)
	}
	first := s.Applied
	tm, m, shown = flow(t, Options{Sandbox: true, Begin: begin})
	shown.until(t, "to do")
	shown.send(tm, "9", "enter", "down", "enter")
	shown.until(t, "leaves. A summary stays")
	shown.send(tm, "enter")
	if s = end(t, tm, m); s.Failed > 0 || s.ExitCode(false) != plan.ExitDone {
		t.Fatalf("%d made first, then %+v", first, s)
	}
}

func TestFlowOfNewOperatorAsksEverything(t *testing.T) {
	t.Parallel()
	lab, _ := rehearsal(t, practice.Options{})
	empty := func(context.Context, Request) (*Start, error) {
		o := openingOn(lab.Root, lab.Config(), lab.Environ, &blueprint.Answers{Blueprint: blueprint.New(), Me: "alice"})
		o.All = true
		return &Start{Open: o.Open}, nil
	}
	tm, m, shown := flow(t, Options{Sandbox: true, Begin: empty})
	shown.until(t, "Environments")
	shown.send(tm, "enter", "ctrl+l")
	shown.until(t, "3 chosen")
	shown.send(tm, "a", "a", "enter")
	shown.until(t, "production=444444444444")
	shown.send(tm, "enter")
	shown.until(t, "Admins, as IAM user names")
	shown.send(tm, "alice", "enter")
	for _, page := range []struct {
		first string
		keys  []string
	}{
		{"Region of the state", []string{"enter"}},
		{"Alias of the state encryption key", []string{"enter", "enter"}},
		{"Name of the state bucket", []string{"enter", "enter"}},
		{"Use the S3 lock file", []string{"enter", "enter"}},
		{"Profile that holds", []string{"enter", "enter", "enter"}},
	} {
		shown.until(t, page.first)
		shown.send(tm, page.keys...)
	}
	shown.until(t, "to do")
	shown.send(tm, "ctrl+c")
	end(t, tm, m)
	if len(m.run.flow.Answers.Environments) != 3 || m.run.review.Changes == nil {
		t.Errorf("answers %+v", m.run.flow.Answers.Blueprint)
	}
	if _, err := os.Stat(filepath.Join(lab.Root, "stateroom.hcl")); err == nil {
		t.Error("looking has written the blueprint")
	}
}

func TestRunThatCannotBeginSaysWhy(t *testing.T) {
	tm, m, shown := flow(t, Options{Begin: func(context.Context, Request) (*Start, error) { return nil, errors.New("no such profile") }})
	shown.until(t, "no such profile")
	tm.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("q")})
	if s := end(t, tm, m); s != nil {
		t.Errorf("summary %+v", s)
	}
	if header := ansi.Strip(strings.Split(m.View(), "\n")[0]); strings.Contains(header, "checking") {
		t.Errorf("the header goes on asking: %q", header)
	}
}
