package awsops

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func iamTags(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}

// CreateGroup creates a group; an empty path is "/". Output: "arn".
func CreateGroup(name, path string) Call {
	return call(&iam.CreateGroupInput{GroupName: aws.String(name), Path: optional(path)})
}

// CreateUser creates a user; an empty path is "/". Output: "arn".
func CreateUser(name, path string, tags map[string]string) Call {
	return call(&iam.CreateUserInput{UserName: aws.String(name), Path: optional(path), Tags: iamTags(tags)})
}

// TagUser adds or overwrites tags of a user.
func TagUser(name string, tags map[string]string) Call {
	return call(&iam.TagUserInput{UserName: aws.String(name), Tags: iamTags(tags)})
}

// AddUserToGroup makes a user a member of a group.
func AddUserToGroup(group, user string) Call {
	return call(&iam.AddUserToGroupInput{GroupName: aws.String(group), UserName: aws.String(user)})
}

// RemoveUserFromGroup ends a user's membership.
func RemoveUserFromGroup(group, user string) Call {
	return call(&iam.RemoveUserFromGroupInput{GroupName: aws.String(group), UserName: aws.String(user)})
}

// CreateAccessKey creates a key. Output: "id"; the secret comes in
// [Outputs.Secret], once.
func CreateAccessKey(user string) Call {
	return call(&iam.CreateAccessKeyInput{UserName: aws.String(user)})
}

// UpdateAccessKey sets a key's status, "Active" or "Inactive".
func UpdateAccessKey(user, id, status string) Call {
	return call(&iam.UpdateAccessKeyInput{
		UserName: aws.String(user), AccessKeyId: aws.String(id), Status: types.StatusType(status),
	})
}

// DeleteAccessKey deletes a key for good.
func DeleteAccessKey(user, id string) Call {
	return call(&iam.DeleteAccessKeyInput{UserName: aws.String(user), AccessKeyId: aws.String(id)})
}

// RoleInput are the arguments of [CreateRole].
type RoleInput struct {
	Name        string
	Path        string // empty is "/"
	Trust       string // the trust policy's text
	Description string
	Boundary    string // the ARN of a permissions boundary, or empty
	MaxSession  int32  // seconds, 3,600 to 43,200; 0 leaves AWS's hour
	Tags        map[string]string
}

// CreateRole creates a role. Output: "arn".
func CreateRole(in RoleInput) Call {
	input := &iam.CreateRoleInput{
		RoleName: aws.String(in.Name), Path: optional(in.Path), AssumeRolePolicyDocument: aws.String(in.Trust),
		Description: optional(in.Description), PermissionsBoundary: optional(in.Boundary), Tags: iamTags(in.Tags),
	}
	if in.MaxSession != 0 {
		input.MaxSessionDuration = aws.Int32(in.MaxSession)
	}
	return call(input)
}

// TagRole adds or overwrites tags of a role.
func TagRole(name string, tags map[string]string) Call {
	return call(&iam.TagRoleInput{RoleName: aws.String(name), Tags: iamTags(tags)})
}

// UpdateAssumeRolePolicy replaces a role's trust policy.
func UpdateAssumeRolePolicy(role, trust string) Call {
	return call(&iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(role), PolicyDocument: aws.String(trust)})
}

// PutRolePolicy creates or replaces an inline policy of a role.
func PutRolePolicy(role, name, document string) Call {
	return call(&iam.PutRolePolicyInput{
		RoleName: aws.String(role), PolicyName: aws.String(name), PolicyDocument: aws.String(document),
	})
}

// DeleteRolePolicy deletes an inline policy of a role.
func DeleteRolePolicy(role, name string) Call {
	return call(&iam.DeleteRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String(name)})
}

// AttachRolePolicy attaches a managed policy to a role.
func AttachRolePolicy(role, policyARN string) Call {
	return call(&iam.AttachRolePolicyInput{RoleName: aws.String(role), PolicyArn: aws.String(policyARN)})
}

// DetachRolePolicy detaches a managed policy from a role.
func DetachRolePolicy(role, policyARN string) Call {
	return call(&iam.DetachRolePolicyInput{RoleName: aws.String(role), PolicyArn: aws.String(policyARN)})
}

// PutRolePermissionsBoundary sets a role's permissions boundary.
func PutRolePermissionsBoundary(role, policyARN string) Call {
	return call(&iam.PutRolePermissionsBoundaryInput{RoleName: aws.String(role), PermissionsBoundary: aws.String(policyARN)})
}

// AttachGroupPolicy attaches a managed policy to a group.
func AttachGroupPolicy(group, policyARN string) Call {
	return call(&iam.AttachGroupPolicyInput{GroupName: aws.String(group), PolicyArn: aws.String(policyARN)})
}

// DetachGroupPolicy detaches a managed policy from a group.
func DetachGroupPolicy(group, policyARN string) Call {
	return call(&iam.DetachGroupPolicyInput{GroupName: aws.String(group), PolicyArn: aws.String(policyARN)})
}

// CreatePolicy creates a customer-managed policy; an empty path is "/".
// Output: "arn".
func CreatePolicy(name, path, description, document string, tags map[string]string) Call {
	return call(&iam.CreatePolicyInput{
		PolicyName: aws.String(name), Path: optional(path), Description: optional(description),
		PolicyDocument: aws.String(document), Tags: iamTags(tags),
	})
}

// CreatePolicyVersion adds a version and makes it the default. A policy holds
// five versions at most. Output: "version".
func CreatePolicyVersion(policyARN, document string) Call {
	return call(&iam.CreatePolicyVersionInput{
		PolicyArn: aws.String(policyARN), PolicyDocument: aws.String(document), SetAsDefault: true,
	})
}

// DeletePolicyVersion deletes a version that is not the default.
func DeletePolicyVersion(policyARN, version string) Call {
	return call(&iam.DeletePolicyVersionInput{PolicyArn: aws.String(policyARN), VersionId: aws.String(version)})
}

// TagPolicy adds or overwrites tags of a customer-managed policy.
func TagPolicy(policyARN string, tags map[string]string) Call {
	return call(&iam.TagPolicyInput{PolicyArn: aws.String(policyARN), Tags: iamTags(tags)})
}
