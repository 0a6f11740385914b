package steps

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/engine"
)

// A run that was killed between AWS's answer and the file knows which key is
// lost. One that the user has made by hand since then is the user's own.
func TestAKeyMadeSinceTheKillIsTheUsersOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	s := w.setup(team())
	w.healthy(w.run(s))
	ctx, journal := context.Background(), s.Env.Journal
	home := s.Env.Sessions.Home("eu-west-1")
	keys, err := home.AccessKeys(ctx, "bob")
	if err != nil || len(keys) != 1 {
		t.Fatalf("bob's keys %v, %v", keys, err)
	}
	lost := keys[0].ID
	if err := journal.Append(KeyChange("bob"), engine.PhaseIntent, map[string]string{"keys": ""}); err != nil {
		t.Fatal(err)
	}
	if err := journal.Append(KeyChange("bob"), engine.PhaseGot, map[string]string{"id": lost}); err != nil {
		t.Fatal(err)
	}
	own, err := home.Do(ctx, awsops.CreateAccessKey("bob"))
	if err != nil {
		t.Fatal(err)
	}
	nine, again := w.nine(team())
	review, err := again.Review(ctx)
	o := nine.Observed()
	if err != nil {
		t.Fatal(err)
	}
	if f := o.IAM.Users["bob"]; len(f.Keys.Lost) != 1 || f.Keys.Lost[0].ID != lost {
		t.Errorf("lost %v, want %s alone and never %s", f.Keys.Lost, lost, own.Values["id"])
	}
	for _, c := range review.Changes {
		if c.ID == "iam.lost-key."+own.Values["id"] {
			t.Errorf("bob's own key is to be deleted: %s", c.Title)
		}
	}
}

// Beside the new key in the credentials file, Terraform would send the token.
func TestATokenLeftInTheConfigFileGoesWithTheNewKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.write(".aws/config", "[profile admin_iam]\naws_session_token = of-a-session-that-is-over\n")
	w.healthy(w.run(w.setup(team())))
	got, err := os.ReadFile(filepath.Join(w.dir, ".aws", "config"))
	if err != nil || strings.Contains(string(got), "aws_session_token") {
		t.Errorf("the token is still there: %v\n%s", err, got)
	}
}

func TestASealedKeyNeverReplacesWhatALinkPointsTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	precious := filepath.Join(w.dir, "precious")
	w.write("precious", "precious")
	w.must(os.Mkdir(filepath.Join(w.dir, "handover"), 0o700))
	w.must(os.Symlink(precious, filepath.Join(w.dir, "handover", "bob.age")))
	mark := len(w.server.Log())
	summary := w.run(w.setup(team()))
	if findingOf(summary.Findings, "iam.handover-link") == nil {
		t.Errorf("no finding iam.handover-link among %v", summary.Findings)
	}
	if calls := w.mutations(mark); len(calls) > 0 {
		t.Errorf("calls were made: %v", calls)
	}
}
