package diagnosis

import "slices"

// Behind tells whether a finding of an id can be what is behind an error that a text
// names so: the same cause, or one that stands higher and is of the same family or
// of who may do what: whoever has the key of another account is denied everything. What
// a text calls an explicit deny the checks call by what was denied.
func (d *Diagnosis) Behind(id string) bool {
	if d.ID == id {
		return true
	}
	if d.ID == ExplicitDeny.ID && slices.ContainsFunc(denials, func(of *Diagnosis) bool { return of.ID == id }) {
		return true
	}
	i, own := Rank(id), Rank(d.ID)
	if i >= own || own == len(catalogue) {
		return false
	}
	return slices.Contains([]Family{d.Family, Role}, catalogue[i].Family)
}

// Beside tells whether the diagnosis is of what an engine says beside the cause, such as
// a lock that it could not release.
func (d *Diagnosis) Beside() bool { return d.consequence }
