package awsops

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"golang.org/x/sync/errgroup"
)

// KeyUse is when an access key was last used, as IAM has seen it so far.
type KeyUse struct {
	At      time.Time // zero for a key that was never used
	Service string    // "sts", "s3"…
	Region  string
}

// Never says that IAM knows of no use of the key.
func (u KeyUse) Never() bool { return u.At.IsZero() }

// KeyLastUsed tells when an access key of the account was last used.
func (s *Session) KeyLastUsed(ctx context.Context, keyID string) (KeyUse, error) {
	answer, err := s.iam().GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(keyID)})
	if err != nil {
		return KeyUse{}, s.fail(err, "iam", "GetAccessKeyLastUsed", keyID)
	}
	used := answer.AccessKeyLastUsed
	if used == nil || used.LastUsedDate == nil {
		return KeyUse{}, nil
	}
	return KeyUse{At: *used.LastUsedDate, Service: aws.ToString(used.ServiceName), Region: aws.ToString(used.Region)}, nil
}

// Belongings are what IAM wants gone before it deletes a user, besides access
// keys, memberships and MFA devices (IAM API Reference, DeleteUser).
type Belongings struct {
	Inline             []string // names
	Attached           []PolicyRef
	SSHKeys            []string // ids
	Certificates       []string // ids of signing certificates
	ServiceCredentials []string // ids of credentials for Git and the like
}

// Belongings reads what else hangs on a user.
func (s *Session) Belongings(ctx context.Context, user string) (Belongings, error) {
	var b Belongings
	reads, ctx := errgroup.WithContext(ctx)
	reads.Go(func() (err error) { b.Inline, err = s.userPolicyNames(ctx, user); return err })
	reads.Go(func() (err error) { b.Attached, err = s.userAttached(ctx, user); return err })
	reads.Go(func() (err error) { b.SSHKeys, err = s.sshKeys(ctx, user); return err })
	reads.Go(func() (err error) { b.Certificates, err = s.signingCertificates(ctx, user); return err })
	reads.Go(func() (err error) { b.ServiceCredentials, err = s.serviceCredentials(ctx, user); return err })
	if err := reads.Wait(); err != nil {
		return Belongings{}, err
	}
	return b, nil
}

// HasPassword says whether a user can sign in to the console by password.
func (s *Session) HasPassword(ctx context.Context, user string) (bool, error) {
	_, err := s.iam().GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: aws.String(user)})
	if IsNotFound(err) {
		return false, nil
	}
	return err == nil, s.fail(err, "iam", "GetLoginProfile", user)
}

func (s *Session) userPolicyNames(ctx context.Context, user string) ([]string, error) {
	var names []string
	pages := iam.NewListUserPoliciesPaginator(s.iam(), &iam.ListUserPoliciesInput{UserName: aws.String(user)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.fail(err, "iam", "ListUserPolicies", user)
		}
		names = append(names, page.PolicyNames...)
	}
	return names, nil
}

func (s *Session) userAttached(ctx context.Context, user string) ([]PolicyRef, error) {
	var refs []PolicyRef
	pages := iam.NewListAttachedUserPoliciesPaginator(s.iam(), &iam.ListAttachedUserPoliciesInput{UserName: aws.String(user)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.fail(err, "iam", "ListAttachedUserPolicies", user)
		}
		refs = append(refs, policyRefs(page.AttachedPolicies)...)
	}
	return refs, nil
}

func (s *Session) sshKeys(ctx context.Context, user string) ([]string, error) {
	var ids []string
	pages := iam.NewListSSHPublicKeysPaginator(s.iam(), &iam.ListSSHPublicKeysInput{UserName: aws.String(user)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.fail(err, "iam", "ListSSHPublicKeys", user)
		}
		for _, k := range page.SSHPublicKeys {
			ids = append(ids, aws.ToString(k.SSHPublicKeyId))
		}
	}
	return ids, nil
}

func (s *Session) signingCertificates(ctx context.Context, user string) ([]string, error) {
	var ids []string
	pages := iam.NewListSigningCertificatesPaginator(s.iam(), &iam.ListSigningCertificatesInput{UserName: aws.String(user)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.fail(err, "iam", "ListSigningCertificates", user)
		}
		for _, c := range page.Certificates {
			ids = append(ids, aws.ToString(c.CertificateId))
		}
	}
	return ids, nil
}

// serviceCredentials pages by hand: the SDK has no paginator for them.
func (s *Session) serviceCredentials(ctx context.Context, user string) ([]string, error) {
	var ids []string
	input := &iam.ListServiceSpecificCredentialsInput{UserName: aws.String(user)}
	for {
		page, err := s.iam().ListServiceSpecificCredentials(ctx, input)
		if err != nil {
			return nil, s.fail(err, "iam", "ListServiceSpecificCredentials", user)
		}
		for _, c := range page.ServiceSpecificCredentials {
			ids = append(ids, aws.ToString(c.ServiceSpecificCredentialId))
		}
		if !page.IsTruncated {
			return ids, nil
		}
		input.Marker = page.Marker
	}
}

// DeleteUser deletes a user on whom nothing hangs any more.
func DeleteUser(name string) Call {
	return iamCall("DeleteUser", &iam.DeleteUserInput{UserName: aws.String(name)}, nil)
}

// DeleteLoginProfile takes a user's console password away.
func DeleteLoginProfile(user string) Call {
	return iamCall("DeleteLoginProfile", &iam.DeleteLoginProfileInput{UserName: aws.String(user)}, nil)
}

// RemoveBelongings are the calls that take everything in b from a user.
func RemoveBelongings(user string, b Belongings) []Call {
	var calls []Call
	name := aws.String(user)
	for _, p := range b.Attached {
		calls = append(calls, iamCall("DetachUserPolicy", &iam.DetachUserPolicyInput{UserName: name, PolicyArn: aws.String(p.ARN)}, nil))
	}
	for _, p := range b.Inline {
		calls = append(calls, iamCall("DeleteUserPolicy", &iam.DeleteUserPolicyInput{UserName: name, PolicyName: aws.String(p)}, nil))
	}
	for _, id := range b.SSHKeys {
		calls = append(calls, iamCall("DeleteSSHPublicKey", &iam.DeleteSSHPublicKeyInput{UserName: name, SSHPublicKeyId: aws.String(id)}, nil))
	}
	for _, id := range b.Certificates {
		calls = append(calls, iamCall("DeleteSigningCertificate",
			&iam.DeleteSigningCertificateInput{UserName: name, CertificateId: aws.String(id)}, nil))
	}
	for _, id := range b.ServiceCredentials {
		calls = append(calls, iamCall("DeleteServiceSpecificCredential",
			&iam.DeleteServiceSpecificCredentialInput{UserName: name, ServiceSpecificCredentialId: aws.String(id)}, nil))
	}
	return calls
}
