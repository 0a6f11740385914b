package sandbox

import (
	"slices"
	"strings"
)

// reservedNames are those of no user or group (CreateGroup, identity store API reference).
var reservedNames = []string{"Administrator", "AWSAdministrators"}

// storeFilter is the deprecated way of a list to find one.
type storeFilter struct{ AttributePath, AttributeValue string }

// passes says whether a list with these filters shows what has that name.
func passes(filters []storeFilter, path, name string) bool {
	for _, f := range filters {
		if !strings.EqualFold(f.AttributePath, path) || f.AttributeValue != name {
			return false
		}
	}
	return true
}

// view is the group as every answer shows it.
func (t *team) view(c *identityCenter) map[string]any {
	out := map[string]any{"GroupId": t.id, "IdentityStoreId": c.storeID, "DisplayName": t.displayName, "CreatedAt": epoch(t.created)}
	if t.description != "" {
		out["Description"] = t.description
	}
	if t.external != nil {
		out["ExternalIds"] = t.external
	}
	return out
}

// team finds the group that a request names.
func (s *storeService) team(r *request, in storeIn) (*team, error) {
	t := s.center.teams[in.GroupId]
	if t == nil || s.unseen(r.operation, s.center.storeARN("group/"+t.id), r.now) {
		return nil, notInStore("GROUP")
	}
	return t, nil
}

func (s *storeService) getGroupID(r *request, in storeIn) (any, error) {
	t, err := s.team(r, in)
	if err != nil {
		return nil, err
	}
	return map[string]string{"GroupId": t.id, "IdentityStoreId": s.center.storeID}, nil
}

func (s *storeService) describeGroup(r *request, in storeIn) (any, error) {
	t, err := s.team(r, in)
	if err != nil {
		return nil, err
	}
	return t.view(s.center), nil
}

func (s *storeService) listGroups(r *request, in storeIn) (any, error) {
	out := []any{}
	for _, t := range inOrder(s.center.teams) {
		if passes(in.Filters, "DisplayName", t.displayName) && !s.unseen(r.operation, s.center.storeARN("group/"+t.id), r.now) {
			out = append(out, t.view(s.center))
		}
	}
	return pageOfCenter(in.pageIn, "Groups", out)
}

func (s *storeService) createGroup(r *request, in storeIn) (any, error) {
	switch {
	case in.DisplayName == "":
		return nil, badRequest("ValidationException", "displayName is a required attribute")
	case slices.Contains(reservedNames, in.DisplayName):
		return nil, badRequest("ValidationException", "%s is a reserved name.", in.DisplayName)
	case s.center.teamNamed(in.DisplayName) != nil:
		return nil, notUnique("Duplicate GroupDisplayName")
	}
	t := s.addTeam(&team{displayName: in.DisplayName, description: in.Description}, r.now)
	return map[string]string{"GroupId": t.id, "IdentityStoreId": s.center.storeID}, nil
}

// deleteGroup takes everybody out of the group as well.
func (s *storeService) deleteGroup(r *request, in storeIn) (any, error) {
	t, err := s.team(r, in)
	if err != nil {
		return nil, err
	}
	for id, m := range s.center.memberships {
		if m.team == t {
			delete(s.center.memberships, id)
		}
	}
	delete(s.center.teams, t.id)
	return none{}, nil
}
