//go:build integration && linux

package session_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"stateroom/steps"
	"stateroom/steps/terraform/mirror"
)

// terminal is a real pseudo-terminal in which the program runs.
type terminal struct {
	t             *testing.T
	master, slave *os.File
	before        *unix.Termios
	process       *exec.Cmd
	// drained is closed when all that was shown has been read.
	drained chan struct{}

	mu    sync.Mutex
	shown strings.Builder
	mark  int
}

// sits opens a terminal of 110 by 40 and runs the program in it.
func (l *laptop) sits(args ...string) *terminal {
	l.t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	l.must(err)
	l.t.Cleanup(func() { _ = master.Close() })
	fd := int(master.Fd())
	l.must(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	l.must(err)
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	l.must(err)
	l.must(unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: 110, Row: 40}))
	p := &terminal{t: l.t, master: master, slave: slave, drained: make(chan struct{})}
	p.before, err = unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	l.must(err)
	p.process = exec.CommandContext(l.t.Context(), l.program(), args...)
	p.process.Dir, p.process.Env = l.folder, l.environment("TERM=xterm-256color")
	p.process.Stdin, p.process.Stdout, p.process.Stderr = slave, slave, slave
	p.process.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	l.must(p.process.Start())
	go p.read()
	return p
}

func (p *terminal) read() {
	defer close(p.drained)
	buffer := make([]byte, 4096)
	for {
		n, err := p.master.Read(buffer)
		p.mu.Lock()
		p.shown.Write(buffer[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *terminal) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.String()
}

// until waits for a text to be shown since the last keys were typed.
func (p *terminal) until(text string) {
	p.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if strings.Contains(p.text()[p.mark:], text) {
			return
		}
	}
	_ = p.process.Process.Kill()
	p.t.Fatalf("%q was never shown; the last of what was:\n%s", text, p.text()[p.mark:])
}

func (p *terminal) types(text string) {
	p.t.Helper()
	p.mark = len(p.text())
	if _, err := p.master.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// ended waits for the program and for the last that it showed, and holds that the
// terminal is as it was.
func (p *terminal) ended(code int) {
	p.t.Helper()
	_ = p.process.Wait()
	if got := p.process.ProcessState.ExitCode(); got != code {
		p.t.Errorf("exit code %d, want %d", got, code)
	}
	after, err := unix.IoctlGetTermios(int(p.slave.Fd()), unix.TCGETS)
	if err := errors.Join(err, p.slave.Close()); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.drained:
	case <-time.After(time.Minute):
		p.t.Fatal("the terminal was never read to its end")
	}
	if *after != *p.before {
		p.t.Errorf("the terminal was %+v and is %+v", *p.before, *after)
	}
}

// applies confirms what a screen proposes.
func (p *terminal) applies() {
	p.t.Helper()
	p.until(" to do")
	p.types("\r")
	p.until("Apply ")
	p.types("\x1b[B\r")
}

// leaves goes out by the screen that says how it ended.
func (p *terminal) leaves(says string) {
	p.t.Helper()
	p.until(says)
	p.types("q")
	p.ended(steps.ExitDone)
	for _, sequence := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"} {
		if !strings.Contains(p.text(), sequence) {
			p.t.Errorf("the terminal was left without %q", sequence)
		}
	}
}

func TestPracticeGoesToItsEndOnTheScreen(t *testing.T) {
	l := (&company{t: t, mirror: mirror.With(t)}).laptop("bob")
	l.folder = l.base
	stage := filepath.Join(l.base, "stage")
	p := l.sits("onboard", "--sandbox", "--dir", stage)
	p.applies()
	p.leaves("You are on board")
	says(t, p.text(), "Next: terraform plan in")
	_, secret, _ := strings.Cut(l.mustRead(filepath.Join(stage, "laptop-of-bob", "home", ".aws", "credentials")), "aws_secret_access_key = ")
	if secret = strings.TrimSpace(secret); len(secret) != 40 || strings.Contains(p.text(), secret) {
		t.Error("the secret is not there, or was shown")
	}
}

// passphrase is one as handing over shows it.
var passphrase = regexp.MustCompile(`[a-z0-9]{4}(?:-[a-z0-9]{4}){5}`)

// TestAPassphraseIsTypedAndNeverEchoed hands two users a file that a passphrase
// opens; one comes on board by screens and one by lines, each mistyping it first.
func TestAPassphraseIsTypedAndNeverEchoed(t *testing.T) {
	c := founded(t)
	operator := c.operator()
	for user, comes := range map[string]func(*laptop, string) *terminal{"carol": onScreens, "dave": inLines} {
		hands := operator.sits("handover", user, "--endpoint-url", c.server.URL())
		hands.applies()
		hands.until("I have noted it")
		told := passphrase.FindString(hands.text())
		hands.types("\r")
		hands.leaves("The handover")
		if told == "" {
			t.Fatalf("no passphrase was shown:\n%s", hands.text())
		}
		l := c.laptop(user).clone()
		p := comes(l, told)
		l.secretFree(p.text(), told)
		plan := l.byHand("staging")
		if plan.code != 0 {
			t.Errorf("terraform plan by hand: %+v", plan)
		}
	}
}

// mistyped is a passphrase that opens nothing.
const mistyped = "aaaa-bbbb-cccc-dddd-eeee-ffff"

func onScreens(l *laptop, told string) *terminal {
	p := l.sits("onboard", "--handover", l.sealed(), "--endpoint-url", l.server.URL())
	p.until("Passphrase of the handover")
	p.types(mistyped + "\r")
	p.until("does not open this handover")
	p.types("\x15" + told + "\r") // ctrl+u clears the field
	p.applies()
	p.leaves("You are on board")
	if strings.Contains(p.text(), mistyped) {
		p.t.Error("what was typed was shown")
	}
	return p
}

func inLines(l *laptop, told string) *terminal {
	p := l.sits("onboard", "--plain", "--handover", l.sealed(), "--endpoint-url", l.server.URL())
	p.until("Passphrase of the handover: ")
	p.types(mistyped + "\r")
	p.until("does not open this handover")
	p.until("Passphrase of the handover: ")
	p.types(told + "\r")
	p.until("Only 'yes' is accepted")
	p.types("yes\r")
	p.until("Next: terraform plan in")
	p.ended(steps.ExitDone)
	if strings.Contains(p.text(), mistyped) {
		p.t.Error("what was typed was shown")
	}
	return p
}

// TestASecondFactorIsEnrolledAtATerminalAndTerraformPlansWithItsSession enrols a
// device and plans, by hand too, where one is asked for.
func TestASecondFactorIsEnrolledAtATerminalAndTerraformPlansWithItsSession(t *testing.T) {
	c := founded(t, "production")
	l := c.laptop("bob").clone()
	p := l.sits("onboard", "--plain", "--handover", l.sealed(), "--identity", filepath.Join(l.home, "identity"), "--endpoint-url", c.server.URL())
	p.until("Only 'yes' is accepted")
	p.types("yes\r")
	p.until("Code that the app shows now")
	seed := regexp.MustCompile(`seed: ([A-Z2-7]+)`).FindStringSubmatch(p.text())
	codes := c.server.Codes("arn:aws:iam::111111111111:mfa/bob", 3)
	if seed == nil || len(codes) < 3 {
		t.Fatalf("no seed was shown, or there are no codes: %v\n%s", codes, p.text())
	}
	for i, asked := range []string{"The next code", "Code of arn:aws:iam", "Next: terraform plan in"} {
		p.types(codes[i] + "\r")
		p.until(asked)
	}
	p.ended(steps.ExitDone)
	for _, e := range environments {
		plan := l.byHand(e[0])
		if plan.code != 0 {
			t.Errorf("terraform plan by hand in %s: %+v", e[0], plan)
		}
		says(t, plan.out, "arn:aws:sts::"+e[1]+":assumed-role/"+steps.DefaultRole+"/")
	}
	mark := len(c.server.Log())
	again := l.stateroom("", "onboard", "--plain")
	l.onBoard(again)
	in := l.stateroom("", "login", "--plain")
	if in.code != steps.ExitDone {
		t.Errorf("login: %+v", in)
	}
	says(t, again.out+in.out, "Everything is right already", "holds until")
	if calls := c.mutations(mark); len(calls) > 0 {
		t.Errorf("coming back made %v", calls)
	}
	l.secretFree(strings.ReplaceAll(p.text(), seed[1], "") + again.out + in.out)
}
