package policy

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An operator compares one value of the policy with one of the request.
type operator struct {
	matches func(r *request, want, have string) bool
	negated bool
}

// operators are the condition operators of the IAM User Guide, "IAM JSON
// policy elements: Condition operators". Null is not among them: it looks at
// the key, not at a value.
var operators = map[string]operator{
	"StringEquals":              {stringEquals, false},
	"StringNotEquals":           {stringEquals, true},
	"StringEqualsIgnoreCase":    {stringEqualsFold, false},
	"StringNotEqualsIgnoreCase": {stringEqualsFold, true},
	"StringLike":                {stringLike, false},
	"StringNotLike":             {stringLike, true},
	"ArnEquals":                 {arnLike, false}, // AWS: ArnEquals and ArnLike behave identically
	"ArnLike":                   {arnLike, false},
	"ArnNotEquals":              {arnLike, true},
	"ArnNotLike":                {arnLike, true},
	"Bool":                      {boolean, false},
	"BinaryEquals":              {binary, false},
	"IpAddress":                 {address, false},
	"NotIpAddress":              {address, true},
	"NumericEquals":             {numeric(func(c int) bool { return c == 0 }), false},
	"NumericNotEquals":          {numeric(func(c int) bool { return c == 0 }), true},
	"NumericLessThan":           {numeric(func(c int) bool { return c < 0 }), false},
	"NumericLessThanEquals":     {numeric(func(c int) bool { return c <= 0 }), false},
	"NumericGreaterThan":        {numeric(func(c int) bool { return c > 0 }), false},
	"NumericGreaterThanEquals":  {numeric(func(c int) bool { return c >= 0 }), false},
	"DateEquals":                {date(func(c int) bool { return c == 0 }), false},
	"DateNotEquals":             {date(func(c int) bool { return c == 0 }), true},
	"DateLessThan":              {date(func(c int) bool { return c < 0 }), false},
	"DateLessThanEquals":        {date(func(c int) bool { return c <= 0 }), false},
	"DateGreaterThan":           {date(func(c int) bool { return c > 0 }), false},
	"DateGreaterThanEquals":     {date(func(c int) bool { return c >= 0 }), false},
}

func stringEquals(r *request, want, have string) bool {
	return r.expand(want, true).matches(have)
}

func stringEqualsFold(r *request, want, have string) bool {
	p := r.expand(want, true)
	return !p.unsolved && strings.EqualFold(p.text, have)
}

func stringLike(r *request, want, have string) bool {
	return r.expand(want, false).matches(have)
}

func arnLike(r *request, want, have string) bool {
	return r.expand(want, false).matchesARN(have)
}

func boolean(_ *request, want, have string) bool { return strings.EqualFold(want, have) }

func binary(_ *request, want, have string) bool {
	left, err := base64.StdEncoding.DecodeString(want)
	right, other := base64.StdEncoding.DecodeString(have)
	return err == nil && other == nil && bytes.Equal(left, right)
}

func address(_ *request, want, have string) bool {
	ip, err := netip.ParseAddr(have)
	if err != nil {
		return false
	}
	if prefix, err := netip.ParsePrefix(want); err == nil {
		return prefix.Contains(ip)
	}
	other, err := netip.ParseAddr(want)
	return err == nil && other == ip
}

func numeric(holds func(comparison int) bool) func(*request, string, string) bool {
	return func(_ *request, want, have string) bool {
		left, err := strconv.ParseFloat(have, 64)
		right, other := strconv.ParseFloat(want, 64)
		if err != nil || other != nil {
			return false
		}
		comparison := 0
		if left < right {
			comparison = -1
		} else if left > right {
			comparison = 1
		}
		return holds(comparison)
	}
}

func date(holds func(comparison int) bool) func(*request, string, string) bool {
	return func(_ *request, want, have string) bool {
		left, known := instant(have)
		right, other := instant(want)
		return known && other && holds(left.Compare(right))
	}
}

// instant reads the W3C forms of ISO 8601 that IAM takes, or epoch seconds.
func instant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err == nil
}

// Spellings are the values of a condition key under an operator, once for each way in
// which the key is written there: "Condition key names are not case-sensitive" (IAM User
// Guide, "IAM JSON policy elements: Condition"). Of several all have to hold.
func (c Conditions) Spellings(operator, key string) (values [][]string) {
	for have, list := range c[operator] {
		if strings.EqualFold(have, key) {
			values = append(values, list)
		}
	}
	return values
}

// holds says whether all conditions hold; an unknown operator does not. Keys that the
// request lacks are noted unless what is known decides without them.
func (c Conditions) holds(r *request) bool {
	all, before := true, len(r.absent)
	for name, keys := range c {
		for key, values := range keys {
			known := len(r.absent)
			if r.holds(name, key, values) {
				continue
			}
			if all = false; len(r.absent) == known {
				r.absent = r.absent[:before]
				return false
			}
		}
	}
	return all
}

func (r *request) holds(name, key string, want []string) bool {
	set, bare, ifExists := splitOperator(name)
	have := r.values(key)
	if bare == "Null" && set == "" {
		absent := strconv.FormatBool(len(have) == 0)
		return slices.ContainsFunc(want, func(v string) bool { return strings.EqualFold(v, absent) })
	}
	op, known := operators[bare]
	if !known {
		return false
	}
	if len(have) == 0 {
		return ifExists || set == "ForAllValues" || (set == "" && op.negated)
	}
	satisfies := func(value string) bool {
		matched := slices.ContainsFunc(want, func(w string) bool { return op.matches(r, w, value) })
		return matched != op.negated
	}
	if set == "ForAllValues" || (set == "" && op.negated) {
		return !slices.ContainsFunc(have, func(v string) bool { return !satisfies(v) })
	}
	return slices.ContainsFunc(have, satisfies)
}

// splitOperator takes "ForAllValues:StringLikeIfExists" apart.
func splitOperator(name string) (set, bare string, ifExists bool) {
	bare = name
	for _, prefix := range []string{"ForAllValues", "ForAnyValue"} {
		if rest, found := strings.CutPrefix(name, prefix+":"); found {
			set, bare = prefix, rest
		}
	}
	bare, ifExists = strings.CutSuffix(bare, "IfExists")
	return set, bare, ifExists
}

// reasons says in words what each condition met: those that hold if met, else
// those that do not.
func (c Conditions) reasons(r *request, met bool) string {
	before := len(r.absent)
	defer func() { r.absent = r.absent[:before] }() // it decides nothing
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		for _, key := range slices.Sorted(maps.Keys(c[name])) {
			if r.holds(name, key, c[name][key]) == met {
				parts = append(parts, r.reason(name, key, c[name][key]))
			}
		}
	}
	return strings.Join(parts, " and ")
}

func (r *request) reason(name, key string, want []string) string {
	_, bare, _ := splitOperator(name)
	if _, known := operators[bare]; !known && bare != "Null" {
		return fmt.Sprintf("%s is not a condition operator", name)
	}
	state := "is absent"
	if have := r.values(key); len(have) > 0 {
		state = "is " + strings.Join(have, ", ")
	}
	return lineEnds.Replace(fmt.Sprintf("%s %s (%s %s)", key, state, name, shortList(want)))
}

// shortList keeps an explanation to one line: a policy of a large team lists
// thousands of keys.
func shortList(values []string) string {
	const shown = 3
	if len(values) <= shown {
		return strings.Join(values, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(values[:shown], ", "), len(values)-shown)
}
