//go:build linux && !race && !integration

package session_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// mishap is what happens to one call that changes something.
type mishap string

const (
	stopped mishap = "stopped" // Ctrl-C while it is under way
	refused mishap = "refused" // AWS refuses it
	lost    mishap = "lost"    // it is made, and the answer never comes
	none    mishap = "beyond"  // there is no such call any more
)

// ambush lets a mishap come to the n-th call from now on that makes something or
// gives a secret. A call that is to be stopped waits in held until it is let go.
type ambush struct {
	held chan string
	let  func()
}

func (c *company) ambush(how mishap, n int) *ambush {
	c.t.Helper()
	open := make(chan struct{})
	a := &ambush{held: make(chan string, 1), let: sync.OnceFunc(func() { close(open) })}
	c.t.Cleanup(a.let)
	var mu sync.Mutex
	seen := 0
	c.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if !e.Mutating && e.Operation != "GetSessionToken" || slices.Contains(probing, e.Operation) {
			return sandbox.Fault{}
		}
		mu.Lock()
		seen++
		mine := seen == n
		mu.Unlock()
		if !mine {
			return sandbox.Fault{}
		}
		a.held <- e.Operation
		switch how {
		case none:
			return sandbox.Fault{}
		case refused:
			return sandbox.Fault{Deny: true}
		case lost:
			return sandbox.Fault{DropAnswer: true}
		}
		<-open
		return sandbox.Fault{}
	})
	return a
}

// met tells whether the mishap came to a call before the program had ended, or had
// said that it was done.
func (a *ambush) met(t *testing.T, over func() bool) (operation string, met bool) {
	t.Helper()
	beat := time.NewTicker(10 * time.Millisecond)
	defer beat.Stop()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); <-beat.C {
		ended := over()
		select {
		case operation = <-a.held:
			return operation, true
		default:
		}
		if ended {
			return "", false
		}
	}
	t.Fatal("the program neither called nor ended")
	return "", false
}

// offers is what enter does on a screen that waits for it.
const offers = `enter (look again|leave|continue|apply|fix|onboard|\w+ all|\w+)  `

// proving is what a screen says where nothing is left but the proof.
const proving = "proves it as its users would"

// onScreen lets a mishap come to an errand's n-th call, takes what the screen offers
// then, and holds that every number is the new look's. It tells whether there was
// such a call.
func (e *errand) onScreen(how mishap, n int) bool {
	p := e.begins()
	p.Finds(`\d+ to do`)
	p.Type("a")
	if all := number(e.t, p.Finds(`Apply (\d+) change`)[1]); all != e.left() {
		e.t.Errorf("%d changes are offered, and a look of its own plans %d", all, e.left())
	}
	a := e.ambush(how, n)
	p.Type("\x1b[B\r")
	ending := regexp.MustCompile(`enter (look again|leave|apply)`)
	operation, met := a.met(e.t, func() bool { return p.Shows(ending) })
	if met && how == stopped {
		p.Type("\x03")
		p.Finds(`Stopping: the changes under way|Interrupted: what is done stays`)
		a.let()
	}
	offered := p.Finds(ending.String())[1]
	e.server.Intercept(nil)
	if met && how != lost {
		if offered != "look again" {
			e.t.Errorf("%s was %s, and what is offered is to %s", operation, how, offered)
		}
		p.Type("a") // which must not bring the plan of before back
		p.Until("Press enter to look again first")
	}
	if left := e.left(); offered == "look again" {
		p.Type("\r")
		p.Finds(offers)
		if left > 0 {
			p.Type("a")
			if again := number(e.t, p.Finds(`Apply (\d+) change`)[1]); again != left {
				e.t.Errorf("after %s was %s, %d changes are offered, and %d are to be made", operation, how, again, left)
			}
			p.Type("\x1b[B\r")
			if made := number(e.t, p.Finds(`(\d+) changes? made, 0 failed, 0 left out`)[1]); made != left {
				e.t.Errorf("after %s was %s, %d changes were made, and %d were to be", operation, how, made, left)
			}
			p.Finds(ending.String())
		} else if e.proves {
			if !strings.Contains(p.Words(), proving) {
				p.Type("9")
				p.Until(proving)
			}
			p.Type("\r")
			p.Finds(ending.String())
		}
	}
	p.Type("q")
	p.Ended(plan.ExitDone)
	return met
}

// inLines does the same in lines, where what is offered is to run it again.
func (e *errand) inLines(how mishap, n int) bool {
	p := e.begins("--plain")
	for range e.declines {
		p.Until("anything else leaves it as it is")
		p.Type("\r")
	}
	p.Until("Only 'yes' is accepted")
	a := e.ambush(how, n)
	p.Type("yes\r")
	ending := regexp.MustCompile(`\d+ changes? made|Run the\s+command\s+again|Nothing was changed`)
	operation, met := a.met(e.t, func() bool { return p.Shows(ending) })
	code := plan.ExitDone
	switch {
	case met && how == stopped:
		p.Type("\x03")
		p.Until("Interrupted: the changes under way are finished first")
		a.let()
		p.Finds(`Run the\s+command\s+again`)
		code = plan.ExitInterrupted
	case met && how == refused:
		code = plan.ExitFailed
	case met && how == lost && slices.Contains([]string{"CreateAccessKey", "CreateVirtualMFADevice"}, operation):
		code = plan.ExitFindings // nobody has confirmed to delete what is left of it without its secret
	}
	p.Finds(ending.String())
	p.Ended(code)
	e.server.Intercept(nil)
	if left := e.left(); code != plan.ExitDone {
		if made := e.again(); left > 0 && made != left {
			e.t.Errorf("after %s was %s, %d changes were made, and %d were to be", operation, how, made, left)
		}
	}
	return met
}

// nothingTwice fails the test where something could not be made since it was there
// already.
func (c *company) nothingTwice(how mishap) {
	c.t.Helper()
	if how == lost { // the SDK sends most calls again then
		return
	}
	for _, e := range c.server.Log() {
		if strings.Contains(e.Code, "AlreadyExists") || strings.Contains(e.Code, "LimitExceeded") || strings.Contains(e.Code, "AlreadyOwned") || e.Code == "ResourceInUseException" {
			c.t.Errorf("%s:%s was answered with %s", e.Service, e.Operation, e.Code)
		}
	}
}

// flows name the errands with how many of their calls a mishap can come to.
var flows = []struct {
	name  string
	calls int
}{
	{"onboard", 3},
	{"enrolment", 6},
	{"rotation", 3},
	{"login", 1},
	{"handover", 2},
	{"offboard", 3},
	{"troubleshoot", 3},
	{"setup", 30},
}

// meeting is a mishap that comes to a call of a flow.
type meeting struct {
	flow   string
	how    mishap
	n      int
	screen bool
}

func (m meeting) String() string {
	shown := map[bool]string{true: "on the screen", false: "in lines"}[m.screen]
	return fmt.Sprintf("%s %s at %d %s", m.flow, m.how, m.n, shown)
}

// mishaps are every flow, on the screen and in lines, with every mishap at each of
// its calls.
func mishaps() (all []meeting) {
	for _, flow := range flows {
		for n := 1; n <= flow.calls; n++ {
			for _, how := range []mishap{stopped, refused, lost} {
				all = append(all, meeting{flow.name, how, n, true}, meeting{flow.name, how, n, false})
			}
		}
	}
	return all
}

// TestAfterAMishapAtAnyChangeOnlyANewLookIsOfferedAndNothingIsDoubled stops every
// flow at a sample of its changes, has a change refused, and its answer lost, on
// the screen and in lines; STATEROOM_SEEDS=60 takes them all. Each has to come to
// its call.
func TestAfterAMishapAtAnyChangeOnlyANewLookIsOfferedAndNothingIsDoubled(t *testing.T) {
	all := mishaps()
	for i := 0; i < len(all); i += stepstest.Stride(t) {
		t.Run(all[i].String(), all[i].happens)
	}
}

// TestAMishapComesToEveryCallOfAFlow holds that no flow makes more calls than the
// mishaps are for.
func TestAMishapComesToEveryCallOfAFlow(t *testing.T) {
	for _, flow := range flows {
		m := meeting{flow.name, none, flow.calls + 1, false}
		t.Run(m.String(), m.happens)
	}
}

// happens lets the mishap happen, takes what is offered then, and finds nothing
// doubled.
func (m meeting) happens(t *testing.T) {
	t.Parallel()
	e := errands[m.flow](t)
	do := e.inLines
	if m.screen {
		do = e.onScreen
	}
	if met := do(m.how, m.n); met == (m.how == none) {
		t.Errorf("is there call %d? %t", m.n, met)
	}
	e.whole()
	e.nothingTwice(m.how)
}
