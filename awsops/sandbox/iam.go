package sandbox

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"

// iamOperation is one operation: the resource that its action is authorized
// on, and the work.
type iamOperation struct {
	on func(*Server, *request) string
	do queryHandler
}

// serveIAM authorizes every operation as iam:OPERATION before it does it.
func (s *Server) serveIAM(r *request) response {
	operation, ok := iamOperations[r.operation]
	if !ok {
		return s.serveQuery(r, iamNamespace, nil)
	}
	resource := operation.on(s, r)
	if err := s.authorize(r, "iam:"+r.operation, resource, r.account.id, nil, s.iamConditions(r, resource)); err != nil {
		return s.fail(r, friendly(r, err, resource))
	}
	// Tags in a creation need the right to tag as well (IAM User Guide, "Tags
	// for IAM resources").
	if kind, creates := strings.CutPrefix(r.operation, "Create"); creates && len(r.tags()) > 0 {
		if err := s.authorize(r, "iam:Tag"+kind, resource, r.account.id, nil, s.iamConditions(r, resource)); err != nil {
			return s.fail(r, friendly(r, err, resource))
		}
	}
	return s.serveQuery(r, iamNamespace, map[string]queryHandler{r.operation: operation.do})
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

// iamOperations are the operations of IAM that the sandbox knows.
var iamOperations = map[string]iamOperation{
	"CreateUser":        {onUser, (*Server).iamCreateUser},
	"GetUser":           {onUser, (*Server).iamGetUser},
	"DeleteUser":        {onUser, (*Server).iamDeleteUser},
	"ListGroupsForUser": {onUser, (*Server).iamListGroupsForUser},

	"CreateLoginProfile": {onUser, (*Server).iamCreateLogin},
	"GetLoginProfile":    {onUser, (*Server).iamGetLogin},
	"DeleteLoginProfile": {onUser, (*Server).iamDeleteLogin},

	"UploadSSHPublicKey":              {onUser, sshKeyKind.create},
	"ListSSHPublicKeys":               {onUser, sshKeyKind.listAll},
	"UpdateSSHPublicKey":              {onUser, sshKeyKind.update},
	"DeleteSSHPublicKey":              {onUser, sshKeyKind.remove},
	"UploadSigningCertificate":        {onUser, certificateKind.create},
	"ListSigningCertificates":         {onUser, certificateKind.listAll},
	"UpdateSigningCertificate":        {onUser, certificateKind.update},
	"DeleteSigningCertificate":        {onUser, certificateKind.remove},
	"CreateServiceSpecificCredential": {onUser, serviceKind.create},
	"ListServiceSpecificCredentials":  {onUser, serviceKind.listAll},
	"UpdateServiceSpecificCredential": {onUser, serviceKind.update},
	"DeleteServiceSpecificCredential": {onUser, serviceKind.remove},

	"CreateGroup":         {onGroup, (*Server).iamCreateGroup},
	"GetGroup":            {onGroup, (*Server).iamGetGroup},
	"UpdateGroup":         {onGroup, (*Server).iamUpdateGroup},
	"DeleteGroup":         {onGroup, (*Server).iamDeleteGroup},
	"AddUserToGroup":      {onGroup, (*Server).iamAddUserToGroup},
	"RemoveUserFromGroup": {onGroup, (*Server).iamRemoveUserFromGroup},

	"CreateRole":             {onRole, (*Server).iamCreateRole},
	"GetRole":                {onRole, (*Server).iamGetRole},
	"UpdateAssumeRolePolicy": {onRole, (*Server).iamUpdateTrust},
	"DeleteRole":             {onRole, (*Server).iamDeleteRole},

	"CreateAccessKey":      {onUser, (*Server).iamCreateAccessKey},
	"ListAccessKeys":       {onUser, (*Server).iamListAccessKeys},
	"UpdateAccessKey":      {onUser, (*Server).iamUpdateAccessKey},
	"DeleteAccessKey":      {onUser, (*Server).iamDeleteAccessKey},
	"GetAccessKeyLastUsed": {onKeyOwner, (*Server).iamAccessKeyLastUsed},

	"PutUserPolicy":     {onUser, userKind.putInline},
	"DeleteUserPolicy":  {onUser, userKind.deleteInline},
	"ListUserPolicies":  {onUser, userKind.listInline},
	"PutGroupPolicy":    {onGroup, groupKind.putInline},
	"GetGroupPolicy":    {onGroup, groupKind.getInline},
	"DeleteGroupPolicy": {onGroup, groupKind.deleteInline},
	"ListGroupPolicies": {onGroup, groupKind.listInline},
	"PutRolePolicy":     {onRole, roleKind.putInline},
	"GetRolePolicy":     {onRole, roleKind.getInline},
	"DeleteRolePolicy":  {onRole, roleKind.deleteInline},
	"ListRolePolicies":  {onRole, roleKind.listInline},

	"AttachUserPolicy":          {onUser, userKind.attach},
	"DetachUserPolicy":          {onUser, userKind.detach},
	"ListAttachedUserPolicies":  {onUser, userKind.listAttached},
	"AttachGroupPolicy":         {onGroup, groupKind.attach},
	"DetachGroupPolicy":         {onGroup, groupKind.detach},
	"ListAttachedGroupPolicies": {onGroup, groupKind.listAttached},
	"AttachRolePolicy":          {onRole, roleKind.attach},
	"DetachRolePolicy":          {onRole, roleKind.detach},
	"ListAttachedRolePolicies":  {onRole, roleKind.listAttached},

	"PutRolePermissionsBoundary": {onRole, roleKind.putBoundary},

	"TagUser":     {onUser, userKind.tag},
	"UntagUser":   {onUser, userKind.untag},
	"TagRole":     {onRole, roleKind.tag},
	"UntagRole":   {onRole, roleKind.untag},
	"TagPolicy":   {onPolicy, (*Server).iamTagPolicy},
	"UntagPolicy": {onPolicy, (*Server).iamUntagPolicy},

	"CreatePolicy":            {onPolicy, (*Server).iamCreatePolicy},
	"GetPolicy":               {onPolicy, (*Server).iamGetPolicy},
	"DeletePolicy":            {onPolicy, (*Server).iamDeletePolicy},
	"ListPolicies":            {onPolicyPath, (*Server).iamListPolicies},
	"CreatePolicyVersion":     {onPolicy, (*Server).iamCreatePolicyVersion},
	"GetPolicyVersion":        {onPolicy, (*Server).iamGetPolicyVersion},
	"ListPolicyVersions":      {onPolicy, (*Server).iamListPolicyVersions},
	"DeletePolicyVersion":     {onPolicy, (*Server).iamDeletePolicyVersion},
	"SetDefaultPolicyVersion": {onPolicy, (*Server).iamSetDefaultPolicyVersion},

	"CreateVirtualMFADevice": {onMFA, (*Server).iamCreateMFA},
	"DeleteVirtualMFADevice": {onMFA, (*Server).iamDeleteMFA},
	"ListVirtualMFADevices":  {onPath("mfa"), (*Server).iamListVirtualMFA},
	"EnableMFADevice":        {onUser, (*Server).iamEnableMFA},
	"DeactivateMFADevice":    {onUser, (*Server).iamDeactivateMFA},
	"ListMFADevices":         {onUser, (*Server).iamListMFA},

	"SimulatePrincipalPolicy": {onPolicySource, (*Server).iamSimulatePrincipal},
	"GetAccountSummary":       {onAll, (*Server).iamAccountSummary},
}

func onAll(*Server, *request) string { return "*" }

func onPath(kind string) func(*Server, *request) string {
	return func(_ *Server, r *request) string {
		return "arn:aws:iam::" + r.account.id + ":" + kind + first(r.arg("PathPrefix"), "/")
	}
}

func onPolicyPath(_ *Server, r *request) string {
	return "policy path " + first(r.arg("PathPrefix"), "/")
}

func onUser(_ *Server, r *request) string {
	name := r.arg("UserName")
	if name == "" && r.caller.user != nil {
		name = r.caller.user.name
	}
	if u, ok := r.account.users[strings.ToLower(name)]; ok {
		return u.arn(r.account)
	}
	return "arn:aws:iam::" + r.account.id + ":user" + first(r.arg("Path"), "/") + name
}

func onGroup(_ *Server, r *request) string {
	if g, ok := r.account.groups[strings.ToLower(r.arg("GroupName"))]; ok {
		return g.arn(r.account)
	}
	return "arn:aws:iam::" + r.account.id + ":group" + first(r.arg("Path"), "/") + r.arg("GroupName")
}

func onRole(_ *Server, r *request) string {
	if ro, ok := r.account.roles[strings.ToLower(r.arg("RoleName"))]; ok {
		return ro.arn(r.account)
	}
	return "arn:aws:iam::" + r.account.id + ":role" + first(r.arg("Path"), "/") + r.arg("RoleName")
}

func onPolicy(_ *Server, r *request) string {
	if arn := r.arg("PolicyArn"); arn != "" {
		return arn
	}
	return "arn:aws:iam::" + r.account.id + ":policy" + first(r.arg("Path"), "/") + r.arg("PolicyName")
}

func onMFA(_ *Server, r *request) string {
	if serial := r.arg("SerialNumber"); serial != "" {
		return serial
	}
	return "arn:aws:iam::" + r.account.id + ":mfa" + first(r.arg("Path"), "/") + r.arg("VirtualMFADeviceName")
}

func onKeyOwner(s *Server, r *request) string {
	if key, ok := s.credentials[r.arg("AccessKeyId")]; ok && key.account == r.account && key.user != nil {
		return key.user.arn(r.account)
	}
	return "*"
}

func onPolicySource(_ *Server, r *request) string { return r.arg("PolicySourceArn") }

// iamConditions are IAM's own condition keys and the tag keys of the request.
func (s *Server) iamConditions(r *request, resource string) map[string][]string {
	keys := map[string][]string{}
	if arn := r.arg("PolicyArn"); arn != "" {
		keys["iam:PolicyARN"] = []string{arn}
	}
	if arn := r.arg("PermissionsBoundary"); arn != "" {
		keys["iam:PermissionsBoundary"] = []string{arn}
	}
	for key, value := range r.tags() {
		keys["aws:RequestTag/"+key] = []string{value}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], key)
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
func (r *request) tags() map[string]string {
	out := map[string]string{}
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
	Member []T `xml:"member"`
}

func listOf[S, T any](items []S, view func(S) T) members[T] {
	out := members[T]{}
	for _, item := range items {
		out.Member = append(out.Member, view(item))
	}
	return out
}

// paging is how an answer tells that it is cut off.
type paging struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// page cuts the items to MaxItems (100 by default, 1,000 at most) from Marker
// on.
func page[T any](r *request, items []T) ([]T, paging, error) {
	size := 100
	if text := r.arg("MaxItems"); text != "" {
		if size = atoi(text); size < 1 || size > 1000 {
			return nil, paging{}, validation("1 validation error detected: Value '%s' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and 1000", text)
		}
	}
	start := 0
	if marker := r.arg("Marker"); marker != "" {
		start = atoi(marker)
		if start <= 0 || start > len(items) {
			return nil, paging{}, validation("Invalid Marker: %s", marker)
		}
	}
	end := min(start+size, len(items))
	if end < len(items) {
		return items[start:end], paging{IsTruncated: true, Marker: strconv.Itoa(end)}, nil
	}
	return items[start:end], paging{}, nil
}

// stamp is a time in the XML protocols.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// xmlTag is a tag in an answer.
type xmlTag struct{ Key, Value string }

func validation(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "ValidationError", format, args...)
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
