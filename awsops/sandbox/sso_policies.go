package sandbox

import "slices"

// mostReferences is how many managed policies a permission set has ("IAM Identity Center
// quotas"). A role has fewer, unless its account had the quota raised.
const mostReferences = 20

func attachReference(_ *request, set *permissionSet, in ssoIn) (any, error) {
	reference, err := in.reference()
	switch {
	case err != nil:
		return nil, err
	case slices.Contains(set.references, reference):
		return nil, badRequest("ConflictException", "Customer managed policy reference with name %s and path %s already exists.", reference.Name, reference.Path)
	case len(set.references) >= mostReferences:
		return nil, badRequest("ServiceQuotaExceededException", "You have exceeded the limit of %d managed policies per permission set.", mostReferences)
	}
	set.references = append(set.references, reference)
	set.version++
	return none{}, nil
}

func detachReference(_ *request, set *permissionSet, in ssoIn) (any, error) {
	reference, err := in.reference()
	if err != nil {
		return nil, err
	}
	i := slices.Index(set.references, reference)
	if i < 0 {
		return nil, badRequest("ResourceNotFoundException", "Customer managed policy reference with name %s and path %s is not attached.", reference.Name, reference.Path)
	}
	set.references = slices.Delete(slices.Clone(set.references), i, i+1)
	set.version++
	return none{}, nil
}

func listReferences(_ *request, set *permissionSet, in ssoIn) (any, error) {
	return pageOfCenter(in.pageIn, "CustomerManagedPolicyReferences", set.references)
}

// setBoundary is the permissions boundary of a permission set: a customer's policy or one
// of AWS's.
type setBoundary struct {
	CustomerManagedPolicyReference *policyReference `json:",omitempty"`
	ManagedPolicyArn               string           `json:",omitempty"`
}

// arn is the policy in an account; empty without a boundary.
func (b *setBoundary) arn(a *account) string {
	switch {
	case b == nil:
		return ""
	case b.CustomerManagedPolicyReference != nil:
		return b.CustomerManagedPolicyReference.arn(a)
	}
	return b.ManagedPolicyArn
}

func putSetBoundary(_ *request, set *permissionSet, in ssoIn) (any, error) {
	b := in.PermissionsBoundary
	if b == nil || (b.CustomerManagedPolicyReference == nil) == (b.ManagedPolicyArn == "") {
		return nil, badRequest("ValidationException", "PermissionsBoundary needs either CustomerManagedPolicyReference or ManagedPolicyArn.")
	}
	if b.CustomerManagedPolicyReference != nil {
		reference, err := ssoIn{CustomerManagedPolicyReference: b.CustomerManagedPolicyReference}.reference()
		if err != nil {
			return nil, err
		}
		b = &setBoundary{CustomerManagedPolicyReference: &reference}
	}
	set.boundary = b
	set.version++
	return none{}, nil
}

var noBoundary = badRequest("ResourceNotFoundException", "The permission set has no permissions boundary.")

func getSetBoundary(_ *request, set *permissionSet, _ ssoIn) (any, error) {
	if set.boundary == nil {
		return nil, noBoundary
	}
	return map[string]any{"PermissionsBoundary": set.boundary}, nil
}

func deleteSetBoundary(_ *request, set *permissionSet, _ ssoIn) (any, error) {
	if set.boundary == nil {
		return nil, noBoundary
	}
	set.boundary = nil
	set.version++
	return none{}, nil
}
