package awsops

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"

	"stateroom/awsops/secret"
)

// Signed is a session of a permission set in an account, for somebody who is signed in at a
// portal (GetRoleCredentials, IAM Identity Center portal API reference). It goes by the
// token alone, whatever the profiles of the shared files hold.
func (s *Sessions) Signed(at Portal, token secret.Secret, account, set, region string) *Session {
	provider := aws.NewCredentialsCache(&portalCredentials{sso.NewFromConfig(s.nobody(at.Region)), token, account, set})
	return s.session(&login{provider: provider, who: "permission set " + set, account: account}, region)
}

// portalCredentials are those that a portal gives for a token.
type portalCredentials struct {
	client       *sso.Client
	token        secret.Secret
	account, set string
}

// Retrieve implements [aws.CredentialsProvider].
func (p *portalCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	ctx, _ = withAttempts(ctx) // these requests are not the waiting call's
	out, err := p.client.GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{
		AccessToken: aws.String(p.token.Reveal()), AccountId: aws.String(p.account), RoleName: aws.String(p.set),
	})
	if err != nil {
		return aws.Credentials{}, err //nolint:wrapcheck // the call that waits for it names its own identity
	}
	c := out.RoleCredentials
	if c == nil {
		return aws.Credentials{}, misread("SSO", "GetRoleCredentials", errNoCredentials)
	}
	return aws.Credentials{
		AccessKeyID: aws.ToString(c.AccessKeyId), SecretAccessKey: aws.ToString(c.SecretAccessKey), SessionToken: aws.ToString(c.SessionToken),
		CanExpire: true, Expires: time.UnixMilli(c.Expiration), Source: "GetRoleCredentials",
	}, nil
}

// Holds tells whether the identity is a session of a permission set: of the role that
// Identity Center makes of the set in each account, whose name ends in a suffix of its own
// ("Referencing permission sets in resource policies", Identity Center user guide).
func (i Identity) Holds(set string) bool {
	return i.Kind == KindRole && isOfSet(i.Name, set)
}

// IsOfSet tells whether Identity Center made the role of a permission set.
func (r Role) IsOfSet(set string) bool {
	return strings.HasPrefix(r.Path, ReservedPath) && isOfSet(r.Name, set)
}

// ReservedPath is what the paths of the roles that Identity Center makes begin with.
const ReservedPath = "/aws-reserved/sso.amazonaws.com/"

// isOfSet tells whether a role's name is that of a permission set, with its suffix of
// sixteen characters: what is longer is of another set, whose name goes on.
func isOfSet(role, set string) bool {
	suffix, found := strings.CutPrefix(role, "AWSReservedSSO_"+set+"_")
	return found && len(suffix) == 16
}
