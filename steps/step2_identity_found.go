package steps

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// consolePage is where Identity Center is enabled: no call of AWS's does that for an
// organization.
const consolePage = "https://console.aws.amazon.com/singlesignon"

// refuseCenter is a finding in whose place nothing of Identity Center is planned.
func refuseCenter(id, evidence, remedy string) *plan.Finding {
	return &plan.Finding{
		ID: id, Of: plan.StepIAM, Severity: plan.Failure, Probed: true, Stops: []string{changeCenter}, Evidence: evidence, Remedy: remedy,
	}
}

// changeCenter stands for Identity Center itself: what is made in it needs it. No change
// has this id, since nothing of it can be made from here, but a finding may stop it.
const changeCenter = "iam.identity-center"

// centerElsewhere is the finding of an admin account that is not the management account.
// A delegated administrator may not touch what is provisioned in the management account,
// and may not assign anywhere what is assigned there, too.
func centerElsewhere(o *Observed, a *blueprint.Answers) *plan.Finding {
	org := o.Account.Organization
	switch {
	case o.Account.OrganizationDenied != nil:
		return nil // who may not ask may be asked all the same: Identity Center decides
	case org == nil:
		return refuseCenter("iam.identity-center-missing",
			fmt.Sprintf("Account %s is in no organization, and an Identity Center of one account has no permission sets.", a.AdminAccount),
			"Create an organization in step 1, or give the group IAM users instead (users = [\"alice\"]).")
	case org.ManagementAccount != a.AdminAccount:
		return refuseCenter(centerIsElsewhere,
			fmt.Sprintf("The organization's Identity Center belongs to management account %s, and the admin account %s may not assign its permission sets.", org.ManagementAccount, a.AdminAccount),
			fmt.Sprintf("Ask whoever runs account %s, or an account to which it has delegated Identity Center, to run the commands below after this setup has made the policies, then run stateroom setup again; or choose the management account as the admin account.", org.ManagementAccount))
	}
	return nil
}

// centerIsElsewhere is the id of the finding of an admin account that is not the management
// account.
const centerIsElsewhere = "iam.identity-center-elsewhere"

// leftElsewhere names what whoever runs Identity Center still has to do, once for all groups;
// nothing where the account's roles show that it is done.
func leftElsewhere(o *Observed, a *blueprint.Answers) []plan.Finding {
	f := *o.IAM.Center.Refused
	if f.Details = byHandElsewhere(o, a); f.Details == "" {
		return nil
	}
	if denied := o.IAM.Center.Unread; denied != nil {
		f.Evidence += " Whether somebody has assigned them already could not be read: " + diagnosis.Describe(denied)
		f.RequestIDs = awsops.RequestIDs(denied)
	}
	return []plan.Finding{f}
}

// byHandElsewhere are the commands with which whoever runs Identity Center gives the groups
// what set-up would, as far as the account's roles do not show it. A delegated administrator
// may run them as long as the sets are assigned in the management account nowhere ("Delegated
// administration", IAM Identity Center user guide), which is why they are the team's own.
func byHandElsewhere(o *Observed, a *blueprint.Answers) string {
	var lines []string
	for _, g := range a.IdentityGroups() {
		const set = " --instance-arn INSTANCE --permission-set-arn SET"
		have, there := o.IAM.Center.Sets[g.Name]
		var refers []string
		for _, name := range identityPolicies(o, a, g) {
			if !slices.Contains(have.Policies, policyPath+name) {
				refers = append(refers, fmt.Sprintf("aws sso-admin attach-customer-managed-policy-reference-to-permission-set%s --customer-managed-policy-reference Name=%s,Path=%s", set, name, policyPath))
			}
		}
		switch {
		case !there:
			lines = append(lines, fmt.Sprintf("aws sso-admin create-permission-set --instance-arn INSTANCE --name %s --session-duration %s", g.PermissionSet(), a.IdentityCenter.SessionDuration))
			lines = append(append(lines, refers...), fmt.Sprintf("aws sso-admin create-account-assignment%s --principal-type GROUP --principal-id %s --target-type AWS_ACCOUNT --target-id %s",
				set, plan.Shell("ID of "+g.IdentityCenter), a.AdminAccount))
		case len(refers) > 0:
			lines = append(append(lines, refers...), fmt.Sprintf("aws sso-admin provision-permission-set%s --target-type AWS_ACCOUNT --target-id %s", set, a.AdminAccount))
		}
	}
	return strings.Join(lines, "\n")
}

// organizationInstance is the organization's own among the instances, or the finding of why
// there is none to work with.
func organizationInstance(found []awsops.IdentityCenter, err error, a *blueprint.Answers) (*awsops.IdentityCenter, *plan.Finding) {
	switch {
	case awsops.IsAccessDenied(err):
		return nil, centerDenied(err)
	case err != nil:
		return nil, refuseCenter("iam.identity-center-unread", "Identity Center could not be asked: "+diagnosis.Describe(err), "Run stateroom setup again; if it fails again, set identity_center.region in the blueprint.")
	}
	others := 0
	for i, c := range found {
		switch {
		case c.Owner != a.AdminAccount:
			others++
		case c.Status != "" && c.Status != "ACTIVE":
			return nil, refuseCenter("iam.identity-center-not-ready",
				fmt.Sprintf("Identity Center %s is %s. %s", c.ARN, c.Status, c.StatusReason), "Wait until it is ACTIVE in "+consolePage+", then run stateroom setup again.")
		default:
			return &found[i], nil
		}
	}
	if others > 0 {
		return nil, refuseCenter("iam.identity-center-missing",
			"The organization has no Identity Center: what was found belongs to single accounts, and those have no permission sets.",
			"Delete it if nobody uses it, and enable Identity Center with AWS Organizations in "+consolePage+", signed in to the management account.")
	}
	return nil, refuseCenter("iam.identity-center-missing",
		"Identity Center is not enabled in this organization, and no call of AWS's enables it.",
		"Enable it with AWS Organizations in "+consolePage+", signed in to the management account, then run stateroom setup again.")
}

// OrganizationInstance is the organization's own Identity Center, or why there is none to
// work with.
func OrganizationInstance(ctx context.Context, env *engine.Env, a *blueprint.Answers) (*awsops.IdentityCenter, *plan.Finding) {
	found, err := env.Sessions.Home(cmp.Or(a.IdentityCenter.Region, a.StateRegion)).IdentityCenters(ctx)
	return organizationInstance(found, err, a)
}

// setsOff is the finding of a young instance. Turning permission sets on cannot be undone, and
// so is never a change of ours (UpdateInstance, IAM Identity Center API reference).
func setsOff(c *awsops.IdentityCenter) *plan.Finding {
	f := refuseCenter("iam.identity-center-sets-off",
		fmt.Sprintf("Identity Center %s has no permission sets: they have not been turned on.", c.ARN),
		"Turn them on, which is for good, then run stateroom setup again.")
	f.Commands = plan.Copy("Turn them on", "aws sso-admin update-instance --region %s --instance-arn %s --permission-sets-enabled", plan.Shell(c.Region), plan.Shell(c.ARN))
	return f
}

func centerDenied(err error) *plan.Finding {
	f := refuseCenter("iam.identity-center-denied", "Identity Center could not be asked: "+diagnosis.Describe(err),
		"Give yourself the permissions that stateroom policy identity prints, then run stateroom setup again.")
	f.RequestIDs = awsops.RequestIDs(err)
	return f
}
