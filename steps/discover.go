package steps

import (
	"context"
	"strings"

	"stateroom/awsops"
)

// Discovery is what a first look tells before any question is asked, so that
// the questions can offer it.
type Discovery struct {
	// Account is the caller's.
	Account string
	// Accounts are the organization's, where the caller may list them.
	Accounts []awsops.Account
}

// Discover asks who the operator is and which accounts there are. Only the
// first has to be answered.
func Discover(ctx context.Context, sessions *awsops.Sessions, region string) (*Discovery, error) {
	home := sessions.Home(region)
	identity, err := home.Identity(ctx)
	if err != nil {
		return nil, wrap(err)
	}
	accounts, err := home.Accounts(ctx)
	if err != nil && (awsops.IsCredentials(err) || awsops.IsCancelled(err)) {
		return nil, wrap(err)
	}
	return &Discovery{Account: identity.Account, Accounts: accounts}, nil
}

// mostOffered bounds the accounts offered as environments: a longer list is the
// blueprint's to hold.
const mostOffered = 20

// environments offers every active account but the admin account, in the form
// that --set environment takes: name=id, separated by commas.
func (d *Discovery) environments(admin string) string {
	if d == nil {
		return ""
	}
	var offered []string
	for _, account := range d.Accounts {
		if account.State == "ACTIVE" && account.ID != admin {
			offered = append(offered, environmentName(account.Name)+"="+account.ID)
		}
	}
	if len(offered) > mostOffered {
		return ""
	}
	return strings.Join(offered, ",")
}

// environmentName turns an account's name into one that a profile and a
// directory can have.
func environmentName(account string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, strings.ToLower(account))
	return strings.Trim(name, "-")
}
