package practice

import (
	"slices"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/diagnosis"
)

// accessFaults take rights away: from the group, at the key, at the bucket, or
// from the environment's role.
var accessFaults = []Fault{
	{diagnosis.S3ListDenied, "", "The group may list bucket/* (a common mistake) and so not the bucket itself; it shows in a project without a state.", inStatePolicy("ListStates", func(s *policy.Statement) {
		s.Resources[0] += "/*"
	})},
	{diagnosis.S3HeadDenied, "", "The group may no longer read the state objects.", inStatePolicy("ReadAndWriteStates", without("s3:GetObject"))},
	{diagnosis.S3HeadDenied, "detached", "The policy with which the admins reach their states was detached from the group.", func(at *byHand) {
		at.detach("state")
	}},
	{diagnosis.S3HeadDenied, "group", "You are no longer a member of the admins' group.", func(at *byHand) {
		at.act("iam", "RemoveUserFromGroup", sandbox.ActInput{"GroupName": at.group(), "UserName": at.Me})
	}},
	{diagnosis.S3GetDenied, "", "The group may no longer read the lock files.", ofLockFiles("s3:GetObject")},
	{diagnosis.S3PutDenied, "", "The group may no longer write the lock files.", ofLockFiles("s3:PutObject")},
	{diagnosis.StateNotSaved, "", "The group may no longer write the state objects, and an apply has left its state in errored.tfstate.", func(at *byHand) {
		at.write("errored.tfstate", exampleState(3, exampleInput))
		at.editStatePolicy("ReadAndWriteStates", without("s3:PutObject"))
	}},
	{diagnosis.LockReleaseFailed, "", "The group may make the lock files, but not delete them.", ofLockFiles("s3:DeleteObject")},
	{diagnosis.LockReleaseFailed, "table", "The group may make the lock table's items, but not delete them.", inStatePolicy("LockWithTable", without("dynamodb:DeleteItem"))},
	{diagnosis.TableDenied, "", "The group may no longer use the lock table.", inStatePolicy("LockWithTable", without("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"))},
	{diagnosis.KMSDenied, "", "The group may no longer use the state encryption key.", inStatePolicy("UseStateKey", without("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"))},
	{diagnosis.KMSDenied, "key-policy", "The key policy no longer lets the account's own policies count.", func(at *byHand) {
		at.putKeyPolicy(policy.Document{Statements: []policy.Statement{{
			Sid: "Allow access for Key Administrators", Effect: policy.Allow, Principals: at.user("operator"),
			Actions: []string{"kms:*"}, Resources: []string{"*"},
		}}})
	}},
	{diagnosis.KMSDenied, "deny", "The key policy forbids you the use of the key.", func(at *byHand) {
		doc := policy.KeyPolicy(at.partition(), at.blueprint.AdminAccount, at.blueprint.Key.Administrators, nil)
		doc.Statements = append(doc.Statements, policy.Statement{
			Sid: "NotWhileOnLeave", Effect: policy.Deny, Principals: at.user(at.Me),
			Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []string{"*"},
		})
		at.putKeyPolicy(doc)
	}},
	{diagnosis.ExplicitDeny, "bucket-policy", "The bucket's policy demands a different key than the one in use.", func(at *byHand) {
		at.act("s3", "PutBucketPolicy", sandbox.ActInput{"Bucket": at.blueprint.Bucket.Name, "Body": policy.Bucket(policy.BucketRules{
			Partition: at.partition(), Bucket: at.blueprint.Bucket.Name, Strict: at.blueprint.Bucket.Policy == "strict",
			KMSKeyARN: "arn:" + at.partition() + ":kms:" + at.blueprint.StateRegion + ":" + at.blueprint.AdminAccount + ":key/00000000-0000-4000-8000-000000000000",
		}).JSON()})
	}},
	{diagnosis.AssumeRoleDenied, "", "The role's trust policy names a different account than the admins'.", func(at *byHand) {
		at.inEnvironment("UpdateAssumeRolePolicy", sandbox.ActInput{
			"PolicyDocument": policy.EnvironmentTrust(at.partition(), at.environment().Account, "", nil, false).JSON(),
		})
	}},
	{diagnosis.AssumeRoleDenied, "group", "The policy that lets the admins assume the roles was detached from the group.", func(at *byHand) {
		at.detach("assume")
	}},
	{diagnosis.AssumeRoleDenied, "role", "The environment's role was deleted.", func(at *byHand) {
		at.inEnvironment("DeleteRolePolicy", sandbox.ActInput{"PolicyName": "terraform"})
		at.inEnvironment("DeleteRole", sandbox.ActInput{})
	}},
	{diagnosis.EnvironmentDenied, "", "The environment's role may no longer use S3.", func(at *byHand) {
		doc := policy.EnvironmentPermissions()
		without("s3:*")(&doc.Statements[0])
		at.inEnvironment("PutRolePolicy", sandbox.ActInput{"PolicyName": "terraform", "PolicyDocument": doc.JSON()})
	}},
	{diagnosis.EnvironmentDenied, "scp", "A service control policy forbids S3 in the environment's account.", func(at *byHand) {
		doc := policy.Document{Statements: []policy.Statement{{Sid: "NoS3", Effect: policy.Deny, Actions: []string{"s3:*"}, Resources: []string{"*"}}}}
		at.must(at.Server.AddSCP(at.environment().Account, "no-s3", doc.JSON()))
	}},
}

// inStatePolicy edits a statement of the group's policy for its states.
func inStatePolicy(sid string, edit func(*policy.Statement)) doing {
	return func(at *byHand) { at.editStatePolicy(sid, edit) }
}

// ofLockFiles takes an action on the lock files away from the group.
func ofLockFiles(action string) doing {
	return func(at *byHand) {
		if at.must(at.needsLockFile()) {
			at.editStatePolicy("LockWithFile", without(action))
		}
	}
}

// without takes actions out of a statement.
func without(actions ...string) func(*policy.Statement) {
	return func(s *policy.Statement) {
		s.Actions = slices.DeleteFunc(s.Actions, func(a string) bool { return slices.Contains(actions, a) })
	}
}

// user is an IAM user of the admin account as a principal.
func (at *byHand) user(name string) policy.Principals {
	return policy.Principals{"AWS": {"arn:" + at.partition() + ":iam::" + at.blueprint.AdminAccount + ":user/" + name}}
}

// detach takes the group's first policy for something away.
func (at *byHand) detach(subject string) {
	at.act("iam", "DetachGroupPolicy", sandbox.ActInput{"GroupName": at.group(), "PolicyArn": at.policyARN(subject, 1)})
}

func (at *byHand) putKeyPolicy(doc policy.Document) {
	at.act("kms", "PutKeyPolicy", sandbox.ActInput{"KeyId": at.keyARN(), "PolicyName": "default", "Policy": doc.JSON(), "BypassPolicyLockoutSafetyCheck": true})
}

// inEnvironment does an operation of IAM with the first environment's role.
func (at *byHand) inEnvironment(operation string, in sandbox.ActInput) {
	in["RoleName"] = at.environment().Role
	at.actIn(at.environment().Account, "iam", operation, in)
}
