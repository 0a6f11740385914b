package awsops

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"
)

// GroupPolicies reads a group's inline and attached policies.
func (s *Session) GroupPolicies(ctx context.Context, group string) (Policies, error) {
	return gatherPolicies(ctx,
		func(ctx context.Context) ([]string, error) { return s.groupPolicyNames(ctx, group) },
		func(ctx context.Context, name string) (string, error) { return s.groupPolicy(ctx, group, name) },
		func(ctx context.Context) ([]PolicyRef, error) { return s.groupAttached(ctx, group) },
	)
}

// RolePolicies reads a role's inline and attached policies.
func (s *Session) RolePolicies(ctx context.Context, role string) (Policies, error) {
	return gatherPolicies(ctx,
		func(ctx context.Context) ([]string, error) { return s.rolePolicyNames(ctx, role) },
		func(ctx context.Context, name string) (string, error) { return s.rolePolicy(ctx, role, name) },
		func(ctx context.Context) ([]PolicyRef, error) { return s.roleAttached(ctx, role) },
	)
}

// gatherPolicies reads names, then all documents at once, beside the
// attachments.
func gatherPolicies(
	ctx context.Context,
	names func(context.Context) ([]string, error),
	document func(context.Context, string) (string, error),
	attached func(context.Context) ([]PolicyRef, error),
) (Policies, error) {
	p := Policies{Inline: map[string]string{}}
	reads, ctx := errgroup.WithContext(ctx)
	reads.Go(func() (err error) {
		p.Attached, err = attached(ctx)
		return err
	})
	reads.Go(func() error {
		list, err := names(ctx)
		if err != nil {
			return err
		}
		var mu sync.Mutex
		documents, ctx := errgroup.WithContext(ctx)
		for _, name := range list {
			documents.Go(func() error {
				text, err := document(ctx, name)
				mu.Lock()
				defer mu.Unlock()
				p.Inline[name] = text
				return err
			})
		}
		return documents.Wait()
	})
	if err := reads.Wait(); err != nil {
		return Policies{}, err
	}
	return p, nil
}

func (s *Session) groupPolicyNames(ctx context.Context, group string) ([]string, error) {
	pages := iam.NewListGroupPoliciesPaginator(s.iam(), &iam.ListGroupPoliciesInput{GroupName: aws.String(group)})
	return list(ctx, s, pages, "iam", "ListGroupPolicies", group, func(page *iam.ListGroupPoliciesOutput) []string {
		return page.PolicyNames
	})
}

func (s *Session) groupPolicy(ctx context.Context, group, name string) (string, error) {
	answer, err := s.iam().GetGroupPolicy(ctx,
		&iam.GetGroupPolicyInput{GroupName: aws.String(group), PolicyName: aws.String(name)})
	if err != nil {
		return "", s.fail(err, "iam", "GetGroupPolicy", group+"/"+name)
	}
	text, err := decodeDocument(answer.PolicyDocument)
	return text, s.fail(err, "iam", "GetGroupPolicy", group+"/"+name)
}

func (s *Session) groupAttached(ctx context.Context, group string) ([]PolicyRef, error) {
	pages := iam.NewListAttachedGroupPoliciesPaginator(s.iam(), &iam.ListAttachedGroupPoliciesInput{GroupName: aws.String(group)})
	return list(ctx, s, pages, "iam", "ListAttachedGroupPolicies", group, func(page *iam.ListAttachedGroupPoliciesOutput) []PolicyRef {
		return policyRefs(page.AttachedPolicies)
	})
}

func (s *Session) rolePolicyNames(ctx context.Context, role string) ([]string, error) {
	pages := iam.NewListRolePoliciesPaginator(s.iam(), &iam.ListRolePoliciesInput{RoleName: aws.String(role)})
	return list(ctx, s, pages, "iam", "ListRolePolicies", role, func(page *iam.ListRolePoliciesOutput) []string {
		return page.PolicyNames
	})
}

func (s *Session) rolePolicy(ctx context.Context, role, name string) (string, error) {
	answer, err := s.iam().GetRolePolicy(ctx,
		&iam.GetRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String(name)})
	if err != nil {
		return "", s.fail(err, "iam", "GetRolePolicy", role+"/"+name)
	}
	text, err := decodeDocument(answer.PolicyDocument)
	return text, s.fail(err, "iam", "GetRolePolicy", role+"/"+name)
}

func (s *Session) roleAttached(ctx context.Context, role string) ([]PolicyRef, error) {
	pages := iam.NewListAttachedRolePoliciesPaginator(s.iam(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(role)})
	return list(ctx, s, pages, "iam", "ListAttachedRolePolicies", role, func(page *iam.ListAttachedRolePoliciesOutput) []PolicyRef {
		return policyRefs(page.AttachedPolicies)
	})
}

func policyRefs(list []types.AttachedPolicy) []PolicyRef {
	return each(list, func(p types.AttachedPolicy) PolicyRef {
		return PolicyRef{Name: aws.ToString(p.PolicyName), ARN: aws.ToString(p.PolicyArn)}
	})
}
