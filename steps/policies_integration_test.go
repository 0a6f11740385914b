//go:build integration

package steps

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/stepstest"
)

// allowedFaults are parliament's findings that are not faults, by issue and by what the policy
// is of, and why. One that no policy has any more is a fault of the list.
var allowedFaults = []struct{ issue, of, because string }{
	{"MISMATCHED_TYPE_BUT_USABLE", "PutBucketPolicy", "the value is one key's whole ARN, which both operators compare alike; another would rewrite every bucket's policy"},
	{"INVALID_SID", "CreateKey Policy", "a key policy's Sid may have spaces, as those have that AWS's console writes"},
	{"RESOURCE_STAR", "PutRolePolicy", "what an environment's role may do there is the blueprint's choice, and the article's is everything of two services"},
	{"UNKNOWN_FEDERATION_SOURCE", "role/stateroom/ci/", "the linter knows no provider of OpenID Connect that is made in the account"},
	{"MALFORMED", "role/stateroom/ci/", "a trust policy names no resource, which the linter knows of sts:AssumeRole alone"},
	{"RESOURCE_MISMATCH", "PutRolePolicy", "as of CreatePolicy"},
	{"RESOURCE_MISMATCH", "CreatePolicy", "its pattern of an object lets no colon in, and workspaces lie below env:/"},
	{"UNKNOWN_ACTION", "operator's", "s3:GetBucketAbac is of November 2025 (PutBucketAbac, S3 API reference), which the pinned linter's list does not know yet"},
	{"UNKNOWN_PREFIX", "PutRolePolicy", "what plans are denied of services that the pinned linter does not know yet (bedrock-agentcore, s3vectors)"},
	{"RESOURCE_POLICY_PRIVILEGE_ESCALATION", "operator's", "whoever keeps a bucket's policy can open the bucket, which the README says"},
}

// TestALinterThatIsNotOursFindsNoFaultInAnyPolicyThatASetUpWrites sets blueprints up
// that together take every choice that has a policy of its own.
func TestALinterThatIsNotOursFindsNoFaultInAnyPolicyThatASetUpWrites(t *testing.T) {
	t.Parallel()
	policies := map[string]string{"operator's": stepstest.OperatorPolicy().JSON(), "operator's for people": stepstest.PeoplePolicy().JSON(), "operator's for pipelines": stepstest.MachinesPolicy().JSON()}
	for name, change := range map[string]func(*blueprint.Blueprint){
		"article": func(*blueprint.Blueprint) {},
		"listed": func(b *blueprint.Blueprint) {
			b.Key.Users, b.Bucket.Policy = blueprint.KeyUsersListed, blueprint.BucketPolicyCompatible
			for i := range b.Environments {
				b.Environments[i].Trust, b.Environments[i].MFA = blueprint.TrustListed, true
			}
			b.Key.Administrators = []string{"arn:aws:iam::111111111111:user/alice"}
			b.Lock = blueprint.Lock{UseLockfile: true}
		},
		"pipelines": func(b *blueprint.Blueprint) { b.CIs = ciTeam().CIs },
		"groups": func(b *blueprint.Blueprint) {
			b.Groups = []blueprint.Group{
				{Name: "admins", Users: []string{"alice"}, Environments: []string{blueprint.Everything}},
				{Name: "developers", Users: []string{"bob"}, Environments: []string{"staging"}},
			}
			b.Lock.BillingMode = blueprint.BillingProvisioned
			b.Environments[0].Permissions = blueprint.PermissionsPowerUser
			b.Environments[1].Permissions = blueprint.PermissionsAdministrator
			b.Environments[2].PermissionsBoundary, b.Environments[2].RolePath = "arn:aws:iam::aws:policy/PowerUserAccess", "/terraform/"
		},
	} {
		b := team()
		change(b)
		w := newWorld(t, sandbox.Options{})
		w.healthy(w.run(w.setup(b)))
		for what, text := range sandboxtest.Policies(w.server.Log()) {
			policies[name+" "+what] = text
		}
	}
	for _, kind := range []string{"CreateKey", "CreatePolicy", "CreateRole", "PutBucketPolicy", "PutRolePolicy"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(policies)), func(name string) bool { return strings.Contains(name, " "+kind+" ") }) {
			t.Errorf("no policy of %s is judged", kind)
		}
	}
	used := map[int]bool{}
	for _, fault := range sandboxtest.Parliament(t, policies) {
		i := slices.IndexFunc(allowedFaults, func(a struct{ issue, of, because string }) bool {
			return a.issue == fault.Issue && strings.Contains(fault.Location.Filepath, a.of)
		})
		if i < 0 {
			t.Errorf("%s: %s of %s: %v", fault.Severity, fault.Issue, fault.Location.Filepath, fault.Detail)
		}
		used[i] = true
	}
	for i, a := range allowedFaults {
		if !used[i] {
			t.Errorf("no policy has %s of %s any more", a.issue, a.of)
		}
	}
}
