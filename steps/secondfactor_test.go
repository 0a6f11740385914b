package steps

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// forceFactor is AWS's own policy that lets people without a second factor do no more
// than look for their device (IAM User Guide, "Allows MFA-authenticated IAM users to
// manage their own MFA device").
const forceFactor = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["iam:ListMFADevices","sts:GetSessionToken"],` +
	`"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}},{"Effect":"Allow","Action":"iam:ListMFADevices","Resource":"*"}]}`

// askedForFactor makes an operator whose rights ask for a second factor.
func (w *world) askedForFactor() {
	w.t.Helper()
	doc := stepstest.OperatorPolicy()
	force, err := policy.Parse(forceFactor)
	w.must(err)
	doc.Statements = append(doc.Statements, force.Statements...)
	w.actAsOperator(doc)
}

// enrolled gives the operator a device.
func (w *world) enrolled() (serial string) {
	w.t.Helper()
	return w.enrol("operator-only", "phone")
}

// enrol gives a user a device of a name.
func (w *world) enrol(user, device string) (serial string) {
	w.t.Helper()
	h, ctx := w.hands(""), context.Background()
	made, err := h.iam.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String(device)})
	w.must(err)
	serial = *made.VirtualMFADevice.SerialNumber
	pair := w.server.Codes(serial, 2)
	_, err = h.iam.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{
		UserName: &user, SerialNumber: &serial, AuthenticationCode1: &pair[0], AuthenticationCode2: &pair[1],
	})
	w.must(err)
	return serial
}

// TestAnOperatorWhoseRightsAskForASecondFactorIsToldToOpenASession: AWS says that a
// policy denies it, and never that a condition of it could be met.
func TestAnOperatorWhoseRightsAskForASecondFactorIsToldToOpenASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.askedForFactor()
	serial := w.enrolled()
	_, err := w.setup(team()).Run(context.Background())
	var refusal *plan.Refusal
	if !errors.As(err, &refusal) || refusal.Finding != "account.second-factor" || !strings.Contains(err.Error(), "get-session-token --serial-number "+serial) {
		t.Fatalf("refused with %v", err)
	}
	if strings.Contains(err.Error(), "granted") {
		t.Errorf("against a Deny an Allow is advised: %v", err)
	}
	code := w.server.Codes(serial, 1)
	session, err := sts.NewFromConfig(w.config(w.who, "eu-west-1")).GetSessionToken(context.Background(), &sts.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &code[0]})
	w.must(err)
	w.inSession(session.Credentials)
	w.healthy(w.run(w.setup(team())))
}

// TestARefusalWithoutADeviceIsToldAsItIs: nothing says then that a second factor would
// help.
func TestARefusalWithoutADeviceIsToldAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.askedForFactor()
	_, err := w.setup(team()).Run(context.Background())
	if err == nil || strings.Contains(err.Error(), "get-session-token") {
		t.Errorf("refused with %v", err)
	}
}
