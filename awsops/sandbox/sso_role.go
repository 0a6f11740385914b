package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"stateroom/awsops/policy"
)

// provisioning is a permission set in an account.
type provisioning struct {
	account *account
	set     *permissionSet
}

// reservedRole is the role that a permission set became there, and as of which version of
// the set.
type reservedRole struct {
	role    *role
	version int
}

// reservedPath is the path of these roles: without the region where the identity source
// is in us-east-1 ("Referencing permission sets in resource policies").
func (c *identityCenter) reservedPath() string {
	if c.options.Region == "us-east-1" {
		return "/aws-reserved/sso.amazonaws.com/"
	}
	return "/aws-reserved/sso.amazonaws.com/" + c.options.Region + "/"
}

// perform does a task and says why it failed.
func (s *core) perform(t *centerTask, now time.Time) (failure string) {
	c := s.center
	if t.lacks != "" {
		return "Received a 403 status error: Access denied by IAM. Please check your policy, or wait for role propagation to complete. IAM Error: " + t.lacks
	}
	switch t.kind {
	case toAssign:
		if failure = s.provision(provisioning{t.account, t.set}, t.suffix, now); failure == "" && !slices.Contains(c.assignments, t.assignment) {
			c.assignments = append(c.assignments, t.assignment)
		}
	case toUnassign:
		c.assignments = slices.DeleteFunc(c.assignments, func(a assignment) bool { return a == t.assignment })
		if !slices.ContainsFunc(c.assignments, func(a assignment) bool { return a.account == t.account && a.set == t.set }) {
			s.unprovision(provisioning{t.account, t.set}, now)
		}
	case toProvision:
		return s.reprovision(t, now)
	}
	return failure
}

// reprovision brings up to date what there is in one account, or in all of them.
func (s *core) reprovision(t *centerTask, now time.Time) (failure string) {
	found := false
	for _, id := range s.order {
		of := provisioning{s.accounts[id], t.set}
		if s.center.reserved[of] == nil || t.account != nil && t.account != of.account {
			continue
		}
		found = true
		if text := s.provision(of, t.suffix, now); text != "" {
			failure = text
		}
	}
	if !found && t.account != nil {
		return "Received a 404 status error: Assignment not found."
	}
	return failure
}

// provision makes the role of a permission set, or gives it what the set has by now. The
// policies must be there; they are not made.
func (s *core) provision(of provisioning, suffix string, now time.Time) (failure string) {
	next := grants{trust: s.samlTrust(of.account), boundary: of.set.boundary.arn(of.account)}
	for _, reference := range of.set.references {
		next.attached = append(next.attached, reference.arn(of.account))
	}
	for _, arn := range append(slices.Clone(next.attached), next.boundary) {
		if _, ok := s.managedPolicy(of.account, arn); !ok && arn != "" {
			return "Received a 404 status error: Policy " + arn + " does not exist or is not attachable."
		}
	}
	if most := s.quota(of.account.id, "AttachedPoliciesPerRole"); len(next.attached) > most {
		return fmt.Sprintf("Received a 409 status error: Cannot exceed quota for PoliciesPerRole: %d", most)
	}
	have := s.center.reserved[of]
	if have == nil {
		name := "AWSReservedSSO_" + of.set.name + "_" + suffix
		have = &reservedRole{role: &role{entity: entity{
			kind: roleKind, path: s.center.reservedPath(), name: name, id: s.ids.unique("AROA"), created: now, reserved: true,
		}, maxSession: 12 * 3600}}
		of.account.roles[strings.ToLower(name)] = have.role
		s.center.reserved[of] = have
		s.appears(have.role.arn(of.account), now)
	}
	have.role.description, have.version = of.set.description, of.set.version
	have.role.grants.set(next, now, now.Add(s.options.Propagation))
	return ""
}

// unprovision takes the role away, and from its sessions everything.
func (s *core) unprovision(of provisioning, now time.Time) {
	have := s.center.reserved[of]
	if have == nil {
		return
	}
	have.role.grants.set(grants{}, now, now)
	delete(of.account.roles, strings.ToLower(have.role.name))
	delete(s.center.reserved, of)
	s.forget(&request{account: of.account, now: now}, &have.role.entity)
}

// samlProvider is the account's provider that Identity Center makes, which lives nowhere
// but in trust policies here.
func (s *core) samlProvider(a *account) string {
	return a.partition.arn("iam", "", a.id, "saml-provider/AWSSSO_"+strings.TrimPrefix(s.center.id, "ssoins-")+"_DO_NOT_DELETE")
}

func (s *core) samlTrust(a *account) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + s.samlProvider(a) +
		`"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]}`
}

// The rights that changes in the management account take, where Identity Center acts in
// the caller's name and not by a role of its own ("Using identity-based policies for IAM
// Identity Center").
var (
	readingRights  = []string{"GetRole", "ListAttachedRolePolicies", "ListRolePolicies"}
	makingRights   = []string{"CreateRole", "AttachRolePolicy"}
	changingRights = []string{"UpdateRole", "UpdateRoleDescription", "AttachRolePolicy", "DetachRolePolicy"}
	removingRights = []string{"DetachRolePolicy", "DeleteRole"}
	samlRights     = []string{"GetSAMLProvider", "CreateSAMLProvider", "UpdateSAMLProvider", "ListSAMLProviderTags", "TagSAMLProvider"}
)

// lacks is the first right in IAM that a caller does not have for a task, as IAM words it.
func (s *ssoService) lacks(r *request, t *centerTask) string {
	a := t.account
	if a == nil {
		a = s.accounts[managementAccount]
	}
	have := s.center.reserved[provisioning{a, t.set}]
	if !a.management || s.options.Unenforced || t.account == nil && have == nil {
		return ""
	}
	path := "role" + s.center.reservedPath() + "AWSReservedSSO_" + t.set.name + "_"
	role, rights := a.partition.arn("iam", "", a.id, path+t.suffix), slices.Concat(readingRights, makingRights)
	switch {
	case t.kind == toUnassign:
		rights = slices.Concat(readingRights, removingRights)
	case have != nil:
		rights = slices.Concat(readingRights, changingRights)
	}
	if have != nil {
		role = have.role.arn(a)
	}
	if t.kind != toUnassign && t.set.boundary != nil {
		rights = append(rights, "PutRolePermissionsBoundary")
	}
	if t.kind == toAssign {
		if lacks := s.refused(r, samlRights, s.samlProvider(a)); lacks != "" {
			return lacks
		}
	}
	return s.refused(r, rights, role)
}

// refused is the refusal of the first of some actions of IAM that a caller may not do.
func (s *ssoService) refused(r *request, actions []string, resource string) string {
	for _, action := range actions {
		ask, policies := s.question(r, "iam:"+action, resource, managementAccount, nil, nil)
		if decision := policy.Evaluate(ask, policies); !decision.Allowed {
			return decision.Message(ask)
		}
	}
	return ""
}
