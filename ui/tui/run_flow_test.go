package tui

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/teatest"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// asksThen asks page after page and then gives the flow.
func asksThen(flow *engine.Flow, pages ...[]plan.Question) engine.Open {
	return func(_ context.Context, given plan.Given, _ plan.Asks) (engine.Opened, error) {
		for _, questions := range pages {
			if !given.Asked(questions[0].Path) {
				return engine.Opened{Questions: questions}, nil
			}
		}
		return engine.Opened{Flow: flow}, nil
	}
}

// runInMode runs the whole program in memory in a mode other than set-up.
func runInMode(t *testing.T, mode *Mode, open engine.Open) (*teatest.TestModel, *root, *recorder) {
	t.Helper()
	return flow(t, Options{Modes: []*Mode{mode}, Begin: func(context.Context, Request) (*Start, error) {
		return &Start{Open: open}, nil
	}})
}

// mendable is something that a change mends, and something that takes a typed
// consent. Nothing has to be sent for either.
func mendable() plan.Review {
	r := ill()
	r.Findings = r.Findings[1:3]
	r.Changes = []plan.Change{{ID: "key.enable", Step: 4, Action: plan.Update, Title: "Enable the state encryption key", Fixes: []string{"kms-disabled"}}}
	return r
}

// closed are the words that stay on the normal screen.
func closed(m *root, s *plan.Summary) string {
	var out bytes.Buffer
	closing(&out, m, s)
	return out.String()
}

func TestRunFromTheQuestionsToTheResult(t *testing.T) {
	tm, m, shown := runInMode(t, Troubleshoot, asksThen(fakeFlow(t, mendable(), healthy()), ways(), pasteQuestion()))
	shown.until(t, "What do you want to begin with?")
	shown.send(tm, "down", "enter")
	shown.until(t, "What Terraform printed")
	shown.send(tm)
	tm.Send(pasted(errorText(3)))
	shown.until(t, "Failed to save state")
	shown.send(tm, "enter")
	shown.until(t, "2 things are wrong")
	shown.send(tm, "down", "down", "down", "x")
	shown.until(t, "To confirm, type its name")
	shown.send(tm, someLock, "enter")
	shown.until(t, "Agreed: "+someLock)
	shown.send(tm, "enter")
	shown.until(t, "Apply 2 changes")
	shown.send(tm, "down", "enter")
	shown.until(t, "Nothing is wrong")
	shown.until(t, "fixed") // further down in the same frame
	shown.send(tm, "enter")
	s := end(t, tm, m)
	if s == nil || s.Applied != 2 || s.ExitCode(false) != plan.ExitDone {
		t.Fatalf("summary %+v", s)
	}
	if got := m.run.asked.given.Text("error"); got != strings.ReplaceAll(errorText(3), "\r", "\n") {
		t.Errorf("the flow was given %q", got)
	}
	if text := closed(m, s); !strings.Contains(text, "2 changes made, 0 failed") || !strings.Contains(text, "run terraform plan") {
		t.Errorf("closing words:\n%s", text)
	}
}

func TestRunThatCouldNotLookTriesAgain(t *testing.T) {
	f := fakeFlow(t, healthy())
	look, looks := f.Look, 0
	f.Look = func(ctx context.Context, env *engine.Env) (plan.Review, error) {
		if looks++; looks == 1 {
			return plan.Review{}, errors.New("sts:GetCallerIdentity with profile admin_iam: no route to host")
		}
		return look(ctx, env)
	}
	tm, m, shown := runInMode(t, Troubleshoot, asksThen(f))
	shown.until(t, "no route to host")
	shown.until(t, "r try again")
	shown.send(tm, "enter")
	shown.until(t, "Nothing is wrong")
	shown.send(tm, "enter")
	tm.WaitFinished(t, teatest.WithFinalTimeout(finalWait))
	m.engine.wait()
	if s := m.summary(false); s == nil || s.ExitCode(false) != plan.ExitDone || looks != 2 {
		t.Errorf("looked %d times, summary %+v", looks, s)
	}
}

func TestADryRunThatFindsNothingToChangeProvesNothing(t *testing.T) {
	f, proven := fakeFlow(t, healthy()), false
	f.Prove = func(_ context.Context, _ *engine.Env, r plan.Review, _ *plan.Summary) plan.Review {
		proven = true
		return r
	}
	tm, m, shown := flow(t, Options{Modes: []*Mode{Troubleshoot}, DryRun: true, Begin: func(context.Context, Request) (*Start, error) {
		return &Start{Open: asksThen(f)}, nil
	}})
	shown.until(t, "Nothing is wrong")
	shown.send(tm, "enter")
	tm.WaitFinished(t, teatest.WithFinalTimeout(finalWait))
	m.engine.wait()
	if s := m.summary(false); proven || s == nil || !s.DryRun {
		t.Errorf("proven %v, summary %+v", proven, s)
	}
}
