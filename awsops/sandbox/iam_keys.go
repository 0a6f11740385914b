package sandbox

import (
	"slices"
	"strings"
)

// maxKeys is IAM's quota AccessKeysPerUser.
const maxKeys = 2

type xmlKey struct {
	UserName, AccessKeyId, Status string

	SecretAccessKey string `xml:",omitempty"`
	CreateDate      string
}

func (c *credential) view(secret bool) xmlKey {
	out := xmlKey{AccessKeyId: c.id, Status: "Active", CreateDate: stamp(c.created)}
	if c.user != nil {
		out.UserName = c.user.name
	}
	if c.inactive {
		out.Status = "Inactive"
	}
	if secret {
		out.SecretAccessKey = c.secret
	}
	return out
}

// issue makes a credential known.
func (s *Server) issue(c *credential) *credential {
	c.secret = s.ids.secret()
	s.credentials[c.id] = c
	s.issued = append(s.issued, c.secret)
	if c.token != "" {
		s.issued = append(s.issued, c.token)
	}
	return c
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

func (s *Server) iamCreateAccessKey(r *request) (any, error) {
	u, err := r.user()
	if err != nil {
		return nil, err
	}
	if len(u.keys) >= maxKeys {
		return nil, limitExceeded("Cannot exceed quota for AccessKeysPerUser: %d", maxKeys)
	}
	key := s.issue(&credential{
		id: s.ids.unique("AKIA"), created: r.now, visible: r.now.Add(s.options.Propagation), account: r.account, user: u,
	})
	u.keys = append(u.keys, key)
	return struct{ AccessKey xmlKey }{key.view(true)}, nil
}

func (s *Server) iamListAccessKeys(r *request) (any, error) {
	u, err := r.user()
	if err != nil {
		return nil, err
	}
	keys, cut, err := page(r, u.keys)
	if err != nil {
		return nil, err
	}
	return struct {
		UserName          string
		AccessKeyMetadata members[xmlKey]
		paging
	}{u.name, listOf(keys, func(c *credential) xmlKey { return c.view(false) }), cut}, nil
}

// key finds the access key of a request among the user's.
func (r *request) key() (*user, int, error) {
	u, err := r.user()
	if err != nil {
		return nil, 0, err
	}
	id := r.arg("AccessKeyId")
	index := slices.IndexFunc(u.keys, func(c *credential) bool { return c.id == id })
	if index < 0 {
		return nil, 0, noSuchEntity("The Access Key with id %s cannot be found.", id)
	}
	return u, index, nil
}

func (s *Server) iamUpdateAccessKey(r *request) (any, error) {
	u, index, err := r.key()
	if err != nil {
		return nil, err
	}
	switch status := r.arg("Status"); status {
	case "Active", "Inactive":
		u.keys[index].inactive = status == "Inactive"
	default:
		return nil, validation("1 validation error detected: Value '%s' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]", status)
	}
	return nil, nil
}

func (s *Server) iamDeleteAccessKey(r *request) (any, error) {
	u, index, err := r.key()
	if err != nil {
		return nil, err
	}
	delete(s.credentials, u.keys[index].id)
	u.keys = slices.Delete(slices.Clone(u.keys), index, index+1)
	return nil, nil
}

func (s *Server) iamAccessKeyLastUsed(r *request) (any, error) {
	key, ok := s.credentials[r.arg("AccessKeyId")]
	if !ok || key.account != r.account || !strings.HasPrefix(key.id, "AKIA") {
		return nil, fail(403, "AccessDenied", "User: %s is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key %s",
			r.caller.arn, r.arg("AccessKeyId"))
	}
	type lastUsed struct {
		LastUsedDate        string `xml:",omitempty"`
		ServiceName, Region string
	}
	used := lastUsed{ServiceName: "N/A", Region: "N/A"}
	if !key.lastUsed.IsZero() {
		used = lastUsed{stamp(key.lastUsed), key.lastService, key.lastRegion}
	}
	return struct {
		UserName          string
		AccessKeyLastUsed lastUsed
	}{key.view(false).UserName, used}, nil
}
