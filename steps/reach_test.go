package steps

import (
	"errors"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

const landingRole = "AWSControlTowerExecution"

// TestALandingZoneIsEnteredByItsOwnRole: Control Tower's account factory makes no
// OrganizationAccountAccessRole. What opens the accounts is used and shown, and nothing
// is written into the team's blueprint that nobody was asked about.
func TestALandingZoneIsEnteredByItsOwnRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{ControlTower: true})
	summary := w.run(w.setup(team()))
	w.healthy(summary)
	if c := w.plannedChange("iam.role.staging"); c == nil || c.Role != landingRole {
		t.Errorf("planned %+v", c)
	}
	f := findingOf(summary.Findings, "iam.reached-otherwise")
	if f == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence+f.Remedy, landingRole, "staging, preprod and production")
	before := w.read("stateroom.hcl")
	w.settledNow(team())
	if w.read("stateroom.hcl") != before || strings.Contains(before, landingRole) {
		t.Errorf("the blueprint was %s and is %s", before, w.read("stateroom.hcl"))
	}
}

// TestTheRoleThatOpensAnAccountIsWrittenOnceSomebodyAgrees: then no other is asked for.
func TestTheRoleThatOpensAnAccountIsWrittenOnceSomebodyAgrees(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{ControlTower: true})
	w.healthy(w.run(w.setup(team())))
	s, flow := w.nine(team())
	s.Answers.Asked = true
	w.healthy(w.run(flow))
	b, err := blueprint.Parse("stateroom.hcl", []byte(w.read("stateroom.hcl")))
	w.must(err)
	for _, e := range b.Environments {
		if e.Reach != landingRole {
			t.Errorf("%s is reached by %s", e.Name, e.Reach)
		}
	}
	mark := len(w.server.Log())
	summary := w.run(w.setup(b))
	w.healthy(summary)
	for _, e := range w.server.Log()[mark:] {
		if strings.Contains(e.Resource, blueprint.DefaultReach) {
			t.Errorf("%s on %s", e.Operation, e.Resource)
		}
	}
	if findingOf(summary.Findings, "iam.reached-otherwise") != nil {
		t.Errorf("findings %v", summary.Findings)
	}
}

// TestOneTemplateServesAllAccountsThatCannotBeEntered: it is written once, and the
// command for all of them stands beside it.
func TestOneTemplateServesAllAccountsThatCannotBeEntered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	for _, account := range []string{"222222222222", "333333333333"} {
		w.server.Invite(account)
	}
	summary := w.run(w.setup(team()))
	var found []plan.Finding
	for _, f := range summary.Findings {
		if f.ID == "iam.role-template" {
			found = append(found, f)
		}
		if strings.Contains(f.Details, "AWS::IAM::Role") {
			t.Errorf("%s prints the template", f.ID)
		}
	}
	if len(found) != 1 {
		t.Fatalf("findings %v", found)
	}
	says(t, found[0].Evidence+found[0].Remedy, "staging, preprod", "create-stack-set", "Accounts=222222222222,333333333333", "111111111111")
	if w.read("stateroom-role-preprod.json") != "" || !strings.Contains(w.read("stateroom-role-staging.json"), "AWS::IAM::Role") {
		t.Error("the template is not one file")
	}
	if _, ids, _ := w.again(team()); len(ids) > 0 {
		t.Errorf("a second run would change %v", ids)
	}
}

// TestADedicatedAdminAccountIsToldWhyItCannotEnter: what AWS makes in an account trusts
// the management account alone.
func TestADedicatedAdminAccountIsToldWhyItCannotEnter(t *testing.T) {
	t.Parallel()
	b := team()
	o := &Observed{Account: AccountFacts{Organization: &awsops.Organization{ID: "o-1", ManagementAccount: "999999999999"}}}
	refused := RoleFacts{Unreachable: errors.New("sts:AssumeRole was refused")}
	f := unreachable(o, &blueprint.Answers{Blueprint: b}, b.Environments[0], refused)
	says(t, f.Evidence+f.Remedy, "trust management account 999999999999 alone", "admin account 111111111111 is a member", "--set environment.staging.reach=ROLE")
}
