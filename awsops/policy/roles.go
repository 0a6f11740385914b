package policy

// EnvironmentTrust is the trust policy of an environment role: it may be
// assumed from the admin account by whom that account's own policies allow to,
// or, if principals lists ARNs, by those alone. With an orgID the caller has to
// belong to that organization, which keeps a mistyped account id harmless; with
// mfa the caller's session has to have used a second factor.
func EnvironmentTrust(partition, adminAccount, orgID string, principals []string, mfa bool) Document {
	if len(principals) == 0 {
		principals = []string{rootARN(partition, adminAccount)}
	}
	conditions := Conditions{}
	if mfa {
		conditions["Bool"] = map[string][]string{"aws:MultiFactorAuthPresent": {"true"}}
	}
	return Document{Version: Version2012, Statements: []Statement{assumable("AssumeFromAdminAccount", orgID, conditions, principals...)}}
}

// assumable is the statement of a role's trust that lets in principals on conditions, to
// which is added that they belong to the organization where there is one.
func assumable(sid, orgID string, conditions Conditions, principals ...string) Statement {
	if orgID != "" {
		conditions["StringEquals"] = map[string][]string{"aws:PrincipalOrgID": {orgID}}
	}
	return Statement{Sid: sid, Effect: Allow, Principals: Principals{"AWS": principals}, Actions: []string{"sts:AssumeRole"}, Conditions: conditions}
}

// IdentityTrust is the statement of a role's trust that lets in whoever has one of these
// permission sets of Identity Center in the admin account, and nobody else of it. The roles
// behind them cannot be named as principals: each assignment makes one with another suffix
// ("Referencing permission sets in resource policies", IAM Identity Center user guide). The
// path has no region where the identity source is in us-east-1, so that a wildcard stands
// there; the suffix is sixteen characters, for else a set "x_other" would be let in with "x".
func IdentityTrust(partition, adminAccount, orgID string, sets []string) Statement {
	conditions := Conditions{"ArnLike": {"aws:PrincipalArn": reservedRoles(partition, adminAccount, sets)}}
	return assumable("AssumeFromIdentityCenter", orgID, conditions, rootARN(partition, adminAccount))
}

func reservedRoles(partition, account string, sets []string) []string {
	roles := make([]string, len(sets))
	for i, set := range sets {
		roles[i] = "arn:" + partition + ":iam::" + account + ":role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_" + set + "_????????????????"
	}
	return roles
}

// EnvironmentPermissions is the article's list of what an environment role may
// do. It has no IAM and no KMS: a configuration that makes roles or keys needs
// a broader choice.
func EnvironmentPermissions() Document {
	return Document{Version: Version2012, Statements: []Statement{{
		Sid:    "ManageEnvironment",
		Effect: Allow,
		Actions: []string{
			"elasticfilesystem:*", "route53domains:*", "rds:*", "s3:*", "cloudwatch:*",
			"route53:*", "lambda:*", "ec2:*", "elasticloadbalancing:*", "autoscaling:*",
		},
		Resources: []string{"*"},
	}}}
}

// EnvironmentSample is one action of each service in [EnvironmentPermissions]: IAM
// simulates actions, not wildcards.
func EnvironmentSample() []string {
	return []string{
		"elasticfilesystem:CreateFileSystem", "route53domains:ListDomains", "rds:CreateDBInstance", "s3:ListAllMyBuckets",
		"cloudwatch:PutMetricAlarm", "route53:CreateHostedZone", "lambda:CreateFunction", "ec2:CreateVpc",
		"elasticloadbalancing:CreateLoadBalancer", "autoscaling:CreateAutoScalingGroup",
	}
}

// AssumeRoles lets a group assume exactly the roles named, the article's form.
// One document fits some 60 to 100 roles; [Split] makes more of it.
func AssumeRoles(roleARNs []string) Document {
	return assumeRoles(roleARNs, nil)
}

// AssumeRolesAnyAccount is the form of fixed size: the role of one name in any
// account of the organization. rolePathAndName is what follows "role/" in the
// ARN. The condition on the role's organization keeps it from reaching an
// account outside that happens to trust us.
func AssumeRolesAnyAccount(partition, rolePathAndName, orgID string) Document {
	arn := "arn:" + partition + ":iam::*:role/" + rolePathAndName
	return assumeRoles([]string{arn}, Conditions{"StringEquals": {"aws:ResourceOrgID": {orgID}}})
}

func assumeRoles(arns []string, conditions Conditions) Document {
	return Document{Version: Version2012, Statements: []Statement{{
		Sid:        "AssumeEnvironmentRoles",
		Effect:     Allow,
		Actions:    []string{"sts:AssumeRole"},
		Resources:  arns,
		Conditions: conditions,
	}}}
}

func rootARN(partition, account string) string {
	return "arn:" + partition + ":iam::" + account + ":root"
}
