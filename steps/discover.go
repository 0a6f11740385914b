package steps

import (
	"context"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
)

// Discover asks who the operator is and which accounts there are. Only the
// first has to be answered.
func Discover(ctx context.Context, sessions *awsops.Sessions, region string) (*blueprint.Discovery, error) {
	home := sessions.Home(region)
	identity, err := home.Identity(ctx)
	if err != nil {
		return nil, wrap(err)
	}
	accounts, err := home.Accounts(ctx)
	if err != nil && (awsops.IsCredentials(err) || awsops.IsCancelled(err)) {
		return nil, wrap(err)
	}
	return &blueprint.Discovery{Account: identity.Account, Accounts: accounts}, nil
}
