package onboard

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// withoutBlueprint is a laptop with a clone that has the projects alone.
func (c *company) withoutBlueprint(user string) *laptop {
	c.t.Helper()
	l := c.laptop(user)
	c.must(os.Remove(filepath.Join(l.root, "stateroom.hcl")))
	return l
}

// comes begins an onboarding there, as a new process does, with these answers.
func (l *laptop) comes(given plan.Given) (*Onboarding, *engine.Flow) {
	l.t.Helper()
	getenv := l.shell(awsops.KeyPair{}).Environ().Get
	told, err := engine.FromProjects(l.root, getenv)
	l.must(err)
	start := &Start{Now: time.Now}
	start.Member, start.Portal = PortalHere(getenv, told)
	start.Projects, start.Returning = told.Blueprint, HoldsKey(getenv, told)
	if questions, err := start.Questions(given); err != nil || len(questions) > 0 {
		l.t.Fatalf("asked %v, %v", questions, err)
	}
	o, pair, err := start.Begin(given)
	l.must(err)
	return o, l.flow(o, pair)
}

// files are those of the clone, with what they hold.
func (l *laptop) files() map[string]string {
	l.t.Helper()
	all := map[string]string{}
	l.must(filepath.WalkDir(l.root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	}))
	return all
}

// TestAPastedKeyAloneComesOnBoardByTheProjectsFiles: the key is renewed, every environment
// and state is proven, and no file of the clone changes.
func TestAPastedKeyAloneComesOnBoardByTheProjectsFiles(t *testing.T) {
	t.Parallel()
	l := founded(t).withoutBlueprint("bob")
	before, pasted := l.files(), handover.KeyPair(l.handed())
	_, f := l.comes(plan.Given{PathWay: secret.New(WayPair), PathKeyID: secret.New(pasted.ID), PathSecret: pasted.Secret})
	s := l.run(f)
	if s.ExitCode(false) != plan.ExitDone || len(s.Failures) > 0 {
		t.Fatalf("ended with %d: %v %v", s.ExitCode(false), s.Failures, s.Findings)
	}
	l.ready(s)
	if after := l.files(); len(after) != len(before) || slices.ContainsFunc(keysOf(before), func(path string) bool { return after[path] != before[path] }) {
		t.Errorf("files of the clone changed: %v", keysOf(after))
	}
	if held := l.keys("bob"); len(held) != 1 || held[0] == pasted.ID || !strings.Contains(l.read(".aws/credentials"), held[0]) {
		t.Errorf("bob's keys are %v", held)
	}
	says(t, l.read(".aws/config"), "[profile admin_iam-staging]", "[profile admin_iam-production]")

	_, f = l.comes(plan.Given{})
	again := l.run(f)
	l.ready(again)
	if again.Begun() > 0 || len(again.Findings) != len(s.Findings) {
		t.Errorf("coming back made %d changes, and found %v", again.Begun(), again.Findings)
	}
}

// ready fails the test unless every environment and state is proven.
func (l *laptop) ready(s *plan.Summary) {
	l.t.Helper()
	for _, e := range l.blueprint.Environments {
		for _, name := range []string{checkRole, checkWhere} {
			if v := verdict(s, e.Name, name); v != plan.Passed {
				l.t.Errorf("%s of %s: %v, of %v", name, e.Name, v, s.Checks)
			}
		}
		for _, name := range []string{checkFiles, checkState, checkUse, checkLock} {
			if v := verdict(s, "live-"+e.Name, name); v != plan.Passed {
				l.t.Errorf("%s of live-%s: %v, of %v", name, e.Name, v, s.Checks)
			}
		}
	}
	for _, f := range s.Findings {
		if strings.Contains(f.Evidence+f.Remedy, "blueprint") {
			l.t.Errorf("of a blueprint where there is none: %+v", f)
		}
	}
}

func keysOf(m map[string]string) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// TestASignInAloneComesOnBoardByTheProjectsFiles: start URL, region and permission set are
// all that is asked, once; the next run knows them from the profile, as signing in does.
func TestASignInAloneComesOnBoardByTheProjectsFiles(t *testing.T) {
	t.Parallel()
	l := signingIn(t).withoutBlueprint("")
	before := l.files()
	p := &person{opens: browser}
	at := l.portalAt()
	come := func(given plan.Given) *plan.Summary {
		_, f := l.comes(given)
		f.Env.Asks = p.asks()
		return l.run(f)
	}
	s := come(plan.Given{
		PathWay: secret.New(WaySignIn), PathStartURL: secret.New(at.StartURL), PathRegion: secret.New(at.Region), PathSet: secret.New("Terraform-admins"),
	})
	if s.ExitCode(false) != plan.ExitDone || len(s.Failures) > 0 {
		t.Fatalf("ended with %d: %v %v", s.ExitCode(false), s.Failures, s.Findings)
	}
	l.ready(s)
	if out, is := s.Outcome.(plan.Aboard); !is || out.User != "alice@acme.com" || !out.Own || out.SignIn {
		t.Errorf("came to %+v", s.Outcome)
	}
	if after := l.files(); !slices.Equal(keysOf(after), keysOf(before)) {
		t.Errorf("files of the clone changed: %v", keysOf(after))
	}
	again := come(plan.Given{})
	l.ready(again)
	if again.Begun() > 0 || len(p.visits) != 1 {
		t.Errorf("coming back made %d changes, and visited %d times", again.Begun(), len(p.visits))
	}
}

// TestAPermissionSetThatOneHasNotIsAskedForAnew: without a blueprint the name is the person's
// own word.
func TestAPermissionSetThatOneHasNotIsAskedForAnew(t *testing.T) {
	t.Parallel()
	l := signingIn(t).withoutBlueprint("")
	p := &person{opens: browser}
	at := l.portalAt()
	_, f := l.comes(plan.Given{
		PathWay: secret.New(WaySignIn), PathStartURL: secret.New(at.StartURL), PathRegion: secret.New(at.Region), PathSet: secret.New("Administrators"),
	})
	f.Env.Asks = p.asks()
	f.Confirm = func(_ context.Context, r plan.Review) (plan.Decision, error) {
		if want := (plan.Actor{Account: "111111111111", Identity: "not signed in yet"}); r.Actor != want {
			t.Errorf("confirmed as %+v", r.Actor)
		}
		return plan.Decision{Yes: true}, nil
	}
	s := l.run(f)
	i := slices.IndexFunc(s.Findings, func(f plan.Finding) bool { return f.ID == "onboard.not-assigned" })
	if i < 0 {
		t.Fatalf("found %v, %v", s.Findings, s.Failures)
	}
	says(t, s.Findings[i].Evidence+s.Findings[i].Remedy, "permission set Administrators in account 111111111111", "which permission sets you have")
	if len(s.Failures) != 1 || !strings.Contains(s.Failures[0].Err.Error(), "permission set Administrators in account 111111111111 is not assigned to you") {
		t.Errorf("failed %v", s.Failures)
	}
}

// portalAt is where the company's people sign in.
func (c *company) portalAt() blueprint.IdentityCenter {
	c.t.Helper()
	b, err := blueprint.Read(filepath.Join(c.dir, "stateroom.hcl"))
	c.must(err)
	return b.IdentityCenter
}
