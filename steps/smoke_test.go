//go:build smoke

// The smoke test runs the whole set-up against a real, throwaway organization,
// removes everything it made and prints what AWS keeps:
//
//	STATEROOM_SMOKE_ACCOUNT=111111111111 go test -tags smoke -run TestSmoke -v -count=1 -timeout 30m ./steps
//
// It uses the caller's own credentials (AWS_PROFILE, SSO, …) and touches no
// file outside a scratch home. STATEROOM_SMOKE_ENVIRONMENTS lists the account
// ids of the environments, separated by commas; without it the account itself
// is the only one. STATEROOM_SMOKE_REMOVE=SUFFIX removes what an earlier run
// left that was killed, and does nothing else. STATEROOM_SMOKE_IDENTITY_GROUP names a group
// of Identity Center's directory, whose members are admins too: the account has to be the
// management account then.
//
// CI runs it against an emulator named by AWS_ENDPOINT_URL.

package steps

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/google/go-cmp/cmp"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// smoke is one run of the smoke test.
type smoke struct {
	t         *testing.T
	suffix    string
	cfg       aws.Config
	sessions  *awsops.Sessions
	blueprint *blueprint.Blueprint
	engine    *terraform.Engine
	planned   []string
}

func TestSmokeSetUpRunsTwiceAndIsRemoved(t *testing.T) {
	s := newSmoke(t)
	t.Cleanup(func() { s.removed(context.WithoutCancel(t.Context())) })
	if os.Getenv("STATEROOM_SMOKE_REMOVE") != "" {
		return
	}
	dir := t.TempDir()
	dry := s.setup(dir)
	dry.DryRun = true
	s.run(dry)
	preview := s.planned
	if len(preview) == 0 {
		t.Fatal("a new setup plans nothing")
	}
	s.healthy(s.run(s.setup(dir)))
	if diff := cmp.Diff(preview, s.planned); diff != "" {
		t.Errorf("the run planned other changes than the dry run (-dry +run):\n%s", diff)
	}
	again := s.run(s.setup(dir))
	s.healthy(again)
	if len(s.planned) > 0 || again.Applied > 0 {
		t.Errorf("a second run planned %v", s.planned)
	}
	if s.engine != nil {
		s.terraformWorks(filepath.Join(dir, s.blueprint.Projects[0].Dir))
	}
}

// newSmoke refuses to run anywhere but in the account that was named.
func newSmoke(t *testing.T) *smoke {
	t.Helper()
	account := os.Getenv("STATEROOM_SMOKE_ACCOUNT")
	if account == "" {
		t.Fatal("STATEROOM_SMOKE_ACCOUNT must name the throwaway account that this test may write to")
	}
	s := &smoke{t: t, suffix: os.Getenv("STATEROOM_SMOKE_REMOVE")}
	if s.suffix == "" {
		random := make([]byte, 4)
		_, _ = rand.Read(random)
		s.suffix = hex.EncodeToString(random)
	}
	s.borrowCredentials()
	sessions, err := awsops.Open(t.Context(), awsops.Config{Region: s.cfg.Region, Parallel: engine.DefaultParallel})
	if err != nil {
		t.Fatal(err)
	}
	s.sessions = sessions
	caller, err := sessions.Home("").Identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if caller.Account != account {
		t.Fatalf("these are credentials of account %s (%s), and STATEROOM_SMOKE_ACCOUNT is %s", caller.Account, caller.ARN, account)
	}
	s.blueprint = s.team(account)
	if s.engine, err = terraform.Find(t.Context(), "", os.Environ()); err != nil {
		t.Logf("without Terraform: %v", err)
	}
	t.Logf("as %s in %s; remove what a killed run leaves with STATEROOM_SMOKE_REMOVE=%s", caller.ARN, s.cfg.Region, s.suffix)
	return s
}

// borrowCredentials takes the caller's credentials out of the default chain and
// leaves the caller's own files, which the set-up would otherwise edit.
func (s *smoke) borrowCredentials() {
	s.t.Helper()
	cfg, err := config.LoadDefaultConfig(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if cfg.Region == "" {
		cfg.Region = blueprint.DefaultStateRegion
	}
	who, err := cfg.Credentials.Retrieve(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.cfg = cfg
	s.t.Setenv("AWS_PROFILE", "")
	s.t.Setenv("AWS_REGION", cfg.Region)
	s.t.Setenv("AWS_ACCESS_KEY_ID", who.AccessKeyID)
	s.t.Setenv("AWS_SECRET_ACCESS_KEY", who.SecretAccessKey)
	s.t.Setenv("AWS_SESSION_TOKEN", who.SessionToken)
	s.home(s.t.TempDir())
}

// home moves the process to a scratch home.
func (s *smoke) home(dir string) {
	s.t.Setenv("HOME", dir)
	s.t.Setenv("XDG_STATE_HOME", filepath.Join(dir, stateHome))
	s.t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, ".aws", "credentials"))
	s.t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, ".aws", "config"))
}

// team is a blueprint with a name of its own for everything.
func (s *smoke) team(account string) *blueprint.Blueprint {
	s.t.Helper()
	reader, err := age.GenerateX25519Identity()
	if err != nil {
		s.t.Fatal(err)
	}
	name := "stateroom-smoke-" + s.suffix
	b := blueprint.New()
	b.AdminAccount, b.StateRegion = account, s.cfg.Region
	b.Bucket.Name = name + "-" + account
	b.Key.Alias = "alias/" + name
	b.Lock.DynamoDBTable = name
	b.Groups = []blueprint.Group{{Name: name, Users: []string{name + "-me", name + "-you"}, Environments: []string{blueprint.Everything}}}
	if people := os.Getenv("STATEROOM_SMOKE_IDENTITY_GROUP"); people != "" {
		b.Groups = append(b.Groups, blueprint.Group{Name: "smoke-" + s.suffix, IdentityCenter: people, Environments: []string{blueprint.Everything}})
	}
	b.Users = []blueprint.User{{Name: name + "-you", Recipient: reader.Recipient().String()}}
	accounts := os.Getenv("STATEROOM_SMOKE_ENVIRONMENTS")
	if accounts == "" {
		accounts = account
	}
	for id := range strings.SplitSeq(accounts, ",") {
		e := blueprint.NewEnvironment("e" + id)
		e.Account, e.Role = id, name
		b.Environments = append(b.Environments, e)
		b.Projects = append(b.Projects, blueprint.Project{Name: "smoke-" + e.Name})
	}
	b.FillDefaults()
	return b
}

// setup is a set-up in dir as a new process would start it.
func (s *smoke) setup(dir string) *engine.Flow {
	s.t.Helper()
	s.home(dir)
	env, err := engine.NewEnv(s.sessions, engine.ProcessEnvironment(), dir, filepath.Join(dir, "stateroom.hcl"))
	if err != nil {
		s.t.Fatal(err)
	}
	env.Endpoint = os.Getenv("AWS_ENDPOINT_URL")
	if env.Engine = s.engine; env.Engine == nil {
		env.EngineErr = terraform.ErrNotFound
	}
	_, tag := s.blueprint.Tag()
	if env.Journal, err = engine.OpenJournal(env.StateDir, tag); err != nil {
		s.t.Fatal(err)
	}
	f := (&Setup{Env: env, Answers: &blueprint.Answers{Blueprint: s.blueprint, Me: s.blueprint.Groups[0].Users[0]}}).Flow()
	f.Emit = func(e plan.Event) {
		if e.Kind == plan.EventChange {
			s.planned = append(s.planned, e.Change.ID)
		}
	}
	f.Confirm = enginetest.Agree
	return f
}

func (s *smoke) run(setup *engine.Flow) *plan.Summary {
	s.t.Helper()
	s.planned = nil
	summary, err := setup.Run(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Sort(s.planned)
	return summary
}

// healthy fails the test unless nothing failed and nothing needs attention. An
// emulator may store a bucket policy without enforcing it.
func (s *smoke) healthy(summary *plan.Summary) {
	s.t.Helper()
	for _, f := range summary.Failures {
		s.t.Errorf("%s failed: %v", f.Change.ID, f.Err)
	}
	for _, f := range summary.Findings {
		if f.Severity == plan.Info || s.cfg.BaseEndpoint != nil && f.ID == "bucket.unencrypted-accepted" {
			s.t.Logf("%s", f)
			continue
		}
		s.t.Errorf("%s", f)
	}
	if summary.Skipped > 0 || summary.Unknown > 0 || summary.Stopped {
		s.t.Errorf("summary %+v", summary)
	}
}

// terraformWorks applies and destroys a resource in a project, as the admin.
func (s *smoke) terraformWorks(dir string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte("resource \"terraform_data\" \"smoke\" {}\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	// Without the provider, which cannot be downloaded everywhere.
	if err := os.Remove(filepath.Join(dir, "provider.tf")); err != nil {
		s.t.Fatal(err)
	}
	for _, args := range [][]string{{"init"}, {"apply", "-auto-approve"}, {"destroy", "-auto-approve"}} {
		args = append(args, "-input=false", "-no-color")
		command := exec.CommandContext(s.t.Context(), s.engine.Path, args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN=", "AWS_PROFILE="+s.blueprint.AdminProfile)
		if out, err := command.CombinedOutput(); err != nil {
			s.t.Errorf("terraform %s: %v\n%s", args[0], err, out)
			return
		}
	}
}

// removed removes everything, fails the test for what is still there, and
// prints what AWS keeps: a set-up planned anew must be the first one again.
func (s *smoke) removed(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	kept, err := s.remove(ctx)
	if err != nil {
		s.t.Error(err)
	}
	for _, line := range kept {
		s.t.Log("AWS keeps ", line)
	}
	var left map[string]string
	err = awsops.Poll(ctx, engine.DefaultPatience, 3*time.Second, func(ctx context.Context) (bool, error) {
		left, err = s.leftovers(ctx)
		return len(left) == 0, err
	})
	for _, what := range slices.Sorted(maps.Keys(left)) {
		s.t.Errorf("still there: %s %s", what, left[what])
	}
	if err != nil {
		s.t.Error(err)
	}
}
