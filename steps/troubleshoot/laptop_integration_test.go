//go:build integration

package troubleshoot

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
	"stateroom/steps/troubleshoot/health"
)

// real gives the bench the Terraform on PATH, and projects that it can plan
// without a provider from a registry: alice has applied in both.
func (b *bench) real() {
	b.t.Helper()
	engine, err := terraform.Find(context.Background(), "terraform", os.Environ())
	if err != nil {
		b.t.Fatal(err)
	}
	b.env.Engine = engine
	for _, name := range []string{"staging", "production"} {
		b.remove("live/" + name + "/provider.tf")
		b.remove("live/" + name + "/.terraform")
		b.write("live/"+name+"/main.tf", "resource \"terraform_data\" \"x\" {\n  input = \""+name+"\"\n}\n")
		b.terraform(name, "init")
		b.terraform(name, "apply", "-auto-approve")
	}
}

// terraform runs a command in a project that must go well.
func (b *bench) terraform(name string, args ...string) terraform.Result {
	b.t.Helper()
	result, err := b.env.Engine.Run(context.Background(), terraform.Command{Project: terraform.Project{Dir: b.path("live/" + name), Environ: b.env.Environ}, Args: args})
	if err != nil {
		b.t.Fatalf("terraform %v in %s: %v", args, name, err)
	}
	return result
}

// fails is what Terraform says where a fault is: of init, or of plan where init
// goes through.
func (b *bench) fails(args ...string) string {
	b.t.Helper()
	result, err := b.env.Engine.Run(context.Background(), terraform.Command{Project: terraform.Project{Dir: b.path("live/staging"), Environ: b.env.Environ}, Args: args})
	if err == nil {
		b.t.Fatalf("terraform %v went through:\n%s", args, result.Output)
	}
	return result.Output
}

// examine is the whole health check, AWS's part included.
func (b *bench) examine(e *HealthCheck, adopt ...string) (*plan.Summary, plan.Review) {
	b.t.Helper()
	var first plan.Review
	b.answers.Adopt = adopt
	e.Answers = b.answers
	flow := engine.Flow{
		Env: b.env, Answers: b.answers, Steps: steps.Order(), Look: e.Look, Emit: b.keep,
		Confirm: func(_ context.Context, r plan.Review) (plan.Decision, error) {
			first = r
			return plan.Decision{Yes: true}, nil
		},
	}
	summary, err := flow.Run(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range summary.Failures {
		b.t.Errorf("%s failed: %v", f.Change.ID, f.Err)
	}
	return summary, first
}

// Each fault is met by real Terraform, whose text alone leads to the diagnosis;
// the checks come to the same without it, what they propose mends it, and
// Terraform then goes through with the state as it was.
func TestRealTerraformMeetsTheFaultsOfALaptop(t *testing.T) {
	b := finished(t)
	b.real()
	whole := b.snapshot()
	for _, f := range []struct {
		name string
		do   func(b *bench)
		id   string
		with string // the command that fails
	}{
		{"profile misspelt", inBackend(`"admin_iam"`, `"admin-iam"`), "profile-missing", "init"},
		{"section of the other file's form", func(b *bench) { b.edit(awsCredentials, `\[admin_iam\]`, "[profile admin_iam]") }, "credentials-missing", "init"},
		{"a role with a code", func(b *bench) {
			b.edit(config, `(?m)^\[profile admin_iam\]\n`, "[profile admin_iam]\nrole_arn = arn:aws:iam::222222222222:role/TerraformAdmin\nsource_profile = admin_iam\nmfa_serial = arn:aws:iam::111111111111:mfa/alice\n")
		}, "mfa-profile", "init"},
		{"region mistyped", inBackend(`"eu-west-1"`, `"eu-west-11"`), "region-invalid", "init"},
		{"region lost", inBackend(`(?m)^\s*region .*\n`, ""), "region-invalid", "init"},
		{"bucket mistyped", inBackend(`"acme-terraform-state"`, `"acme-terraform-states"`), "bucket-missing", "init"},
		{"key by a word", inBackend(`"arn:aws:kms:.*/(.*)"`, `"terraform"`), "kms-id-invalid", "init"},
		{"a role block", inBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}assume_role {\n${1}  role_arn = \"arn:aws:iam::222222222222:role/TerraformAdmin\"\n${1}}\n"), "config-invalid", "init"},
		{"a variable", inBackend(`"acme-terraform-state"`, "var.bucket"), "config-invalid", "init"},
		{"an argument misspelt", inBackend(`encrypt  `, "encrypted"), "config-invalid", "init"},
		{"the environment's account", inBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}allowed_account_ids = [\"222222222222\"]\n"), "wrong-account", "init"},
		{"another lock", func(b *bench) {
			b.edit(stagingCache, `"use_lockfile": true`, `"use_lockfile": null`)
			b.edit(stagingCache, `"hash": \d+`, `"hash": 1`)
		}, "backend-changed", "plan"},
		{"what init left is cut off", func(b *bench) { b.write(stagingCache, b.read(stagingCache)[:900]) }, "state-format", "plan"},
		{"what init left is of another time", func(b *bench) { b.edit(stagingCache, `"version": 3`, `"version": 9`) }, "state-format", "plan"},
		{"a clone", cloned, "backend-not-initialized", "plan"},
	} {
		t.Run(f.name, func(t *testing.T) {
			b.t = t
			b.restore(whole)
			f.do(b)
			text := b.fails(f.with)
			named := diagnosis.FromText(text)
			if named[0].ID != f.id {
				t.Errorf("the text leads to %s:\n%s", named[0].ID, text)
			}
			summary, first := b.examine(&HealthCheck{})
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
	b := finished(t)
	b.real()
	summary, _ := b.examine(&HealthCheck{Terraform: true})
	if len(summary.Findings) > 0 {
		t.Errorf("a healthy set-up is told %v", summary.Findings)
	}
	if c := checkOf(plan.Review{Checks: summary.Checks}, checkRun, "common-staging"); c.Verdict != plan.Passed {
		t.Errorf("check %+v", c)
	}
	b.edit(stagingBackend, `"admin_iam"`, `"nobody"`)
	b.remove("live/staging/.terraform")
	projects := health.Projects(b.env, b.answers)
	o, all := runTerraform(context.Background(), b.env, projects)
	if len(all) != 1 || all[0].ID != "profile-missing" || !strings.Contains(all[0].Evidence[0], "nobody") || o.Checks[0].Finding != "profile-missing" {
		t.Errorf("said %+v", all)
	}
	found := addQuotes([]plan.Finding{{ID: "profile-missing", Evidence: "checked."}}, all)
	if len(found) != 1 || !strings.HasPrefix(found[0].Told(), "checked. Terraform said: ") {
		t.Errorf("findings %v", found)
	}
	if item, held := b.server.DynamoItem("111111111111", "eu-west-1", "terraform_locks", "acme-terraform-state/common/staging"); held {
		t.Errorf("a lock was left: %v", item)
	}
}

// A run that is given up lets Terraform end, and no lock stays.
func TestRealTerraformLeavesNoLockWhenItsRunIsGivenUp(t *testing.T) {
	b := finishedIn(t, sandbox.Options{Latency: 150 * time.Millisecond})
	b.real()
	held := func() bool {
		_, item := b.server.DynamoItem("111111111111", "eu-west-1", "terraform_locks", "acme-terraform-state/common/staging")
		_, file := b.server.Object("acme-terraform-state", "common/staging.tflock")
		return item || file
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	over := make(chan struct{})
	go func() {
		defer close(over)
		runTerraform(ctx, b.env, health.Projects(b.env, b.answers))
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
	b := finished(t)
	b.real()
	b.terraform("staging", "workspace", "new", "feature")
	b.terraform("staging", "apply", "-auto-approve")
	b.write(stagingCache, b.read(stagingCache)[:900])
	summary, _ := b.examine(&HealthCheck{})
	if len(summary.Findings) > 0 {
		t.Errorf("left: %v", summary.Findings)
	}
	if got := b.read("live/staging/.terraform/environment"); got != "feature" {
		t.Errorf("workspace %q", got)
	}
	if out := b.terraform("staging", "plan").Output; !strings.Contains(out, "Plan: 0 to add") {
		t.Errorf("the state was lost:\n%s", out)
	}
}

// stateOf is the lineage and the resources of a state in the bucket.
func (b *bench) stateOf(key string) (lineage string, resources string) {
	b.t.Helper()
	object, there := b.server.Object("acme-terraform-state", key)
	if !there {
		b.t.Fatalf("nothing lies at %s", key)
	}
	var s struct {
		Lineage   string
		Resources json.RawMessage
	}
	if err := json.Unmarshal(object.Body, &s); err != nil {
		b.t.Fatal(err)
	}
	return s.Lineage, string(s.Resources)
}

// forgetDigest removes what the table holds of a state that is gone.
func (b *bench) forgetDigest(key string) {
	b.t.Helper()
	if _, err := b.server.Act("111111111111", "dynamodb", "DeleteItem", map[string]any{
		"TableName": "terraform_locks", "Key": map[string]any{"LockID": map[string]string{"S": "acme-terraform-state/" + key + "-md5"}},
	}); err != nil {
		b.t.Fatal(err)
	}
}

// A state that init still knows elsewhere moves to where the files point, with a
// backup read from where init remembers it, and only after consent.
func TestRealTerraformMovesAStateThatTheFilesNoLongerName(t *testing.T) {
	b := finished(t)
	b.real()
	// The files name another key from now on, and the blueprint, too.
	lineage, resources := b.stateOf("common/staging")
	b.edit(stagingBackend, `"common/staging"`, `"common/production"`)
	b.remove("live/production")
	b.deleteState("common/production")
	b.forgetDigest("common/production")
	b.answers.Projects = []blueprint.Project{{Name: "common-staging", Dir: "live/staging", Environment: "staging", StateKey: "common/production"}}

	summary := b.mended()
	if len(summary.NotOurs) == 0 || !slices.ContainsFunc(summary.Findings, func(f plan.Finding) bool { return f.ID == "backend-changed" }) {
		t.Fatalf("nobody was asked: %v", summary.Findings)
	}
	b.answers.Adopt = []string{b.path("live/staging")}
	if summary = b.mended(); len(summary.Findings) > 0 {
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
	b := finished(t)
	b.real()
	backend := b.read(stagingBackend)
	b.remove(stagingBackend)
	b.remove("live/staging/.terraform")
	b.deleteState("common/staging")
	b.forgetDigest("common/staging")
	b.terraform("staging", "init")
	b.terraform("staging", "apply", "-auto-approve")
	b.write(stagingBackend, backend)
	if named := diagnosis.FromText(b.fails("init")); named[0].ID != "migration-needs-answer" {
		t.Errorf("the text leads to %v", named)
	}
	summary, _ := b.examine(&HealthCheck{}, b.path("live/staging"))
	if len(summary.Findings) > 0 {
		t.Errorf("left: %v", summary.Findings)
	}
	if out := b.terraform("staging", "plan").Output; !strings.Contains(out, "Plan: 0 to add") {
		t.Errorf("the state was lost:\n%s", out)
	}
}
