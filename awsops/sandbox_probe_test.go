package awsops_test

import (
	"slices"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
)

func TestSimulationTellsWhatAPrincipalMayDo(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), t.Context()
	do(t, home, awsops.CreateGroup("admins", ""))
	do(t, home, awsops.CreateUser("alice", "", nil))
	do(t, home, awsops.AddUserToGroup("admins", "alice"))
	putGroupPolicy(t, server, "admins", "some", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:GetObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::b/*"},
		{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"},
		{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::444444444444:role/*","Condition":{"StringEquals":{"aws:ResourceOrgID":"o-x"}}}]}`)
	alice := "arn:aws:iam::111111111111:user/alice"
	got := must[[]awsops.Simulated](t)(home.Simulate(ctx, awsops.Simulation{
		Principal: alice, Actions: []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, Resources: []string{"arn:aws:s3:::b/k"},
	}))
	if len(got) != 3 || !got[0].Allowed || got[1].Allowed || got[1].Explicit || got[2].Allowed || !got[2].Explicit || len(got[2].Policies) == 0 {
		t.Errorf("simulated %+v", got)
	}
	for organization, want := range map[string]bool{"o-x": true, "o-y": false} {
		got := must[[]awsops.Simulated](t)(home.Simulate(ctx, awsops.Simulation{
			Principal: alice, Actions: []string{"sts:AssumeRole"}, Resources: []string{"arn:aws:iam::444444444444:role/any"},
			Context: map[string][]string{"aws:ResourceOrgID": {organization}},
		}))
		if len(got) != 1 || got[0].Allowed != want {
			t.Errorf("assuming a role of %s: %+v, want %v", organization, got, want)
		}
	}
}

func TestVersionsAreListedReadAndPutBack(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), awsops.WithProbe(t.Context())
	must[awsops.Identity](t)(home.Identity(ctx))
	arn := do(t, home, awsops.CreateKey("", "", nil)).Values["arn"]
	do(t, home, awsops.CreateBucket("state-b", region, nil))
	do(t, home, awsops.PutBucketVersioning("state-b", management))
	for _, body := range []string{"one", "two"} {
		if err := home.PutObject(ctx, "state-b", "a/k ey", []byte(body), awsops.PutOptions{KMSKeyARN: arn}); err != nil {
			t.Fatal(err)
		}
	}
	if err := home.PutObject(ctx, "state-b", "a/k ey.tflock", []byte("lock"), awsops.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	versions := must[[]awsops.ObjectVersion](t)(home.ObjectVersions(ctx, "state-b", "a/k ey"))
	if len(versions) != 2 || !versions[0].Latest || versions[1].Latest {
		t.Fatalf("versions %+v", versions)
	}
	current := must[*awsops.Content](t)(home.ReadObject(ctx, "state-b", "a/k ey", ""))
	older := must[*awsops.Content](t)(home.ReadObject(ctx, "state-b", "a/k ey", versions[1].ID))
	if string(current.Body) != "two" || string(older.Body) != "one" || current.Version != versions[0].ID {
		t.Errorf("read %q and %q", current.Body, older.Body)
	}
	if none := must[*awsops.Content](t)(home.ReadObject(ctx, "state-b", "none", "")); none != nil {
		t.Errorf("what is not there is %+v", none)
	}
	if _, err := home.Do(ctx, awsops.CopyVersion("state-b", "a/k ey", versions[1].ID, management, arn, older.ETag)); !awsops.HasCode(err, "PreconditionFailed") {
		t.Errorf("putting back over what was changed meanwhile: %v", err)
	}
	do(t, home, awsops.CopyVersion("state-b", "a/k ey", versions[1].ID, management, arn, current.ETag))
	if now := must[*awsops.Content](t)(home.ReadObject(ctx, "state-b", "a/k ey", "")); string(now.Body) != "one" {
		t.Errorf("after putting back it is %q", now.Body)
	}
	lock := must[*awsops.Content](t)(home.ReadObject(ctx, "state-b", "a/k ey.tflock", ""))
	if _, err := home.Do(ctx, awsops.DeleteObjectIf("state-b", "a/k ey.tflock", management, `"other"`)); !awsops.HasCode(err, "PreconditionFailed") {
		t.Errorf("deleting another's lock file: %v", err)
	}
	do(t, home, awsops.DeleteObjectIf("state-b", "a/k ey.tflock", management, lock.ETag))
	if err := home.List(ctx, "state-b", "env:/"); err != nil {
		t.Error(err)
	}
	if status := must[int](t)(home.Owned(ctx, "state-b", management)); status != 200 {
		t.Errorf("our own bucket answers %d", status)
	}
	if status := must[int](t)(home.Owned(ctx, "state-b", production)); status != 403 {
		t.Errorf("expecting another owner answers %d", status)
	}
	if err := home.TryDataKey(ctx, arn, map[string]string{"aws:s3:arn": "arn:aws:s3:::state-b"}); err != nil {
		t.Error(err)
	}
}

func TestLockItemsAreWrittenOnlyWhileTheyAreAsTheyWere(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), awsops.WithProbe(t.Context())
	do(t, home, awsops.CreateTable("locks", awsops.PayPerRequest, 0, 0, nil))
	if err := home.WaitTableActive(ctx, "locks"); err != nil {
		t.Fatal(err)
	}
	if table := must[*awsops.Table](t)(home.DescribeTable(ctx, "locks")); !table.IsLockTable() {
		t.Errorf("the table is %+v", table)
	}
	if err := home.PutLock(ctx, "locks", "b/k", "held"); err != nil {
		t.Fatal(err)
	}
	if _, err := home.Do(ctx, awsops.DeleteLockIf("locks", "b/k", "another")); !awsops.HasCode(err, "ConditionalCheckFailed") {
		t.Errorf("releasing another's lock: %v", err)
	}
	do(t, home, awsops.DeleteLockIf("locks", "b/k", "held"))
	do(t, home, awsops.PutDigest("locks", "b/k-md5", "", "one"))
	if _, err := home.Do(ctx, awsops.PutDigest("locks", "b/k-md5", "other", "two")); !awsops.HasCode(err, "ConditionalCheckFailed") {
		t.Errorf("replacing another digest: %v", err)
	}
	do(t, home, awsops.PutDigest("locks", "b/k-md5", "one", "two"))
	if item := must[*awsops.LockItem](t)(home.LockItem(ctx, "locks", "b/k-md5")); item.Digest != "two" {
		t.Errorf("the digest is %+v", item)
	}
	do(t, home, awsops.DeleteDigest("locks", "b/k-md5", "two"))
}

func TestAWSsClockIsLookedAt(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	home := sessions.Home("")
	if _, known := home.ClockSkew(); known {
		t.Error("the clock is known before anybody answered")
	}
	must[awsops.Identity](t)(home.Identity(t.Context()))
	if skew, known := home.ClockSkew(); !known || skew.Abs() > 5*time.Second {
		t.Errorf("the clock is %s ahead, known %v", skew, known)
	}
}

func TestARefusalNamesActionResourceAndPolicy(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]awsops.Denial{
		`User: u is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/k" because no identity-based policy allows the s3:GetObject action`: {Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Policy: "identity-based policy"},
		`User: u is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:r:1:key/k with an explicit deny in a resource-based policy`:              {Action: "kms:Decrypt", Resource: "arn:aws:kms:r:1:key/k", Policy: "resource-based policy", Explicit: true},
		`User: u is not authorized to perform: s3:PutObject on resource: r with an explicit deny in a service control policy: arn:aws:organizations::1:p`:    {Action: "s3:PutObject", Resource: "r", Policy: "service control policy", PolicyARN: "arn:aws:organizations::1:p", Explicit: true},
		`User: u is not authorized to perform: iam:X on resource: r with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/D. Go to https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/a1b2 for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: a1b2`: {
			Action: "iam:X", Resource: "r", Policy: "identity-based policy", Explicit: true,
			PolicyARN: "arn:aws:iam::1:policy/D", AuthorizationID: "a1b2", Link: "https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/a1b2",
		},
		`User: u is not authorized to perform: kms:Decrypt because no resource-based policies allow the kms:Decrypt action`:         {Action: "kms:Decrypt", Policy: "resource-based policy"},
		`User: u is not authorized to perform: ec2:RunInstances because no permissions boundary allows the ec2:RunInstances action`: {Action: "ec2:RunInstances", Policy: "permissions boundary"},
		`Access Denied`: {},
	} {
		got, ok := awsops.DenialOf(&awsops.Error{Code: "AccessDenied", Status: 403, Message: message})
		if !ok {
			t.Errorf("%q is no denial", message)
		}
		same(t, message, want, got)
	}
	if _, ok := awsops.DenialOf(&awsops.Error{Code: "NoSuchBucket", Status: 404}); ok {
		t.Error("a missing bucket is no denial")
	}
}

// TestControlPoliciesAreReadFromTheRootDown: with where each is attached, by whoever the
// organization lets read them.
func TestControlPoliciesAreReadFromTheRootDown(t *testing.T) {
	t.Parallel()
	server, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), t.Context()
	lineage := map[string][]string{}
	for _, a := range must[[]awsops.Account](t)(home.Accounts(ctx)) {
		lineage[a.ID] = a.Lineage()
	}
	attached := func(account string) (names []string) {
		for _, target := range lineage[account] {
			for _, p := range must[[]awsops.ControlPolicy](t)(home.ControlPoliciesOn(ctx, target)) {
				if p.Target != target {
					t.Errorf("%s is on %s, not on %s", p.Name, target, p.Target)
				}
				names = append(names, p.Target[:2]+" "+p.Name)
			}
		}
		return names
	}
	if names := attached("222222222222"); len(names) > 0 {
		t.Errorf("there are none: %v", names)
	}
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"ec2:*","Resource":"*"}]}`
	for target, name := range map[string]string{"root": "all", "222222222222": "one"} {
		if err := server.AddSCP(target, name, document); err != nil {
			t.Fatal(err)
		}
	}
	for account, want := range map[string][]string{
		"222222222222": {"r- FullAWSAccess", "r- all", "22 FullAWSAccess", "22 one"},
		"333333333333": {"r- FullAWSAccess", "r- all", "33 FullAWSAccess"},
	} {
		if names := attached(account); !slices.Equal(names, want) {
			t.Errorf("over %s are %v, want %v", account, names, want)
		}
	}
	one := must[[]awsops.ControlPolicy](t)(home.ControlPoliciesOn(ctx, "222222222222"))[1]
	if text := must[string](t)(home.ControlPolicyDocument(ctx, one.ID)); text != document {
		t.Errorf("it reads %s", text)
	}
	member := sessions.Reach("222222222222", "OrganizationAccountAccessRole", "")
	if _, err := member.ControlPoliciesOn(ctx, "222222222222"); !awsops.IsAccessDenied(err) {
		t.Errorf("a member lists them: %v", err)
	}
	if _, err := member.ControlPolicyDocument(ctx, one.ID); !awsops.IsAccessDenied(err) {
		t.Errorf("a member reads one: %v", err)
	}
}
