package policy

import (
	"slices"
	"strings"
	"time"
)

// DenyAll is the ARN of AWS's managed policy that denies everything.
func DenyAll(partition string) string { return "arn:" + partition + ":iam::aws:policy/AWSDenyAll" }

// WithoutPrincipal is the document with an ARN in no Allow statement any more;
// a statement that names nobody else goes. What denies stays.
func WithoutPrincipal(d Document, arn string) Document {
	out := d
	out.Statements = nil
	for _, s := range d.Statements {
		if s.Effect != Allow || !slices.Contains(s.Principals["AWS"], arn) {
			out.Statements = append(out.Statements, s)
			continue
		}
		left := Principals{}
		for kind, values := range s.Principals {
			values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return kind == "AWS" && v == arn })
			if len(values) > 0 {
				left[kind] = values
			}
		}
		if s.Principals = left; len(left) > 0 {
			out.Statements = append(out.Statements, s)
		}
	}
	return out
}

// Names says whether an Allow statement of the document names an ARN.
func Names(d Document, arn string) bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool {
		return s.Effect == Allow && slices.Contains(s.Principals["AWS"], arn)
	})
}

// TrustNobody is the trust policy of a role that nobody may assume. IAM stores
// no trust without a statement.
func TrustNobody() Document {
	return Document{Version: Version2012, Statements: []Statement{{
		Sid: "NobodyIsListed", Effect: Deny, Principals: Principals{"*": {"*"}}, Actions: []string{"sts:AssumeRole"},
	}}}
}

// TrustWithout is a trust policy without an ARN, which nobody is left to use
// where it named nobody else.
func TrustWithout(d Document, arn string) Document {
	out := WithoutPrincipal(d, arn)
	if !slices.ContainsFunc(out.Statements, func(s Statement) bool { return s.Effect == Allow }) {
		return TrustNobody()
	}
	return out
}

// FixesSessionName says whether a trust policy lets users assume the role under
// their own name only, so that a session's name tells whose it is. Without that
// the name is the caller's free choice.
func FixesSessionName(trust Document) bool {
	lets := func(s Statement) bool { return s.Effect == Allow }
	return slices.ContainsFunc(trust.Statements, lets) && !slices.ContainsFunc(trust.Statements, func(s Statement) bool {
		if !lets(s) {
			return false
		}
		for _, operator := range []string{"StringEquals", "StringLike"} {
			for _, names := range s.Conditions.Spellings(operator, "sts:RoleSessionName") {
				if slices.Equal(names, []string{"${aws:username}"}) {
					return false
				}
			}
		}
		return true
	})
}

// issued is the condition key of the time at which a session was opened; what
// has no session has none.
const issued = "aws:TokenIssueTime"

// RevokeSessions denies everything to a role's sessions that were opened before
// a time in RFC 3339, as "Revoke sessions" of AWS's console does (IAM User
// Guide, "Revoking IAM role temporary security credentials"); with a name, to
// those of that session name only.
func RevokeSessions(before, name string) Document {
	conditions := Conditions{"DateLessThan": {issued: {before}}}
	if name != "" {
		conditions["StringLike"] = map[string][]string{"aws:userid": {"*:" + name}}
	}
	return Document{Version: Version2012, Statements: []Statement{{
		Effect: Deny, Actions: []string{"*"}, Resources: []string{"*"}, Conditions: conditions,
	}}}
}

// Revoked is the time before which a session has to be opened for the document,
// which is one of [RevokeSessions], to deny it; ok is false for any other.
func Revoked(d Document) (before time.Time, ok bool) {
	if len(d.Statements) != 1 {
		return time.Time{}, false
	}
	conditions := d.Statements[0].Conditions
	at := conditions["DateLessThan"][issued]
	if len(at) != 1 {
		return time.Time{}, false
	}
	name := ""
	if who := conditions["StringLike"]["aws:userid"]; len(who) == 1 && len(who[0]) > 2 {
		name = who[0][2:]
	}
	if !Equivalent(d, RevokeSessions(at[0], name)) {
		return time.Time{}, false
	}
	before, ok = instant(at[0])
	return before, ok
}

// StillNames lists, by Sid or number, the statements that give a user something by
// naming it elsewhere than among whom they allow: an Allow in its conditions, a Deny
// among those whom it spares. [WithoutPrincipal] leaves them, for what they mean for
// everybody else cannot be told from that name.
func StillNames(d Document, arn string) []string {
	var found []string
	for i, s := range d.Statements {
		if s.gives(arn) {
			found = append(found, d.nameOf(i))
		}
	}
	return found
}

// gives tells a statement that counts in a user's favour for its name.
func (s Statement) gives(arn string) bool {
	user := arn[strings.LastIndexByte(arn, '/')+1:]
	if s.Effect == Deny && slices.Contains(s.NotPrincipals["AWS"], arn) {
		return true
	}
	for operator, keys := range s.Conditions {
		if negated := strings.Contains(operator, "Not"); negated != (s.Effect == Deny) {
			continue
		}
		for key, values := range keys {
			if slices.Contains(values, arn) || strings.EqualFold(key, "aws:username") && slices.Contains(values, user) {
				return true
			}
		}
	}
	return false
}
