package sandbox

import (
	"strings"
)

// storeService is the identity store of IAM Identity Center: its users, its groups and
// who is in them.
type storeService struct {
	*core
	kms        *kmsService
	operations map[string]storeOperation
}

// storeOperation is one operation: of which kinds the resources are that it is
// authorized on beside the store ("Actions, resources, and condition keys for AWS
// Identity Store"), that which it is about first, since the log shows it and answers lag
// by it; and the work.
type storeOperation struct {
	on []string
	do func(*request, storeIn) (any, error)
}

// storeIn is the input of every operation; none has all of it.
type storeIn struct {
	pageIn
	IdentityStoreId               string
	GroupId, UserId, MembershipId string
	GroupIds                      []string
	MemberId                      memberRef
	AlternateIdentifier           alternateID
	Filters                       []storeFilter

	DisplayName, Description, UserName string
	Name                               *personName
	Emails                             []personEmail
}

func newIdentityStore(c *core, kms *kmsService) *storeService {
	s := &storeService{core: c, kms: kms}
	s.operations = map[string]storeOperation{
		"GetGroupId":    {[]string{"group"}, s.getGroupID},
		"DescribeGroup": {[]string{"group"}, s.describeGroup},
		"ListGroups":    {[]string{"groups"}, s.listGroups},
		"CreateGroup":   {nil, s.createGroup},
		"DeleteGroup":   {[]string{"group"}, s.deleteGroup},

		"GetUserId":    {[]string{"user"}, s.getUserID},
		"DescribeUser": {[]string{"user"}, s.describeUser},
		"ListUsers":    {[]string{"users"}, s.listUsers},
		"CreateUser":   {nil, s.createUser},
		"DeleteUser":   {[]string{"user"}, s.deleteUser},

		"CreateGroupMembership":         {[]string{"group", "user"}, s.createMembership},
		"DeleteGroupMembership":         {[]string{"group", "membership", "user"}, s.deleteMembership},
		"DescribeGroupMembership":       {[]string{"group", "membership", "user"}, s.describeMembership},
		"GetGroupMembershipId":          {[]string{"group", "membership", "user"}, s.getMembershipID},
		"IsMemberInGroups":              {[]string{"group", "user", "memberships"}, s.isMemberInGroups},
		"ListGroupMemberships":          {[]string{"group", "memberships"}, s.listMemberships},
		"ListGroupMembershipsForMember": {[]string{"user", "memberships"}, s.listMembershipsOf},
	}
	return s
}

// storeWords are the identity store's reasons where a KMS key fails it.
var storeWords = keyWords{"KMS_ACCESS_DENIED", "KMS_KEY_NOT_FOUND", "KMS_DISABLED", "KMS_INVALID_STATE"}

func (s *storeService) serve(r *request) (response, error) {
	operations := map[string]jsonHandler{}
	if operation, ok := s.operations[r.operation]; ok {
		operations[r.operation] = jsonOp(func(r *request, in storeIn) (any, error) { return s.work(r, operation, in) })
	}
	return serveJSON(r, operations)
}

// work authorizes an operation on the store and on every resource, and does it. Any
// account of the organization may ask if its policies let it; only the owner and the
// delegate may change anything.
func (s *storeService) work(r *request, operation storeOperation, in storeIn) (any, error) {
	c := s.center
	if c == nil || r.region != c.options.Region || in.IdentityStoreId != c.storeID && in.IdentityStoreId != c.storeARN("") {
		return nil, notInStore("IDENTITYSTORE")
	}
	if r.account != c.owner && (s.organization == nil || mutating(r.operation) && r.account.id != c.options.Delegate) {
		return nil, accessDenied.in(r.protocol, "User: "+r.caller.arn+" is not authorized to perform: identitystore:"+r.operation)
	}
	in = c.complete(in)
	var resources []string
	for _, kind := range operation.on {
		resources = append(resources, in.resources(c, kind)...)
	}
	for _, resource := range append(resources, c.storeARN("")) {
		if err := s.authorize(r, "identitystore:"+r.operation, resource, r.account.id, nil, nil); err != nil {
			return nil, err
		}
	}
	if err := c.usable(r, s.kms, storeWords); err != nil {
		return nil, err
	}
	return operation.do(r, in)
}

// complete fills in the ids that follow from what a request names otherwise.
func (c *identityCenter) complete(in storeIn) storeIn {
	if in.UserId == "" {
		in.UserId = in.MemberId.UserId
	}
	if m := c.memberships[in.MembershipId]; m != nil {
		in.GroupId, in.UserId = m.team.id, m.person.id
	} else if m := c.membership(in.GroupId, in.UserId); m != nil && in.MembershipId == "" {
		in.MembershipId = m.id
	}
	if t := c.teamBy(in.AlternateIdentifier); t != nil {
		in.GroupId = t.id
	}
	if p := c.personBy(in.AlternateIdentifier); p != nil {
		in.UserId = p.id
	}
	return in
}

// resources are the ARNs of one kind that a request is about: all of them where it names
// none that there is.
func (in storeIn) resources(c *identityCenter, kind string) []string {
	ids := map[string][]string{"user": {in.UserId}, "group": {in.GroupId}, "membership": {in.MembershipId}}[kind]
	if kind == "group" && len(in.GroupIds) > 0 {
		ids = in.GroupIds
	}
	if ids == nil || ids[0] == "" {
		return []string{c.storeARN(strings.TrimSuffix(kind, "s") + "/*")}
	}
	var out []string
	for _, id := range ids {
		out = append(out, c.storeARN(kind+"/"+id))
	}
	return out
}

// notInStore is the refusal for what is not there; kinds are USER, GROUP,
// GROUP_MEMBERSHIP and IDENTITYSTORE.
func notInStore(kind string) *apiError {
	if kind == "MEMBERSHIP" {
		kind = "GROUP_MEMBERSHIP"
	}
	return badRequest("ResourceNotFoundException", "%s not found.", kind).with(details{"ResourceType": strings.Replace(kind, "IDENTITYSTORE", "IDENTITY_STORE", 1)})
}

// notUnique is the refusal for what is there already.
func notUnique(message string) error {
	return badRequest("ConflictException", "%s", message).with(details{"Reason": "UNIQUENESS_CONSTRAINT_VIOLATION"})
}

// pageOfCenter is [pageOf] in the words of Identity Center's services.
func pageOfCenter[T any](in pageIn, member string, items []T) (any, error) {
	if in.MaxResults < 0 || in.MaxResults > 100 {
		return nil, invalid("ValidationException", in.MaxResults, "maxResults", "have value between 1 and 100")
	}
	out, err := pageOf(in, member, items, 100)
	if err != nil {
		return nil, badRequest("ValidationException", "The NextToken is not valid.")
	}
	return out, nil
}
