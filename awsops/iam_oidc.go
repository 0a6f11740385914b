package awsops

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops/secret"
)

// OIDCProvider is an OpenID Connect provider of an account.
type OIDCProvider struct {
	ARN string
	// Audiences are whom the issuer's tokens may be made for, roles that ask for one aside.
	Audiences []string
	Tags      map[string]string
}

// OIDCProvider is nil where the account has none of that ARN.
func (s *Session) OIDCProvider(ctx context.Context, arn string) (*OIDCProvider, error) {
	in := &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(arn)}
	return describe(ctx, s, s.iam().GetOpenIDConnectProvider, in, arn, func(answer *iam.GetOpenIDConnectProviderOutput) *OIDCProvider {
		return &OIDCProvider{ARN: arn, Audiences: slices.Clone(answer.ClientIDList), Tags: iamTagMap(answer.Tags)}
	})
}

// Roles lists the account's roles below a path, without tags and boundary, which no list
// of AWS's has.
func (s *Session) Roles(ctx context.Context, path string) ([]Role, error) {
	pages := iam.NewListRolesPaginator(s.iam(), &iam.ListRolesInput{PathPrefix: aws.String(path)})
	return list(ctx, s, pages, "", func(page *iam.ListRolesOutput) []Role {
		return each(page.Roles, func(r types.Role) Role {
			return Role{
				Name: aws.ToString(r.RoleName), ARN: aws.ToString(r.Arn), Path: aws.ToString(r.Path), Trust: decoded(r.AssumeRolePolicyDocument),
				MaxSession: int(aws.ToInt32(r.MaxSessionDuration)), Created: aws.ToTime(r.CreateDate),
			}
		})
	})
}

// CreateOIDCProvider makes an issuer known to an account, for tokens of one audience. No
// thumbprint is sent: IAM trusts the issuer's certificate by its authority, or fetches the
// thumbprint itself (IAM User Guide, "Obtain the thumbprint for an OpenID Connect identity
// provider"). Output: "arn".
func CreateOIDCProvider(url, audience string, tags map[string]string) Call {
	return call(&iam.CreateOpenIDConnectProviderInput{Url: aws.String(url), ClientIDList: []string{audience}, Tags: iamTags(tags)})
}

// AddOIDCAudience adds an audience to a provider; one that is there is no error.
func AddOIDCAudience(arn, audience string) Call {
	return call(&iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(arn), ClientID: aws.String(audience)})
}

// TagOIDCProvider adds or overwrites tags of a provider.
func TagOIDCProvider(arn string, tags map[string]string) Call {
	return call(&iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(arn), Tags: iamTags(tags)})
}

// UpdateRoleSession sets how many seconds a role's sessions may last.
func UpdateRoleSession(role string, seconds int32) Call {
	return call(&iam.UpdateRoleInput{RoleName: aws.String(role), MaxSessionDuration: aws.Int32(seconds)})
}

// DeleteRole deletes a role that has no policies any more.
func DeleteRole(name string) Call { return call(&iam.DeleteRoleInput{RoleName: aws.String(name)}) }

// AssumeByToken is a session of a role that a token of an OpenID Connect issuer opens. The
// call is signed by nobody.
func (s *Session) AssumeByToken(ctx context.Context, roleARN string, token secret.Secret) (*Session, error) {
	answer, err := s.sts().AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(roleARN), RoleSessionName: aws.String(sessionName), WebIdentityToken: aws.String(token.Reveal()),
	})
	if err != nil {
		return nil, s.fail(err, roleARN)
	}
	c := answer.Credentials
	if c == nil {
		return nil, s.fail(misread("STS", "AssumeRoleWithWebIdentity", errNoCredentials), roleARN)
	}
	made := s.all.With(aws.ToString(c.AccessKeyId), secret.New(aws.ToString(c.SecretAccessKey)), secret.New(aws.ToString(c.SessionToken)), s.Region())
	role, _ := ParseARN(roleARN) // which AWS has just taken for one
	made.login.who, made.login.account = roleARN, role.AccountID
	return made, nil
}
