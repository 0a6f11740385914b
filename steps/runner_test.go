package steps

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// The roles of a runner: one in the admin account, and one in the account of preprod.
const (
	runnerPlans   = "arn:aws:iam::111111111111:role/runners/atlantis-reads"
	runnerApplies = "arn:aws:iam::333333333333:role/atlantis-apply"
)

// runnerTeam is the team with a runner that has a role for plans and one for applies.
func runnerTeam() *blueprint.Blueprint {
	b := team()
	b.CIs = []blueprint.CI{{
		Name: "atlantis", Provider: blueprint.ProviderRole, Plan: []string{runnerPlans}, Apply: []string{runnerApplies}, Environments: []string{"staging"},
	}}
	return b
}

// asRunner is a session of a runner's role, which is made if need be.
func (w *world) asRunner(role string) sandbox.Credentials {
	w.t.Helper()
	c, err := w.server.Runner(role)
	w.must(err)
	return c
}

// withRunners makes the roles of the runners.
func (w *world) withRunners() *world {
	w.t.Helper()
	w.asRunner(runnerPlans)
	w.asRunner(runnerApplies)
	return w
}

// ciRole is the ARN of a pipeline's role.
func ciRole(name string) string { return "arn:aws:iam::111111111111:role/stateroom/ci/" + name }

// TestARunnersRoleIsLetInAndNobodyElse: who plans reads, who applies reaches its
// environment, no OIDC provider is made, and a further run has nothing to do.
func TestARunnersRoleIsLetInAndNobodyElse(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sandbox.Options{"at once": {}, "AWS lags": {Seed: "4", Lag: harshLag, Propagation: harshLag / 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, o).withRunners()
			plans, applies := ciRole("stateroom-atlantis-plan"), ciRole("stateroom-atlantis-apply-staging")
			all := w.strangersTo(plans, applies, o.Lag+o.Propagation)
			w.must(runnerTeam().Check())
			w.healthy(w.run(w.setup(runnerTeam())))
			if slices.ContainsFunc(w.server.Log(), func(e sandbox.Entry) bool { return strings.Contains(e.Operation, "OpenIDConnect") }) {
				t.Error("a provider was asked for or made")
			}
			w.settledNow(runnerTeam())
			time.Sleep(o.Lag + o.Propagation)
			for who, c := range all {
				for _, role := range []string{plans, applies} {
					if got, want := w.mayAssume(c.who, role), slices.Contains(c.opens, role); got != want {
						t.Errorf("%s opens %s: %t, want %t", who, role, got, want)
					}
				}
			}
			planner, applier := w.assumed(w.asRunner(runnerPlans), plans, "42"), w.assumed(w.asRunner(runnerApplies), applies, "42")
			for _, c := range []struct {
				who  sandbox.Credentials
				role string
				want bool
			}{
				{planner, "arn:aws:iam::222222222222:role/TerraformAdmin-plan", true},
				{planner, "arn:aws:iam::222222222222:role/TerraformAdmin", false},
				{applier, "arn:aws:iam::222222222222:role/TerraformAdmin", true},
				{applier, "arn:aws:iam::444444444444:role/TerraformAdmin", false},
				{w.asRunner(runnerApplies), "arn:aws:iam::222222222222:role/TerraformAdmin", false},
			} {
				if got := w.mayAssume(c.who, c.role); got != c.want {
					t.Errorf("a session that begins with %s opens %s: %t, want %t", c.who.AccessKeyID, c.role, got, c.want)
				}
			}
		})
	}
}

// assumed is a session of a role under a name.
func (w *world) assumed(who sandbox.Credentials, role, name string) sandbox.Credentials {
	w.t.Helper()
	out, err := sts.NewFromConfig(w.config(who, "eu-west-1")).AssumeRole(w.t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: &name})
	w.must(err)
	return sandbox.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}
}

// letIn is somebody, and what they may open.
type letIn struct {
	who   sandbox.Credentials
	opens []string
}

// strangersTo are the runners, and whoever could be taken for them: all with a policy that
// lets them assume everything.
func (w *world) strangersTo(plans, applies string, settle time.Duration) map[string]letIn {
	w.t.Helper()
	h, ctx := w.hands("").iam, w.t.Context()
	anything := aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`)
	_, err := h.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("atlantis-reads"), Path: aws.String("/runners/")})
	w.must(err)
	time.Sleep(settle)
	_, err = h.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("atlantis-reads"), PolicyName: aws.String("all"), PolicyDocument: anything})
	w.must(err)
	key, err := h.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("atlantis-reads")})
	w.must(err)
	_, err = h.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("other"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}`)})
	w.must(err)
	time.Sleep(settle)
	_, err = h.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("other"), PolicyName: aws.String("all"), PolicyDocument: anything})
	w.must(err)
	time.Sleep(settle)
	operator := w.server.Operator()
	return map[string]letIn{
		"the runner that plans":                     {w.asRunner(runnerPlans), []string{plans}},
		"the runner that applies":                   {w.asRunner(runnerApplies), []string{applies}},
		"another role of the account":               {w.asRunner("arn:aws:iam::111111111111:role/atlantis"), nil},
		"another account's role of the same name":   {w.asRunner("arn:aws:iam::222222222222:role/runners/atlantis-reads"), nil},
		"one of its name in the admin account":      {w.asRunner("arn:aws:iam::111111111111:role/atlantis-apply"), nil},
		"an administrator of the account":           {operator, nil},
		"a user of the role's name and path":        {sandbox.Credentials{AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey}, nil},
		"another role's session of the role's name": {w.assumed(operator, "arn:aws:iam::111111111111:role/other", "atlantis-reads"), nil},
	}
}

// TestTheTrustOfARunnerAsksForTheOrganization, and names roles alone.
func TestTheTrustOfARunnerAsksForTheOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{}).withRunners()
	w.healthy(w.run(w.setup(runnerTeam())))
	got, err := w.hands("").iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("stateroom-atlantis-apply-staging")})
	w.must(err)
	s := policy.ParseOrEmpty(*got.Role.AssumeRolePolicyDocument).Statements
	if len(s) != 1 || !slices.Equal(s[0].Principals["AWS"], []string{runnerApplies}) || len(s[0].Conditions["StringEquals"]["aws:PrincipalOrgID"]) != 1 {
		t.Errorf("%+v", s)
	}
}

// TestARunnersRoleThatWasMadeAnewIsLetInBySetupAlone: AWS shows the id of the one that was
// deleted, and whoever makes another of its name gets nothing by it.
func TestARunnersRoleThatWasMadeAnewIsLetInBySetupAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{}).withRunners()
	w.healthy(w.run(w.setup(runnerTeam())))
	h := w.hands("333333333333").iam
	_, err := h.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String("atlantis-apply"), PolicyName: aws.String("runner")})
	w.must(err)
	_, err = h.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("atlantis-apply")})
	w.must(err)
	role := ciRole("stateroom-atlantis-apply-staging")
	if w.mayAssume(w.asRunner(runnerApplies), role) {
		t.Fatal("a role that was made anew is let in")
	}
	w.events = nil
	summary := w.run(w.setup(runnerTeam()))
	w.healthy(summary)
	if c := w.plannedChange("iam.ci.atlantis.apply.staging.trust"); c == nil || len(plan.Access(c)) == 0 || !strings.Contains(c.Title, "deleted principals") {
		t.Errorf("planned %v", w.plannedIDs())
	}
	if !w.mayAssume(w.asRunner(runnerApplies), role) {
		t.Error("it is not let in after set-up")
	}
	w.settledNow(runnerTeam())
}

// TestARunnersRoleThatIsNotThereStopsItsTrustAlone, with the ARN that was meant where there
// is one of its name; so does an account outside of the organization.
func TestARunnersRoleThatIsNotThereStopsItsTrustAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		there, plans, finding, says string
	}{
		"none":               {"", "arn:aws:iam::111111111111:role/atlantis", "iam.ci-runner-missing", "Make the role"},
		"another path":       {runnerPlans, "arn:aws:iam::111111111111:role/atlantis-reads", "iam.ci-runner-missing", "Write " + runnerPlans},
		"other organization": {"", "arn:aws:iam::999999999999:role/atlantis", "iam.ci-runner-outside", "one of your organization's accounts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := runnerTeam()
			b.CIs[0].Plan = []string{c.plans}
			w := newWorld(t, sandbox.Options{})
			w.asRunner(runnerApplies)
			if c.there != "" {
				w.asRunner(c.there)
			}
			summary := w.run(w.setup(b))
			if f := findingOf(summary.Findings, c.finding); f == nil || !strings.Contains(f.Remedy, c.says) {
				t.Errorf("found %v", summary.Findings)
			}
			if w.applied("iam.ci.atlantis.plan") || !w.applied("iam.ci.atlantis.apply.staging") || summary.Failed > 0 || summary.ExitCode(false) != plan.ExitFindings {
				t.Errorf("exit code %d, failed %v", summary.ExitCode(false), summary.Failures)
			}
		})
	}
}

// TestRunnersAreProvenWhereTheirSessionsCanBeHad, and elsewhere it is said what a run of the
// pipeline has to show.
func TestRunnersAreProvenWhereTheirSessionsCanBeHad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{}).withRunners()
	proving := func(of func(role string) string) *plan.Summary {
		f := w.setup(runnerTeam())
		f.Env.Patience = time.Second
		f.Env.Runner = func(role string) (*awsops.Session, error) {
			c, err := w.server.Runner(of(role))
			return f.Env.Sessions.With(c.AccessKeyID, secret.New(c.SecretAccessKey), secret.New(c.SessionToken), "eu-west-1"), err
		}
		return w.run(f)
	}
	summary := w.run(w.setup(runnerTeam()))
	if told := findingOf(summary.Findings, "iam.ci-unproven"); told == nil || !strings.Contains(told.Evidence, "atlantis") || !strings.Contains(told.Remedy, "sts:AssumeRole") {
		t.Errorf("found %v", summary.Findings)
	}
	summary = proving(func(role string) string { return role })
	w.healthy(summary)
	if told := findingOf(summary.Findings, "iam.ci-proven"); told == nil || !strings.Contains(told.Evidence, "stateroom-atlantis-plan") || !strings.Contains(told.Evidence, "the operator were refused") {
		t.Errorf("found %v", summary.Findings)
	}
	summary = w.run(w.setup(runnerTeam()))
	if told := findingOf(summary.Findings, "iam.ci-proven"); told == nil || !strings.Contains(told.Evidence, "was last used on") {
		t.Errorf("found %v", summary.Findings)
	}
	for name, of := range map[string]func(string) string{
		"it is refused":           func(string) string { return "arn:aws:iam::111111111111:role/other" },
		"a stranger opens it too": func(string) string { return runnerPlans },
	} {
		summary := proving(of)
		if told := findingOf(summary.Findings, "iam.ci-refused"); told == nil || summary.ExitCode(false) != plan.ExitFindings {
			t.Errorf("%s: found %v", name, summary.Findings)
		}
	}
}

// TestARunnersProfileIsTold with the roles that its jobs begin with.
func TestARunnersProfileIsTold(t *testing.T) {
	t.Parallel()
	o := &Observed{}
	o.Account.Identity.Partition = "aws"
	a := &blueprint.Answers{Blueprint: runnerTeam()}
	f := offeredPipeline(o, a, a.CIs[0])
	says(t, f.Details, "[profile admin_iam]", "role_arn = $ROLE", "credential_source = Ec2InstanceMetadata", "EcsContainer", "source_profile = runner",
		"# Plans: ROLE="+ciRole("stateroom-atlantis-plan"), "READS=arn:aws:iam::222222222222:role/TerraformAdmin-plan", "# Applies to staging: ROLE="+ciRole("stateroom-atlantis-apply-staging"), "stateroom_override.tf")
	says(t, f.Remedy, "-lock=false", "in a different account than 111111111111")
	if strings.Contains(f.Details, "atches") {
		t.Errorf("who does not watch is told how:\n%s", f.Details)
	}
	a.CIs[0].Watch = true
	says(t, offeredPipeline(o, a, a.CIs[0]).Details, "# Watches: ROLE="+ciRole("stateroom-atlantis-watch"), "# In a job that watches", "setup --dry-run --detailed-exitcode --json --region eu-west-1")
	a.CIs[0].Plan = nil
	if f := offeredPipeline(o, a, a.CIs[0]); strings.Contains(f.Details+f.Remedy, "stateroom_override") || strings.Contains(f.Details, "# Plans") || strings.Contains(f.Remedy, "-lock=false") {
		t.Errorf("a runner that does not plan is told how:\n%s", f.Details)
	}
	if gates := wantedGates(a); len(gates) > 0 {
		t.Errorf("tokens open %v", gates)
	}
}

// TestTheRunnerThatAppliesWatches, and the one that plans only where none applies, which is
// said before it is made: a plan runs what any branch says.
func TestTheRunnerThatAppliesWatches(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		apply []string
		risk  string
		opens string
	}{
		"applies":    {[]string{runnerApplies}, "", runnerApplies},
		"only plans": {nil, "whoever may push one can read how everything is set up", runnerPlans},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, sandbox.Options{}).withRunners(), runnerTeam()
			b.CIs[0].Watch, b.CIs[0].Apply = true, c.apply
			w.must(b.Check())
			w.healthy(w.run(w.setup(b)))
			if change := w.plannedChange("iam.ci.atlantis.watch"); change == nil || !strings.Contains(change.Risk, c.risk) || (c.risk == "") != (change.Risk == "") {
				t.Errorf("planned %+v", change)
			}
			for _, runner := range []string{runnerPlans, runnerApplies} {
				if got := w.mayAssume(w.asRunner(runner), ciRole("stateroom-atlantis-watch")); got != (runner == c.opens) {
					t.Errorf("%s watches: %t", runner, got)
				}
			}
			w.settledNow(b)
		})
	}
}

// TestARunnerTakesTheMachinesPolicy and no right besides.
func TestARunnerTakesTheMachinesPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{}).withRunners()
	w.actAsOperator(stepstest.OperatorPolicy(), stepstest.MachinesPolicy())
	w.healthy(w.run(w.setup(runnerTeam())))
	w.healthy(w.run(w.setup(team())))
	if left := w.rolesOf(); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
	if denied := w.denied(); len(denied) > 0 {
		t.Errorf("denied: %v", denied)
	}
}
