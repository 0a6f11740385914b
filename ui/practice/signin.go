package practice

import (
	"context"
	"fmt"
	"os"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
)

// SignIn is how the admins of a lab sign in.
type SignIn int

// The ways to sign in: with an access key alone; with a session that a code of an MFA
// device opens, for the last of the environments; and in the browser, with Identity Center.
const (
	ByKey SignIn = iota
	ByCode
	ByBrowser
)

// of lets the team of a rehearsal sign in in this way.
func (w SignIn) of(b *blueprint.Blueprint) *blueprint.Blueprint {
	switch w {
	case ByKey:
	case ByCode:
		b.Environments[len(b.Environments)-1].MFA = true
	case ByBrowser:
		b.Groups, b.Users = []blueprint.Group{{Name: b.Groups[0].Name, IdentityCenter: "PlatformAdmins"}}, nil
	}
	b.FillDefaults()
	return b
}

// SignOut ends the lab user's sign-in in a finished lab, as a night does: the session that
// a code has opened, with the device in the user's own app, or the token of the portal.
func (l *Lab) SignOut(ctx context.Context) error {
	at := &byHand{Lab: l, ctx: ctx, blueprint: l.Blueprint()}
	switch l.SignIn {
	case ByKey:
	case ByCode:
		at.sessionOver()
	case ByBrowser:
		at.must(os.RemoveAll(l.TokenDir()))
	}
	return at.err
}

// sessionOver puts the key into a profile of its own, and into Terraform's a session that
// has ended.
func (at *byHand) sessionOver() {
	at.enrol()
	old, err := at.Server.Session(at.blueprint.AdminAccount, at.Me, time.Now().Add(-time.Hour))
	if !at.must(err) {
		return
	}
	key := at.key()
	at.setKey(old)
	if text := at.read(at.credentials()); at.err == nil {
		text += fmt.Sprintf("\n[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", at.blueprint.LongTermProfile(), key.AccessKeyID, key.SecretAccessKey)
		at.must(os.WriteFile(at.credentials(), []byte(text), 0o600))
	}
}

// enrol makes the lab user's MFA device, which is in an app from then on.
func (at *byHand) enrol() {
	serial := at.device()
	at.act("iam", "CreateVirtualMFADevice", sandbox.ActInput{"VirtualMFADeviceName": at.Me})
	codes := at.Server.Codes(serial, 2)
	if at.err == nil && codes == nil {
		at.must(fmt.Errorf("%s shows no codes", serial))
	}
	if at.err == nil {
		at.act("iam", "EnableMFADevice", sandbox.ActInput{
			"UserName": at.Me, "SerialNumber": serial, "AuthenticationCode1": codes[0], "AuthenticationCode2": codes[1],
		})
	}
}

// device is the serial number of the lab user's MFA device.
func (at *byHand) device() string {
	return "arn:" + at.partition() + ":iam::" + at.blueprint.AdminAccount + ":mfa/" + at.Me
}

// Code is what the app of whoever rehearses shows for a device; empty while it shows
// nothing that was not used.
func (l *Lab) Code(device string) string {
	codes := l.Server.Codes(device, 1)
	if len(codes) == 0 {
		return ""
	}
	return codes[0]
}
