package steps

import (
	"context"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
	"stateroom/steps/engine"
	"stateroom/steps/stepstest"
)

// actAsOperator makes an IAM user with this policy alone and acts as it.
func (w *world) actAsOperator(doc policy.Document) {
	w.t.Helper()
	ctx := context.Background()
	admin := w.server.Operator()
	sessions, err := awsops.Open(ctx, awsops.Config{Endpoint: w.server.URL(), Region: "eu-west-1"})
	if err != nil {
		w.t.Fatal(err)
	}
	home := sessions.With(admin.AccessKeyID, secret.New(admin.SecretAccessKey), secret.Secret{}, "eu-west-1")
	arn := "arn:aws:iam::111111111111:policy/operator-needs"
	var key awsops.Outputs
	for _, call := range []awsops.Call{
		awsops.CreateGroup("operators", "/"), awsops.CreateUser("operator-only", "/", nil),
		awsops.CreatePolicy("operator-needs", "/", "", doc.JSON(), nil), awsops.AttachGroupPolicy("operators", arn),
		awsops.AddUserToGroup("operators", "operator-only"), awsops.CreateAccessKey("operator-only"),
	} {
		if key, err = home.Do(ctx, call); err != nil {
			w.t.Fatal(err)
		}
	}
	w.actAs(sandbox.Credentials{AccessKeyID: key.Values["id"], SecretAccessKey: key.Secret.Reveal()})
}

func TestTheOperatorPolicyIsEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.actAsOperator(stepstest.ReadmePolicy(t, "operator"))
	for range 2 {
		w.healthy(w.run(w.setup(team())))
	}
	if denied := w.denied(); len(denied) > 0 {
		t.Errorf("denied: %v", denied)
	}
}

// denied are the calls that were refused, but for the unencrypted write that
// the strict bucket policy has to refuse.
func (w *world) denied() []string {
	var calls []string
	for _, e := range w.server.Log() {
		if strings.HasPrefix(e.Code, "AccessDenied") && e.Operation != "PutObject" {
			calls = append(calls, e.Service+":"+e.Operation)
		}
	}
	return calls
}

// Without --me there is no admin on the laptop, and the operator's policy gives
// no right to any state: what cannot be proven is told, and is no failure.
func TestAnOperatorWithoutTheRightsOfAnAdminEndsHealthy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.actAsOperator(stepstest.ReadmePolicy(t, "operator"))
	s := w.setup(team())
	s.Answers.Me, s.Env.Patience = "", time.Second
	summary := w.run(s)
	w.healthy(summary)
	for _, id := range []string{"iam.roles-not-proven", "init.not-proven"} {
		if findingOf(summary.Findings, id) == nil {
			t.Errorf("no finding %s among %v", id, summary.Findings)
		}
	}
}

// A child Terraform knows nothing of --profile, and keys in the environment
// would make it somebody else.
func TestTheOperatorsProfileReachesAChildTerraform(t *testing.T) {
	t.Parallel()
	env := &engine.Env{CredentialsPath: "credentials", ConfigPath: "config", Environ: engine.Environment{"AWS_ACCESS_KEY_ID=AKIAEXAMPLE"}}
	if vars := operatorEnv(env); vars.Get("AWS_PROFILE") != "" || vars.Get("AWS_ACCESS_KEY_ID") != "AKIAEXAMPLE" || len(vars) != 3 {
		t.Errorf("without a profile: %v", vars)
	}
	env.Profile = "break-glass"
	if vars := operatorEnv(env); vars.Get("AWS_PROFILE") != "break-glass" || vars.Get("AWS_ACCESS_KEY_ID") != "" || len(vars) != 3 {
		t.Errorf("with a profile: %v", vars)
	}
}
