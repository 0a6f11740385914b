package steps

import (
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
)

// TestWhoeverCouldEnrolADeviceWithAStolenKeyIsNamed: the access key alone is enough
// wherever no device of the user's own name is there, a device of another name or none.
func TestWhoeverCouldEnrolADeviceWithAStolenKeyIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	b := team()
	told := func(factor bool) *plan.Finding {
		t.Helper()
		for i := range b.Environments {
			b.Environments[i].MFA = factor
		}
		summary := w.run(w.setup(b))
		w.healthy(summary)
		var found *plan.Finding
		for i, f := range summary.Findings {
			if f.ID == "iam.no-own-device" && strings.Contains(f.Evidence, "User bob") {
				found = &summary.Findings[i]
			}
		}
		return found
	}
	w.healthy(w.run(w.setup(b)))
	if f := told(false); f != nil {
		t.Errorf("who needs no MFA is told of: %s", f.Evidence)
	}
	if f := told(true); f == nil || !strings.Contains(f.Evidence, "no MFA device yet") || !strings.Contains(f.Remedy, "stateroom onboard") {
		t.Errorf("without a device: %v", f)
	}
	serial := w.enrol("bob", "bobs-phone")
	if f := told(true); f == nil || !strings.Contains(f.Evidence, serial) || !strings.Contains(f.String(), "--virtual-mfa-device-name bob ") {
		t.Errorf("with a device of another name: %v", f)
	}
	w.enrol("bob", "bob")
	if f := told(true); f != nil {
		t.Errorf("with a device of the user's own name: %s", f.Evidence)
	}
}
