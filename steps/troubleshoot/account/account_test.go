package account_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/steps/troubleshoot/account"
	"stateroom/steps/troubleshoot/health"
)

func TestAHealthySetUpHasNoFindingAndOnlyReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.isHealthy()
}

// isHealthy fails the test unless a health check finds nothing, and makes nothing.
func (w *world) isHealthy() {
	w.T.Helper()
	mark := len(w.Server.Log())
	summary := w.Mended()
	if calls := w.mutations(mark); len(calls) > 0 {
		w.T.Errorf("a health check made %v", calls)
	}
	if len(summary.Findings) > 0 || summary.ExitCode(false) != plan.ExitDone {
		w.T.Errorf("exit %d, findings %v", summary.ExitCode(false), summary.Findings)
	}
	for _, c := range summary.Checks {
		if c.Verdict != plan.Passed {
			w.T.Errorf("check %q of %q is %s: %s", c.Name, c.Subject, c.Verdict, c.Answer)
		}
	}
}

// TestAKeyThatNamesItsUsersIsEnoughAndOneThatDoesNotIsFound: a simulation, which knows no
// key's policy, says no to all of them.
func TestAKeyThatNamesItsUsersIsEnoughAndOneThatDoesNotIsFound(t *testing.T) {
	t.Parallel()
	b := team()
	b.Key.Users = blueprint.KeyUsersListed
	w := newWorldOf(t, sandbox.Options{}, b)
	w.isHealthy()
	w.keyPolicy(policy.KeyPolicy("aws", adminAccount, nil, []string{"arn:aws:iam::111111111111:user/bob"}).JSON())
	w.wants(w.Review(), "kms-denied")
	if summary := w.Mended(); len(summary.Findings) > 0 {
		t.Errorf("after fixing: %v", summary.Findings)
	}
	w.isHealthy()
}

// asks is the part of a health check that asks AWS.
func (w *world) asks() health.Report {
	w.T.Helper()
	env, a := w.Env(), w.Answers
	return account.Look(context.Background(), env, a, health.StatesOf(env, a, health.Projects(env, a)))
}

// quiet fails the test if a part of a health check found anything, and gives
// the subjects of its checks.
func (w *world) quiet(o health.Report) map[string]bool {
	w.T.Helper()
	subjects := map[string]bool{}
	for _, c := range o.Checks {
		if c.Verdict == plan.Failed {
			w.T.Errorf("check %q of %q is broken: %s", c.Name, c.Subject, c.Answer)
		}
		subjects[c.Subject] = true
	}
	if len(o.Findings)+len(o.Changes) > 0 {
		w.T.Errorf("findings %v, changes %v", o.Findings, o.Changes)
	}
	return subjects
}

// Nobody is expected to reach what the blueprint does not give.
func TestAnAdminOfSomeEnvironmentsIsAskedForThoseAlone(t *testing.T) {
	t.Parallel()
	b := team()
	b.Groups = []blueprint.Group{
		{Name: "admins", Users: []string{"bob"}, Environments: []string{blueprint.Everything}},
		{Name: "juniors", Users: []string{"alice"}, Environments: []string{"staging"}},
	}
	w := newWorldOf(t, sandbox.Options{}, b)
	subjects := w.quiet(w.asks())
	if !subjects["common-staging"] || !subjects["staging"] || subjects["common-production"] || subjects["production"] {
		t.Errorf("asked of %v, want staging alone", subjects)
	}
}

// Where no backend names a profile, whoever runs stateroom is asked; an operator
// needs no right to any state, and lacking one is no fault of the set-up.
func TestAnOperatorWithoutRightsToTheStateIsNoFault(t *testing.T) {
	t.Parallel()
	b := team()
	b.ProfileInFiles = false
	w := newWorldOf(t, sandbox.Options{}, b)
	h, ctx := w.hands(""), context.Background()
	name := aws.String("operator-only")
	_, err := h.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: name})
	w.Must(err)
	doc := stepstest.OperatorPolicy()
	made, err := h.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: name, PolicyDocument: aws.String(doc.JSON())})
	w.Must(err)
	_, err = h.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: made.Policy.Arn})
	w.Must(err)
	key, err := h.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	w.Must(err)
	w.Shell = w.Shell.As(sandbox.Credentials{AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey})
	w.quiet(w.asks())
}

// An environment of the blueprint may have an e-mail address in place of an id.
func TestAccountsAreFoundByTheirAddress(t *testing.T) {
	t.Parallel()
	b := team()
	e := blueprint.NewEnvironment("sandbox")
	e.Email = "sandbox@example.com"
	b.Environments = append(b.Environments, e)
	b.FillDefaults()
	w := newWorldOf(t, sandbox.Options{}, b)
	if subjects := w.quiet(w.asks()); !subjects["sandbox"] {
		t.Errorf("asked of %v, and not of the new account", subjects)
	}
}
