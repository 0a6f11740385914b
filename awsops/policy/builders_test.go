package policy

import (
	"strings"
	"testing"
)

func TestEnvironmentTrustAdmitsTheAdminAccountOnly(t *testing.T) {
	trust := EnvironmentTrust("aws", admin, org, nil, true)
	may := AssumeRoles([]string{role})
	in := func(principal string, pairs ...string) Request {
		return ask(principal, "sts:AssumeRole", role, pairs...)
	}
	on := func(p Policies, d Document) Policies {
		p.Resource = &Named{Name: "trust policy", Type: RoleTrust, Document: d}
		return p
	}
	ours := []string{"aws:PrincipalOrgID", org, "aws:MultiFactorAuthPresent", "true"}
	listed := EnvironmentTrust("aws", admin, "", []string{alice}, false)
	sibling := "arn:aws:sts::222222222222:assumed-role/Sibling/x"
	run(t, []row{
		{"a member of the group", in(alice, ours...), on(identity(may), trust), "allow"},
		{"a user without the group", in(alice, ours...), on(Policies{}, trust), "because no identity-based policy allows the sts:AssumeRole action"},
		{"without MFA", in(alice, ours[:2]...), on(identity(may), trust), "would, but aws:MultiFactorAuthPresent is absent (Bool true)"},
		{"from another organization", in(alice, "aws:PrincipalOrgID", "o-other", "aws:MultiFactorAuthPresent", "true"), on(identity(may), trust), "because no role trust policy allows"},
		{"another role of the sub-account", in(sibling, ours...), on(identity(may), trust), "no role trust policy allows"},
		{"a listed user", in(alice), on(identity(may), listed), "allow"},
		{"a user who is not listed", in(bob), on(identity(may), listed), "no role trust policy allows"},
		{"another role", ask(alice, "sts:AssumeRole", "arn:aws:iam::222222222222:role/Other"), on(identity(may), listed), "no identity-based policy"},
		{"no trust policy at all", in(alice), identity(may), "no role trust policy allows"},
		{"same account, trust names the account", in(sibling), on(identity(may), EnvironmentTrust("aws", member, "", nil, false)), "allow"},
		{"same account, trust only delegates", in(sibling), on(Policies{}, EnvironmentTrust("aws", member, "", nil, false)), "no identity-based policy"},
		{"same account, trust names the session's role", in(sibling), on(Policies{}, EnvironmentTrust("aws", member, "", []string{"arn:aws:iam::222222222222:role/Sibling"}, false)), "allow"},
		{"same account, trust names another", in(sibling), on(identity(may), EnvironmentTrust("aws", member, "", []string{role}, false)), "no role trust policy"},
	})
}

func TestRunnerTrustAdmitsTheRunnersRoleOfTheOrganizationOnly(t *testing.T) {
	ours, theirs := "arn:aws:iam::222222222222:role/Sibling", "arn:aws:iam::333333333333:role/Sibling"
	p := Policies{Resource: &Named{Name: "trust policy", Type: RoleTrust, Document: RunnerTrust(org, []string{ours})}}
	as := func(principal, in string) Request {
		return ask(principal, "sts:AssumeRole", role, "aws:PrincipalOrgID", in)
	}
	run(t, []row{
		{"the runner, whatever its session is called", as("arn:aws:sts::222222222222:assumed-role/Sibling/i-0abc", org), p, "allow"},
		{"the runner of an account that left", as("arn:aws:sts::222222222222:assumed-role/Sibling/x", "o-other"), p, "no role trust policy"},
		{"the runner of an account without organization", ask("arn:aws:sts::222222222222:assumed-role/Sibling/x", "sts:AssumeRole", role), p, "no role trust policy"},
		{"another role's session of that name", as("arn:aws:sts::222222222222:assumed-role/Other/Sibling", org), p, "no role trust policy"},
		{"another account's role of that name", as(theirs, org), p, "no role trust policy"},
		{"a user of that name", as("arn:aws:iam::222222222222:user/Sibling", org), p, "no role trust policy"},
	})
	if opened := JudgeWebIdentity(p.Resource.Document); len(opened) > 0 {
		t.Errorf("open to tokens: %v", opened)
	}
}

func TestAssumeRolesAnyAccountStaysInTheOrganization(t *testing.T) {
	wide := identity(AssumeRolesAnyAccount("aws", "ops/TerraformAdmin", org))
	trust := EnvironmentTrust("aws", admin, "", nil, false)
	arn := "arn:aws:iam::222222222222:role/ops/TerraformAdmin"
	run(t, []row{
		{"our organization", ask(alice, "sts:AssumeRole", arn, "aws:ResourceOrgID", org), wide.on("trust policy", trust), "allow"},
		{"another organization", ask(alice, "sts:AssumeRole", arn, "aws:ResourceOrgID", "o-other"), wide.on("trust policy", trust), "no identity-based"},
		{"an account without organization", ask(alice, "sts:AssumeRole", arn), wide.on("trust policy", trust), "aws:ResourceOrgID is absent"},
		{"another path", ask(alice, "sts:AssumeRole", role, "aws:ResourceOrgID", org), wide.on("trust policy", trust), "no identity-based"},
	})
}

func TestEnvironmentPermissionsAreTheArticlesList(t *testing.T) {
	p := identity(EnvironmentPermissions())
	run(t, []row{
		{"ec2", ask(session, "ec2:RunInstances", "*"), p, "allow"},
		{"cloudwatch", ask(session, "cloudwatch:PutMetricAlarm", "*"), p, "allow"},
		{"no logs", ask(session, "logs:CreateLogGroup", "*"), p, "no identity-based"},
		{"no iam", ask(session, "iam:CreateRole", "*"), p, "no identity-based"},
	})
	want := `{"Version":"2012-10-17","Statement":[{"Sid":"ManageEnvironment","Effect":"Allow","Action":["elasticfilesystem:*","route53domains:*","rds:*","s3:*","cloudwatch:*","route53:*","lambda:*","ec2:*","elasticloadbalancing:*","autoscaling:*"],"Resource":"*"}]}`
	if got := EnvironmentPermissions().JSON(); got != want {
		t.Errorf("got %s", got)
	}
}

func TestOwnCredentialsReachNobodyElse(t *testing.T) {
	p := identity(OwnCredentials("aws"))
	carol := "arn:aws:iam::111111111111:user/carol"
	mfa := "arn:aws:iam::111111111111:mfa/"
	run(t, []row{
		{"own key", ask(alice, "iam:CreateAccessKey", alice), p, "allow"},
		{"own key with a path", ask(bob, "iam:DeleteAccessKey", bob), p, "allow"},
		{"another's key", ask(alice, "iam:CreateAccessKey", carol), p, "no identity-based"},
		{"another's key with a path", ask(alice, "iam:CreateAccessKey", bob), p, "no identity-based"},
		{"a longer name", ask(alice, "iam:CreateAccessKey", alice+"2"), p, "no identity-based"},
		{"a name that ends alike", ask(alice, "iam:CreateAccessKey", "arn:aws:iam::111111111111:user/ops/malice"), p, "no identity-based"},
		{"own last use", ask(alice, "iam:GetAccessKeyLastUsed", alice), p, "allow"},
		{"own rights", ask(alice, "iam:SimulatePrincipalPolicy", alice), p, "allow"},
		{"another's rights", ask(alice, "iam:SimulatePrincipalPolicy", carol), p, "no identity-based"},
		{"own device", ask(alice, "iam:CreateVirtualMFADevice", mfa+"alice"), p, "allow"},
		{"another's device", ask(alice, "iam:DeleteVirtualMFADevice", mfa+"carol"), p, "no identity-based"},
		{"enable own", ask(alice, "iam:EnableMFADevice", alice), p, "allow"},
		{"enable another's", ask(alice, "iam:EnableMFADevice", carol), p, "no identity-based"},
		{"remove own without it", ask(alice, "iam:DeactivateMFADevice", alice), p, "aws:MultiFactorAuthPresent is absent"},
		{"remove own with it", ask(alice, "iam:DeactivateMFADevice", alice, "aws:MultiFactorAuthPresent", "true"), p, "allow"},
		{"nothing else", ask(alice, "iam:AttachUserPolicy", alice), p, "no identity-based"},
		{"no role session", ask("arn:aws:sts::111111111111:assumed-role/alice/alice", "iam:CreateAccessKey", alice), p, "no identity-based"},
	})
}

func TestStateIsTheLeastThatTerraformNeeds(t *testing.T) {
	access := StateAccess{
		Partition: "aws", Region: "eu-west-1", Account: admin, Bucket: "acme-state",
		Keys: []string{"common/production"}, KMSKeyARN: keyARN, Table: "terraform_locks", Lockfile: true,
	}
	narrow := identity(State(access))
	delegating := narrow.on("key policy", KeyPolicy("aws", admin, nil, nil))
	access.AllKeys = true
	wide := identity(State(access))
	access.AllKeys, access.Table, access.Lockfile, access.KMSKeyARN = false, "", false, ""
	bare := identity(State(access))
	state, other := bucket+"/common/production", bucket+"/common/staging"
	s3 := func(action, resource string) Request { return ask(alice, "s3:"+action, resource) }
	lock := func(action, id string) Request {
		return ask(alice, "dynamodb:"+action, table, "dynamodb:LeadingKeys", id)
	}
	rows := []row{
		{"list", s3("ListBucket", bucket), narrow, "allow"},
		{"read", s3("GetObject", state), narrow, "allow"},
		{"write", s3("PutObject", state), narrow, "allow"},
		{"give up parts", s3("AbortMultipartUpload", state), narrow, "allow"},
		{"never delete the state", s3("DeleteObject", state), narrow, "no identity-based"},
		{"never delete a version", s3("DeleteObjectVersion", state), narrow, "no identity-based"},
		{"another project", s3("GetObject", other), narrow, "no identity-based"},
		{"a longer key", s3("GetObject", state+"2"), narrow, "no identity-based"},
		{"lock file", s3("DeleteObject", state+".tflock"), narrow, "allow"},
		{"another's lock file", s3("PutObject", other+".tflock"), narrow, "no identity-based"},
		{"workspace", s3("PutObject", bucket+"/env:/dev/common/production"), narrow, "allow"},
		{"delete a workspace", s3("DeleteObject", bucket+"/env:/dev/common/production"), narrow, "allow"},
		{"workspace lock file", s3("DeleteObject", bucket+"/env:/dev/common/production.tflock"), narrow, "allow"},
		{"another project's workspace", s3("GetObject", bucket+"/env:/dev/common/staging"), narrow, "no identity-based"},
		{"bucket policy", s3("PutBucketPolicy", bucket), narrow, "no identity-based"},
		{"see the table", ask(alice, "dynamodb:DescribeTable", table), narrow, "allow"},
		{"lock item", lock("PutItem", "acme-state/common/production"), narrow, "allow"},
		{"digest item", lock("GetItem", "acme-state/common/production-md5"), narrow, "allow"},
		{"workspace item", lock("DeleteItem", "acme-state/env:/dev/common/production"), narrow, "allow"},
		{"workspace digest", lock("PutItem", "acme-state/env:/dev/common/production-md5"), narrow, "allow"},
		{"another project's item", lock("DeleteItem", "acme-state/common/staging"), narrow, "dynamodb:LeadingKeys is acme-state/common/staging"},
		{"another bucket's item", lock("PutItem", "other/common/production"), narrow, "no identity-based"},
		{"scan the table", ask(alice, "dynamodb:Scan", table), narrow, "no identity-based"},
		{"delete the table", ask(alice, "dynamodb:DeleteTable", table), narrow, "no identity-based"},
		{"use the key", ask(alice, "kms:GenerateDataKey", keyARN), delegating, "allow"},
		{"manage the key", ask(alice, "kms:ScheduleKeyDeletion", keyARN), delegating, "no identity-based"},
		{"all: any state", s3("PutObject", other), wide, "allow"},
		{"all: no deletion of a state", s3("DeleteObject", other), wide, "no identity-based"},
		{"all: lock file", s3("DeleteObject", other+".tflock"), wide, "allow"},
		{"all: delete a workspace", s3("DeleteObject", bucket+"/env:/dev/common/staging"), wide, "allow"},
		{"all: any item of the bucket", lock("PutItem", "acme-state/common/staging"), wide, "allow"},
		{"all: no other bucket", s3("GetObject", bucket+"2/common/staging"), wide, "no identity-based"},
		{"all: no other bucket's item", lock("PutItem", "acme-state2/x"), wide, "no identity-based"},
		{"without lock file", s3("PutObject", state+".tflock"), bare, "no identity-based"},
		{"without table", lock("PutItem", "acme-state/common/production"), bare, "no identity-based"},
		{"without key", ask(alice, "kms:Decrypt", keyARN), bare.on("key policy", KeyPolicy("aws", admin, nil, nil)), "no identity-based"},
		{"without key, users listed", ask(alice, "kms:Decrypt", keyARN), bare.on("key policy", KeyPolicy("aws", admin, nil, []string{alice})), "allow"},
	}
	run(t, rows)
}

func TestStateReadsAsDocumented(t *testing.T) {
	got := State(StateAccess{
		Partition: "aws-cn", Region: "cn-north-1", Account: admin, Bucket: "b",
		Keys: []string{"k"}, Table: "t", Lockfile: true,
	}).JSON()
	want := `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"ListStates","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws-cn:s3:::b"},` +
		`{"Sid":"ReadAndWriteStates","Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:AbortMultipartUpload"],"Resource":"arn:aws-cn:s3:::b/k"},` +
		`{"Sid":"ManageWorkspaces","Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject","s3:AbortMultipartUpload"],"Resource":"arn:aws-cn:s3:::b/env:/*/k"},` +
		`{"Sid":"LockWithFile","Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":["arn:aws-cn:s3:::b/k.tflock","arn:aws-cn:s3:::b/env:/*/k.tflock"]},` +
		`{"Sid":"SeeLockTable","Effect":"Allow","Action":"dynamodb:DescribeTable","Resource":"arn:aws-cn:dynamodb:cn-north-1:111111111111:table/t"},` +
		`{"Sid":"LockWithTable","Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:DeleteItem"],"Resource":"arn:aws-cn:dynamodb:cn-north-1:111111111111:table/t",` +
		`"Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["b/k","b/k-md5","b/env:/*/k","b/env:/*/k-md5"]}}}]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestKeyPolicyKeepsTheAccountInCharge(t *testing.T) {
	carol := "arn:aws:iam::111111111111:user/carol"
	listed := KeyPolicy("aws", admin, []string{bob}, []string{alice})
	on := func(p Policies) Policies { return p.on("key policy", listed) }
	foreignUser := KeyPolicy("aws", member, nil, nil)
	grantFor := []string{"kms:GrantIsForAWSResource", "true"}
	run(t, []row{
		{"user decrypts", ask(alice, "kms:Decrypt", keyARN), on(Policies{}), "allow"},
		{"user does not manage", ask(alice, "kms:DisableKey", keyARN), on(Policies{}), "no identity-based"},
		{"user grants to services", ask(alice, "kms:CreateGrant", keyARN, grantFor...), on(Policies{}), "allow"},
		{"user grants to nobody else", ask(alice, "kms:CreateGrant", keyARN), on(Policies{}), "no identity-based"},
		{"administrator manages", ask(bob, "kms:PutKeyPolicy", keyARN), on(Policies{}), "allow"},
		{"administrator does not decrypt", ask(bob, "kms:Decrypt", keyARN), on(Policies{}), "no identity-based"},
		{"another user without a policy", ask(carol, "kms:Decrypt", keyARN), on(Policies{}), "no identity-based"},
		{"another user whose policy allows", ask(carol, "kms:Decrypt", keyARN), on(identity(doc(t, all))), "allow"},
		{"root repairs", ask(root, "kms:PutKeyPolicy", keyARN), on(Policies{}), "allow"},
		{"a policy that names nobody of us", ask(carol, "kms:Decrypt", keyARN), identity(doc(t, all)).on("key policy", foreignUser), "because no resource-based policy allows the kms:Decrypt action"},
		{"root without its statement", ask(root, "kms:PutKeyPolicy", keyARN), Policies{}.on("key policy", foreignUser), "no resource-based policy"},
		{"no key concerned", ask(carol, "kms:ListKeys", "*"), identity(doc(t, all)), "allow"},
		{"another account", ask(session, "kms:Decrypt", keyARN), on(identity(doc(t, all))), "no resource-based policy"},
	})
}

func TestKeepsRootAdministration(t *testing.T) {
	statement := KeyPolicy("aws", admin, nil, nil).JSON()
	rows := []struct {
		name, text string
		want       bool
	}{
		{"ours", statement, true},
		{"ours with more", KeyPolicy("aws", admin, []string{alice}, []string{alice}).JSON(), true},
		{"bare account id", strings.Replace(statement, root, admin, 1), true},
		{"another account", strings.Replace(statement, admin, member, 1), false},
		{"fewer actions", strings.Replace(statement, "kms:*", "kms:Get*", 1), false},
		{"a condition", `{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + root + `"},"Action":"kms:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":true}}}}`, false},
		{"taken away", strings.Replace(statement, `"Statement":[`, `"Statement":[{"Effect":"Deny","Principal":"*","Action":"kms:Put*","Resource":"*"},`, 1), false},
		{"taken from another", strings.Replace(statement, `"Statement":[`, `"Statement":[{"Effect":"Deny","Principal":{"AWS":"`+alice+`"},"Action":"kms:*","Resource":"*"},`, 1), true},
		{"denied under a condition", strings.Replace(statement, `"Statement":[`, `"Statement":[{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},`, 1), true},
	}
	for _, r := range rows {
		d, err := Parse(r.text)
		if err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		if got := KeepsRootAdministration(d, "aws", admin); got != r.want {
			t.Errorf("%s: %v", r.name, got)
		}
	}
}

func TestBucketDeniesExactlyWhatItSays(t *testing.T) {
	everything := identity(doc(t, all))
	rules := BucketRules{Partition: "aws", Bucket: "acme-state", KMSKeyARN: keyARN}
	compatible := everything.on("bucket policy", Bucket(rules))
	rules.Strict = true
	strict := everything.on("bucket policy", Bucket(rules))
	put := func(pairs ...string) Request {
		return ask(alice, "s3:PutObject", bucket+"/k", append([]string{"aws:SecureTransport", "true"}, pairs...)...)
	}
	tls := []string{"aws:SecureTransport", "true"}
	right := put(algorithmHeader, "aws:kms", keyHeader, keyARN)
	bare := put(algorithmHeader, "aws:kms")
	wrongKey := put(algorithmHeader, "aws:kms", keyHeader, keyARN+"2")
	run(t, []row{
		{"strict: right headers", right, strict, "allow"},
		{"strict: no header", put(), strict, "DenyIncorrectEncryptionHeader"},
		{"strict: AES256", put(algorithmHeader, "AES256"), strict, "DenyIncorrectEncryptionHeader"},
		{"strict: another key", wrongKey, strict, "DenyOtherEncryptionKey"},
		{"strict: no key", bare, strict, "key-id is absent"},
		{"strict: reading", ask(alice, "s3:GetObject", bucket+"/k", tls...), strict, "allow"},
		{"strict: plain HTTP", ask(alice, "s3:GetObject", bucket+"/k", "aws:SecureTransport", "false"), strict, "DenyInsecureTransport"},
		{"strict: plain HTTP on the bucket", ask(alice, "s3:ListBucket", bucket, "aws:SecureTransport", "false"), strict, "DenyInsecureTransport"},
		{"strict: the root user too", ask(root, "s3:PutObject", bucket+"/k", tls...), strict, "explicit deny in a resource-based policy"},
		{"compatible: right headers", right, compatible, "allow"},
		{"compatible: no header", put(), compatible, "allow"},
		{"compatible: AES256", put(algorithmHeader, "AES256"), compatible, "DenyIncorrectEncryptionHeader"},
		{"compatible: another key", wrongKey, compatible, "DenyOtherEncryptionKey"},
		{"compatible: no key", bare, compatible, "DenyMissingEncryptionKey"},
		{"compatible: plain HTTP", ask(alice, "s3:PutObject", bucket+"/k", "aws:SecureTransport", "false"), compatible, "DenyInsecureTransport"},
		{"grants nothing", right, Policies{}.on("bucket policy", Bucket(rules)), "no identity-based"},
	})
}

func TestStrictBucketKeepsTheArticlesStatements(t *testing.T) {
	article := doc(t, `[{"Sid":"DenyIncorrectEncryptionHeader","Effect":"Deny","Principal":"*","Action":"s3:PutObject",
		"Resource":"arn:aws:s3:::acme-state/*","Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}},
		{"Sid":"DenyUnEncryptedObjectUploads","Effect":"Deny","Principal":"*","Action":"s3:PutObject",
		"Resource":"arn:aws:s3:::acme-state/*","Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}}]`)
	strict := Bucket(BucketRules{Partition: "aws", Bucket: "acme-state", KMSKeyARN: keyARN, Strict: true})
	if missing := Missing(strict, article); missing != nil {
		t.Errorf("not kept: %+v", missing)
	}
	if extra := Extra(strict, article); len(extra) != 2 {
		t.Errorf("the key's and the transport's statement are added, found %+v", extra)
	}
}
