package awsops

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// KeyUse is when an access key was last used, as IAM has seen it so far.
type KeyUse struct {
	At      time.Time // zero for a key that was never used
	Service string    // "sts", "s3"…
	Region  string    // empty where the service has none
}

// Never says that IAM knows of no use of the key.
func (u KeyUse) Never() bool { return u.At.IsZero() }

// When says when a key that was used was last used, for what and where.
func (u KeyUse) When() string {
	where := ""
	if u.Region != "" {
		where = " in " + u.Region
	}
	return Moment(u.At) + " for " + u.Service + where
}

// Moment is a time as sentences have it, wherever it was told.
func Moment(at time.Time) string { return at.UTC().Format("2 January 2006 at 15:04 UTC") }

// noRegion is what IAM names where a service has no regions (AccessKeyLastUsed, IAM API
// reference).
const noRegion = "N/A"

// KeyLastUsed tells when an access key of the account was last used. [IsNotFound] holds
// where IAM does not know the key.
func (s *Session) KeyLastUsed(ctx context.Context, keyID string) (KeyUse, error) {
	in := &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(keyID)}
	return read(ctx, s, s.iam().GetAccessKeyLastUsed, in, keyID, func(answer *iam.GetAccessKeyLastUsedOutput) KeyUse {
		used := answer.AccessKeyLastUsed
		if used == nil || used.LastUsedDate == nil {
			return KeyUse{}
		}
		use := KeyUse{At: *used.LastUsedDate, Service: aws.ToString(used.ServiceName), Region: aws.ToString(used.Region)}
		if use.Region == noRegion {
			use.Region = ""
		}
		return use
	})
}

// HasPassword says whether a user can sign in to the console by password.
func (s *Session) HasPassword(ctx context.Context, user string) (bool, error) {
	_, err := s.iam().GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: aws.String(user)})
	if IsNotFound(err) {
		return false, nil
	}
	return err == nil, s.fail(err, user)
}

// DeleteUser deletes a user on whom nothing hangs any more.
func DeleteUser(name string) Call {
	return call(&iam.DeleteUserInput{UserName: aws.String(name)})
}

// DeleteLoginProfile takes a user's console password away.
func DeleteLoginProfile(user string) Call {
	return call(&iam.DeleteLoginProfileInput{UserName: aws.String(user)})
}
