package sandbox

import "slices"

type xmlVersion struct {
	Document         string `xml:",omitempty"`
	VersionId        string
	IsDefaultVersion bool
	CreateDate       string
}

// viewVersion leaves the document out, as all answers but GetPolicyVersion's do.
func (p *managedPolicy) viewVersion(v policyVersion) xmlVersion {
	return xmlVersion{VersionId: v.id, IsDefaultVersion: v.id == p.standard, CreateDate: stamp(v.created)}
}

// version finds the version that a request names.
func (p *managedPolicy) version(r *request) (policyVersion, error) {
	id := r.arg("VersionId")
	for _, v := range p.versions {
		if v.id == id {
			return v, nil
		}
	}
	return policyVersion{}, noSuchEntity("Policy %s version %s does not exist or is not attachable.", p.arn, id)
}

func (s *iamService) createPolicyVersion(r *request, p *managedPolicy) (any, error) {
	text := r.arg("PolicyDocument")
	if err := s.checkManaged(r.account.id, text); err != nil {
		return nil, err
	}
	if most := s.quota(r.account.id, "VersionsPerPolicy"); len(p.versions) >= most {
		return nil, limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", most)
	}
	v := p.add(text, r.arg("SetAsDefault") == "true", r.now, r.now.Add(s.options.Propagation))
	return struct{ PolicyVersion xmlVersion }{p.viewVersion(v)}, nil
}

func getPolicyVersion(r *request, p *managedPolicy) (any, error) {
	v, err := p.version(r)
	if err != nil {
		return nil, err
	}
	out := p.viewVersion(v)
	out.Document = encoded(v.text)
	return struct{ PolicyVersion xmlVersion }{out}, nil
}

// listPolicyVersions lists the newest first, as IAM does.
func listPolicyVersions(r *request, p *managedPolicy) (any, error) {
	newest := slices.Clone(p.versions)
	slices.Reverse(newest)
	return listed(r, "Versions", newest, p.viewVersion)
}

func deletePolicyVersion(r *request, p *managedPolicy) (any, error) {
	gone, err := p.version(r)
	if err != nil {
		return nil, err
	}
	if gone.id == p.standard {
		return nil, deleteConflict("Cannot delete the default version of a policy.")
	}
	p.versions = slices.DeleteFunc(slices.Clone(p.versions), func(v policyVersion) bool { return v.id == gone.id })
	return nil, nil
}

func (s *iamService) setDefaultPolicyVersion(r *request, p *managedPolicy) (any, error) {
	v, err := p.version(r)
	if err != nil {
		return nil, err
	}
	p.standard, p.updated = v.id, r.now
	p.text.set(v.text, r.now, r.now.Add(s.options.Propagation))
	return nil, nil
}
