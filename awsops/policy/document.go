// Package policy holds IAM policy documents as Go values: it parses and prints
// them, compares them by meaning, evaluates a request against them with an
// explanation, and builds every document that stateroom writes.
//
// It knows nothing of AWS calls, of the SDK or of the blueprint: builders take
// plain arguments, and whoever reads or writes a policy in an account does so
// elsewhere. What the evaluator models, and what it leaves out, is said at
// [Evaluate].
package policy

// Version2012 is the policy language version that stateroom writes. The older
// 2008-10-17 has no policy variables.
const Version2012 = "2012-10-17"

// Effect is a statement's effect, [Allow] or [Deny].
type Effect string

// The two effects of a statement.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Document is one policy. The zero value has no statements; an empty Version
// is written as [Version2012].
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
