//go:build linux

package session_test

import (
	"fmt"
	"os"
	"os/exec"
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
	got := l.stateroom(printed, "troubleshoot", "--error", "-")
	if got.code != plan.ExitFindings {
		t.Errorf("exit %d", got.code)
	}
	says(t, got.out, "Nothing was changed: nobody could be asked here.", "\n    stateroom troubleshoot --error - --endpoint-url "+l.server.URL()+" --yes\n")
}
