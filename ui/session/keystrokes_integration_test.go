//go:build integration && linux

package session_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/steps/terraform/mirror"
	"stateroom/ui/ptytest"
)

// press types keys one after the other, each once a text shows that it is wanted, and
// gives how many there were.
func (p *terminal) press(keys ...[2]string) int {
	p.t.Helper()
	for _, k := range keys {
		p.Until(k[0])
		p.Type(k[1])
	}
	return len(keys)
}

// few holds a number of keys against what was promised.
func few(t *testing.T, what string, keys, most int) {
	t.Helper()
	if keys > most {
		t.Errorf("%s takes %d keys, more than %d", what, keys, most)
	}
}

// TestAnInvitedAdminComesToAGreenTableByTheBrowserAlone: a clone, the command, three keys at
// most and the browser; terraform plan has run everywhere then, and no secret was ever shown.
func TestAnInvitedAdminComesToAGreenTableByTheBrowserAlone(t *testing.T) {
	for name, browser := range map[string]string{"browser": "browser", "another device": "none"} {
		t.Run(name, func(t *testing.T) {
			l := signsInWith(t, mirror.With(t))
			l.must(l.server.SignIn("alice@acme.com"))
			opened := filepath.Join(l.base, "opened")
			l.must(os.WriteFile(filepath.Join(l.path, "browser"), []byte("#!/bin/sh\necho \"$1\" >"+opened+".new && mv "+opened+".new "+opened+"\n"), 0o700))
			p := &terminal{ptytest.New(t, 80, 24), t}
			command := exec.CommandContext(t.Context(), l.program(), "onboard", "--endpoint-url", l.server.URL())
			command.Dir, command.Env = l.folder, l.environment("BROWSER="+browser)
			p.Start(command)
			few(t, "an invitation", p.press([2]string{" to do", "\r"}, [2]string{"yes, apply", "y"}), 3)
			if browser != "none" {
				p.Until("Finish there")
				address, err := os.ReadFile(opened)
				l.must(err)
				page, err := http.Get(strings.TrimSpace(string(address)))
				l.must(err)
				l.must(page.Body.Close())
			}
			p.leaves("alice@acme.com can run Terraform in staging.")
			says(t, p.Text(), "Proven as alice@acme.com, with Terraform")
			for _, secret := range l.server.Secrets() {
				if strings.Contains(p.Text(), secret) {
					t.Error("a secret was shown")
				}
			}
		})
	}
}

// TestWhatPeopleComeForTakesFewKeys counts the keys after the command: a newcomer, who
// types the program's name alone, to a finished rehearsal; a 403 to its fix; and a new
// admin on board, who types a passphrase besides.
func TestWhatPeopleComeForTakesFewKeys(t *testing.T) {
	t.Run("newcomer", func(t *testing.T) {
		l := (&company{t: t, mirror: mirror.With(t)}).laptop("bob")
		l.folder = l.base
		p := l.sitsAt(80, 24)
		few(t, "a rehearsal", p.press([2]string{"Practice in the sandbox", "p"}, [2]string{"What do you want to practice?", "\r"}, [2]string{"Anyone who may run this", "a"}, [2]string{"yes, apply", "y"}), 4)
		p.leaves("Alice can run Terraform in staging, preprod and production.")
	})
	t.Run("403", func(t *testing.T) {
		l := (&company{t: t, mirror: mirror.With(t)}).laptop("bob")
		l.folder = l.base
		p := l.sitsAt(80, 24, "troubleshoot", "--sandbox", "--break", "s3-head-denied-detached")
		const asked = 1 // where it begins, which a rehearsal knows
		few(t, "a 403", asked+p.press([2]string{" to do", "\r"}, [2]string{"yes, apply", "y"}), 5)
		p.leaves("Nothing is wrong any more")
	})
	t.Run("onboarding", func(t *testing.T) {
		c := founded(t)
		hands := c.operator().sitsAt(80, 24, "handover", "carol")
		hands.applies()
		hands.Until("I have written it down")
		told := passphrase.FindString(hands.Text())
		hands.Type("\r")
		hands.leaves("key waits in handover/carol.age until")
		l := c.laptop("carol").clone()
		p := l.sitsAt(80, 24, "onboard", "--handover", l.sealed())
		p.Until("Passphrase of the handover")
		p.Type(told)
		few(t, "onboarding", p.press([2]string{"typed, not shown", "\r"}, [2]string{" to do", "\r"}, [2]string{"yes, apply", "y"}), 5)
		p.leaves("Carol can run Terraform in staging, preprod and production.")
	})
}
