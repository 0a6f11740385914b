//go:build integration

package troubleshoot

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
	"stateroom/steps/troubleshoot/healthtest"
)

// realLaptop is a bench with the Terraform or OpenTofu on PATH, and projects that it can plan
// without a provider from a registry: alice has applied in both.
type realLaptop struct{ *healthtest.Bench }

func newRealLaptop(t *testing.T, o sandbox.Options) realLaptop {
	t.Helper()
	b := realLaptop{healthtest.Laptop(t, o)}
	var err error
	b.Engine, err = terraform.Find(t.Context(), "", b.Shell.Environ())
	b.Must(err)
	for _, name := range []string{"staging", "production"} {
		b.Remove("live/" + name + "/provider.tf")
		b.Remove("live/" + name + "/.terraform")
		b.Write("live/"+name+"/main.tf", "resource \"terraform_data\" \"x\" {\n  input = \""+name+"\"\n}\n")
		b.terraform(name, "init")
		b.terraform(name, "apply", "-auto-approve")
	}
	return b
}

// run runs a command in a project.
func (b realLaptop) run(name string, args ...string) (terraform.Result, error) {
	return b.Engine.Run(b.T.Context(), terraform.Command{Project: terraform.Project{Dir: b.Path("live/" + name), Environ: b.Shell.Environ()}, Args: args})
}

// terraform runs a command that must go well.
func (b realLaptop) terraform(name string, args ...string) terraform.Result {
	b.T.Helper()
	result, err := b.run(name, args...)
	if err != nil {
		b.T.Fatalf("terraform %v in %s: %v", args, name, err)
	}
	return result
}

// fails is what Terraform says where a fault is: of init, or of plan where init
// goes through.
func (b realLaptop) fails(args ...string) string {
	b.T.Helper()
	result, err := b.run("staging", args...)
	if err == nil {
		b.T.Fatalf("terraform %v went through:\n%s", args, result.Output)
	}
	return result.Output
}

// examine is the whole health check, AWS's part included.
func (b realLaptop) examine(e HealthCheck, adopt ...string) (*plan.Summary, plan.Review) {
	b.T.Helper()
	var first plan.Review
	whole := *b.Bench
	whole.Answers = &blueprint.Answers{Blueprint: b.Answers.Blueprint, Adopt: adopt}
	whole.Look = func(ctx context.Context, env *engine.Env, a *blueprint.Answers) (plan.Review, error) {
		e.Answers = a
		return e.Look(ctx, env)
	}
	whole.Confirm = func(_ context.Context, r plan.Review) (plan.Decision, error) {
		first = r
		return plan.Decision{Yes: true}, nil
	}
	return whole.Mended(), first
}

// Each fault is met by real Terraform, whose text alone leads to the diagnosis;
// the checks come to the same without it, what they propose mends it, and
// Terraform then goes through with the state as it was.
func TestRealTerraformMeetsTheFaultsOfALaptop(t *testing.T) {
	t.Parallel()
	b := newRealLaptop(t, sandbox.Options{})
	whole := b.Snapshot()
	for _, f := range []struct {
		name string
		do   func(b *healthtest.Bench)
		id   string
		with string // the command that fails
	}{
		{"profile misspelt", healthtest.InBackend(`"admin_iam"`, `"admin-iam"`), "profile-missing", "init"},
		{"section of the other file's form", func(b *healthtest.Bench) { b.Edit(healthtest.Credentials, `\[admin_iam\]`, "[profile admin_iam]") }, "credentials-missing", "init"},
		{"a role with a code", func(b *healthtest.Bench) {
			b.Edit(healthtest.Config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nrole_arn = arn:aws:iam::222222222222:role/TerraformAdmin\nsource_profile = admin_iam\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\n")
		}, "mfa-profile", "init"},
		{"region mistyped", healthtest.InBackend(`"eu-west-1"`, `"eu-west-11"`), "region-invalid", "init"},
		{"region lost", healthtest.InBackend(`(?m)^\s*region .*\n`, ""), "region-invalid", "init"},
		{"bucket mistyped", healthtest.InBackend(`"acme-terraform-state"`, `"acme-terraform-states"`), "bucket-missing", "init"},
		{"key by a word", healthtest.InBackend(`"arn:aws:kms:.*/(.*)"`, `"terraform"`), "kms-id-invalid", "init"},
		{"a role block", healthtest.InBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}assume_role {\n${1}  role_arn = \"arn:aws:iam::222222222222:role/TerraformAdmin\"\n${1}}\n"), "config-invalid", "init"},
		{"a variable", healthtest.InBackend(`"acme-terraform-state"`, "var.bucket"), "config-invalid", "init"},
		{"an argument misspelt", healthtest.InBackend(`encrypt  `, "encrypted"), "config-invalid", "init"},
		{"the environment's account", healthtest.InBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}allowed_account_ids = [\"222222222222\"]\n"), "wrong-account", "init"},
		{"another lock", func(b *healthtest.Bench) {
			b.Edit(healthtest.InitsNote, `"use_lockfile": true`, `"use_lockfile": null`)
			b.Edit(healthtest.InitsNote, `"hash": \d+`, `"hash": 1`)
		}, "backend-changed", "plan"},
		{"what init left is cut off", func(b *healthtest.Bench) { b.Write(healthtest.InitsNote, b.Read(healthtest.InitsNote)[:900]) }, "state-format", "plan"},
		{"what init left is of another time", func(b *healthtest.Bench) { b.Edit(healthtest.InitsNote, `"version": 3`, `"version": 9`) }, "state-format", "plan"},
		{"a clone", (*healthtest.Bench).Clone, "backend-not-initialized", "plan"},
	} {
		t.Run(f.name, func(t *testing.T) {
			b.T = t
			b.Restore(whole)
			f.do(b.Bench)
			text := b.fails(f.with)
			named := diagnosis.FromText(text)
			if named[0].ID != f.id {
				t.Errorf("the text leads to %s:\n%s", named[0].ID, text)
			}
			summary, first := b.examine(HealthCheck{})
			if !slices.ContainsFunc(first.Findings, func(x plan.Finding) bool { return x.ID == f.id }) {
				t.Errorf("the checks come to %v", first.Findings)
			}
			if len(summary.Findings) > 0 {
				t.Errorf("left: %v", summary.Findings)
			}
			for _, name := range []string{"staging", "production"} {
				if out := b.terraform(name, "plan").Output; !strings.Contains(out, "Plan: 0 to add") {
					t.Errorf("the state of %s was lost:\n%s", name, out)
				}
			}
		})
	}
}

// A look that lets Terraform run finds what Terraform says, once, and is quiet
// where all is well.
func TestRealTerraformRunsItself(t *testing.T) {
	t.Parallel()
	b := newRealLaptop(t, sandbox.Options{})
	summary, _ := b.examine(HealthCheck{Terraform: true})
	if len(summary.Findings) > 0 {
		t.Errorf("a healthy setup is told %v", summary.Findings)
	}
	if c := healthtest.Check(plan.Review{Checks: summary.Checks}, checkRun, "common-staging"); c.Verdict != plan.Passed {
		t.Errorf("check %+v", c)
	}
	b.Edit(healthtest.Backend, `"admin_iam"`, `"nobody"`)
	b.Remove("live/staging/.terraform")
	o, all := ran(t.Context(), b.Bench)
	if len(all) != 1 || all[0].ID != "profile-missing" || !strings.Contains(all[0].Evidence[0], "nobody") || o.Checks[0].Finding != "profile-missing" {
		t.Errorf("said %+v", all)
	}
	found := addQuotes([]plan.Finding{{ID: "profile-missing", Evidence: "checked."}}, all)
	if len(found) != 1 || !strings.HasPrefix(found[0].Told(), "checked. Terraform said: ") {
		t.Errorf("findings %v", found)
	}
	if item, held := b.Server.DynamoItem("111111111111", "eu-west-1", "terraform_locks", "acme-terraform-state/common/staging"); held {
		t.Errorf("a lock was left: %v", item)
	}
}

// A run that is given up lets Terraform end, and no lock stays.
func TestRealTerraformLeavesNoLockWhenItsRunIsGivenUp(t *testing.T) {
	t.Parallel()
	b := newRealLaptop(t, sandbox.Options{Latency: 150 * time.Millisecond})
	held := func() bool {
		_, item := b.Server.DynamoItem("111111111111", "eu-west-1", "terraform_locks", "acme-terraform-state/common/staging")
		_, file := b.Server.Object("acme-terraform-state", "common/staging.tflock")
		return item || file
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	over := make(chan struct{})
	go func() {
		defer close(over)
		ran(ctx, b.Bench)
	}()
	met := false
	for ctx.Err() == nil {
		select {
		case <-over:
			t.Error("the run ended before its lock was seen")
			cancel()
		case <-time.After(10 * time.Millisecond):
			if met = held(); met {
				cancel()
			}
		}
	}
	<-over
	if !met || held() {
		t.Errorf("lock met %v, still held %v", met, held())
	}
}

// A workspace that was selected stays selected when what init left is moved
// aside, and its state is found again.
func TestRealTerraformKeepsItsWorkspaceWhenInitsLeavingsMoveAside(t *testing.T) {
	t.Parallel()
	b := newRealLaptop(t, sandbox.Options{})
	b.terraform("staging", "workspace", "new", "feature")
	b.terraform("staging", "apply", "-auto-approve")
	b.Write(healthtest.InitsNote, b.Read(healthtest.InitsNote)[:900])
	summary, _ := b.examine(HealthCheck{})
	if len(summary.Findings) > 0 {
		t.Errorf("left: %v", summary.Findings)
	}
	if got := b.Read("live/staging/.terraform/environment"); got != "feature" {
		t.Errorf("workspace %q", got)
	}
	if out := b.terraform("staging", "plan").Output; !strings.Contains(out, "Plan: 0 to add") {
		t.Errorf("the state was lost:\n%s", out)
	}
}

// stateOf is the lineage and the resources of a state in the bucket.
func (b realLaptop) stateOf(key string) (lineage string, resources string) {
	b.T.Helper()
	object, there := b.Server.Object("acme-terraform-state", key)
	if !there {
		b.T.Fatalf("nothing lies at %s", key)
	}
	var s struct {
		Lineage   string
		Resources json.RawMessage
	}
	if err := json.Unmarshal(object.Body, &s); err != nil {
		b.T.Fatal(err)
	}
	return s.Lineage, string(s.Resources)
}

// forgetDigest removes what the table holds of a state that is gone.
func (b realLaptop) forgetDigest(key string) {
	b.T.Helper()
	if _, err := b.Server.Act("111111111111", "dynamodb", "DeleteItem", map[string]any{
		"TableName": "terraform_locks", "Key": map[string]any{"LockID": map[string]string{"S": "acme-terraform-state/" + key + "-md5"}},
	}); err != nil {
		b.T.Fatal(err)
	}
}

// A state that init still knows elsewhere moves to where the files point, with a
// backup read from where init remembers it, and only after consent.
func TestRealTerraformMovesAStateThatTheFilesNoLongerName(t *testing.T) {
	t.Parallel()
	b := newRealLaptop(t, sandbox.Options{})
	// The files name another key from now on, and the blueprint, too.
	lineage, resources := b.stateOf("common/staging")
	b.Edit(healthtest.Backend, `"common/staging"`, `"common/production"`)
	b.Remove("live/production")
	b.DeleteState("common/production")
	b.forgetDigest("common/production")
	b.Answers.Projects = []blueprint.Project{{Name: "common-staging", Dir: "live/staging", Environment: "staging", StateKey: "common/production"}}

	summary := b.Mended()
	if len(summary.NotOurs) == 0 || !slices.ContainsFunc(summary.Findings, func(f plan.Finding) bool { return f.ID == "backend-changed" }) {
		t.Fatalf("nobody was asked: %v", summary.Findings)
	}
	b.Answers.Adopt = []string{b.Path("live/staging")}
	if summary = b.Mended(); len(summary.Findings) > 0 {
		t.Errorf("left: %v", summary.Findings)
	}
	if gotLineage, got := b.stateOf("common/production"); gotLineage != lineage || got != resources {
		t.Errorf("moved %s %s, was %s %s", gotLineage, got, lineage, resources)
	}
	if out := b.terraform("staging", "plan").Output; !strings.Contains(out, "Plan: 0 to add") {
		t.Errorf("the state was lost:\n%s", out)
	}
}

// A local state beside a backend that was never initialised moves there.
func TestRealTerraformMovesALocalStateIntoTheBackend(t *testing.T) {
	t.Parallel()
	b := newRealLaptop(t, sandbox.Options{})
	backend := b.Read(healthtest.Backend)
	b.Remove(healthtest.Backend)
	b.Remove("live/staging/.terraform")
	b.DeleteState("common/staging")
	b.forgetDigest("common/staging")
	b.terraform("staging", "init")
	b.terraform("staging", "apply", "-auto-approve")
	b.Write(healthtest.Backend, backend)
	if named := diagnosis.FromText(b.fails("init")); named[0].ID != "migration-needs-answer" {
		t.Errorf("the text leads to %v", named)
	}
	summary, _ := b.examine(HealthCheck{}, b.Path("live/staging"))
	if len(summary.Findings) > 0 {
		t.Errorf("left: %v", summary.Findings)
	}
	if out := b.terraform("staging", "plan").Output; !strings.Contains(out, "Plan: 0 to add") {
		t.Errorf("the state was lost:\n%s", out)
	}
}
