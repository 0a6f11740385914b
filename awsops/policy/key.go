package policy

import "slices"

// KeyPolicy is the policy of the state encryption key, laid out as the KMS
// console writes it. The first statement leaves the account in charge: its
// root user can always repair the policy, and its identity policies count.
// administrators may manage the key but not use it; users may use it for
// data and let AWS services use it on their behalf. Both are ARNs. With users
// empty, the group's identity policy grants the use.
func KeyPolicy(partition, account string, administrators, users []string) Document {
	d := Document{Version: Version2012, ID: "stateroom-key", Statements: []Statement{{
		Sid:        "Enable IAM User Permissions",
		Effect:     Allow,
		Principals: Principals{"AWS": {rootARN(partition, account)}},
		Actions:    []string{"kms:*"},
		Resources:  []string{"*"},
	}}}
	if len(administrators) > 0 {
		d.Statements = append(d.Statements, keyAdministration(administrators))
	}
	if len(users) > 0 {
		d.Statements = append(d.Statements, keyUse(users)...)
	}
	return d
}

func keyAdministration(administrators []string) Statement {
	return Statement{
		Sid:        "Allow access for Key Administrators",
		Effect:     Allow,
		Principals: Principals{"AWS": administrators},
		Actions: []string{
			"kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*",
			"kms:Update*", "kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:Delete*",
			"kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion",
			"kms:CancelKeyDeletion", "kms:RotateKeyOnDemand",
		},
		Resources: []string{"*"},
	}
}

func keyUse(users []string) []Statement {
	return []Statement{{
		Sid:        "Allow use of the key",
		Effect:     Allow,
		Principals: Principals{"AWS": users},
		Actions: []string{
			"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey",
		},
		Resources: []string{"*"},
	}, {
		Sid:        "Allow attachment of persistent resources",
		Effect:     Allow,
		Principals: Principals{"AWS": users},
		Actions:    []string{"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"},
		Resources:  []string{"*"},
		Conditions: Conditions{"Bool": {"kms:GrantIsForAWSResource": {"true"}}},
	}}
}

// KeepsRootAdministration says whether a key policy leaves the account in
// charge of its key: some statement allows the account kms:* without a
// condition, and no Deny without a condition takes the policy's repair away.
// A key without it can become unmanageable, which only AWS support undoes.
func KeepsRootAdministration(doc Document, partition, account string) bool {
	root := Statement{
		Effect:     Allow,
		Principals: Principals{"AWS": {rootARN(partition, account)}},
		Actions:    []string{"kms:*"},
		Resources:  []string{"*"},
	}
	repair := newRequest(Request{
		Principal: rootARN(partition, account), Action: "kms:PutKeyPolicy",
		Resource: "arn:" + partition + ":kms:*:" + account + ":key/*",
	})
	return Covers(doc, root) && !slices.ContainsFunc(doc.Statements, func(s Statement) bool {
		return s.Effect == Deny && len(s.Conditions) == 0 &&
			repair.concerns(&s, true) && repair.grant(&s) != unnamed
	})
}
