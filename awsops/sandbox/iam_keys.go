package sandbox

import (
	"slices"
	"strings"
)

type xmlKey struct {
	UserName, AccessKeyId, Status string

	SecretAccessKey string `xml:",omitempty"`
	CreateDate      string
}

func viewKey(c *credential) xmlKey {
	return xmlKey{UserName: c.user.name, AccessKeyId: c.id, Status: status(c.inactive), CreateDate: stamp(c.created)}
}

// status is how IAM says whether something is in use.
func status(inactive bool) string {
	if inactive {
		return "Inactive"
	}
	return "Active"
}

// inactive reads the Status of a request.
func (r *request) inactive() (bool, error) {
	to := r.arg("Status")
	if to != "Active" && to != "Inactive" {
		return false, invalid("ValidationError", to, "status", "satisfy enum value set: [Active, Inactive]")
	}
	return to == "Inactive", nil
}

func (s *iamService) createAccessKey(r *request, u *user) (any, error) {
	if most := s.quota(r.account.id, "AccessKeysPerUser"); len(u.keys) >= most {
		return nil, limitExceeded("Cannot exceed quota for AccessKeysPerUser: %d", most)
	}
	key := s.issue(&credential{
		id: s.ids.unique("AKIA"), created: r.now, visible: r.now.Add(s.options.Propagation), account: r.account, user: u,
	})
	u.keys = append(u.keys, key)
	s.appears(key.id, r.now)
	shown := viewKey(key)
	shown.SecretAccessKey = key.secret
	return struct{ AccessKey xmlKey }{shown}, nil
}

func listAccessKeys(r *request, u *user) (any, error) {
	keys, err := listed(r, "AccessKeyMetadata", u.keys, viewKey)
	return struct {
		UserName string
		listing[xmlKey]
	}{u.name, keys}, err
}

// key finds the access key of a request among the user's.
func (s *iamService) key(r *request, u *user) (*credential, error) {
	id := r.arg("AccessKeyId")
	for _, key := range u.keys {
		if key.id == id && !s.unseen(r.operation, id, r.now) {
			return key, nil
		}
	}
	return nil, noSuchEntity("The Access Key with id %s cannot be found.", id)
}

func (s *iamService) updateAccessKey(r *request, u *user) (any, error) {
	key, err := s.key(r, u)
	if err != nil {
		return nil, err
	}
	inactive, err := r.inactive()
	if err == nil {
		key.inactive = inactive
	}
	return nil, err
}

func (s *iamService) deleteAccessKey(r *request, u *user) (any, error) {
	key, err := s.key(r, u)
	if err != nil {
		return nil, err
	}
	delete(s.credentials, key.id)
	u.keys = slices.DeleteFunc(slices.Clone(u.keys), func(c *credential) bool { return c == key })
	return nil, nil
}

// keyOwner is the resource of GetAccessKeyLastUsed.
func (s *iamService) keyOwner(r *request) string {
	if key, ok := s.credentials[r.arg("AccessKeyId")]; ok && key.account == r.account && key.user != nil {
		return key.user.arn(r.account)
	}
	return "*"
}

func (s *iamService) accessKeyLastUsed(r *request) (any, error) {
	key, ok := s.credentials[r.arg("AccessKeyId")]
	if !ok || key.account != r.account || !strings.HasPrefix(key.id, "AKIA") || s.unseen(r.operation, key.id, r.now) {
		return nil, fail(403, "AccessDenied", "User: %s is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key %s",
			r.caller.arn, r.arg("AccessKeyId"))
	}
	type lastUsed struct {
		LastUsedDate        string `xml:",omitempty"`
		ServiceName, Region string
	}
	out := struct {
		UserName          string
		AccessKeyLastUsed lastUsed
	}{AccessKeyLastUsed: lastUsed{ServiceName: "N/A", Region: "N/A"}}
	if key.user != nil {
		out.UserName = key.user.name
	}
	if !key.lastUsed.IsZero() {
		out.AccessKeyLastUsed = lastUsed{stamp(key.lastUsed), key.lastService, key.lastRegion}
	}
	return out, nil
}
