package tui

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"stateroom/steps"
	"stateroom/steps/terraform"
	"stateroom/ui/practice"
)

// childEnv makes this test binary a wizard on the terminal that it is given; its
// value is the stage's folder, and what follows tells the rest.
const (
	childEnv     = "STATEROOM_TEST_WIZARD"
	endpointEnv  = "STATEROOM_TEST_ENDPOINT"
	terraformEnv = "STATEROOM_TEST_TERRAFORM"
	// scriptEnv lets the child look by a script that stands for Terraform.
	scriptEnv = "STATEROOM_TEST_SCRIPT"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

// child is main in small: the wizard, and signals that stop it.
func child() int {
	stop, signals := make(chan struct{}), make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		close(stop)
	}()
	o := Options{In: os.Stdin, Out: os.Stdout, Menu: true, Begin: beginChild, Stop: stop}
	if os.Getenv(scriptEnv) != "" {
		o.Menu, o.Modes, o.Begin = false, []Mode{Troubleshoot}, beginScript
	}
	summary, err := Run(context.Background(), o)
	if err != nil {
		fmt.Println(err)
		return steps.ExitFailed
	}
	if summary == nil {
		return steps.ExitDone
	}
	return summary.ExitCode(false)
}

// beginChild begins the nine steps on the stage of another process.
func beginChild(ctx context.Context, _ Request) (*Start, error) {
	b, err := steps.ReadBlueprint(filepath.Join(os.Getenv(childEnv), "rehearsed.hcl"))
	if err != nil {
		return nil, err
	}
	start := startOn(os.Getenv(childEnv), os.Getenv(endpointEnv), b, "alice")
	world := start.World
	start.World = func(ctx context.Context, a *steps.Answers, mfa func() (string, error)) (*steps.Env, error) {
		env, err := world(ctx, a, mfa)
		if err == nil && os.Getenv(terraformEnv) != "" {
			env.Engine, env.EngineErr = terraform.Find(ctx, "")
			err = env.EngineErr
		}
		return env, err
	}
	return start, nil
}

// beginScript begins a flow that runs a script where it would run Terraform.
func beginScript(context.Context, Request) (*Start, error) {
	engine := &terraform.Engine{Path: os.Getenv(scriptEnv), Name: terraform.EngineTerraform, Version: "1.11.4"}
	flow := &steps.Flow{
		Env: &steps.Env{Dir: os.Getenv(childEnv)}, Answers: &steps.Answers{Blueprint: steps.NewBlueprint()},
		Look: func(ctx context.Context, env *steps.Env) (steps.Review, error) {
			result, err := engine.Run(ctx, terraform.Command{Dir: env.Dir, Args: []string{"plan"}})
			return steps.Review{Checks: []steps.Check{{Name: "terraform plan", Answer: result.Output, Verdict: steps.Passed}}}, err
		},
	}
	return &Start{Open: func(context.Context, steps.Given, steps.Asks) (steps.Opened, error) {
		return steps.Opened{Flow: flow}, nil
	}}, nil
}

// terminal is a real pseudo-terminal with a wizard in it.
type terminal struct {
	t             *testing.T
	master, slave *os.File
	before        *unix.Termios
	process       *exec.Cmd

	mu    sync.Mutex
	shown strings.Builder
	mark  int
}

// openTerminal starts the wizard in a pseudo-terminal of 110 by 34, as the only
// program of its session.
func openTerminal(t *testing.T, stage *practice.Stage, endpoint string, env ...string) *terminal {
	t.Helper()
	if err := os.WriteFile(filepath.Join(stage.Root, "rehearsed.hcl"), stage.Blueprint().HCL(), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newTerminal(t)
	p.start(append(env, childEnv+"="+stage.Root, endpointEnv+"="+endpoint), os.Args[0])
	return p
}

// newTerminal is a pseudo-terminal with nothing in it yet.
func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: 110, Row: 34}); err != nil {
		t.Fatal(err)
	}
	p := &terminal{t: t, master: master, slave: slave}
	if p.before, err = unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS); err != nil {
		t.Fatal(err)
	}
	go p.read()
	t.Cleanup(func() { _ = master.Close(); _ = slave.Close() })
	return p
}

// start runs a command as the leader of the terminal's session.
func (p *terminal) start(env []string, name string, args ...string) {
	p.t.Helper()
	p.process = exec.CommandContext(p.t.Context(), name, args...)
	p.process.Env = append(append(os.Environ(), env...), "TERM=xterm-256color", "LANG=C.UTF-8")
	p.process.Stdin, p.process.Stdout, p.process.Stderr = p.slave, p.slave, p.slave
	p.process.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.process.Start(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *terminal) read() {
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
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if strings.Contains(p.text()[p.mark:], text) {
			return
		}
	}
	_ = p.process.Process.Kill()
	p.t.Fatalf("%q was never shown; the last of what was:\n%s", text, p.text()[p.mark:])
}

func (p *terminal) typed(text string) {
	p.t.Helper()
	p.mark = len(p.text())
	if _, err := p.master.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// ended waits for the program and holds that the terminal is as it was.
func (p *terminal) ended(code int) {
	p.t.Helper()
	_ = p.process.Wait()
	if got := p.process.ProcessState.ExitCode(); got != code {
		p.t.Errorf("exit code %d, want %d", got, code)
	}
	p.restored(0)
}

// restored holds that the terminal is as it was, by what was shown since a mark.
func (p *terminal) restored(mark int) {
	p.t.Helper()
	after, err := unix.IoctlGetTermios(int(p.slave.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	if *after != *p.before {
		p.t.Errorf("the terminal was %+v and is %+v", *p.before, *after)
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end) && !strings.Contains(p.text()[mark:], "\x1b[?1049l"); time.Sleep(10 * time.Millisecond) {
	}
	for _, sequence := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"} {
		if !strings.Contains(p.text()[mark:], sequence) {
			p.t.Errorf("the terminal was left without %q", sequence)
		}
	}
}

// setUp goes from the menu to the confirmed plan.
func (p *terminal) setUp() {
	p.t.Helper()
	p.until("Practise in the sandbox")
	p.typed("\x1b[B\r")
	p.until("to do")
	p.typed("9")
	p.until("The whole plan")
	p.typed("\r\x1b[B\r")
}

func TestTerminalIsRestoredBySignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		stage, _ := rehearsal(t, practice.Options{})
		p := openTerminal(t, stage, stage.Endpoint())
		p.until("Practise in the sandbox")
		p.typed("\r")
		p.until("to do")
		if err := p.process.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		p.ended(steps.ExitInterrupted)
		_ = stage.Close(true)
	}
}

func TestKillInTheMiddleLosesNothing(t *testing.T) {
	stage, _ := rehearsal(t, practice.Options{})
	keys := newGate(t, stage, "TrentService.CreateKey")
	p := openTerminal(t, stage, keys.endpoint)
	p.setUp()
	p.until("of 39 changes")
	keys.wait(t)
	if err := p.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.process.Wait()
	keys.open()
	again := openTerminal(t, stage, stage.Endpoint())
	again.setUp()
	again.until("changes made, 0 failed, 0 left out.")
	again.typed("\r")
	again.ended(steps.ExitDone)
	for name, hidden := range secrets(t, stage) {
		if strings.Contains(p.text()+again.text(), hidden) {
			t.Errorf("the secret of %s was shown", name)
		}
	}
}
