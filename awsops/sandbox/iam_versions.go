package sandbox

import "slices"

type xmlVersion struct {
	Document         string `xml:",omitempty"`
	VersionId        string
	IsDefaultVersion bool
	CreateDate       string
}

func (p *managedPolicy) viewVersion(v policyVersion, document bool) xmlVersion {
	out := xmlVersion{VersionId: v.id, IsDefaultVersion: v.id == p.standard, CreateDate: stamp(v.created)}
	if document {
		out.Document = encodeDocument(v.text)
	}
	return out
}

// version finds the version that a request names.
func (p *managedPolicy) version(r *request) (int, error) {
	id := r.arg("VersionId")
	index := slices.IndexFunc(p.versions, func(v policyVersion) bool { return v.id == id })
	if index < 0 {
		return 0, noSuchEntity("Policy %s version %s does not exist or is not attachable.", p.arn, id)
	}
	return index, nil
}

func (s *Server) iamCreatePolicyVersion(r *request) (any, error) {
	p, err := s.ownManaged(r)
	if err != nil {
		return nil, err
	}
	text := r.arg("PolicyDocument")
	if err := checkManaged(text); err != nil {
		return nil, err
	}
	if len(p.versions) >= maxVersions {
		return nil, limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
	}
	v := p.add(text, r.arg("SetAsDefault") == "true", r.now, r.now.Add(s.options.Propagation))
	return struct{ PolicyVersion xmlVersion }{p.viewVersion(v, false)}, nil
}

func (s *Server) iamGetPolicyVersion(r *request) (any, error) {
	p, err := s.managed(r)
	if err != nil {
		return nil, err
	}
	index, err := p.version(r)
	if err != nil {
		return nil, err
	}
	return struct{ PolicyVersion xmlVersion }{p.viewVersion(p.versions[index], true)}, nil
}

// iamListPolicyVersions lists the newest first, as IAM does.
func (s *Server) iamListPolicyVersions(r *request) (any, error) {
	p, err := s.managed(r)
	if err != nil {
		return nil, err
	}
	newest := slices.Clone(p.versions)
	slices.Reverse(newest)
	versions, cut, err := page(r, newest)
	if err != nil {
		return nil, err
	}
	return struct {
		Versions members[xmlVersion]
		paging
	}{listOf(versions, func(v policyVersion) xmlVersion { return p.viewVersion(v, false) }), cut}, nil
}

func (s *Server) iamDeletePolicyVersion(r *request) (any, error) {
	p, err := s.ownManaged(r)
	if err != nil {
		return nil, err
	}
	index, err := p.version(r)
	if err != nil {
		return nil, err
	}
	if p.versions[index].id == p.standard {
		return nil, deleteConflict("Cannot delete the default version of a policy.")
	}
	p.versions = slices.Delete(slices.Clone(p.versions), index, index+1)
	return nil, nil
}

func (s *Server) iamSetDefaultPolicyVersion(r *request) (any, error) {
	p, err := s.ownManaged(r)
	if err != nil {
		return nil, err
	}
	index, err := p.version(r)
	if err != nil {
		return nil, err
	}
	p.standard = p.versions[index].id
	p.updated = r.now
	p.text.set(p.versions[index].text, r.now, r.now.Add(s.options.Propagation))
	return nil, nil
}
