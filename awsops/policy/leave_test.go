package policy_test

import (
	"testing"
	"time"

	"stateroom/awsops/policy"
)

const (
	aliceARN = "arn:aws:iam::111111111111:user/alice"
	bobARN   = "arn:aws:iam::111111111111:user/bob"
)

func TestAPrincipalIsCutOutOfWhatAllowsAndOfNothingElse(t *testing.T) {
	key := policy.KeyPolicy("aws", "111111111111", []string{bobARN}, []string{aliceARN, bobARN})
	deny := policy.Statement{Effect: policy.Deny, Principals: policy.Principals{"AWS": {bobARN}}, Actions: []string{"kms:Decrypt"}, Resources: []string{"*"}}
	key.Statements = append(key.Statements, deny)
	want := policy.KeyPolicy("aws", "111111111111", nil, []string{aliceARN})
	want.Statements = append(want.Statements, deny)
	if got := policy.WithoutPrincipal(key, bobARN); !policy.Equivalent(got, want) || policy.Names(got, bobARN) || !policy.Names(key, bobARN) {
		t.Errorf("got %s", got.JSON())
	}
	if !policy.KeepsRootAdministration(policy.WithoutPrincipal(key, bobARN), "aws", "111111111111") {
		t.Error("the account is no longer in charge of its key")
	}
}

func TestATrustOfNobodyLetsNobodyIn(t *testing.T) {
	alone := policy.EnvironmentTrust("aws", "111111111111", "o-1", []string{bobARN}, false)
	empty := policy.TrustWithout(alone, bobARN)
	if !policy.Equivalent(empty, policy.TrustNobody()) {
		t.Errorf("got %s", empty.JSON())
	}
	ask := policy.Request{Principal: aliceARN, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/R", ResourceAccount: "222222222222"}
	all := policy.Document{Statements: []policy.Statement{{Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}}
	if d := policy.Evaluate(ask, policy.Policies{Identity: []policy.Named{{Document: all}}, Resource: &policy.Named{Document: empty}}); d.Allowed {
		t.Errorf("allowed: %s", d.Why)
	}
	both := policy.EnvironmentTrust("aws", "111111111111", "", []string{aliceARN, bobARN}, false)
	if got := policy.TrustWithout(both, bobARN); !policy.Equivalent(got, policy.EnvironmentTrust("aws", "111111111111", "", []string{aliceARN}, false)) {
		t.Errorf("got %s", got.JSON())
	}
}

func TestARevocationDeniesWhatWasOpenedBeforeIt(t *testing.T) {
	const before = "2026-01-02T03:04:05Z"
	all := policy.Document{Statements: []policy.Statement{{Effect: policy.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}}
	for _, c := range []struct {
		name, issued, userID string
		allowed              bool
	}{
		{"", "2026-01-02T03:04:04Z", "AROA:alice", false},
		{"", "2026-01-02T03:04:05Z", "AROA:bob", true},
		{"bob", "2026-01-02T03:04:04Z", "AROA:bob", false},
		{"bob", "2026-01-02T03:04:04Z", "AROA:bobby", true},
		{"bob", "2026-01-02T03:04:06Z", "AROA:bob", true},
	} {
		doc, err := policy.Parse(policy.RevokeSessions(before, c.name).JSON())
		if err != nil {
			t.Fatal(err)
		}
		ask := policy.Request{
			Principal: "arn:aws:sts::222222222222:assumed-role/R/x", Action: "s3:ListAllMyBuckets", Resource: "*",
			Context: map[string][]string{"aws:TokenIssueTime": {c.issued}, "aws:userid": {c.userID}},
		}
		if d := policy.Evaluate(ask, policy.Policies{Identity: []policy.Named{{Document: all}, {Document: doc}}}); d.Allowed != c.allowed {
			t.Errorf("%+v: allowed %t, %s", c, d.Allowed, d.Why)
		}
		if at, ok := policy.Revoked(doc); !ok || at.Format(time.RFC3339) != before {
			t.Errorf("read back as %s, %t", at, ok)
		}
	}
	for _, other := range []policy.Document{all, policy.EnvironmentPermissions(), {}} {
		if _, ok := policy.Revoked(other); ok {
			t.Errorf("taken for a revocation: %s", other.JSON())
		}
	}
}

func TestASessionsNameTellsWhoseItIsOnlyWhereTheTrustFixesIt(t *testing.T) {
	trust := policy.EnvironmentTrust("aws", "111111111111", "o-1", nil, false)
	if policy.FixesSessionName(trust) {
		t.Error("the name is the caller's free choice here")
	}
	if policy.FixesSessionName(policy.TrustNobody()) {
		t.Error("a trust of nobody says nothing of sessions that are open")
	}
	trust.Statements[0].Conditions["StringLike"] = map[string][]string{"sts:RoleSessionName": {"${aws:username}"}}
	if !policy.FixesSessionName(trust) {
		t.Error("the name is fixed here")
	}
	trust.Statements = append(trust.Statements, policy.EnvironmentTrust("aws", "111111111111", "", nil, false).Statements...)
	if policy.FixesSessionName(trust) {
		t.Error("another statement lets everybody choose")
	}
}
