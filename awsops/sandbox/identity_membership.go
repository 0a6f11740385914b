package sandbox

// memberRef is who is a member: only users are.
type memberRef struct{ UserId string }

func (m *membership) view(c *identityCenter) map[string]any {
	return map[string]any{
		"IdentityStoreId": c.storeID, "MembershipId": m.id, "GroupId": m.team.id, "MemberId": memberRef{m.person.id}, "CreatedAt": epoch(m.created),
	}
}

// membership finds the membership that a request names.
func (s *storeService) membership(r *request, in storeIn) (*membership, error) {
	m := s.center.memberships[in.MembershipId]
	if m == nil || s.unseen(r.operation, s.center.storeARN("membership/"+m.id), r.now) {
		return nil, notInStore("GROUP_MEMBERSHIP")
	}
	return m, nil
}

func (s *storeService) createMembership(r *request, in storeIn) (any, error) {
	t, err := s.team(r, in)
	if err != nil {
		return nil, err
	}
	p, err := s.person(r, in)
	if err != nil {
		return nil, err
	}
	if s.center.membership(t.id, p.id) != nil {
		return nil, notUnique("Member and Group relationship already exists.")
	}
	m := s.join(t, p, r.now)
	return map[string]string{"MembershipId": m.id, "IdentityStoreId": s.center.storeID}, nil
}

func (s *storeService) deleteMembership(r *request, in storeIn) (any, error) {
	m, err := s.membership(r, in)
	if err != nil {
		return nil, err
	}
	delete(s.center.memberships, m.id)
	return none{}, nil
}

func (s *storeService) describeMembership(r *request, in storeIn) (any, error) {
	m, err := s.membership(r, in)
	if err != nil {
		return nil, err
	}
	return m.view(s.center), nil
}

func (s *storeService) getMembershipID(r *request, in storeIn) (any, error) {
	m, err := s.membership(r, in)
	if err != nil {
		return nil, err
	}
	return map[string]string{"MembershipId": m.id, "IdentityStoreId": s.center.storeID}, nil
}

// isMemberInGroups takes a hundred groups at the most, and a person who must be there.
func (s *storeService) isMemberInGroups(r *request, in storeIn) (any, error) {
	if len(in.GroupIds) == 0 || len(in.GroupIds) > 100 {
		return nil, badRequest("ValidationException", "GroupIds must have length between 1 and 100.")
	}
	if _, err := s.person(r, in); err != nil {
		return nil, err
	}
	results := []any{}
	for _, id := range in.GroupIds {
		m := s.center.membership(id, in.UserId)
		there := m != nil && !s.unseen(r.operation, s.center.storeARN("membership/"+m.id), r.now)
		results = append(results, map[string]any{"GroupId": id, "MemberId": memberRef{in.UserId}, "MembershipExists": there})
	}
	return map[string]any{"Results": results}, nil
}

func (s *storeService) listMemberships(r *request, in storeIn) (any, error) {
	t, err := s.team(r, in)
	if err != nil {
		return nil, err
	}
	return s.list(r, in, func(m *membership) bool { return m.team == t })
}

func (s *storeService) listMembershipsOf(r *request, in storeIn) (any, error) {
	p, err := s.person(r, in)
	if err != nil {
		return nil, err
	}
	return s.list(r, in, func(m *membership) bool { return m.person == p })
}

// list shows a page of the memberships that are wanted.
func (s *storeService) list(r *request, in storeIn, wanted func(*membership) bool) (any, error) {
	out := []any{}
	for _, m := range inOrder(s.center.memberships) {
		if wanted(m) && !s.unseen(r.operation, s.center.storeARN("membership/"+m.id), r.now) {
			out = append(out, m.view(s.center))
		}
	}
	return pageOfCenter(in.pageIn, "GroupMemberships", out)
}
