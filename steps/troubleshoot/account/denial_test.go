package account

import (
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/troubleshoot/health"
)

// refusedWith is AWS's refusal in its own words.
func refusedWith(message string) error {
	return &awsops.Error{Service: "s3", Operation: "GetObject", Code: "AccessDenied", Status: 403, Message: message}
}

func TestARefusalIsExplainedByWordsThenSimulationThenDocuments(t *testing.T) {
	const arn = "arn:aws:s3:::b/k"
	f := &facts{answers: &blueprint.Answers{Blueprint: blueprint.New()}, observed: &steps.Observed{}}
	id := &identity{works: true, Identity: awsops.Identity{ARN: "arn:aws:iam::111111111111:user/alice", Account: "111111111111", Kind: awsops.KindUser, Name: "alice"}}
	simulated := func(s awsops.Simulated) rights {
		s.Action, s.Resource = "s3:GetObject", arn
		return rights{results: []awsops.Simulated{s}}
	}
	fence := named("bucket policy", policy.ResourceBased, `{"Statement":[{"Sid":"Fence","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}`)
	for _, c := range []struct {
		name string
		q    question
		by   policy.Type
		says []string
	}{
		{"AWS names the identity's policy", question{err: refusedWith("User: x is not authorized to perform: s3:GetObject on resource: \"y\" because no identity-based policy allows the s3:GetObject action")}, policy.IdentityBased, nil},
		{"AWS names a service control policy", question{err: refusedWith("not authorized to perform: s3:GetObject with an explicit deny in a service control policy")}, policy.ServiceControl, nil},
		{"AWS names the boundary", question{err: refusedWith("because no permissions boundary allows the s3:GetObject action")}, policy.PermissionsBoundary, nil},
		{"AWS names the bucket's policy, whose statement is found", question{err: refusedWith("with an explicit deny in a resource-based policy"), attached: fence}, policy.ResourceBased, []string{"Fence"}},
		{"simulation: nothing allows", question{err: refusedWith("Access Denied"), rights: simulated(awsops.Simulated{})}, policy.IdentityBased, []string{"Nothing in its own", "SimulatePrincipalPolicy"}},
		{"simulation: a Deny", question{rights: simulated(awsops.Simulated{Explicit: true, Policies: []string{"leave"}})}, policy.IdentityBased, []string{"Deny statement", "leave"}},
		{"simulation: the organization", question{rights: simulated(awsops.Simulated{ByOrganization: true})}, policy.ServiceControl, []string{"service control policy"}},
		{"simulation: the boundary", question{rights: simulated(awsops.Simulated{ByBoundary: true})}, policy.PermissionsBoundary, []string{"boundary"}},
		{"documents: the bucket's policy", question{err: refusedWith("Access Denied"), rights: simulated(awsops.Simulated{Allowed: true}), attached: fence}, policy.ResourceBased, []string{"Fence"}},
		{"allowed by all that can be read", question{err: refusedWith("Access Denied"), rights: simulated(awsops.Simulated{Allowed: true})}, policy.ResourceBased, []string{"may not be read"}},
		{"two remain", question{err: refusedWith("Access Denied")}, "", []string{"Either", "To tell:", "simulate-principal-policy"}},
	} {
		c.q.by, c.q.action, c.q.resource = id, "s3:GetObject", arn
		got := reasonOf(f, c.q)
		if got.Type != c.by {
			t.Errorf("%s: by %q, want %q (%s)", c.name, got.Type, c.by, got.Why)
		}
		for _, says := range c.says {
			if !strings.Contains(got.Why, says) {
				t.Errorf("%s does not say %q: %s", c.name, says, got.Why)
			}
		}
	}
}

// What a Deny forbids leads with whose policy it is: that decides who can help.
func TestADenyLeadsWithWhosePolicyItIs(t *testing.T) {
	for lead, of := range map[string]struct {
		by    policy.Type
		ofKey bool
	}{
		"A Deny in the service control policy forbids it; no permission outweighs that.": {policy.ServiceControl, true},
		"A Deny in the permissions boundary forbids it; no permission outweighs that.":   {policy.PermissionsBoundary, false},
		"A Deny in the policy of the key forbids it; no permission outweighs that.":      {policy.ResourceBased, true},
		"A Deny in the policy of the bucket forbids it; no permission outweighs that.":   {policy.ResourceBased, false},
		"A Deny in the policy forbids it; no permission outweighs that.":                 {"", false},
	} {
		if got := forbidden(of.by, of.ofKey); got != lead {
			t.Errorf("%s leads with %q", of.by, got)
		}
	}
	f := &facts{answers: &blueprint.Answers{Blueprint: blueprint.New()}, observed: &steps.Observed{}}
	id := &identity{works: true, profile: "admin_iam", Identity: awsops.Identity{ARN: "arn:aws:iam::111111111111:user/alice", Account: "111111111111", Kind: awsops.KindUser, Name: "alice"}}
	q := question{by: id, at: &stateAccess{}, action: "kms:Decrypt", resource: "arn:aws:kms:eu-west-1:111111111111:key/k", err: refusedWith("with an explicit deny in a service control policy")}
	if r := denial(f, health.Question{}, q, diagnosis.KMSDenied); r.Finding == nil || !strings.Contains(r.Lead, "service control policy forbids it") {
		t.Errorf("told %+v", r.Finding)
	}
}
