package steps

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
)

// assumes shows a token to a role, and gives AWS's code for it; empty where it is let in.
func (w *world) assumes(role, token string) string {
	w.t.Helper()
	client := sts.NewFromConfig(w.config(sandbox.Credentials{AccessKeyID: "none", SecretAccessKey: "none"}, "eu-west-1"))
	_, err := client.AssumeRoleWithWebIdentity(w.t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String("arn:aws:iam::111111111111:role/stateroom/ci/" + role), RoleSessionName: aws.String("run-1"), WebIdentityToken: &token,
	})
	if code := refusedWith(err); err == nil || code != "" {
		return code
	}
	w.t.Fatal(err)
	return ""
}

// TestTheTrustItselfRefusesEveryHostileToken where nothing before it does: the account has a
// provider for the other issuer too, and the platform's takes the other audience. So of every
// role that stateroom makes, to plan and to apply, the conditions alone decide; and what is
// signed by nobody, or by somebody else, never gets that far.
func TestTheTrustItselfRefusesEveryHostileToken(t *testing.T) {
	t.Parallel()
	const evil, otherAudience = "https://oidc.evil.example", "https://github.com/acme"
	for name, table := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := team()
			table.ci.Name, table.ci.Environments = "ci", []string{"staging"}
			planning := table.ci
			planning.Plan = planning.Apply
			if table.ci.Provider == blueprint.ProviderBitbucket {
				planning.Plan = nil // a plan there is of any step of the repository
			}
			b.CIs = []blueprint.CI{planning}
			w := newWorld(t, sandbox.Options{})
			w.must(b.Check())
			w.healthy(w.run(w.setup(b)))
			roles := []string{"stateroom-ci-apply-staging"}
			if len(planning.Plan) > 0 {
				roles = append(roles, "stateroom-ci-plan")
			}

			admin, right := w.hands("").iam, table.right["aud"].(string)
			_, err := admin.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: aws.String(evil), ClientIDList: []string{right}})
			w.must(err)
			arn := "arn:aws:iam::111111111111:oidc-provider/" + strings.TrimPrefix(table.right["iss"].(string), "https://")
			_, err = admin.AddClientIDToOpenIDConnectProvider(t.Context(), &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, ClientID: aws.String(otherAudience)})
			w.must(err)

			wrong := maps.Clone(table.wrong)
			maps.Copy(wrong, map[string]map[string]any{
				"other audience":                     {"aud": otherAudience},
				"other audience, azp of the right":   {"aud": right, "azp": otherAudience},
				"other issuer with the same subject": {"iss": evil},
				"no subject":                         {"sub": nil},
				"an empty subject":                   {"sub": ""},
				"great letters":                      {"sub": strings.ToUpper(table.right["sub"].(string))},
				"a subject with more behind it":      {"sub": table.right["sub"].(string) + "/x"},
				"a subject with more before it":      {"sub": "x" + table.right["sub"].(string)},
				"wildcards in the token":             {"sub": strings.Repeat("*", 3)},
			})
			if table.ci.Provider == blueprint.ProviderBitbucket {
				delete(wrong, "a subject with more behind it") // each step has an id of its own there
			}
			for _, role := range roles {
				token, err := w.server.Token(table.right)
				w.must(err)
				if code := w.assumes(role, token); code != "" {
					t.Fatalf("%s refuses the right one: %s", role, code)
				}
				theirs, err := w.server.Token(map[string]any{"iss": table.right["iss"], "aud": right, "sub": "somebody"})
				w.must(err)
				mine, forged := strings.Split(token, "."), strings.Split(theirs, ".")
				for how, text := range map[string]string{
					"signed by nobody":         mine[0] + "." + mine[1] + ".",
					"signed for other claims":  mine[0] + "." + mine[1] + "." + forged[2],
					"claims put under another": forged[0] + "." + mine[1] + "." + forged[2],
				} {
					if code := w.assumes(role, text); code != "InvalidIdentityToken" {
						t.Errorf("%s, %s: %q", role, how, code)
					}
				}
				for what, changed := range wrong {
					claims := maps.Clone(table.right)
					maps.Copy(claims, changed)
					maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
					theirs, err := w.server.Token(claims)
					w.must(err)
					want := []string{"AccessDenied"}
					if strings.HasPrefix(what, "other workspace") || strings.HasPrefix(what, "other organization") {
						want = []string{"InvalidIdentityToken"} // whose provider the account has not
					}
					if code := w.assumes(role, theirs); !slices.Contains(want, code) {
						t.Errorf("%s, %s: %q, want %v", role, what, code, want)
					}
				}
			}
		})
	}
}
