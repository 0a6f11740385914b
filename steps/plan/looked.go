package plan

import (
	"slices"
	"sync/atomic"
)

// Looked is the identity of one look at what is there. A review that rests on
// it can be carried out once: after that, however it ended, what is there is no
// longer what was seen. Its zero value is a look that nothing was made of yet.
type Looked struct {
	spent atomic.Bool
	// planned are the changes that may be made of it.
	planned []Change
}

// Plan notes which changes may be made of the look: those that it planned, and that
// wait for nobody's word.
func (l *Looked) Plan(changes []Change) { l.planned = changes }

// Own gives the look's own changes with the ids of these, as it planned them. It is
// false where one of these is none of it: then nothing is to be made.
func (l *Looked) Own(changes []Change) (own []Change, all bool) {
	if len(changes) == 0 {
		return nil, true
	}
	if l == nil {
		return nil, false
	}
	meant := make(map[string]bool, len(changes))
	for _, c := range changes {
		meant[c.ID] = true
	}
	own = slices.DeleteFunc(slices.Clone(l.planned), func(c Change) bool { return !meant[c.ID] })
	for _, c := range own {
		delete(meant, c.ID)
	}
	return own, len(meant) == 0
}

// Take spends the look. It is false where there was none, or where something
// was made of it already.
func (l *Looked) Take() bool { return l != nil && l.spent.CompareAndSwap(false, true) }

// Fresh tells whether the review can be carried out. Where it cannot, only a new
// look leads on.
func (r Review) Fresh() bool { return r.Looked != nil && !r.Looked.spent.Load() }

// Without leaves out the changes of these ids, and all that need one of them.
func (r Review) Without(ids map[string]bool) Review {
	var left []Change
	r.Changes, left = LeaveOut(r.Changes, ids)
	r.Left = append(r.Left[:len(r.Left):len(r.Left)], left...)
	return r
}

// After is what a run leaves of its last look. Where it was stopped, nothing has
// been looked at since; where something failed, an answer was lost or what is due was not confirmed, what
// remains is shown, and carried out only After another look.
func (r Review) After(s *Summary) Review {
	switch {
	case s.Stopped:
		return Review{}
	case s.Failed+s.Unknown+s.Skipped > 0:
		r.Looked = nil
	}
	return r
}
