package awsops

import (
	"context"
	"net/url"
	"sync"
	"time"
	"unique"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Group is an IAM group. Groups cannot be tagged.
type Group struct {
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
			return nil, s.fail(err, name)
		}
		if group == nil {
			group = &Group{ARN: aws.ToString(page.Group.Arn), Path: aws.ToString(page.Group.Path)}
		}
		for _, u := range page.Users {
			group.Users = append(group.Users, aws.ToString(u.UserName))
		}
	}
	return group, nil
}

// User is an IAM user.
type User struct {
	Name     string
	ARN      string
	Boundary string // the ARN of the permissions boundary, empty without
	Tags     map[string]string
}

// User is nil when there is no such user.
func (s *Session) User(ctx context.Context, name string) (*User, error) {
	return describe(ctx, s, s.iam().GetUser, &iam.GetUserInput{UserName: aws.String(name)}, name, func(answer *iam.GetUserOutput) *User {
		u := answer.User
		user := &User{Name: aws.ToString(u.UserName), ARN: aws.ToString(u.Arn), Tags: iamTagMap(u.Tags)}
		if u.PermissionsBoundary != nil {
			user.Boundary = aws.ToString(u.PermissionsBoundary.PermissionsBoundaryArn)
		}
		return user
	})
}

// UserGroups lists the names of the groups that a user is in.
func (s *Session) UserGroups(ctx context.Context, name string) ([]GroupRef, error) {
	pages := iam.NewListGroupsForUserPaginator(s.iam(), &iam.ListGroupsForUserInput{UserName: aws.String(name)})
	return list(ctx, s, pages, name, func(page *iam.ListGroupsForUserOutput) []GroupRef {
		return each(page.Groups, func(g types.Group) GroupRef {
			return GroupRef{Name: aws.ToString(g.GroupName), ARN: aws.ToString(g.Arn)}
		})
	})
}

// GroupRef names a group.
type GroupRef struct {
	Name string
	ARN  string
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
	return list(ctx, s, pages, user, func(page *iam.ListAccessKeysOutput) []AccessKey {
		return each(page.AccessKeyMetadata, func(k types.AccessKeyMetadata) AccessKey {
			return AccessKey{
				ID: aws.ToString(k.AccessKeyId), Active: k.Status == types.StatusTypeActive, Created: aws.ToTime(k.CreateDate),
			}
		})
	})
}

// IAMSummary is how much of what of IAM's the session's account has, and its quotas, by
// GetAccountSummary's names.
func (s *Session) IAMSummary(ctx context.Context) (map[string]int, error) {
	answer, err := s.iam().GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if err != nil {
		return nil, s.fail(err, "")
	}
	summary := map[string]int{}
	for name, value := range answer.SummaryMap {
		summary[name] = int(value)
	}
	return summary, nil
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
	Name           string
	ARN            string
	DefaultVersion string
	Versions       []string // ids, newest first; AWS keeps five at most
	Document       string   // not URL-encoded
	Tags           map[string]string
}

// Policy is nil when there is no such managed policy. Tags stay empty for a
// policy of AWS's own.
func (s *Session) Policy(ctx context.Context, arn string) (*Policy, error) {
	return s.ListedPolicy(ctx, Policy{ARN: arn})
}

// ListedPolicy reads a policy that a list has named, or whose ARN is known: what the list
// says of its default version spares a wait where it is so. It is nil when there is no such
// policy.
func (s *Session) ListedPolicy(ctx context.Context, listed Policy) (*Policy, error) {
	var found *Policy
	var versions []string
	var document string
	var unseen, unlisted, unread error
	var reads sync.WaitGroup
	reads.Go(func() { found, unseen = s.policyWithoutDocument(ctx, listed.ARN) })
	reads.Go(func() { versions, unlisted = s.policyVersions(ctx, listed.ARN) })
	if listed.DefaultVersion != "" {
		reads.Go(func() { document, unread = s.policyDocument(ctx, listed.ARN, listed.DefaultVersion) })
	}
	reads.Wait()
	if unseen != nil || found == nil {
		return nil, unseen
	}
	if found.DefaultVersion != listed.DefaultVersion { // the list is older, or there was none
		document, unread = s.policyDocument(ctx, listed.ARN, found.DefaultVersion)
	}
	if unread == nil {
		unread = unlisted
	}
	if unread != nil {
		return nil, unread
	}
	found.Versions, found.Document = versions, document
	return found, nil
}

func (s *Session) policyWithoutDocument(ctx context.Context, arn string) (*Policy, error) {
	return describe(ctx, s, s.iam().GetPolicy, &iam.GetPolicyInput{PolicyArn: aws.String(arn)}, arn, func(answer *iam.GetPolicyOutput) *Policy {
		p := answer.Policy
		return &Policy{
			Name: aws.ToString(p.PolicyName), ARN: aws.ToString(p.Arn), DefaultVersion: aws.ToString(p.DefaultVersionId), Tags: iamTagMap(p.Tags),
		}
	})
}

func (s *Session) policyDocument(ctx context.Context, arn, version string) (string, error) {
	return read(ctx, s, s.iam().GetPolicyVersion, &iam.GetPolicyVersionInput{PolicyArn: aws.String(arn), VersionId: aws.String(version)}, arn,
		func(answer *iam.GetPolicyVersionOutput) string { return decoded(answer.PolicyVersion.Document) })
}

func (s *Session) policyVersions(ctx context.Context, arn string) ([]string, error) {
	pages := iam.NewListPolicyVersionsPaginator(s.iam(), &iam.ListPolicyVersionsInput{PolicyArn: aws.String(arn)})
	return list(ctx, s, pages, arn, func(page *iam.ListPolicyVersionsOutput) []string {
		return each(page.Versions, func(v types.PolicyVersion) string { return aws.ToString(v.VersionId) })
	})
}

// CustomerPolicies lists the account's customer-managed policies, each as far as
// [Session.ListedPolicy] goes by it: no list tells documents and tags.
func (s *Session) CustomerPolicies(ctx context.Context) ([]Policy, error) {
	pages := iam.NewListPoliciesPaginator(s.iam(), &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal})
	return list(ctx, s, pages, "", func(page *iam.ListPoliciesOutput) []Policy {
		return each(page.Policies, func(p types.Policy) Policy {
			return Policy{Name: aws.ToString(p.PolicyName), ARN: aws.ToString(p.Arn), DefaultVersion: aws.ToString(p.DefaultVersionId)}
		})
	})
}

// Role is an IAM role.
type Role struct {
	Name       string
	ARN        string
	Path       string
	Trust      string // the trust policy's text, not URL-encoded
	Boundary   string // the ARN of the permissions boundary, empty without
	MaxSession int    // seconds
	Created    time.Time
	LastUsed   time.Time // as far as IAM has seen; zero for never, and in lists
	Tags       map[string]string
}

// Role is nil when there is no such role.
func (s *Session) Role(ctx context.Context, name string) (*Role, error) {
	return describe(ctx, s, s.iam().GetRole, &iam.GetRoleInput{RoleName: aws.String(name)}, name, func(answer *iam.GetRoleOutput) *Role {
		r := answer.Role
		role := &Role{
			Name: aws.ToString(r.RoleName), ARN: aws.ToString(r.Arn), Path: aws.ToString(r.Path), Trust: decoded(r.AssumeRolePolicyDocument),
			MaxSession: int(aws.ToInt32(r.MaxSessionDuration)), Created: aws.ToTime(r.CreateDate), Tags: iamTagMap(r.Tags),
		}
		if r.PermissionsBoundary != nil {
			role.Boundary = aws.ToString(r.PermissionsBoundary.PermissionsBoundaryArn)
		}
		if r.RoleLastUsed != nil {
			role.LastUsed = aws.ToTime(r.RoleLastUsed.LastUsedDate)
		}
		return role
	})
}

func iamTagMap(tags []types.Tag) map[string]string {
	return tagMap(tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
}

// decoded undoes IAM's URL-encoding (RFC 3986) of policy documents. A text that is
// not encoded, as an emulator may give it, is the document itself. Where many accounts
// have the same document, it is in memory once.
func decoded(document *string) string {
	text, err := url.PathUnescape(aws.ToString(document))
	if err != nil {
		text = aws.ToString(document)
	}
	return unique.Make(text).Value()
}
