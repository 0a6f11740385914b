package account_test

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/healthtest"
)

// failures are the ids of the findings that break Terraform.
func failures(r plan.Review) []string {
	var list []string
	for _, f := range r.Findings {
		if f.Severity == plan.Failure {
			list = append(list, f.ID)
		}
	}
	return list
}

// wants fails the test unless these and no others are the failures, in order.
func (w *world) wants(r plan.Review, want ...string) {
	w.T.Helper()
	if diff := cmp.Diff(want, failures(r)); diff != "" {
		w.T.Errorf("findings (-want +got):\n%s\n%v", diff, r.Findings)
	}
}

func TestTwoFaultsAreBothFoundCausesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	h, ctx := w.hands(""), context.Background()
	w.without("dynamodb:DeleteItem")
	_, err := h.kms.DisableKey(ctx, &kms.DisableKeyInput{KeyId: w.keyID()})
	w.Must(err)
	w.wants(w.Review(), "kms-disabled", "lock-release-failed")
	if summary := w.Mended(); len(summary.Findings) > 0 {
		t.Errorf("after fixing: %v", summary.Findings)
	}
	w.policy("stateroom-admins-assume-1", denyAll)
	w.put(state(1))
	w.item(bucketName+"/"+stagingKey+"-md5", "Digest", strings.Repeat("0", 32))
	w.Edit(healthtest.Backend, `region\s*= "eu-west-1"`, `region = "eu-west-2"`)
	w.wants(w.Review(), "assume-role-denied", "region-wrong", "digest-mismatch")
}

// A key that AWS does not accept hides nothing that the operator can see.
func TestWhoCannotSignInDoesNotHideOtherFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.Edit(healthtest.Credentials, `aws_secret_access_key = .*`, `aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`)
	_, err := w.hands("").kms.DisableKey(context.Background(), &kms.DisableKeyInput{KeyId: w.keyID()})
	w.Must(err)
	review := w.Review()
	w.wants(review, "signature-mismatch", "kms-disabled")
	if strings.Contains(review.Findings[0].Evidence+review.Findings[0].Details, "wJalrXUtnFEMI") {
		t.Errorf("the finding tells the secret: %v", review.Findings[0])
	}
	for _, c := range review.Checks {
		if strings.Contains(c.Name, "permission") && c.Verdict == plan.Passed && strings.Contains(c.Asked, "operator") {
			t.Errorf("what the operator may do passes for alice: %+v", c)
		}
	}
}

func TestAHeldLockIsShownWithItsHolder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		age  time.Duration
		want plan.Severity
	}{{10 * time.Minute, plan.Info}, {3 * time.Hour, plan.Warning}} {
		w := newWorld(t, sandbox.Options{})
		w.item(bucketName+"/"+stagingKey, "Info", lock(c.age))
		w.lockFile(lock(c.age))
		review := w.Review()
		f := healthtest.Finding(review.Findings, "lock-held")
		if f == nil || f.Severity != c.want || len(review.Findings) != 1 {
			t.Fatalf("after %s: findings %v, want lock-held as %s", c.age, review.Findings, c.want)
		}
		for _, says := range []string{"carol@laptop", "OperationTypeApply", "5d6f0000-1111-2222-3333-444455556666"} {
			if !strings.Contains(f.Evidence, says) {
				t.Errorf("the evidence does not say %q: %s", says, f.Evidence)
			}
		}
		if len(review.Changes) != 0 || len(review.NotOurs) != 1 || !review.NotOurs[0].ConfirmByName || review.NotOurs[0].NotOurs != "5d6f0000-1111-2222-3333-444455556666" {
			t.Fatalf("changes %v, foreign %v: a release takes typing the lock's id", review.Changes, review.NotOurs)
		}
		if summary := w.Mended(); len(summary.Findings) > 0 {
			t.Errorf("after the release: %v", summary.Findings)
		}
	}
}

// Between the look and the release the holder may have finished, and another
// may have taken the lock.
func TestALockTakenMeanwhileIsNotReleased(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.item(bucketName+"/"+stagingKey, "Info", lock(3*time.Hour))
	flow := w.Flow()
	agree := flow.Confirm
	flow.Confirm = func(ctx context.Context, r plan.Review) (plan.Decision, error) {
		w.item(bucketName+"/"+stagingKey, "Info", lock(0))
		return agree(ctx, r)
	}
	summary, err := flow.Run(context.Background())
	w.Must(err)
	if summary.Failed != 1 || summary.Applied != 0 {
		t.Errorf("applied %d, failed %d: the other's lock was to stay", summary.Applied, summary.Failed)
	}
	item, err := w.home().LockItem(context.Background(), lockTable, bucketName+"/"+stagingKey)
	if err != nil || item == nil {
		t.Errorf("the other's lock is gone: %v, %v", item, err)
	}
}

func TestTheRegionOfTheBackendIsCompared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.Edit(healthtest.Backend, `region\s*= "eu-west-1"`, `region = "eu-west-2"`)
	review := w.Review()
	w.wants(review, "region-wrong")
	if f := review.Findings[0]; !strings.Contains(f.Evidence, "eu-west-2") || !strings.Contains(f.Remedy, `"eu-west-1"`) {
		t.Errorf("finding %v", f)
	}
	w.Edit(healthtest.Backend, `region = "eu-west-2"`, `region = "eu-west-99"`)
	w.wants(w.Review(), "region-invalid")
}

func TestABackendThatSendsNoHeadersIsToldByTheBucketsPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.Edit(healthtest.Backend, `encrypt\s*= true`, ``)
	review := w.Review()
	w.wants(review, "explicit-deny")
	if f := review.Findings[0]; !strings.Contains(f.Evidence, "no encryption header") || !strings.Contains(f.Remedy, "encrypt = true") || len(review.Changes) != 1 {
		t.Errorf("finding %v, changes %v", f, review.Changes)
	}
}

func TestSomebodyElsesBucketIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	other := w.hands(staging)
	_, err := other.s3.CreateBucket(context.Background(), &s3.CreateBucketInput{
		Bucket: aws.String("somebody-elses"), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: stateRegion},
	})
	w.Must(err)
	w.Edit(healthtest.Backend, `"acme-terraform-state"`, `"somebody-elses"`)
	_ = w.Review()
	w.wants(w.Review(), "s3-list-denied")
	_, err = other.s3.PutBucketPolicy(context.Background(), &s3.PutBucketPolicyInput{
		Bucket: aws.String("somebody-elses"),
		Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"s3:*","Resource":["arn:aws:s3:::somebody-elses","arn:aws:s3:::somebody-elses/*"]}]}`),
	})
	w.Must(err)
	w.policy("stateroom-admins-state-1", allowAll)
	w.wants(w.Review(), "bucket.taken")
}

func TestCredentialsOfAnotherAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	h, ctx := w.hands(staging), context.Background()
	_, err := h.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("eve")})
	w.Must(err)
	key, err := h.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("eve")})
	w.Must(err)
	w.profile(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
	w.wants(w.Review(), "wrong-account")
	_, err = h.iam.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: aws.String("eve"), AccessKeyId: key.AccessKey.AccessKeyId, Status: "Inactive"})
	w.Must(err)
	review := w.Review()
	w.wants(review, "key-invalid")
	if f := review.Findings[0]; !strings.Contains(f.Evidence, "belongs to account "+staging) {
		t.Errorf("finding %v", f)
	}
}

func (w *world) profile(id, secret, token string) {
	w.Edit(healthtest.Credentials, `aws_access_key_id = .*`, "aws_access_key_id = "+id)
	w.Edit(healthtest.Credentials, `aws_secret_access_key = .*`, "aws_secret_access_key = "+secret+"\naws_session_token = "+token)
}

func TestTimeRunsOutAndClocksDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	ctx := context.Background()
	alice := sandbox.Credentials{}
	env := w.Env()
	file, err := os.ReadFile(env.CredentialsPath)
	w.Must(err)
	values := regexp.MustCompile(`(?:aws_access_key_id|aws_secret_access_key) = (\S+)`).FindAllStringSubmatch(string(file), -1)
	alice.AccessKeyID, alice.SecretAccessKey = values[0][1], values[1][1]
	out, err := sts.NewFromConfig(w.config(alice)).GetSessionToken(ctx, &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(900)})
	w.Must(err)
	w.profile(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	w.Server.SetClock(14 * time.Minute) // the operator's keys are accepted, a session's life is short
	w.wants(w.Review(), "clock-skew")
	w.Server.SetClock(16 * time.Minute)
	w.wants(w.Review(), "clock-skew", "token-expired")
}

func TestWithoutANetworkThereIsOneSentence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	flow := w.Flow()
	w.Must(w.Server.Close())
	review, err := flow.Review(context.Background())
	w.Must(err)
	w.wants(review, "network-unreachable")
	if !slices.ContainsFunc(review.Checks, func(c plan.Check) bool { return c.Verdict == plan.Undecided }) {
		t.Errorf("no check is undecided: %v", review.Checks)
	}
}

// What differs from the blueprint without breaking Terraform is told as that.
func TestDriftThatBreaksNothingIsAWarning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	h, ctx := w.hands(""), context.Background()
	_, err := h.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: aws.String(bucketName), VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusSuspended},
	})
	w.Must(err)
	w.Answers.Tags = map[string]string{"owner": "platform"} // set-up's to add
	review := w.Review()
	if len(review.Findings) != 1 || review.Findings[0].ID != "bucket.versioning-differs" || review.Findings[0].Severity != plan.Warning {
		t.Errorf("findings %v, want bucket.versioning-differs as a warning", review.Findings)
	}
	if summary := w.Mended(); len(summary.Findings) > 0 || summary.ExitCode(false) != plan.ExitDone {
		t.Errorf("after fixing: %v", summary.Findings)
	}
}

func TestALockThatItsOwnerMayNotSeeIsReadByTheOperator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.without("s3:GetObject")
	w.lockFile(lock(time.Minute))
	review := w.Review()
	i := slices.IndexFunc(review.Findings, func(f plan.Finding) bool { return f.ID == "lock-held" })
	if i < 0 || !strings.Contains(review.Findings[i].Evidence, "carol@laptop") {
		t.Errorf("the lock is not found: %v", review.Findings)
	}
	i = slices.IndexFunc(review.Checks, func(c plan.Check) bool {
		return c.Name == "lock holder" && c.Verdict == plan.Failed && c.Finding == "lock-held"
	})
	if i < 0 || !strings.Contains(review.Checks[i].Asked, "as the operator, since arn:aws:iam::111111111111:user/alice may not see it") {
		t.Errorf("who was asked is not told: %+v", review.Checks)
	}
}

// TestAKeyThatIsKnownInAnotherRegionIsNoBadKey: in a region that its account has not
// enabled, and in another partition, AWS answers as to one that is none.
func TestAKeyThatIsKnownInAnotherRegionIsNoBadKey(t *testing.T) {
	t.Parallel()
	for region, says := range map[string]string{"eu-south-1": "enable-region --region-name eu-south-1", "us-gov-west-1": "another partition"} {
		w := newWorld(t, sandbox.Options{})
		w.Answers.StateRegion = region
		review := w.Review()
		f := healthtest.Finding(review.Findings, "key-invalid")
		if f == nil {
			t.Fatalf("%s: %v", region, review.Findings)
		}
		if text := f.Evidence + f.Remedy; !strings.Contains(text, says) || !strings.Contains(text, "nothing is wrong with it") {
			t.Errorf("%s: %s", region, text)
		}
	}
}
