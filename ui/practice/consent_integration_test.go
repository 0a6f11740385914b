//go:build integration && linux

package practice

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/steps/terraform/mirror"
	"stateroom/ui/ptytest"
)

// asked is what a person is asked at a terminal, and what they answer who agree to
// everything.
var asked = []struct {
	question *regexp.Regexp
	answer   string
}{
	{regexp.MustCompile(`Type (\S+) to agree`), "$1"},
	{regexp.MustCompile(`Code of \S+: $`), "123456"},
	{regexp.MustCompile(`(?:Change it anyway|Do you want to apply these changes)\?[^?]*Enter a value:`), "yes"},
}

// TestEveryFaultIsFixedByWhoSitsAtTheTerminal runs the compiled program on a lab with a
// fault, in a pseudo-terminal, in the two ways in which people come: with the text that
// Terraform printed of it, piped in, and with --run, for which Terraform prints it here.
// What can be fixed is asked at the terminal, is fixed, and counts as fixed at once, if
// Terraform's init has not fixed it already; the rest ends with what to do. Every day it takes a sample.
func TestEveryFaultIsFixedByWhoSitsAtTheTerminal(t *testing.T) {
	t.Parallel()
	program, providers := stepstest.Program(t), mirror.With(t)
	all := Faults()
	for i := 0; i < len(all); i += stepstest.Stride(t) {
		f := all[i]
		p := particular[f.Name()].of(f)
		text, err := filepath.Abs("../../steps/diagnosis/testdata/engines/terraform-1.11.4/" + f.Name() + ".txt")
		if err == nil {
			_, err = os.Stat(text)
		}
		if err != nil {
			t.Errorf("%s has no text: %v", f.Name(), err)
			continue
		}
		for way, args := range map[string]string{"piped": "--error - < " + text, "run": "--run"} {
			t.Run(f.Name()+"/"+way, func(t *testing.T) {
				home := t.TempDir()
				environment := []string{"HOME=" + home, "XDG_STATE_HOME=" + home, "PATH=" + os.Getenv("PATH"), "CHECKPOINT_DISABLE=1"}
				for name, value := range providers {
					environment = append(environment, name+"="+value)
				}
				at := ptytest.New(t, 110, 40)
				at.Answer = func(words string) string {
					for _, a := range asked {
						if m := a.question.FindStringSubmatchIndex(words); m != nil {
							return string(a.question.ExpandString(nil, a.answer, words, m)) + "\r"
						}
					}
					return ""
				}
				if f.Name() == "throttled" { // Terraform itself tries again for minutes
					at.Patience = 10 * time.Minute
				}
				command := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", "-c", fmt.Sprintf("%s troubleshoot --plain --sandbox --break %s %s; code=$?; echo; echo It has ended with $code.", program, f.Name(), args))
				command.Dir, command.Env = home, environment
				at.Start(command)
				at.Until("It has ended with ")
				want := plan.ExitDone
				if p.beyond != "" {
					want = plan.ExitFindings
				}
				shown := at.Text()
				if !strings.Contains(shown, fmt.Sprintf("It has ended with %d.", want)) || strings.Contains(shown, "dry run") || p.beyond == "" && !strings.Contains(shown, "0 failed") && !strings.Contains(shown, "Nothing is wrong") {
					t.Errorf("want exit code %d; shown is:\n%s", want, shown)
				}
				at.Ended(0)
			})
		}
	}
}
