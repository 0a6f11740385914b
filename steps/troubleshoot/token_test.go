package troubleshoot

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/healthtest"
)

const (
	gitHub     = "https://token.actions.githubusercontent.com"
	gitHubARN  = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
	roleOfJobs = "arn:aws:iam::111111111111:role/stateroom/ci/"
)

// pipeline is a team with a pipeline in staging; by names alone where ids is false.
func pipeline(ids bool) *blueprint.Blueprint {
	b := enginetest.Team([]string{"alice"}, "staging")
	ci := blueprint.CI{Name: "github", Provider: blueprint.ProviderGitHub, Repository: "acme/infra", Plan: []string{"pull_request"}, Apply: []string{"environment:staging"}, Environments: []string{"staging"}}
	if ids {
		ci.OwnerID, ci.RepositoryID = "7", "42"
	}
	b.CIs = []blueprint.CI{ci}
	return b
}

// jobOn is a bench on which a job of the platform's shows a token of these claims to a role.
func jobOn(t *testing.T, b *healthtest.Bench, role string, claims map[string]any) (token string) {
	t.Helper()
	all := map[string]any{"iss": gitHub, "aud": "sts.amazonaws.com", "sub": "repo:acme/infra:environment:staging"}
	for name, value := range claims {
		all[name] = value
	}
	token, err := b.Server.Token(all)
	b.Must(err)
	b.Write("token", token+"\n")
	b.Write(healthtest.Credentials, "")
	b.Write(healthtest.Config, "[profile admin_iam]\nregion = eu-west-1\nrole_arn = "+role+"\nweb_identity_token_file = "+b.Path("token")+"\nrole_session_name = run-1\n")
	return token
}

func looking(text string) func(context.Context, *engine.Env, *blueprint.Answers) (plan.Review, error) {
	return func(ctx context.Context, env *engine.Env, a *blueprint.Answers) (plan.Review, error) {
		return (&HealthCheck{Answers: a, Text: text}).Look(ctx, env)
	}
}

// TestARefusedTokenIsToldBesideWhatTheRolesWant, with the operator's rights and with none but
// the job's own, of our roles and of others'; and the token itself never.
func TestARefusedTokenIsToldBesideWhatTheRolesWant(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		byName bool
		role   string
		claims map[string]any
		// foreign is the condition of a role of others', to which the token is shown.
		foreign string
		// jobAlone says that nobody but the job looks.
		jobAlone           bool
		lead, says, remedy string
	}{
		"another branch": {
			role: roleOfJobs + "stateroom-github-apply-staging", claims: map[string]any{"sub": "repo:acme/infra:ref:refs/heads/main"},
			lead:   "The token's subject is not what the role stateroom-github-apply-staging wants.",
			says:   `had the issuer https://token.actions.githubusercontent.com, the audience sts.amazonaws.com and the subject repo:acme/infra:ref:refs/heads/main. Role stateroom-github-apply-staging (of ci "github") wants the subject repo:acme/infra:environment:staging or repo:acme@7/infra@42:environment:staging. Role stateroom-github-plan (of ci "github") wants the subject repo:acme/infra:pull_request`,
			remedy: `name it in plan or apply of ci "github"`,
		},
		"another branch, by the job itself": {
			jobAlone: true, role: roleOfJobs + "stateroom-github-apply-staging", claims: map[string]any{"sub": "repo:acme/infra:ref:refs/heads/main"},
			lead: "The token's subject is not what", says: "wants the subject repo:acme/infra:environment:staging", remedy: "stateroom.hcl",
		},
		"a fork": {
			role: roleOfJobs + "stateroom-github-plan", claims: map[string]any{"sub": "repo:mallory@9/infra@43:pull_request"},
			lead: "stateroom-github-plan", says: "the subject repo:mallory@9/infra@43:pull_request", remedy: "the refusal is right",
		},
		"ids that the blueprint has not": {
			byName: true, role: roleOfJobs + "stateroom-github-plan", claims: map[string]any{"sub": "repo:acme@7/infra@42:pull_request"},
			lead: "subject", says: "wants the subject repo:acme/infra:pull_request.", remedy: `Write owner_id = "7" and repository_id = "42" into ci "github"`,
		},
		"capital letters": {
			role: roleOfJobs + "stateroom-github-plan", claims: map[string]any{"sub": "repo:Acme/infra:pull_request"},
			lead: "subject", says: "repo:Acme/infra", remedy: "capital letters",
		},
		"the role for another job": {
			role: roleOfJobs + "stateroom-github-plan", claims: map[string]any{"sub": "repo:acme/infra:environment:staging"},
			lead: "stateroom-github-plan", says: "Role stateroom-github-apply-staging (of ci \"github\") takes it.", remedy: "name it in plan or apply",
		},
		"others' role by a claim": {
			role: "arn:aws:iam::111111111111:role/theirs", foreign: `{"StringEquals":{"token.actions.githubusercontent.com:repository":"acme/site","token.actions.githubusercontent.com:sub":"repo:acme/infra:environment:staging"}}`,
			claims: map[string]any{"repository": "acme/infra"},
			lead:   "The token's token.actions.githubusercontent.com:repository is not what the role theirs wants.", says: "Role theirs wants the token.actions.githubusercontent.com:repository acme/site (the token has acme/infra).", remedy: "in the trust policy of role theirs",
		},
		"others' role by a key that AWS has not": {
			role: "arn:aws:iam::111111111111:role/theirs", foreign: `{"StringEquals":{"token.actions.githubusercontent.com:repository_owner":"acme","token.actions.githubusercontent.com:sub":"repo:acme/infra:environment:staging"}}`,
			claims: map[string]any{"repository_owner": "acme"},
			lead:   "role theirs", says: "AWS has no condition key", remedy: "trust policy of role theirs",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := healthtest.New(t, sandbox.Options{}, pipeline(!c.byName))
			b.Look = looking("")
			if c.foreign != "" {
				_, err := b.Server.Act("111111111111", "iam", "CreateRole", sandbox.ActInput{
					"RoleName": "theirs", "AssumeRolePolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + gitHubARN + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + c.foreign + `}]}`,
				})
				b.Must(err)
			}
			token := jobOn(t, b, c.role, c.claims)
			if c.jobAlone {
				b.Shell.Key, b.Shell.Profile = nil, "admin_iam"
			}
			review := b.Review()
			f := healthtest.Finding(review.Findings, diagnosis.WebIdentityDenied.ID)
			if f == nil {
				t.Fatalf("found %v", healthtest.Listed(review.Findings))
			}
			for what, in := range map[string][2]string{"lead": {f.Lead, c.lead}, "evidence": {f.Evidence, c.says}, "remedy": {f.Remedy, c.remedy}} {
				if !strings.Contains(in[0], in[1]) {
					t.Errorf("the %s is %q, without %q", what, in[0], in[1])
				}
			}
			all, err := json.Marshal(review)
			b.Must(err)
			for part := range strings.SplitSeq(token, ".") {
				if strings.Contains(string(all), part) {
					t.Error("a part of the token is shown")
				}
			}
		})
	}
}

// TestARefusedTokenIsToldBesideTheRoleOfAnotherAccount that it was shown to: an environment's
// is looked into, and of any other nothing is said that was not read.
func TestARefusedTokenIsToldBesideTheRoleOfAnotherAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account      string
		says, remedy string
	}{
		"an environment's":    {"222222222222", "Role theirs wants the subject repo:acme/infra:ref:refs/heads/main.", "in the trust policy of role theirs"},
		"a strange account's": {"333333333333", "It was shown to role theirs of account 333333333333, which was not looked into.", "Look at the trust policy of arn:aws:iam::333333333333:role/theirs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := healthtest.New(t, sandbox.Options{}, pipeline(true))
			b.Look = looking("")
			provider := strings.Replace(gitHubARN, "111111111111", c.account, 1)
			_, err := b.Server.Act(c.account, "iam", "CreateOpenIDConnectProvider", sandbox.ActInput{"Url": gitHub, "ClientIDList.member.1": "sts.amazonaws.com"})
			b.Must(err)
			_, err = b.Server.Act(c.account, "iam", "CreateRole", sandbox.ActInput{
				"RoleName": "theirs", "AssumeRolePolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:sub":"repo:acme/infra:ref:refs/heads/main","token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}}]}`,
			})
			b.Must(err)
			jobOn(t, b, "arn:aws:iam::"+c.account+":role/theirs", nil)
			review := b.Review()
			f := healthtest.Finding(review.Findings, diagnosis.WebIdentityDenied.ID)
			if f == nil || !strings.Contains(f.Evidence, c.says) || !strings.Contains(f.Remedy, c.remedy) {
				t.Errorf("told %v of %v", f, healthtest.Listed(review.Findings))
			}
		})
	}
}

// TestARefusedTokenInATextIsTold by CloudTrail's event, without anything else being looked
// at, and a text that tells of no refusal stays what it is.
func TestARefusedTokenInATextIsTold(t *testing.T) {
	t.Parallel()
	a := &blueprint.Answers{Blueprint: pipeline(true)}
	a.StateRegion, a.AdminAccount = "eu-west-1", "111111111111"
	read := func(text string) []plan.Finding {
		review, err := (&HealthCheck{Answers: a, Text: text, OnlyText: true}).Look(t.Context(), &engine.Env{})
		if err != nil {
			t.Fatal(err)
		}
		return review.Findings
	}
	event := func(subject, role string) string {
		return `{"userIdentity":{"principalId":"` + gitHubARN + `:sts.amazonaws.com:` + subject + `","userName":"` + subject + `","identityProvider":"` + gitHubARN + `"},"eventName":"AssumeRoleWithWebIdentity","errorCode":"AccessDenied","requestParameters":{"roleArn":"` + role + `"}}`
	}
	f := read(event("repo:acme/infra:ref:refs/heads/x", roleOfJobs+"stateroom-github-plan"))
	if len(f) != 1 || f[0].ID != "web-identity-denied" || !strings.Contains(f[0].Evidence, "the subject repo:acme/infra:ref:refs/heads/x. Role stateroom-github-plan") {
		t.Errorf("%+v", f)
	}
	f = read(strings.ReplaceAll(event("repo:acme/infra:ref:refs/heads/x", ""), "token.actions.githubusercontent.com", "gitlab.com"))
	if len(f) != 1 || !strings.Contains(f[0].Evidence, "No pipeline of the blueprint has that issuer") || !strings.Contains(f[0].Remedy, "ci block") {
		t.Errorf("%+v", f)
	}
	claims := `{"iss":"` + gitHub + `","aud":"acme","sub":"repo:acme/infra:pull_request"}`
	f = read("claims: " + claims + "\nError: Could not assume role with OIDC: Incorrect token audience\n")
	if len(f) != 1 || !strings.Contains(f[0].Remedy, "audience") || !strings.Contains(f[0].Evidence, "the audience acme") || !strings.Contains(f[0].Lead, "audience") {
		t.Errorf("%+v", f)
	}
	for text, want := range map[string]string{"claims: " + claims + "\nApply complete! Resources: 0 added, 0 changed, 0 destroyed.\n": "no-error", strings.ReplaceAll(event("x", ""), `"errorCode":"AccessDenied",`, ""): "no-error"} {
		if f := read(text); len(f) != 1 || f[0].ID != want {
			t.Errorf("%s leads to %+v", text, f)
		}
	}
	if ids := healthtest.Listed(read("Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity\n")); !slices.Equal(ids, []string{"web-identity-denied error"}) {
		t.Errorf("%v", ids)
	}
}
