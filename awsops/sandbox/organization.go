package sandbox

import (
	"errors"
	"slices"
	"strings"
	"time"

	"stateroom/awsops/policy"
)

// fullAccess is the service control policy that AWS attaches to everything.
const fullAccess = "p-FullAWSAccess"

// organization is the one organization of the sandbox. Its root holds all
// accounts; there are no organizational units.
type organization struct {
	id, rootID string
	management *account
	scps       bool // service control policies are enabled on the root
	policies   map[string]*controlPolicy
	attached   map[string][]string // root or account id → policy ids
	creations  []*creation
}

// controlPolicy is a service control policy.
type controlPolicy struct{ arn, name, text string }

// creation is one CreateAccount on its way.
type creation struct {
	id, name, email, role string
	asked, done           time.Time
	polls                 int
	account, failure      string
	tags                  []tag
}

func newOrganization(ids *idSource, management *account) *organization {
	o := &organization{
		id: "o-" + ids.lower(10), rootID: "r-" + ids.lower(4), management: management,
		policies: map[string]*controlPolicy{}, attached: map[string][]string{},
	}
	o.policies[fullAccess] = &controlPolicy{
		arn:  management.partition.arn("organizations", "", "aws", "policy/service_control_policy/"+fullAccess),
		name: "FullAWSAccess", text: allowAll,
	}
	return o
}

// arn names something of the organization, such as account/ID.
func (o *organization) arn(kind, id string) string {
	return o.management.partition.arn("organizations", "", o.management.id, kind+"/"+o.id+"/"+id)
}

// policiesOn are the ids of the policies attached to a root or account.
func (o *organization) policiesOn(target string) []string {
	if ids, ok := o.attached[target]; ok {
		return ids
	}
	return []string{fullAccess}
}

// organizationID is the id of the organization that the account belongs to.
func (s *core) organizationID(account string) string {
	if _, ok := s.accounts[account]; !ok || s.organization == nil {
		return ""
	}
	return s.organization.id
}

// organizationPath is the value of aws:PrincipalOrgPaths for an account, every
// one of which is directly under the root.
func (s *core) organizationPath() string {
	return s.organization.id + "/" + s.organization.rootID + "/"
}

// controlPolicies are the service control policies over an account, from the
// root down. The management account has none.
func (s *core) controlPolicies(a *account) [][]policy.Named {
	if s.organization == nil || !s.organization.scps || a.management {
		return nil
	}
	var out [][]policy.Named
	for _, target := range []string{s.organization.rootID, a.id} {
		var level []policy.Named
		for _, id := range s.organization.policiesOn(target) {
			p := s.organization.policies[id]
			level = append(level, policy.Named{Name: p.arn, Type: policy.ServiceControl, Document: s.document(p.text)})
		}
		out = append(out, level)
	}
	return out
}

// AddSCP enables service control policies and attaches a new one beside
// FullAWSAccess to an account, or to the root when target is "root".
func (s *Server) AddSCP(target, name, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.organization
	if o == nil {
		return errors.New("sandbox: no organization to attach a service control policy in")
	}
	if target == "root" {
		target = o.rootID
	}
	if target != o.rootID && s.accounts[target] == nil {
		return errors.New("sandbox: no account or root " + target)
	}
	if _, err := checkDocument(text); err != nil {
		return err
	}
	id := "p-" + s.ids.lower(10)
	arn := strings.Replace(o.arn("policy", id), "/p-", "/service_control_policy/p-", 1)
	o.policies[id] = &controlPolicy{arn: arn, name: name, text: text}
	o.scps, o.attached[target] = true, append(slices.Clone(o.policiesOn(target)), id)
	return nil
}

// advance lets accounts under way come into being: an account is there on the
// second look at it.
func (s *core) advance(now time.Time) {
	for _, c := range s.organization.creations {
		if !c.done.IsZero() {
			continue
		}
		c.polls++
		if c.polls < 2 {
			continue
		}
		c.done = now
		a := s.addMember(s.ids.digits(12), c.name, c.email, c.role, now)
		a.tags = c.tags
		c.account = a.id
	}
}
