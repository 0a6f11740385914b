//go:build linux && !race && !integration

package session_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
)

// withoutBlueprint takes the blueprint out of the clone.
func (l *laptop) withoutBlueprint() *laptop {
	l.t.Helper()
	l.must(os.Remove(filepath.Join(l.folder, "stateroom.hcl")))
	return l
}

// given makes a key of a user's, as somebody would who hands it over by hand.
func (c *company) given(user string) (id, secret string) {
	c.t.Helper()
	made := c.act("iam", "CreateAccessKey", sandbox.ActInput{"UserName": user})
	return regexp.MustCompile(`<AccessKeyId>(\w+)<`).FindStringSubmatch(made)[1], regexp.MustCompile(`<SecretAccessKey>([^<]+)<`).FindStringSubmatch(made)[1]
}

// TestAKeyAloneComesOnBoardWithoutABlueprint, at 80 by 24 on the screens and in lines, in the
// clone and from a folder that tells nothing: the clone is named then. The secret is shown
// nowhere, and the key of the paste is gone.
func TestAKeyAloneComesOnBoardWithoutABlueprint(t *testing.T) {
	t.Parallel()
	type typed struct {
		args  []string
		steps func(clone, id, secret string) []step
	}
	for name, c := range map[string]struct {
		away bool
		typed
	}{
		"screens": {false, typed{[]string{"onboard"}, func(_, id, secret string) []step {
			return []step{{"How do you get your key?", down + "\r"}, {"Access key id", id + "\r"}, {"Secret access key", secret + "\r"}, {" to do", "\r"}, {"yes, apply", "y"}}
		}}},
		"lines, elsewhere": {true, typed{[]string{"onboard", "--plain"}, func(clone, id, secret string) []step {
			return []step{
				{"3 None: I sign in with Identity Center", "2\r"},
				{"Folder of your team's Terraform files: ", "/\r"},
				{"no project in / has", ""}, // with the question behind it, perhaps
				{"Folder of your team's Terraform files: ", clone + "\r"},
				{"Access key id: ", id + "\r"},
				{"Secret access key: ", secret + "\r"},
				{"Only 'yes' is accepted", "yes\r"},
			}
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			company := few(t)
			company.found()
			l := company.laptop("bob").clone().withoutBlueprint()
			clone := l.folder
			if c.away {
				l.folder = filepath.Join(l.base, "elsewhere")
				l.must(os.MkdirAll(l.folder, 0o700))
			}
			for _, handed := range company.keys("bob", "Active") {
				company.act("iam", "DeleteAccessKey", sandbox.ActInput{"UserName": "bob", "AccessKeyId": handed})
			}
			id, secret := company.given("bob")
			p := l.sitsAt80(c.args...)
			for _, s := range c.steps(clone, id, secret) {
				p.Until(s.until)
				if s.keys != "" {
					p.Type(s.keys)
				}
			}
			p.Until("Bob's access works in")
			if !strings.Contains(c.args[len(c.args)-1], "plain") {
				p.Type("q")
			}
			p.Ended(plan.ExitDone)
			if held := l.inProfile("admin_iam"); held == "" || held == id {
				t.Errorf("the profile holds %q", held)
			}
			l.holds("bob", "admin_iam")
			if strings.Contains(p.Text(), secret) || !strings.Contains(p.Text(), "Join without a blueprint") {
				t.Error("the secret was shown, or not that there is no blueprint")
			}
			if left, _ := filepath.Glob(filepath.Join(clone, "stateroom.hcl")); len(left) > 0 {
				t.Error("a blueprint was made up")
			}
		})
	}
}

// TestASignInAloneComesOnBoardWithoutABlueprint, by a code on another device; signing in
// later needs no blueprint either.
func TestASignInAloneComesOnBoardWithoutABlueprint(t *testing.T) {
	t.Parallel()
	l := signsIn(t).withoutBlueprint()
	l.must(l.server.SignIn("alice@acme.com"))
	p := l.sitsAt80("onboard")
	for _, s := range []step{
		{"How do you get your key?", down + down + "\r"},
		{"Start URL of the AWS access portal", l.server.StartURL() + "\r"},
		{"Region of Identity Center", "\x15eu-central-1\r"},
		{"Permission set in account 111111111111", "\r"},
		{" to do", "\r"},
		{"yes, apply", "y"},
	} {
		p.Until(s.until)
		p.Type(s.keys)
	}
	p.leaves("alice@acme.com's access works in staging")
	got := l.stateroom("", "login", "--yes")
	if got.code != plan.ExitDone {
		t.Errorf("signing in: %+v", got)
	}
	says(t, got.out, "alice@acme.com is signed in")
}
