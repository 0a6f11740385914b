package awsops

import (
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// MadeByLostAttempt says that a creation found its target there after an
// earlier attempt of the same call got no answer: that attempt made it. One that was
// throttled or refused made nothing, and what is there is somebody else's.
func MadeByLostAttempt(err error) bool { return lostAttempt(err) && IsTaken(err) }

// lostAttempt says that an earlier attempt of the call got no answer.
func lostAttempt(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Unanswered > 0
}

// IsTaken says that what was to be made in this account is there already, or is
// being changed at this moment: somebody else is at work. A bucket of another
// account's is in the way for good.
func IsTaken(err error) bool { return isExists(err) && !HasCode(err, "BucketAlreadyExists") }

// AlreadyGone says that a call which takes something away found nothing left to
// take: a lost attempt, or somebody else, has done it, or what was made a moment ago is
// not known everywhere yet. A credential that is gone is as inactive as can be.
func AlreadyGone(c Call, err error) bool {
	return (c.removes() || c.deactivates()) && IsNotFound(err)
}

// TakenByLostAttempt says that an earlier attempt of the same call got no answer, so that
// what is gone now was there for that one.
func TakenByLostAttempt(c Call, err error) bool { return lostAttempt(err) && AlreadyGone(c, err) }

func (c Call) removes() bool {
	return slices.ContainsFunc([]string{"Delete", "Remove", "Detach", "Deactivate"}, func(verb string) bool {
		return strings.HasPrefix(c.Operation, verb)
	})
}

// deactivates tells a call that puts a credential out of use by its status.
func (c Call) deactivates() bool {
	return lookupPath(c.Input, "Status") == string(types.StatusTypeInactive)
}

// notYetCodes are how services say that they do not see yet what another call
// has just made (facts: "Eventual consistency"). KMS and IAM call a policy
// malformed while they do not know a principal in it.
var notYetCodes = []string{
	"MalformedPolicyDocument", "InvalidArn", "ContinuousBackupsUnavailable", "TableNotFound", "PolicyNotAttachable",
}

// IsNotYetVisible says that a call which needs something that was made just
// now may succeed in a moment.
func IsNotYetVisible(err error) bool { return hasCode(err, notYetCodes) || IsNotFound(err) }
