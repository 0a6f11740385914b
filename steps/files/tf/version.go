package tf

import (
	"strings"

	"github.com/hashicorp/go-version"
)

// constraint is one term of a required_version.
type constraint struct {
	*version.Constraint
	op string // one of = != > >= < <= ~>
	at *version.Version
}

// parseConstraints reads a required_version as Terraform does; false when it is no
// constraint.
func parseConstraints(text string) ([]constraint, bool) {
	terms, err := version.NewConstraint(text)
	if err != nil {
		return nil, false
	}
	var out []constraint
	for _, term := range terms {
		written := strings.TrimSpace(term.String())
		number := strings.TrimLeft(written, "=!<>~ \t")
		at, err := version.NewVersion(number)
		if err != nil {
			return nil, false
		}
		op := strings.TrimSpace(strings.TrimSuffix(written, number))
		if op == "" {
			op = "="
		}
		out = append(out, constraint{term, op, at})
	}
	return out, true
}

// allows tells whether some version from least on can satisfy the term.
func (c constraint) allows(least *version.Version) bool {
	switch c.op {
	case ">", ">=", "!=": // they have no upper end
		return true
	case "<":
		return c.at.GreaterThan(least)
	}
	return c.at.GreaterThanOrEqual(least) || c.Check(least)
}

// demands tells whether the term permits no version below least.
func (c constraint) demands(least *version.Version) bool {
	switch c.op {
	case "=", ">=", ">", "~>":
		return c.at.GreaterThanOrEqual(least)
	}
	return false
}

// Permits tells whether a version of the engine, such as 1.11.4, satisfies a
// version constraint, as far as the constraint is understood. A pre-release
// counts as its release, too: whoever runs one has what the release demands.
func Permits(constraints, of string) (ok, understood bool) {
	terms, err := version.NewConstraint(constraints)
	if err != nil {
		return false, false
	}
	v, err := version.NewVersion(of)
	if err != nil {
		return false, false
	}
	return terms.Check(v) || terms.Check(v.Core()), true
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
	least := want[0].at
	for _, c := range have {
		if !c.allows(least) {
			return existing, versionExcluded
		}
	}
	for _, c := range have {
		if c.demands(least) {
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
