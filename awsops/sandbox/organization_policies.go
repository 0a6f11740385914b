package sandbox

import (
	"net/http"
	"slices"
)

// Service control policies, the only type of policy that the sandbox's
// organization has.

type policySummary struct {
	ID          string `json:"Id"`
	Arn         string
	Name        string
	Description string
	Type        string
	AwsManaged  bool
}

func (p *controlPolicy) view() policySummary {
	return policySummary{p.id, p.arn, p.name, p.description, "SERVICE_CONTROL_POLICY", p.aws}
}

type policyOut struct {
	PolicySummary policySummary
	Content       string
}

type enableIn struct {
	RootID     string `json:"RootId"`
	PolicyType string
}

func (s *Server) orgEnablePolicyType(_ *request, in enableIn) (any, error) {
	switch {
	case in.RootID != s.organization.rootID:
		return nil, fail(http.StatusBadRequest, "RootNotFoundException", "You specified a root that doesn't exist.")
	case in.PolicyType != "SERVICE_CONTROL_POLICY":
		return nil, fail(http.StatusBadRequest, "PolicyTypeNotAvailableForOrganizationException", "The sandbox has service control policies only.")
	case s.organization.scps:
		return nil, fail(http.StatusBadRequest, "PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled.")
	}
	s.organization.scps = true
	return struct{ Root rootOut }{s.organization.root()}, nil
}

type newPolicyIn struct {
	Content, Description, Name, Type string
	Tags                             []tag
}

func (s *Server) orgCreatePolicy(_ *request, in newPolicyIn) (any, error) {
	if _, err := checkDocument(in.Content); err != nil {
		return nil, fail(http.StatusBadRequest, "MalformedPolicyDocumentException", "The provided policy document does not meet the requirements of the specified policy type.")
	}
	for _, have := range s.organization.policies {
		if have.name == in.Name {
			return nil, fail(http.StatusBadRequest, "DuplicatePolicyException", "A policy with the same name already exists.")
		}
	}
	p := s.addControlPolicy(in.Name, in.Description, in.Content, in.Tags)
	return struct{ Policy policyOut }{policyOut{p.view(), p.text}}, nil
}

type policyIn struct {
	PolicyID string `json:"PolicyId"`
	TargetID string `json:"TargetId"`
}

func (s *Server) controlPolicy(id string) (*controlPolicy, error) {
	if p, ok := s.organization.policies[id]; ok {
		return p, nil
	}
	return nil, fail(http.StatusBadRequest, "PolicyNotFoundException", "You specified a policy that doesn't exist.")
}

func (s *Server) orgAttachPolicy(_ *request, in policyIn) (any, error) {
	p, err := s.controlPolicy(in.PolicyID)
	if err != nil {
		return nil, err
	}
	o := s.organization
	have := o.policiesOn(in.TargetID)
	switch {
	case !s.isTarget(in.TargetID):
		return nil, fail(http.StatusBadRequest, "TargetNotFoundException", "You specified a target that doesn't exist.")
	case !o.scps:
		return nil, fail(http.StatusBadRequest, "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types.")
	case slices.Contains(have, p.id):
		return nil, fail(http.StatusBadRequest, "DuplicatePolicyAttachmentException", "A policy with the specified name and type already exists.")
	case len(have) >= 5:
		return nil, fail(http.StatusBadRequest, "ConstraintViolationException", "You have attached the maximum number of policies to the target.")
	}
	o.attached[in.TargetID] = append(slices.Clone(have), p.id)
	return none{}, nil
}
