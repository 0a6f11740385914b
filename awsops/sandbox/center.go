package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// CenterOptions are the knobs of IAM Identity Center. Where Region is empty, nobody has
// enabled it.
type CenterOptions struct {
	// Region is where the instance and its identity store are.
	Region string

	// Owner is the account that has the instance, the management account by default. An
	// instance of any other one is an account instance, which has no permission sets.
	Owner string

	// Delegate is the member account that may administer the instance, if any.
	Delegate string

	// Issuer is the identity provider that fills the store: whom [Server.Directory] puts
	// there has an external id of it. Empty means that the store is Identity Center's own.
	Issuer string

	// SetsOff is an instance on which permission sets have not been turned on.
	SetsOff bool

	// StartURL is the team's own address of the portal, beside those that AWS gives it.
	StartURL string

	// Assigning is how long an assignment, its removal and provisioning take. Whatever it
	// is, the call itself is answered IN_PROGRESS.
	Assigning time.Duration

	// Pending is how many polls for a device code are told that the person has not
	// decided yet, though somebody is signed in ([Server.SignIn]).
	Pending int

	// Interval is what has to lie between two polls, a second by default; AWS says five.
	Interval time.Duration
}

// identityCenter is the one instance of IAM Identity Center: who is in its store, and
// what they may enter.
type identityCenter struct {
	options CenterOptions
	id      string // ssoins-…
	storeID string // d-…
	owner   *account
	name    string
	created time.Time
	setsOn  bool
	key     string // ARN of the customer's KMS key that encrypts it
	directory
	sets        map[string]*permissionSet // by ARN
	assignments []assignment              // in the order in which they were made
	reserved    map[provisioning]*reservedRole
	tasks       []*centerTask // in the order in which they were asked for
}

// enableCenter does what the button in the management account's console does.
func (s *core) enableCenter(o CenterOptions, now time.Time) {
	s.center = &identityCenter{
		options: o, id: "ssoins-" + s.ids.hex(16), storeID: "d-" + s.ids.hex(10),
		owner: s.accounts[cmp.Or(o.Owner, managementAccount)], created: now, setsOn: !o.SetsOff, directory: newDirectory(),
		sets: map[string]*permissionSet{}, reserved: map[provisioning]*reservedRole{},
	}
}

// EnableIdentityCenter does what no call of AWS can: it enables IAM Identity Center, as
// somebody does in the console.
func (s *Server) EnableIdentityCenter(o CenterOptions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enableCenter(o, s.options.Now())
}

// arn names the instance, or something of it such as permissionSet/ID or account/ID.
func (c *identityCenter) arn(resource string) string {
	kind, id, _ := strings.Cut(resource, "/")
	switch kind {
	case "":
		resource = "instance/" + c.id
	case "permissionSet":
		resource = kind + "/" + c.id + "/" + id
	}
	return c.owner.partition.arn("sso", "", "", resource)
}

// storeARN names the identity store, or something in it such as group/ID.
func (c *identityCenter) storeARN(resource string) string {
	account := ""
	if resource == "" {
		account, resource = c.owner.id, "identitystore/"+c.storeID
	}
	return c.owner.partition.arn("identitystore", "", account, resource)
}

// startURL is where AWS has the portal, or the team.
func (c *identityCenter) startURL() string {
	return cmp.Or(c.options.StartURL, "https://"+c.storeID+".awsapps.com/start")
}

// starts says whether an address is one of the portal's.
func (c *identityCenter) starts(address string) bool {
	address = strings.TrimRight(address, "#/")
	return c != nil && slices.Contains([]string{
		strings.TrimRight(c.startURL(), "#/"), "https://" + c.storeID + ".awsapps.com/start",
		"https://" + c.id + ".portal." + c.options.Region + ".app.aws", "https://identitycenter.amazonaws.com/" + c.id,
	}, address)
}

// StartURL is the address of the access portal, which no call tells; empty where nobody
// has enabled IAM Identity Center.
func (s *Server) StartURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.center == nil {
		return ""
	}
	return s.center.startURL()
}
