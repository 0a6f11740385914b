package onboard

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// TestWhateverIsStoppedAnAdminsProofFailsOfNothing stops in every way there is what an
// admin's work rests on. Terraform plans in no project whose role, state or files are told
// to be broken, and the check says because of what; that finding alone needs attention.
// The other projects are proven, and of a broken one what does not rest on it.
func TestWhateverIsStoppedAnAdminsProofFailsOfNothing(t *testing.T) {
	t.Parallel()
	const project = "common-preprod"
	for name, c := range map[string]struct {
		finding string
		spoil   func(c *company, l *laptop)
		all     bool // of the projects
		state   bool // key and lock of the state are not tried either
	}{
		"a role": {finding: "assume-role-denied", spoil: func(c *company, _ *laptop) {
			reach := c.all.Reach("333333333333", blueprint.DefaultReach, blueprint.DefaultStateRegion)
			_, err := reach.Do(c.t.Context(), awsops.UpdateAssumeRolePolicy(blueprint.DefaultRole,
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444444444444:root"},"Action":"sts:AssumeRole"}]}`))
			c.must(err)
		}},
		"a state that is gone": {finding: "state.deleted", spoil: func(c *company, _ *laptop) {
			c.must(c.iam().DeleteObject(awsops.WithProbe(c.t.Context()), c.blueprint.Bucket.Name, "common/preprod"))
		}},
		"reading": {finding: "explicit-deny", spoil: func(c *company, _ *laptop) { c.deny("s3:GetObject") }, all: true, state: true},
		"the key": {finding: "explicit-deny", spoil: func(c *company, _ *laptop) { c.deny("kms:DescribeKey") }, all: true, state: true},
		"files": {finding: "files.cannot-edit", spoil: func(c *company, l *laptop) {
			c.must(os.WriteFile(filepath.Join(l.root, "live", "preprod", "provider.tf"), []byte("provider \"aws\" {\n"), 0o600))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			company := founded(t)
			l := company.laptop("bob")
			l.onBoard(l.come(l.handed()))
			c.spoil(company, l)
			summary := l.come(nil)
			if finding(summary, c.finding) == nil || summary.Failed > 0 {
				t.Fatalf("findings %v, failures %v", summary.Findings, summary.Failures)
			}
			for _, f := range summary.Findings {
				if f.Severity != plan.Info && f.ID != c.finding {
					t.Errorf("besides: %s", f)
				}
			}
			for _, check := range summary.Checks {
				untried := check.Answer == "not tested, because of "+c.finding
				mine := c.all || check.Subject == project
				switch {
				case check.Name == checkPlan && mine, c.state && slices.Contains([]string{checkUse, checkLock}, check.Name):
					if !untried || check.Verdict != plan.Undecided {
						t.Errorf("%+v", check)
					}
				case untried, mine && slices.Contains([]string{checkUse, checkLock}, check.Name) && check.Verdict != plan.Passed:
					t.Errorf("%+v", check)
				}
			}
		})
	}
}

// TestAProjectThatWasNotMadeReadyIsNotPlannedIn leaves out what makes a project ready, and
// lets it fail: the proof names that change and how it comes to be made, and sends nobody
// to run terraform init by hand.
func TestAProjectThatWasNotMadeReadyIsNotPlannedIn(t *testing.T) {
	t.Parallel()
	const project, ready = "common-preprod", "init.common-preprod"
	for name, c := range map[string]struct {
		spoil  func(f *engine.Flow)
		remedy string
	}{
		"left out": {func(f *engine.Flow) { f.Exclude = map[string]bool{ready: true} }, "Run stateroom onboard and confirm"},
		"failed":   {func(*engine.Flow) {}, "Fix the reason why"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := founded(t).laptop("bob")
			l.engine = &terraform.Engine{Path: "/nowhere/terraform", Name: terraform.EngineTerraform, Version: "1.11.4"}
			_, f := l.onboarding(l.handed())
			c.spoil(f)
			summary := l.run(f)
			if told := finding(summary, "backend-not-initialized"); told != nil {
				t.Errorf("told besides: %s", told)
			}
			i := slices.IndexFunc(summary.Checks, func(c plan.Check) bool { return c.Name == checkPlan && c.Subject == project })
			if i < 0 {
				t.Fatalf("checks %v", summary.Checks)
			}
			check := summary.Checks[i]
			says(t, check.Answer, "not tested, because \"Initialize project "+project)
			says(t, check.Remedy, c.remedy)
			if check.Verdict != plan.Undecided {
				t.Errorf("%+v", check)
			}
		})
	}
}
