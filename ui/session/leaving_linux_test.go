//go:build linux && !race && !integration

package session_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/plan"
)

// Key sequences as a terminal sends them.
const (
	escape    = "\x1b"
	down      = "\x1b[B"
	interrupt = "\x03"
	endOfText = "\x04"
)

// beginner is an operator without a blueprint.
func beginner(t *testing.T) *laptop {
	c := opened(t, nil)
	l := c.operator()
	l.must(os.Remove(filepath.Join(c.dir, "stateroom.hcl")))
	return l
}

// drafts are the answers that are kept on the laptop.
func (l *laptop) drafts() []string {
	kept, err := filepath.Glob(filepath.Join(sandboxtest.Home(l.home).State(), "stateroom", "drafts", "*"))
	l.must(err)
	return kept
}

// step is what is waited for, and what is typed then.
type step struct{ until, keys string }

// TestEveryWayOutOfEveryKindOfScreenSaysWhatItIs goes out of the compiled program in a
// terminal: leaving is 0, an interrupt 130, whatever key it was.
func TestEveryWayOutOfEveryKindOfScreenSaysWhatItIs(t *testing.T) {
	t.Parallel()
	setup, lines := []string{"setup"}, []string{"setup", "--plain"}
	answered := []step{{"Environments, as name", "\r\r"}, {"Admins, as IAM user names", "alice,bob\r"}, {"Region of the state", ""}}
	typed := []step{{"Admin account id [111111111111]", "\r"}, {"Environments, as name", "\r"}, {"Admins, as IAM user names", "alice,bob\r"}, {"Region of the state", ""}}
	for name, c := range map[string]struct {
		args  []string
		steps []step
		// leaves are the keys by which it is left then, says the last words.
		leaves []step
		code   int
		says   string
		kept   bool
	}{
		"the menu by q":               {nil, nil, []step{{"Practice in the sandbox", "q"}}, plan.ExitDone, "Nothing was changed.", false},
		"the menu by esc":             {nil, nil, []step{{"Practice in the sandbox", escape}, {"Leave stateroom?", down + "\r"}}, plan.ExitDone, "Nothing was changed.", false},
		"the menu by Ctrl-C":          {nil, nil, []step{{"Practice in the sandbox", interrupt}}, plan.ExitInterrupted, "Interrupted: nothing was changed.", false},
		"the first question by esc":   {setup, nil, []step{{"Environments, as name", escape}, {"Leave stateroom?", down + "\r"}}, plan.ExitDone, "Nothing was changed.", false},
		"the first by Ctrl-C":         {setup, nil, []step{{"Environments, as name", interrupt}}, plan.ExitInterrupted, "Interrupted: nothing was changed.", false},
		"a later question by esc":     {setup, answered, []step{{"", escape}, {"Admins, as IAM user names", escape}, {"Environments, as name", escape}, {"Leave stateroom?", down + "\r"}}, plan.ExitDone, "Your answers are kept", true},
		"a later question by Ctrl-C":  {setup, answered, []step{{"", interrupt}}, plan.ExitInterrupted, "Your answers are kept", true},
		"lines by going back":         {lines, typed, []step{{"", "<\r"}, {"Admins, as IAM user names", "<\r"}, {"Environments, as name", "<\r"}, {"Admin account id", "<\r"}, {"Only 'yes' leaves", "yes\r"}}, plan.ExitDone, "Your answers are kept", true},
		"lines by the end of input":   {lines, typed, []step{{"", endOfText}}, plan.ExitDone, "Your answers are kept", true},
		"a consent by Ctrl-D":         {[]string{"offboard", "bob", "--sandbox", "--plain"}, nil, []step{{"Type bob to agree", endOfText}}, plan.ExitDone, "The input ended before an answer. Run the command again to answer.", false},
		"lines by Ctrl-C":             {lines, typed, []step{{"", interrupt}}, plan.ExitInterrupted, "Interrupted: nothing was changed.", true},
		"the menu in lines by q":      {[]string{"--plain"}, nil, []step{{"A number (q leaves)", "q\r"}}, plan.ExitDone, "Nothing was changed.", false},
		"the menu in lines by Ctrl-C": {[]string{"--plain"}, nil, []step{{"A number (q leaves)", interrupt}}, plan.ExitInterrupted, "Interrupted: nothing was changed.", false},
		"the menu in lines by Ctrl-D": {[]string{"--plain"}, nil, []step{{"A number (q leaves)", endOfText}}, plan.ExitDone, "Nothing was changed.", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := beginner(t)
			args := c.args
			if args != nil && args[0] == "setup" {
				args = append(args[:len(args):len(args)], "--endpoint-url", l.server.URL())
			}
			p := l.sits(args...)
			for _, s := range append(c.steps, c.leaves...) {
				if s.until != "" {
					p.Until(s.until)
				}
				if s.keys != "" {
					p.Type(s.keys)
				}
			}
			p.Until(c.says)
			p.Ended(c.code)
			if !slices.Contains(args, "--plain") {
				p.Restored(0)
			}
			drafts := l.drafts()
			if c.kept != (len(drafts) == 1) {
				t.Errorf("drafts: %v", drafts)
			}
		})
	}
}

// TestAPlanIsLeftAndItsAnswersAreGoneOnWith answers on the screen and is killed at the plan,
// goes on with the answers in lines and declines, and goes on with them on the screen.
func TestAPlanIsLeftAndItsAnswersAreGoneOnWith(t *testing.T) {
	t.Parallel()
	l := beginner(t)
	args := []string{"setup", "--endpoint-url", l.server.URL()}
	p := l.sits(args...)
	for _, s := range []step{
		{"Environments, as name", "\r\r"},
		{"Admins, as IAM user names", "alice,bob\r"},
		{"Region of the state", "\r"},
		{"Alias of the state", "\r\r"},
		{"Name of the state bucket", "\r\r"},
		{"DynamoDB lock table", "\r\r"},
		{"Projects, as name=environment", "\r\r" + down + "\r"},
		{" to do", ""},
	} {
		p.Until(s.until)
		if s.keys != "" {
			p.Type(s.keys)
		}
	}
	if err := p.Process.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = p.Process.Wait()

	p = l.sits(append(args, "--plain")...)
	p.Until("Go on with the answers of ")
	p.Type("\r")
	p.Until("Only 'yes' is accepted")
	p.Type("no\r")
	p.Until("Your answers are kept")
	p.Ended(plan.ExitFailed)
	if text := p.Text(); !strings.Contains(text, "user alice") || strings.Contains(text, "Region of the state [") {
		t.Errorf("it was asked again:\n%s", text)
	}

	p = l.sits(args...)
	p.Until("Go on with the answers of ")
	p.Type("\r")
	p.Until(" to do")
	p.Type("q")
	p.Until("Leave without changing anything?")
	p.Type(down + "\r")
	p.Until("Nothing was changed: you left before applying.")
	p.Until("Your answers are kept")
	p.Ended(plan.ExitDone)
}

// A pipe is not asked what it did not come for, and nothing is kept of it.
func TestAPipeThatEndsLacksAnAnswerAndKeepsNothing(t *testing.T) {
	t.Parallel()
	l := beginner(t)
	got := l.stateroom("", "onboard", "--plain")
	if got.code != plan.ExitUsage || strings.Contains(got.out, "Your answers are kept") {
		t.Errorf("%+v", got)
	}
	left := l.run("q\n", l.program(), "--plain")
	if left.code != plan.ExitDone {
		t.Errorf("%+v", left)
	}
	if drafts := l.drafts(); len(drafts) > 0 {
		t.Errorf("drafts: %v", drafts)
	}
}
