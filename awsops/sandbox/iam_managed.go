package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxVersions    = 5    // of one managed policy
	maxManagedSize = 6144 // characters without white space
)

// managedPolicy is a customer's or AWS's own managed policy.
type managedPolicy struct {
	id, arn, path, name, description string
	created, updated                 time.Time
	versions                         []policyVersion // oldest first
	standard                         string          // id of the default version
	next                             int             // number of the next version
	tags                             map[string]string
	text                             eventual[string] // of the default version, as authorization sees it
}

type policyVersion struct {
	id, text string
	created  time.Time
}

// managedPolicy finds AWS's policy or one of the account's.
func (s *Server) managedPolicy(a *account, arn string) (*managedPolicy, bool) {
	if p, ok := s.iam[arn]; ok {
		return p, true
	}
	p, ok := a.policies[arn]
	return p, ok
}

func (s *Server) managed(r *request) (*managedPolicy, error) {
	arn := r.arg("PolicyArn")
	if !strings.HasPrefix(arn, "arn:") {
		return nil, fail(http.StatusBadRequest, "InvalidInput", "ARN %s is not valid.", arn)
	}
	p, ok := s.managedPolicy(r.account, arn)
	if !ok {
		return nil, noSuchEntity("Policy %s was not found.", arn)
	}
	return p, nil
}

// ownManaged is managed for a change, which AWS's own policies refuse.
func (s *Server) ownManaged(r *request) (*managedPolicy, error) {
	p, err := s.managed(r)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(p.arn, "arn:aws:iam::aws:") {
		return nil, fail(http.StatusForbidden, "AccessDenied", "User: %s is not authorized to perform: iam:%s on resource: policy %s",
			r.caller.arn, r.operation, p.arn)
	}
	return p, nil
}

// xmlPolicy is a managed policy in an answer.
type xmlPolicy struct {
	PolicyName, PolicyId, Arn, Path, DefaultVersionId string

	AttachmentCount, PermissionsBoundaryUsageCount int
	IsAttachable                                   bool
	Description                                    string `xml:",omitempty"`
	CreateDate, UpdateDate                         string
	Tags                                           *members[xmlTag]
}

func (p *managedPolicy) view(a *account) xmlPolicy {
	out := xmlPolicy{
		PolicyName: p.name, PolicyId: p.id, Arn: p.arn, Path: p.path, DefaultVersionId: p.standard, IsAttachable: true,
		Description: p.description, CreateDate: stamp(p.created), UpdateDate: stamp(p.updated),
	}
	for _, e := range a.entities() {
		if slices.Contains(e.now().attached, p.arn) {
			out.AttachmentCount++
		}
		if e.now().boundary == p.arn {
			out.PermissionsBoundaryUsageCount++
		}
	}
	if len(p.tags) > 0 {
		out.Tags = &members[xmlTag]{sortedTags(p.tags)}
	}
	return out
}

// entities are all users, groups and roles of an account by name.
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
	slices.SortFunc(out, func(x, y *entity) int { return strings.Compare(x.name, y.name) })
	return out
}

func (s *Server) iamCreatePolicy(r *request) (any, error) {
	name, path, text := r.arg("PolicyName"), first(r.arg("Path"), "/"), r.arg("PolicyDocument")
	for _, err := range []error{
		checkName("policyName", name, 128), checkPath(path), checkTags(r.tags()), checkManaged(text),
	} {
		if err != nil {
			return nil, err
		}
	}
	for _, have := range r.account.policies {
		if strings.EqualFold(have.name, name) {
			return nil, alreadyExists("A policy called %s already exists. Duplicate names are not allowed.", name)
		}
	}
	p := &managedPolicy{
		id: s.ids.unique("ANPA"), arn: "arn:aws:iam::" + r.account.id + ":policy" + path + name,
		path: path, name: name, description: r.arg("Description"), created: r.now, next: 1, tags: r.tags(),
	}
	p.add(text, true, r.now, r.now.Add(s.options.Propagation))
	r.account.policies[p.arn] = p
	return struct{ Policy xmlPolicy }{p.view(r.account)}, nil
}

func checkManaged(text string) error {
	if err := checkIdentityPolicy(text); err != nil {
		return err
	}
	if policySize(text) > maxManagedSize {
		return limitExceeded("Cannot exceed quota for PolicySize: %d", maxManagedSize)
	}
	return nil
}

// add appends a version; the default one is seen by authorization from at on.
func (p *managedPolicy) add(text string, standard bool, now, at time.Time) policyVersion {
	v := policyVersion{id: "v" + strconv.Itoa(p.next), text: text, created: now}
	p.next++
	p.versions = append(p.versions, v)
	p.updated = now
	if standard {
		p.standard = v.id
		p.text.set(text, now, at)
	}
	return v
}

func (s *Server) iamGetPolicy(r *request) (any, error) {
	p, err := s.managed(r)
	if err != nil {
		return nil, err
	}
	return struct{ Policy xmlPolicy }{p.view(r.account)}, nil
}

func (s *Server) iamDeletePolicy(r *request) (any, error) {
	p, err := s.ownManaged(r)
	if err != nil {
		return nil, err
	}
	view := p.view(r.account)
	switch {
	case view.AttachmentCount+view.PermissionsBoundaryUsageCount > 0:
		return nil, deleteConflict("Cannot delete a policy attached to entities.")
	case len(p.versions) > 1:
		return nil, deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	}
	delete(r.account.policies, p.arn)
	return nil, nil
}

func (s *Server) iamListPolicies(r *request) (any, error) {
	var all []*managedPolicy
	scope := first(r.arg("Scope"), "All")
	if scope != "AWS" {
		for _, p := range r.account.policies {
			all = append(all, p)
		}
	}
	if scope != "Local" {
		for _, p := range s.iam {
			all = append(all, p)
		}
	}
	prefix, attached := first(r.arg("PathPrefix"), "/"), r.arg("OnlyAttached") == "true"
	all = slices.DeleteFunc(all, func(p *managedPolicy) bool {
		return !strings.HasPrefix(p.path, prefix) || attached && p.view(r.account).AttachmentCount == 0
	})
	slices.SortFunc(all, func(a, b *managedPolicy) int { return strings.Compare(a.arn, b.arn) })
	all, cut, err := page(r, all)
	if err != nil {
		return nil, err
	}
	return struct {
		Policies members[xmlPolicy]
		paging
	}{listOf(all, func(p *managedPolicy) xmlPolicy {
		view := p.view(r.account)
		view.Tags, view.Description = nil, "" // ListPolicies leaves both out
		return view
	}), cut}, nil
}

func (s *Server) iamTagPolicy(r *request) (any, error) {
	p, err := s.ownManaged(r)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(p.tags, r.tags())
	if err != nil {
		return nil, err
	}
	p.tags = tags
	return nil, nil
}

func (s *Server) iamUntagPolicy(r *request) (any, error) {
	p, err := s.ownManaged(r)
	if err != nil {
		return nil, err
	}
	for _, key := range r.list("TagKeys") {
		delete(p.tags, key)
	}
	return nil, nil
}
