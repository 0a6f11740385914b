package tf

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// constraint is one term of a required_version.
type constraint struct {
	op      string // one of = != > >= < <= ~>
	version [3]int
	parts   int // how many numbers were written: "~> 1.5" and "~> 1.5.0" differ
}

var constraintTerm = regexp.MustCompile(`^(=|!=|>=|<=|~>|>|<)?\s*v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-[0-9A-Za-z.-]+)?$`)

// parseConstraints reads a required_version; false when it is beyond us.
func parseConstraints(text string) ([]constraint, bool) {
	var out []constraint
	for term := range strings.SplitSeq(text, ",") {
		m := constraintTerm.FindStringSubmatch(strings.TrimSpace(term))
		if m == nil {
			return nil, false
		}
		c := constraint{op: m[1]}
		if c.op == "" {
			c.op = "="
		}
		for i, n := range m[2:5] {
			if n != "" {
				c.version[i], _ = strconv.Atoi(n) // at most nine digits
				c.parts = i + 1
			}
		}
		out = append(out, c)
	}
	return out, true
}

// allows tells whether some version from least on can satisfy the term.
func (c constraint) allows(least [3]int) bool {
	switch c.op {
	case "=", "<=":
		return slices.Compare(c.version[:], least[:]) >= 0
	case "<":
		return slices.Compare(c.version[:], least[:]) > 0
	case "~>":
		if c.parts < 2 {
			return true
		}
		n := c.parts - 1
		return slices.Compare(c.version[:n], least[:n]) >= 0
	}
	return true // >, >= and != have no upper end
}

// Permits tells whether a version of the engine, such as 1.11.4, satisfies a
// version constraint, as far as the constraint is understood. A pre-release
// counts as its release.
func Permits(constraints, version string) (ok, understood bool) {
	terms, ok := parseConstraints(constraints)
	exactly, ok2 := parseConstraints(strings.TrimPrefix(version, "v"))
	if !ok || !ok2 || len(exactly) != 1 {
		return false, false
	}
	return !slices.ContainsFunc(terms, func(c constraint) bool { return !c.permits(exactly[0].version) }), true
}

// permits tells whether a version satisfies the term.
func (c constraint) permits(v [3]int) bool {
	order := slices.Compare(v[:], c.version[:])
	switch c.op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	}
	n := max(c.parts-1, 1) // ~> 1.5 holds the 1, ~> 1.5.0 the 1.5
	return order >= 0 && slices.Equal(v[:n], c.version[:n])
}

// floor gives the lowest version that the term permits, if it has one.
func (c constraint) floor() ([3]int, bool) {
	switch c.op {
	case "=", ">=", ">", "~>":
		return c.version, true
	}
	return [3]int{}, false
}

// verdict is what is to be done about an existing required_version.
type verdict int

const (
	versionKept     verdict = iota // it demands as much or more
	versionRaised                  // the text is to be replaced
	versionExcluded                // it forbids what is needed
	versionUnknown                 // it is not understood
)

// raiseVersion gives the text that makes existing demand at least what wanted
// (of the form ">= X.Y.Z") demands. Upper ends and exclusions stay.
func raiseVersion(existing, wanted string) (string, verdict) {
	have, ok := parseConstraints(existing)
	want, ok2 := parseConstraints(wanted)
	if !ok || !ok2 || len(want) != 1 {
		return existing, versionUnknown
	}
	least := want[0].version
	for _, c := range have {
		if !c.allows(least) {
			return existing, versionExcluded
		}
	}
	for _, c := range have {
		if floor, ok := c.floor(); ok && slices.Compare(floor[:], least[:]) >= 0 {
			return existing, versionKept
		}
	}
	terms := strings.Split(existing, ",")
	for i, c := range have {
		if c.op == ">=" || c.op == ">" {
			lead := terms[i][:len(terms[i])-len(strings.TrimLeft(terms[i], " "))]
			terms[i] = lead + wanted
			return strings.Join(terms, ","), versionRaised
		}
	}
	return existing + ", " + wanted, versionRaised
}
