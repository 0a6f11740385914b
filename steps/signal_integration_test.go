//go:build integration && linux

package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// signalled is a world in which the compiled program is stopped once, as it has
// started Terraform.
type signalled struct {
	*world
	binary, path string
}

// program runs set-up with a terraform on PATH that counts how often it is started,
// and sends its parent a signal at the n-th time, before it does its work.
func (s *signalled) program(signal string, n int) (out string, code, started int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	starts := s.t.TempDir() // with a directory for each, which only one can make
	script := fmt.Sprintf("#!/bin/sh\ni=1; until mkdir %s/$i 2>/dev/null; do i=$((i+1)); done\nif [ $i -eq %d ]; then kill -%s $PPID; fi\nexec %s \"$@\"\n",
		starts, n, signal, s.engine.Path)
	s.must(os.WriteFile(filepath.Join(s.path, "terraform"), []byte(script), 0o700))
	cmd := exec.CommandContext(ctx, s.binary, "setup", "--yes", "--json", "--me", "alice", "--adopt", s.production().dir, "--endpoint-url", s.server.URL())
	var text bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, &text, &text
	cmd.WaitDelay = time.Minute // a Terraform that outlives its parent holds the output
	cmd.Env = s.shell().Environ().With(map[string]string{"PATH": s.path + string(os.PathListSeparator) + os.Getenv("PATH")})
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("%v\n%s", err, text.String())
	}
	made, err := os.ReadDir(starts)
	s.must(err)
	return text.String(), cmd.ProcessState.ExitCode(), len(made)
}

// never is no start of Terraform's.
const never = 0

// TestASignalWhileTerraformRunsLosesNoState stops a set-up that moves a local state
// as it starts Terraform, at any time of many: the child goes on alone after a
// kill. The next run finishes, the state has arrived, and nothing is locked.
func TestASignalWhileTerraformRunsLosesNoState(t *testing.T) {
	t.Parallel()
	binary := stepstest.Program(t)
	const starts = 19
	for seed := range max(1, stepstest.Seeds(t)/4) {
		signal := []string{"KILL", "INT", "HUP", "TERM"}[seed%4]
		n := 1 + rand.New(rand.NewPCG(uint64(seed), 12)).IntN(starts)
		t.Run(fmt.Sprintf("%02d %s at start %d", seed, signal, n), func(t *testing.T) {
			t.Parallel()
			s := &signalled{world: newRealWorld(t), binary: binary, path: t.TempDir()}
			s.variables = append(s.variables, "XDG_STATE_HOME="+t.TempDir()) // outside of the repository
			s.withLocalState()
			before := identityOf(t, []byte(s.content("live/production/terraform.tfstate")))
			s.write("stateroom.hcl", string(team().HCL()))
			out, code, started := s.program(signal, n)
			if started < n {
				t.Fatalf("Terraform was started %d times only, exit code %d:\n%s", started, code, out)
			}
			if signal != "KILL" && code != plan.ExitInterrupted && code != plan.ExitDone {
				t.Errorf("it ends with %d:\n%s", code, out)
			}
			if out, code, _ := s.program(signal, never); code != plan.ExitDone {
				t.Fatalf("the next run ends with %d:\n%s", code, out)
			}
			s.arrived("common/production", before)
			s.settledNow(team())
		})
	}
}
