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
	"cmp"
	"encoding/json"
	"strings"
	"unicode/utf8"
	"unique"
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
	statements := make([]written, len(d.Statements))
	for i, s := range d.Statements {
		statements[i] = s.written()
	}
	return encode(struct {
		Version   string
		ID        string `json:"Id,omitempty"`
		Statement []written
	}{cmp.Or(d.Version, Version2012), d.ID, statements})
}

// Size counts the characters of the document as IAM counts them against its
// quotas: without the white space between elements. White space inside a
// string is counted, which errs on the safe side.
func (d Document) Size() int { return utf8.RuneCountInString(d.JSON()) }

// written is a statement in JSON: its elements in the order of AWS's documentation.
type written struct {
	Sid          string `json:",omitempty"`
	Effect       Effect
	Principal    any                       `json:",omitempty"`
	NotPrincipal any                       `json:",omitempty"`
	Action       any                       `json:",omitempty"`
	NotAction    any                       `json:",omitempty"`
	Resource     any                       `json:",omitempty"`
	NotResource  any                       `json:",omitempty"`
	Condition    map[string]map[string]any `json:",omitempty"`
}

func (s Statement) written() written {
	w := written{
		Sid: s.Sid, Effect: s.Effect, Principal: s.Principals.written(), NotPrincipal: s.NotPrincipals.written(),
		Action: some(s.Actions), NotAction: some(s.NotActions), Resource: some(s.Resources), NotResource: some(s.NotResources),
	}
	if len(s.Conditions) > 0 {
		w.Condition = make(map[string]map[string]any, len(s.Conditions))
	}
	for operator, keys := range s.Conditions {
		w.Condition[operator] = writtenMap(keys)
	}
	return w
}

func (s Statement) json() string { return encode(s.written()) }

func (p Principals) written() any {
	if all := p["*"]; len(p) == 1 && len(all) == 1 && all[0] == "*" {
		return "*"
	}
	if len(p) == 0 {
		return nil
	}
	return writtenMap(p)
}

func writtenMap(m map[string][]string) map[string]any {
	out := make(map[string]any, len(m))
	for key, values := range m {
		if out[key] = some(values); out[key] == nil {
			out[key] = []string{}
		}
	}
	return out
}

// some is a list as a document has it: one value alone, nothing for none.
func some(values []string) any {
	switch len(values) {
	case 0:
		return nil
	case 1:
		return values[0]
	}
	return values
}

// encode leaves &, < and > as they are, unlike json.Marshal, so that a policy reads in
// the preview as it reads in the console.
func encode(value any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // texts and maps of texts into memory cannot fail
	// Where ten thousand roles have the same document, it is in memory once.
	return unique.Make(strings.TrimSuffix(b.String(), "\n")).Value()
}
