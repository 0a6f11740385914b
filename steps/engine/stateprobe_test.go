package engine

import (
	"errors"
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

// What is tried at once tells the same whichever ends first, and ends whatever it has begun.
func TestOfWhatIsTriedAtOnceTheFirstFailureInItsOrderIsTold(t *testing.T) {
	first, second, ended := errors.New("first"), errors.New("second"), make(chan bool, 1)
	err := AtOnce(func() error { return nil }, func() error {
		<-ended // by then the last one has failed
		return first
	}, func() error {
		ended <- true
		return second
	})
	if !errors.Is(err, first) || AtOnce() != nil {
		t.Errorf("told: %v", err)
	}
}
