package steps

// Blocked tells whether a finding stands against making any change at all.
func (r Review) Blocked() bool { return blocking(r.Findings) }

// LeaveOut splits changes into those that are made and those that are not: the
// ones in without, and all that need one of them.
func LeaveOut(changes []Change, without map[string]bool) (kept, left []Change) {
	if len(without) == 0 {
		return changes, nil
	}
	out := make(map[string]bool, len(without))
	users := map[string][]string{}
	for _, c := range changes {
		for _, need := range c.Needs {
			users[need] = append(users[need], c.ID)
		}
	}
	var drop func(id string)
	drop = func(id string) {
		if out[id] {
			return
		}
		out[id] = true
		for _, user := range users[id] {
			drop(user)
		}
	}
	for id := range without {
		drop(id)
	}
	for _, c := range changes {
		if out[c.ID] {
			left = append(left, c)
		} else {
			kept = append(kept, c)
		}
	}
	return kept, left
}

// Required are the changes of one step with all that they need, in the order of
// changes: what is made when that step alone is applied.
func Required(changes []Change, step int) []Change {
	index := make(map[string]int, len(changes))
	for i, c := range changes {
		index[c.ID] = i
	}
	wanted := make([]bool, len(changes))
	var want func(i int)
	want = func(i int) {
		if wanted[i] {
			return
		}
		wanted[i] = true
		for _, need := range changes[i].Needs {
			if j, there := index[need]; there {
				want(j)
			}
		}
	}
	for i, c := range changes {
		if c.Step == step {
			want(i)
		}
	}
	var required []Change
	for i, c := range changes {
		if wanted[i] {
			required = append(required, c)
		}
	}
	return required
}

// lastProvable is the last step that can be proven when some changes were left out:
// the one before the first of them.
func lastProvable(left []Change) int {
	last := len(All())
	for _, c := range left {
		last = min(last, c.Step-1)
	}
	return last
}
