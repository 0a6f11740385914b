package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/files"
	"stateroom/steps/plan"
	"stateroom/ui/plain"
	"stateroom/ui/tui"
)

// TestTheGravestOfAllVisitsIsTheExitCode whatever came after it, as "any change failed"
// says; practice on the way counts for nothing, an interrupt always.
func TestTheGravestOfAllVisitsIsTheExitCode(t *testing.T) {
	for _, c := range []struct {
		codes []int
		want  int
	}{
		{nil, plan.ExitDone},
		{[]int{plan.ExitDone, plan.ExitDone}, plan.ExitDone},
		{[]int{plan.ExitFailed, plan.ExitFindings, plan.ExitDone}, plan.ExitFailed},
		{[]int{plan.ExitChanges, plan.ExitFindings}, plan.ExitFindings},
		{[]int{plan.ExitFailed, plan.ExitInterrupted}, plan.ExitInterrupted},
		{[]int{counted(plan.ExitFindings, true), counted(plan.ExitFailed, true)}, plan.ExitDone},
		{[]int{counted(plan.ExitFindings, false)}, plan.ExitFindings},
		{[]int{counted(plan.ExitInterrupted, true)}, plan.ExitInterrupted},
	} {
		if got := worst(c.codes...); got != c.want {
			t.Errorf("%v: %d, not %d", c.codes, got, c.want)
		}
	}
}

// TestWhoLeavesIsToldWhatWasChanged leaves in lines by the end of input, before the first
// change and in the look after it (which may ask for an MFA code).
func TestWhoLeavesIsToldWhatWasChanged(t *testing.T) {
	for name, c := range map[string]struct {
		leaves int // at which look
		code   int
		says   []string
		never  string
	}{
		"before":        {1, plan.ExitDone, []string{nothingChanged}, leftUnseen},
		"after changes": {2, plan.ExitFailed, []string{"1 change made, 0 failed", leftUnseen}, nothingChanged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			before, err := files.Read(filepath.Join(dir, "written"))
			if err != nil {
				t.Fatal(err)
			}
			write := plan.Change{
				ID: "write", Of: plan.StepFiles, Action: plan.WriteFile, Title: "Write a file", Target: before.Path,
				Write: plan.WriteOf(files.Edit{Before: before, After: files.Content("written\n"), Mode: 0o600}),
			}
			looks := 0
			mode := &Mode{Mode: tui.Handover, open: func(*session, context.Context) (engine.Open, plan.Given, error) {
				return func(context.Context, plan.Given, plan.Asks) (engine.Opened, error) {
					return engine.Opened{Flow: &engine.Flow{
						Env: &engine.Env{Dir: dir, Parallel: 1}, Answers: &blueprint.Answers{Blueprint: enginetest.Team([]string{"alice"}, "staging")}, Steps: steps.Order(),
						Look: func(context.Context, *engine.Env) (plan.Review, error) {
							if looks++; looks == c.leaves {
								return plan.Review{}, fmt.Errorf("the MFA code: %w", plain.ErrLeft)
							}
							return plan.Review{Changes: []plan.Change{write}}, nil
						},
					}}, nil
				}, plan.Given{}, nil
			}}
			var out bytes.Buffer
			code, err := Lines(t.Context(), Options{Yes: true, NoChecks: true, Dir: dir}, System{
				In: strings.NewReader(""), Out: &out, Err: io.Discard, Terminal: true, Applying: func(bool) {},
			}, mode)
			if err != nil || code != c.code {
				t.Errorf("exit %d, %v", code, err)
			}
			for _, text := range c.says {
				if !strings.Contains(out.String(), text) {
					t.Errorf("it does not say %q:\n%s", text, out.String())
				}
			}
			if strings.Contains(out.String(), c.never) {
				t.Errorf("it says %q:\n%s", c.never, out.String())
			}
			if _, err := os.Stat(before.Path); errors.Is(err, os.ErrNotExist) != (c.leaves == 1) {
				t.Errorf("the file: %v", err)
			}
		})
	}
}
