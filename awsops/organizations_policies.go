package awsops

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// ControlPolicy is a service control policy where it is attached.
type ControlPolicy struct {
	ID, ARN, Name string
	// Target is the root (r-…), the organizational unit (ou-…) or the account.
	Target   string
	Document string
}

// ControlPolicies are the service control policies over an account, a level for the root,
// for each organizational unit and for the account itself: every level has to allow what
// is done. There are none where the organization has them disabled. Only the management
// account and delegated administrators may ask (ListPoliciesForTarget, Organizations API
// reference); DescribeEffectivePolicy does not know policies of this type.
func (s *Session) ControlPolicies(ctx context.Context, account string) ([][]ControlPolicy, error) {
	targets, err := s.lineage(ctx, account)
	if err != nil {
		return nil, err
	}
	var levels [][]ControlPolicy
	for _, target := range targets {
		level, err := s.controlPoliciesOn(ctx, target)
		if err != nil {
			return nil, err
		}
		if len(level) > 0 {
			levels = append(levels, level)
		}
	}
	return levels, nil
}

// lineage is the way from the root down to an account.
func (s *Session) lineage(ctx context.Context, account string) ([]string, error) {
	targets := []string{account}
	for range maxDepth {
		child := targets[len(targets)-1]
		pages := organizations.NewListParentsPaginator(s.organizations(), &organizations.ListParentsInput{ChildId: aws.String(child)})
		parents, err := list(ctx, s, pages, child, func(page *organizations.ListParentsOutput) []types.Parent { return page.Parents })
		if err != nil || len(parents) == 0 {
			return nil, err
		}
		targets = append(targets, aws.ToString(parents[0].Id)) // there is one alone
		if parents[0].Type == types.ParentTypeRoot {
			break
		}
	}
	slices.Reverse(targets)
	return targets, nil
}

// maxDepth is how deep organizational units nest, five below the root ("Quotas for AWS
// Organizations"), and the step to the root.
const maxDepth = 6

func (s *Session) controlPoliciesOn(ctx context.Context, target string) ([]ControlPolicy, error) {
	pages := organizations.NewListPoliciesForTargetPaginator(s.organizations(), &organizations.ListPoliciesForTargetInput{
		TargetId: aws.String(target), Filter: types.PolicyTypeServiceControlPolicy,
	})
	level, err := list(ctx, s, pages, target, func(page *organizations.ListPoliciesForTargetOutput) []ControlPolicy {
		return each(page.Policies, func(p types.PolicySummary) ControlPolicy {
			return ControlPolicy{ID: aws.ToString(p.Id), ARN: aws.ToString(p.Arn), Name: aws.ToString(p.Name), Target: target}
		})
	})
	if err != nil {
		return nil, err
	}
	for i := range level {
		id := level[i].ID
		level[i].Document, err = read(ctx, s, s.organizations().DescribePolicy, &organizations.DescribePolicyInput{PolicyId: aws.String(id)}, id,
			func(answer *organizations.DescribePolicyOutput) string { return aws.ToString(answer.Policy.Content) })
		if err != nil {
			return nil, err
		}
	}
	return level, nil
}
