package plan

// Look is one look at what is there. Only the engine makes those that a review can
// be carried out on.
type Look interface {
	// Fresh tells whether nothing was made of it yet.
	Fresh() bool
}

// Fresh tells whether the review can be carried out. Where it cannot, only a new
// look leads on.
func (r Review) Fresh() bool { return r.Looked != nil && r.Looked.Fresh() }

// Exclude leaves out the changes of these ids, and all that need one of them.
func (r Review) Exclude(ids map[string]bool) Review {
	var left []Change
	r.Changes, left = Exclude(r.Changes, ids)
	r.Excluded = append(r.Excluded[:len(r.Excluded):len(r.Excluded)], left...)
	return r
}

// After is what a run leaves of its last look. Where it was stopped, nothing has
// been looked at since; where something failed, an answer was lost or what is due was not confirmed, what
// remains is shown, and carried out only after another look.
func (r Review) After(s *Summary) Review {
	switch {
	case s.Stopped:
		return Review{}
	case s.Failed+s.Unknown+s.Skipped > 0:
		r.Looked = nil
	}
	return r
}
