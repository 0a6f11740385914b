package policy

import (
	"maps"
	"slices"
	"strings"
)

// Equivalent says whether two documents mean the same. It disregards the order
// of statements and values, one value or a list of one, repeated statements
// and values, Sid and Id, the case of actions and condition keys, the two
// spellings of an account and of everyone as a principal, and statements that
// are split only by action or by resource. It is sound rather than complete:
// documents that it calls equivalent are, while some that mean the same by a
// wildcard's reach are not found out.
func Equivalent(a, b Document) bool {
	return sameVariables(a, b) && maps.Equal(forms(merge(a.Statements)), forms(merge(b.Statements)))
}

// sameVariables holds unless the two documents read a ${…} differently: the
// old version of the language has no policy variables.
func sameVariables(a, b Document) bool {
	if (a.Version == Version2008) == (b.Version == Version2008) {
		return true
	}
	return !strings.Contains(a.JSON(), "${") && !strings.Contains(b.JSON(), "${")
}

// Missing lists the statements of want that have no equivalent in have, in
// want's order. Equivalent documents miss nothing.
func Missing(have, want Document) []Statement {
	if Equivalent(have, want) {
		return nil
	}
	var missing []Statement
	known, merged := forms(have.Statements), forms(merge(have.Statements))
	if !sameVariables(have, want) {
		known, merged = nil, nil
	}
	for _, s := range want.Statements {
		if form := s.form(); !known[form] && !merged[form] {
			missing = append(missing, s)
		}
	}
	return missing
}

// Extra lists the statements of have that have no equivalent in want, in
// have's order.
func Extra(have, want Document) []Statement { return Missing(want, have) }

func forms(statements []Statement) map[string]bool {
	set := make(map[string]bool, len(statements))
	for _, s := range statements {
		set[s.form()] = true
	}
	return set
}

// form is the statement's meaning as a text: equal texts, equal meaning.
func (s Statement) form() string { return s.canonical().json() }

// canonical is the statement without its Sid, each list sorted and in one
// spelling.
func (s Statement) canonical() Statement {
	return Statement{
		Effect:        s.Effect,
		Principals:    s.Principals.canonical(),
		NotPrincipals: s.NotPrincipals.canonical(),
		Actions:       sorted(s.Actions, strings.ToLower),
		NotActions:    sorted(s.NotActions, strings.ToLower),
		Resources:     sorted(s.Resources, nil),
		NotResources:  sorted(s.NotResources, nil),
		Conditions:    s.Conditions.canonical(),
	}
}

func sorted(values []string, spell func(string) string) []string {
	if len(values) == 0 {
		return nil
	}
	list := slices.Clone(values)
	if spell != nil {
		for i, v := range list {
			list[i] = spell(v)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (p Principals) canonical() Principals {
	if p == nil {
		return nil
	}
	c := make(Principals, len(p))
	for kind, values := range p {
		if kind == "*" {
			kind = "AWS"
		}
		values = sorted(slices.Concat(values, c[kind]), func(v string) string {
			if account := accountOf(v); account != "" {
				return account
			}
			return v
		})
		if kind == "AWS" && slices.Contains(values, "*") {
			values = []string{"*"}
		}
		c[kind] = values
	}
	return c
}

func (c Conditions) canonical() Conditions {
	all := make(Conditions, len(c))
	for operator, keys := range c {
		if len(keys) > 0 {
			all[operator] = canonicalKeys(operator, keys)
		}
	}
	return all
}

func canonicalKeys(operator string, keys map[string][]string) map[string][]string {
	var spell func(string) string
	switch _, bare, _ := splitOperator(operator); bare {
	case "Bool", "Null", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase":
		spell = strings.ToLower
	}
	exact, folded := make(map[string][]string, len(keys)), make(map[string][]string, len(keys))
	for key, values := range keys {
		exact[key] = sorted(values, spell)
		folded[strings.ToLower(key)] = exact[key]
	}
	if len(folded) < len(keys) {
		return exact // two keys that differ in case: both have to hold
	}
	return folded
}

// merge joins statements that differ in their resources only, then those that
// differ in their actions only. Either leaves the meaning as it is.
func merge(statements []Statement) []Statement {
	byResource := join(statements, func(s *Statement) *[]string { return &s.Resources })
	return join(byResource, func(s *Statement) *[]string { return &s.Actions })
}

func join(statements []Statement, list func(*Statement) *[]string) []Statement {
	var joined []Statement
	at := make(map[string]int, len(statements))
	for _, s := range statements {
		s = s.canonical()
		values := *list(&s)
		if values == nil {
			joined = append(joined, s)
			continue
		}
		*list(&s) = nil
		rest := s.form()
		i, found := at[rest]
		if !found {
			i = len(joined)
			at[rest], joined = i, append(joined, s)
		}
		target := list(&joined[i])
		*target = sorted(slices.Concat(*target, values), nil)
	}
	return joined
}

// Covers says whether some statement of have has at least the effect of want:
// the same Effect, and principals, actions and resources that include want's
// (wildcards considered) under conditions that are no narrower. It is sound
// rather than complete: what two statements cover together is not found out.
func Covers(have Document, want Statement) bool {
	want = want.canonical()
	return slices.ContainsFunc(have.Statements, func(s Statement) bool {
		return s.canonical().covers(want)
	})
}

func (s Statement) covers(want Statement) bool {
	if s.Effect != want.Effect || !s.Principals.cover(want.Principals) || !s.Conditions.cover(want.Conditions) {
		return false
	}
	excludes := func(t Statement) string {
		return Statement{NotPrincipals: t.NotPrincipals, NotActions: t.NotActions, NotResources: t.NotResources}.form()
	}
	return excludes(s) == excludes(want) &&
		coverAll(s.Actions, want.Actions) && coverAll(s.Resources, want.Resources)
}

func (p Principals) cover(want Principals) bool {
	if (p == nil) != (want == nil) {
		return false
	}
	if slices.Contains(p["AWS"], "*") {
		return true
	}
	for kind, values := range want {
		for _, v := range values {
			if !slices.Contains(p[kind], v) {
				return false
			}
		}
	}
	return true
}

// cover holds when each of our conditions is among want's: with more values
// if one of them is enough, with fewer if none may match.
func (c Conditions) cover(want Conditions) bool {
	for operator, keys := range c {
		_, bare, _ := splitOperator(operator)
		op, known := operators[bare]
		for key, wide := range keys {
			narrow, found := want[operator][key]
			if known && op.negated {
				wide, narrow = narrow, wide
			}
			outside := func(v string) bool { return !slices.Contains(wide, v) }
			if !found || slices.ContainsFunc(narrow, outside) {
				return false
			}
		}
	}
	return true
}

// coverAll says whether every pattern of want lies inside one of ours.
func coverAll(patterns, want []string) bool {
	if (patterns == nil) != (want == nil) {
		return false
	}
	return !slices.ContainsFunc(want, func(w string) bool {
		return !slices.ContainsFunc(patterns, func(p string) bool {
			return p == w || p == "*" || contains(p, w)
		})
	})
}

// contains says whether all that inner matches is matched by outer: a star of
// inner can be met by a star of outer only, which is certain when outer has no
// "?" to take it for one character.
func contains(outer, inner string) bool {
	if strings.Contains(outer, "${") || strings.Contains(outer, "?") && strings.Contains(inner, "*") {
		return false
	}
	return wildcards(outer).matchesARN(inner)
}
