package troubleshoot

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
	"stateroom/steps/troubleshoot/health"
	"stateroom/steps/troubleshoot/laptop"
)

// bench is a finished set-up in a sandbox with a scratch home, at which one
// thing after the other is broken.
type bench struct {
	t       testing.TB
	dir     string
	server  *sandbox.Server
	env     *engine.Env
	answers *blueprint.Answers

	mu     sync.Mutex
	events []plan.Event
}

// finished sets everything up: nothing real can be reached from here.
func finished(t testing.TB) *bench { return finishedIn(t, sandbox.Options{}) }

func finishedIn(t testing.TB, o sandbox.Options) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), server: sandboxtest.Start(t, o)}
	sandboxtest.Home(b.dir).Isolate(t, b.server.URL())
	sandboxtest.Setenv(t, sandboxtest.Keys(b.server.Operator()))
	b.answers = &blueprint.Answers{Blueprint: laptopTeam(), Me: "alice"}
	b.env = b.newEnv()
	setup := (&steps.Setup{Env: b.env, Answers: b.answers}).Flow()
	setup.Emit = func(plan.Event) {}
	setup.Confirm = enginetest.Agree
	summary, err := setup.Run(context.Background())
	if err != nil || plan.NeedsAttention(summary.Findings) || summary.Failed > 0 {
		t.Fatalf("the set-up is not healthy: %v, %+v", err, summary)
	}
	b.env = b.newEnv()
	_ = os.Unsetenv("AWS_ACCESS_KEY_ID")
	_ = os.Unsetenv("AWS_SECRET_ACCESS_KEY")
	b.env.Engine, b.env.EngineErr = b.engine(), nil
	for _, p := range b.answers.Projects {
		b.initialise(p.Dir)
	}
	return b
}

func laptopTeam() *blueprint.Blueprint {
	return enginetest.Team([]string{"alice"}, "staging", "production")
}

func (b *bench) newEnv() *engine.Env {
	b.t.Helper()
	return enginetest.Env(b.t, nil, b.server.URL(), b.dir, b.answers.Blueprint)
}

// engine is a terraform that notes what it was called with, and in which
// directory; the next look finds there what init leaves. Real Terraform has the
// integration tests.
func (b *bench) engine() *terraform.Engine {
	b.t.Helper()
	path := filepath.Join(b.dir, "bin", "terraform")
	script := `#!/bin/sh
echo "$@" >> ` + b.dir + `/commands
case "$1" in init) pwd >> ` + b.dir + `/initialised ;; esac
`
	b.write("bin/terraform", script)
	if err := os.Chmod(path, 0o700); err != nil {
		b.t.Fatal(err)
	}
	return &terraform.Engine{Path: path, Name: terraform.EngineTerraform, Version: "1.11.4"}
}

// initialise makes a project's directory what init leaves.
func (b *bench) initialise(dir string) {
	b.t.Helper()
	p, problems := tf.Survey(filepath.Join(b.dir, dir), os.Getenv)
	if len(problems) > 0 {
		b.t.Fatal(problems)
	}
	block, err := p.Backend()
	if err != nil {
		b.t.Fatal(err)
	}
	config := map[string]any{"workspace_key_prefix": nil, "max_retries": nil}
	for _, a := range block.Attributes {
		var value any = a.Value
		if a.Value == "true" {
			value = true
		}
		if list, known := block.Texts(a.Name); known {
			value = list
		}
		if name, field, nested := strings.Cut(a.Name, "."); nested {
			in, _ := config[name].(map[string]any)
			if in == nil {
				in = map[string]any{"iam": nil}
			}
			in[field] = value
			config[name] = in
		} else {
			config[name] = value
		}
	}
	note, err := json.Marshal(config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.write(dir+"/.terraform/terraform.tfstate", `{"version":3,"backend":{"type":"s3","config":`+string(note)+`,"hash":1}}`)
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, filepath.FromSlash(name)) }

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.MkdirAll(filepath.Dir(b.path(name)), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(b.path(name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// edit replaces what a pattern matches in a file; a pattern without a match is a
// fault of the test.
func (b *bench) edit(name, pattern, with string) {
	b.t.Helper()
	text, found := b.read(name), regexp.MustCompile(pattern)
	if !found.MatchString(text) {
		b.t.Fatalf("nothing in %s matches %s:\n%s", name, pattern, text)
	}
	b.write(name, found.ReplaceAllString(text, with))
}

func (b *bench) remove(name string) {
	b.t.Helper()
	if err := os.RemoveAll(b.path(name)); err != nil {
		b.t.Fatal(err)
	}
}

// look is the laptop's part of a health check, and nothing of AWS's.
func (b *bench) look(ctx context.Context, env *engine.Env) (plan.Review, error) {
	if text, err := os.ReadFile(b.path("initialised")); err == nil {
		for dir := range strings.FieldsSeq(string(text)) {
			name, _ := filepath.Rel(b.dir, dir)
			b.initialise(name)
		}
		b.remove("initialised")
	}
	projects := health.Projects(env, b.answers)
	o := laptop.Look(ctx, env, b.answers, projects)
	changes, problems := laptop.Corrections(env, b.answers, projects, o)
	return plan.Review{
		Checks: o.Checks, Findings: append(o.Findings, problems...), Changes: append(o.Changes, changes...),
	}, nil
}

func (b *bench) review() plan.Review {
	b.t.Helper()
	b.env.Environ = engine.ProcessEnvironment() // what a test has set since
	review, err := b.look(context.Background(), b.env)
	if err != nil {
		b.t.Fatal(err)
	}
	return review
}

// mended lets a flow apply what a look proposes, and gives the summary of the
// look after it.
func (b *bench) mended() *plan.Summary {
	b.t.Helper()
	flow := engine.Flow{
		Env: b.env, Answers: b.answers, Steps: steps.Order(), Look: b.look, Emit: b.keep,
		Confirm: enginetest.Agree,
	}
	summary, err := flow.Run(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range summary.Failures {
		b.t.Errorf("%s failed: %v", f.Change.ID, f.Err)
	}
	return summary
}

func (b *bench) keep(e plan.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := e.Change; e.Kind == plan.EventChange && !strings.HasPrefix(c.ID, c.FindingID("")) {
		b.t.Errorf("a finding about %s begins with %q", c.ID, c.FindingID(""))
	}
	b.events = append(b.events, e)
}

// commands are the command lines that the engine was given.
func (b *bench) commands() []string {
	text, err := os.ReadFile(b.path("commands"))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// snapshot is every file of the bench, backups, caches and locks left out.
func (b *bench) snapshot() map[string]string {
	b.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(b.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(b.dir, path)
		if !strings.Contains(name, ".stateroom") && !strings.HasPrefix(name, ".local/state/") && !strings.HasPrefix(name, "bin/") && name != "commands" && name != "initialised" {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			all[name] = string(text)
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// restore makes the bench what it was, journals and backups apart.
func (b *bench) restore(whole map[string]string) {
	b.t.Helper()
	for name := range b.snapshot() {
		if _, there := whole[name]; !there {
			b.remove(name)
		}
	}
	for name, text := range whole {
		b.write(name, text)
		if err := os.Chmod(b.path(name), 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	b.remove("commands")
	b.remove("initialised")
}

// listed are the findings' ids with their severities, sorted.
func listed(findings []plan.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s %s", f.ID, f.Severity))
	}
	slices.Sort(out)
	return out
}
