package sandbox

import (
	"slices"
)

// assignment gives a person or a team a permission set in an account.
type assignment struct {
	account       *account
	set           *permissionSet
	principalType string // USER or GROUP
	principalID   string
}

// mostOutstanding is how many assignments may be under way ("IAM Identity Center quotas").
const mostOutstanding = 10

// assignment is the one that a request names.
func (s *ssoService) assignment(set *permissionSet, in ssoIn) (assignment, error) {
	out := assignment{s.accounts[in.TargetId], set, in.PrincipalType, in.PrincipalId}
	switch {
	case in.TargetType != "AWS_ACCOUNT":
		return out, invalid("ValidationException", in.TargetType, "targetType", "satisfy enum value set: [AWS_ACCOUNT]")
	case in.PrincipalType != "USER" && in.PrincipalType != "GROUP":
		return out, invalid("ValidationException", in.PrincipalType, "principalType", "satisfy enum value set: [USER, GROUP]")
	case out.account == nil:
		return out, badRequest("ResourceNotFoundException", "Could not find account %s", in.TargetId)
	}
	return out, nil
}

// createAssignment answers for a second assignment as for the first: AWS has no token by
// which it would know one.
func (s *ssoService) createAssignment(r *request, set *permissionSet, in ssoIn) (any, error) {
	want, err := s.assignment(set, in)
	if err != nil {
		return nil, err
	}
	c, outstanding := s.center, 0
	if c.people[in.PrincipalId] == nil && c.teams[in.PrincipalId] == nil {
		return nil, badRequest("ResourceNotFoundException", "Could not find %s with id %s", in.PrincipalType, in.PrincipalId)
	}
	for _, t := range c.tasks {
		if t.kind == toAssign && !t.done {
			outstanding++
		}
	}
	if outstanding >= mostOutstanding {
		return nil, badRequest("ServiceQuotaExceededException", "You have exceeded the limit of %d outstanding account assignments.", mostOutstanding)
	}
	return s.begin(r, &centerTask{kind: toAssign, assignment: want})
}

func (s *ssoService) deleteAssignment(r *request, set *permissionSet, in ssoIn) (any, error) {
	have, err := s.assignment(set, in)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(s.center.assignments, have):
		return nil, badRequest("ResourceNotFoundException", "Could not find the account assignment")
	}
	return s.begin(r, &centerTask{kind: toUnassign, assignment: have})
}

func (s *ssoService) listAssignments(_ *request, set *permissionSet, in ssoIn) (any, error) {
	out := []any{}
	for _, a := range s.center.assignments {
		if a.set == set && a.account.id == in.AccountId {
			out = append(out, map[string]string{
				"AccountId": a.account.id, "PermissionSetArn": set.arn, "PrincipalType": a.principalType, "PrincipalId": a.principalID,
			})
		}
	}
	return pageOfCenter(in.pageIn, "AccountAssignments", out)
}

// provisionSet brings the roles of a permission set up to date.
func (s *ssoService) provisionSet(r *request, set *permissionSet, in ssoIn) (any, error) {
	task := &centerTask{kind: toProvision, assignment: assignment{set: set}}
	switch in.TargetType {
	case "AWS_ACCOUNT":
		if task.account = s.accounts[in.TargetId]; task.account == nil {
			return nil, badRequest("ResourceNotFoundException", "Could not find account %s", in.TargetId)
		}
	case "ALL_PROVISIONED_ACCOUNTS":
	default:
		return nil, invalid("ValidationException", in.TargetType, "targetType", "satisfy enum value set: [AWS_ACCOUNT, ALL_PROVISIONED_ACCOUNTS]")
	}
	return s.begin(r, task)
}

// asked says whether what is provisioned is of the status that a list is to show.
func (in ssoIn) asked(set *permissionSet, have *reservedRole) bool {
	switch in.ProvisioningStatus {
	case "LATEST_PERMISSION_SET_PROVISIONED":
		return have.version == set.version
	case "LATEST_PERMISSION_SET_NOT_PROVISIONED":
		return have.version != set.version
	}
	return true
}

func (s *ssoService) listProvisioned(_ *request, in ssoIn) (any, error) {
	arns := []string{}
	for of, have := range s.center.reserved {
		if of.account.id == in.AccountId && in.asked(of.set, have) {
			arns = append(arns, of.set.arn)
		}
	}
	slices.Sort(arns)
	return pageOfCenter(in.pageIn, "PermissionSets", arns)
}

func (s *ssoService) listAccountsOf(_ *request, set *permissionSet, in ssoIn) (any, error) {
	ids := []string{}
	for of, have := range s.center.reserved {
		if of.set == set && in.asked(set, have) {
			ids = append(ids, of.account.id)
		}
	}
	slices.Sort(ids)
	return pageOfCenter(in.pageIn, "AccountIds", ids)
}
