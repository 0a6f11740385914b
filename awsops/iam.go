package awsops

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"
)

// Group is an IAM group. Groups cannot be tagged.
type Group struct {
	Name  string
	ARN   string
	Path  string
	Users []string // names, as AWS lists them
}

// Group is nil when there is no such group.
func (s *Session) Group(ctx context.Context, name string) (*Group, error) {
	var group *Group
	pages := iam.NewGetGroupPaginator(s.iam(), &iam.GetGroupInput{GroupName: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if IsNotFound(err) {
			return nil, nil //nolint:nilnil // absent is an answer here
		}
		if err != nil {
			return nil, s.fail(err, "iam", "GetGroup", name)
		}
		if group == nil {
			group = &Group{
				Name: aws.ToString(page.Group.GroupName), ARN: aws.ToString(page.Group.Arn), Path: aws.ToString(page.Group.Path),
			}
		}
		for _, u := range page.Users {
			group.Users = append(group.Users, aws.ToString(u.UserName))
		}
	}
	return group, nil
}

// User is an IAM user.
type User struct {
	Name    string
	ARN     string
	Path    string
	Created time.Time
	// Boundary is the ARN of the permissions boundary, empty without.
	Boundary string
	Tags     map[string]string
}

// User is nil when there is no such user.
func (s *Session) User(ctx context.Context, name string) (*User, error) {
	answer, err := s.iam().GetUser(ctx, &iam.GetUserInput{UserName: aws.String(name)})
	if IsNotFound(err) {
		return nil, nil //nolint:nilnil // absent is an answer here
	}
	if err != nil {
		return nil, s.fail(err, "iam", "GetUser", name)
	}
	u := answer.User
	user := &User{
		Name: aws.ToString(u.UserName), ARN: aws.ToString(u.Arn), Path: aws.ToString(u.Path),
		Created: aws.ToTime(u.CreateDate), Tags: iamTagMap(u.Tags),
	}
	if u.PermissionsBoundary != nil {
		user.Boundary = aws.ToString(u.PermissionsBoundary.PermissionsBoundaryArn)
	}
	return user, nil
}

// UserGroups lists the names of the groups that a user is in.
func (s *Session) UserGroups(ctx context.Context, name string) ([]string, error) {
	pages := iam.NewListGroupsForUserPaginator(s.iam(), &iam.ListGroupsForUserInput{UserName: aws.String(name)})
	return list(ctx, s, pages, "iam", "ListGroupsForUser", name, func(page *iam.ListGroupsForUserOutput) []string {
		return each(page.Groups, func(g types.Group) string { return aws.ToString(g.GroupName) })
	})
}

// AccessKey is a user's access key without its secret, which AWS never shows
// again.
type AccessKey struct {
	ID      string
	Active  bool
	Created time.Time
}

// AccessKeys lists a user's keys; AWS allows two.
func (s *Session) AccessKeys(ctx context.Context, user string) ([]AccessKey, error) {
	pages := iam.NewListAccessKeysPaginator(s.iam(), &iam.ListAccessKeysInput{UserName: aws.String(user)})
	return list(ctx, s, pages, "iam", "ListAccessKeys", user, func(page *iam.ListAccessKeysOutput) []AccessKey {
		return each(page.AccessKeyMetadata, func(k types.AccessKeyMetadata) AccessKey {
			return AccessKey{
				ID: aws.ToString(k.AccessKeyId), Active: k.Status == types.StatusTypeActive, Created: aws.ToTime(k.CreateDate),
			}
		})
	})
}

// PolicyRef names a managed policy.
type PolicyRef struct {
	Name string
	ARN  string
}

// Policies are the policies of a group, a user or a role.
type Policies struct {
	Inline   map[string]string // name → document text, not URL-encoded
	Attached []PolicyRef
}

// Policy is a managed policy with its default version's document.
type Policy struct {
	Name            string
	ARN             string
	Path            string
	DefaultVersion  string
	Versions        []string // ids, newest first; AWS keeps five at most
	Document        string   // not URL-encoded
	Tags            map[string]string
	AttachmentCount int
}

// Policy is nil when there is no such managed policy. Tags stay empty for a
// policy of AWS's own.
func (s *Session) Policy(ctx context.Context, arn string) (*Policy, error) {
	answer, err := s.iam().GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(arn)})
	if IsNotFound(err) {
		return nil, nil //nolint:nilnil // absent is an answer here
	}
	if err != nil {
		return nil, s.fail(err, "iam", "GetPolicy", arn)
	}
	p := answer.Policy
	policy := &Policy{
		Name: aws.ToString(p.PolicyName), ARN: aws.ToString(p.Arn), Path: aws.ToString(p.Path),
		DefaultVersion: aws.ToString(p.DefaultVersionId), Tags: iamTagMap(p.Tags),
		AttachmentCount: int(aws.ToInt32(p.AttachmentCount)),
	}
	reads, ctx := errgroup.WithContext(ctx)
	reads.Go(func() (err error) {
		policy.Document, err = s.policyDocument(ctx, arn, policy.DefaultVersion)
		return err
	})
	reads.Go(func() (err error) {
		policy.Versions, err = s.policyVersions(ctx, arn)
		return err
	})
	if err := reads.Wait(); err != nil {
		return nil, err
	}
	return policy, nil
}

func (s *Session) policyDocument(ctx context.Context, arn, version string) (string, error) {
	answer, err := s.iam().GetPolicyVersion(ctx,
		&iam.GetPolicyVersionInput{PolicyArn: aws.String(arn), VersionId: aws.String(version)})
	if err != nil {
		return "", s.fail(err, "iam", "GetPolicyVersion", arn)
	}
	text, err := decodeDocument(answer.PolicyVersion.Document)
	return text, s.fail(err, "iam", "GetPolicyVersion", arn)
}

func (s *Session) policyVersions(ctx context.Context, arn string) ([]string, error) {
	pages := iam.NewListPolicyVersionsPaginator(s.iam(), &iam.ListPolicyVersionsInput{PolicyArn: aws.String(arn)})
	return list(ctx, s, pages, "iam", "ListPolicyVersions", arn, func(page *iam.ListPolicyVersionsOutput) []string {
		return each(page.Versions, func(v types.PolicyVersion) string { return aws.ToString(v.VersionId) })
	})
}

// FindPolicy finds a customer-managed policy of the account by name; names are
// unique without regard to path. Nil when there is none. The document and the
// versions are not read: ask [Session.Policy] with its ARN.
func (s *Session) FindPolicy(ctx context.Context, name string) (*PolicyRef, error) {
	found, err := s.CustomerPolicies(ctx)
	for _, p := range found {
		if p.Name == name {
			return &p, nil
		}
	}
	return nil, err
}

// CustomerPolicies lists the account's customer-managed policies.
func (s *Session) CustomerPolicies(ctx context.Context) ([]PolicyRef, error) {
	pages := iam.NewListPoliciesPaginator(s.iam(), &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal})
	return list(ctx, s, pages, "iam", "ListPolicies", "", func(page *iam.ListPoliciesOutput) []PolicyRef {
		return each(page.Policies, func(p types.Policy) PolicyRef {
			return PolicyRef{Name: aws.ToString(p.PolicyName), ARN: aws.ToString(p.Arn)}
		})
	})
}

// Role is an IAM role.
type Role struct {
	Name        string
	ARN         string
	Path        string
	Trust       string // the trust policy's text, not URL-encoded
	Description string
	Boundary    string // the ARN of the permissions boundary, empty without
	MaxSession  int    // seconds
	Created     time.Time
	Tags        map[string]string
}

// Role is nil when there is no such role.
func (s *Session) Role(ctx context.Context, name string) (*Role, error) {
	answer, err := s.iam().GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})
	if IsNotFound(err) {
		return nil, nil //nolint:nilnil // absent is an answer here
	}
	if err != nil {
		return nil, s.fail(err, "iam", "GetRole", name)
	}
	r := answer.Role
	role := &Role{
		Name: aws.ToString(r.RoleName), ARN: aws.ToString(r.Arn), Path: aws.ToString(r.Path),
		Description: aws.ToString(r.Description), MaxSession: int(aws.ToInt32(r.MaxSessionDuration)),
		Created: aws.ToTime(r.CreateDate), Tags: iamTagMap(r.Tags),
	}
	if r.PermissionsBoundary != nil {
		role.Boundary = aws.ToString(r.PermissionsBoundary.PermissionsBoundaryArn)
	}
	role.Trust, err = decodeDocument(r.AssumeRolePolicyDocument)
	return role, s.fail(err, "iam", "GetRole", name)
}

func iamTagMap(tags []types.Tag) map[string]string {
	return tagMap(tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
}

// decodeDocument undoes IAM's URL-encoding (RFC 3986) of policy documents.
func decodeDocument(encoded *string) (string, error) {
	text, err := url.PathUnescape(aws.ToString(encoded))
	if err != nil {
		return "", fmt.Errorf("decode the policy document: %w", err)
	}
	return text, nil
}
