package awsops

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"
)

// Belongings are what IAM wants gone before it deletes a user, besides access
// keys, memberships and MFA devices (IAM API Reference, DeleteUser).
type Belongings struct {
	Inline             []string // names
	Attached           []PolicyRef
	SSHKeys            []Credential
	Certificates       []Credential // for signing
	ServiceCredentials []Credential // for Git, Bedrock and the like
	// Unseen is why some of them could not be read; nil where all were.
	Unseen error
}

// Credential is a credential of a user that is no access key, without what it
// holds.
type Credential struct {
	ID     string
	Active bool
}

// Belongings reads what else hangs on a user. What the caller may not see is
// left out, and [Belongings.Unseen] says why.
func (s *Session) Belongings(ctx context.Context, user string) (Belongings, error) {
	var b Belongings
	var mu sync.Mutex
	reads, ctx := errgroup.WithContext(ctx)
	read := func(part func() error) {
		reads.Go(func() error {
			err := part()
			if !IsAccessDenied(err) {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			b.Unseen = err
			return nil
		})
	}
	read(func() (err error) { b.Inline, err = s.userPolicyNames(ctx, user); return err })
	read(func() (err error) { b.Attached, err = s.UserAttached(ctx, user); return err })
	read(func() (err error) { b.SSHKeys, err = s.sshKeys(ctx, user); return err })
	read(func() (err error) { b.Certificates, err = s.signingCertificates(ctx, user); return err })
	read(func() (err error) { b.ServiceCredentials, err = s.serviceCredentials(ctx, user); return err })
	if err := reads.Wait(); err != nil {
		return Belongings{}, err
	}
	return b, nil
}

func (s *Session) userPolicyNames(ctx context.Context, user string) ([]string, error) {
	pages := iam.NewListUserPoliciesPaginator(s.iam(), &iam.ListUserPoliciesInput{UserName: aws.String(user)})
	return list(ctx, s, pages, user, func(page *iam.ListUserPoliciesOutput) []string {
		return page.PolicyNames
	})
}

// UserAttached lists the managed policies that are attached to a user.
func (s *Session) UserAttached(ctx context.Context, user string) ([]PolicyRef, error) {
	pages := iam.NewListAttachedUserPoliciesPaginator(s.iam(), &iam.ListAttachedUserPoliciesInput{UserName: aws.String(user)})
	return list(ctx, s, pages, user, func(page *iam.ListAttachedUserPoliciesOutput) []PolicyRef {
		return policyRefs(page.AttachedPolicies)
	})
}

func (s *Session) sshKeys(ctx context.Context, user string) ([]Credential, error) {
	pages := iam.NewListSSHPublicKeysPaginator(s.iam(), &iam.ListSSHPublicKeysInput{UserName: aws.String(user)})
	return list(ctx, s, pages, user, func(page *iam.ListSSHPublicKeysOutput) []Credential {
		return each(page.SSHPublicKeys, func(k types.SSHPublicKeyMetadata) Credential {
			return Credential{aws.ToString(k.SSHPublicKeyId), k.Status == types.StatusTypeActive}
		})
	})
}

func (s *Session) signingCertificates(ctx context.Context, user string) ([]Credential, error) {
	pages := iam.NewListSigningCertificatesPaginator(s.iam(), &iam.ListSigningCertificatesInput{UserName: aws.String(user)})
	return list(ctx, s, pages, user, func(page *iam.ListSigningCertificatesOutput) []Credential {
		return each(page.Certificates, func(c types.SigningCertificate) Credential {
			return Credential{aws.ToString(c.CertificateId), c.Status == types.StatusTypeActive}
		})
	})
}

// serviceCredentials pages by hand: the SDK has no paginator for them.
func (s *Session) serviceCredentials(ctx context.Context, user string) ([]Credential, error) {
	var all []Credential
	input := &iam.ListServiceSpecificCredentialsInput{UserName: aws.String(user)}
	for {
		page, err := s.iam().ListServiceSpecificCredentials(ctx, input)
		if err != nil {
			return nil, s.fail(err, user)
		}
		for _, c := range page.ServiceSpecificCredentials {
			all = append(all, Credential{aws.ToString(c.ServiceSpecificCredentialId), c.Status == types.StatusTypeActive})
		}
		if !page.IsTruncated {
			return all, nil
		}
		input.Marker = page.Marker
	}
}

// RemoveBelongings are the calls that take everything in b from a user, the
// attached policies last and in b's order.
func RemoveBelongings(user string, b Belongings) []Call {
	var calls []Call
	name := aws.String(user)
	for _, p := range b.Inline {
		calls = append(calls, call(&iam.DeleteUserPolicyInput{UserName: name, PolicyName: aws.String(p)}))
	}
	for _, k := range b.SSHKeys {
		calls = append(calls, call(&iam.DeleteSSHPublicKeyInput{UserName: name, SSHPublicKeyId: aws.String(k.ID)}))
	}
	for _, c := range b.Certificates {
		calls = append(calls, call(&iam.DeleteSigningCertificateInput{UserName: name, CertificateId: aws.String(c.ID)}))
	}
	for _, c := range b.ServiceCredentials {
		calls = append(calls, call(&iam.DeleteServiceSpecificCredentialInput{UserName: name, ServiceSpecificCredentialId: aws.String(c.ID)}))
	}
	for _, p := range b.Attached {
		calls = append(calls, DetachUserPolicy(user, p.ARN))
	}
	return calls
}

// AttachUserPolicy attaches a managed policy to a user.
func AttachUserPolicy(user, policyARN string) Call {
	return call(&iam.AttachUserPolicyInput{UserName: aws.String(user), PolicyArn: aws.String(policyARN)})
}

// DetachUserPolicy detaches a managed policy from a user.
func DetachUserPolicy(user, policyARN string) Call {
	return call(&iam.DetachUserPolicyInput{UserName: aws.String(user), PolicyArn: aws.String(policyARN)})
}

// UpdateSSHPublicKey sets the status of a user's SSH key, "Active" or
// "Inactive".
func UpdateSSHPublicKey(user, id, status string) Call {
	return call(&iam.UpdateSSHPublicKeyInput{
		UserName: aws.String(user), SSHPublicKeyId: aws.String(id), Status: types.StatusType(status),
	})
}

// UpdateSigningCertificate sets the status of a user's certificate, "Active" or
// "Inactive".
func UpdateSigningCertificate(user, id, status string) Call {
	return call(&iam.UpdateSigningCertificateInput{
		UserName: aws.String(user), CertificateId: aws.String(id), Status: types.StatusType(status),
	})
}

// UpdateServiceCredential sets the status of a user's credential for one
// service, "Active" or "Inactive".
func UpdateServiceCredential(user, id, status string) Call {
	return call(&iam.UpdateServiceSpecificCredentialInput{
		UserName: aws.String(user), ServiceSpecificCredentialId: aws.String(id), Status: types.StatusType(status),
	})
}
