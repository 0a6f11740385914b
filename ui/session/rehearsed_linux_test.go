//go:build linux && !race && !integration

package session_test

import (
	"strings"
	"testing"
)

// TestEveryRehearsalEndsWithItsSentenceAtEightyByTwentyFour goes through every mode in the
// smallest terminal that people have, from what is so to what is so then, for whom.
func TestEveryRehearsalEndsWithItsSentenceAtEightyByTwentyFour(t *testing.T) {
	t.Parallel()
	for command, c := range map[string]struct {
		steps []step
		says  string
	}{
		"setup --sandbox --accounts 1": {[]step{{"Anyone who may run this", "a"}, {"Make these changes?", "y"}}, "Alice can use the state and the roles of "},
		"onboard --sandbox":            {[]step{{"Which day do you want to practice?", "\r"}, {"Bob cannot run Terraform on this laptop yet: ", "\r"}, {"Make these changes?", "y"}}, "Bob's access works in staging, preprod and production; "},
		"handover bob --sandbox":       {nil, "Bob's key is sealed"},
		"offboard bob --sandbox":       {[]step{{"Bob still has access: 5 changes take it away.", "\r"}, {"Apply 5 changes", "y"}}, "Bob has no access left; sessions that are open end by "},
		"troubleshoot --sandbox --break kms-disabled": {
			[]step{{"One thing is wrong. The state encryption key alias/terraform is disabled.", "\r"}, {"Apply 1 change", "y"}}, "Nothing is wrong any more: all ",
		},
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			l := (&company{t: t}).laptop("bob")
			l.folder = l.base
			p := l.sitsAt(80, 24, strings.Fields(command)...)
			for _, s := range c.steps {
				p.Until(s.until)
				p.Type(s.keys)
			}
			p.leaves(c.says)
		})
	}
}

// TestARehearsedSignInIsReadAt80Columns: signed out, the code that the rehearsal shows, and
// until when Terraform can be used.
func TestARehearsedSignInIsReadAt80Columns(t *testing.T) {
	t.Parallel()
	l := (&company{t: t}).laptop("alice")
	l.folder = l.base
	p := l.sitsAt(80, 24, "login", "--sandbox")
	for _, s := range []step{
		{"Which sign-in do you want to practice?", "\r"}, {"Alice is not signed in: a code from the MFA device opens a session.", "\r"}, {"Apply 1 change", "y"},
	} {
		p.Until(s.until)
		p.Type(s.keys)
	}
	p.Type(p.Finds(`The app of this rehearsal shows (\d{6})\.`)[1] + "\r")
	p.leaves("Alice is signed in until ")
}
