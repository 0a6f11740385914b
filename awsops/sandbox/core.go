package sandbox

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unique"
)

// core is what the services share: the accounts and who is in them, what they
// may, the organization over them, ids and the clock.
type core struct {
	options   Options
	partition *partition
	ids       *idSource
	ahead     atomic.Int64 // of the clock, in nanoseconds

	// mu guards everything below and what every service holds. Handlers run with
	// it held.
	mu           sync.Mutex
	accounts     map[string]*account
	order        []string // account ids in the order they were made
	organization *organization
	center       *identityCenter // nil where nobody has enabled it
	credentials  map[string]*credential
	issued       []string   // every secret given out
	catalog      iamCatalog // AWS's own managed policies
	documents    documentCache
	holders      []func(rewrite) // of resources with a policy, beside roles
	lag          lagging
	issuers      *issuerService
}

func newCore(options Options) *core {
	options = options.withDefaults()
	c := &core{
		options: options, partition: partitionOf(options.Region), ids: newIDSource(options.Seed),
		accounts: map[string]*account{}, credentials: map[string]*credential{}, lag: newLagging(),
	}
	c.issuers = newIssuers(c)
	c.catalog = newIAMCatalog(c.partition, options.Now())
	clock := options.Now
	c.options.Now = func() time.Time { return clock().Add(time.Duration(c.ahead.Load())) }
	return c
}

// account is one AWS account with its IAM. Other services keep their own state
// by account id.
type account struct {
	id, name, email string
	joined          time.Time
	joinedMethod    string // CREATED or INVITED
	state           string // ACTIVE, SUSPENDED…
	tags            []tag  // as Organizations lists them
	management      bool
	partition       *partition
	regions         []string // that it has enabled, of those that must be
	root            *credential
	users           map[string]*user // by lower-case name, as are the next two
	groups          map[string]*group
	roles           map[string]*role
	policies        map[string]*managedPolicy // by ARN
	mfa             map[string]*mfaDevice     // by serial number (ARN)
	providers       map[string]*oidcProvider  // by ARN
}

// addAccount makes an account without anything in it.
func (s *core) addAccount(id, name, email, method string, now time.Time) *account {
	a := &account{
		id: id, name: name, email: email, joined: now, joinedMethod: method, state: "ACTIVE", partition: s.partition, regions: slices.Clone(s.options.OptedIn[id]),
		users: map[string]*user{}, groups: map[string]*group{}, roles: map[string]*role{},
		policies: map[string]*managedPolicy{}, mfa: map[string]*mfaDevice{}, providers: map[string]*oidcProvider{},
	}
	s.accounts[id] = a
	s.order = append(s.order, id)
	return a
}

// bootstrapRole is the role that Organizations makes in an account it creates.
const bootstrapRole = "OrganizationAccountAccessRole"

// landingRole is what Control Tower's account factory makes in its place.
const landingRole = "AWSControlTowerExecution"

// addMember makes a member account as CreateAccount does.
func (s *core) addMember(id, name, email, roleName string, now time.Time) *account {
	a := s.addAccount(id, name, email, "CREATED", now)
	trust := unique.Make(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` +
		s.partition.arn("iam", "", managementAccount, "root") + `"},"Action":"sts:AssumeRole"}]}`).Value()
	ro := &role{entity: entity{kind: roleKind, path: "/", name: roleName, id: s.ids.unique("AROA"), created: now}, maxSession: 3600}
	ro.grants.set(grants{trust: trust, attached: []string{s.partition.arn("iam", "", "aws", "policy/AdministratorAccess")}}, now, now)
	a.roles[strings.ToLower(roleName)] = ro
	return a
}

// entities are all users, groups and roles of an account, in no order.
func (a *account) entities() []*entity {
	var out []*entity
	for _, u := range a.users {
		out = append(out, &u.entity)
	}
	for _, g := range a.groups {
		out = append(out, &g.entity)
	}
	for _, ro := range a.roles {
		out = append(out, &ro.entity)
	}
	return out
}
