//go:build !race

// A passphrase is made slow to guess by work of which the race detector makes
// seven times as much, and in which it finds nothing.

package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"stateroom/awsops/sandbox"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

func TestHandoverOpensForItsReaderAndHoldsTheKey(t *testing.T) {
	t.Parallel()
	x25519, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	sshRecipient, sshIdentity := sshKey(t)
	for name, c := range map[string]struct {
		recipient string
		identity  age.Identity
	}{
		"age": {x25519.Recipient().String(), x25519}, "ssh-ed25519": {sshRecipient, sshIdentity}, "passphrase": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			b := team()
			b.Users[0].Recipient = c.recipient
			s := w.setup(b)
			s.Answers.Passphrases = c.recipient == ""
			w.healthy(w.run(s))
			identity := c.identity
			if identity == nil {
				identity = w.passphrase(t)
			}
			path := filepath.Join(w.dir, "handover", "bob.age")
			checkMode(t, path, 0o600)
			h := open(t, path, identity)
			keys, err := s.Env.Sessions.Home("eu-west-1").AccessKeys(context.Background(), "bob")
			if err != nil || len(keys) != 1 || h.AccessKeyID != keys[0].ID || !slices.Contains(w.server.Secrets(), h.SecretAccessKey) {
				t.Errorf("keys %v, %v; the handover holds %s", keys, err, h.AccessKeyID)
			}
			if h.Version != handover.Version || h.User != "bob" || h.Account != "111111111111" || h.Blueprint != string(b.HCL()) {
				t.Errorf("handover of %s in %s with blueprint\n%s", h.User, h.Account, h.Blueprint)
			}
			sealed, err := time.Parse(time.RFC3339, h.SealedAt)
			if err != nil {
				t.Error(err)
			}
			if expires, err := time.Parse(time.RFC3339, h.Expires); err != nil || expires.Sub(sealed) != plan.HandoverLife {
				t.Errorf("sealed at %s, expires at %s: %v", h.SealedAt, h.Expires, err)
			}
		})
	}
}

func TestASecretStandsInItsProfileAndNowhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	s := w.setup(team())
	s.Answers.Passphrases = true
	b := s.Answers.Blueprint
	b.Users[0].Recipient = ""
	summary := w.run(s)
	w.healthy(summary)
	secrets := w.server.Secrets()
	places := map[string]string{"summary": fmt.Sprintf("%+v", summary)}
	for path, text := range w.tree() {
		places[path] = text
	}
	for i, e := range w.events {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		places[fmt.Sprintf("event %d", i)] = fmt.Sprintf("%+v %#v %s", e, e, text)
		if e.Change != nil {
			text, err := json.Marshal(e.Change)
			if err != nil {
				t.Fatal(err)
			}
			places[fmt.Sprintf("change of event %d", i)] = fmt.Sprintf("%+v %s", *e.Change, text)
		}
		if e.Kind == plan.EventPassphrase {
			secrets = append(secrets, e.Passphrase.Reveal())
		}
	}
	profile, found := filepath.Join(w.dir, ".aws", "credentials"), false
	for _, secret := range secrets {
		for place, text := range places {
			switch {
			case !strings.Contains(text, secret):
			case place == profile:
				found = true
			default:
				t.Errorf("a secret stands in %s", place)
			}
		}
	}
	if !found {
		t.Error("no secret stands in alice's own profile")
	}
	checkMode(t, profile, 0o600)
}
