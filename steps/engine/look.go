package engine

import (
	"slices"
	"sync/atomic"

	"stateroom/steps/plan"
)

// look is the identity of one look at what is there, as a [plan.Look]. A review that
// rests on it can be carried out once: after that, however it ended, what is there is
// no longer what was seen. The type stays here, so that nobody else can make one.
type look struct {
	spent atomic.Bool
	// planned are the changes that may be made of it: those that it planned, and that
	// wait for nobody's word.
	planned []plan.Change
}

// lookOf is the look that a review rests on; nil where it rests on none of ours.
func lookOf(r plan.Review) *look {
	l, _ := r.Looked.(*look)
	return l
}

// Fresh tells whether nothing was made of the look yet.
func (l *look) Fresh() bool { return !l.spent.Load() }

// own gives the look's own changes with the ids of these, as it planned them. It is
// false where one of these is none of it: then nothing is to be made.
func (l *look) own(changes []plan.Change) (own []plan.Change, all bool) {
	if len(changes) == 0 {
		return nil, true
	}
	if l == nil {
		return nil, false
	}
	meant := plan.IDs(changes)
	if own = l.planned; len(meant) < len(own) {
		own = slices.DeleteFunc(slices.Clone(own), func(c plan.Change) bool { return !meant[c.ID] })
	}
	for _, c := range own {
		delete(meant, c.ID)
	}
	return own, len(meant) == 0
}

// take spends the look. It is false where there was none, or where something was
// made of it already.
func (l *look) take() bool { return l != nil && l.spent.CompareAndSwap(false, true) }
