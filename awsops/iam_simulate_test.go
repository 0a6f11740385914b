package awsops

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// TestOneResultMayHoldManyResources: where several are asked about what is decided and
// missing stands with each of them, and what the organization says beside them.
func TestOneResultMayHoldManyResources(t *testing.T) {
	t.Parallel()
	got := simulated(types.EvaluationResult{
		EvalActionName: aws.String("iam:CreateUser"), EvalDecision: types.PolicyEvaluationDecisionTypeImplicitDeny,
		OrganizationsDecisionDetail: &types.OrganizationsDecisionDetail{AllowedByOrganizations: false},
		ResourceSpecificResults: []types.ResourceSpecificResult{
			{EvalResourceName: aws.String("a"), EvalResourceDecision: types.PolicyEvaluationDecisionTypeAllowed},
			{
				EvalResourceName: aws.String("b"), EvalResourceDecision: types.PolicyEvaluationDecisionTypeExplicitDeny,
				MatchedStatements: []types.Statement{{SourcePolicyId: aws.String("no-b")}}, MissingContextValues: []string{"aws:SourceIp"},
				PermissionsBoundaryDecisionDetail: &types.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: false},
			},
		},
	})
	if len(got) != 2 || got[0].Resource != "a" || !got[0].Allowed || !got[0].ByOrganization || got[0].ByBoundary || len(got[0].Missing) > 0 {
		t.Fatalf("%+v", got)
	}
	if b := got[1]; b.Action != "iam:CreateUser" || b.Resource != "b" || b.Allowed || !b.Explicit || !b.ByBoundary || !b.ByOrganization ||
		!slices.Equal(b.Policies, []string{"no-b"}) || !slices.Equal(b.Missing, []string{"aws:SourceIp"}) {
		t.Errorf("%+v", b)
	}
	one := simulated(types.EvaluationResult{
		EvalActionName: aws.String("s3:GetObject"), EvalResourceName: aws.String("*"), EvalDecision: types.PolicyEvaluationDecisionTypeAllowed,
	})
	if len(one) != 1 || !one[0].Allowed || one[0].ByOrganization {
		t.Errorf("%+v", one)
	}
}
