package onboard

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// client is another team's blueprint, which signs in at its own portal.
func client(session string) (*blueprint.Answers, blueprint.Group, blueprint.IdentityCenter) {
	b := blueprint.New()
	b.AdminAccount, b.AdminProfile = "999999999999", "other_iam"
	b.IdentityCenter = blueprint.IdentityCenter{StartURL: "https://other.awsapps.com/start", Region: "us-east-1", Session: session}
	b.Groups = []blueprint.Group{{Name: "admins", IdentityCenter: "Platform", Environments: []string{blueprint.Everything}}}
	b.FillDefaults()
	return &blueprint.Answers{Blueprint: b}, b.Groups[0], b.IdentityCenter
}

// TestTwoClientsOnOneLaptopShareNoSessionAndNoToken: the session's name, which is the key of the
// token cache, carries the organization. One that both teams have chosen is not taken over
// without consent.
func TestTwoClientsOnOneLaptopShareNoSessionAndNoToken(t *testing.T) {
	t.Parallel()
	l := aboard(t)
	path, ours := l.path(".aws/config"), l.read(".aws/config")
	snapshot, err := files.Read(path)
	l.must(err)
	a, g, at := client("")
	c, findings := steps.PlanMember(a, files.Snapshot{}, snapshot, steps.SignInProfiles(a, g, at))
	if c == nil || len(findings) > 0 || !strings.HasPrefix(string(c.Write.Edit.After), ours) {
		t.Fatalf("the other team's sections: %v, %v", c, findings)
	}
	l.must(os.WriteFile(path, c.Write.Edit.After, 0o600))
	env := l.env(l.shell(awsops.KeyPair{}), l.root)
	theirs := env.TokenPath(a.SessionName())
	if theirs == l.tokenFile() {
		t.Fatalf("both keep their token in %s", theirs)
	}
	token := awsops.PortalToken{Access: secret.New("of the other team"), Expires: time.Now().Add(time.Hour)}
	text, err := token.Cached(awsops.Portal{StartURL: at.StartURL, Region: at.Region})
	l.must(err)
	l.must(os.WriteFile(theirs, text, 0o600))

	was := l.ages(engine.RenewLeft / 2)
	s, err := l.logsIn(&person{})
	l.must(err)
	now, _ := env.SignInToken(context.Background(), "stateroom-111111111111")
	after, err := os.ReadFile(theirs)
	l.must(err)
	if s.ExitCode(false) != plan.ExitDone || now.Access.Reveal() == was || string(after) != string(text) {
		t.Errorf("ended with %d; ours renewed: %t, theirs kept: %t", s.ExitCode(false), now.Access.Reveal() != was, string(after) == string(text))
	}
	if !strings.HasPrefix(l.read(".aws/config"), ours) || filepath.Dir(theirs) != filepath.Dir(l.tokenFile()) {
		t.Error("the config file changed")
	}

	a, g, at = client("stateroom-111111111111")
	c, findings = steps.PlanMember(a, files.Snapshot{}, snapshot, steps.SignInProfiles(a, g, at))
	if c == nil || c.NotOurs == "" || len(findings) != 1 || findings[0].ID != "files.signs-in-elsewhere" {
		t.Errorf("of one name: %v, %v", c, findings)
	}
}
