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
	Target string
}

// Lineage is the way from the organization's root down to the account: the root (r-…), its
// organizational units (ou-…) and its own id.
func (a Account) Lineage() []string {
	var targets []string
	for _, id := range strings.Split(a.Path, "/") {
		if strings.HasPrefix(id, "r-") || strings.HasPrefix(id, "ou-") {
			targets = append(targets, id)
		}
	}
	return append(targets, a.ID)
}

// ControlPoliciesOn are the service control policies that are attached to a root, an
// organizational unit or an account, without their documents; none where the organization
// has them disabled. Every level over an account has to allow what is done there. Only the
// management account and delegated administrators may ask (ListPoliciesForTarget,
// Organizations API reference); DescribeEffectivePolicy does not know policies of this type.
func (s *Session) ControlPoliciesOn(ctx context.Context, target string) ([]ControlPolicy, error) {
	pages := organizations.NewListPoliciesForTargetPaginator(s.organizations(), &organizations.ListPoliciesForTargetInput{
		TargetId: aws.String(target), Filter: types.PolicyTypeServiceControlPolicy,
	})
	return list(ctx, s, pages, target, func(page *organizations.ListPoliciesForTargetOutput) []ControlPolicy {
		return each(page.Policies, func(p types.PolicySummary) ControlPolicy {
			return ControlPolicy{ID: aws.ToString(p.Id), ARN: aws.ToString(p.Arn), Name: aws.ToString(p.Name), Target: target}
		})
	})
}

// ControlPolicyDocument is what the service control policy of this id says.
func (s *Session) ControlPolicyDocument(ctx context.Context, id string) (string, error) {
	return read(ctx, s, s.organizations().DescribePolicy, &organizations.DescribePolicyInput{PolicyId: aws.String(id)}, id,
		func(answer *organizations.DescribePolicyOutput) string { return aws.ToString(answer.Policy.Content) })
}
