//go:build integration

package steps

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// twoGroups are the admins and a group that works on staging only.
func twoGroups() *blueprint.Blueprint {
	b := team()
	b.Groups = []blueprint.Group{
		{Name: "admins", Users: []string{"alice"}, Environments: []string{blueprint.Everything}},
		{Name: "stagers", Users: []string{"bob"}, Environments: []string{"staging"}},
	}
	b.FillDefaults()
	return b
}

// refusedTo fails the test unless AWS refused the call for want of rights.
func refusedTo(t *testing.T, who, what string, err error) {
	t.Helper()
	if !awsops.IsAccessDenied(err) {
		t.Errorf("%s: %s: %v, want a refusal", who, what, err)
	}
}

func roleOf(account string) string {
	return "arn:aws:iam::" + account + ":role/" + blueprint.DefaultRole
}

func TestAdminsReachEveryEnvironmentAndOthersNone(t *testing.T) {
	t.Parallel()
	w := newSetUpWorld(t, team())
	alice := w.alice().at("production", one)
	alice.ok("init")
	alice.ok("apply", "-auto-approve")
	for _, e := range team().Environments {
		s, err := alice.session().Assume(t.Context(), roleOf(e.Account))
		w.must(err)
		if id, err := s.Identity(t.Context()); err != nil || id.Account != e.Account {
			t.Errorf("%s: %+v, %v", e.Name, id, err)
		}
	}
	eve := w.person("eve")
	w.everythingIsRefused("eve", eve.session(), "444444444444", "common/production")
	eve.at("production", one).refused(`StatusCode: 403`, "init")
}

// everythingIsRefused tries all that a project's admin does, by hand and past
// Terraform, which would stop at the first refusal.
func (w *world) everythingIsRefused(who string, s *awsops.Session, account, key string) {
	w.t.Helper()
	t, ctx := w.t.(*testing.T), awsops.WithProbe(context.Background())
	const bucket, table = "acme-terraform-state", blueprint.DefaultLockTable
	put := awsops.PutOptions{KMSKeyARN: w.stateKey()}
	_, err := s.Assume(ctx, roleOf(account))
	refusedTo(t, who, "assume the role", err)
	for _, object := range []string{key, key + ".tflock", "env:/blue/" + key, "env:/blue/" + key + ".tflock"} {
		_, err = s.GetObject(ctx, bucket, object)
		if !awsops.IsNotFound(err) { // who may list is told that nothing is there
			refusedTo(t, who, "read "+object, err)
		}
		refusedTo(t, who, "write "+object, s.PutObject(ctx, bucket, object, []byte("{}"), put))
		refusedTo(t, who, "delete "+object, s.DeleteObject(ctx, bucket, object))
	}
	for _, id := range []string{bucket + "/" + key, bucket + "/" + key + "-md5", bucket + "/env:/blue/" + key} {
		_, err = s.LockItem(ctx, table, id)
		refusedTo(t, who, "read the lock "+id, err)
		refusedTo(t, who, "take the lock "+id, s.PutLock(ctx, table, id, "{}"))
		refusedTo(t, who, "release the lock "+id, s.DeleteLock(ctx, table, id))
	}
}

func TestAStagingOnlyGroupReachesStagingOnly(t *testing.T) {
	t.Parallel()
	b := twoGroups()
	w := newSetUpWorld(t, b)
	production := w.alice().at("production", one)
	production.ok("init")
	production.ok("apply", "-auto-approve")
	production.ok("workspace", "new", "blue")
	production.ok("apply", "-auto-approve")
	bob := w.person("bob")
	w.everythingIsRefused("bob", bob.session(), "444444444444", "common/production")
	w.everythingIsRefused("bob", bob.session(), "333333333333", "common/preprod")
	if _, err := bob.session().Assume(t.Context(), roleOf("222222222222")); err != nil {
		t.Errorf("bob cannot work on staging: %v", err)
	}
	said := bob.at("production", one).refused(`StatusCode: 403`, "init")
	if strings.Contains(said, "ListObjectsV2") {
		t.Errorf("bob may not even list, so his own first state would be refused: %s", said)
	}
	staging := bob.at("staging", one)
	staging.ok("init")
	staging.ok("apply", "-auto-approve")
	staging.ok("workspace", "new", "blue")
	staging.ok("apply", "-auto-approve")
	w.storedUnder("common/staging")
	w.storedUnder("env:/blue/common/staging")
}

func TestAStagingAdminSetsUpHisOwnLaptop(t *testing.T) {
	t.Parallel()
	b := twoGroups()
	w := newSetUpWorld(t, b)
	bob := w.person("bob")
	w.dir = bob.home
	s := w.setup(b)
	s.Answers.Me = "bob"
	w.events = nil
	w.healthy(w.run(s))
}

// TestABrokenPolicyFailsTheProof takes one right of the admins' away and wants
// the call, the resource and the identity told, whoever proves.
func TestABrokenPolicyFailsTheProof(t *testing.T) {
	t.Parallel()
	for name, withEngine := range map[string]bool{"terraform": true, "SDK": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSetUpWorld(t, team())
			if !withEngine {
				w.engine = nil
			}
			for _, c := range []struct {
				action, finding string
				says            []string
			}{
				{"kms:GenerateDataKey", "init.probe-failed", []string{"kms:GenerateDataKey", ":key/", "user/alice"}},
				{"kms:Decrypt", "init.probe-failed", []string{"kms:Decrypt", ":key/", "user/alice"}},
				{"dynamodb:GetItem", "init.admin-unusable", []string{"dynamodb:GetItem", "table/terraform_locks", "user/alice"}},
				{"dynamodb:PutItem", "init.probe-failed", []string{"dynamodb:PutItem", "table/terraform_locks", "user/alice"}},
				{"s3:PutObject", "init.probe-failed", []string{"s3:PutObject", "acme-terraform-state/env:/stateroom-probe-", "user/alice"}},
				{"sts:AssumeRole", "assume-role-denied", []string{"AssumeRole", "role/TerraformAdmin", "user/alice"}},
				{"s3:DeleteObject", "init.probe-failed", []string{"s3:DeleteObject", "acme-terraform-state/env:/stateroom-probe-", "user/alice"}},
			} {
				w.deny("alice", c.action)
				summary := w.run(w.setup(team()))
				f := findingOf(summary.Findings, c.finding)
				if code := summary.ExitCode(false); f == nil || code == plan.ExitDone {
					t.Errorf("%s: findings %v, exit code %d", c.action, summary.Findings, code)
					continue
				}
				says(t, f.Evidence, c.says...)
			}
		})
	}
}

// TestAKeyPolicyThatDeniesFailsTheProof leaves a statement that somebody added
// to the key policy, which is stronger than asked, where it is.
func TestAKeyPolicyThatDeniesFailsTheProof(t *testing.T) {
	t.Parallel()
	w := newSetUpWorld(t, team())
	key, client := w.stateKey(), w.hands("").kms
	have, err := client.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: &key})
	w.must(err)
	denying := strings.Replace(*have.Policy, `"Statement":[`, `"Statement":[{"Sid":"NotAlice","Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111111111111:user/alice"},"Action":"kms:GenerateDataKey","Resource":"*"},`, 1)
	_, err = client.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: &key, PolicyName: aws.String("default"), Policy: &denying})
	w.must(err)
	summary, planned, _ := w.again(team())
	f := findingOf(summary.Findings, "init.probe-failed")
	if f == nil || summary.ExitCode(false) == plan.ExitDone || len(planned) > 0 {
		t.Fatalf("planned %v, findings %v, exit code %d", planned, summary.Findings, summary.ExitCode(false))
	}
	says(t, f.Evidence, "kms:GenerateDataKey", key, "user/alice", "explicit deny in a resource-based policy")
}
