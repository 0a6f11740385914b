package steps

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// leadsNowhere fails the test where the newest run has planned anything that leads to
// the role of an environment.
func leadsNowhere(t *testing.T, w *world, environment string) {
	t.Helper()
	for _, e := range w.events {
		c := e.Change
		if e.Kind != plan.EventChange {
			continue
		}
		about := strings.HasPrefix(c.ID, roleChange(environment)) || strings.Contains(c.ID, "live"+string(filepath.Separator)+environment) ||
			strings.HasPrefix(c.ID, "init.common-"+environment)
		if about {
			t.Errorf("planned %s", c.ID)
		}
		for _, field := range c.Fields {
			if strings.Contains(field.After, accountOf(environment)) && !strings.Contains(field.Before, accountOf(environment)) {
				t.Errorf("%s leads to %s: %s", c.ID, environment, field.After)
			}
		}
	}
}

func accountOf(environment string) string {
	e, _ := (&blueprint.Answers{Blueprint: team()}).Environment(environment)
	return e.Account
}

// TestARoleThatCannotBeWhatTheBlueprintSaysStopsWhatLeadsToIt changes where the role of
// an environment is, in a working set-up, and that of another: the one that cannot be is
// told, and nothing is pointed at a role that does not exist.
func TestARoleThatCannotBeWhatTheBlueprintSaysStopsWhatLeadsToIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		finding string
		breaks  func(w *world, e *blueprint.Environment)
	}{
		{"iam.role-other-path", func(_ *world, e *blueprint.Environment) { e.RolePath = "/terraform/" }},
		{"iam.environment-unreachable", func(w *world, e *blueprint.Environment) {
			e.Role = "Another"
			w.server.Invite(e.Account)
		}},
		{"account.not-active", func(w *world, e *blueprint.Environment) {
			e.Role = "Another"
			w.server.Suspend(e.Account)
		}},
	} {
		t.Run(c.finding, func(t *testing.T) {
			t.Parallel()
			w := finished(t)
			b := team()
			b.Environments[1].Role = "Other"
			b.Projects[2].StateKey = "elsewhere" // its backend would be written, too
			c.breaks(w, &b.Environments[2])
			before := snapshotOf(t, w, "live/production/provider.tf", "live/production/backend.tf")
			summary, ids, _ := w.again(b)
			if f := findingOf(summary.Findings, c.finding); f == nil || summary.ExitCode(false) != plan.ExitFindings || summary.Failed > 0 {
				t.Fatalf("findings %v, failures %v", summary.Findings, summary.Failures)
			}
			leadsNowhere(t, w, "production")
			if after := snapshotOf(t, w, "live/production/provider.tf", "live/production/backend.tf"); after != before {
				t.Errorf("the project's files are now\n%s", after)
			}
			if !slices.Contains(ids, "iam.role.preprod") || !slices.Contains(ids, plan.FileID(filepath.Join(w.dir, "live/preprod/provider.tf"))) {
				t.Errorf("the other environment was not gone on with: %v", ids)
			}
			assume := w.plannedChange("iam.policy.stateroom-admins-assume-1").Fields[0].After
			says(t, assume, "arn:aws:iam::444444444444:role/TerraformAdmin", "arn:aws:iam::333333333333:role/Other")
			says(t, snapshotOf(t, w, ".aws/config"), "arn:aws:iam::444444444444:role/TerraformAdmin", "arn:aws:iam::333333333333:role/Other")
			_, ids, calls := w.again(b)
			if len(ids)+len(calls) > 0 {
				t.Errorf("a second run planned %v and called %v", ids, calls)
			}
		})
	}
}

// TestAnEnvironmentThatMovesToAnAccountThatCannotBeEnteredKeepsTheOldOne: the admins go on
// to work where their files lead, until the new account can be entered. One that is in
// use nowhere any more is let go.
func TestAnEnvironmentThatMovesToAnAccountThatCannotBeEnteredKeepsTheOldOne(t *testing.T) {
	t.Parallel()
	const old, moved = "arn:aws:iam::222222222222:role/TerraformAdmin", "555555555555"
	for _, c := range []struct {
		name   string
		change func(w *world)
		keeps  bool
	}{
		{"its project leads there", func(*world) {}, true},
		{"only the role profile leads there", func(w *world) { w.replace("live/staging/provider.tf", old, "arn:aws:iam::999999999999:role/X") }, true},
		{"nothing leads there", func(w *world) {
			w.replace("live/staging/provider.tf", old, "arn:aws:iam::999999999999:role/X")
			w.replace(".aws/config", old, "arn:aws:iam::999999999999:role/X")
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := finished(t)
			c.change(w)
			b := team()
			b.Environments[0].Account = moved
			b.Environments[1].Role = "Other" // so that the policy is written anew
			summary, _, _ := w.again(b)
			if f := findingOf(summary.Findings, "iam.environment-unreachable"); f == nil || summary.Failed > 0 {
				t.Fatalf("findings %v, failures %v", summary.Findings, summary.Failures)
			}
			leadsNowhere(t, w, "staging")
			assume := w.plannedChange("iam.policy.stateroom-admins-assume-1").Fields[0].After
			says(t, assume, "arn:aws:iam::333333333333:role/Other")
			if strings.Contains(assume, old) != c.keeps || strings.Contains(assume, moved) {
				t.Errorf("the group may assume\n%s", assume)
			}
		})
	}
}

func snapshotOf(t *testing.T, w *world, paths ...string) string {
	t.Helper()
	var all strings.Builder
	for _, path := range paths {
		data, err := os.ReadFile(filepath.Join(w.dir, path))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}

// TestALargeGroupKeepsItsPoliciesWhereAnAccountCannotBeEntered lets one account of many
// be lost: the policies stay as they are, byte for byte, in either form.
func TestALargeGroupKeepsItsPoliciesWhereAnAccountCannotBeEntered(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{150: 2, 1000: 1} {
		a, o := &blueprint.Answers{Blueprint: many(n, blueprint.Everything)}, &Observed{}
		o.Account.Identity.Partition, o.Account.Organization = "aws", &awsops.Organization{ID: "o-abcdefghij"}
		group := a.Groups[0].Name
		before, refused := assumePolicies(o, a, a.Groups[0])
		if refused != nil || len(before) != want {
			t.Fatalf("%d policies, %v", len(before), refused)
		}
		o.IAM.Policies, o.IAM.Roles = map[string]awsops.Policy{}, map[string]RoleFacts{a.Environments[3].Name: {Unreachable: os.ErrPermission}}
		var attached []string
		for i, doc := range before {
			name := policyName(group, "assume", i+1)
			o.IAM.Policies[name] = awsops.Policy{Name: name, ARN: name, Document: doc.JSON()}
			attached = append(attached, name)
		}
		o.IAM.Groups = map[string]GroupFacts{group: {Attached: attached}}
		after, refused := assumePolicies(o, a, a.Groups[0])
		if refused != nil || fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%d environments: %v, %v", n, after, refused)
		}
	}
}

// TestWhereTheFilesOfAProjectAreStoppedItIsNotInitialised: in a fresh set-up init would
// run in a directory that is not there, and beside old files at another place than the
// blueprint's.
func TestWhereTheFilesOfAProjectAreStoppedItIsNotInitialised(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.engine = &terraform.Engine{Path: "/nowhere/terraform", Name: terraform.EngineTerraform, Version: "1.11.4"}
	w.server.Invite(accountOf("production"))
	r, err := w.setup(team()).Review(t.Context())
	if err != nil || findingOf(r.Findings, "iam.environment-unreachable") == nil {
		t.Fatalf("%v, findings %v", err, r.Findings)
	}
	ids := map[string]bool{}
	for _, c := range r.Changes {
		ids[c.ID] = true
	}
	if ids[plan.InitID("common-production")] || !ids[plan.InitID("common-staging")] {
		t.Errorf("planned %v", ids)
	}
}
