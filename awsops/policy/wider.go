package policy

import "slices"

// Wider says whether want may allow something that have does not: an Allow that
// no statement of have covers, or a Deny of have that no statement of want
// covers. It is sound rather than complete: a document that it calls no wider
// is none, while one that is no wider only by what several statements do
// together counts as wider.
func Wider(have, want Document) bool {
	return len(Granted(have, want)) > 0 || len(Lifted(have, want)) > 0 || !sameVariables(have, want)
}

// Lifted lists the statements of have, as such that allow, that deny something
// which no statement of want denies.
func Lifted(have, want Document) []Statement { return Granted(denials(want), denials(have)) }

// Granted lists the statements of want that allow something which no statement
// of have allows, in want's order. For documents of denials it lists those that
// have lacks.
func Granted(have, want Document) []Statement {
	var granted []Statement
	merged := Document{Version: have.Version, Statements: merge(have.Statements)}
	for _, s := range want.Statements {
		if s.Effect == Allow && !Covers(have, s) && !Covers(merged, s) {
			granted = append(granted, s)
		}
	}
	return granted
}

// denials are the statements of a document that deny, turned into such as allow
// the same: what one of them covers, another denies as well.
func denials(d Document) Document {
	d.Statements = slices.DeleteFunc(slices.Clone(d.Statements), func(s Statement) bool { return s.Effect != Deny })
	for i := range d.Statements {
		d.Statements[i].Effect = Allow
	}
	return d
}
