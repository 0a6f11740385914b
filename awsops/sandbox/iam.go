package sandbox

import (
	"encoding/xml"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"

// iamService is IAM: the users, groups, roles, policies and MFA devices of
// every account, which the core holds.
type iamService struct {
	*core
	operations map[string]iamOperation
}

// iamOperation is one operation: the resource that its action is authorized
// on, and the work.
type iamOperation struct {
	on func(*request) string
	do queryHandler
}

func newIAM(c *core) *iamService {
	s := &iamService{core: c}
	s.operations = s.entityOperations()
	maps.Copy(s.operations, s.policyOperations())
	maps.Copy(s.operations, s.providerOperations())
	return s
}

// serve authorizes every operation as iam:OPERATION before it does it.
func (s *iamService) serve(r *request) (response, error) {
	operation, ok := s.operations[r.operation]
	if !ok {
		return serveQuery(r, iamNamespace, nil)
	}
	resource := operation.on(r)
	actions := []string{r.operation}
	// Tags in a creation need the right to tag as well (IAM User Guide, "Tags
	// for IAM resources").
	if kind, creates := strings.CutPrefix(r.operation, "Create"); creates && len(r.tags()) > 0 {
		actions = append(actions, "Tag"+kind)
	}
	for _, action := range actions {
		if err := s.authorize(r, "iam:"+action, resource, r.account.id, nil, s.conditions(r, resource)); err != nil {
			return response{}, friendly(r, err, resource)
		}
	}
	return serveQuery(r, iamNamespace, operation.do)
}

// friendly words a refusal as IAM does: what is there already is named as "user
// bob" or "policy ARN", what is to be created, tagged or listed by its ARN.
func friendly(r *request, err error, resource string) error {
	var e *apiError
	byARN := strings.HasPrefix(r.operation, "Create") && r.operation != "CreateAccessKey" || strings.Contains(r.operation, "Tag")
	if byARN || strings.HasSuffix(resource, "/") || !errors.As(err, &e) {
		return err
	}
	kind, name, found := strings.Cut(resource[strings.LastIndexByte(resource, ':')+1:], "/")
	switch {
	case !found:
		return err
	case kind == "policy":
		name = resource
	case kind == "user", kind == "group", kind == "role":
		name = name[strings.LastIndexByte(name, '/')+1:]
	default:
		return err
	}
	return fail(e.status, e.code, "%s", strings.Replace(e.message, "on resource: "+resource, "on resource: "+kind+" "+name, 1))
}

// entityOperations are the known operations on users, groups, roles and what is
// theirs.
func (s *iamService) entityOperations() map[string]iamOperation {
	return map[string]iamOperation{
		"CreateUser":        {userKind.arn, s.createUser},
		"GetUser":           onUser(getUser),
		"DeleteUser":        onUser(s.deleteUser),
		"ListGroupsForUser": onUser(listGroupsForUser),

		"CreateLoginProfile": onUser(createLogin),
		"GetLoginProfile":    onUser(getLogin),
		"DeleteLoginProfile": onUser(deleteLogin),

		"UploadSSHPublicKey":              onUser(sshKeyKind.create(s)),
		"ListSSHPublicKeys":               onUser(sshKeyKind.list),
		"UpdateSSHPublicKey":              onUser(sshKeyKind.update),
		"DeleteSSHPublicKey":              onUser(sshKeyKind.remove),
		"UploadSigningCertificate":        onUser(certificateKind.create(s)),
		"ListSigningCertificates":         onUser(certificateKind.list),
		"UpdateSigningCertificate":        onUser(certificateKind.update),
		"DeleteSigningCertificate":        onUser(certificateKind.remove),
		"CreateServiceSpecificCredential": onUser(serviceKind.create(s)),
		"ListServiceSpecificCredentials":  onUser(serviceKind.list),
		"UpdateServiceSpecificCredential": onUser(serviceKind.update),
		"DeleteServiceSpecificCredential": onUser(serviceKind.remove),

		"CreateGroup":         {groupKind.arn, s.createGroup},
		"GetGroup":            onGroup(getGroup),
		"UpdateGroup":         onGroup(s.updateGroup),
		"DeleteGroup":         onGroup(deleteGroup),
		"AddUserToGroup":      onGroup(s.addUserToGroup),
		"RemoveUserFromGroup": onGroup(s.removeUserFromGroup),

		"CreateRole":             {roleKind.arn, s.createRole},
		"GetRole":                onRole(getRole),
		"ListRoles":              {rolePath, listRoles},
		"UpdateAssumeRolePolicy": onRole(s.updateTrust),
		"UpdateRole":             onRole(updateRole),
		"DeleteRole":             onRole(s.deleteRole),

		"CreateAccessKey":      onUser(s.createAccessKey),
		"ListAccessKeys":       onUser(listAccessKeys),
		"UpdateAccessKey":      onUser(s.updateAccessKey),
		"DeleteAccessKey":      onUser(s.deleteAccessKey),
		"GetAccessKeyLastUsed": {s.keyOwner, s.accessKeyLastUsed},

		"TagUser":   onEntity(userKind, tagEntity),
		"UntagUser": onEntity(userKind, untagEntity),
		"TagRole":   onEntity(roleKind, tagEntity),
		"UntagRole": onEntity(roleKind, untagEntity),

		"CreateVirtualMFADevice": {mfaARN, s.createMFA},
		"DeleteVirtualMFADevice": {mfaARN, deleteMFA},
		"ListVirtualMFADevices":  {mfaPath, listVirtualMFA},
		"EnableMFADevice":        onUser(enableMFA),
		"DeactivateMFADevice":    onUser(deactivateMFA),
		"ListMFADevices":         onUser(listMFA),
	}
}

// policyOperations are those on policies, inline, attached and managed, and what
// they come to.
func (s *iamService) policyOperations() map[string]iamOperation {
	return map[string]iamOperation{
		"PutUserPolicy":     onEntity(userKind, s.putInline),
		"DeleteUserPolicy":  onEntity(userKind, s.deleteInline),
		"ListUserPolicies":  onEntity(userKind, listInline),
		"PutGroupPolicy":    onEntity(groupKind, s.putInline),
		"GetGroupPolicy":    onEntity(groupKind, getInline),
		"DeleteGroupPolicy": onEntity(groupKind, s.deleteInline),
		"ListGroupPolicies": onEntity(groupKind, listInline),
		"PutRolePolicy":     onEntity(roleKind, s.putInline),
		"GetRolePolicy":     onEntity(roleKind, getInline),
		"DeleteRolePolicy":  onEntity(roleKind, s.deleteInline),
		"ListRolePolicies":  onEntity(roleKind, listInline),

		"AttachUserPolicy":           onEntity(userKind, s.attach),
		"DetachUserPolicy":           onEntity(userKind, s.detach),
		"ListAttachedUserPolicies":   onEntity(userKind, listAttached),
		"AttachGroupPolicy":          onEntity(groupKind, s.attach),
		"DetachGroupPolicy":          onEntity(groupKind, s.detach),
		"ListAttachedGroupPolicies":  onEntity(groupKind, listAttached),
		"AttachRolePolicy":           onEntity(roleKind, s.attach),
		"DetachRolePolicy":           onEntity(roleKind, s.detach),
		"ListAttachedRolePolicies":   onEntity(roleKind, listAttached),
		"PutRolePermissionsBoundary": onEntity(roleKind, s.putBoundary),

		"DeleteRolePermissionsBoundary": onEntity(roleKind, s.deleteBoundary),
		"PutUserPermissionsBoundary":    onEntity(userKind, s.putBoundary),
		"DeleteUserPermissionsBoundary": onEntity(userKind, s.deleteBoundary),

		"TagPolicy":   s.onOwnPolicy(tagPolicy),
		"UntagPolicy": s.onOwnPolicy(untagPolicy),

		"CreatePolicy":            {policyARN, s.createPolicy},
		"GetPolicy":               s.onPolicy(getPolicy),
		"DeletePolicy":            s.onOwnPolicy(deletePolicy),
		"ListPolicies":            {policyPath, s.listPolicies},
		"CreatePolicyVersion":     s.onOwnPolicy(s.createPolicyVersion),
		"GetPolicyVersion":        s.onPolicy(getPolicyVersion),
		"ListPolicyVersions":      s.onPolicy(listPolicyVersions),
		"DeletePolicyVersion":     s.onOwnPolicy(deletePolicyVersion),
		"SetDefaultPolicyVersion": s.onOwnPolicy(s.setDefaultPolicyVersion),

		"GetAccountSummary": {func(*request) string { return "*" }, s.accountSummary},

		"SimulatePrincipalPolicy": {func(r *request) string { return r.arg("PolicySourceArn") }, s.simulatePrincipal},
	}
}

// onEntity is an operation on a user, group or role that must be there.
func onEntity(kind *iamKind, do func(*request, *entity) (any, error)) iamOperation {
	return iamOperation{kind.arn, func(r *request) (any, error) {
		e, err := kind.find(r)
		if err != nil {
			return nil, err
		}
		if e.reserved && mutating(r.operation) {
			return nil, badRequest("UnmodifiableEntity", "Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", e.name)
		}
		return do(r, e)
	}}
}

func onUser(do func(*request, *user) (any, error)) iamOperation {
	return onEntity(userKind, func(r *request, e *entity) (any, error) { return do(r, r.account.users[strings.ToLower(e.name)]) })
}

func onGroup(do func(*request, *group) (any, error)) iamOperation {
	return onEntity(groupKind, func(r *request, e *entity) (any, error) { return do(r, r.account.groups[strings.ToLower(e.name)]) })
}

func onRole(do func(*request, *role) (any, error)) iamOperation {
	return onEntity(roleKind, func(r *request, e *entity) (any, error) { return do(r, r.account.roles[strings.ToLower(e.name)]) })
}

// conditions are IAM's own condition keys and the tag keys of the request.
func (s *iamService) conditions(r *request, resource string) map[string][]string {
	keys := r.tags().requestConditions()
	if arn := r.arg("PolicyArn"); arn != "" {
		keys["iam:PolicyARN"] = []string{arn}
	}
	if arn := r.arg("PermissionsBoundary"); arn != "" {
		keys["iam:PermissionsBoundary"] = []string{arn}
	}
	kind, name, _ := strings.Cut(resource[strings.LastIndexByte(resource, ':')+1:], "/")
	if e := r.account.principal(kind, name); e != nil {
		if boundary := e.now().boundary; boundary != "" && keys["iam:PermissionsBoundary"] == nil {
			keys["iam:PermissionsBoundary"] = []string{boundary}
		}
		for key, value := range e.tags {
			keys["aws:ResourceTag/"+key] = []string{value}
			keys["iam:ResourceTag/"+key] = []string{value}
		}
	}
	return keys
}

// arg is one parameter of a query request.
func (r *request) arg(name string) string { return r.form.Get(name) }

// list is a list parameter: NAME.member.1, NAME.member.2…
func (r *request) list(name string) []string {
	var out []string
	for i := 1; ; i++ {
		value, ok := r.form[name+".member."+strconv.Itoa(i)]
		if !ok {
			return out
		}
		out = append(out, value[0])
	}
}

// tags are the Tags of a request.
func (r *request) tags() tagSet {
	out := tagSet{}
	for i := 1; ; i++ {
		prefix := "Tags.member." + strconv.Itoa(i)
		if !r.form.Has(prefix + ".Key") {
			return out
		}
		out[r.arg(prefix+".Key")] = r.arg(prefix + ".Value")
	}
}

// members is a list in an answer: NAME with one member element each, present
// even when empty.
type members[T any] struct {
	XMLName xml.Name
	Member  []T `xml:"member"`
}

// listing is a page of a list, and whether more follow.
type listing[T any] struct {
	List        members[T]
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// listed answers a page of items under a name: MaxItems of them (100 by
// default, 1,000 at most) from Marker on.
func listed[S, T any](r *request, name string, items []S, view func(S) T) (listing[T], error) {
	out := listing[T]{List: members[T]{XMLName: xml.Name{Local: name}}}
	size := 100
	if text := r.arg("MaxItems"); text != "" {
		if size = atoi(text); size < 1 || size > 1000 {
			return out, invalid("ValidationError", text, "maxItems", "have value between 1 and 1000")
		}
	}
	shown, next, ok := cut(items, r.arg("Marker"), size)
	if !ok {
		return out, validation("Invalid Marker: %s", r.arg("Marker"))
	}
	for _, item := range shown {
		out.List.Member = append(out.List.Member, view(item))
	}
	out.IsTruncated, out.Marker = next != "", next
	return out, nil
}

// same shows an item as it is.
func same[T any](item T) T { return item }

// stamp is a time in the XML protocols.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func validation(format string, args ...any) *apiError {
	return badRequest("ValidationError", format, args...)
}

func noSuchEntity(format string, args ...any) *apiError {
	return fail(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func limitExceeded(format string, args ...any) *apiError {
	return fail(http.StatusConflict, "LimitExceeded", format, args...)
}

func deleteConflict(message string) *apiError {
	return fail(http.StatusConflict, "DeleteConflict", "%s", message)
}

func alreadyExists(format string, args ...any) *apiError {
	return fail(http.StatusConflict, "EntityAlreadyExists", format, args...)
}
