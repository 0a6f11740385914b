package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/document"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"
)

const centerRegion = "eu-central-1"

// centerStage is a sandbox with IAM Identity Center, asked in its region.
type centerStage struct {
	*Server
	t *testing.T
}

func newCenterStage(t *testing.T, o CenterOptions) *centerStage {
	t.Helper()
	o.Region = centerRegion
	return &centerStage{serve(t, Options{IdentityCenter: o}), t}
}

func (st *centerStage) must(err error) {
	st.t.Helper()
	if err != nil {
		st.t.Fatal(err)
	}
}

func (st *centerStage) config(who Credentials) aws.Config {
	config := as(st.Server, who)
	config.Region = centerRegion
	return config
}

// memberAs are the credentials of an administrator of a member account.
func (st *centerStage) memberAs(account string) Credentials {
	st.t.Helper()
	who, err := assume(st.t.Context(), st.Server, st.Operator(), "arn:aws:iam::"+account+":role/OrganizationAccountAccessRole")
	st.must(err)
	return who
}

func (st *centerStage) storeAs(who Credentials) *identitystore.Client {
	return identitystore.NewFromConfig(st.config(who))
}

func (st *centerStage) store() *identitystore.Client { return st.storeAs(st.Operator()) }

// id is the identity store's.
func (st *centerStage) id() *string { return &st.center.storeID }

func named(path, value string) types.AlternateIdentifier {
	return &types.AlternateIdentifierMemberUniqueAttribute{Value: types.UniqueAttribute{
		AttributePath: &path, AttributeValue: document.NewLazyDocument(value),
	}}
}

// memberOf is who is a member.
func memberOf(userID string) types.MemberId { return &types.MemberIdMemberUserId{Value: userID} }

// groupID finds a group by its name.
func (st *centerStage) groupID(name string) (*string, error) {
	out, err := st.store().GetGroupId(st.t.Context(), &identitystore.GetGroupIdInput{IdentityStoreId: st.id(), AlternateIdentifier: named("displayName", name)})
	if err != nil {
		return nil, err
	}
	return out.GroupId, nil
}

// userID finds a person by their user name.
func (st *centerStage) userID(name string) *string {
	st.t.Helper()
	out, err := st.store().GetUserId(st.t.Context(), &identitystore.GetUserIdInput{IdentityStoreId: st.id(), AlternateIdentifier: named("userName", name)})
	st.must(err)
	return out.UserId
}

// wantReason holds an error's Reason against one, which every refusal by a key has.
func wantReason(t *testing.T, err error, want string) {
	t.Helper()
	var (
		denied  *types.AccessDeniedException
		invalid *types.ValidationException
		missing *types.ResourceNotFoundException
		reason  string
	)
	switch {
	case errors.As(err, &denied):
		reason = string(denied.Reason)
	case errors.As(err, &invalid):
		reason = string(invalid.Reason)
	case errors.As(err, &missing):
		reason = string(missing.Reason)
	}
	if reason != want {
		t.Errorf("want the reason %s, got %q: %v", want, reason, err)
	}
}

func TestIdentityStoreFindsWhatWasMade(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	c, ctx := st.store(), t.Context()
	_, err := st.groupID("Admins")
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) || missing.ResourceType != types.ResourceTypeGroup {
		t.Fatalf("an absent group: %v", err)
	}
	made, err := c.CreateGroup(ctx, &identitystore.CreateGroupInput{IdentityStoreId: st.id(), DisplayName: aws.String("Admins"), Description: aws.String("for tests")})
	st.must(err)
	if id, err := st.groupID("Admins"); err != nil || *id != *made.GroupId {
		t.Fatalf("%v, made as %s", err, *made.GroupId)
	}
	_, err = c.CreateGroup(ctx, &identitystore.CreateGroupInput{IdentityStoreId: st.id(), DisplayName: aws.String("admins")})
	var conflict *types.ConflictException
	if !errors.As(err, &conflict) || conflict.Reason != types.ConflictExceptionReasonUniquenessConstraintViolation {
		t.Fatalf("a second group of the name: %v", err)
	}
	group, err := c.DescribeGroup(ctx, &identitystore.DescribeGroupInput{IdentityStoreId: st.id(), GroupId: made.GroupId})
	st.must(err)
	if *group.DisplayName != "Admins" || *group.Description != "for tests" || group.ExternalIds != nil {
		t.Errorf("the group is %+v", group)
	}
	user, err := c.CreateUser(ctx, &identitystore.CreateUserInput{
		IdentityStoreId: st.id(), UserName: aws.String("alice"), DisplayName: aws.String("Alice"),
		Name: &types.Name{FamilyName: aws.String("A"), GivenName: aws.String("Alice")}, Emails: []types.Email{{Value: aws.String("alice@acme.com"), Primary: true}},
	})
	st.must(err)
	byMail, err := c.GetUserId(ctx, &identitystore.GetUserIdInput{IdentityStoreId: st.id(), AlternateIdentifier: named("emails.value", "alice@acme.com")})
	if err != nil || *byMail.UserId != *user.UserId || *st.userID("alice") != *user.UserId {
		t.Errorf("found as %+v: %v", byMail, err)
	}
	described, err := c.DescribeUser(ctx, &identitystore.DescribeUserInput{IdentityStoreId: st.id(), UserId: user.UserId})
	if err != nil || *described.UserName != "alice" || *described.Emails[0].Value != "alice@acme.com" {
		t.Errorf("the user is %+v: %v", described, err)
	}
	_, err = c.CreateUser(ctx, &identitystore.CreateUserInput{IdentityStoreId: st.id(), UserName: aws.String("bob"), DisplayName: aws.String("Bob")})
	wantError(t, err, "ValidationException", "GivenName")
	_, err = c.DeleteUser(ctx, &identitystore.DeleteUserInput{IdentityStoreId: st.id(), UserId: user.UserId})
	st.must(err)
	_, err = c.DescribeUser(ctx, &identitystore.DescribeUserInput{IdentityStoreId: st.id(), UserId: user.UserId})
	wantError(t, err, "ResourceNotFoundException", "USER")
}

func TestIdentityStoreKeepsMemberships(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	c, ctx := st.store(), t.Context()
	st.must(st.Directory(map[string][]string{"Admins": {"alice", "bob"}, "Others": {"alice"}, "Empty": nil}))
	alice := memberOf(*st.userID("alice"))
	var groups []string
	for _, name := range []string{"Admins", "Others", "Empty"} {
		id, err := st.groupID(name)
		st.must(err)
		groups = append(groups, *id)
	}
	in, err := c.IsMemberInGroups(ctx, &identitystore.IsMemberInGroupsInput{IdentityStoreId: st.id(), MemberId: alice, GroupIds: groups})
	st.must(err)
	for i, want := range []bool{true, true, false} {
		if in.Results[i].MembershipExists != want || *in.Results[i].GroupId != groups[i] {
			t.Errorf("group %d: %+v", i, in.Results[i])
		}
	}
	_, err = c.CreateGroupMembership(ctx, &identitystore.CreateGroupMembershipInput{IdentityStoreId: st.id(), MemberId: alice, GroupId: &groups[0]})
	wantError(t, err, "ConflictException", "")
	joined, err := c.CreateGroupMembership(ctx, &identitystore.CreateGroupMembershipInput{IdentityStoreId: st.id(), MemberId: alice, GroupId: &groups[2]})
	st.must(err)
	found, err := c.GetGroupMembershipId(ctx, &identitystore.GetGroupMembershipIdInput{IdentityStoreId: st.id(), MemberId: alice, GroupId: &groups[2]})
	if err != nil || *found.MembershipId != *joined.MembershipId {
		t.Errorf("found as %+v: %v", found, err)
	}
	of, err := c.ListGroupMembershipsForMember(ctx, &identitystore.ListGroupMembershipsForMemberInput{IdentityStoreId: st.id(), MemberId: alice})
	if err != nil || len(of.GroupMemberships) != 3 {
		t.Fatalf("alice's groups: %+v, %v", of, err)
	}
	for _, m := range of.GroupMemberships {
		_, err = c.DeleteGroupMembership(ctx, &identitystore.DeleteGroupMembershipInput{IdentityStoreId: st.id(), MembershipId: m.MembershipId})
		st.must(err)
	}
	left, err := c.ListGroupMemberships(ctx, &identitystore.ListGroupMembershipsInput{IdentityStoreId: st.id(), GroupId: &groups[0]})
	if err != nil || len(left.GroupMemberships) != 1 {
		t.Errorf("left of the group: %+v, %v", left, err)
	}
	_, err = c.DeleteGroup(ctx, &identitystore.DeleteGroupInput{IdentityStoreId: st.id(), GroupId: &groups[0]})
	st.must(err)
	_, err = c.DescribeGroupMembership(ctx, &identitystore.DescribeGroupMembershipInput{IdentityStoreId: st.id(), MembershipId: left.GroupMemberships[0].MembershipId})
	wantError(t, err, "ResourceNotFoundException", "GROUP_MEMBERSHIP")
}

func TestIdentityProviderLeavesItsIds(t *testing.T) {
	st := newCenterStage(t, CenterOptions{Issuer: "https://idp.example/scim"})
	names := []string{}
	for i := range 120 {
		names = append(names, fmt.Sprintf("person-%03d", i))
	}
	st.must(st.Directory(map[string][]string{"Platform": names}))
	out, err := st.store().GetGroupId(t.Context(), &identitystore.GetGroupIdInput{
		IdentityStoreId:     aws.String("arn:aws:identitystore::111111111111:identitystore/" + *st.id()),
		AlternateIdentifier: &types.AlternateIdentifierMemberExternalId{Value: types.ExternalId{Issuer: aws.String("https://idp.example/scim"), Id: aws.String("Platform")}},
	})
	st.must(err)
	pages := identitystore.NewListUsersPaginator(st.store(), &identitystore.ListUsersInput{IdentityStoreId: st.id()})
	var seen []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		st.must(err)
		for _, u := range page.Users {
			if len(u.ExternalIds) != 1 || *u.ExternalIds[0].Id != *u.UserName {
				t.Fatalf("%+v has no external id", u)
			}
			seen = append(seen, *u.UserName)
		}
	}
	slices.Sort(seen)
	if !slices.Equal(seen, names) {
		t.Errorf("%d people are listed", len(seen))
	}
	groups, err := st.store().ListGroups(t.Context(), &identitystore.ListGroupsInput{IdentityStoreId: st.id()})
	if err != nil || len(groups.Groups) != 1 || *groups.Groups[0].GroupId != *out.GroupId || groups.Groups[0].ExternalIds == nil {
		t.Errorf("groups: %+v, %v", groups, err)
	}
}

func TestIdentityStoreAsksThePoliciesOfItsCallers(t *testing.T) {
	st := newCenterStage(t, CenterOptions{Delegate: "222222222222"})
	st.must(st.Directory(map[string][]string{"Admins": {"alice"}}))
	id, err := st.groupID("Admins")
	st.must(err)
	ctx := t.Context()
	describe := &identitystore.DescribeGroupInput{IdentityStoreId: st.id(), GroupId: id}
	create := &identitystore.CreateGroupInput{IdentityStoreId: st.id(), DisplayName: aws.String("More")}

	bob := st.storeAs(addUser(t, st.Server, "bob"))
	_, err = bob.DescribeGroup(ctx, describe)
	wantError(t, err, "AccessDeniedException", "is not authorized to perform: identitystore:DescribeGroup on resource: arn:aws:identitystore:::group/"+*id)
	// The group's own ARN is not enough: the store is asked for, too.
	allow(t, st.Server, "bob", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"identitystore:*","Resource":"arn:aws:identitystore:::group/*"}]}`)
	_, err = bob.DescribeGroup(ctx, describe)
	wantError(t, err, "AccessDeniedException", "identitystore/"+*st.id())
	allow(t, st.Server, "bob", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"identitystore:Describe*","Resource":"*"}]}`)
	_, err = bob.DescribeGroup(ctx, describe)
	st.must(err)
	_, err = bob.CreateGroup(ctx, create)
	wantError(t, err, "AccessDeniedException", "identitystore:CreateGroup")

	_, err = st.storeAs(st.memberAs("333333333333")).DescribeGroup(ctx, describe)
	st.must(err)
	_, err = st.storeAs(st.memberAs("333333333333")).CreateGroup(ctx, create)
	wantError(t, err, "AccessDeniedException", "identitystore:CreateGroup")
	_, err = st.storeAs(st.memberAs("222222222222")).CreateGroup(ctx, create)
	st.must(err)
}

func TestIdentityStoreIsWhereItsInstanceIs(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	other := identitystore.NewFromConfig(as(st.Server, st.Operator())) // eu-west-1
	_, err := other.ListGroups(t.Context(), &identitystore.ListGroupsInput{IdentityStoreId: st.id()})
	wantError(t, err, "ResourceNotFoundException", "IDENTITYSTORE")
	off := serve(t, Options{})
	if err := off.Directory(nil); err == nil {
		t.Error("people were put where there is no store")
	}
	c := identitystore.NewFromConfig(as(off, off.Operator()))
	_, err = c.ListUsers(t.Context(), &identitystore.ListUsersInput{IdentityStoreId: aws.String("d-1234567890")})
	wantError(t, err, "ResourceNotFoundException", "IDENTITYSTORE")
	off.EnableIdentityCenter(CenterOptions{Region: "eu-west-1"})
	_, err = c.ListUsers(t.Context(), &identitystore.ListUsersInput{IdentityStoreId: &off.center.storeID})
	wantError(t, err, "", "")
}

func TestIdentityStoreNamesTheKeyThatFailsIt(t *testing.T) {
	st := newCenterStage(t, CenterOptions{})
	ctx := t.Context()
	keys := kms.NewFromConfig(st.config(st.Operator()))
	made, err := keys.CreateKey(ctx, &kms.CreateKeyInput{})
	st.must(err)
	st.center.key = *made.KeyMetadata.Arn
	list := func(who Credentials) error {
		_, err := st.storeAs(who).ListGroups(ctx, &identitystore.ListGroupsInput{IdentityStoreId: st.id()})
		return err
	}
	st.must(list(st.Operator()))
	bob := addUser(t, st.Server, "bob")
	allow(t, st.Server, "bob", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"identitystore:*","Resource":"*"}]}`)
	wantReason(t, list(bob), "KMS_ACCESS_DENIED")
	_, err = keys.DisableKey(ctx, &kms.DisableKeyInput{KeyId: made.KeyMetadata.Arn})
	st.must(err)
	wantReason(t, list(st.Operator()), "KMS_DISABLED")
	_, err = keys.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: made.KeyMetadata.Arn})
	st.must(err)
	wantReason(t, list(st.Operator()), "KMS_INVALID_STATE")
	st.center.key += "x"
	wantReason(t, list(st.Operator()), "KMS_KEY_NOT_FOUND")
}

func TestIdentityStoreShowsLateWhatWasMade(t *testing.T) {
	clock := newClock()
	s := serve(t, Options{Seed: "store", Lag: 10 * time.Minute, Now: clock.now, IdentityCenter: CenterOptions{Region: "eu-west-1"}})
	c := identitystore.NewFromConfig(as(s, s.Operator()))
	behind := func() (missed bool) {
		for i := range 12 {
			name := fmt.Sprint("group-", i)
			_, err := c.CreateGroup(t.Context(), &identitystore.CreateGroupInput{IdentityStoreId: &s.center.storeID, DisplayName: &name})
			var api smithy.APIError
			if err != nil && (!errors.As(err, &api) || api.ErrorCode() != "ConflictException") {
				t.Fatal(err)
			}
			_, err = c.GetGroupId(t.Context(), &identitystore.GetGroupIdInput{IdentityStoreId: &s.center.storeID, AlternateIdentifier: named("displayName", name)})
			if err != nil {
				wantError(t, err, "ResourceNotFoundException", "GROUP")
				missed = true
			}
		}
		return missed
	}
	if !behind() {
		t.Error("every group was seen at once")
	}
	clock.add(10 * time.Minute)
	if behind() {
		t.Error("a group is not seen ten minutes later")
	}
}
