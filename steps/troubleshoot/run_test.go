package troubleshoot

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
	"stateroom/steps/troubleshoot/healthtest"
)

func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

// says makes the engine print an error in one project's command.
func says(b *healthtest.Bench, command, dir, text string) {
	b.T.Helper()
	b.Script(`if [ "$1" = ` + command + ` ] && [ "$(basename "$PWD")" = ` + dir + ` ]; then cat ` + b.Path("says") + ` >&2; exit 1; fi`)
	b.Write("says", text)
}

// ran is what runs of Terraform in every project of a bench say.
func ran(ctx context.Context, b *healthtest.Bench) (health.Report, []quote) {
	env := b.Env()
	return runTerraform(ctx, env, health.Projects(env, b.Answers))
}

func TestTerraformItselfIsHeard(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	says(b, "plan", "staging", `
Error: Error acquiring the state lock

Error message: operation error DynamoDB: PutItem, https response error
StatusCode: 400, RequestID: 1, api error AccessDeniedException: User:
arn:aws:iam::111111111111:user/alice is not authorized to perform:
dynamodb:PutItem on resource: table/terraform_locks
`)
	var lines []string
	env := b.Env()
	env.Emit = func(e plan.Event) {
		if e.Kind == plan.EventLine {
			lines = append(lines, e.Text)
		}
	}
	o, all := runTerraform(t.Context(), env, health.Projects(env, b.Answers))
	if len(all) != 1 || all[0].ID != "table-denied" || all[0].project != "common-staging" {
		t.Fatalf("said %+v", all)
	}
	want := []string{"init -no-color -input=false -json", "plan -no-color -input=false -json", "init -no-color -input=false -json", "plan -no-color -input=false -json"}
	if got := b.Commands(); !slices.Equal(got, want) {
		t.Errorf("ran %v", got)
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "Error acquiring the state lock") }) {
		t.Errorf("the output was not shown: %v", lines)
	}
	for i, want := range []plan.Verdict{plan.Failed, plan.Passed} {
		if c := o.Checks[i]; c.Name != checkRun || c.Verdict != want {
			t.Errorf("check %+v, want %s", c, want)
		}
	}
}

func TestProvidersOutOfReachAreNoFault(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	says(b, "init", "staging", "\nError: Failed to query available provider packages\n\nCould not retrieve the list of available versions for provider hashicorp/aws\n")
	o, all := ran(t.Context(), b)
	if len(all) > 0 || len(o.Findings) != 1 || o.Findings[0].ID != "provider-unavailable" || o.Findings[0].Severity != plan.Info {
		t.Errorf("said %v, findings %v", all, o.Findings)
	}
	if o.Checks[0].Verdict != plan.Undecided {
		t.Errorf("check %+v", o.Checks[0])
	}
}

func TestALockFileThatContradictsIsNotTakenForTheNetwork(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	says(b, "init", "staging", "\nError: Failed to query available provider packages\n\nCould not retrieve the list of available versions for provider hashicorp/aws:\nlocked provider registry.terraform.io/hashicorp/aws 5.0.0 does not match\nconfigured version constraint ~> 6.0; must use terraform init -upgrade\n")
	if _, all := ran(t.Context(), b); len(all) != 1 || all[0].ID != "provider-lock-file" {
		t.Errorf("said %v", all)
	}
}

func TestWithoutAnEngineTheRunIsUndecided(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	b.Engine = nil
	o, all := ran(t.Context(), b)
	if len(all) > 0 || len(o.Checks) != 1 || o.Checks[0].Verdict != plan.Undecided || !strings.Contains(o.Checks[0].Answer, "no Terraform to run") {
		t.Errorf("checks %+v, said %v", o.Checks, all)
	}
}

func TestWhatTerraformSaidStandsBesideTheChecksEvidence(t *testing.T) {
	found := []plan.Finding{
		{ID: "explicit-deny", Subject: "a", Evidence: "backend.tf:4: encrypt is not set.", Remedy: "Write it."},
		{ID: "explicit-deny", Subject: "b", Evidence: "other."},
	}
	deny := diagnosis.Match{Diagnosis: diagnosis.ExplicitDeny, Quote: "Access denied"}
	held := diagnosis.Match{Diagnosis: diagnosis.LockHeld, Meaning: diagnosis.LockHeld.Meaning, Quote: "ID: 1"}
	out := addQuotes(found, []quote{{Match: deny, project: "b"}, {Match: deny}, {Match: held, project: "a"}, {Match: held, project: "b"}})
	if len(out) != 4 {
		t.Fatalf("findings %v", out)
	}
	if !strings.HasPrefix(out[0].Evidence, "backend.tf:4") || out[0].Quote != "Access denied" || out[0].Remedy != "Write it." {
		t.Errorf("first %+v", out[0])
	}
	if out[1].Quote == "" {
		t.Errorf("second %+v", out[1])
	}
	if out[2].Subject != "a" || out[2].Told() != diagnosis.LockHeld.Meaning+" Terraform said: ID: 1" || out[3].Subject != "b" {
		t.Errorf("others %+v", out[2:])
	}
}
