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
	// Optional says that the run can do without an answer: a failure of AWS is one at once.
	Optional bool
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
	// Missing are the condition keys that AWS says it would have to know. It says so of
	// the principal's own policies only (aws-cli#10525).
	Missing []string
}

// Simulate asks iam:SimulatePrincipalPolicy, which evaluates without doing.
func (s *Session) Simulate(ctx context.Context, in Simulation) ([]Simulated, error) {
	if in.Optional {
		ctx = context.WithValue(ctx, hastyKey{}, hastyKey{})
	}
	input := &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String(in.Principal), ActionNames: in.Actions, ResourceArns: in.Resources,
	}
	for _, key := range slices.Sorted(maps.Keys(in.Context)) {
		input.ContextEntries = append(input.ContextEntries, types.ContextEntry{
			ContextKeyName: aws.String(key), ContextKeyValues: in.Context[key], ContextKeyType: kindOf(key, in.Context[key]),
		})
	}
	pages := iam.NewSimulatePrincipalPolicyPaginator(s.iam(), input)
	return list(ctx, s, pages, in.Principal, func(page *iam.SimulatePrincipalPolicyOutput) (all []Simulated) {
		for _, r := range page.EvaluationResults {
			all = append(all, simulated(r)...)
		}
		return all
	})
}

// kindOf is the type of a condition key, by which AWS compares its values.
func kindOf(key string, values []string) types.ContextKeyTypeEnum {
	switch {
	case key == "aws:SecureTransport" || key == "aws:ViaAWSService":
		return types.ContextKeyTypeEnumBoolean
	case key == "aws:TagKeys" || len(values) > 1:
		return types.ContextKeyTypeEnumStringList
	}
	return types.ContextKeyTypeEnumString
}

// simulated are the decisions of one result: one, or one for each of its resources, which
// then know what is missing (EvaluationResult, IAM API reference). What the organization
// says stands at the result alone.
func simulated(r types.EvaluationResult) []Simulated {
	whole := Simulated{Action: aws.ToString(r.EvalActionName), Resource: aws.ToString(r.EvalResourceName), Missing: r.MissingContextValues}
	whole.decided(r.EvalDecision, r.MatchedStatements, r.PermissionsBoundaryDecisionDetail)
	if d := r.OrganizationsDecisionDetail; d != nil {
		whole.ByOrganization = !d.AllowedByOrganizations
	}
	if len(r.ResourceSpecificResults) == 0 {
		return []Simulated{whole}
	}
	return each(r.ResourceSpecificResults, func(of types.ResourceSpecificResult) Simulated {
		one := Simulated{Action: whole.Action, Resource: aws.ToString(of.EvalResourceName), ByOrganization: whole.ByOrganization, Missing: of.MissingContextValues}
		one.decided(of.EvalResourceDecision, of.MatchedStatements, of.PermissionsBoundaryDecisionDetail)
		return one
	})
}

func (s *Simulated) decided(by types.PolicyEvaluationDecisionType, matched []types.Statement, boundary *types.PermissionsBoundaryDecisionDetail) {
	s.Allowed, s.Explicit = by == types.PolicyEvaluationDecisionTypeAllowed, by == types.PolicyEvaluationDecisionTypeExplicitDeny
	for _, m := range matched {
		s.Policies = append(s.Policies, aws.ToString(m.SourcePolicyId))
	}
	s.ByBoundary = boundary != nil && !boundary.AllowedByPermissionsBoundary
}
