//go:build linux && !race && !integration

package session_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps"
)

// errand is a flow of the program at somebody's laptop.
type errand struct {
	*laptop
	args []string
	// begin is typed first on the screen.
	begin string
	// declines counts what takes a word of its own, which is not given.
	declines int
	// proves says that it is proven even where nothing is left to do.
	proves bool
	// ahead are the arguments of a dry run that plans what is left of it.
	ahead func() []string
	// whole fails the test unless the errand is done, and nothing is doubled.
	whole func()
}

// errands are the flows, each on a stage of its own.
var errands = map[string]func(*testing.T) *errand{
	"setup": func(t *testing.T) *errand {
		l := few(t).operator()
		return (&errand{laptop: l, args: []string{"setup", "--me", "alice"}, proves: true}).until(func() {
			l.holds("alice", "admin_iam")
			l.sealedFor("bob")
		})
	},
	"onboard": func(t *testing.T) *errand {
		l := few(t).team("bob")
		return (&errand{laptop: l, args: l.coming()}).until(func() { l.holds("bob", "admin_iam") })
	},
	"rotation": func(t *testing.T) *errand {
		l := few(t).team("bob")
		l.done(append(l.coming(), "--yes")...)
		held := l.inProfile("admin_iam")
		e := (&errand{laptop: l, args: []string{"onboard", "--rotate"}}).until(func() {
			l.holds("bob", "admin_iam")
			if l.inProfile("admin_iam") == held {
				t.Error("the key was never renewed")
			}
		})
		e.ahead = func() []string { // a renewal that has begun is only finished
			if l.inProfile("admin_iam") == held {
				return e.args
			}
			return []string{"onboard"}
		}
		return e
	},
	"handover": func(t *testing.T) *errand {
		c := few(t)
		l := c.found()
		c.must(os.Remove(filepath.Join(c.dir, "handover", "bob.age")))
		return (&errand{laptop: l, args: []string{"handover", "bob"}}).until(func() { l.sealedFor("bob") })
	},
	"offboard": func(t *testing.T) *errand {
		l := few(t).found()
		return (&errand{laptop: l, args: []string{"offboard", "bob"}, declines: 2}).until(func() {
			if active := l.keys("bob", "Active"); len(active) > 0 {
				t.Errorf("keys of bob's that work: %v", active)
			}
		})
	},
	"troubleshoot": func(t *testing.T) *errand {
		l := few(t).found("--me", "alice")
		bucket := sandbox.ActInput{"Bucket": "acme-terraform-state"}
		l.act("s3", "PutBucketVersioning", sandbox.ActInput{"Bucket": bucket["Bucket"], "Body": "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"})
		l.act("s3", "DeletePublicAccessBlock", bucket)
		l.act("iam", "RemoveUserFromGroup", sandbox.ActInput{"GroupName": "admins", "UserName": "alice"})
		return (&errand{laptop: l, args: []string{"troubleshoot"}, begin: "\r"}).until(func() { l.holds("alice", "admin_iam") })
	},
}

// until lets an errand be done when its own part is, and there is one key that
// encrypts and nothing left to do.
func (e *errand) until(own func()) *errand {
	e.ahead = func() []string { return e.args }
	e.whole = func() {
		e.t.Helper()
		own()
		if keys := e.find("kms", "ListKeys", nil, `"KeyArn":"([^"]+)"`); len(keys) != 1 {
			e.t.Errorf("KMS keys %v, want one", keys)
		}
		if left := e.left(); left != 0 {
			e.t.Errorf("%d changes are left to do", left)
		}
	}
	return e
}

// team is the laptop of an admin of a finished set-up.
func (c *company) team(user string) *laptop {
	c.t.Helper()
	c.found()
	return c.laptop(user).clone()
}

// sealedFor fails the test unless the handover holds the user's one and only key.
func (c *company) sealedFor(user string) {
	c.t.Helper()
	held := c.handed(filepath.Join(c.dir, "handover", user+".age"))
	if active, off := c.keys(user, "Active"), c.keys(user, "Inactive"); !slices.Equal(active, []string{held}) || len(off) > 0 {
		c.t.Errorf("%s has the keys %v, and %v that are off; the handover holds %s", user, active, off, held)
	}
}

// left counts the changes that a new look plans.
func (e *errand) left() int {
	e.t.Helper()
	got := e.stateroom("", append(slices.Clone(e.ahead()), "--dry-run", "--json")...)
	if got.code != steps.ExitDone && got.code != steps.ExitFindings {
		e.t.Errorf("the look: %+v", got)
	}
	return strings.Count(got.out, `{"event":"change"`)
}

// mishap is what happens to one call that changes something.
type mishap string

const (
	stopped mishap = "stopped" // Ctrl-C while it is under way
	refused mishap = "refused" // AWS refuses it
	lost    mishap = "lost"    // it is made, and the answer never comes
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
const offers = `enter (look again|leave|continue|apply|mend|onboard|\w+ all|\w+)  `

// proving is what a screen says where nothing is left but the proof.
const proving = "proves it as its users would"

// onScreen lets a mishap come to an errand's n-th call, takes what the screen offers
// then, and holds that every number is the new look's. It tells whether there was
// such a call.
func (e *errand) onScreen(how mishap, n int) bool {
	p := e.sits(append(slices.Clone(e.args), "--endpoint-url", e.server.URL())...)
	if e.begin != "" {
		p.Until("What do you want to begin with")
		p.Type(e.begin)
	}
	p.Finds(`\d+ to do`)
	p.Type("a")
	if all := number(e.t, p.Finds(`Apply (\d+) change`)[1]); all != e.left() {
		e.t.Errorf("%d changes are offered, and a look of its own plans %d", all, e.left())
	}
	a := e.ambush(how, n)
	p.Type("\x1b[B\r")
	ending := regexp.MustCompile(`enter (look again|leave|apply)`)
	operation, met := a.met(e.t, func() bool { return ending.MatchString(p.Words()) })
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
	p.Ended(steps.ExitDone)
	return met
}

// inLines does the same in lines, where what is offered is to run it again.
func (e *errand) inLines(how mishap, n int) bool {
	p := e.sits(append(slices.Clone(e.args), "--plain", "--endpoint-url", e.server.URL())...)
	for range e.declines {
		p.Until("anything else leaves it as it is")
		p.Type("\r")
	}
	p.Until("Only 'yes' is accepted")
	a := e.ambush(how, n)
	p.Type("yes\r")
	ending := regexp.MustCompile(`\d+ changes? made|Run it again|Everything is right`)
	operation, met := a.met(e.t, func() bool { return ending.MatchString(p.Words()) })
	code := steps.ExitDone
	switch {
	case met && how == stopped:
		p.Type("\x03")
		p.Until("Interrupted: the changes under way are finished first")
		a.let()
		p.Until("Run it again")
		code = steps.ExitInterrupted
	case met && how == refused:
		code = steps.ExitFailed
	case met && how == lost && operation == "CreateAccessKey":
		code = steps.ExitFindings // nobody has confirmed to delete the key whose secret is lost
	}
	p.Ended(code)
	e.server.Intercept(nil)
	if left := e.left(); code != steps.ExitDone {
		got := e.done(append(slices.Clone(e.args), "--yes", "--json")...)
		if made := strings.Count(got.out, `{"event":"applied"`); left > 0 && made != left {
			e.t.Errorf("after %s was %s, %d changes were made, and %d were to be:\n%s", operation, how, made, left, got.out)
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
}{{"onboard", 3}, {"rotation", 3}, {"handover", 2}, {"offboard", 3}, {"troubleshoot", 3}, {"setup", 40}}

// mishaps are every flow, on the screen and in lines, with every mishap at each of
// its calls.
func mishaps() []meeting {
	var all []meeting
	for _, flow := range flows {
		for n := 1; n <= flow.calls; n++ {
			for _, how := range []mishap{stopped, refused, lost} {
				all = append(all, meeting{flow.name, how, n, true}, meeting{flow.name, how, n, false})
			}
		}
	}
	return all
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

// sample are as many mishaps as there are seeds, of each flow in turn; all of them
// from 60 seeds on.
func sample(seeds int) []meeting {
	all := mishaps()
	if seeds >= 60 {
		return all
	}
	var drawn []meeting
	for seed := range seeds {
		flow := flows[seed%len(flows)].name
		own := slices.DeleteFunc(slices.Clone(all), func(m meeting) bool { return m.flow != flow })
		drawn = append(drawn, own[rand.New(rand.NewPCG(uint64(seed), 9)).IntN(len(own))])
	}
	return drawn
}

// TestAfterAMishapAtAnyChangeOnlyANewLookIsOfferedAndNothingIsDoubled stops every
// flow at a sample of its changes, has a change refused, and its answer lost, on
// the screen and in lines; STATEROOM_SEEDS=60 takes them all.
func TestAfterAMishapAtAnyChangeOnlyANewLookIsOfferedAndNothingIsDoubled(t *testing.T) {
	met := 0
	for _, m := range sample(seeds(t)) {
		t.Run(m.String(), func(t *testing.T) {
			e := errands[m.flow](t)
			do := e.inLines
			if m.screen {
				do = e.onScreen
			}
			if do(m.how, m.n) {
				met++
			}
			e.whole()
			e.nothingTwice(m.how)
		})
	}
	if met == 0 {
		t.Error("no mishap ever came to a call")
	}
}
