//go:build smoke

package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	ssotypes "github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
)

// removal goes on after a failure, so that as little as possible is left. What
// is not there needs no removing.
type removal struct {
	ctx  context.Context //nolint:containedctx // lives as long as the one call of remove
	errs []error
}

// try books the outcome of a call, and tells whether it did something.
func (r *removal) try(what string, err error) bool {
	if err != nil && !awsops.IsNotFound(err) {
		r.errs = append(r.errs, fmt.Errorf("removing %s: %w", what, err))
	}
	return err == nil
}

// remove removes everything that bears the run's suffix and returns what AWS
// keeps for a while.
func (s *smoke) remove(ctx context.Context) (kept []string, err error) {
	r := &removal{ctx: ctx}
	group := s.blueprint.Groups[0]
	r.group(iam.NewFromConfig(s.cfg), group.Name)
	for _, user := range group.Users {
		r.user(iam.NewFromConfig(s.cfg), user)
	}
	for _, g := range s.blueprint.Groups {
		if g.IdentityCenter != "" {
			r.permissionSet(s, g.PermissionSet()) // which refers to the policies
		}
		r.policies(iam.NewFromConfig(s.cfg), g.Name)
	}
	for _, e := range s.blueprint.Environments {
		r.role(iam.NewFromConfig(s.in(e)), e.Role)
	}
	r.bucket(s3.NewFromConfig(s.cfg, func(o *s3.Options) { o.UsePathStyle = s.cfg.BaseEndpoint != nil }), s.blueprint.Bucket.Name)
	r.table(s, s.blueprint.Lock.DynamoDBTable)
	kept = r.key(s)
	return kept, errors.Join(r.errs...)
}

// in is the configuration for an environment's account.
func (s *smoke) in(e blueprint.Environment) aws.Config {
	cfg := s.cfg.Copy()
	if e.Account != s.blueprint.AdminAccount {
		arn := fmt.Sprintf("arn:%s:iam::%s:role/%s", s.sessions.Home("").Partition(), e.Account, e.Reach)
		cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(s.cfg), arn))
	}
	return cfg
}

func (r *removal) group(c *iam.Client, name string) {
	there, err := c.GetGroup(r.ctx, &iam.GetGroupInput{GroupName: &name})
	if !r.try("group "+name, err) {
		return
	}
	for _, u := range there.Users {
		_, err := c.RemoveUserFromGroup(r.ctx, &iam.RemoveUserFromGroupInput{GroupName: &name, UserName: u.UserName})
		r.try("a member of "+name, err)
	}
	attached, err := c.ListAttachedGroupPolicies(r.ctx, &iam.ListAttachedGroupPoliciesInput{GroupName: &name})
	if r.try("policies of "+name, err) {
		for _, p := range attached.AttachedPolicies {
			_, err := c.DetachGroupPolicy(r.ctx, &iam.DetachGroupPolicyInput{GroupName: &name, PolicyArn: p.PolicyArn})
			r.try(*p.PolicyArn, err)
		}
	}
	_, err = c.DeleteGroup(r.ctx, &iam.DeleteGroupInput{GroupName: &name})
	r.try("group "+name, err)
}

// permissionSet takes the set from its groups, waits until that is done, and deletes it.
func (r *removal) permissionSet(s *smoke, name string) {
	instances, err := s.sessions.Home("").IdentityCenters(r.ctx)
	if !r.try("instances of Identity Center", err) {
		return
	}
	for _, instance := range instances {
		home, c := s.sessions.Home(instance.Region), ssoadmin.NewFromConfig(s.cfg, func(o *ssoadmin.Options) { o.Region = instance.Region })
		sets, err := home.PermissionSets(r.ctx, instance.ARN, s.blueprint.AdminAccount, []string{name})
		set, there := sets[name]
		if !r.try("permission set "+name, err) || !there {
			continue
		}
		of, arn := aws.String(instance.ARN), aws.String(set.ARN)
		for _, group := range set.Groups {
			_, err := c.DeleteAccountAssignment(r.ctx, &ssoadmin.DeleteAccountAssignmentInput{
				InstanceArn: of, PermissionSetArn: arn, PrincipalId: &group, PrincipalType: ssotypes.PrincipalTypeGroup, TargetId: &s.blueprint.AdminAccount, TargetType: ssotypes.TargetTypeAwsAccount,
			})
			r.try("an assignment of "+name, err)
		}
		err = awsops.Poll(r.ctx, 5*time.Minute, 3*time.Second, func(ctx context.Context) (bool, error) {
			_, err := c.DeletePermissionSet(ctx, &ssoadmin.DeletePermissionSetInput{InstanceArn: of, PermissionSetArn: arn})
			return err == nil || awsops.IsNotFound(err), nil
		})
		r.try("permission set "+name, err)
	}
}

func (r *removal) user(c *iam.Client, name string) {
	keys, err := c.ListAccessKeys(r.ctx, &iam.ListAccessKeysInput{UserName: &name})
	if !r.try("user "+name, err) {
		return
	}
	for _, k := range keys.AccessKeyMetadata {
		_, err := c.DeleteAccessKey(r.ctx, &iam.DeleteAccessKeyInput{UserName: &name, AccessKeyId: k.AccessKeyId})
		r.try("access key "+*k.AccessKeyId, err)
	}
	_, err = c.DeleteUser(r.ctx, &iam.DeleteUserInput{UserName: &name})
	r.try("user "+name, err)
}

func (r *removal) policies(c *iam.Client, group string) {
	pages := iam.NewListPoliciesPaginator(c, &iam.ListPoliciesInput{PathPrefix: aws.String(policyPath), Scope: "Local"})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		if !r.try("policies", err) {
			return
		}
		for _, p := range page.Policies {
			if strings.HasPrefix(*p.PolicyName, policyName(group, "", 0)[:len("stateroom-"+group+"-")]) {
				_, err := c.DeletePolicy(r.ctx, &iam.DeletePolicyInput{PolicyArn: p.Arn})
				r.try(*p.Arn, err)
			}
		}
	}
}

func (r *removal) role(c *iam.Client, name string) {
	inline, err := c.ListRolePolicies(r.ctx, &iam.ListRolePoliciesInput{RoleName: &name})
	if !r.try("role "+name, err) {
		return
	}
	for _, p := range inline.PolicyNames {
		_, err := c.DeleteRolePolicy(r.ctx, &iam.DeleteRolePolicyInput{RoleName: &name, PolicyName: &p})
		r.try("policy "+p+" of role "+name, err)
	}
	attached, err := c.ListAttachedRolePolicies(r.ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	if r.try("policies of role "+name, err) {
		for _, p := range attached.AttachedPolicies {
			_, err := c.DetachRolePolicy(r.ctx, &iam.DetachRolePolicyInput{RoleName: &name, PolicyArn: p.PolicyArn})
			r.try(*p.PolicyArn, err)
		}
	}
	_, err = c.DeleteRole(r.ctx, &iam.DeleteRoleInput{RoleName: &name})
	r.try("role "+name, err)
}

// bucket deletes every version and every delete marker, without which a bucket
// cannot go.
func (r *removal) bucket(c *s3.Client, name string) {
	pages := s3.NewListObjectVersionsPaginator(c, &s3.ListObjectVersionsInput{Bucket: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		if !r.try("bucket "+name, err) {
			return
		}
		var all []s3types.ObjectIdentifier
		for _, v := range page.Versions {
			all = append(all, s3types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range page.DeleteMarkers {
			all = append(all, s3types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		for _, o := range all {
			_, err := c.DeleteObject(r.ctx, &s3.DeleteObjectInput{Bucket: &name, Key: o.Key, VersionId: o.VersionId})
			r.try("version "+*o.VersionId+" of "+*o.Key, err)
		}
	}
	_, err := c.DeleteBucket(r.ctx, &s3.DeleteBucketInput{Bucket: &name})
	r.try("bucket "+name, err)
}

func (r *removal) table(s *smoke, name string) {
	c := dynamodb.NewFromConfig(s.cfg)
	_, err := c.UpdateTable(r.ctx, &dynamodb.UpdateTableInput{TableName: &name, DeletionProtectionEnabled: aws.Bool(false)})
	if !r.try("the protection of table "+name, err) {
		return
	}
	r.try("table "+name, s.sessions.Home(s.cfg.Region).WaitTableActive(r.ctx, name))
	_, err = c.DeleteTable(r.ctx, &dynamodb.DeleteTableInput{TableName: &name})
	r.try("table "+name, err)
}

// key deletes the alias and schedules the deletion of the key in the shortest
// time that KMS allows.
func (r *removal) key(s *smoke) (kept []string) {
	c := kms.NewFromConfig(s.cfg)
	tag, value := s.blueprint.Tag()
	tagged, err := s.sessions.Home(s.cfg.Region).KeysTagged(r.ctx, tag, value)
	r.try("the key", err)
	_, err = c.DeleteAlias(r.ctx, &kms.DeleteAliasInput{AliasName: &s.blueprint.Key.Alias})
	r.try(s.blueprint.Key.Alias, err)
	for _, arn := range tagged {
		id := arn[strings.LastIndexByte(arn, '/')+1:] // all that an emulator takes
		made, err := c.ScheduleKeyDeletion(r.ctx, &kms.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: aws.Int32(7)})
		if awsops.HasCode(err, "KMSInvalidState") {
			continue // on its way out already
		}
		if r.try("key "+id, err) {
			kept = append(kept, fmt.Sprintf("KMS key %s until %s, without charge", id, made.DeletionDate.Format("2006-01-02")))
		}
	}
	return kept
}

// leftovers are the things with the run's suffix that a read still finds.
func (s *smoke) leftovers(ctx context.Context) (map[string]string, error) {
	left := map[string]string{}
	var errs []error
	note := func(there bool, kind, name string, err error) {
		errs = append(errs, err)
		if there {
			left[kind] = name
		}
	}
	b, home := s.blueprint, s.sessions.Home(s.cfg.Region)
	group, err := home.Group(ctx, b.Groups[0].Name)
	note(group != nil, "group", b.Groups[0].Name, err)
	for _, name := range b.Groups[0].Users {
		user, err := home.User(ctx, name)
		note(user != nil, "user", name, err)
	}
	policies, err := home.CustomerPolicies(ctx)
	for _, p := range policies {
		note(strings.Contains(p.Name, s.suffix), "policy", p.Name, nil)
	}
	note(false, "", "", err)
	for _, e := range b.Environments {
		role, err := s.sessions.Reach(e.Account, e.Reach, s.cfg.Region).Role(ctx, e.Role)
		if e.Account == b.AdminAccount {
			role, err = home.Role(ctx, e.Role)
		}
		note(role != nil, "role in "+e.Account, e.Role, err)
	}
	bucket, err := home.Bucket(ctx, b.Bucket.Name, b.AdminAccount)
	note(bucket != nil && bucket.Ownership != awsops.BucketFree, "bucket", b.Bucket.Name, err)
	table, err := home.Table(ctx, b.Lock.DynamoDBTable)
	note(table != nil, "table", b.Lock.DynamoDBTable, err)
	key, err := home.Key(ctx, b.Key.Alias)
	note(key != nil, "alias", b.Key.Alias, err)
	return left, errors.Join(errs...)
}
