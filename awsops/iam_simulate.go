package awsops

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Simulation asks what a user or a role may do: every action on every resource.
type Simulation struct {
	// Principal is the ARN of a user, a group or a role in the session's
	// account, never of a role's session.
	Principal string
	Actions   []string
	Resources []string
	// Context are the condition keys of the request with their values.
	Context map[string][]string
}

// Simulated is the decision on one action and one resource by the principal's
// own policies, its boundary and the organization's. A resource's own policy
// takes no part.
type Simulated struct {
	Action   string
	Resource string
	Allowed  bool
	Explicit bool // a Deny statement decided
	// Policies are the ids of those whose statements decided.
	Policies []string
	// ByOrganization says that a service control policy does not allow it, and
	// ByBoundary that the permissions boundary does not.
	ByOrganization bool
	ByBoundary     bool
}

// Simulate asks iam:SimulatePrincipalPolicy, which evaluates without doing.
func (s *Session) Simulate(ctx context.Context, in Simulation) ([]Simulated, error) {
	input := &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String(in.Principal), ActionNames: in.Actions, ResourceArns: in.Resources,
	}
	for _, key := range slices.Sorted(maps.Keys(in.Context)) {
		kind := types.ContextKeyTypeEnumString
		if len(in.Context[key]) > 1 {
			kind = types.ContextKeyTypeEnumStringList
		}
		input.ContextEntries = append(input.ContextEntries, types.ContextEntry{
			ContextKeyName: aws.String(key), ContextKeyValues: in.Context[key], ContextKeyType: kind,
		})
	}
	pages := iam.NewSimulatePrincipalPolicyPaginator(s.iam(), input)
	return list(ctx, s, pages, in.Principal, func(page *iam.SimulatePrincipalPolicyOutput) []Simulated {
		return each(page.EvaluationResults, simulated)
	})
}

func simulated(r types.EvaluationResult) Simulated {
	out := Simulated{
		Action: aws.ToString(r.EvalActionName), Resource: aws.ToString(r.EvalResourceName),
		Allowed:  r.EvalDecision == types.PolicyEvaluationDecisionTypeAllowed,
		Explicit: r.EvalDecision == types.PolicyEvaluationDecisionTypeExplicitDeny,
	}
	for _, m := range r.MatchedStatements {
		out.Policies = append(out.Policies, aws.ToString(m.SourcePolicyId))
	}
	if d := r.OrganizationsDecisionDetail; d != nil {
		out.ByOrganization = !d.AllowedByOrganizations
	}
	if d := r.PermissionsBoundaryDecisionDetail; d != nil {
		out.ByBoundary = !d.AllowedByPermissionsBoundary
	}
	return out
}
