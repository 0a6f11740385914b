package policy

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"unicode/utf8"
)

// ManagedPolicyLimit is the quota on the characters of a managed policy, white
// space aside, and ManagedPoliciesPerGroup how many of them a group may have.
// AWS raises neither for groups.
const (
	ManagedPolicyLimit      = 6144
	ManagedPoliciesPerGroup = 10
)

// Split packs statements into documents of at most limit characters
// ([Document.Size]). A statement that is too long alone is split into several
// by the longest of its lists that can be divided without granting more or
// denying less: resources, actions, or the values of a condition. Of packing
// in the order given and packing the largest first it takes what needs fewer
// documents, the order given where both are equal, so that a statement added
// at the end disturbs little. No document has the same Sid twice.
//
// It fails when a statement cannot be brought under the limit.
func Split(statements []Statement, limit int) ([]Document, error) {
	var pieces []Statement
	for _, s := range statements {
		parts, err := divide(s, limit)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, parts...)
	}
	order := make([]int, len(pieces))
	sizes := make([]int, len(pieces))
	for i, s := range pieces {
		order[i], sizes[i] = i, s.size()
	}
	packed := pack(pieces, sizes, order, limit)
	sort.SliceStable(order, func(i, j int) bool { return sizes[order[i]] > sizes[order[j]] })
	if dense := pack(pieces, sizes, order, limit); len(dense) < len(packed) {
		packed = dense
	}
	return packed, nil
}

// Pieces are the statements of a document divided as far as [Split] may divide them.
func Pieces(d Document) (pieces []Statement) {
	for _, s := range d.Statements {
		pieces = append(pieces, s.pieces()...)
	}
	return pieces
}

func (s Statement) pieces() (pieces []Statement) {
	values, with := s.longestList()
	if len(values) < 2 {
		return []Statement{s}
	}
	for i := range values {
		pieces = append(pieces, with(values[i:i+1]).pieces()...)
	}
	return pieces
}

// pack puts each piece into the first document with room for it.
func pack(pieces []Statement, sizes, order []int, limit int) []Document {
	var bins [][]int
	var used []int
	for _, piece := range order {
		bin := 0
		for bin < len(bins) && (used[bin]+1+sizes[piece] > limit || hasSid(pieces, bins[bin], pieces[piece].Sid)) {
			bin++
		}
		if bin == len(bins) {
			bins, used = append(bins, nil), append(used, Document{}.Size()-1) // no comma before the first
		}
		bins[bin], used[bin] = append(bins[bin], piece), used[bin]+1+sizes[piece]
	}
	documents := make([]Document, len(bins))
	for i, bin := range bins {
		slices.Sort(bin)
		documents[i].Version = Version2012
		for _, piece := range bin {
			documents[i].Statements = append(documents[i].Statements, pieces[piece])
		}
	}
	return documents
}

func hasSid(pieces []Statement, bin []int, sid string) bool {
	return sid != "" && slices.ContainsFunc(bin, func(i int) bool { return pieces[i].Sid == sid })
}

func (s Statement) size() int { return utf8.RuneCountInString(s.json()) }

// divide splits a statement until every part fits into a document of its own.
func divide(s Statement, limit int) ([]Statement, error) {
	room := limit - Document{}.Size()
	if s.size() <= room {
		return []Statement{s}, nil
	}
	values, with := s.longestList()
	if len(values) < 2 {
		return nil, fmt.Errorf("statement %q has %d characters and cannot be split to fit %d", s.Sid, s.size(), room)
	}
	var parts []Statement
	for len(values) > 0 {
		n := prefix(values, room-with(values[:1]).size())
		further, err := divide(with(values[:n]), limit)
		if err != nil {
			return nil, err
		}
		parts = append(parts, further...)
		values = values[n:]
	}
	return parts, nil
}

// prefix says how many values fit, at least one, when one alone leaves room
// characters. The second value costs the brackets as well.
func prefix(values []string, room int) int {
	used := 2
	for i, v := range values[1:] {
		used += valueSize(v) + 1
		if used > room {
			return i + 1
		}
	}
	return len(values)
}

func valueSize(value string) int { return utf8.RuneCountInString(encode(value)) }

// longestList finds the largest list that may be divided, and how to make the
// statement with another list in its place.
func (s Statement) longestList() ([]string, func([]string) Statement) {
	longest, size := []string(nil), 0
	var with func([]string) Statement
	consider := func(values []string, replace func([]string) Statement) {
		total := 0
		for _, v := range values {
			total += valueSize(v)
		}
		if len(values) > 1 && total > size {
			longest, size, with = values, total, replace
		}
	}
	consider(s.Resources, func(v []string) Statement { t := s; t.Resources = v; return t })
	consider(s.Actions, func(v []string) Statement { t := s; t.Actions = v; return t })
	for _, operator := range slices.Sorted(maps.Keys(s.Conditions)) {
		if !divisible(s.Effect, operator) {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(s.Conditions[operator])) {
			consider(s.Conditions[operator][key], func(v []string) Statement {
				return s.withCondition(operator, key, v)
			})
		}
	}
	return longest, with
}

// divisible says whether the values of an operator may be spread over several
// statements. Values of a negated operator must all differ, so they belong
// together. ForAllValues spread out holds less often: a grant may become
// narrower (Terraform's requests have one leading key), a denial may not.
func divisible(effect Effect, operator string) bool {
	set, bare, _ := splitOperator(operator)
	op, known := operators[bare]
	return known && !op.negated && (effect == Allow || set != "ForAllValues")
}

func (s Statement) withCondition(operator, key string, values []string) Statement {
	s.Conditions = maps.Clone(s.Conditions)
	s.Conditions[operator] = maps.Clone(s.Conditions[operator])
	s.Conditions[operator][key] = values
	return s
}
