package account

import (
	"errors"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/troubleshoot/health"
)

// TestTheWayToARefusalNamesEachPolicyAndTheOneThatDecides: what was not read is not said
// to allow anything.
func TestTheWayToARefusalNamesEachPolicyAndTheOneThatDecides(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:s3:::b/k"
	f := &facts{answers: &blueprint.Answers{Blueprint: blueprint.New()}, observed: &steps.Observed{}}
	user := awsops.Identity{ARN: "arn:aws:iam::111111111111:user/alice", Account: "111111111111", Kind: awsops.KindUser, Name: "alice"}
	session := awsops.Identity{ARN: "arn:aws:sts::111111111111:assumed-role/ci/run", Account: "111111111111"}
	simulated := func(s awsops.Simulated) rights {
		s.Action, s.Resource = "s3:PutObject", arn
		return rights{results: []awsops.Simulated{s}}
	}
	fence := named("bucket policy", policy.ResourceBased, `{"Statement":[{"Sid":"Fence","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}]}`)
	for name, c := range map[string]struct {
		as   awsops.Identity
		q    question
		says map[policy.Type]string // of a station what it says; the mark is part of the line
	}{
		"the bucket's policy by a condition": {user, question{rights: simulated(awsops.Simulated{Allowed: true}), attached: fence}, map[policy.Type]string{
			"  " + policy.IdentityBased: "allows it", "> " + policy.ResourceBased: "statement Fence of the bucket policy because", "  " + policy.SessionPolicy: "none", "  " + policy.ResourceControl: "not read",
		}},
		"a Deny of the identity's": {user, question{rights: simulated(awsops.Simulated{Explicit: true, Policies: []string{"leave"}})}, map[policy.Type]string{
			"> " + policy.IdentityBased: "denies it in leave; this decides", "  " + policy.ResourceBased: "not read",
		}},
		"the organization": {user, question{rights: simulated(awsops.Simulated{ByOrganization: true})}, map[policy.Type]string{
			"> " + policy.ServiceControl: "does not allow it; this decides", "  " + policy.IdentityBased: "not known",
		}},
		"AWS names a resource control policy": {session, question{
			err:    refusedWith("User: x is not authorized to perform: s3:PutObject with an explicit deny in a resource control policy"),
			rights: rights{err: errors.New("refused")},
		}, map[policy.Type]string{
			"> " + policy.ResourceControl: "denies it, as AWS says; this decides", "  " + policy.IdentityBased: "cannot be simulated", "  " + policy.SessionPolicy: "not read",
		}},
	} {
		c.q.by, c.q.action, c.q.resource = &identity{works: true, Identity: c.as}, "s3:PutObject", arn
		got := decisionPath(f, c.q, reasonOf(f, c.q))
		for station, says := range c.says {
			found := false
			for line := range strings.Lines(got) {
				found = found || strings.HasPrefix(line, string(station)) && strings.Contains(line, says)
			}
			if !found {
				t.Errorf("%s: %q does not say %q:\n%s", name, station, says, got)
			}
		}
		if strings.Count(got, "this decides") != 1 {
			t.Errorf("%s: not one decides:\n%s", name, got)
		}
	}
	if got := decisionPath(f, question{by: &identity{}, action: "s3:PutObject", resource: arn}, policy.Decision{}); got != "" {
		t.Errorf("of a refusal that nobody can explain: %s", got)
	}
}

// TestAWriteIsAskedWithTheHeadersThatTheBackendSends: without them the bucket's policy, which
// demands them, would be said to deny what it lets through.
func TestAWriteIsAskedWithTheHeadersThatTheBackendSends(t *testing.T) {
	t.Parallel()
	f := &facts{answers: &blueprint.Answers{Blueprint: blueprint.New()}, observed: &steps.Observed{}}
	by := &identity{works: true, Identity: awsops.Identity{ARN: "arn:aws:iam::111111111111:user/alice", Account: "111111111111", Kind: awsops.KindUser, Name: "alice"}}
	s := &stateAccess{StateLocation: health.StateLocation{Bucket: "b", StateKey: "k", Encrypt: true, KMSKey: "arn:aws:kms:eu-west-1:111111111111:key/1"}, in: &bucketAccess{by: by}}
	s.rights = rights{results: []awsops.Simulated{{Action: "s3:PutObject", Resource: s.arn(), ByBoundary: true, Explicit: true}}}
	q := s.ask(f, "s3:PutObject", s.arn())
	q.attached = named("bucket policy", policy.ResourceBased, `{"Statement":[{"Sid":"Fence","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}]}`)
	got := decisionPath(f, q, reasonOf(f, q))
	if !strings.Contains(got, "> permissions boundary     denies it; this decides") || !strings.Contains(got, "  resource-based policy    does not refuse it") {
		t.Error(got)
	}
}
