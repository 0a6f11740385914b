package engine

import (
	"testing"

	"github.com/aws/smithy-go"
)

// A colleague's rotation deletes the key in the middle of the proof: the lock was not
// seen to be wrong.
func TestAKeyThatIsTakenAwayDuringTheProofIsNoFaultOfTheLock(t *testing.T) {
	for code, want := range map[string]bool{
		"InvalidAccessKeyId": true, "ExpiredToken": true, "SlowDown": true,
		"PreconditionFailed": false, "NotImplemented": false, "ConditionalRequestConflict": false,
	} {
		if got := noWord(&smithy.GenericAPIError{Code: code}); got != want {
			t.Errorf("%s says nothing of a lock: %t, want %t", code, got, want)
		}
	}
}
