package plain

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aymanbagabas/go-udiff"
	"github.com/google/jsonschema-go/jsonschema"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps"
	"stateroom/steps/files"

	"stateroom/steps/plan"
	"stateroom/ui/words"
	"stateroom/ui/wordstest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s", path, udiff.Unified("want", "got", string(want), got))
	}
	if filepath.Ext(name) == ".txt" {
		wordstest.Check(t, path, got)
	}
}

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:AssumeRole"}]}`

// proposed is one change of every kind.
func proposed() []plan.Change {
	backend := files.Edit{Before: files.Snapshot{Path: "/work/backend.tf"}, After: files.Content("terraform {\n}\n")}
	role := plan.Change{
		ID: "iam.role.production", Step: 2, Title: "Create the role TerraformAdmin in production", Action: plan.Create,
		Target: "arn:aws:iam::444444444444:role/TerraformAdmin", Account: "444444444444", Role: "OrganizationAccountAccessRole",
		Fields: []plan.Field{{Name: "name", After: "TerraformAdmin"}, {Name: "trust", After: trust}},
		Calls: []awsops.Call{{Service: "iam", Operation: "CreateRole", Input: &struct {
			RoleName, AssumeRolePolicyDocument string
		}{"TerraformAdmin", trust}}},
		Environment: "production",
	}
	role.Judge(plan.Gives(plan.WidensTrust, "role TerraformAdmin", "The role TerraformAdmin may be assumed by anyone whom account 111111111111 allows."))
	again := role
	again.ID, again.Title, again.Environment = "iam.role.staging", "Create the role TerraformAdmin in staging", "staging"
	return []plan.Change{
		role, again,
		{
			ID: "kms.key", Step: 4, Title: "Create the state encryption key", Action: plan.Create, Target: "alias/terraform",
			Account: "111111111111", Fields: []plan.Field{{Name: "arn", After: plan.KnownAfterApply}},
			Cost: "about 1 USD a month", Risk: "What is encrypted with it cannot be read once it is deleted.",
		},
		{
			ID: "bucket.versioning", Step: 5, Title: "Keep every version of the state", Action: plan.Update,
			Target: "arn:aws:s3:::acme", Account: "111111111111", Needs: []string{"bucket"},
			Fields: []plan.Field{{Name: "versioning", Before: "Suspended", After: "Enabled"}},
		},
		{
			ID: "iam.lost-key.AKIAEXAMPLE", Step: 2, Title: "Delete alice's access key AKIAEXAMPLE", Action: plan.Delete,
			Target: "arn:aws:iam::111111111111:user/alice", Account: "111111111111",
			Fields: []plan.Field{{Name: "access key", Before: "AKIAEXAMPLE"}},
		},
		{
			ID: "files.backend", Step: 7, Title: "Write backend.tf of project common-production", Action: plan.WriteFile,
			Target: "/work/backend.tf", Account: "111111111111", Write: &plan.Write{Edit: backend, Diff: backend.Diff()},
		},
		{
			ID: "init.common-production", Step: 8, Title: "Initialize project common-production", Action: plan.RunCommand,
			Target: "/work", Account: "111111111111",
			Run: &plan.Run{Command: plan.Init{}, Project: "common-production", Dir: "/work", Lines: []string{"terraform init"}},
		},
	}
}

// events are a whole run over that plan, in which one change fails.
func events(t *testing.T) []plan.Event {
	t.Helper()
	changes := proposed()
	refused := &awsops.Error{
		Service: "s3", Operation: "PutBucketVersioning", Resource: "acme", Account: "111111111111", Region: "eu-west-1",
		Identity: "arn:aws:iam::111111111111:user/operator", Code: "AccessDenied", Message: "Access Denied",
		RequestID: "ABC", Status: 403, Remedy: "Allow the operator s3:PutBucketVersioning.",
	}
	finding := plan.Finding{
		ID: "bucket.versioning-off", Step: 5, Severity: plan.Failure,
		Evidence: "Bucket acme does not keep versions.", Remedy: "Run stateroom setup again.", Details: "Resources:\n  Role: {}",
	}
	var all []plan.Event
	for i := range changes {
		all = append(all, plan.Event{Kind: plan.EventChange, Change: &changes[i]})
	}
	return append(all,
		plan.Event{Kind: plan.EventStarted, Change: &changes[0]},
		plan.Event{Kind: plan.EventApplied, Change: &changes[0], Took: 120 * time.Millisecond},
		plan.Event{Kind: plan.EventFailed, Change: &changes[3], Err: fmt.Errorf("applying: %w", refused), Took: 2500 * time.Millisecond},
		plan.Event{Kind: plan.EventSkipped, Change: &changes[6], Text: "needs bucket.versioning"},
		plan.Event{Kind: plan.EventLine, Change: &changes[6], Text: "Initializing the backend..."},
		plan.Event{Kind: plan.EventLine, Text: ""},
		plan.Event{Kind: plan.EventProgress, Text: "environments inspected", Done: 500, Of: 1000},
		plan.Event{Kind: plan.EventProgress, Text: "environments inspected", Done: 501, Of: 1000},
		plan.Event{Kind: plan.EventFinding, Finding: &finding},
		plan.Event{Kind: plan.EventSignIn, SignIn: &plan.SignInNews{State: plan.SignInVisit, StartURL: "https://acme.awsapps.com/start", Visit: &plan.Visit{
			Address: secret.New("https://acme.awsapps.com/start/#/device?user_code=ABCD-EFGH"), Code: "ABCD-EFGH", Page: "https://acme.awsapps.com/start/#/device", Until: time.Date(2026, 11, 29, 10, 10, 0, 5, time.UTC),
		}}},
		plan.Event{Kind: plan.EventSignIn, SignIn: &plan.SignInNews{State: plan.SignInDone, StartURL: "https://acme.awsapps.com/start", Until: time.Date(2026, 11, 29, 11, 0, 0, 0, time.UTC)}},
		plan.Event{Kind: plan.EventSignIn, Err: errors.New("the sign-in was refused in the browser"), SignIn: &plan.SignInNews{State: plan.SignInRefused, StartURL: "https://acme.awsapps.com/start"}},
		plan.Event{Kind: plan.EventSummary, Summary: &plan.Summary{
			Add: 4, Change: 1, Destroy: 1, Run: 1, Applied: 1, Failed: 1, Skipped: 1,
			Outcome: plan.SetUp{Environments: []string{"production"}, Begun: true}, Proof: plan.Unproved(plan.ProofFailed),
			Findings: []plan.Finding{finding}, Notes: []string{"State: s3://acme in eu-west-1."},
			NotOurs: []plan.Change{{ID: "kms.alias", NotOurs: "arn:aws:kms:eu-west-1:111111111111:key/1"}},
		}},
	)
}

func TestLinesReadAsTerraformUsersKnowThem(t *testing.T) {
	var out bytes.Buffer
	lines := NewLines(&out)
	lines.Stages = steps.Outline()
	for _, e := range events(t) {
		lines.Emit(e)
	}
	golden(t, "run.txt", out.String())
}

func TestJSONKeepsItsContract(t *testing.T) {
	var out, rest bytes.Buffer
	presenter := NewJSON(&out, &rest)
	for _, e := range events(t) {
		presenter.Emit(e)
	}
	golden(t, "run.jsonl", out.String())
	golden(t, "run.stderr.txt", rest.String())
	var schema jsonschema.Schema
	if err := json.Unmarshal(EventSchema, &schema); err != nil {
		t.Fatal(err)
	}
	contract, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[any]bool{}
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if err := contract.Validate(event); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		kinds[event["event"]] = true
	}
	if len(kinds) != 6 {
		t.Errorf("of the contract's six kinds there are %v", kinds)
	}
}

func TestPassphraseIsShownToPeopleOnly(t *testing.T) {
	var people, machines, rest bytes.Buffer
	e := plan.Event{Kind: plan.EventPassphrase, Text: "bob", Passphrase: secret.New("abcd-efgh")}
	NewLines(&people).Emit(e)
	NewJSON(&machines, &rest).Emit(e)
	if !strings.Contains(people.String(), "| Passphrase of bob's handover: abcd-efgh") {
		t.Errorf("not shown:\n%s", people.String())
	}
	if strings.Contains(machines.String()+rest.String(), "abcd") {
		t.Error("a passphrase is in the JSON mode's output")
	}
}

func TestChangesOfManyEnvironmentsAreFolded(t *testing.T) {
	var out bytes.Buffer
	lines := NewLines(&out)
	changes := make([]plan.Change, 1000)
	for i := range changes {
		name := fmt.Sprintf("env-%04d", i+1)
		changes[i] = plan.Change{ID: "iam.role." + name, Step: 2, Action: plan.Create, Title: "Create a role in " + name, Environment: name}
		lines.Emit(plan.Event{Kind: plan.EventChange, Change: &changes[i]})
	}
	for i := range changes {
		lines.Emit(plan.Event{Kind: plan.EventApplied, Change: &changes[i]})
		if i == 0 {
			lines.Emit(plan.Event{Kind: plan.EventStarted, Change: &changes[i]})
		}
	}
	for _, want := range []string{"… and 997 more like it, up to env-1000", "Plan: 1000 to add", "500 of 1000 changes made", "1000 of 1000 changes made"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "\n"); n > 60 {
		t.Errorf("%d lines for a thousand environments", n)
	}
}

func TestFailureIsShownEvenWhereItsLikeAreFolded(t *testing.T) {
	var out bytes.Buffer
	lines := NewLines(&out)
	changes := make([]plan.Change, 100)
	for i := range changes {
		name := fmt.Sprintf("env-%04d", i+1)
		changes[i] = plan.Change{ID: "iam.role." + name, Step: 2, Action: plan.Create, Title: "Create a role in " + name, Environment: name}
		lines.Emit(plan.Event{Kind: plan.EventChange, Change: &changes[i]})
	}
	lines.Emit(plan.Event{Kind: plan.EventStarted, Change: &changes[0]})
	lines.Emit(plan.Event{Kind: plan.EventFailed, Change: &changes[70], Err: errors.New("the account cannot be reached")})
	if !strings.Contains(out.String(), "Create a role in env-0071: failed\n      the account cannot be reached\n") {
		t.Errorf("the failure is missing in:\n%s", out.String())
	}
}

func TestOutcomeSaysWhatWasNotChanged(t *testing.T) {
	blocks := []plan.Finding{{ID: "files.cannot-edit", Severity: plan.Failure, Blocks: true}}
	for name, c := range map[string]struct {
		summary plan.Summary
		want    string
	}{
		"dry run":  {plan.Summary{DryRun: true, Add: 3}, "Nothing was changed: this was a dry run."},
		"declined": {plan.Summary{Declined: true}, "Nothing was changed: you did not confirm."},
		"stopped":  {plan.Summary{Stopped: true, Applied: 2, Skipped: 3}, "Interrupted:"},
		"unproven": {plan.Summary{Stopped: true, Applied: 2}, "Interrupted after every change was made: the result is not proven."},
		"lost":     {plan.Summary{Unknown: 1}, "The answer to 1 change was lost."},
		"again":    {plan.Summary{}, "Everything already matches: nothing was changed."},
		"blocked":  {plan.Summary{Findings: blocks}, "Nothing was changed: fix what the findings describe first."},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(words.Outcome(&c.summary, "Run the command again", words.InLines).Lines(), "\n")
			if !strings.Contains(got, c.want) {
				t.Errorf("%q lacks %q", got, c.want)
			}
		})
	}
}

func TestLongDiffIsCountedRatherThanShown(t *testing.T) {
	edit := files.Edit{Before: files.Snapshot{Path: "/home/.aws/config"}, After: files.Content(strings.Repeat("line\n", 5000))}
	got := hunks(&plan.Write{Edit: edit, Diff: edit.Diff()}, true)
	if n := strings.Count(got, "\n"); n != diffShown || !strings.HasSuffix(got, "… and 4900 more lines") {
		t.Errorf("%d lines, ending in %q", n, got[len(got)-40:])
	}
}

// TestConsentIsOfferedAsAShellTakesIt: the names of others hold spaces, and a bucket's
// holds a star.
func TestConsentIsOfferedAsAShellTakesIt(t *testing.T) {
	var out bytes.Buffer
	NewLines(&out).Emit(plan.Event{Kind: plan.EventSummary, Summary: &plan.Summary{NotOurs: []plan.Change{
		{Title: "Remove a statement", NotOurs: "arn:aws:s3:::acme#Deny it all"}, {Title: "Block the bucket", NotOurs: "arn:aws:s3:::acme/*"}, {Title: "Use the key", NotOurs: "arn:aws:kms:eu-west-1:111111111111:key/1"},
	}}})
	for _, want := range []string{"--adopt 'arn:aws:s3:::acme#Deny it all'\n", "--adopt 'arn:aws:s3:::acme/*'\n", "--adopt arn:aws:kms:eu-west-1:111111111111:key/1\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

// TestSealingToAPassphraseSaysWhyItTakesLong: nothing else is shown meanwhile.
func TestSealingToAPassphraseSaysWhyItTakesLong(t *testing.T) {
	for recipient, want := range map[string]string{"": "  Sealing to a passphrase takes a few seconds, so that guessing it takes years.\n", "age1": ""} {
		var out bytes.Buffer
		c := plan.Change{ID: "iam.key.bob", Title: "Create bob's access key", Write: &plan.Write{Seal: &plan.Seal{User: "bob", Recipient: recipient}}}
		l := NewLines(&out)
		l.shown = true
		l.Emit(plan.Event{Kind: plan.EventStarted, Change: &c})
		if out.String() != want {
			t.Errorf("%q: %q", recipient, out.String())
		}
	}
}
