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
}

// Never says that IAM knows of no use of the key.
func (u KeyUse) Never() bool { return u.At.IsZero() }

// KeyLastUsed tells when an access key of the account was last used. [IsNotFound] holds
// where IAM does not know the key.
func (s *Session) KeyLastUsed(ctx context.Context, keyID string) (KeyUse, error) {
	in := &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(keyID)}
	return read(ctx, s, s.iam().GetAccessKeyLastUsed, in, keyID, func(answer *iam.GetAccessKeyLastUsedOutput) KeyUse {
		used := answer.AccessKeyLastUsed
		if used == nil || used.LastUsedDate == nil {
			return KeyUse{}
		}
		return KeyUse{At: *used.LastUsedDate, Service: aws.ToString(used.ServiceName)}
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
