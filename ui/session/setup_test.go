package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/ui/practice"
)

// TestWhoeverHasSignedInSinceIsSeenByTheNextLook looks with a secret that is wrong,
// and again with the right one: AWS is opened anew only where a look has failed.
func TestWhoeverHasSignedInSinceIsSeenByTheNextLook(t *testing.T) {
	stage, err := practice.Start(t.Context(), practice.Options{Dir: filepath.Join(t.TempDir(), "stage"), Environ: engine.ProcessEnvironment()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stage.Close(true) })
	for _, entry := range stage.Environ {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	right := os.Getenv("AWS_SHARED_CREDENTIALS_FILE")
	credentials, err := os.ReadFile(right)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path, wrong := filepath.Join(dir, "stateroom.hcl"), filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(path, stage.Blueprint().HCL(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(wrong, append(credentials, "aws_secret_access_key = of-somebody-else\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSession(Options{Blueprint: path, Dir: dir, Endpoint: stage.Endpoint(), Parallel: 4}, System{Terminal: true}, SetUp)
	s.quiet = true
	open, given, err := s.open(s, t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", wrong)
	opened, err := open(t.Context(), given, plan.Asks{})
	if err != nil {
		t.Fatal(err)
	}
	flow := opened.Flow
	flow.Emit = func(plan.Event) {}
	if _, err := flow.Review(t.Context()); err == nil {
		t.Fatal("it looks with a wrong secret")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", right)
	if r, err := flow.Review(t.Context()); err != nil || len(r.Changes) == 0 {
		t.Fatalf("%d changes, %v", len(r.Changes), err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", wrong)
	if _, err := flow.Review(t.Context()); err != nil {
		t.Errorf("a good look was opened anew: %v", err)
	}
}

func TestARehearsalInWhichSomethingFailedKeepsItsFiles(t *testing.T) {
	for _, c := range []struct {
		name  string
		o     Options
		ended *plan.Summary
		keeps bool
	}{
		{"nothing began", Options{}, nil, false},
		{"all was made", Options{}, &plan.Summary{Applied: 3}, false},
		{"it was left", Options{}, &plan.Summary{Stopped: true}, false},
		{"a change failed", Options{}, &plan.Summary{Applied: 3, Failed: 1}, true},
		{"an answer was lost", Options{}, &plan.Summary{Unknown: 1}, true},
		{"it was asked for", Options{KeepFiles: true}, nil, true},
	} {
		if got := (&session{Options: c.o}).keepsFiles(c.ended); got != c.keeps {
			t.Errorf("%s: kept %t, want %t", c.name, got, c.keeps)
		}
	}
}

// TestACommandToCopyHoldsNoPasswordOfTheOneThatWasGiven: it is shown, and kept in logs.
func TestACommandToCopyHoldsNoPasswordOfTheOneThatWasGiven(t *testing.T) {
	s := newSession(Options{}, System{Args: []string{"setup", "--endpoint-url", "http://bob:hunter2@127.0.0.1:1", "--dir=a b"}}, SetUp)
	if got, want := s.nextCommand(&plan.Summary{Add: 1}), "stateroom setup --endpoint-url 'http://(secret)@127.0.0.1:1' '--dir=a b' --yes"; got != want {
		t.Errorf("it is %s, want %s", got, want)
	}
	s = newSession(Options{User: "bob"}, System{}, Handover)
	if got := s.command(); got != "stateroom handover bob" {
		t.Errorf("without arguments it is %s", got)
	}
}

// TestACommandAfterAMenuSaysWhatWasChosenThere: the mode, the user and that it was practice.
func TestACommandAfterAMenuSaysWhatWasChosenThere(t *testing.T) {
	s := newSession(Options{Sandbox: true}, System{Args: []string{"--plain"}}, Offboard)
	for about, want := range map[string]string{"": "stateroom offboard USER --sandbox --plain", "bob": "stateroom offboard bob --sandbox --plain"} {
		if s.about = about; s.command() != want {
			t.Errorf("it is %s, want %s", s.command(), want)
		}
	}
}

// TestNobodyRehearsesAsTheUserForEmergencies, who is none of the admins: the key is sealed.
func TestNobodyRehearsesAsTheUserForEmergencies(t *testing.T) {
	for want, users := range map[string][]string{"": nil, "alice": {"alice"}} {
		b := enginetest.Team(users, "staging")
		b.Groups = append([]blueprint.Group{{Name: "emergency", Users: []string{"break-glass"}, BreakGlass: true, Environments: []string{blueprint.Everything}}}, b.Groups...)
		for i := range b.Groups {
			if b.Groups[i].Environments = []string{blueprint.Everything}; len(b.Groups[i].Users) == 0 {
				b.Groups[i].IdentityCenter = "PlatformAdmins"
			}
		}
		path := filepath.Join(t.TempDir(), BlueprintFile)
		if err := os.WriteFile(path, b.HCL(), 0o600); err != nil {
			t.Fatal(err)
		}
		s := newSession(Options{Sandbox: true, Blueprint: path}, System{}, SetUp)
		s.lab = &practice.Lab{}
		if a, _, err := s.begin(); err != nil || a.Me != want {
			t.Errorf("of %v the rehearsal is by %+v, %v", users, a, err)
		}
	}
}

// TestNobodyOfTheTeamIsRefusedByEveryMode: every mode begins with the answers.
func TestNobodyOfTheTeamIsRefusedByEveryMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), BlueprintFile)
	if err := os.WriteFile(path, enginetest.Team([]string{"alice", "bob"}, "staging").HCL(), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := newSession(Options{Blueprint: path, Me: "zoe"}, System{}, Login).begin()
	if want := "--me zoe is not one of the blueprint's users"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("it says %v, want %q", err, want)
	}
}
