package awsops

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops/secret"
)

// IdentityKind says what sort of principal a caller is.
type IdentityKind string

// The kinds of principals that GetCallerIdentity names.
const (
	KindRoot      IdentityKind = "root"
	KindUser      IdentityKind = "user"
	KindRole      IdentityKind = "role"
	KindFederated IdentityKind = "federated"
)

// Identity is who a session is.
type Identity struct {
	ARN       string
	Account   string
	Partition string
	Kind      IdentityKind
	// Name is the user's or the role's name without path or session, empty for
	// root.
	Name string
}

// Session is the name of a role's session, which is that of the person where somebody has
// signed in with Identity Center; empty for any other identity.
func (i Identity) Session() string {
	if i.Kind != KindRole {
		return ""
	}
	return i.ARN[strings.LastIndexByte(i.ARN, '/')+1:]
}

// Identity asks sts:GetCallerIdentity, which needs no permission, once per
// identity and remembers the answer.
func (s *Session) Identity(ctx context.Context) (Identity, error) {
	s.login.asking.Lock()
	defer s.login.asking.Unlock()
	if known := s.login.identity(); known != nil {
		return *known, nil
	}
	answer, err := s.sts().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		s.login.learnClock(answeredAt(err), time.Now())
		return Identity{}, s.fail(err, "")
	}
	there, _ := awsmiddleware.GetServerTime(answer.ResultMetadata)
	here, _ := awsmiddleware.GetResponseAt(answer.ResultMetadata)
	s.login.learnClock(there, here)
	id, err := parseIdentity(aws.ToString(answer.Arn))
	if err != nil {
		return Identity{}, s.fail(misread("STS", "GetCallerIdentity", err), "")
	}
	s.login.learn(id, s.cfg.Region)
	return id, nil
}

// KeyKnown asks whether AWS knows the identity's key in a region; an account's keys are
// known in the regions that it has enabled. Every time it is asked anew.
func (s *Session) KeyKnown(ctx context.Context, region string) (bool, error) {
	there := s.In(region)
	_, err := there.sts().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err = there.fail(err, ""); IsUnknownKey(err) {
		return false, nil
	}
	return err == nil, err
}

// KnownIn is the first of these regions, and of those that every account of their
// partitions has, in which AWS knows the key; empty without any. The session's own is not
// asked again.
func (s *Session) KnownIn(ctx context.Context, regions ...string) string {
	asked := []string{s.Region(), ""}
	for _, region := range regions {
		for _, region := range []string{region, RegionOfAll(region)} {
			if slices.Contains(asked, region) {
				continue
			}
			asked = append(asked, region)
			if known, err := s.KeyKnown(ctx, region); err == nil && known {
				return region
			}
		}
	}
	return ""
}

// answeredAt is the time by AWS's clock in a failed call's answer, zero when
// there was none.
func answeredAt(err error) time.Time {
	answer := responseOf(err)
	if answer == nil {
		return time.Time{}
	}
	at, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return time.Time{} // an answer without a date tells no time
	}
	return at
}

// ClockSkew is how far AWS's clock is ahead of this machine's, by the last
// [Session.Identity] that was answered; known is false before that. The SDK
// signs with the corrected time by itself, Terraform's may not.
func (s *Session) ClockSkew() (skew time.Duration, known bool) {
	s.login.mu.Lock()
	defer s.login.mu.Unlock()
	if s.login.skew == nil {
		return 0, false
	}
	return *s.login.skew, true
}

// parseIdentity reads a caller's ARN, for example
// arn:aws:sts::111111111111:assumed-role/ROLE/SESSION.
func parseIdentity(caller string) (Identity, error) {
	named, ok := ParseARN(caller)
	if !ok {
		return Identity{}, fmt.Errorf("AWS names the caller %q, which is not an ARN", caller)
	}
	id := Identity{ARN: caller, Partition: named.Partition, Account: named.AccountID}
	path := strings.Split(named.Resource, "/")
	switch path[0] {
	case "root":
		id.Kind = KindRoot
	case "user":
		id.Kind, id.Name = KindUser, path[len(path)-1]
	case "assumed-role":
		id.Kind = KindRole
		if len(path) > 1 {
			id.Name = path[1]
		}
	default:
		id.Kind, id.Name = KindFederated, path[len(path)-1]
	}
	return id, nil
}

// AccessKeyAccount is the account that an access key id belongs to
// (sts:GetAccessKeyInfo, which answers for any account's key).
func (s *Session) AccessKeyAccount(ctx context.Context, keyID string) (string, error) {
	return read(ctx, s, s.sts().GetAccessKeyInfo, &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String(keyID)}, keyID,
		func(answer *sts.GetAccessKeyInfoOutput) string { return aws.ToString(answer.Account) })
}

// GetSessionToken opens a session of the user whose access key signs, with the
// second factor that the code proves. Outputs: "id" and "until", when the session
// ends; its secret and its token come beside them.
func GetSessionToken(serial, code string, life time.Duration) Call {
	return call(&sts.GetSessionTokenInput{
		SerialNumber: aws.String(serial), TokenCode: aws.String(code),
		DurationSeconds: aws.Int32(int32(life / time.Second)), //nolint:gosec // AWS takes 36 hours at most
	})
}

// Assume proves that the session's identity may assume a role and gives a
// session with that role's credentials, which last an hour and are not renewed.
func (s *Session) Assume(ctx context.Context, roleARN string) (*Session, error) {
	c, err := s.assume(ctx, roleARN)
	if err != nil {
		return nil, err
	}
	made := s.all.With(c.AccessKeyID, secret.New(c.SecretAccessKey), secret.New(c.SessionToken), s.Region())
	role, _ := ParseARN(roleARN) // which AWS has just taken for one
	made.login.who, made.login.account = roleARN, role.AccountID
	return made, nil
}

// errNoCredentials is an answer without what was asked for.
var errNoCredentials = errors.New("the answer holds no credentials")

// assume asks for one hour, the most that role chaining allows.
func (s *Session) assume(ctx context.Context, roleARN string) (aws.Credentials, error) {
	answer, err := s.sts().AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:         aws.String(roleARN),
		RoleSessionName: aws.String(sessionName),
		DurationSeconds: aws.Int32(int32(time.Hour / time.Second)),
	})
	if err == nil && answer.Credentials == nil {
		err = misread("STS", "AssumeRole", errNoCredentials)
	}
	if err != nil {
		return aws.Credentials{}, s.fail(err, roleARN)
	}
	return aws.Credentials{
		AccessKeyID:     aws.ToString(answer.Credentials.AccessKeyId),
		SecretAccessKey: aws.ToString(answer.Credentials.SecretAccessKey),
		SessionToken:    aws.ToString(answer.Credentials.SessionToken),
		CanExpire:       true,
		Expires:         aws.ToTime(answer.Credentials.Expiration),
		Source:          "AssumeRole",
	}, nil
}
