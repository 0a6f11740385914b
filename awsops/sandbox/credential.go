package sandbox

import (
	"slices"
	"time"
)

// Credentials sign requests. Token is empty for long-lived ones.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

// credential is an access key id with its secret: a user's long-lived key, the
// root's, or temporary ones, which carry a token.
type credential struct {
	id, secret, token string
	created           time.Time
	visible           time.Time // not known to authentication before
	expires           time.Time // zero: never
	inactive          bool
	account           *account
	user              *user
	role              *role
	session           *session
	lastUsed          time.Time
	lastService       string
	lastRegion        string
}

// session is what temporary credentials know beside their secret.
type session struct {
	name   string // role session name
	person string // id in the identity store, of who came by the access portal
	mfa    time.Time
	issued time.Time
}

func (c *credential) public() Credentials {
	return Credentials{AccessKeyID: c.id, SecretAccessKey: c.secret, SessionToken: c.token}
}

// issue makes a credential known.
func (s *core) issue(c *credential) *credential {
	c.secret = s.ids.secret()
	s.credentials[c.id] = c
	s.issued = append(s.issued, c.secret)
	if c.token != "" {
		s.issued = append(s.issued, c.token)
	}
	return c
}

// temporary makes session credentials known that begin now.
func (s *core) temporary(c credential, now time.Time, lasting time.Duration) *credential {
	c.id, c.token = s.ids.unique("ASIA"), s.ids.token()
	c.created, c.expires, c.session.issued = now, now.Add(lasting), now
	return s.issue(&c)
}

// Secrets are all secrets that the sandbox ever gave out: secret access keys,
// session tokens and MFA seeds.
func (s *Server) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.issued)
}

// SecretOf is the secret of an access key that there is, and empty of others.
func (s *Server) SecretOf(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.credentials[id]; c != nil {
		return c.secret
	}
	return ""
}

// caller is who signed a request.
type caller struct {
	arn       string // as GetCallerIdentity gives it
	principal string // ARN of the user, role or root behind it
	userID    string
	account   *account
	user      *user // at most one of user and role; neither is root
	role      *role
	session   *session // nil for long-lived keys
}

// caller describes who holds a credential, as of now.
func (c *credential) caller() *caller {
	who := &caller{account: c.account, user: c.user, role: c.role, session: c.session}
	switch {
	case c.role != nil:
		who.principal = c.role.arn(c.account)
		who.arn = c.account.partition.arn("sts", "", c.account.id, "assumed-role/"+c.role.name+"/"+c.session.name)
		who.userID = c.role.id + ":" + c.session.name
	case c.user != nil:
		who.principal = c.user.arn(c.account)
		who.arn = who.principal
		who.userID = c.user.id
	default:
		who.principal = c.account.partition.arn("iam", "", c.account.id, "root")
		who.arn = who.principal
		who.userID = c.account.id
	}
	return who
}

// mfaPresent says whether the caller gave an MFA code for this session.
func (c *caller) mfaPresent() bool { return c.session != nil && !c.session.mfa.IsZero() }
