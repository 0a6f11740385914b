// Package policy holds IAM policy documents as Go values: it parses and prints
// them, compares them by meaning, evaluates a request against them with an
// explanation, and builds every document that stateroom writes.
//
// It knows nothing of AWS calls, of the SDK (but its parser of ARNs) or of the
// blueprint: builders take plain arguments, and whoever reads or writes a policy in an account does so
// elsewhere. What the evaluator models, and what it leaves out, is said at
// [Evaluate].
package policy

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"
)

// The versions of the policy language. Version2008 is what AWS assumes when a
// document names none; it has no policy variables.
const (
	Version2012 = "2012-10-17"
	Version2008 = "2008-10-17"
)

// Effect is a statement's effect, [Allow] or [Deny].
type Effect string

// The two effects of a statement.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Document is one policy. An empty Version is written as [Version2012].
type Document struct {
	Version    string
	ID         string
	Statements []Statement
}

// Statement is one statement of a [Document]. Exactly one of Actions and
// NotActions is set; identity policies have no principals, trust policies no
// resources.
type Statement struct {
	Sid           string
	Effect        Effect
	Principals    Principals
	NotPrincipals Principals
	Actions       []string
	NotActions    []string
	Resources     []string
	NotResources  []string
	Conditions    Conditions
}

// Principals maps a kind of principal ("AWS", "Service", "Federated",
// "CanonicalUser") to its values: ARNs, account ids, service names or "*". The
// bare "*" of a document is {"*": {"*"}}.
type Principals map[string][]string

// Conditions maps an operator ("StringEquals", "ForAllValues:StringLike") to
// condition keys and their values. All operators and keys must match; of the
// values of a key one is enough, or none for a negated operator.
type Conditions map[string]map[string][]string

// JSON writes the document compactly and always in the same way: elements in
// the order of AWS's documentation, map keys sorted, a list of one value as
// that value, values in the order given.
func (d Document) JSON() string {
	var b bytes.Buffer
	b.WriteString(`{"Version":`)
	if d.Version == "" {
		d.Version = Version2012
	}
	writeString(&b, d.Version)
	if d.ID != "" {
		b.WriteString(`,"Id":`)
		writeString(&b, d.ID)
	}
	b.WriteString(`,"Statement":[`)
	for i, s := range d.Statements {
		if i > 0 {
			b.WriteByte(',')
		}
		s.write(&b)
	}
	b.WriteString(`]}`)
	return b.String()
}

// Size counts the characters of the document as IAM counts them against its
// quotas: without the white space between elements. White space inside a
// string is counted, which errs on the safe side.
func (d Document) Size() int { return utf8.RuneCountInString(d.JSON()) }

func (s Statement) write(b *bytes.Buffer) {
	b.WriteByte('{')
	if s.Sid != "" {
		b.WriteString(`"Sid":`)
		writeString(b, s.Sid)
		b.WriteByte(',')
	}
	b.WriteString(`"Effect":`)
	writeString(b, string(s.Effect))
	writePrincipals(b, "Principal", s.Principals)
	writePrincipals(b, "NotPrincipal", s.NotPrincipals)
	writeList(b, "Action", s.Actions)
	writeList(b, "NotAction", s.NotActions)
	writeList(b, "Resource", s.Resources)
	writeList(b, "NotResource", s.NotResources)
	writeConditions(b, s.Conditions)
	b.WriteByte('}')
}

func writePrincipals(b *bytes.Buffer, name string, p Principals) {
	if len(p) == 0 {
		return
	}
	b.WriteString(`,"` + name + `":`)
	if all := p["*"]; len(p) == 1 && len(all) == 1 && all[0] == "*" {
		b.WriteString(`"*"`)
		return
	}
	writeMap(b, p)
}

func writeConditions(b *bytes.Buffer, c Conditions) {
	if len(c) == 0 {
		return
	}
	b.WriteString(`,"Condition":{`)
	for i, operator := range slices.Sorted(maps.Keys(c)) {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(b, operator)
		b.WriteByte(':')
		writeMap(b, c[operator])
	}
	b.WriteByte('}')
}

func writeMap(b *bytes.Buffer, m map[string][]string) {
	b.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(b, key)
		b.WriteByte(':')
		writeValues(b, m[key])
	}
	b.WriteByte('}')
}

func writeList(b *bytes.Buffer, name string, values []string) {
	if len(values) == 0 {
		return
	}
	b.WriteString(`,"` + name + `":`)
	writeValues(b, values)
}

func writeValues(b *bytes.Buffer, values []string) {
	if len(values) == 1 {
		writeString(b, values[0])
		return
	}
	b.WriteByte('[')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(b, v)
	}
	b.WriteByte(']')
}

// writeString leaves &, < and > as they are, unlike json.Marshal, so that a
// policy reads in the preview as it reads in the console.
func writeString(b *bytes.Buffer, s string) {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s)   // a string into a buffer cannot fail
	b.Truncate(b.Len() - 1) // the encoder's newline
}
