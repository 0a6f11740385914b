// Package healthtest gives a test of the health check a finished set-up in a sandbox,
// at which one thing after the other is broken and mended. Only tests import it; what
// is broken in AWS alone stands with the tests of those checks.
package healthtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// Bench is a finished set-up with the laptop of its first admin.
type Bench struct {
	// T is the test that breaks something now: a subtest takes its place.
	T testing.TB
	// Dir is her home, in which the projects lie, too.
	Dir    string
	Server *sandbox.Server
	// Shell is where the next look is started, and Folder the one it is started in.
	Shell   enginetest.Shell
	Folder  string
	Answers *blueprint.Answers
	// Engine is nil where there is no Terraform.
	Engine *terraform.Engine
	// Look is the health check, or the part of one, that is tested.
	Look func(context.Context, *engine.Env, *blueprint.Answers) (plan.Review, error)
	// Confirm is asked before anything is mended: at first somebody who agrees, and
	// adopts nothing.
	Confirm func(context.Context, plan.Review) (plan.Decision, error)
}

// New sets a blueprint up, with nothing of the process's environment. The operator's
// key stands in no file and no variable; there is no Terraform.
func New(t testing.TB, o sandbox.Options, b *blueprint.Blueprint) *Bench {
	t.Helper()
	dir := t.TempDir()
	server := sandboxtest.Prepared(t, o, string(b.HCL()), sandboxtest.Home(dir), func(server *sandbox.Server, url string, home sandboxtest.Home) {
		setUp(t, enginetest.Shell{Home: home, URL: url, Key: enginetest.Pair(server.Operator())}, b)
	})
	return &Bench{
		T: t, Dir: dir, Folder: dir, Server: server, Answers: &blueprint.Answers{Blueprint: b}, Confirm: enginetest.Agree,
		Shell: enginetest.Shell{Home: sandboxtest.Home(dir), URL: server.URL(), Key: enginetest.Pair(server.Operator())},
	}
}

func setUp(t testing.TB, shell enginetest.Shell, b *blueprint.Blueprint) {
	t.Helper()
	setup := (&steps.Setup{Env: shell.Env(t, string(shell.Home), b), Answers: &blueprint.Answers{Blueprint: b, Me: "alice"}}).Flow()
	setup.Emit, setup.Confirm = func(plan.Event) {}, enginetest.Agree
	summary, err := setup.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if summary.ExitCode(false) != plan.ExitDone || plan.NeedsAttention(summary.Findings) {
		t.Fatalf("the setup is not healthy: %v %v", summary.Failures, summary.Findings)
	}
}

// Must fails the test on an error.
func (b *Bench) Must(err error) {
	b.T.Helper()
	if err != nil {
		b.T.Fatal(err)
	}
}

// Setenv sets a variable of the shell until the test ends.
func (b *Bench) Setenv(name, value string) {
	before := b.Shell.Variables
	b.Shell.Variables = before.With(map[string]string{name: value})
	b.T.Cleanup(func() { b.Shell.Variables = before })
}

// Env is what a new process makes of the shell.
func (b *Bench) Env() *engine.Env {
	b.T.Helper()
	env := b.Shell.Env(b.T, b.Folder, b.Answers.Blueprint)
	if b.Engine != nil {
		env.Engine, env.EngineErr = b.Engine, nil
	}
	return env
}

// Flow is a health check in a new process.
func (b *Bench) Flow() *engine.Flow {
	b.T.Helper()
	answers := *b.Answers
	answers.Adopt = slices.Clone(b.Answers.Adopt)
	return &engine.Flow{
		Env: b.Env(), Answers: &answers, Steps: steps.Order(), Confirm: b.Confirm,
		Look: func(ctx context.Context, env *engine.Env) (plan.Review, error) {
			b.noteInits()
			return b.Look(ctx, env, &answers)
		},
		Emit: func(e plan.Event) {
			if c := e.Change; e.Kind == plan.EventChange && !strings.HasPrefix(c.ID, c.FindingID("")) {
				b.T.Errorf("a finding about %s begins with %q", c.ID, c.FindingID(""))
			}
		},
	}
}

// Looked is what the look alone gives, before a flow splits off what is not ours.
func (b *Bench) Looked() plan.Review {
	b.T.Helper()
	b.noteInits()
	review, err := b.Look(b.T.Context(), b.Env(), b.Answers)
	b.Must(err)
	return review
}

// Review is a look that changes nothing. No two checks of it have one name and one subject.
func (b *Bench) Review() plan.Review {
	b.T.Helper()
	review, err := b.Flow().Review(b.T.Context())
	b.Must(err)
	alike := map[[2]string]plan.Check{}
	for _, c := range review.Checks {
		if other, there := alike[[2]string{c.Name, c.Subject}]; there && c.Asked != other.Asked {
			b.T.Errorf("two checks of %q have one name:\n%+v\n%+v", c.Subject, other, c)
		}
		alike[[2]string{c.Name, c.Subject}] = c
	}
	return review
}

// Mended lets a flow apply what a look proposes, and gives the summary of the look
// after it.
func (b *Bench) Mended() *plan.Summary {
	b.T.Helper()
	summary, err := b.Flow().Run(b.T.Context())
	b.Must(err)
	for _, f := range summary.Failures {
		b.T.Errorf("%s failed: %v", f.Change.ID, f.Err)
	}
	return summary
}

// Listed are the findings' ids with their severities, sorted.
func Listed(findings []plan.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s %s", f.ID, f.Severity))
	}
	slices.Sort(out)
	return out
}

// Check is a review's check of a subject; an empty one where it was not made.
func Check(r plan.Review, name, subject string) plan.Check {
	for _, c := range r.Checks {
		if c.Name == name && c.Subject == subject {
			return c
		}
	}
	return plan.Check{}
}

// Finding is the first finding of an id, nil without one.
func Finding(findings []plan.Finding, id string) *plan.Finding {
	i := slices.IndexFunc(findings, func(f plan.Finding) bool { return f.ID == id })
	if i < 0 {
		return nil
	}
	return &findings[i]
}
