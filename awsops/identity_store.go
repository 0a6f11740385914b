package awsops

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/document"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"
)

// StoreGroup is a group of Identity Center's identity store.
type StoreGroup struct {
	ID, Name string
	// External says that an identity provider keeps it, so that a change here would be
	// undone there.
	External bool
}

// StoreGroup finds a group by its display name; nil without one.
func (s *Session) StoreGroup(ctx context.Context, store, name string) (*StoreGroup, error) {
	in := &identitystore.GetGroupIdInput{
		IdentityStoreId: aws.String(store),
		AlternateIdentifier: &types.AlternateIdentifierMemberUniqueAttribute{Value: types.UniqueAttribute{
			AttributePath: aws.String("displayName"), AttributeValue: document.NewLazyDocument(name),
		}},
	}
	id, err := describe(ctx, s, s.identitystore().GetGroupId, in, name, func(answer *identitystore.GetGroupIdOutput) *string { return answer.GroupId })
	if err != nil || id == nil {
		return nil, err
	}
	return s.StoreGroupOf(ctx, store, *id)
}

// StoreGroupOf is the group of an id; nil without one.
func (s *Session) StoreGroupOf(ctx context.Context, store, id string) (*StoreGroup, error) {
	of := &identitystore.DescribeGroupInput{IdentityStoreId: aws.String(store), GroupId: aws.String(id)}
	return describe(ctx, s, s.identitystore().DescribeGroup, of, id, func(answer *identitystore.DescribeGroupOutput) *StoreGroup {
		return &StoreGroup{ID: aws.ToString(answer.GroupId), Name: aws.ToString(answer.DisplayName), External: len(answer.ExternalIds) > 0}
	})
}

// StoreUser is somebody in the identity store.
type StoreUser struct{ ID, Name string }

// StoreUser finds somebody by the user name; nil without.
func (s *Session) StoreUser(ctx context.Context, store, name string) (*StoreUser, error) {
	in := &identitystore.GetUserIdInput{
		IdentityStoreId: aws.String(store),
		AlternateIdentifier: &types.AlternateIdentifierMemberUniqueAttribute{Value: types.UniqueAttribute{
			AttributePath: aws.String("userName"), AttributeValue: document.NewLazyDocument(name),
		}},
	}
	id, err := describe(ctx, s, s.identitystore().GetUserId, in, name, func(answer *identitystore.GetUserIdOutput) *string { return answer.UserId })
	if err != nil || id == nil {
		return nil, err
	}
	return s.StoreUserOf(ctx, store, *id)
}

// StoreUserOf is somebody of an id; nil without.
func (s *Session) StoreUserOf(ctx context.Context, store, id string) (*StoreUser, error) {
	of := &identitystore.DescribeUserInput{IdentityStoreId: aws.String(store), UserId: aws.String(id)}
	return describe(ctx, s, s.identitystore().DescribeUser, of, id, func(answer *identitystore.DescribeUserOutput) *StoreUser {
		return &StoreUser{ID: aws.ToString(answer.UserId), Name: aws.ToString(answer.UserName)}
	})
}

// StoreMemberships are the ids of somebody's memberships, by the group's id.
func (s *Session) StoreMemberships(ctx context.Context, store, user string) (map[string]string, error) {
	pages := identitystore.NewListGroupMembershipsForMemberPaginator(s.identitystore(), &identitystore.ListGroupMembershipsForMemberInput{
		IdentityStoreId: aws.String(store), MemberId: &types.MemberIdMemberUserId{Value: user},
	})
	found := map[string]string{}
	_, err := anyPage(ctx, s, pages, user, func(page *identitystore.ListGroupMembershipsForMemberOutput) bool {
		for _, m := range page.GroupMemberships {
			found[aws.ToString(m.GroupId)] = aws.ToString(m.MembershipId)
		}
		return false
	})
	return found, err
}

// DeleteStoreMembership takes somebody out of a group of the identity store.
func DeleteStoreMembership(store, membership string) Call {
	return call(&identitystore.DeleteGroupMembershipInput{IdentityStoreId: aws.String(store), MembershipId: aws.String(membership)})
}

// StoreFilled says whether an identity provider fills the store: one of its groups or users
// has an id of elsewhere. No call of AWS's tells the identity source itself.
func (s *Session) StoreFilled(ctx context.Context, store string) (bool, error) {
	groups := identitystore.NewListGroupsPaginator(s.identitystore(), &identitystore.ListGroupsInput{IdentityStoreId: aws.String(store)})
	external, err := anyPage(ctx, s, groups, store, func(page *identitystore.ListGroupsOutput) bool {
		for _, g := range page.Groups {
			if len(g.ExternalIds) > 0 {
				return true
			}
		}
		return false
	})
	if err != nil || external {
		return external, err
	}
	users := identitystore.NewListUsersPaginator(s.identitystore(), &identitystore.ListUsersInput{IdentityStoreId: aws.String(store)})
	return anyPage(ctx, s, users, store, func(page *identitystore.ListUsersOutput) bool {
		for _, u := range page.Users {
			if len(u.ExternalIds) > 0 {
				return true
			}
		}
		return false
	})
}

// anyPage reads pages until one of them has it.
func anyPage[P, X any](ctx context.Context, s *Session, pages pager[P, X], resource string, has func(*P) bool) (bool, error) {
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, s.fail(err, resource)
		}
		if has(page) {
			return true, nil
		}
	}
	return false, nil
}

// CreateStoreGroup makes a group in the identity store. Its output is "id".
func CreateStoreGroup(store, name, description string) Call {
	return call(&identitystore.CreateGroupInput{
		IdentityStoreId: aws.String(store), DisplayName: aws.String(name), Description: aws.String(description),
	})
}
