package steps

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

const denyDelete = `{"Sid":"Team","Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::acme-terraform-state"}`

func TestWhatIsStrongerThanAskedIsKeptAndReported(t *testing.T) {
	t.Parallel()
	w := finished(t)
	ctx, bucket := context.Background(), aws.String(bucketName)
	staging := w.hands("222222222222").iam
	role := aws.String(blueprint.DefaultRole)
	cases := []struct {
		name     string
		stronger func(h hands) error
		finding  string
		says     []string
	}{{
		"another customer key as the bucket's default", func(h hands) error {
			key, err := h.kms.CreateKey(ctx, &kms.CreateKeyInput{})
			if err != nil {
				return err
			}
			_, err = h.s3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: bucket, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
				Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: "aws:kms", KMSMasterKeyID: key.KeyMetadata.Arn}}},
			}})
			return err
		}, "bucket.other-key", []string{"acme-terraform-state", "key of yours", "kept"},
	}, {
		"a statement more in the bucket's policy", func(hands) error {
			w.editBucketPolicy(func(text string) string {
				return strings.Replace(text, `"Statement":[`, `"Statement":[`+denyDelete+",", 1)
			})
			return nil
		}, "bucket.extra-statements", []string{"holds 1 statement beyond", "kept"},
	}, {
		"longer retention", func(h hands) error {
			_, err := h.s3.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: bucket, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
				Rules: []s3types.LifecycleRule{{ID: aws.String(lifecycleRule), Status: "Enabled", Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")}, NoncurrentVersionExpiration: &s3types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(400), NewerNoncurrentVersions: aws.Int32(100)}}},
			}})
			return err
		}, "bucket.longer-retention", []string{"400 days", "kept"},
	}, {
		"a statement more in the key's policy", func(h hands) error {
			id := aws.String(w.keyID())
			have, err := h.kms.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: id})
			if err != nil {
				return err
			}
			text := strings.Replace(*have.Policy, `"Statement":[`, `"Statement":[{"Sid":"Audit","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"kms:DescribeKey","Resource":"*"},`, 1)
			_, err = h.kms.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: id, Policy: &text})
			return err
		}, "key.extra-statements", []string{"holds 1 statement beyond", "kept"},
	}, {
		"MFA in a role's trust", func(hands) error {
			have, err := staging.GetRole(ctx, &iam.GetRoleInput{RoleName: role})
			if err != nil {
				return err
			}
			text := addCondition(t, *have.Role.AssumeRolePolicyDocument, "Bool", "aws:MultiFactorAuthPresent", "true")
			_, err = staging.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: &text})
			return err
		}, "iam.role-trust-stronger", []string{"arn:aws:iam::222222222222:role/TerraformAdmin", "asks for more", "kept"},
	}, {
		"a policy more on a role", func(hands) error {
			_, err := staging.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")})
			return err
		}, "iam.role-more-permissions", []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", "kept"},
	}, {
		"a permissions boundary", func(hands) error {
			_, err := staging.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: role, PermissionsBoundary: aws.String("arn:aws:iam::aws:policy/PowerUserAccess")})
			return err
		}, "iam.role-boundary", []string{"arn:aws:iam::aws:policy/PowerUserAccess", "kept"},
	}, {
		"a policy more on the group", func(h hands) error {
			_, err := h.iam.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: aws.String("admins"), PolicyArn: aws.String("arn:aws:iam::aws:policy/IAMReadOnlyAccess")})
			return err
		}, "iam.group-more-policies", []string{"arn:aws:iam::aws:policy/IAMReadOnlyAccess", "kept"},
	}, {
		"a section twice in the credentials", func(hands) error {
			path := filepath.Join(w.dir, ".aws", "credentials")
			have, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, append(have, "\n[other]\nregion = a\n[other]\nregion = b\n"...), 0o600)
		}, "files.read-differently", []string{"credentials", "AWS CLI"},
	}}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.must(c.stronger(w.hands("")))
			f := findingOf(w.settledNow(team()).Findings, c.finding)
			if f == nil || f.Severity != plan.Info {
				t.Fatalf("finding %s is missing or no info", c.finding)
			}
			says(t, f.Evidence+" "+f.Remedy, c.says...)
		})
	}
}

// addCondition adds a condition to the first statement of a document.
func addCondition(t testing.TB, text, operator, key, value string) string {
	t.Helper()
	doc, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	conditions := doc.Statements[0].Conditions
	if conditions == nil {
		conditions = policy.Conditions{}
		doc.Statements[0].Conditions = conditions
	}
	if conditions[operator] == nil {
		conditions[operator] = map[string][]string{}
	}
	conditions[operator][key] = []string{value}
	return doc.JSON()
}

// TestASecondFactorSurvivesTheCorrectionOfATrust: and another organization's id does not,
// however the keys of the conditions are written: to AWS their case means nothing.
func TestASecondFactorSurvivesTheCorrectionOfATrust(t *testing.T) {
	t.Parallel()
	for _, keys := range [][3]string{
		{"aws:MultiFactorAuthPresent", "StringEquals", "aws:PrincipalOrgID"},
		{"aws:multifactorauthpresent", "StringEquals", "aws:principalorgid"},
		{"aws:multiFactorAuthPresent", "StringLike", "aws:PrincipalOrgId"},
	} {
		t.Run(keys[1]+" "+keys[2], func(t *testing.T) {
			t.Parallel()
			w := finished(t)
			staging, ctx, role := w.hands("222222222222").iam, context.Background(), aws.String(blueprint.DefaultRole)
			wide := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::333333333333:root"},"Action":"sts:AssumeRole","Condition":{"Bool":{%q:"true"},%q:{%q:"o-other"}}}]}`, keys[0], keys[1], keys[2])
			_, err := staging.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: &wide})
			w.must(err)
			_, ids, _ := w.again(team())
			if diff := cmp.Diff([]string{"iam.role.staging.trust"}, ids); diff != "" {
				t.Errorf("changes (-want +planned):\n%s", diff)
			}
			after := w.plannedChange("iam.role.staging.trust").Fields[0].After
			says(t, after, keys[0], "arn:aws:iam::111111111111:root")
			if strings.Contains(after, "o-other") {
				t.Errorf("another organization was kept: %s", after)
			}
		})
	}
}

// TestARoleThatRequiresMFAIsNotSaidToBeOpen: a proof does not try it, be it the blueprint
// that asks for MFA, or the trust policy as found.
func TestARoleThatRequiresMFAIsNotSaidToBeOpen(t *testing.T) {
	t.Parallel()
	w := finished(t)
	mfa := func(b *blueprint.Blueprint) []string {
		t.Helper()
		summary, _, _ := w.again(b)
		return summary.Outcome.(plan.SetUp).MFA
	}
	if found := mfa(team()); len(found) > 0 {
		t.Errorf("%v require MFA, and none does", found)
	}
	b := team()
	b.Environments[1].MFA = true
	staging, ctx, role := w.hands("222222222222").iam, context.Background(), aws.String(blueprint.DefaultRole)
	out, err := staging.GetRole(ctx, &iam.GetRoleInput{RoleName: role})
	w.must(err)
	_, err = staging.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: aws.String(addCondition(t, *out.Role.AssumeRolePolicyDocument, "Bool", "aws:MultiFactorAuthPresent", "true"))})
	w.must(err)
	if diff := cmp.Diff([]string{"staging", b.Environments[1].Name}, mfa(b)); diff != "" {
		t.Errorf("environments that require MFA (-want +got):\n%s", diff)
	}
}

// TestATrustThatNobodyMeetsIsNamedWhereTheProofFails: it is kept, so that another run
// would end in the same way.
func TestATrustThatNobodyMeetsIsNamedWhereTheProofFails(t *testing.T) {
	t.Parallel()
	w := finished(t)
	staging, ctx, role := w.hands("222222222222").iam, context.Background(), aws.String(blueprint.DefaultRole)
	out, err := staging.GetRole(ctx, &iam.GetRoleInput{RoleName: role})
	w.must(err)
	_, err = staging.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: aws.String(addCondition(t, *out.Role.AssumeRolePolicyDocument, "StringEquals", "sts:ExternalId", "x"))})
	w.must(err)
	summary, ids, _ := w.again(team())
	if len(ids) > 0 {
		t.Errorf("planned %v", ids)
	}
	kept, failed := findingOf(summary.Findings, "iam.role-trust-stronger"), findingOf(summary.Findings, diagnosis.AssumeRoleDenied.ID)
	if kept == nil || failed == nil {
		t.Fatalf("found %v", summary.Findings)
	}
	says(t, kept.Evidence, "asks for more than the blueprint does: sts:ExternalId.")
	says(t, failed.Remedy, "sts:ExternalId", "trust policy of role TerraformAdmin in staging")
}

// TestATrustThatNamesTheOrganizationTwiceIsCorrected: both have to hold, and one cannot.
func TestATrustThatNamesTheOrganizationTwiceIsCorrected(t *testing.T) {
	t.Parallel()
	w := finished(t)
	staging, ctx, role := w.hands("222222222222").iam, context.Background(), aws.String(blueprint.DefaultRole)
	out, err := staging.GetRole(ctx, &iam.GetRoleInput{RoleName: role})
	w.must(err)
	both := policy.ParseOrEmpty(*out.Role.AssumeRolePolicyDocument)
	both.Statements[0].Conditions["StringEquals"]["aws:principalorgid"] = []string{"o-other"}
	_, err = staging.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: aws.String(both.JSON())})
	w.must(err)
	summary, ids, _ := w.again(team())
	w.healthy(summary)
	if diff := cmp.Diff([]string{"iam.role.staging.trust"}, ids); diff != "" {
		t.Errorf("changes (-want +planned):\n%s", diff)
	}
}

// TestATrustThatTheBlueprintKeepsIsNotTakenAway: a CI's deployments would stop. Without a
// word of the blueprint they do, and whoever agrees to that sees their name.
func TestATrustThatTheBlueprintKeepsIsNotTakenAway(t *testing.T) {
	t.Parallel()
	const provider = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com"
	const github = `{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},"StringLike":{"token.actions.githubusercontent.com:sub":"repo:acme/live:*"}}}`
	const stranger = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::333333333333:root"},"Action":"sts:AssumeRole"}`
	w := finished(t)
	staging, ctx, role := w.hands("222222222222").iam, context.Background(), aws.String(blueprint.DefaultRole)
	out, err := staging.GetRole(ctx, &iam.GetRoleInput{RoleName: role})
	w.must(err)
	ours, err := url.QueryUnescape(*out.Role.AssumeRolePolicyDocument)
	w.must(err)
	with := func(statements ...string) {
		t.Helper()
		text := strings.TrimSuffix(ours, "]}") + "," + strings.Join(statements, ",") + "]}"
		_, err := staging.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: &text})
		w.must(err)
	}
	keeping := team()
	keeping.Environments[0].TrustKept = []string{provider}
	with(github)
	w.settledNow(keeping)
	with(github, stranger)
	_, ids, _ := w.again(keeping)
	if diff := cmp.Diff([]string{"iam.role.staging.trust"}, ids); diff != "" {
		t.Errorf("changes (-want +planned):\n%s", diff)
	}
	c := w.plannedChange("iam.role.staging.trust")
	says(t, c.Fields[0].After, provider, "repo:acme/live:*", "arn:aws:iam::111111111111:root")
	says(t, c.Risk, "arn:aws:iam::333333333333:root can no longer assume the role.")
	if strings.Contains(c.Fields[0].After, "333333333333") {
		t.Errorf("somebody else was kept: %s", c.Fields[0].After)
	}
	with(github)
	w.again(team())
	says(t, w.plannedChange("iam.role.staging.trust").Risk, provider+" can no longer assume the role.", "--set environment.staging.trust_kept="+provider)
}

func TestProvisionedAndOnDemandTables(t *testing.T) {
	t.Parallel()
	w := finished(t)
	b := team()
	b.Lock.BillingMode = blueprint.BillingProvisioned
	if f := findingOf(w.settledNow(b).Findings, "lock.on-demand"); f == nil || f.Severity != plan.Info {
		t.Error("a table on demand was not kept and reported where the blueprint asks for provisioned capacity")
	}
	_, err := w.hands("").dynamodb.UpdateTable(context.Background(), &dynamodb.UpdateTableInput{
		TableName: aws.String(lockTable), BillingMode: ddbtypes.BillingModeProvisioned,
		ProvisionedThroughput: &ddbtypes.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(9), WriteCapacityUnits: aws.Int64(9)},
	})
	w.must(err)
	w.settledNow(b) // more capacity than the article's 1/1 stays
	summary, ids, calls := w.again(team())
	w.healthy(summary)
	if diff := cmp.Diff([]string{"lock.billing", "dynamodb:UpdateTable"}, append(ids, calls...)); diff != "" {
		t.Errorf("changes and calls (-want +got):\n%s", diff)
	}
	w.settledNow(team())
}

func TestListedUsersWidenOurStatementAndTheRootStatementStays(t *testing.T) {
	t.Parallel()
	b := team()
	b.Key.Users = blueprint.KeyUsersListed
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(b)))
	b.Groups[0].Users = []string{"alice", "bob", "carol"}
	b.Users = append(b.Users, blueprint.User{Name: "carol", Recipient: b.Users[0].Recipient})
	summary, ids, _ := w.again(b)
	w.healthy(summary)
	if diff := cmp.Diff([]string{"iam.key.carol", "iam.member.admins.carol", "iam.user.carol", "key.policy"}, ids); diff != "" {
		t.Errorf("changes (-want +planned):\n%s", diff)
	}
	have, err := w.hands("").kms.GetKeyPolicy(context.Background(), &kms.GetKeyPolicyInput{KeyId: aws.String(w.keyID())})
	w.must(err)
	doc := policy.ParseOrEmpty(*have.Policy)
	if len(doc.Statements) != 3 || !policy.KeepsRootAdministration(doc, "aws", "111111111111") {
		t.Errorf("key policy %s", *have.Policy)
	}
	says(t, *have.Policy, "user/alice", "user/bob", "user/carol")
	w.settledNow(b)
	w.deleteUser("bob")
	b.Groups[0].Users, b.Users = []string{"alice", "carol", "dave"}, []blueprint.User{{Name: "carol"}, {Name: "dave", Recipient: b.Users[0].Recipient}}
	summary, _, _ = w.again(b)
	w.healthy(summary)
	w.settledNow(b)
}

// deleteUser removes a user with all that hangs on it.
func (w *world) deleteUser(name string) {
	w.t.Helper()
	h, ctx := w.hands("").iam, context.Background()
	keys, err := h.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &name})
	w.must(err)
	for _, k := range keys.AccessKeyMetadata {
		_, err := h.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &name, AccessKeyId: k.AccessKeyId})
		w.must(err)
	}
	_, err = h.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: &name, GroupName: aws.String("admins")})
	w.must(err)
	_, err = h.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &name})
	w.must(err)
}

func TestAPolicyThatCannotBeReadOrDemandsAnotherKeyBlocks(t *testing.T) {
	t.Parallel()
	w := finished(t)
	w.editBucketPolicy(func(text string) string {
		text = strings.Replace(text, "DenyOtherEncryptionKey", "TheirKeyAlone", 1) // ours would be led back
		return strings.Replace(text, "key/"+w.keyID(), "key/00000000-0000-0000-0000-000000000000", 1)
	})
	summary, _, calls := w.again(team())
	f := findingOf(summary.Findings, "bucket.other-key-demanded")
	if f == nil || len(calls) > 0 {
		t.Fatalf("findings %v, calls %v", summary.Findings, calls)
	}
	says(t, f.Evidence+" "+f.Remedy, "TheirKeyAlone", "acme-terraform-state", w.keyID(), "--set kms_key.alias=NAME")
}

// adopt runs a set-up that may change what exists at these ARNs.
func (w *world) adopt(b *blueprint.Blueprint, arns ...string) *plan.Summary {
	w.t.Helper()
	w.events = nil
	s := w.setup(b)
	s.Answers.Adopt = arns
	return w.run(s)
}

func TestWhatIsAdoptedIsShownTaggedAndThenAtRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	h, ctx, b := w.hands(""), context.Background(), team()
	w.makeBucket(h, bucketName, "eu-west-1")
	keyARN := "arn:aws:kms:eu-west-1:111111111111:key/" + w.makeKey(b, &kms.CreateKeyInput{Description: &b.Key.Description})
	w.makeTable(b, "LockID", false)
	_, err := h.iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("admins")})
	w.must(err)
	staging := w.hands("222222222222").iam
	_, err = staging.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String(blueprint.DefaultRole), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`)})
	w.must(err)
	arns := []string{
		keyARN, "arn:aws:s3:::" + bucketName, "arn:aws:dynamodb:eu-west-1:111111111111:table/" + lockTable,
		"arn:aws:iam::111111111111:group/admins", "arn:aws:iam::222222222222:role/" + blueprint.DefaultRole,
	}
	summary := w.run(w.setup(b))
	if len(w.mutations(0)) == 0 || !plan.Blocking(summary.Findings) {
		t.Fatalf("findings %v", summary.Findings)
	}
	w.healthy(w.adopt(b, arns...))
	for id, field := range map[string]string{
		"key.tags": "tag stateroom", "bucket.tags": "tag stateroom", "lock.tags": "tag stateroom", "iam.role.staging.tags": "tag stateroom",
		"iam.role.staging.trust": "trust", "bucket.versioning": "versioning", "lock.deletion-protection": "deletion protection",
		"iam.member.admins.bob": "member", "iam.policy.stateroom-admins-assume-1.attach": "attached to",
	} {
		c := w.plannedChange(id)
		if c == nil || len(c.Fields) == 0 || c.Fields[0].Name != field || c.Fields[0].After == "" {
			t.Errorf("%s: %+v; want it to show %s", id, c, field)
		}
	}
	w.settledNow(b)
}

func TestAForeignGroupAndRoleAreLeftAloneUntilAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	ctx := context.Background()
	_, err := w.hands("").iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("admins")})
	w.must(err)
	_, err = w.hands("222222222222").iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String(blueprint.DefaultRole), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`)})
	w.must(err)
	s := w.setup(team())
	s.Answers.Me = ""
	summary := w.run(s)
	for _, arn := range []string{"arn:aws:iam::111111111111:group/admins", "arn:aws:iam::222222222222:role/" + blueprint.DefaultRole} {
		told := false
		for _, f := range summary.Findings {
			told = told || f.ID == "iam.not-ours" && strings.Contains(f.String(), "--adopt "+arn)
		}
		if !told {
			t.Errorf("nobody was told how to adopt %s: %v", arn, summary.Findings)
		}
	}
	for _, e := range w.server.Log() {
		if e.Operation == "AddUserToGroup" || e.Operation == "AttachGroupPolicy" || e.Operation == "UpdateAssumeRolePolicy" {
			t.Errorf("%s was called on something foreign: %v", e.Operation, e.Input)
		}
	}
}
