package awsops

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"
)

// GroupGrants are the policies that a group has beside one another: its inline
// policies by name, whose documents take a right of their own to read, and those that
// are attached.
type GroupGrants struct {
	Inline   []string
	Attached []PolicyRef
}

// GroupGrants lists a group's inline and attached policies.
func (s *Session) GroupGrants(ctx context.Context, group string) (GroupGrants, error) {
	var grants GroupGrants
	name := aws.String(group)
	reads, ctx := errgroup.WithContext(ctx)
	reads.Go(func() (err error) {
		pages := iam.NewListGroupPoliciesPaginator(s.iam(), &iam.ListGroupPoliciesInput{GroupName: name})
		grants.Inline, err = list(ctx, s, pages, group, func(page *iam.ListGroupPoliciesOutput) []string { return page.PolicyNames })
		return err
	})
	reads.Go(func() (err error) {
		pages := iam.NewListAttachedGroupPoliciesPaginator(s.iam(), &iam.ListAttachedGroupPoliciesInput{GroupName: name})
		grants.Attached, err = list(ctx, s, pages, group, func(page *iam.ListAttachedGroupPoliciesOutput) []PolicyRef { return policyRefs(page.AttachedPolicies) })
		return err
	})
	return grants, reads.Wait()
}

// RolePolicies reads a role's inline and attached policies. The document of the inline
// policy that it is likely to have, by its name, is asked for before the list has named it.
func (s *Session) RolePolicies(ctx context.Context, role, likely string) (Policies, error) {
	name := aws.String(role)
	return gatherPolicies(ctx, likely, func(ctx context.Context) ([]string, error) {
		pages := iam.NewListRolePoliciesPaginator(s.iam(), &iam.ListRolePoliciesInput{RoleName: name})
		return list(ctx, s, pages, role, func(page *iam.ListRolePoliciesOutput) []string { return page.PolicyNames })
	}, func(ctx context.Context, policy string) (string, error) {
		in := &iam.GetRolePolicyInput{RoleName: name, PolicyName: aws.String(policy)}
		return read(ctx, s, s.iam().GetRolePolicy, in, role+"/"+policy, func(answer *iam.GetRolePolicyOutput) string {
			return decoded(answer.PolicyDocument)
		})
	}, func(ctx context.Context) ([]PolicyRef, error) { return s.RoleAttachments(ctx, role) })
}

// RoleAttachments are the managed policies that are attached to a role.
func (s *Session) RoleAttachments(ctx context.Context, role string) ([]PolicyRef, error) {
	pages := iam.NewListAttachedRolePoliciesPaginator(s.iam(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(role)})
	return list(ctx, s, pages, role, func(page *iam.ListAttachedRolePoliciesOutput) []PolicyRef { return policyRefs(page.AttachedPolicies) })
}

// gatherPolicies reads names, then all documents at once, beside the attachments and what
// is likely to be named; empty where nothing is.
func gatherPolicies(
	ctx context.Context, likely string,
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
	expected := func() (string, error) { return document(ctx, likely) }
	if likely != "" {
		expected = sync.OnceValues(expected)
		reads.Go(func() error {
			_, _ = expected() // it counts where it is named
			return nil
		})
	}
	reads.Go(func() error {
		list, err := names(ctx)
		if err != nil {
			return err
		}
		var mu sync.Mutex
		documents, ctx := errgroup.WithContext(ctx)
		for _, name := range list {
			documents.Go(func() error {
				read := expected
				if name != likely {
					read = func() (string, error) { return document(ctx, name) }
				}
				text, err := read()
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

func policyRefs(list []types.AttachedPolicy) []PolicyRef {
	return each(list, func(p types.AttachedPolicy) PolicyRef {
		return PolicyRef{Name: aws.ToString(p.PolicyName), ARN: aws.ToString(p.PolicyArn)}
	})
}
