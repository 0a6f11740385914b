package sandbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

func TestAUserGoesLast(t *testing.T) {
	s := serve(t, Options{})
	admin, ctx, bob := iamAs(s, s.Operator()), t.Context(), aws.String("bob")
	_, err := admin.CreateUser(ctx, &iam.CreateUserInput{UserName: bob})
	wantError(t, err, "", "")
	_, err = admin.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: bob, Password: aws.String("short")})
	wantError(t, err, "PasswordPolicyViolation", "minimum length")
	_, err = admin.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: bob, Password: aws.String("long enough")})
	wantError(t, err, "", "")
	_, err = admin.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: bob, Password: aws.String("long enough")})
	wantError(t, err, "EntityAlreadyExists", "bob")
	login, err := admin.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: bob})
	wantError(t, err, "", "")
	if *login.LoginProfile.UserName != "bob" || login.LoginProfile.CreateDate == nil {
		t.Errorf("login profile %+v", login.LoginProfile)
	}
	ssh, err := admin.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: bob, SSHPublicKeyBody: aws.String("ssh-rsa AAAA")})
	wantError(t, err, "", "")
	certificate, err := admin.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{UserName: bob, CertificateBody: aws.String("-----BEGIN")})
	wantError(t, err, "", "")
	git, err := admin.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{UserName: bob, ServiceName: aws.String("codecommit.amazonaws.com")})
	wantError(t, err, "", "")
	certificates, err := admin.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: bob})
	wantError(t, err, "", "")
	if len(certificates.Certificates) != 1 || *certificates.Certificates[0].CertificateBody != "-----BEGIN" {
		t.Errorf("certificates %+v", certificates.Certificates)
	}

	del := func() error {
		_, err := admin.DeleteUser(ctx, &iam.DeleteUserInput{UserName: bob})
		return err
	}
	wantError(t, del(), "DeleteConflict", "must delete login profile first")
	_, err = admin.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: bob})
	wantError(t, err, "", "")
	wantError(t, del(), "DeleteConflict", "must delete SSH public key first")
	_, err = admin.DeleteSSHPublicKey(ctx, &iam.DeleteSSHPublicKeyInput{UserName: bob, SSHPublicKeyId: ssh.SSHPublicKey.SSHPublicKeyId})
	wantError(t, err, "", "")
	wantError(t, del(), "DeleteConflict", "must delete signing certificate first")
	_, err = admin.DeleteSigningCertificate(ctx, &iam.DeleteSigningCertificateInput{UserName: bob, CertificateId: certificate.Certificate.CertificateId})
	wantError(t, err, "", "")
	wantError(t, del(), "DeleteConflict", "must delete service specific credential first")
	id := git.ServiceSpecificCredential.ServiceSpecificCredentialId
	_, err = admin.DeleteServiceSpecificCredential(ctx, &iam.DeleteServiceSpecificCredentialInput{UserName: bob, ServiceSpecificCredentialId: id})
	wantError(t, err, "", "")
	_, err = admin.DeleteServiceSpecificCredential(ctx, &iam.DeleteServiceSpecificCredentialInput{UserName: bob, ServiceSpecificCredentialId: id})
	wantError(t, err, "NoSuchEntity", "service specific credential")
	wantError(t, del(), "", "")
}
