package sandbox

import (
	"slices"
	"strings"
)

// ssoService is what administers IAM Identity Center: the instance, permission sets and
// who is assigned them where.
type ssoService struct {
	*core
	kms        *kmsService
	operations map[string]ssoOperation
}

// ssoOperation is one operation: the kinds of resources that it is authorized on beside
// the instance ("Actions, resources, and condition keys for AWS IAM Identity Center"),
// and the work.
type ssoOperation struct {
	on []string
	do func(*request, ssoIn) (any, error)
}

// ssoIn is the input of every operation on an instance; none has all of it.
type ssoIn struct {
	pageIn
	InstanceArn, PermissionSetArn, ResourceArn string
	AccountId                                  string

	Name, Description, SessionDuration, RelayState *string

	Tags    []tag
	TagKeys []string

	CustomerManagedPolicyReference *policyReference
	PermissionsBoundary            *setBoundary

	TargetId, TargetType, PrincipalType, PrincipalId string

	AccountAssignmentCreationRequestId, AccountAssignmentDeletionRequestId, ProvisionPermissionSetRequestId string

	Filter             struct{ Status string }
	ProvisioningStatus string

	PermissionSetsEnabled   *bool
	EncryptionConfiguration *struct{ KeyType, KmsKeyArn string }
}

func newSSOAdmin(c *core, kms *kmsService) *ssoService {
	s := &ssoService{core: c, kms: kms}
	set, account, both := []string{"set"}, []string{"account"}, []string{"account", "set"}
	s.operations = map[string]ssoOperation{
		"DescribeInstance": {nil, s.describeInstance},
		"UpdateInstance":   {nil, s.updateInstance},

		"ListPermissionSets":    {nil, s.listSets},
		"CreatePermissionSet":   {set, s.createSet},
		"DescribePermissionSet": {set, onSet(s, describeSet)},
		"UpdatePermissionSet":   {set, onSet(s, updateSet)},
		"DeletePermissionSet":   {set, onSet(s, s.deleteSet)},
		"TagResource":           {set, onSet(s, tagSetOf)},
		"UntagResource":         {set, onSet(s, untagSetOf)},
		"ListTagsForResource":   {set, onSet(s, listTagsOf)},

		"AttachCustomerManagedPolicyReferenceToPermissionSet":   {set, onSet(s, attachReference)},
		"DetachCustomerManagedPolicyReferenceFromPermissionSet": {set, onSet(s, detachReference)},
		"ListCustomerManagedPolicyReferencesInPermissionSet":    {set, onSet(s, listReferences)},
		"PutPermissionsBoundaryToPermissionSet":                 {set, onSet(s, putSetBoundary)},
		"GetPermissionsBoundaryForPermissionSet":                {set, onSet(s, getSetBoundary)},
		"DeletePermissionsBoundaryFromPermissionSet":            {set, onSet(s, deleteSetBoundary)},

		"CreateAccountAssignment":                 {both, onSet(s, s.createAssignment)},
		"DeleteAccountAssignment":                 {both, onSet(s, s.deleteAssignment)},
		"ListAccountAssignments":                  {both, onSet(s, s.listAssignments)},
		"ProvisionPermissionSet":                  {both, onSet(s, s.provisionSet)},
		"ListPermissionSetsProvisionedToAccount":  {account, s.listProvisioned},
		"ListAccountsForProvisionedPermissionSet": {set, onSet(s, s.listAccountsOf)},

		"DescribeAccountAssignmentCreationStatus": {nil, s.describeTask(toAssign)},
		"DescribeAccountAssignmentDeletionStatus": {nil, s.describeTask(toUnassign)},
		"DescribePermissionSetProvisioningStatus": {nil, s.describeTask(toProvision)},
		"ListAccountAssignmentCreationStatus":     {nil, s.listTasks(toAssign)},
		"ListAccountAssignmentDeletionStatus":     {nil, s.listTasks(toUnassign)},
		"ListPermissionSetProvisioningStatus":     {nil, s.listTasks(toProvision)},
	}
	return s
}

// ssoWords are this service's reasons where a KMS key fails it.
var ssoWords = keyWords{"KMS_AccessDeniedException", "KMS_NotFoundException", "KMS_DisabledException", "KMS_InvalidStateException"}

func (s *ssoService) serve(r *request) (response, error) {
	operations := map[string]jsonHandler{"ListInstances": jsonOp(s.listInstances)}
	if operation, ok := s.operations[r.operation]; ok {
		operations[r.operation] = jsonOp(func(r *request, in ssoIn) (any, error) { return s.work(r, operation, in) })
	}
	return serveJSON(r, operations)
}

// work authorizes an operation on the instance and on every resource, and does it.
func (s *ssoService) work(r *request, operation ssoOperation, in ssoIn) (any, error) {
	if in.ResourceArn != "" {
		in.PermissionSetArn = in.ResourceArn
	}
	if err := s.reaches(r, in); err != nil {
		return nil, err
	}
	c := s.center
	actions := []string{r.operation}
	if r.operation == "CreatePermissionSet" && len(in.Tags) > 0 {
		actions = append(actions, "TagResource")
	}
	conditions := tagsOf(in.Tags).requestConditions()
	if len(in.TagKeys) > 0 {
		conditions["aws:TagKeys"] = in.TagKeys
	}
	if set := c.sets[in.PermissionSetArn]; set != nil {
		conditions = set.tags.resourceConditions(conditions)
	}
	for _, action := range actions {
		for _, resource := range append([]string{c.arn("")}, in.resources(c, operation.on)...) {
			if err := s.authorize(r, "sso:"+action, resource, r.account.id, nil, conditions); err != nil {
				return nil, err
			}
		}
	}
	return s.beyond(r, operation, in)
}

// reaches says whether a request is for the instance, in its region and from an account
// that it answers: its owner and its delegate, and to all of the organization what it is.
func (s *ssoService) reaches(r *request, in ssoIn) error {
	c := s.center
	refused := accessDenied.in(r.protocol, "User: "+r.caller.arn+" is not authorized to perform: sso:"+r.operation)
	byTag := in.InstanceArn == "" && in.ResourceArn != ""
	switch {
	case c == nil || r.region != c.options.Region || in.InstanceArn != c.arn("") && !byTag || !s.shows(r.account):
		return refused
	case r.account != c.owner && r.account.id != c.options.Delegate && r.operation != "DescribeInstance":
		return refused
	}
	return nil
}

// beyond refuses what no policy can allow, and does the rest: permission sets are of an
// organization's instance alone and have to be turned on, and a delegate leaves alone
// what is provisioned in the management account ("Delegated administration").
func (s *ssoService) beyond(r *request, operation ssoOperation, in ssoIn) (any, error) {
	c := s.center
	ofInstance := strings.HasSuffix(r.operation, "Instance")
	set := c.sets[in.PermissionSetArn]
	entersManagement := in.TargetId == managementAccount || set != nil && c.reserved[provisioning{s.accounts[managementAccount], set}] != nil
	switch {
	case !ofInstance && (s.organization == nil || !c.owner.management):
		return nil, badRequest("ValidationException", "The operation is not supported for an account instance of IAM Identity Center.")
	case !ofInstance && !c.setsOn:
		return nil, badRequest("ValidationException", "Permission sets are not enabled for this instance.")
	case r.account != c.owner && mutating(r.operation) && entersManagement:
		return nil, accessDenied.in(r.protocol, "User: "+r.caller.arn+" is not authorized to perform: sso:"+r.operation+" on a permission set that is provisioned in the management account")
	}
	if !ofInstance {
		if err := c.usable(r, s.kms, ssoWords); err != nil {
			return nil, err
		}
	}
	return operation.do(r, in)
}

// resources are the ARNs of the kinds that a request is about, and all of the instance's
// permission sets where it makes one.
func (in ssoIn) resources(c *identityCenter, kinds []string) []string {
	var out []string
	if slices.Contains(kinds, "account") && in.AccountId+in.TargetId != "" {
		out = append(out, c.arn("account/"+in.AccountId+in.TargetId))
	}
	switch {
	case slices.Contains(kinds, "set") && in.PermissionSetArn == "":
		out = append(out, c.arn("permissionSet/*"))
	case slices.Contains(kinds, "set"):
		out = append(out, in.PermissionSetArn)
	}
	return out
}
