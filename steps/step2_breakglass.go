package steps

import (
	"fmt"
	"slices"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// guarded is a policy of a group: of one for emergencies nothing counts without MFA.
func guarded(g blueprint.Group, doc policy.Document) policy.Document {
	if g.BreakGlass {
		return policy.WithMFA(doc)
	}
	return doc
}

// glassText is what is sealed of a key for emergencies: a profile for the credentials file, in
// which stateroom login finds a key that opens sessions with MFA. It does not expire, and
// takes no more than age to be opened.
func glassText(a *blueprint.Answers, change string) string {
	return fmt.Sprintf("[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", a.LongTermProfile(), awsops.Ref(change, "id"), awsops.Ref(change, "secret"))
}

// brokenGlass tells of a user for emergencies whose key was used, or that would be of no use.
func brokenGlass(o *Observed, name string) (findings []plan.Finding) {
	f, user := o.IAM.Users[name], name
	if f.User != nil {
		user = f.User.Name
	}
	for _, k := range f.Keys.All {
		use := f.Uses[k.ID]
		if use.Denied != nil || use.Never() {
			continue
		}
		findings = append(findings, plan.Finding{
			ID: "iam.break-glass-used", Subject: name, Severity: plan.Warning,
			Evidence: fmt.Sprintf("Access key %s of %s, which is for emergencies alone, was last used on %s.", k.ID, name, use.When()),
			Remedy:   "Find out who used it, in CloudTrail. Then delete it and run stateroom setup, which makes and seals a new one.",
			Commands: plan.Copy("Delete it", "aws iam delete-access-key --user-name %s --access-key-id %s", user, k.ID),
		})
	}
	if f.User == nil || f.DevicesKnown && !slices.ContainsFunc(f.Devices, awsops.MFADevice.GivesCodes) {
		findings = append(findings, plan.Finding{
			ID: "iam.break-glass-no-mfa", Subject: name, Severity: plan.Warning,
			Evidence: fmt.Sprintf("User %s has no MFA device that shows codes, and its policies give nothing without MFA.", name),
			Remedy:   "Enable one and keep it apart from the sealed key.",
			Commands: append(plan.Copy("Make it", "aws iam create-virtual-mfa-device --virtual-mfa-device-name %s --bootstrap-method QRCodePNG --outfile FILE", user),
				plan.Copy("Enable it", "aws iam enable-mfa-device --user-name %s --serial-number SERIAL --authentication-code1 CODE --authentication-code2 CODE", user)...),
		})
	}
	return findings
}

// withoutWayIn proposes a user for emergencies to a team that signs in with Identity Center
// alone.
func withoutWayIn(a *blueprint.Answers) *plan.Finding {
	if len(a.AllUsers()) > 0 {
		return nil
	}
	return &plan.Finding{
		ID: "iam.break-glass-missing", Severity: plan.Info,
		Evidence: "Everybody signs in with Identity Center: while it or your identity provider is down, nobody can.",
		Remedy:   "If you want a way in, add a group to the blueprint, and a user with a recipient whose private key lies in a safe. No alarm is raised when its key is used: the next stateroom setup or nightly watch finds it. The README has the commands that send a mail within minutes.",
		Details: "group \"emergency\" {\n  users        = [\"break-glass\"]\n  break_glass  = true\n  environments = [\"*\"]\n}\n\n" +
			"user \"break-glass\" {\n  recipient = \"age1...\"\n}",
	}
}
