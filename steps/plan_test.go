package steps

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// planLine is what a golden holds of a change: all that AWS would see of it.
type planLine struct {
	ID      string            `json:"id"`
	Action  plan.Action       `json:"action"`
	Target  string            `json:"target"`
	Account string            `json:"account"`
	Role    string            `json:"role,omitempty"`
	Needs   []string          `json:"needs,omitempty"`
	NotOurs string            `json:"foreign,omitempty"`
	Calls   []callLine        `json:"calls"`
	Intent  map[string]string `json:"intent,omitempty"`
}

type callLine struct {
	Call  string         `json:"call"`
	Input map[string]any `json:"input"`
}

func planText(t testing.TB, changes []plan.Change) []byte {
	t.Helper()
	var lines []planLine
	for _, c := range changes {
		line := planLine{ID: c.ID, Action: c.Action, Target: c.Target, Account: c.Account, Role: c.Role, Needs: c.Needs, NotOurs: c.NotOurs, Intent: c.Intent}
		for _, k := range c.Calls {
			line.Calls = append(line.Calls, callLine{k.Service + ":" + k.Operation, k.InputMap()})
		}
		lines = append(lines, line)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(lines); err != nil {
		t.Fatal(err)
	}
	return []byte(awsops.ShowRefs(out.String()))
}

// golden compares with testdata/NAME. After a change that was meant, delete the
// file and run the tests twice: the first run writes it and fails.
func golden(t testing.TB, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	want, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%s was missing and is written now (%v): look at it, then run the command again", path, os.WriteFile(path, got, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestTheFreshPlanIsTheOneOnRecord(t *testing.T) {
	t.Parallel()
	p, _ := fresh(team(), "alice")
	golden(t, "fresh_plan.json", planText(t, p.Changes))
	if len(p.Findings) > 0 {
		t.Errorf("findings %v", p.Findings)
	}
}

func TestThePlanIsPure(t *testing.T) {
	t.Parallel()
	first, _ := fresh(withStagers(), "alice")
	for range 20 {
		again, _ := fresh(withStagers(), "alice")
		if diff := cmp.Diff(string(planText(t, first.Changes)), string(planText(t, again.Changes))); diff != "" {
			t.Fatalf("the same answers gave another plan:\n%s", diff)
		}
	}
}

func TestEveryNeedOfAPlanIsOfThatPlan(t *testing.T) {
	t.Parallel()
	b := withNew("qa@example.com")
	b.Key.Users, b.Environments[0].Trust = blueprint.KeyUsersListed, blueprint.TrustListed
	o := emptyObserved(b)
	a := &blueprint.Answers{Blueprint: b, Me: "alice"}
	var changes []plan.Change
	ids := map[string]bool{}
	for _, step := range []Step{accountStep(), iamStep(), keyStep(), bucketStep(), lockStep()} {
		changes = append(changes, step.Plan(o, a).Changes...)
	}
	for _, c := range changes {
		if ids[c.ID] {
			t.Errorf("%s is planned twice", c.ID)
		}
		ids[c.ID] = true
	}
	for _, c := range changes {
		for _, need := range c.Needs {
			if !ids[need] {
				t.Errorf("%s needs %s, which is not planned", c.ID, need)
			}
		}
		for _, k := range c.Calls {
			for _, ref := range awsops.Refs(k) {
				if ref.Change != c.ID && !needed(changes, c, ref.Change) {
					t.Errorf("%s refers to %s and does not need it", c.ID, ref)
				}
			}
		}
		if c.Title == "" || c.Target == "" || len(c.Fields) == 0 {
			t.Errorf("%s does not say what it does to what: %+v", c.ID, c)
		}
	}
}

// needed tells whether c needs the change of that id, directly or not.
func needed(changes []plan.Change, c plan.Change, id string) bool {
	for _, need := range c.Needs {
		if need == id {
			return true
		}
		for _, other := range changes {
			if other.ID == need && needed(changes, other, id) {
				return true
			}
		}
	}
	return false
}

// foundBucket is a bucket of ours that is as the blueprint wants it, with a key.
func foundBucket(b *blueprint.Blueprint) *Observed {
	o := emptyObserved(b)
	k, v := b.Tag()
	tags := map[string]string{k: v}
	o.Key = KeyFacts{
		Key:     &awsops.Key{ID: "k", ARN: "arn:aws:kms:eu-west-1:111111111111:key/k", State: "Enabled", Enabled: true, Spec: symmetric, Usage: "ENCRYPT_DECRYPT", Manager: "CUSTOMER", Origin: "AWS_KMS", Description: b.Key.Description},
		Aliased: true, Rotation: true, Tags: tags, Policy: policy.KeyPolicy("aws", b.AdminAccount, nil, nil),
	}
	o.Bucket.Bucket = &awsops.Bucket{
		Name: b.Bucket.Name, Ownership: awsops.BucketOurs, Region: b.StateRegion, Versioning: "Enabled", ObjectOwnership: "BucketOwnerEnforced", Tags: tags,
		PublicAccessBlock: &awsops.PublicAccessBlock{BlockPublicACLs: true, IgnorePublicACLs: true, BlockPublicPolicy: true, RestrictPublicBuckets: true},
		Encryption:        &awsops.BucketEncryption{Algorithm: "aws:kms", KeyID: o.Key.Key.ARN, BucketKey: true},
		Policy:            policy.Bucket(policy.BucketRules{Partition: "aws", Bucket: b.Bucket.Name, KMSKeyARN: o.Key.Key.ARN, Strict: true}).JSON(),
		Lifecycle:         []awsops.LifecycleRule{{ID: lifecycleRule, Enabled: true, NoncurrentDays: noncurrentDays, NewerNoncurrentVersions: noncurrentVersions, AbortMultipartDays: abortUploadDays}},
	}
	return o
}

func TestTheBucketsDefaultEncryptionIsNeverWeakened(t *testing.T) {
	t.Parallel()
	const other = "arn:aws:kms:eu-west-1:111111111111:key/other"
	for name, c := range map[string]struct {
		have    *awsops.BucketEncryption
		change  bool
		finding string
	}{
		"none":                      {nil, true, ""},
		"AES256":                    {&awsops.BucketEncryption{Algorithm: "AES256"}, true, ""},
		"AWS's own key":             {&awsops.BucketEncryption{Algorithm: "aws:kms"}, true, ""},
		"AWS's own key by alias":    {&awsops.BucketEncryption{Algorithm: "aws:kms", KeyID: "arn:aws:kms:eu-west-1:111111111111:alias/aws/s3"}, true, ""},
		"ours":                      {&awsops.BucketEncryption{Algorithm: "aws:kms", KeyID: "arn:aws:kms:eu-west-1:111111111111:key/k", BucketKey: true}, false, ""},
		"ours by id":                {&awsops.BucketEncryption{Algorithm: "aws:kms", KeyID: "k", BucketKey: true}, false, ""},
		"ours without a bucket key": {&awsops.BucketEncryption{Algorithm: "aws:kms", KeyID: "k"}, true, ""},
		"ours by alias":             {&awsops.BucketEncryption{Algorithm: "aws:kms", KeyID: "arn:aws:kms:eu-west-1:111111111111:alias/terraform", BucketKey: true}, true, ""},
		"ours in two layers":        {&awsops.BucketEncryption{Algorithm: "aws:kms:dsse", KeyID: "k"}, false, ""},
		"another customer key":      {&awsops.BucketEncryption{Algorithm: "aws:kms", KeyID: other}, false, "bucket.other-key"},
		"another key in two layers": {&awsops.BucketEncryption{Algorithm: "aws:kms:dsse", KeyID: other}, false, "bucket.other-key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := team()
			o := foundBucket(b)
			o.Bucket.Bucket.Encryption = c.have
			p := planBucket(o, &blueprint.Answers{Blueprint: b})
			changed := false
			for _, change := range p.Changes {
				changed = changed || change.ID == "bucket.encryption"
			}
			if changed != c.change || c.finding != "" && findingOf(p.Findings, c.finding) == nil {
				t.Errorf("changed = %t, want %t; findings %v", changed, c.change, findingIDs(p.Findings))
			}
		})
	}
}

func TestAPolicyThatIsNotUnderstoodIsNeverOverwritten(t *testing.T) {
	t.Parallel()
	b := team()
	o := foundBucket(b)
	o.Bucket.Bucket.Policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","NewElement":"x"}]}`
	o.Key.Policy = policy.Document{}
	a := &blueprint.Answers{Blueprint: b}
	for id, p := range map[string]plan.Proposal{"bucket.policy-unreadable": planBucket(o, a), "key.policy-unreadable": planStateKey(o, a)} {
		f := findingOf(p.Findings, id)
		if f == nil || !f.Blocks || len(p.Changes) > 0 {
			t.Errorf("%s: %+v", id, p)
		}
	}
}

func TestAKeyPolicyKeepsWhatAnAdoptedKeyNamedAndOnOursNoUserBeyondTheBlueprint(t *testing.T) {
	t.Parallel()
	have := policy.KeyPolicy("aws", "111111111111", nil, []string{"arn:aws:iam::111111111111:role/app", "arn:aws:iam::111111111111:user/bob"})
	want := policy.KeyPolicy("aws", "111111111111", nil, []string{"arn:aws:iam::111111111111:user/alice"})
	for own, bob := range map[bool]bool{true: false, false: true} {
		merged := mergedKeyPolicy(have, want, own)
		if len(merged.Statements) != 3 || !policy.KeepsRootAdministration(merged, "aws", "111111111111") || !strings.Contains(merged.JSON(), "user/alice") {
			t.Errorf("merged %s", merged.JSON())
		}
		if !strings.Contains(merged.JSON(), "role/app") {
			t.Errorf("own key = %t: the application's right was taken", own)
		}
		if strings.Contains(merged.JSON(), "user/bob") != bob {
			t.Errorf("own key = %t: bob's right kept = %t, want %t", own, !bob, bob)
		}
	}
	lost := policy.Document{Version: policy.Version2012, Statements: have.Statements[1:]}
	if merged := mergedKeyPolicy(lost, want, true); !policy.KeepsRootAdministration(merged, "aws", "111111111111") {
		t.Errorf("the root's statement was not restored: %s", merged.JSON())
	}
}

func TestNothingIsTestedAsAnAdminWhoHasNoKeyHere(t *testing.T) {
	t.Parallel()
	b := team()
	o := foundBucket(b)
	o.Init.Engine = true
	o.IAM.Users = map[string]UserFacts{"alice": {User: &awsops.User{Name: "alice", ARN: "arn:aws:iam::111111111111:user/alice"}, Keys: engine.UserKeys{All: []awsops.AccessKey{{ID: "A"}, {ID: "B"}}}}}
	o.Files.Projects = map[string]engine.ProjectFiles{}
	for _, p := range b.Projects {
		o.Files.Projects[p.Name] = engine.ProjectFiles{Files: &tf.Project{Dir: "/work/" + p.Dir}}
	}
	p := planInit(o, &blueprint.Answers{Blueprint: b, Me: "alice"})
	if len(p.Changes) > 0 {
		t.Errorf("Terraform is to run with a profile that nobody writes: %v", p.Changes[0].ID)
	}
	if findingOf(p.Findings, "init.no-admin-here") == nil {
		t.Errorf("findings %v", p.Findings)
	}
}

func TestAFreshPlanSaysWhatEachChangeIsFor(t *testing.T) {
	t.Parallel()
	p, _ := fresh(team(), "alice")
	for _, c := range p.Changes {
		want := plan.Repair
		switch {
		case c.ID == changeKey, c.Sends("iam", "CreateUser"):
			want = plan.Make
		case c.Sends("iam", "CreateAccessKey"):
			want = plan.Handover
		}
		if c.Purpose != want {
			t.Errorf("%s is for %v, not %v", c.ID, c.Purpose, want)
		}
		rights := c.Sends("iam", "CreateGroup", "CreatePolicy", "AttachGroupPolicy", "AddUserToGroup")
		if person := c.Sends("iam", "CreateUser", "CreateAccessKey", "AddUserToGroup"); rights != (c.Group != "") || person != (c.User != "") {
			t.Errorf("%s is of group %q and user %q", c.ID, c.Group, c.User)
		}
	}
}
