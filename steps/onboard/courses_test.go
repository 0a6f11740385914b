//go:build linux && !race && !integration

package onboard

import (
	"os"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
)

// course is what one of the program's commands needs before it runs, and what is
// true when it has ended.
type course struct {
	name string
	// requests is how many the command makes at least, and writes how often
	// something happens to its files.
	requests, writes int
	// before gives the command its place, and tells how to call it.
	before func(s *stopped) []string
	// typed is what is typed at a terminal, for a command that asks.
	typed func(s *stopped) string
	// at is whose laptop it runs on: the operator's unless bob's.
	bobs bool
	// end is how the command ends once it is not stopped, and settled are the
	// arguments of a dry run that then finds nothing to change.
	end     int
	settled []string
	// bob is how many access keys bob has in the end.
	bob int
}

var courses = []course{{
	name: "setup", requests: 110, writes: 50, bob: 1,
	before: func(s *stopped) []string {
		s.office = unfurnished(s.t)
		return []string{"setup", "--me", "alice"}
	},
	settled: []string{"setup", "--me", "alice"},
}, {
	name: "onboard", requests: 50, writes: 28, bobs: true, bob: 1,
	before: func(s *stopped) []string {
		s.finished()
		return s.first()
	},
	settled: []string{"onboard"},
}, {
	name: "rotate", requests: 50, writes: 36, bobs: true, bob: 1,
	before: func(s *stopped) []string {
		s.finished()
		s.works(s.first()...)
		return []string{"onboard", "--rotate"}
	},
	settled: []string{"onboard"},
}, {
	name: "handover", requests: 11, writes: 18, bob: 1,
	before: func(s *stopped) []string {
		s.finished()
		s.must(os.Remove(s.path("handover/bob.age")))
		return []string{"handover", "bob"}
	},
	settled: []string{"handover", "bob"},
}, {
	name: "offboard", requests: 60, writes: 25,
	before: func(s *stopped) []string {
		s.finished()
		s.settled()
		return []string{"offboard", "bob", "--adopt", "bob", "--adopt", "bob/sessions"}
	},
	settled: []string{"offboard", "bob"},
}, {
	name: "login", requests: 7, writes: 20, bobs: true, bob: 1,
	before: func(s *stopped) []string {
		s.finished(func(b *blueprint.Blueprint) { b.Environments[1].MFA = true })
		s.bobs.onBoard(s.bobs.run(with(&phone{company: s.bobs.company}, s.bobs.withHandover())))
		s.bobs.forget()
		return []string{"login"}
	},
	typed:   func(s *stopped) string { return "yes\n" + s.server.Codes(bobs, 1)[0] + "\n" },
	settled: []string{"login"},
}, {
	name: "troubleshoot", requests: 140, writes: 5, bob: 1,
	before: func(s *stopped) []string {
		s.finished()
		s.broken()
		return []string{"troubleshoot"}
	},
	settled: []string{"troubleshoot"},
}}

// unfurnished is an office before its set-up.
func unfurnished(t testing.TB) *office {
	t.Helper()
	o := newBuilding(t, nil)
	o.movesIn(sandboxtest.Start(t, sandbox.Options{}))
	o.write("stateroom.hcl", string(o.blueprint.HCL()))
	return o
}

func (s *stopped) first() []string {
	return []string{"onboard", "--handover", s.path("handover/bob.age"), "--identity", s.bobs.path("identity")}
}

// broken disables the state's key and takes alice out of her group.
func (s *stopped) broken() {
	s.t.Helper()
	home := s.bobs.iam()
	keys, err := home.KeysTagged(s.t.Context(), "stateroom", "111111111111/acme-terraform-state")
	s.must(err)
	_, err = home.Do(s.t.Context(), awsops.DisableKey(keys[0]))
	s.must(err)
	_, err = home.Do(s.t.Context(), awsops.RemoveUserFromGroup("admins", "alice"))
	s.must(err)
}
