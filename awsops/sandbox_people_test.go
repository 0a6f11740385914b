package awsops_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
)

// console is what somebody does to the sandbox in AWS's console.
func console(s *sandbox.Server) *iam.Client {
	who := s.Operator()
	return iam.NewFromConfig(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(s.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(who.AccessKeyID, who.SecretAccessKey, ""),
	})
}

func TestAKeyTellsWhenItWasLastUsed(t *testing.T) {
	t.Parallel()
	_, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), t.Context()
	do(t, home, awsops.CreateUser("alice", "", nil))
	key := do(t, home, awsops.CreateAccessKey("alice"))
	id := key.Values["id"]
	if use := must[awsops.KeyUse](t)(home.KeyLastUsed(ctx, id)); !use.Never() {
		t.Errorf("a new key was used: %+v", use)
	}
	must[awsops.Identity](t)(sessions.With(id, key.Secret, secret.Secret{}, "eu-west-1").Identity(ctx))
	if use := must[awsops.KeyUse](t)(home.KeyLastUsed(ctx, id)); use.Never() || use.Service != "sts" {
		t.Errorf("the use is told as %+v", use)
	}
	if _, err := home.KeyLastUsed(ctx, "AKIAUNKNOWNUNKNOWN00"); !awsops.IsAccessDenied(err) {
		t.Errorf("an unknown key: %v", err)
	}
}

func TestEverythingThatHangsOnAUserIsFoundAndTaken(t *testing.T) {
	t.Parallel()
	s, sessions := rehearse(t, sandbox.Options{})
	home, ctx, aws1 := sessions.Home(""), t.Context(), console(s)
	do(t, home, awsops.CreateUser("bob", "", nil))
	bob := aws.String("bob")
	if has := must[bool](t)(home.HasPassword(ctx, "bob")); has {
		t.Error("a new user has a password")
	}
	for _, make := range []func() error{
		func() error {
			_, err := aws1.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: bob, Password: aws.String("correct horse")})
			return err
		},
		func() error {
			_, err := aws1.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: bob, PolicyArn: aws.String("arn:aws:iam::aws:policy/IAMReadOnlyAccess")})
			return err
		},
		func() error {
			_, err := aws1.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: bob, PolicyName: aws.String("own"), PolicyDocument: aws.String(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}]}`)})
			return err
		},
		func() error {
			_, err := aws1.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: bob, SSHPublicKeyBody: aws.String("ssh-rsa AAAA")})
			return err
		},
		func() error {
			_, err := aws1.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{UserName: bob, CertificateBody: aws.String("-----BEGIN")})
			return err
		},
		func() error {
			_, err := aws1.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{UserName: bob, ServiceName: aws.String("codecommit.amazonaws.com")})
			return err
		},
	} {
		if err := make(); err != nil {
			t.Fatal(err)
		}
	}
	if has := must[bool](t)(home.HasPassword(ctx, "bob")); !has {
		t.Error("the password was not seen")
	}
	b := must[awsops.Belongings](t)(home.Belongings(ctx, "bob"))
	for _, update := range []awsops.Call{
		awsops.UpdateSSHPublicKey("bob", b.SSHKeys[0].ID, "Inactive"),
		awsops.UpdateSigningCertificate("bob", b.Certificates[0].ID, "Inactive"),
		awsops.UpdateServiceCredential("bob", b.ServiceCredentials[0].ID, "Inactive"),
	} {
		do(t, home, update)
	}
	if after := must[awsops.Belongings](t)(home.Belongings(ctx, "bob")); !b.SSHKeys[0].Active || after.SSHKeys[0].Active || after.Certificates[0].Active || after.ServiceCredentials[0].Active {
		t.Errorf("before %+v, deactivated %+v", b, after)
	}
	calls := append(awsops.RemoveBelongings("bob", b), awsops.DeleteLoginProfile("bob"), awsops.DeleteUser("bob"))
	if len(calls) != 7 {
		t.Errorf("%d calls for %+v", len(calls), b)
	}
	for _, call := range calls {
		do(t, home, call)
		if _, err := home.Do(ctx, call); !awsops.AlreadyGone(call, err) {
			t.Errorf("%s a second time: %v", call.Operation, err)
		}
	}
	if u := must[*awsops.User](t)(home.User(ctx, "bob")); u != nil {
		t.Errorf("bob is still there: %+v", u)
	}
}
