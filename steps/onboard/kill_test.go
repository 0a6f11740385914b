//go:build !race && !integration

// A kill needs a process of its own, whose races the other tests look for: the
// race detector would only make hundreds of them slow. Nor is there anything for
// a real Terraform to tell.

package onboard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/steps/terraform"
)

// childVariable makes the test binary an admin's process that can be killed.
const childVariable = "STATEROOM_ONBOARDING_CHILD"

// A child goes by its process's environment, which TestMain would take away.
func init() {
	if order := os.Getenv(childVariable); order != "" {
		os.Exit(beChild(order))
	}
}

// errand is what a child is to do.
type errand struct {
	Endpoint, Root string
	// Sealed is the handover's path and Identity what opens it; empty for who
	// comes back.
	Sealed, Identity string
	Rotate           bool
	// Operator is what the operator does about User: "handover" or "offboard"; empty
	// for what users do themselves.
	Operator, User string
	// SignsIn is for a member of the group admins, whose browser agrees at once.
	SignsIn bool
	// Login is stateroom login alone.
	Login bool
	// Patience is for who waits for what does not come; the program's own unless set.
	Patience time.Duration
}

func beChild(order string) int {
	var e errand
	if err := json.Unmarshal([]byte(order), &e); err != nil {
		return 90
	}
	f, err := e.flow(context.Background(), awsops.Config{}, engine.ProcessEnvironment())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 91
	}
	f.Emit = func(at plan.Event) {
		if at.Kind == plan.EventChange {
			fmt.Fprintln(os.Stderr, "planned:", at.Change.Title)
		}
	}
	summary, err := f.Run(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 91
	}
	for _, f := range summary.Failures {
		fmt.Fprintln(os.Stderr, f.Change.ID, f.Err)
	}
	for _, f := range summary.Findings {
		fmt.Fprintln(os.Stderr, f)
	}
	return summary.ExitCode(false)
}

// goes runs an errand to its end, in this process.
func (l *laptop) goes(e errand) (*plan.Summary, error) {
	l.t.Helper()
	shell := l.shell(awsops.KeyPair{})
	f, err := e.flow(l.t.Context(), awsops.Config{Files: shell.Files()}, shell.Environ())
	l.must(err)
	return f.Run(l.t.Context())
}

// flow is the errand as the command line would put it together.
func (e errand) flow(ctx context.Context, config awsops.Config, environ engine.Environment) (*engine.Flow, error) {
	b, err := blueprint.Read(filepath.Join(e.Root, "stateroom.hcl"))
	if err != nil {
		return nil, err
	}
	a := &blueprint.Answers{Blueprint: b}
	o := &Onboarding{Answers: a, Rotate: e.Rotate, Now: time.Now}
	config.Endpoint, config.Region = e.Endpoint, b.StateRegion
	if e.Operator == "" {
		config.Key = &awsops.KeyPair{}
	}
	if e.SignsIn {
		o.Answers.IAm("admins")
	}
	if e.Sealed != "" {
		sealed, err := os.ReadFile(e.Sealed)
		if err != nil {
			return nil, err
		}
		if o.Handover, err = handover.Open(sealed, handover.Unlock{Identity: []byte(e.Identity)}); err != nil {
			return nil, err
		}
		*config.Key, o.KeyID = handover.KeyPair(o.Handover), o.Handover.AccessKeyID
	}
	env, err := e.env(ctx, config, environ, b)
	if err != nil {
		return nil, err
	}
	if e.SignsIn {
		env.Asks = (&person{opens: browser}).asks()
	}
	f := o.Flow(env)
	if e.Login {
		f = (&Login{Answers: a, Now: time.Now}).Flow(env)
	}
	switch e.Operator {
	case "handover":
		f = (&Handover{Answers: a, User: e.User}).Flow(env)
	case "offboard":
		f = (&Offboard{Answers: a, User: e.User, Now: time.Now}).Flow(env)
	}
	f.Emit = func(plan.Event) {}
	f.Confirm = enginetest.Agree
	return f, nil
}

func (e errand) env(ctx context.Context, config awsops.Config, environ engine.Environment, b *blueprint.Blueprint) (*engine.Env, error) {
	sessions, err := awsops.Open(ctx, config)
	if err != nil {
		return nil, err
	}
	env, err := engine.NewEnv(sessions, environ, e.Root, filepath.Join(e.Root, "stateroom.hcl"))
	if err != nil {
		return nil, err
	}
	env.Endpoint, env.EngineErr = e.Endpoint, terraform.ErrNotFound
	if e.Patience > 0 {
		env.Patience = e.Patience
	}
	_, scope := b.Tag()
	env.Journal, err = engine.OpenJournal(env.StateDir, scope)
	return env, err
}

// process is a child that runs an errand.
type process struct {
	cmd *exec.Cmd
	out bytes.Buffer
	mu  sync.Mutex
}

func (l *laptop) start(e errand) *process {
	l.t.Helper()
	order, err := json.Marshal(e)
	l.must(err)
	self, err := os.Executable()
	l.must(err)
	p := &process{cmd: exec.CommandContext(l.t.Context(), self)}
	p.cmd.Env = append(sandboxtest.Home(l.home).Environ(l.server.URL()), childVariable+"="+string(order), "GORACE=atexit_sleep_ms=0")
	if e.Operator != "" {
		p.cmd.Env = append(p.cmd.Env, sandboxtest.Keys(l.server.Operator())...)
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	p.mu.Lock()
	defer p.mu.Unlock()
	l.must(p.cmd.Start())
	return p
}

// kill ends the process with SIGKILL; it may have ended by itself.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.cmd.Process.Kill()
}

// first is a new admin's errand, and back is that of one who comes back.
func (l *laptop) first() errand {
	return errand{Endpoint: l.server.URL(), Root: l.root, Sealed: filepath.Join(l.dir, "handover", l.user+".age"), Identity: l.identities[l.user].String()}
}

func (l *laptop) back() errand { return errand{Endpoint: l.server.URL(), Root: l.root} }

// killAt runs an errand and kills it at the n-th request that is part of making
// the key the user's own, before the work is done or when it is done and the
// answer has not left. It tells whether there was such a request.
func (l *laptop) killAt(e errand, n int64, after bool) bool {
	var begun, over atomic.Bool
	return l.killAmong(func(at sandbox.Entry) bool {
		if at.Operation == "CreateAccessKey" {
			begun.Store(true)
		}
		if !begun.Load() || over.Load() {
			return false
		}
		over.Store(at.Operation == "DeleteAccessKey")
		return true
	}, e, n, after)
}

// killAmong does so at the n-th of the requests that count.
func (l *laptop) killAmong(counts func(sandbox.Entry) bool, e errand, n int64, after bool) bool {
	l.t.Helper()
	var seen atomic.Int64
	var p *process
	ready := make(chan struct{})
	l.server.Intercept(func(at sandbox.Entry) sandbox.Fault {
		<-ready
		if !counts(at) || seen.Add(1) != n {
			return sandbox.Fault{}
		}
		if after {
			return sandbox.Fault{DropAnswer: true, After: func(sandbox.Entry) { p.kill() }}
		}
		p.kill()
		return sandbox.Fault{DropRequest: true}
	})
	p = l.start(e)
	close(ready)
	err := p.cmd.Wait()
	l.server.Intercept(nil)
	if seen.Load() < n && err != nil {
		l.t.Fatalf("the undisturbed run failed: %v\n%s", err, p.out.String())
	}
	return seen.Load() >= n
}

func everyRequest(sandbox.Entry) bool { return true }

// held fails the test unless a working key of the user's is on the disk: in the
// profile, or still sealed. It tells whether the profile's is one.
func (l *laptop) holds(what string) bool {
	l.t.Helper()
	if s, err := l.profile("admin_iam"); err == nil {
		if id, err := s.Identity(l.t.Context()); err == nil && id.Name == l.user {
			return true
		}
	}
	id, err := l.as(handover.KeyPair(l.handed())).Identity(l.t.Context())
	if err != nil || id.Name != l.user {
		l.t.Errorf("%s: no working key is left on the disk: %v", what, err)
	}
	return false
}

// resume runs an errand to its end and fails the test unless the profile then
// holds the user's only key.
func (l *laptop) resume(what string, e errand) {
	l.t.Helper()
	if summary, err := l.goes(e); err != nil || summary.ExitCode(false) != plan.ExitDone {
		l.t.Fatalf("%s: the resumed run: %+v, %v", what, summary, err)
	}
	held := l.heldKey("admin_iam")
	if keys := l.keys(l.user); !slices.Equal(keys, []string{held}) {
		l.t.Errorf("%s: IAM has %v, the profile holds %s", what, keys, held)
	}
	mark := len(l.server.Log())
	if summary, err := l.goes(l.back()); err != nil || summary.Applied != 0 || len(l.mutations(mark)) > 0 {
		l.t.Errorf("%s: something was left to do: %+v, %v, %v", what, summary, l.mutations(mark), err)
	}
}

// TestAKillAtAnyCallOfARotationLeavesAWorkingKey kills the process before and
// after every request that it sends while it makes the key its own, and resumes
// it with and without the handover. A renewal is killed after each.
func TestAKillAtAnyCallOfARotationLeavesAWorkingKey(t *testing.T) {
	t.Parallel()
	stride := int64(stepstest.Stride(t))
	for i, run := range []struct{ renewal, after bool }{{false, false}, {false, true}, {true, true}} {
		t.Run(fmt.Sprintf("renewal %t, after %t", run.renewal, run.after), func(t *testing.T) {
			t.Parallel()
			kills := int64(0)
			for n := 1 + int64(i)%stride; n < 100; n += stride {
				l := founded(t).laptop("bob")
				e := l.first()
				if run.renewal {
					l.resume("the first run", e)
					e = l.back()
					e.Rotate = true
				}
				what := fmt.Sprintf("kill at request %d", n)
				if !l.killAt(e, n, run.after) {
					break
				}
				kills++
				if working := l.holds(what); working && n%2 == 0 {
					e = l.back() // whoever has a key needs no handover to finish
				}
				l.resume(what, e)
			}
			if kills < 13/stride {
				t.Errorf("only %d kills happened", kills)
			}
		})
	}
}

// The key of which no answer ever came is found by the time at which it was made.
// Nobody has confirmed its deletion, so the next run shows and does it.
func TestAKeyWhoseAnswerWasLostIsDeletedByTheNextRunAndMadeAnew(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	var lost atomic.Bool
	c.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if e.Operation == "CreateAccessKey" && !lost.Swap(true) {
			return sandbox.Fault{DropAnswer: true}
		}
		return sandbox.Fault{}
	})
	mark := len(c.server.Log())
	first := l.come(l.handed())
	if !slices.ContainsFunc(first.Findings, func(f plan.Finding) bool { return f.ID == "onboard.not-confirmed" }) || first.ExitCode(false) != plan.ExitFindings {
		t.Errorf("exit %d, findings %v", first.ExitCode(false), first.Findings)
	}
	if calls := c.mutations(mark); !slices.Equal(calls, []string{"iam:CreateAccessKey"}) {
		t.Errorf("the run whose answer was lost made %v", calls)
	}
	l.onBoard(l.come(l.handed()))
	l.mine("admin_iam")
	want := []string{"iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey"}
	if calls := c.mutations(mark); !slices.Equal(calls, want) {
		t.Errorf("calls %v, want %v", calls, want)
	}
}

// The answer came, and the process was killed before the file was written.
func TestAKeyWhoseSecretNeverReachedTheDiskIsDeleted(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	h := l.handed()
	_, f := l.onboarding(h)
	made, err := f.Env.Sessions.Home(blueprint.DefaultStateRegion).Do(t.Context(), awsops.CreateAccessKey("bob"))
	c.must(err)
	j := f.Env.Journal
	c.must(errors.Join(
		j.Append(keyChange("bob"), "intent", map[string]string{"keys": h.AccessKeyID, "old": h.AccessKeyID}),
		j.Append(keyChange("bob"), "got", map[string]string{"id": made.Values["id"]})))
	l.onBoard(l.come(h))
	l.mine("admin_iam")
	if l.heldKey("admin_iam") == made.Values["id"] {
		t.Error("the profile holds a key whose secret nobody has")
	}
	if made.Secret.IsZero() || bytes.Contains([]byte(l.read(".aws/credentials")), []byte(made.Secret.Reveal())) {
		t.Error("the lost secret is in the file")
	}
}

// A key that another laptop makes at the same time lets IAM refuse this one's: it is
// nothing that this one has lost, and is not deleted.
func TestAKeyThatAnotherLaptopMadeMeanwhileIsNotTakenForALostOne(t *testing.T) {
	t.Parallel()
	c := founded(t)
	l := c.laptop("bob")
	var met atomic.Bool
	var theirs string
	c.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if e.Operation == "CreateAccessKey" && !met.Swap(true) {
			made, err := c.iam().Do(context.Background(), awsops.CreateAccessKey("bob"))
			if err != nil {
				t.Error(err)
			}
			theirs = made.Values["id"]
		}
		return sandbox.Fault{}
	})
	first, err := l.goes(l.first())
	if err != nil || first.Failed != 1 {
		t.Fatalf("the run that came too late: %+v, %v", first, err)
	}
	again, err := l.goes(l.first())
	if err != nil || again.ExitCode(false) == plan.ExitDone {
		t.Errorf("the next run: %+v, %v", again, err)
	}
	if theirs == "" || !slices.Contains(c.keys("bob"), theirs) {
		t.Errorf("the key %s of another laptop was deleted; the keys are %v", theirs, c.keys("bob"))
	}
}

func TestTwoAdminsAtOnceDoNotMeet(t *testing.T) {
	t.Parallel()
	c := founded(t)
	bob := c.laptop("bob")
	alice := c.laptop("alice")
	processes := []*process{bob.start(bob.first()), alice.start(alice.first())}
	for _, p := range processes {
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("%v\n%s", err, p.out.String())
		}
	}
	for _, l := range []*laptop{alice, bob} {
		l.mine("admin_iam")
	}
}
