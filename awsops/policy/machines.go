package policy

import _ "embed"

//go:embed plandenials.json
var planDenials string

// MachineTrust is the statement of a role's trust that lets in roles of the admin account
// by their ARNs and nobody else of it. They are named in a condition and not as principals:
// a principal that is deleted and made anew is another one to IAM, and the role would be
// closed to it for good.
func MachineTrust(partition, adminAccount, orgID string, roles []string) Statement {
	return assumable(sidPipeline, orgID, Conditions{"ArnEquals": {"aws:PrincipalArn": roles}}, rootARN(partition, adminAccount))
}

// RunnerTrust lets in runners by the ARNs of the roles that they have, and nobody else. They
// are named as principals, unlike the roles of [MachineTrust]: they are somebody else's, and
// who makes another role of such a name is not let in before somebody has looked. A role of
// the same account needs no policy of its own then; one of another account does.
func RunnerTrust(orgID string, roles []string) Document {
	return Document{Version: Version2012, Statements: []Statement{assumable(sidRunner, orgID, Conditions{}, roles...)}}
}

// sidPipeline, sidRunner, sidToken and sidTokenShape are the ids of the statements that let
// pipelines in.
const (
	sidPipeline   = "AssumeFromPipeline"
	sidRunner     = "AssumeFromRunner"
	sidToken      = "AssumeByToken"
	sidTokenShape = "AssumeByTokenOfThisShape"
)

// OfMachines tells whether a statement of a trust policy has the id of those that
// [MachineTrust], [RunnerTrust] and [WebIdentityTrust] make.
func OfMachines(s Statement) bool {
	return s.Sid == sidPipeline || s.Sid == sidRunner || s.Sid == sidToken || s.Sid == sidTokenShape
}

// ReadState is what a plan needs of these states, as measured with Terraform 1.11 and
// OpenTofu 1.12 (facts/ci-access.md, section 3): with -lock=false it reads, and with lock it
// makes and takes away the lock file and the lock item, and nothing else. All three of a
// lock's rights or none: without the one to delete, the lock stays. Never is a state or
// its digest written.
//
// IAM has no wildcard that stops at a slash, so that the workspaces of the key "a/b" match
// those of "b" as well. What of that is known to be others' is denied (Except); another
// workspace of such a key that no blueprint names is reached.
func ReadState(a StateAccess, lock bool) Document {
	bucket := "arn:" + a.Partition + ":s3:::" + a.Bucket
	var states, locks, digests, items []string
	for _, key := range a.Keys {
		state, workspace := Literal(key), "env:/*/"+Literal(key)
		for _, at := range []string{state, workspace} {
			states, locks = append(states, bucket+"/"+at), append(locks, bucket+"/"+at+".tflock")
			items, digests = append(items, a.Bucket+"/"+at), append(digests, a.Bucket+"/"+at+"-md5")
		}
	}
	d := Document{Version: Version2012}
	allow := func(sid string, resources []string, conditions Conditions, actions ...string) {
		d.Statements = append(d.Statements, Statement{Sid: sid, Effect: Allow, Actions: actions, Resources: resources, Conditions: conditions})
	}
	leading := func(items []string) Conditions {
		return Conditions{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": items}}
	}
	allow("ListStates", []string{bucket}, nil, "s3:ListBucket")
	allow("ReadStates", states, nil, "s3:GetObject")
	if lock && a.Lockfile {
		allow("LockWithFile", locks, nil, "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
	}
	if a.Table != "" {
		table := []string{"arn:" + a.Partition + ":dynamodb:" + a.Region + ":" + a.Account + ":table/" + a.Table}
		allow("SeeLockTable", table, nil, "dynamodb:DescribeTable")
		allow("ReadDigest", table, leading(digests), "dynamodb:GetItem")
		if lock {
			allow("LockWithTable", table, leading(items), "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem")
		}
	}
	if a.KMSKeyARN != "" {
		actions := []string{"kms:Decrypt", "kms:DescribeKey"}
		if lock && a.Lockfile {
			actions = append(actions, "kms:GenerateDataKey")
		}
		allow("ReadWithStateKey", []string{a.KMSKeyARN}, nil, actions...)
	}
	if len(a.ReadKeys) > 0 {
		allow("ReadOlderVersions", a.ReadKeys, nil, "kms:Decrypt", "kms:DescribeKey")
	}
	d.Statements = append(d.Statements, a.keptOut()...)
	return d
}

// keptOut denies the workspaces of Except, and their locks. None of one's own keys has such
// a workspace: a workspace's name has no slash.
func (a StateAccess) keptOut() []Statement {
	if len(a.Except) == 0 {
		return nil
	}
	bucket := "arn:" + a.Partition + ":s3:::" + a.Bucket
	var objects, items []string
	for _, key := range a.Except {
		workspace := "/env:/*/" + Literal(key)
		objects = append(objects, bucket+workspace, bucket+workspace+".tflock")
		items = append(items, a.Bucket+workspace, a.Bucket+workspace+"-md5")
	}
	denied := []Statement{{
		Sid: "OthersWorkspaces", Effect: Deny, Resources: objects,
		Actions: []string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
	}}
	if a.Table != "" {
		denied = append(denied, Statement{
			Sid: "OthersLocks", Effect: Deny, Resources: []string{"arn:" + a.Partition + ":dynamodb:" + a.Region + ":" + a.Account + ":table/" + a.Table},
			Actions:    []string{"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"},
			Conditions: Conditions{"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": items}},
		})
	}
	return denied
}

// PlanDenials take from AWS's ReadOnlyAccess what it lets read that people or programs have
// put there (objects, items, messages, logs, inputs and outputs of runs, code, query results)
// and what opens something else (tokens, signed addresses), so that whoever may push a branch
// does not read it all. What tells how something is set up stays, and of data what a plan
// cannot do without: a function with its environment (lambda:GetFunction) and a parameter
// (ssm:GetParameter, whose secret ones need kms:Decrypt, which ReadOnlyAccess has not).
// Metrics, findings and bills are no data in this sense. The list is held complete by
// .ci/datareads, against ReadOnlyAccess and the models of the operations.
func PlanDenials() Document { return ParseOrEmpty(planDenials) }

// WatchDenial keeps a watch from asking whether it may make what it finds to do: it may not,
// and a dry run would leave it out.
func WatchDenial() Statement {
	return Statement{Sid: "NoSimulationForTheWatch", Effect: Deny, Actions: []string{"iam:SimulatePrincipalPolicy"}, Resources: []string{"*"}}
}
