package practice

import (
	"slices"
	"strings"
	"testing"
)

// ids is the fixed interface of the diagnoses that a set-up can lead to: all
// but lock-id-wrong and unknown.
const ids = `credentials-missing profile-missing sso-expired mfa-profile token-expired key-invalid signature-mismatch clock-skew wrong-account assume-role-denied region-wrong region-invalid bucket-missing s3-list-denied s3-head-denied s3-get-denied s3-put-denied explicit-deny kms-denied kms-disabled kms-pending-deletion kms-not-found kms-id-invalid table-missing table-denied table-schema lock-held lock-release-failed lock-corrupt digest-mismatch state-not-saved state-format backend-changed backend-not-initialized migration-needs-answer provider-unavailable provider-lock-file config-invalid network-unreachable tls-untrusted throttled environment-denied`

func TestEveryIDHasAFaultOfItsName(t *testing.T) {
	var names, main []string
	for _, f := range Faults() {
		names = append(names, f.Name())
		if f.Variant == "" {
			main = append(main, f.Name())
		}
		if !strings.HasSuffix(f.About, ".") {
			t.Errorf("%s has no sentence about it: %q", f.Name(), f.About)
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("the faults are not in order, or not unique: %v", names)
	}
	if want := slices.Sorted(slices.Values(strings.Fields(ids))); !slices.Equal(main, want) {
		t.Errorf("there are faults for %v, not for %v", main, want)
	}
}

func TestAnUnknownFaultIsAnErrorThatListsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	err := w.Break(t.Context(), "gremlins")
	if err == nil {
		t.Fatal("there is no such fault")
	}
	for _, f := range Faults() {
		if !strings.Contains(err.Error(), f.Name()) {
			t.Errorf("%s is not listed: %v", f.Name(), err)
		}
	}
}

func TestAFaultNeedsAFinishedSetUp(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	defer closeLab(t, s)
	if err := s.Break(t.Context(), "kms-disabled"); err == nil || !strings.Contains(err.Error(), "needs a finished setup") {
		t.Errorf("err = %v", err)
	}
}
