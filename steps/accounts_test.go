package steps

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// withNew is the team with a further environment whose account is to be made.
func withNew(email string) *blueprint.Blueprint {
	b := team()
	e := blueprint.NewEnvironment("qa")
	e.Email = email
	b.Environments = append(b.Environments, e)
	b.Projects = append(b.Projects, blueprint.Project{Name: "common-qa"})
	b.FillDefaults()
	return b
}

// accountNamed is the id of the organization's account of that name.
func (w *world) accountNamed(name string) []string {
	w.t.Helper()
	accounts, err := w.setup(team()).Env.Sessions.Home("eu-west-1").Accounts(context.Background())
	w.must(err)
	var ids []string
	for _, a := range accounts {
		if a.Name == name {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

func TestAMissingAccountIsCreatedOnceAndSetUpWithTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	b := withNew("qa@example.com")
	summary, ids, calls := w.again(b)
	w.healthy(summary)
	if !slices.Contains(ids, "account.qa") || !slices.Contains(calls, "organizations:CreateAccount") {
		t.Fatalf("planned %v", ids)
	}
	c := w.plannedChange("account.qa")
	if diff := cmp.Diff([]plan.Field{{Name: "name", After: "qa"}, {Name: "email", After: "qa@example.com"}, {Name: "role", After: blueprint.DefaultReach}, {Name: "id", After: plan.KnownAfterApply}}, c.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	created := w.accountNamed("qa")
	if len(created) != 1 {
		t.Fatalf("accounts %v", created)
	}
	says(t, w.tree()[w.dir+"/live/qa/provider.tf"], "arn:aws:iam::"+created[0]+":role/TerraformAdmin")
	w.settledNow(b)
}

func TestAnAccountWithTheEmailIsUsedWhateverItsCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	b := team()
	b.Environments[0].Account, b.Environments[0].Email = "", "Staging@Example.com"
	summary, ids, calls := w.again(b)
	w.healthy(summary)
	if slices.Contains(calls, "organizations:CreateAccount") || w.plannedChange("iam.role.staging").Account != "222222222222" {
		t.Errorf("planned %v", ids)
	}
	w.settledNow(b)
}

func TestAnAnswerLostToCreateAccountDoublesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	lost := false
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if e.Operation != "CreateAccount" || lost {
			return sandbox.Fault{}
		}
		lost = true
		return sandbox.Fault{DropAnswer: true}
	})
	b := withNew("qa@example.com")
	w.healthy(w.run(w.setup(b)))
	if ids := w.accountNamed("qa"); !lost || len(ids) != 1 {
		t.Errorf("accounts %v", ids)
	}
	w.settledNow(b)
}

func TestAKilledRunsAccountIsWaitedForAndNotAskedForAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	b := withNew("qa@example.com")
	s := w.setup(b)
	ctx := context.Background()
	w.must(s.Env.Journal.Append(accountChange("qa"), engine.PhaseIntent, map[string]string{"email": "qa@example.com"}))
	_, err := s.Env.Sessions.Home("eu-west-1").Do(ctx, awsops.CreateAccount("qa@example.com", "qa", blueprint.DefaultReach, nil))
	w.must(err)
	summary, _, calls := w.again(b)
	w.healthy(summary)
	if slices.Contains(calls, "organizations:CreateAccount") || len(w.accountNamed("qa")) != 1 {
		t.Errorf("the account was asked for again: %v, accounts %v", calls, w.accountNamed("qa"))
	}
	w.settledNow(b)
}

// TestAKilledRunsAccountThatAWSShowsLateIsNotAskedForAgain: the list of what is being made
// is older than the request whose answer was lost.
func TestAKilledRunsAccountThatAWSShowsLateIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	b := withNew("qa@example.com")
	w.must(w.setup(b).Env.Journal.Append(accountChange("qa"), engine.PhaseIntent, map[string]string{"email": "qa@example.com"}))
	var lists atomic.Int64
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if e.Operation == "ListCreateAccountStatus" && lists.Add(1) == 3 {
			_, err := w.server.Act("111111111111", "organizations", "CreateAccount", sandbox.ActInput{"Email": "qa@example.com", "AccountName": "qa"})
			if err != nil {
				t.Error(err)
			}
		}
		return sandbox.Fault{}
	})
	summary, _, calls := w.again(b)
	w.healthy(summary)
	if slices.Contains(calls, "organizations:CreateAccount") || len(w.accountNamed("qa")) != 1 {
		t.Errorf("the account was asked for again: %v, accounts %v", calls, w.accountNamed("qa"))
	}
	w.settledNow(b)
}

func TestAnAccountThatAWSRefusesLeavesTheOthersGoing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	b := withNew("Admin@example.com")
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault { return sandbox.Fault{} })
	b.Environments[3].Email = "taken@example.com"
	w.takeEmail("taken@example.com")
	summary := w.run(w.setup(b))
	if len(summary.Failures) != 1 || summary.ExitCode(false) != plan.ExitFailed {
		t.Fatalf("failures %v, exit code %d", summary.Failures, summary.ExitCode(false))
	}
	says(t, summary.Failures[0].Err.Error(), "qa", "EMAIL_ALREADY_EXISTS", "taken@example.com", "--set environment.qa.email=")
	for _, id := range []string{"iam.role.staging", "iam.role.production", "bucket.policy"} {
		if !w.applied(id) {
			t.Errorf("%s was not made", id)
		}
	}
	if w.applied("iam.role.qa") || summary.Skipped == 0 {
		t.Error("the role of an account that was not made was not skipped")
	}
}

// takeEmail leaves the address in use by an account that nobody lists: AWS
// counts closed accounts and those of other organizations, too.
func (w *world) takeEmail(email string) {
	w.t.Helper()
	w.server.Intercept(nil)
	_, err := w.setup(team()).Env.Sessions.Home("eu-west-1").Do(context.Background(), awsops.CreateAccount(email, "elsewhere", blueprint.DefaultReach, nil))
	w.must(err)
}

func (w *world) applied(id string) bool {
	return slices.ContainsFunc(w.events, func(e plan.Event) bool { return e.Kind == plan.EventApplied && e.Change.ID == id })
}

func TestAStandaloneAccountWorksWithListedAccountsAndCreatesNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Standalone: true})
	summary, _, _ := w.again(team())
	w.healthy(summary)
	if findingOf(summary.Findings, "account.no-organization") == nil {
		t.Errorf("findings %v", summary.Findings)
	}
	for _, f := range w.plannedChange("iam.role.staging").Fields {
		if strings.Contains(f.After, "aws:PrincipalOrgID") {
			t.Errorf("the trust names an organization: %s", f.After)
		}
	}
	w.settledNow(team())
	summary, _, calls := w.again(withNew("qa@example.com"))
	if f := findingOf(summary.Findings, "account.cannot-create"); f == nil || len(calls) > 0 {
		t.Fatalf("findings %v, calls %v", summary.Findings, calls)
	} else {
		says(t, f.Evidence+" "+f.Remedy, "qa", "no organization", "--set environment.qa.account=ID")
	}
}

// TestAnOrganizationThatTheOperatorMayNotSeeIsNotCalledNone wants the call and the right
// told that is missing.
func TestAnOrganizationThatTheOperatorMayNotSeeIsNotCalledNone(t *testing.T) {
	t.Parallel()
	for action, finding := range map[string]string{
		"organizations:DescribeOrganization": "account.organization-denied",
		"organizations:ListAccounts":         "account.listing-denied",
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			doc := stepstest.OperatorPolicy()
			doc.Statements = append(doc.Statements, policy.Statement{Effect: policy.Deny, Actions: []string{action}, Resources: []string{"*"}})
			w.actAsOperator(doc)
			s := w.setup(team())
			s.DryRun = true
			summary := w.run(s)
			f := findingOf(summary.Findings, finding)
			if f == nil || f.Severity != plan.Info || findingOf(summary.Findings, "account.no-organization") != nil {
				t.Fatalf("findings %v", findingIDs(summary.Findings))
			}
			says(t, f.Evidence, action, "user/operator-only")
			says(t, f.Remedy, "Grant the operator "+action)
		})
	}
}

func TestTheAdminAccountCanBeAnEnvironment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	b := team()
	b.Environments[0].Account = b.AdminAccount
	w.healthy(w.run(w.setup(b)))
	if c := w.plannedChange("iam.role.staging"); c.Role != "" || c.Account != b.AdminAccount {
		t.Errorf("the admin account is entered through %q", c.Role)
	}
	w.settledNow(b)
}

func TestOnlyTheManagementAccountOutsideControlTowerCreates(t *testing.T) {
	t.Parallel()
	a := &blueprint.Answers{Blueprint: withNew("qa@example.com")}
	organization := &awsops.Organization{ID: "o-1", ManagementAccount: "999999999999"}
	identity := awsops.Identity{Account: "111111111111"}
	for name, c := range map[string]struct {
		facts AccountFacts
		says  string
	}{
		"a member account": {AccountFacts{Identity: identity, Organization: organization}, "management account 999999999999"},
		"Control Tower": {
			AccountFacts{Identity: identity, ControlTower: true, Organization: &awsops.Organization{ID: "o-1", ManagementAccount: "111111111111"}},
			"Control Tower",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := planAccounts(&Observed{Account: c.facts}, a)
			f := findingOf(p.Findings, "account.cannot-create")
			if f == nil || !f.Blocks || len(p.Changes) > 0 {
				t.Fatalf("%+v", p)
			}
			says(t, f.Evidence+" "+f.Remedy, "qa", c.says, "--set environment.qa.account=ID")
		})
	}
}

func TestAnAccountThatCannotBeListedIsNoReasonToPanic(t *testing.T) {
	t.Parallel()
	facts := AccountFacts{Listed: true, Identity: awsops.Identity{Account: "111111111111"}}
	p := planAccounts(&Observed{Account: facts}, &blueprint.Answers{Blueprint: team()})
	if findingOf(p.Findings, "account.not-in-organization") == nil {
		t.Errorf("%+v", p)
	}
}

func TestAnAccountFoundByItsEmailMustBeActive(t *testing.T) {
	t.Parallel()
	b := withNew("qa@example.com")
	facts := AccountsOf([]awsops.Account{{ID: "888888888888", Email: "qa@example.com", State: "SUSPENDED"}})
	facts.Listed = true
	p := planAccounts(&Observed{Account: *facts}, &blueprint.Answers{Blueprint: b})
	if f := findingOf(p.Findings, "account.not-active"); f == nil || len(p.Changes) > 0 {
		t.Errorf("%+v", p)
	}
}

func TestAControlTowerLandingZoneMakesItsOwnAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{ControlTower: true})
	b := team()
	fourth := blueprint.NewEnvironment("fourth")
	fourth.Email = "fourth@example.com"
	b.Environments = append(b.Environments, fourth)
	summary := w.run(w.setup(b))
	if calls := w.mutations(0); len(calls) > 0 || summary.ExitCode(false) != plan.ExitFindings {
		t.Errorf("exit code %d after %v", summary.ExitCode(false), calls)
	}
	for _, f := range summary.Findings {
		if f.ID == "account.cannot-create" && strings.Contains(f.Evidence, "Control Tower") {
			return
		}
	}
	t.Errorf("findings %v", summary.Findings)
}

// TestANameThatOrganizationsDoesNotTakeIsToldBeforeTheAccountIsMade: a label may have 63
// characters, and a new account's name 50. An account that is there has its own name.
func TestANameThatOrganizationsDoesNotTakeIsToldBeforeTheAccountIsMade(t *testing.T) {
	t.Parallel()
	for length, made := range map[int]bool{50: true, 51: false} {
		w := newWorld(t, sandbox.Options{})
		b := withNew("qa@example.com")
		qa := &b.Environments[len(b.Environments)-1]
		name := strings.Repeat("q", length)
		for i := range b.Projects {
			if b.Projects[i].Environment == qa.Name {
				b.Projects[i].Environment = name
			}
		}
		qa.Name = name
		summary := w.run(w.setup(b))
		f := findingOf(summary.Findings, "account.cannot-create")
		if (f == nil) != made || summary.Failed > 0 {
			t.Fatalf("%d: failures %v, findings %v", length, summary.Failures, summary.Findings)
		}
		if f != nil {
			says(t, f.Evidence+f.Remedy, "has 51 characters: Organizations takes 50", "a shorter name", ".account=ID")
		} else {
			w.healthy(summary)
		}
	}
	b := team()
	b.Environments[0].Name = strings.Repeat("s", 63)
	for i := range b.Projects {
		if b.Projects[i].Environment == "staging" {
			b.Projects[i].Environment = b.Environments[0].Name
		}
	}
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(b)))
}

// AWS lists twenty accounts in an answer, and gives eight answers a second.
func TestTheAccountsAreListedOnceInARunThatMakesNone(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	if n := listings(w); n != 1 {
		t.Errorf("the accounts were listed %d times", n)
	}
	w.healthy(w.run(w.setup(team())))
	if n := listings(w); n != 2 {
		t.Errorf("after a second run they were listed %d times", n)
	}
}

// Only an account itself can tell of a role for plans that an earlier blueprint left there,
// and no change of such a run makes one.
func TestARoleForPlansIsLookedForOnceInARunWithoutPipelines(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	for _, e := range team().Environments {
		n := 0
		for _, asked := range w.server.Log() {
			if asked.Operation == "GetRole" && asked.Account == e.Account && strings.HasSuffix(asked.Resource, "/"+e.PlanRoleIn().Role) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s was asked for its role for plans %d times", e.Name, n)
		}
	}
}

func listings(w *world) (n int) {
	for _, e := range w.server.Log() {
		if e.Operation == "ListAccounts" {
			n++
		}
	}
	return n
}
