package tui

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
	"stateroom/ui/practice"
	"stateroom/ui/ptytest"
)

// childEnv makes this test binary a wizard on the terminal that it is given; its
// value is the lab's folder, and what follows tells the rest.
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
		o.Menu, o.Modes, o.Begin = false, []*Mode{Troubleshoot}, beginScript
	}
	o.Getenv = os.Getenv
	visits, err := Run(context.Background(), o)
	if err != nil {
		fmt.Println(err)
		return plan.ExitFailed
	}
	if len(visits) == 0 {
		return plan.ExitDone
	}
	return visits[len(visits)-1].Summary.ExitCode(false)
}

// beginChild begins the nine steps on the lab of another process.
func beginChild(ctx context.Context, _ Request) (*Start, error) {
	b, err := blueprint.Read(filepath.Join(os.Getenv(childEnv), "rehearsed.hcl"))
	if err != nil {
		return nil, err
	}
	config := awsops.Config{Endpoint: os.Getenv(endpointEnv)}
	o := openingOn(os.Getenv(childEnv), config, engine.ProcessEnvironment(), &blueprint.Answers{Blueprint: b, Me: "alice"})
	world := o.World
	o.World = func(ctx context.Context, a *blueprint.Answers, asks plan.Asks) (*engine.Env, error) {
		env, err := world(ctx, a, asks)
		if err == nil && os.Getenv(terraformEnv) != "" {
			env.Engine, env.EngineErr = terraform.Find(ctx, "", os.Environ())
			err = env.EngineErr
		}
		return env, err
	}
	return &Start{Open: o.Open}, nil
}

// beginScript begins a flow that runs a script where it would run Terraform.
func beginScript(context.Context, Request) (*Start, error) {
	terraformer := &terraform.Engine{Path: os.Getenv(scriptEnv), Name: terraform.EngineTerraform, Version: "1.11.4"}
	flow := &engine.Flow{
		Env: &engine.Env{Dir: os.Getenv(childEnv)}, Answers: &blueprint.Answers{Blueprint: blueprint.New()},
		Look: func(ctx context.Context, env *engine.Env) (plan.Review, error) {
			result, err := terraformer.Run(ctx, terraform.Command{Project: terraform.Project{Dir: env.Dir, Environ: os.Environ()}, Args: []string{"plan"}})
			return plan.Review{Checks: []plan.Check{{Name: "terraform plan", Answer: result.Output, Verdict: plan.Passed}}}, err
		},
	}
	return &Start{Open: func(context.Context, plan.Given, plan.Asks) (engine.Opened, error) {
		return engine.Opened{Flow: flow}, nil
	}}, nil
}

// terminal is a real pseudo-terminal with a wizard in it.
type terminal struct {
	*ptytest.Terminal
	t *testing.T
}

// openTerminal starts the wizard in a pseudo-terminal of 110 by 34, as the only
// program of its session.
func openTerminal(t *testing.T, lab *practice.Lab, endpoint string, env ...string) *terminal {
	t.Helper()
	if err := os.WriteFile(filepath.Join(lab.Root, "rehearsed.hcl"), lab.Blueprint().HCL(), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &terminal{ptytest.New(t, 110, 34), t}
	p.start(asChild(lab, endpoint, env...), os.Args[0])
	return p
}

// asChild is the environment of a wizard on a lab, by way of an endpoint.
func asChild(lab *practice.Lab, endpoint string, more ...string) []string {
	return append(append(slices.Clone(lab.Environ), childEnv+"="+lab.Root, endpointEnv+"="+endpoint), more...)
}

// start runs a command in it.
func (p *terminal) start(env []string, name string, args ...string) {
	command := exec.CommandContext(p.t.Context(), name, args...)
	command.Env = env
	p.Start(command)
}

// ended waits for the program and holds that the terminal is as it was.
func (p *terminal) ended(code int) {
	p.t.Helper()
	p.Ended(code)
	p.Restored(0)
}

// setUp goes from the menu to the confirmed plan.
func (p *terminal) setUp() {
	p.t.Helper()
	p.Until("Practice in the sandbox")
	p.Type("\x1b[B\r")
	p.Until("to do")
	p.Type("9")
	p.Until("The whole plan")
	p.Type("\r\x1b[B\r")
}

func TestTerminalIsRestoredBySignals(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		lab, _ := rehearsal(t, practice.Options{})
		p := openTerminal(t, lab, lab.Endpoint())
		p.Until("Practice in the sandbox")
		p.Type("\r")
		p.Until("to do")
		if err := p.Process.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		p.ended(plan.ExitInterrupted)
		_ = lab.Close(true)
	}
}

func TestKillInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	lab, _ := rehearsal(t, practice.Options{})
	keys := newGate(t, lab, "TrentService.CreateKey")
	p := openTerminal(t, lab, keys.endpoint)
	p.setUp()
	p.Until("of 39 changes")
	keys.wait(t)
	if err := p.Process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Process.Wait()
	keys.open()
	again := openTerminal(t, lab, lab.Endpoint())
	again.setUp()
	again.Until("changes made, 0 failed, 0 left out.")
	again.Type("\r")
	again.ended(plan.ExitDone)
	for name, hidden := range secrets(t, lab) {
		if strings.Contains(p.Text()+again.Text(), hidden) {
			t.Errorf("the secret of %s was shown", name)
		}
	}
}
