package awsops_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
)

func TestADeviceIsMadeEnabledAndOpensASession(t *testing.T) {
	t.Parallel()
	s, sessions := rehearse(t, sandbox.Options{})
	home, ctx := sessions.Home(""), t.Context()
	do(t, home, awsops.CreateUser("bob", "", nil))
	key := do(t, home, awsops.CreateAccessKey("bob"))
	bob := sessions.With(key.Values["id"], key.Secret, secret.Secret{}, "eu-west-1")

	made := do(t, home, awsops.CreateVirtualMFADevice("bob"))
	serial := made.Values["serial"]
	if serial != "arn:aws:iam::111111111111:mfa/bob" || len(made.Secret.Reveal()) < 32 || strings.Contains(fmt.Sprintf("%+v", made), made.Secret.Reveal()) {
		t.Fatalf("made %+v", made)
	}
	_, err := bob.Do(ctx, awsops.GetSessionToken(serial, "123456", time.Hour))
	if !awsops.IsUnknownDevice(err) || awsops.IsWrongCode(err) {
		t.Errorf("a device that is not enabled: %v", err)
	}
	_, err = home.Do(ctx, awsops.EnableMFADevice("bob", serial, "000000", "000000"))
	if !awsops.IsWrongCode(err) || awsops.IsUnknownDevice(err) || !strings.Contains(err.Error(), "check the clock") {
		t.Errorf("a wrong pair: %v", err)
	}
	codes := s.Codes(serial, 2)
	do(t, home, awsops.EnableMFADevice("bob", serial, codes[0], codes[1]))

	if _, err = bob.Do(ctx, awsops.GetSessionToken(serial, codes[1], time.Hour)); !awsops.IsWrongCode(err) || strings.Contains(err.Error(), "Grant ") {
		t.Errorf("a used code: %v", err)
	}
	opened := do(t, bob, awsops.GetSessionToken(serial, s.Codes(serial, 1)[0], time.Hour))
	until, err := time.Parse(time.RFC3339, opened.Values["until"])
	if err != nil || time.Until(until) < 50*time.Minute || time.Until(until) > time.Hour {
		t.Errorf("until %q: %v", opened.Values["until"], err)
	}
	session := sessions.With(opened.Values["id"], opened.Secret, opened.Token, "eu-west-1")
	if id := must[awsops.Identity](t)(session.Identity(ctx)); id.Name != "bob" {
		t.Errorf("the session is %+v", id)
	}
}

func TestADeviceIsNotMadeTwiceForALostAnswer(t *testing.T) {
	t.Parallel()
	s, sessions := rehearse(t, sandbox.Options{})
	s.Intercept(func(e sandbox.Entry) sandbox.Fault {
		return sandbox.Fault{DropAnswer: e.Operation == "CreateVirtualMFADevice"}
	})
	_, err := sessions.Home("").Do(t.Context(), awsops.CreateVirtualMFADevice("bob"))
	if !awsops.IsOutcomeUnknown(err) {
		t.Errorf("the lost answer is %v", err)
	}
	sent := 0
	for _, e := range s.Log() {
		if e.Operation == "CreateVirtualMFADevice" {
			sent++
		}
	}
	if sent != 1 {
		t.Errorf("sent %d times", sent)
	}
}
