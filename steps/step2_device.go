package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// inspectDevices reads the MFA devices of a user who needs a second factor. Whoever may
// not read them is told nothing of them.
func (f *UserFacts) inspectDevices(ctx context.Context, home *awsops.Session, a *blueprint.Answers, name string) error {
	if f.User == nil || !a.NeedsMFA(name) {
		return nil
	}
	devices, err := home.MFADevices(ctx, name)
	if awsops.IsAccessDenied(err) || awsops.IsNotFound(err) {
		return nil
	}
	f.Devices, f.DevicesKnown = devices, err == nil
	return err
}

// enrolment tells of a user whose second factor the access key alone can enrol. An
// admin may make and enable a device of the user's own name only, and nobody can be let
// do so once: IAM has no condition for how many devices a user has, and takes up to
// eight ("Assigning MFA devices", IAM User Guide). So what keeps a stolen key from a
// factor of its thief's is that the one name is taken.
func enrolment(name string, f UserFacts) []plan.Finding {
	if !f.DevicesKnown || slices.ContainsFunc(f.Devices, func(d awsops.MFADevice) bool { return strings.HasSuffix(d.Serial, ":mfa/"+f.User.Name) }) {
		return nil
	}
	told := plan.Finding{
		ID: "iam.no-own-device", Severity: plan.Info,
		Evidence: fmt.Sprintf("User %s requires MFA and has no MFA device yet: until there is one, whoever has the access key can enrol a device of their own.", name),
		Remedy:   fmt.Sprintf("Ask %s to run stateroom onboard soon, which enrols one.", name),
	}
	if len(f.Devices) > 0 {
		told.Evidence = fmt.Sprintf("User %s has the MFA device %s and none of the user's own name: that name is free, so whoever has the access key alone can enrol a device of their own.",
			name, f.Devices[0].Serial)
		told.Remedy = fmt.Sprintf("Ask %s to enrol a virtual device of that name as well.", name)
		told.Commands = []plan.ShellCommand{
			{Does: "Create it", Line: "aws iam create-virtual-mfa-device --virtual-mfa-device-name " + f.User.Name + " --bootstrap-method QRCodePNG --outfile FILE"},
			{Does: "Enable it with two codes", Line: "aws iam enable-mfa-device --user-name " + f.User.Name + " --serial-number ARN --authentication-code1 CODE --authentication-code2 CODE"},
		}
	}
	return []plan.Finding{told}
}
