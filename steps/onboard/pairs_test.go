//go:build !race && !integration

// Two processes at once: of them the race detector has nothing to tell, nor has a
// real Terraform.

package onboard

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// pairPatience is how long one of two waits for a key that may be new: what the
// other one has deleted never comes.
const pairPatience = time.Second

// What may be done about one user.
const (
	comes   = "onboard"
	renews  = "rotate"
	hands   = "handover"
	departs = "offboard"
)

// requests is about how many requests each sends.
var requests = map[string]int{comes: 45, renews: 60, hands: 14, departs: 60}

// pairings are all pairs of these. The second one runs while the first waits, so
// that each pair stands there twice.
func pairings() [][2]string {
	all := [][2]string{{comes, comes}, {hands, hands}, {renews, renews}, {comes, renews}, {comes, departs}, {renews, departs}, {departs, comes}, {departs, renews}}
	for _, one := range []string{hands, renews, departs, comes} {
		for _, other := range []string{comes, hands, departs, renews} {
			if p := [2]string{one, other}; !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}

// pair are two people who do something about bob at once, each at a desk of their
// own.
type pair struct {
	*company
	does  [2]string
	desks [2]*laptop
	ended [2]ending
}

// ending is what one run left.
type ending struct {
	code int
	text string
}

func newPair(t *testing.T, does [2]string) *pair {
	t.Helper()
	p := &pair{company: founded(t), does: does}
	for i, what := range does {
		p.desks[i] = p.laptop("bob")
		if what == hands || what == departs {
			p.desks[i].user = "operator"
		}
	}
	if p.any(renews) { // bob has had a key of his own for some time, on all laptops of his
		var from *laptop
		for _, l := range p.desks {
			switch {
			case l.user != "bob":
			case from == nil:
				l.resume("before", l.first())
				from = l
			default:
				l.write(".aws/credentials", from.read(".aws/credentials"))
				l.write(".aws/config", from.read(".aws/config"))
			}
		}
	}
	return p
}

func (p *pair) any(what string) bool { return slices.Contains(p.does[:], what) }

// errand is what one of them does.
func (p *pair) errand(i int) errand {
	p.t.Helper()
	l := p.desks[i]
	e := l.back()
	switch p.does[i] {
	case hands, departs:
		e.Operator, e.User = p.does[i], "bob"
	case renews:
		e.Rotate = true
	case comes:
		if !p.any(renews) {
			e = l.first()
		}
	}
	e.Patience = pairPatience
	return e
}

// alone lets one of them do it, or once more, while nobody else does anything.
func (p *pair) alone(i int) ending { return p.over(p.desks[i].start(p.errand(i))) }

func (p *pair) over(one *process) ending {
	_ = one.cmd.Wait() // its code is asked for
	return ending{one.cmd.ProcessState.ExitCode(), one.out.String()}
}

// meet lets the first one wait before the n-th of its requests until the second one
// has sent m, or has ended.
func (p *pair) meet(n, m int) {
	p.t.Helper()
	held, open := make(chan struct{}), make(chan struct{})
	letGo := sync.OnceFunc(func() { close(open) })
	var mu sync.Mutex
	seen := 0
	p.server.Intercept(func(sandbox.Entry) sandbox.Fault {
		mu.Lock()
		seen++
		mine := seen == n
		if seen == n+m {
			letGo()
		}
		mu.Unlock()
		if mine {
			close(held)
			<-open
		}
		return sandbox.Fault{}
	})
	first, gone := p.desks[0].start(p.errand(0)), make(chan struct{})
	go func() {
		p.ended[0] = p.over(first)
		close(gone)
	}()
	select {
	case <-held:
	case <-gone: // before its n-th request: the second one comes after it
		letGo()
	}
	p.ended[1] = p.alone(1)
	letGo()
	<-gone
	p.server.Intercept(nil)
}

// active are bob's access keys that are not off.
func (p *pair) active() (ids []string) {
	p.t.Helper()
	keys, err := p.iam().AccessKeys(p.t.Context(), "bob")
	p.must(err)
	for _, k := range keys {
		if k.Active {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// sealed is the key in bob's sealed file below a folder; empty where there is none.
func (p *pair) sealed(root string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "handover", "bob.age"))
	if os.IsNotExist(err) {
		return ""
	}
	p.must(err)
	h, err := handover.Open(text, handover.Unlock{Identity: []byte(p.identities["bob"].String())})
	p.must(err)
	return h.AccessKeyID
}

// onDisk are the keys that somebody has: in a profile, or sealed.
func (p *pair) onDisk() []string {
	ids := []string{p.sealed(p.dir)}
	for _, l := range p.desks {
		ids = append(ids, l.heldKey("admin_iam"), p.sealed(l.root))
	}
	return ids
}

// deleted are the keys that were deleted since mark.
func (p *pair) deleted(mark int) (ids []string) {
	for _, e := range p.server.Log()[mark:] {
		if in, ok := e.Input.(map[string]any); ok && e.Operation == "DeleteAccessKey" && e.Code == "" {
			ids = append(ids, fmt.Sprint(in["AccessKeyId"]))
		}
	}
	return ids
}

// kept fails the test where a key of bob's works and nobody has it, or one was
// deleted of which no plan said so.
func (p *pair) kept(mark int, when string, told ...ending) {
	p.t.Helper()
	disk := p.onDisk()
	for _, id := range p.active() {
		if !slices.Contains(disk, id) {
			p.t.Errorf("%s: bob's key %s works, and nobody has it", when, id)
		}
	}
	for _, id := range p.deleted(mark) {
		if !slices.ContainsFunc(told, func(e ending) bool { return planned(e, id) }) {
			p.t.Errorf("%s: bob's key %s was deleted, and no plan said so", when, id)
		}
	}
}

// planned tells whether a run has shown beforehand that it would delete the key.
func planned(e ending, id string) bool {
	return slices.ContainsFunc(strings.Split(e.text, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "planned: Delete ") && strings.Contains(line, id)
	})
}

// TestTwoWhoDealWithOneUserAtOnceLoseNoKeyAndAreTold: each of two runs meets the other in
// any of its moments. Seed 10 had a handover, held up for longer than its patience, asked
// once about a key that had gone meanwhile, and no more.
func TestTwoWhoDealWithOneUserAtOnceLoseNoKeyAndAreTold(t *testing.T) {
	t.Parallel()
	all := pairings()
	for _, seed := range stepstest.NumberedSeeds(t, 10) {
		draw := rand.New(rand.NewPCG(uint64(seed), 11))
		does := all[seed%len(all)]
		n, m := 1+draw.IntN(requests[does[0]]), 1+draw.IntN(2*requests[does[1]])
		t.Run(fmt.Sprintf("%02d %s at %d beside %s until %d", seed, does[0], n, does[1], m), func(t *testing.T) {
			t.Parallel()
			p := newPair(t, does)
			mark := len(p.server.Log())
			p.meet(n, m)
			p.kept(mark, "after they met", p.ended[:]...)
			for i, e := range p.ended {
				t.Logf("%s ended with %d:\n%s", does[i], e.code, e.text)
			}
			if p.any(departs) {
				p.left(t)
				return
			}
			p.works(t)
		})
	}
}

// left fails the test unless bob has no key that works, or somebody was told; once
// the operator has looked again, nothing is left.
func (p *pair) left(t *testing.T) {
	t.Helper()
	for _, id := range p.active() {
		if !slices.ContainsFunc(p.ended[:], func(e ending) bool { return e.code != plan.ExitDone && strings.Contains(e.text, id) }) {
			t.Errorf("bob has left, his key %s works, and nobody was told", id)
		}
	}
	i := slices.Index(p.does[:], departs)
	if again := p.alone(i); again.code != plan.ExitDone || len(p.active()) > 0 {
		t.Errorf("seen off once more: exit code %d, bob's keys %v:\n%s", again.code, p.active(), again.text)
	}
}

// works fails the test unless bob can work with a key that he has, and whoever has
// none, or one that was taken, was told so, and ends well by doing what was said.
func (p *pair) works(t *testing.T) {
	t.Helper()
	if !slices.ContainsFunc(p.onDisk(), p.opens) {
		t.Error("bob has no key that works")
	}
	var lost []int
	for i, l := range p.desks {
		e, other := p.ended[i], p.ended[1-i]
		held := l.heldKey("admin_iam")
		if l.user != "bob" {
			held = p.sealed(l.root)
		}
		switch {
		case e.code == plan.ExitDone && (p.opens(held) || held != "" && planned(other, held)):
			continue // what was taken from it since then was shown to who took it
		case e.code == plan.ExitDone:
			t.Errorf("who did %s was told that all is well and has the key %q, which does not work", p.does[i], held)
		case !slices.ContainsFunc([]string{"another laptop", "somebody else", "handover."}, func(s string) bool { return strings.Contains(e.text, s) }):
			t.Errorf("who did %s is not told that another laptop took the key:\n%s", p.does[i], e.text)
		}
		lost = append(lost, i)
	}
	for _, i := range lost {
		p.goesOn(t, i)
	}
}

// opens tells whether a key works.
func (p *pair) opens(id string) bool { return slices.Contains(p.active(), id) }

// goesOn lets who has lost do it once more, which takes nobody's key away, and a user
// then what is said: take the profile of the other laptop.
func (p *pair) goesOn(t *testing.T, i int) {
	t.Helper()
	l, other, mark := p.desks[i], p.desks[1-i], len(p.server.Log())
	again := p.alone(i)
	t.Logf("%s once more: %d\n%s", p.does[i], again.code, again.text)
	p.kept(mark, "once more", again)
	if l.user != "bob" || again.code == plan.ExitDone && p.opens(l.heldKey("admin_iam")) {
		return
	}
	if !strings.Contains(again.text, "another laptop") {
		t.Errorf("who does %s once more is not told of another laptop:\n%s", p.does[i], again.text)
	}
	if other.user != "bob" || !p.opens(other.heldKey("admin_iam")) {
		return
	}
	says(t, again.text, "copy its profile admin_iam")
	l.write(".aws/credentials", other.read(".aws/credentials"))
	e := l.back()
	e.Patience = pairPatience
	if end := p.over(l.start(e)); end.code != plan.ExitDone {
		t.Errorf("with the other laptop's profile: exit code %d\n%s", end.code, end.text)
	}
}
