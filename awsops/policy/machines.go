package policy

// MachineTrust is the statement of a role's trust that lets in roles of the admin account
// by their ARNs and nobody else of it. They are named in a condition and not as principals:
// a principal that is deleted and made anew is another one to IAM, and the role would be
// closed to it for good.
func MachineTrust(partition, adminAccount, orgID string, roles []string) Statement {
	conditions := Conditions{"ArnEquals": {"aws:PrincipalArn": roles}}
	if orgID != "" {
		conditions["StringEquals"] = map[string][]string{"aws:PrincipalOrgID": {orgID}}
	}
	return Statement{
		Sid:        sidPipeline,
		Effect:     Allow,
		Principals: Principals{"AWS": {rootARN(partition, adminAccount)}},
		Actions:    []string{"sts:AssumeRole"},
		Conditions: conditions,
	}
}

// sidPipeline, sidToken and sidTokenShape are the ids of the statements that let pipelines in.
const (
	sidPipeline   = "AssumeFromPipeline"
	sidToken      = "AssumeByToken"
	sidTokenShape = "AssumeByTokenOfThisShape"
)

// OfMachines tells whether a statement of a trust policy has the id of those that
// [MachineTrust] and [WebIdentityTrust] make.
func OfMachines(s Statement) bool {
	return s.Sid == sidPipeline || s.Sid == sidToken || s.Sid == sidTokenShape
}

// ReadState is what a plan needs of these states, as measured with Terraform 1.11 and
// OpenTofu 1.12 (facts/ci-access.md, section 3): with -lock=false it reads, and with lock it
// makes and takes away the lock file and the lock item, and nothing else. All three of a
// lock's rights or none: without the one to delete, the lock stays. Never is a state or
// its digest written.
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
	return d
}

// PlanDenials take from AWS's ReadOnlyAccess what holds data rather than configuration. A
// plan's refresh reads a function (lambda:GetFunction), a parameter (ssm:GetParameter, whose
// secret ones need kms:Decrypt, which ReadOnlyAccess has not) and an object that Terraform
// manages (s3:GetObject), so that the first two stay. Objects do not: whoever may push a
// branch would read every bucket.
func PlanDenials() Document {
	return Document{Version: Version2012, Statements: []Statement{{
		Sid:    "NoDataForPlans",
		Effect: Deny,
		Actions: []string{
			"appconfig:GetConfiguration", "codecommit:GitPull", "cognito-identity:Get*", "dynamodb:BatchGetItem", "dynamodb:GetItem",
			"dynamodb:Query", "dynamodb:Scan", "ecr:GetDownloadUrlForLayer", "kinesis:GetRecords", "logs:FilterLogEvents",
			"logs:GetLogEvents", "logs:GetQueryResults", "logs:StartQuery", "s3:GetObject", "s3:GetObjectVersion", "sqs:ReceiveMessage",
		},
		Resources: []string{"*"},
	}}}
}
