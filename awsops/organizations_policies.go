package awsops

import (
	"context"
	"strings"

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

// ControlPolicies are the service control policies over an account: a level
// for the root, for each organizational unit and for the account itself, every one of
// which has to allow what is done. There are none where the organization has them
// disabled. Only the management account and delegated administrators may ask
// (ListPoliciesForTarget, Organizations API reference); DescribeEffectivePolicy does not
// know policies of this type.
func (s *Session) ControlPolicies(ctx context.Context, account Account) (levels [][]ControlPolicy, err error) {
	for _, target := range account.lineage() {
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

// lineage is the way from the root down to the account.
func (a Account) lineage() []string {
	var targets []string
	for _, id := range strings.Split(a.Path, "/") {
		if strings.HasPrefix(id, "r-") || strings.HasPrefix(id, "ou-") {
			targets = append(targets, id)
		}
	}
	return append(targets, a.ID)
}

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
