//go:build linux && !race && !integration

package session_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// errand is a flow of the program at somebody's laptop.
type errand struct {
	*laptop
	args []string
	// begin is typed first, as the answer to what it begins with.
	begin string
	// declines counts what takes a word of its own, which is not given.
	declines int
	// proves says that it is proven even where nothing is left to do.
	proves bool
	// factor says that it asks for codes of a second factor, so that nobody but who
	// sits at a terminal sees, and does, all of it.
	factor bool
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
	"enrolment": func(t *testing.T) *errand {
		l := few(t, "production").team("bob")
		return (&errand{laptop: l, args: l.coming(), factor: true}).until(l.signedIn)
	},
	"login": func(t *testing.T) *errand {
		l := few(t, "production").team("bob")
		(&errand{laptop: l, args: l.coming(), factor: true}).until(l.signedIn).again()
		l.signedIn()
		l.forgets("admin_iam")
		return (&errand{laptop: l, args: []string{"login"}, factor: true}).until(l.signedIn)
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

// signedIn fails the test unless bob's one and only key lies in a profile of its
// own, bob has one device, and Terraform's profile holds a session.
func (l *laptop) signedIn() {
	l.t.Helper()
	l.holds("bob", "admin_iam-long-term")
	device := "arn:aws:iam::111111111111:mfa/bob"
	for operation, in := range map[string]sandbox.ActInput{"ListMFADevices": {"UserName": "bob"}, "ListVirtualMFADevices": nil} {
		if found := l.find("iam", operation, in, "<SerialNumber>(.*?)</SerialNumber>"); !slices.Equal(found, []string{device}) {
			l.t.Errorf("%s finds %v, want %s", operation, found, device)
		}
	}
	if session := l.inProfile("admin_iam"); !strings.HasPrefix(session, "ASIA") || l.server.SecretOf(session) == "" {
		l.t.Errorf("profile admin_iam holds %q, want a session", session)
	}
}

// forgets empties a profile of the laptop's.
func (l *laptop) forgets(profile string) {
	l.t.Helper()
	file, err := files.Read(filepath.Join(l.home, ".aws", "credentials"))
	l.must(err)
	edit, err := profiles.Edit(profiles.Credentials, file, profiles.Wanted{
		Name: profile, Remove: []string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token"},
	})
	l.must(err)
	_, err = files.Write(l.t.Context(), edit, l.t.TempDir())
	l.must(err)
}

// begins runs the errand at a terminal, where its person has the phone at hand.
func (e *errand) begins(flags ...string) *terminal {
	e.t.Helper()
	p := e.sits(append(slices.Concat(e.args, flags), "--endpoint-url", e.server.URL())...)
	p.Answer = func(words string) string {
		switch {
		case strings.Contains(words, "Code that the app shows now"):
			return strings.Join(e.shows(2), "\r") + "\r"
		case strings.Contains(words, "Code of arn:"):
			return e.shows(1)[0] + "\r"
		}
		return ""
	}
	if e.begin != "" {
		p.Until("What do you want to begin with")
		p.Type(e.begin)
	}
	return p
}

// left counts the changes that a new look plans.
func (e *errand) left() int {
	e.t.Helper()
	args := append(slices.Clone(e.ahead()), "--dry-run", "--json")
	if e.factor {
		args[len(args)-1] = "--plain"
	}
	got := e.stateroom("", args...)
	if got.code != plan.ExitDone && got.code != plan.ExitFindings {
		e.t.Errorf("the look: %+v", got)
	}
	return len(change.FindAllString(got.out, -1))
}

// change is how a change begins, as an event and in lines.
var change = regexp.MustCompile(`(?m)^(\{"event":"change"|  [+~>-] [A-Z])`)

// again does the errand, or what is left of it, in lines, and counts what it made.
func (e *errand) again() (made int) {
	e.t.Helper()
	if !e.factor || e.left() == 0 {
		got := e.done(append(slices.Clone(e.args), "--yes", "--json")...)
		return strings.Count(got.out, `{"event":"applied"`)
	}
	p := e.begins("--plain")
	p.Until("Only 'yes' is accepted")
	p.Type("yes\r")
	made = number(e.t, p.Finds(`(\d+) changes? made, 0 failed, 0 left out`)[1])
	p.Ended(plan.ExitDone)
	return made
}
