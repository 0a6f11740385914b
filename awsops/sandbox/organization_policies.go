package sandbox

import (
	"slices"
)

// Service control policies, the only type of policy that the sandbox's
// organization has.

type enableIn struct {
	RootID     string `json:"RootId"`
	PolicyType string
}

func (s *orgService) enablePolicyType(_ *request, in enableIn) (any, error) {
	switch {
	case in.RootID != s.organization.rootID:
		return nil, badRequest("RootNotFoundException", "You specified a root that doesn't exist.")
	case in.PolicyType != scpType:
		return nil, badRequest("PolicyTypeNotAvailableForOrganizationException", "The sandbox has service control policies only.")
	case s.organization.scps:
		return nil, badRequest("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled.")
	}
	s.organization.scps = true
	return map[string]any{"Root": s.organization.root()}, nil
}

type newPolicyIn struct{ Content, Description, Name string }

func (s *orgService) createPolicy(_ *request, in newPolicyIn) (any, error) {
	if _, err := checkDocument(in.Content); err != nil {
		return nil, badRequest("MalformedPolicyDocumentException", "The provided policy document does not meet the requirements of the specified policy type.")
	}
	for _, have := range s.organization.policies {
		if have.name == in.Name {
			return nil, badRequest("DuplicatePolicyException", "A policy with the same name already exists.")
		}
	}
	p := s.addControlPolicy(in.Name, in.Content)
	return map[string]any{"Policy": map[string]any{"Content": p.text, "PolicySummary": map[string]any{
		"Id": p.id, "Arn": p.arn, "Name": p.name, "Description": in.Description, "Type": scpType, "AwsManaged": false,
	}}}, nil
}

type policyIn struct {
	PolicyID string `json:"PolicyId"`
	TargetID string `json:"TargetId"`
}

func (s *orgService) attachPolicy(_ *request, in policyIn) (any, error) {
	o := s.organization
	p, have := o.policies[in.PolicyID], o.policiesOn(in.TargetID)
	switch {
	case p == nil:
		return nil, badRequest("PolicyNotFoundException", "You specified a policy that doesn't exist.")
	case !s.isTarget(in.TargetID):
		return nil, badRequest("TargetNotFoundException", "You specified a target that doesn't exist.")
	case !o.scps:
		return nil, badRequest("PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types.")
	case slices.Contains(have, p.id):
		return nil, badRequest("DuplicatePolicyAttachmentException", "A policy with the specified name and type already exists.")
	case len(have) >= 5:
		return nil, badRequest("ConstraintViolationException", "You have attached the maximum number of policies to the target.")
	}
	o.attached[in.TargetID] = append(slices.Clone(have), p.id)
	return none{}, nil
}
