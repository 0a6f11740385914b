package steps

import (
	"context"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// Discover asks who the operator is and which accounts there are, by way of the
// operator's front. Only the first has to be answered.
func Discover(ctx context.Context, sessions *awsops.Sessions, region string) (*blueprint.Discovery, error) {
	home, err := sessions.Front(ctx, region)
	if err != nil {
		return nil, err
	}
	identity, err := home.Identity(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := home.Accounts(ctx)
	if err != nil && (awsops.IsCredentials(err) || awsops.IsCancelled(err)) {
		return nil, err
	}
	d := &blueprint.Discovery{Account: identity.Account, Identity: identity, Region: home.Region(), Accounts: accounts}
	d.Alone = awsops.IsOrganizationNotInUse(err)
	if awsops.IsAccessDenied(err) { // as is so for every member that nobody has delegated it to
		org, unseen := home.Organization(ctx)
		switch {
		case awsops.IsAccessDenied(unseen):
			d.Denied = unseen
		case unseen != nil:
			return nil, unseen
		case org == nil:
			d.Alone = true
		case org.ManagementAccount == identity.Account:
			d.Denied = err
		}
	}
	return d, nil
}

// withoutAccounts keeps a set-up from asking for environments where none can be offered,
// nil where some can.
func withoutAccounts(d *blueprint.Discovery) *plan.Refusal {
	r := &plan.Refusal{Anyway: &plan.Anyway{Path: pathOrganization, Value: "none", Text: "type the account ids"}}
	switch {
	case d == nil:
		return nil
	case d.Alone:
		r.Finding, r.Title = "account.no-organization", "Account "+d.Account+" is in no organization."
		r.What = "Every environment is an account of its own, and there is no organization with accounts to choose from."
		r.Remedy = "Create an organization and an account for each environment, then try again."
		r.Tried = []plan.Fact{{Name: "Asked", Value: "organizations:ListAccounts as " + d.Identity.ARN}, {Name: "Answer", Value: "The account is in no organization."}}
		r.Commands = []plan.ShellCommand{
			{Does: "Create the organization", Line: "aws organizations create-organization --feature-set ALL"},
			{Does: "Create an account for an environment", Line: "aws organizations create-account --account-name staging --email ADDRESS"},
		}
	case d.Denied != nil:
		r.Finding, r.Title = "account.organization-denied", "You may not see the organization's accounts."
		r.What = "Every environment is an account of its own, and there are none to choose from."
		r.Remedy = "Grant organizations:DescribeOrganization and organizations:ListAccounts, or sign in as an identity that has them, then try again."
		r.Tried = []plan.Fact{{Name: "Identity", Value: d.Identity.ARN}, {Name: "Answer", Value: diagnosis.Describe(d.Denied)}}
		r.Commands = []plan.ShellCommand{
			{Does: "See what the operator needs", Line: "stateroom policy operator"},
			{Does: "Check the permission", Line: "aws organizations list-accounts"},
		}
		r.Err = d.Denied
	default:
		return nil
	}
	return r
}
