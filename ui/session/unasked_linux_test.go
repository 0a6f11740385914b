//go:build linux && !race && !integration

package session_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/ui/ptytest"
)

// newcomer is an operator with an empty folder, who is not signed in yet.
func newcomer(t *testing.T) (l *laptop, signIn func()) {
	t.Helper()
	c := opened(t, nil)
	l = c.operator()
	l.folder = filepath.Join(t.TempDir(), "empty")
	c.must(os.MkdirAll(l.folder, 0o700))
	path := filepath.Join(l.home, ".aws", "credentials")
	keys, err := os.ReadFile(path)
	c.must(err)
	c.must(os.Remove(path))
	return l, func() { c.must(os.WriteFile(path, keys, 0o600)) }
}

// sitsAt80 runs the program in a terminal of 80 by 24.
func (l *laptop) sitsAt80(args ...string) *terminal {
	l.t.Helper()
	p := &terminal{ptytest.New(l.t, 80, 24), l.t}
	command := exec.CommandContext(l.t.Context(), l.program(), append(args, "--endpoint-url", l.server.URL())...)
	command.Dir, command.Env = l.folder, l.environment()
	p.Start(command)
	return p
}

// setKey makes the operator's own key active or inactive.
func (c *company) setKey(status string) {
	c.t.Helper()
	c.act("iam", "UpdateAccessKey", sandbox.ActInput{"UserName": "operator", "AccessKeyId": c.server.Operator().AccessKeyID, "Status": status})
}

// Whoever is not signed in is told what to type, signs in beside the program and goes on;
// a key that is switched off in the middle costs no answer.
func TestWhoeverSignsInBesideTheProgramGoesOnFromThere(t *testing.T) {
	t.Parallel()
	l, signIn := newcomer(t)
	p := l.sitsAt80("setup")
	p.Until("You are not signed in to AWS.")
	p.Until("aws configure sso")
	p.Finds("r try again  p practice")
	p.Type("r")
	p.Finds("Tried 2 times: this is still so")
	signIn()
	p.Type("r")
	for _, page := range []struct{ asks, keys string }{
		{"Admin account id", "\r\r"},
		{"Admins, as IAM user names", "erin\r"},
		{"Region of the state", "\r"},
		{"Alias of the state encryption key", "\r\r"},
		{"Name of the state bucket", "\r\r"},
		{"Use the S3 lock file", "\r\r"},
		{"Profile that holds", "\r\r"},
	} {
		p.Until(page.asks)
		p.Type(page.keys)
	}
	p.Until("Which of the admins are you")
	l.setKey("Inactive")
	p.Type("\r")
	p.Until("AWS does not know your access key.")
	p.Until("Your answers are kept.")
	l.setKey("Active")
	p.Type("r")
	p.Finds("enter continue")
	p.Type("2")
	p.Finds("erin")
	p.Type("q")
	p.Until("Leave without changing anything?")
	p.Type("\x1b[B\r")
	p.Ended(plan.ExitDone)
}

// In lines the same is said, and tried again by a letter, also through a pipe.
func TestThroughAPipeItIsTriedAgainAndPractisedInstead(t *testing.T) {
	t.Parallel()
	l, _ := newcomer(t)
	l.folder = l.dir
	got := l.stateroom("r\nx\np\n2\nq\n", "handover", "bob", "--plain", "--dry-run")
	if got.code != plan.ExitFailed {
		t.Errorf("exit code %d: %s", got.code, got.err)
	}
	if told := strings.Count(got.out, "stateroom: You are not signed in to AWS."); told != 2 {
		t.Errorf("it is told %d times:\n%s", told, got.out)
	}
	says(t, got.out, "\n      aws configure sso\n", "r tries again, p practices in the sandbox, q leaves", `"x" is not one of the letters above`,
		"Making a finished setup to practice on", "Bob's key is sealed, and bob alone can open it. A real run leaves it for you to")
	if strings.Contains(got.err, "not signed in") {
		t.Errorf("it is told twice: %s", got.err)
	}
}

// TestEveryModeThatAWSGivesNoAnswerSaysSo: none of them hangs, crashes or asks on.
func TestEveryModeThatAWSGivesNoAnswerSaysSo(t *testing.T) {
	t.Parallel()
	l := few(t).team("bob")
	l.done(append(l.coming(), "--yes")...)
	keys, err := os.ReadFile(filepath.Join(l.home, ".aws", "credentials"))
	l.must(err)
	who := l.server.Operator()
	l.write(".aws/credentials", string(keys)+"\n[default]\naws_access_key_id = "+who.AccessKeyID+"\naws_secret_access_key = "+who.SecretAccessKey+"\n")
	const nobody = "http://127.0.0.1:1"
	for _, args := range []string{"setup", "handover bob", "offboard bob", "onboard", "login", "setup --json", "login --json"} {
		got := l.run("", l.program(), append(strings.Fields(args), "--dry-run", "--endpoint-url", nobody)...)
		if got.code != plan.ExitFailed {
			t.Errorf("%s: exit code %d", args, got.code)
		}
		says(t, got.err, "stateroom: AWS could not be reached.", "curl --head "+nobody, "Nothing was changed.")
		if event := `{"event":"finding","id":"network-unreachable"`; strings.Contains(args, "--json") != strings.Contains(got.out, event) {
			t.Errorf("%s: %s", args, got.out)
		}
	}
}

// TestTroubleshootingWhereThereIsNothingToCheckSaysWhatToType: without a project, and
// without credentials, it has a screen of its own, from which it goes on with what can be
// checked all the same. In lines, too, it asks what to begin with. Whoever cannot be asked
// gets the findings.
func TestTroubleshootingWhereThereIsNothingToCheckSaysWhatToType(t *testing.T) {
	t.Parallel()
	l, signIn := newcomer(t)
	p := l.sitsAt80("troubleshoot")
	p.Until("There is no project here.")
	p.Until("--blueprint")
	p.Finds("r try again  p practice  c paste what Terraform printed")
	p.Type("c")
	p.Until("What Terraform printed")
	p.Type("\x03")
	p.Ended(plan.ExitInterrupted)

	l.must(os.WriteFile(filepath.Join(l.folder, "main.tf"), []byte("terraform {\n  backend \"s3\" {\n    bucket = \"acme\"\n    key    = \"a\"\n    region = \"eu-west-1\"\n  }\n}\n"), 0o600))
	p = l.sitsAt80("troubleshoot")
	p.Until("What do you want to begin with?")
	p.Type("\r")
	p.Until("You are not signed in to AWS.")
	p.Finds("r try again  p practice  c check the files alone")
	p.Type("c")
	p.Finds("(profile|credentials)-missing")
	p.Type("\x03")
	p.Ended(plan.ExitInterrupted)
	p = l.sitsAt80("troubleshoot")
	p.Until("What do you want to begin with?")
	p.Type("\r")
	p.Until("You are not signed in to AWS.")
	signIn()
	p.Type("r")
	p.Finds("things? (is|are) wrong")
	p.Type("\x03")
	p.Ended(plan.ExitInterrupted)
	lines := l.sitsAt80("troubleshoot", "--plain")
	lines.Until("1 Check everything")
	lines.Until("What do you want to begin with?")
	lines.Type("2\r")
	lines.Until("What Terraform printed, then a line with a single dot:")
	lines.Type("Error: S3 bucket \"acme\" does not exist.\r.\r")
	lines.Until("bucket-missing")
	lines.Until("Do you want to apply these changes?")
	lines.Type("\x03")
	lines.Ended(plan.ExitInterrupted)
	piped := l.run("", l.program(), "troubleshoot", "--json", "--dry-run", "--endpoint-url", l.server.URL(), "--dir", t.TempDir())
	if piped.code != plan.ExitFindings {
		t.Errorf("exit code %d", piped.code)
	}
	says(t, piped.out, `"id":"files.no-project"`)
}

// TestTheListOfFaultsBreaksNoWordAtTheEdge reads it in a terminal of 80 columns, and as a
// program does: one fault a line.
func TestTheListOfFaultsBreaksNoWordAtTheEdge(t *testing.T) {
	t.Parallel()
	l, _ := newcomer(t)
	p := l.sitsAt80("troubleshoot", "--break", "list")
	p.Until("wrong-account-keys")
	p.Ended(plan.ExitDone)
	lines := strings.Split(strings.ReplaceAll(p.Text(), "\r", ""), "\n")
	for _, line := range lines {
		if len(line) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	piped := l.stateroom("", "troubleshoot", "--break", "list")
	if faults := strings.Count(piped.out, "\n"); faults < 60 || faults >= len(lines) {
		t.Errorf("%d lines in a pipe, %d in a terminal", faults, len(lines))
	}
}
