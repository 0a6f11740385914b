package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"stateroom/awsops/policy"
)

// holder is a resource with a policy: how one is stored and read, and what AWS says of
// one that it does not take. A policy names a principal beside the account.
type holder struct {
	policy     func(principal string) string
	put        func(text string) error
	get        func() string
	code, says string
}

func (st *stage) holders() map[string]holder {
	st.t.Helper()
	keys, buckets, roles := st.kmsAs(st.Operator()), st.s3(), st.iam()
	const root = "arn:aws:iam::111111111111:root"
	of := func(resource, action string) func(string) string {
		return func(principal string) string {
			return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":[%q,%q]},"Action":%q%s}]}`, root, principal, action, resource)
		}
	}
	trusting := of("", "sts:AssumeRole")
	_, err := roles.CreateRole(st.ctx, &iam.CreateRoleInput{RoleName: aws.String("trusting"), AssumeRolePolicyDocument: aws.String(trusting(root))})
	st.must(err)
	return map[string]holder{
		"key": {
			of(`,"Resource":"*"`, "kms:*"), func(text string) error {
				_, err := keys.PutKeyPolicy(st.ctx, &kms.PutKeyPolicyInput{KeyId: &st.keyARN, Policy: &text})
				return err
			}, func() string {
				out, err := keys.GetKeyPolicy(st.ctx, &kms.GetKeyPolicyInput{KeyId: &st.keyARN})
				st.must(err)
				return *out.Policy
			}, "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.",
		},
		"bucket": {
			of(`,"Resource":"arn:aws:s3:::`+stageBucket+`/*"`, "s3:GetObject"), func(text string) error {
				_, err := buckets.PutBucketPolicy(st.ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(stageBucket), Policy: &text})
				return err
			}, func() string {
				out, err := buckets.GetBucketPolicy(st.ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(stageBucket)})
				st.must(err)
				return *out.Policy
			}, "MalformedPolicy", "Invalid principal in policy",
		},
		"role": {
			trusting, func(text string) error {
				_, err := roles.UpdateAssumeRolePolicy(st.ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("trusting"), PolicyDocument: &text})
				return err
			}, func() string {
				out, err := roles.GetRole(st.ctx, &iam.GetRoleInput{RoleName: aws.String("trusting")})
				st.must(err)
				text, err := url.PathUnescape(*out.Role.AssumeRolePolicyDocument)
				st.must(err)
				return text
			}, "MalformedPolicyDocument", "Invalid principal in policy",
		},
	}
}

// TestAPolicyNamesWhoWasDeletedByAnIDThatNoPolicyMayNameAgain: AWS does not let go of who
// had a name, nor take the next one of that name for it.
func TestAPolicyNamesWhoWasDeletedByAnIDThatNoPolicyMayNameAgain(t *testing.T) {
	st := newStateStage(t, false)
	holders, admin, name := st.holders(), st.iam(), aws.String("carol")
	kinds := map[string]struct {
		create func() (arn, id string)
		remove func() error
	}{
		"user": {func() (string, string) {
			out, err := admin.CreateUser(st.ctx, &iam.CreateUserInput{UserName: name})
			st.must(err)
			return *out.User.Arn, *out.User.UserId
		}, func() error {
			_, err := admin.DeleteUser(st.ctx, &iam.DeleteUserInput{UserName: name})
			return err
		}},
		"role": {func() (string, string) {
			out, err := admin.CreateRole(st.ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trustIf(""))})
			st.must(err)
			return *out.Role.Arn, *out.Role.RoleId
		}, func() error {
			_, err := admin.DeleteRole(st.ctx, &iam.DeleteRoleInput{RoleName: name})
			return err
		}},
	}
	for kind, k := range kinds {
		arn, id := k.create()
		for what, h := range holders {
			st.must(h.put(h.policy(id)))
			if got := h.get(); !policy.Equivalent(parsed(t, got), parsed(t, h.policy(arn))) {
				t.Errorf("%s: a policy that names the id of a %s that is there: %s", what, kind, got)
			}
			st.must(h.put(h.policy(arn)))
		}
		st.must(k.remove())
		for what, h := range holders {
			if got := h.get(); !policy.Equivalent(parsed(t, got), parsed(t, h.policy(id))) {
				t.Errorf("%s: the %s that was deleted is named in %s", what, kind, got)
			}
			wantCode(t, h.put(h.policy(id)), h.code, h.says)
			wantCode(t, h.put(h.policy(arn)), h.code, h.says)
		}
		again, other := k.create()
		if again != arn || other == id {
			t.Fatalf("%s %s was made again as %s %s", arn, id, again, other)
		}
		for what, h := range holders {
			if got := h.get(); strings.Contains(got, arn) || !strings.Contains(got, id) {
				t.Errorf("%s: the %s that was made again is named in %s", what, kind, got)
			}
			wantCode(t, h.put(h.policy(id)), h.code, h.says)
			st.must(h.put(h.policy(arn)))
		}
		st.must(k.remove())
	}
}

// TestWhoWasMadeAgainIsNotTrustedByWhatNamedTheOther: a name is not who has it.
func TestWhoWasMadeAgainIsNotTrustedByWhatNamedTheOther(t *testing.T) {
	s := serve(t, Options{})
	carol, admin := addUser(t, s, "carol"), iamAs(s, s.Operator())
	trust := strings.Replace(trustIf(""), ":root", ":user/carol", 1)
	arn := environmentRole(t, s, "terraform", trust)
	allowed := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`
	allow(t, s, "carol", allowed)
	if _, err := assume(t.Context(), s, carol, arn); err != nil {
		t.Fatal(err)
	}
	for _, call := range []func() error{
		func() error {
			_, err := admin.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String("carol"), AccessKeyId: &carol.AccessKeyID})
			return err
		},
		func() error {
			_, err := admin.DeleteUserPolicy(t.Context(), &iam.DeleteUserPolicyInput{UserName: aws.String("carol"), PolicyName: aws.String("test")})
			return err
		},
		func() error {
			_, err := admin.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("carol")})
			return err
		},
	} {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	carol = addUser(t, s, "carol")
	allow(t, s, "carol", allowed)
	_, err := assume(t.Context(), s, carol, arn)
	wantError(t, err, "AccessDenied", "sts:AssumeRole")
	_, err = iamAs(s, inStaging(t, s)).UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("terraform"), PolicyDocument: &trust})
	wantError(t, err, "", "")
	if _, err := assume(t.Context(), s, carol, arn); err != nil {
		t.Error(err)
	}
}

// TestADeletionIsSeenInPoliciesByOneCopyOfAWSAndNotYetByAnother holds for policies what
// holds for all reads that lag.
func TestADeletionIsSeenInPoliciesByOneCopyOfAWSAndNotYetByAnother(t *testing.T) {
	s, clock := lagged(t)
	admin, keys := iam.NewFromConfig(as(s, s.Operator())), kms.NewFromConfig(as(s, s.Operator()))
	made, err := admin.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("carol")})
	if err != nil {
		t.Fatal(err)
	}
	clock.add(2 * time.Minute)
	key, err := keys.CreateKey(t.Context(), &kms.CreateKeyInput{Policy: aws.String(fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root",%q]},"Action":"kms:*","Resource":"*"}]}`, *made.User.Arn))})
	if err != nil {
		t.Fatal(err)
	}
	clock.add(2 * time.Minute)
	shown := func(times int) (all []bool) {
		for range times {
			out, err := keys.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: key.KeyMetadata.KeyId})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, strings.Contains(*out.Policy, *made.User.UserId))
		}
		return all
	}
	if slices.Contains(shown(1), true) {
		t.Fatal("the id is shown of a user who is there")
	}
	clock.add(time.Second)
	if _, err := admin.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("carol")}); err != nil {
		t.Fatal(err)
	}
	if got := shown(2 * nodes); !slices.Contains(got, true) || !slices.Contains(got, false) {
		t.Errorf("at once the id is shown: %v", got)
	}
	clock.add(time.Minute)
	if slices.Contains(shown(2*nodes), false) {
		t.Error("after the lag the ARN is still shown")
	}
}

func parsed(t *testing.T, text string) policy.Document {
	t.Helper()
	doc, err := policy.Parse(text)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return doc
}
