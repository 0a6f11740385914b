package sandbox

import "slices"

// view is the person as every answer shows them.
func (p *person) view(c *identityCenter) map[string]any {
	out := map[string]any{
		"UserId": p.id, "IdentityStoreId": c.storeID, "UserName": p.userName, "DisplayName": p.displayName,
		"UserStatus": "ENABLED", "CreatedAt": epoch(p.created),
	}
	if p.name != nil {
		out["Name"] = p.name
	}
	if p.emails != nil {
		out["Emails"] = p.emails
	}
	if p.external != nil {
		out["ExternalIds"] = p.external
	}
	return out
}

// person finds the user that a request names.
func (s *storeService) person(r *request, in storeIn) (*person, error) {
	p := s.center.people[in.UserId]
	if p == nil || s.unseen(r.operation, s.center.storeARN("user/"+p.id), r.now) {
		return nil, notInStore("USER")
	}
	return p, nil
}

func (s *storeService) getUserID(r *request, in storeIn) (any, error) {
	p, err := s.person(r, in)
	if err != nil {
		return nil, err
	}
	return map[string]string{"UserId": p.id, "IdentityStoreId": s.center.storeID}, nil
}

func (s *storeService) describeUser(r *request, in storeIn) (any, error) {
	p, err := s.person(r, in)
	if err != nil {
		return nil, err
	}
	return p.view(s.center), nil
}

func (s *storeService) listUsers(r *request, in storeIn) (any, error) {
	out := []any{}
	for _, p := range inOrder(s.center.people) {
		if passes(in.Filters, "UserName", p.userName) && !s.unseen(r.operation, s.center.storeARN("user/"+p.id), r.now) {
			out = append(out, p.view(s.center))
		}
	}
	return pageOfCenter(in.pageIn, "Users", out)
}

// createUser asks for what Identity Center needs, though the model calls it optional.
func (s *storeService) createUser(r *request, in storeIn) (any, error) {
	switch {
	case in.UserName == "" || len(in.UserName) > 128 || slices.Contains(reservedNames, in.UserName):
		return nil, badRequest("ValidationException", "UserName is not valid.")
	case in.DisplayName == "" || in.Name == nil || in.Name.FamilyName == "" || in.Name.GivenName == "":
		return nil, badRequest("ValidationException", "DisplayName, Name.FamilyName and Name.GivenName are required attributes.")
	case len(in.Emails) > 1:
		return nil, badRequest("ValidationException", "Emails must have length less than or equal to 1.")
	case s.center.personNamed(in.UserName) != nil:
		return nil, notUnique("Duplicate UserName")
	}
	p := s.addPerson(&person{userName: in.UserName, displayName: in.DisplayName, name: in.Name, emails: in.Emails}, r.now)
	return map[string]string{"UserId": p.id, "IdentityStoreId": s.center.storeID}, nil
}

// deleteUser takes the person out of every group as well.
func (s *storeService) deleteUser(r *request, in storeIn) (any, error) {
	p, err := s.person(r, in)
	if err != nil {
		return nil, err
	}
	for id, m := range s.center.memberships {
		if m.person == p {
			delete(s.center.memberships, id)
		}
	}
	delete(s.center.people, p.id)
	return none{}, nil
}
