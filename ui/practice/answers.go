package practice

import (
	"fmt"

	"stateroom/steps"
	"stateroom/steps/blueprint"
)

// adminAccount is the sandbox's management account.
const adminAccount = "111111111111"

// articleAccounts are the sub-accounts that a sandbox begins with.
var articleAccounts = []struct{ name, id string }{
	{"staging", "222222222222"}, {"preprod", "333333333333"}, {"production", "444444444444"},
}

// Blueprint is the rehearsal's answers: two admins, every sub-account of the
// sandbox an environment, and a project in each of the article's three. They sign in as
// the lab says.
func (l *Lab) Blueprint() *blueprint.Blueprint {
	b := Team(l.accounts, l.region)
	b.Users[0].Recipient = l.recipient
	if url := l.Server.StartURL(); url != "" { // which setup writes into a team's blueprint
		b.IdentityCenter.StartURL, b.IdentityCenter.Region = url, b.StateRegion
	}
	return l.SignIn.of(b)
}

// Team is the answers of a rehearsal with so many sub-accounts, the article's three for
// 0, whose state is in a region. Nobody has a key to seal a handover to.
func Team(accounts int, region string) *blueprint.Blueprint {
	if accounts == 0 {
		accounts = len(articleAccounts)
	}
	b := blueprint.New()
	b.StateRegion = region
	b.AdminAccount = adminAccount
	b.Groups = []blueprint.Group{{Name: "admins", Users: []string{me, other}}}
	b.Users = []blueprint.User{{Name: other}}
	b.Bucket.Name = steps.SuggestBucket(&blueprint.Answers{Blueprint: b})
	for i := range accounts {
		name, id := member(i)
		e := blueprint.NewEnvironment(name)
		e.Account = id
		b.Environments = append(b.Environments, e)
		if i < len(articleAccounts) {
			b.Projects = append(b.Projects, blueprint.Project{Name: "common-" + name, Environment: name})
		}
	}
	b.FillDefaults()
	return b
}

// member is the name and id of the sandbox's i-th sub-account.
func member(i int) (name, id string) {
	if i < len(articleAccounts) {
		return articleAccounts[i].name, articleAccounts[i].id
	}
	return fmt.Sprintf("env-%04d", i+1), fmt.Sprintf("5%011d", i+1)
}
