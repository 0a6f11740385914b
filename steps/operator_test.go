package steps

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// actAsOperator makes an IAM user with these policies alone and acts as it.
func (w *world) actAsOperator(docs ...policy.Document) {
	w.t.Helper()
	ctx := context.Background()
	admin := w.server.Operator()
	sessions, err := awsops.Open(ctx, awsops.Config{Endpoint: w.server.URL(), Region: "eu-west-1"})
	if err != nil {
		w.t.Fatal(err)
	}
	home := sessions.With(admin.AccessKeyID, secret.New(admin.SecretAccessKey), secret.Secret{}, "eu-west-1")
	calls := []awsops.Call{awsops.CreateGroup("operators", "/"), awsops.CreateUser("operator-only", "/", nil)}
	for i, doc := range docs {
		name := "operator-needs" + strings.Repeat("-more", i)
		calls = append(calls, awsops.CreatePolicy(name, "/", "", doc.JSON(), nil), awsops.AttachGroupPolicy("operators", "arn:aws:iam::111111111111:policy/"+name))
	}
	var key awsops.Outputs
	for _, call := range append(calls, awsops.AddUserToGroup("operators", "operator-only"), awsops.CreateAccessKey("operator-only")) {
		if key, err = home.Do(ctx, call); err != nil {
			w.t.Fatal(err)
		}
	}
	w.actAs(sandbox.Credentials{AccessKeyID: key.Values["id"], SecretAccessKey: key.Secret.Reveal()})
}

func TestTheOperatorPolicyIsEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.actAsOperator(stepstest.OperatorPolicy())
	for range 2 {
		w.healthy(w.run(w.setup(team())))
	}
	if denied := w.denied(); len(denied) > 0 {
		t.Errorf("denied: %v", denied)
	}
}

// TestTheOperatorMeetsAGroupWithAnInlinePolicy: its document says nothing that the
// set-up needs, and reading it would take iam:GetGroupPolicy.
func TestTheOperatorMeetsAGroupWithAnInlinePolicy(t *testing.T) {
	t.Parallel()
	w := finished(t)
	_, err := w.hands("").iam.PutGroupPolicy(context.Background(), &iam.PutGroupPolicyInput{
		GroupName: aws.String("admins"), PolicyName: aws.String("own"), PolicyDocument: aws.String(policy.EnvironmentPermissions().JSON()),
	})
	w.must(err)
	w.actAsOperator(stepstest.OperatorPolicy())
	summary := w.run(w.setup(team()))
	w.healthy(summary)
	if denied := w.denied(); len(denied) > 0 {
		t.Errorf("denied: %v", denied)
	}
	if f := findingOf(summary.Findings, "iam.group-more-policies"); f == nil || !strings.Contains(f.Evidence, "own") {
		t.Errorf("the inline policy is not told: %v", summary.Findings)
	}
}

// TestTheOperatorPolicyReachesNobodyElse tries what a slip of the hand, or a stolen
// key, would do to users, groups and keys that are not the blueprint's.
func TestTheOperatorPolicyReachesNobodyElse(t *testing.T) {
	t.Parallel()
	w := finished(t)
	h, ctx := w.hands(""), context.Background()
	boss, admins, own := aws.String("boss"), aws.String("everything"), aws.String("admins")
	_, err := h.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: boss})
	w.must(err)
	_, err = h.iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: admins})
	w.must(err)
	key, err := h.kms.CreateKey(ctx, &kms.CreateKeyInput{})
	w.must(err)
	w.actAsOperator(stepstest.OperatorPolicy())
	cfg := w.config(w.who, "eu-west-1")
	users, keys := iam.NewFromConfig(cfg), kms.NewFromConfig(cfg)
	administrator := aws.String("arn:aws:iam::aws:policy/AdministratorAccess")
	for what, try := range map[string]func() error{
		"take over a user": func() error {
			_, err := users.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: boss})
			return err
		},
		"join a group": func() error {
			_, err := users.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: admins, UserName: aws.String("alice")})
			return err
		},
		"attach AWS's policy to a group of the blueprint": func() error {
			_, err := users.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: own, PolicyArn: administrator})
			return err
		},
		"disable a key": func() error {
			_, err := keys.DisableKey(ctx, &kms.DisableKeyInput{KeyId: key.KeyMetadata.KeyId})
			return err
		},
		"make a user without the tag": func() error {
			_, err := users.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("ghost")})
			return err
		},
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("the operator may %s: %v", what, err)
		}
	}
}

// operatorOf is what stateroom policy operator prints of a blueprint.
func operatorOf(t *testing.T, b *blueprint.Blueprint) policy.Document {
	t.Helper()
	a := &blueprint.Answers{Blueprint: b}
	o, err := WithoutAWS(t.Context(), nil, a)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := Policies()[0].Document(o, a, "")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestTheOperatorPolicyIsEnoughForWhatFewBlueprintsHave has an environment in the admin
// account itself, one whose account is still to be created, and a role that administers
// the key.
func TestTheOperatorPolicyIsEnoughForWhatFewBlueprintsHave(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*blueprint.Blueprint){
		"an environment in the admin account": func(b *blueprint.Blueprint) { b.Environments[0].Account = b.AdminAccount },
		"an account to create": func(b *blueprint.Blueprint) {
			e := blueprint.NewEnvironment("qa")
			e.Email = "qa@example.com"
			b.Environments = append(b.Environments, e)
		},
		"a role that administers the key": func(b *blueprint.Blueprint) {
			b.Key.Administrators = []string{"arn:aws:iam::111111111111:role/keepers"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			_, err := w.server.Act("111111111111", "iam", "CreateRole", sandbox.ActInput{
				"RoleName": "keepers", "AssumeRolePolicyDocument": policy.EnvironmentTrust("aws", "111111111111", "", nil, false).JSON(),
			})
			w.must(err)
			b := team()
			change(b)
			b.FillDefaults()
			w.actAsOperator(operatorOf(t, b))
			w.healthy(w.run(w.setup(b)))
			if denied := w.denied(); len(denied) > 0 {
				t.Errorf("denied: %v", denied)
			}
		})
	}
}

// TestTheOperatorsPoliciesAreOneManagedPolicyEach: whoever pipes one into AWS makes one of it.
func TestTheOperatorsPoliciesAreOneManagedPolicyEach(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]policy.Document{"operator": stepstest.OperatorPolicy(), "people": stepstest.PeoplePolicy(), "identity": stepstest.IdentityPolicy()} {
		if size := doc.Size(); size > policy.ManagedPolicyLimit {
			t.Errorf("the %s policy has %d characters", name, size)
		}
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
	w.actAsOperator(stepstest.OperatorPolicy())
	s := w.setup(team())
	s.Answers.Me, s.Env.Patience = "", time.Second
	summary := w.run(s)
	w.healthy(summary)
	for _, id := range []string{"iam.roles-not-proven", "init.not-proven"} {
		if findingOf(summary.Findings, id) == nil {
			t.Errorf("no finding %s among %v", id, summary.Findings)
		}
	}
	if p := summary.Proof; p.State != plan.NotProven || p.Why != plan.ProofNeedsAdmin {
		t.Errorf("proof %+v", p)
	}
}

// TestAProofSaysAsWhomItWasMade has the same set-up proven by its operator and by the
// admin whose laptop it is, and once changes were left out by nobody.
func TestAProofSaysAsWhomItWasMade(t *testing.T) {
	t.Parallel()
	for me, want := range map[string]plan.Proof{
		"":      {State: plan.ProvenAsOperator, As: "user/operator", With: plan.WithSDK},
		"alice": {State: plan.Proven, As: "alice", With: plan.WithSDK},
	} {
		w := newWorld(t, sandbox.Options{})
		s := w.setup(team())
		s.Answers.Me = me
		summary := w.run(s)
		w.healthy(summary)
		got := summary.Proof
		if got.At.IsZero() {
			t.Errorf("%q: no time", me)
		}
		if got.At = (time.Time{}); got != want {
			t.Errorf("%q: proof %+v, not %+v", me, got, want)
		}
		o, is := summary.Outcome.(plan.SetUp)
		if !is || o.Admin != me || !o.Begun || len(o.Environments) != len(s.Answers.Environments) || summary.Due > 0 {
			t.Errorf("%q: outcome %+v, %d due", me, summary.Outcome, summary.Due)
		}
		for _, w := range o.Sealed {
			if w.User == me || w.Path != "handover/"+w.User+".age" || time.Until(w.Until) < 6*24*time.Hour {
				t.Errorf("%q: sealed %+v", me, w)
			}
		}
		if len(o.Sealed) != 1 { // bob's: without a recipient nobody can be handed one here
			t.Errorf("%q: %d keys wait: %+v", me, len(o.Sealed), o.Sealed)
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
