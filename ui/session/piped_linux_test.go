//go:build linux

package session_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/ui/ptytest"
)

// printed is what Terraform prints of a lock that is held.
const printed = "Error: Error acquiring the state lock\n\nError message: ConditionalCheckFailedException: The conditional request failed\nLock Info:\n  ID: 33a1c3a7-1f4e-8f5a-1f9a-0a1b2c3d4e5f\n"

// Whoever pipes a text in sits at a terminal all the same: it is asked there, and the lock
// is released for the name of its project.
func TestAPipedTextIsAnsweredAtTheTerminal(t *testing.T) {
	t.Parallel()
	l := (&company{t: t}).laptop("alice")
	l.must(os.MkdirAll(l.folder, 0o700))
	p := &terminal{ptytest.New(t, 110, 40), t}
	command := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf("printf '%%s' \"$0\" | exec %s troubleshoot --sandbox --break lock-held --error -", l.program()), printed)
	command.Dir, command.Env = l.folder, l.environment()
	p.Start(command)
	p.Until("Type common-staging to agree")
	p.Type("common-staging\r")
	p.Until("Do you want to apply these changes?")
	p.Type("yes\r")
	p.Until("1 change made, 0 failed")
	p.Ended(plan.ExitDone)
}

// Where nobody can be asked the next command is told, and nothing is called a dry run that
// nobody asked for.
func TestWhereNobodyCanBeAskedTheNextCommandIsTold(t *testing.T) {
	t.Parallel()
	c := opened(t, nil)
	l := c.found()
	_, err := c.server.Act("111111111111", "iam", "RemoveUserFromGroup", sandbox.ActInput{"GroupName": "admins", "UserName": "alice"})
	c.must(err)
	at := " --endpoint-url " + l.server.URL()
	for name, run := range map[string]struct {
		input string
		args  []string
		// says are its last words; changed tells whether there was anything to ask about.
		says []string
		asks bool
	}{
		"a text":           {printed, []string{"--error", "-"}, []string{"nobody could be asked here.", "run with the same input:\n    stateroom troubleshoot --error -" + at + " --yes\n"}, true},
		"the checks":       {"", nil, []string{"nobody could be asked here.", "To make these changes, run:\n    stateroom troubleshoot" + at + " --yes\n"}, true},
		"a text alone":     {printed, []string{"--error", "-", "--no-checks"}, []string{"One thing is wrong.", "Nothing was changed.", "To check the setup as well, run with the same input:\n    stateroom troubleshoot --error -" + at + "\n"}, false},
		"as events":        {"", []string{"--json"}, []string{`"dry_run":false`, "nobody could be asked here.", "To make these changes, run: stateroom troubleshoot --json" + at + " --yes"}, true},
		"a real dry run":   {"", []string{"--dry-run"}, []string{"Nothing was changed: this was a dry run."}, false},
		"a dry run's text": {printed, []string{"--error", "-", "--no-checks", "--dry-run"}, []string{"Nothing was changed: this was a dry run."}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := l.stateroom(run.input, append([]string{"troubleshoot"}, run.args...)...)
			if got.code != plan.ExitFindings {
				t.Errorf("exit %d", got.code)
			}
			for _, text := range run.says {
				if !strings.Contains(got.out, text) {
					t.Errorf("it does not say %q:\n%s", text, got.out)
				}
			}
			if dry := strings.Contains(got.out, "dry run"); dry != slices.Contains(run.args, "--dry-run") {
				t.Errorf("called a dry run: %t\n%s", dry, got.out)
			}
			if asks := strings.Contains(got.out, "--yes"); asks != run.asks {
				t.Errorf("it offers to make changes: %t\n%s", asks, got.out)
			}
		})
	}
}
