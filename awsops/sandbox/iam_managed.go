package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// managedPolicy is a customer's or AWS's own managed policy.
type managedPolicy struct {
	id, arn, path, name, description string
	created, updated                 time.Time
	versions                         []policyVersion // oldest first
	standard                         string          // id of the default version
	next                             int             // number of the next version
	tags                             tagSet
	text                             eventual[string] // of the default version, as authorization sees it
}

type policyVersion struct {
	id, text string
	created  time.Time
}

// policyARN is the policy that a request names, or the one it is to create.
func policyARN(r *request) string {
	if arn := r.arg("PolicyArn"); arn != "" {
		return arn
	}
	return r.account.partition.arn("iam", "", r.account.id, "policy"+cmp.Or(r.arg("Path"), "/")+r.arg("PolicyName"))
}

// policyPath is the resource of ListPolicies.
func policyPath(*request) string { return "policy path /" }

// managedPolicy finds AWS's policy or one of the account's.
func (s *core) managedPolicy(a *account, arn string) (*managedPolicy, bool) {
	if p, ok := s.catalog[arn]; ok {
		return p, true
	}
	p, ok := a.policies[arn]
	return p, ok
}

// onPolicy is an operation on a managed policy that must be there.
func (s *iamService) onPolicy(do func(*request, *managedPolicy) (any, error)) iamOperation {
	return iamOperation{policyARN, func(r *request) (any, error) {
		arn := r.arg("PolicyArn")
		if !strings.HasPrefix(arn, "arn:") {
			return nil, badRequest("InvalidInput", "ARN %s is not valid.", arn)
		}
		p, ok := s.managedPolicy(r.account, arn)
		if !ok {
			return nil, noSuchEntity("Policy %s was not found.", arn)
		}
		return do(r, p)
	}}
}

// onOwnPolicy is a change of a managed policy, which AWS's own policies refuse.
func (s *iamService) onOwnPolicy(do func(*request, *managedPolicy) (any, error)) iamOperation {
	return s.onPolicy(func(r *request, p *managedPolicy) (any, error) {
		if s.catalog[p.arn] != nil {
			return nil, fail(403, "AccessDenied", "User: %s is not authorized to perform: iam:%s on resource: policy %s",
				r.caller.arn, r.operation, p.arn)
		}
		return do(r, p)
	})
}

// xmlPolicy is a managed policy in an answer.
type xmlPolicy struct {
	PolicyName, PolicyId, Arn, Path, DefaultVersionId string

	AttachmentCount, PermissionsBoundaryUsageCount int
	IsAttachable                                   bool
	Description                                    string `xml:",omitempty"`
	CreateDate, UpdateDate                         string
	Tags                                           *members[tag]
}

func (p *managedPolicy) view(a *account) xmlPolicy {
	out := xmlPolicy{
		PolicyName: p.name, PolicyId: p.id, Arn: p.arn, Path: p.path, DefaultVersionId: p.standard, IsAttachable: true,
		Description: p.description, CreateDate: stamp(p.created), UpdateDate: stamp(p.updated), Tags: xmlTags(p.tags),
	}
	for _, e := range a.entities() {
		if slices.Contains(e.now().attached, p.arn) {
			out.AttachmentCount++
		}
		if e.now().boundary == p.arn {
			out.PermissionsBoundaryUsageCount++
		}
	}
	return out
}

func (s *iamService) createPolicy(r *request) (any, error) {
	name, path, text := r.arg("PolicyName"), cmp.Or(r.arg("Path"), "/"), r.arg("PolicyDocument")
	for _, err := range []error{
		checkName("policyName", name, 128), checkPath(path), checkTags(r.tags()), s.checkManaged(r.account.id, text),
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
		id: s.ids.unique("ANPA"), arn: policyARN(r),
		path: path, name: name, description: r.arg("Description"), created: r.now, next: 1, tags: r.tags(),
	}
	p.add(text, true, r.now, r.now.Add(s.options.Propagation))
	r.account.policies[p.arn] = p
	s.appears(p.arn, r.now)
	return getPolicy(r, p)
}

func (s *iamService) checkManaged(account, text string) error {
	if err := s.checkIdentityPolicy(text); err != nil {
		return err
	}
	if most := s.quota(account, "PolicySize"); policySize(text) > most {
		return limitExceeded("Cannot exceed quota for PolicySize: %d", most)
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

func getPolicy(r *request, p *managedPolicy) (any, error) {
	return struct{ Policy xmlPolicy }{p.view(r.account)}, nil
}

func deletePolicy(r *request, p *managedPolicy) (any, error) {
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

func (s *iamService) listPolicies(r *request) (any, error) {
	scope := cmp.Or(r.arg("Scope"), "All")
	all := map[string]*managedPolicy{}
	for from, policies := range map[string]map[string]*managedPolicy{"Local": r.account.policies, "AWS": s.catalog} {
		if scope == "All" || scope == from {
			maps.Copy(all, policies)
		}
	}
	return listed(r, "Policies", inOrder(all), func(p *managedPolicy) xmlPolicy {
		view := p.view(r.account)
		view.Tags, view.Description = nil, "" // ListPolicies leaves both out
		return view
	})
}

func tagPolicy(r *request, p *managedPolicy) (any, error) { return nil, r.addTags(&p.tags) }

func untagPolicy(r *request, p *managedPolicy) (any, error) {
	p.tags.remove(r.list("TagKeys"))
	return nil, nil
}
