package diagnosis

import "testing"

// TestAnExplicitDenyIsSettledByTheCheckOfWhatWasDenied: a text says explicit-deny of every
// Deny statement, and the checks say of whose.
func TestAnExplicitDenyIsSettledByTheCheckOfWhatWasDenied(t *testing.T) {
	for _, d := range denials {
		if !ExplicitDeny.Behind(d.ID) {
			t.Errorf("%s is not behind an explicit deny", d.ID)
		}
	}
	for _, d := range []*Diagnosis{LockHeld, KMSDisabled, ClockSkew} {
		if ExplicitDeny.Behind(d.ID) || KMSDenied.Behind(S3PutDenied.ID) {
			t.Errorf("%s is behind an explicit deny", d.ID)
		}
	}
}
