package sandbox

import (
	"slices"
	"strings"

	"stateroom/awsops/policy"
)

// Whom the policy of a resource names is, for AWS, who had the name when the policy was
// stored: it keeps the unique id and shows the ARN that belongs to it. Once the user or
// the role is deleted there is none, the id is shown, and no policy is stored any more
// that names it; whoever is made under the same name has another id (IAM User Guide,
// "AWS JSON policy elements: Principal"). Here the ARN is kept and replaced at the
// deletion, which comes to the same.

// rewrite gives a resource's policy as it is from now on.
type rewrite func(service, account, arn, text string) string

// forget has every policy of a resource name the id of somebody who was deleted.
func (s *core) forget(r *request, e *entity) {
	gone, now := e.arn(r.account), r.now
	alter := func(service, account, arn, text string) string {
		after := s.renamed(text, func(principal string) string {
			if principal == gone {
				return e.id
			}
			return principal
		})
		if after != text {
			s.changed(service+" "+account, now)
			s.changed(service+" "+account+" "+arn, now)
		}
		return after
	}
	for _, holder := range s.holders {
		holder(alter)
	}
	for _, a := range s.accounts {
		for _, ro := range a.roles {
			ro.grants.rewrite(func(g *grants) { g.trust = alter("iam", a.id, ro.arn(a), g.trust) })
		}
	}
}

// byARN is a policy that names by their ARN those whom it names by their id, as AWS shows
// it. An id that is nobody's stays.
func (s *core) byARN(text string) string {
	return s.renamed(text, func(principal string) string {
		for _, kind := range []*iamKind{userKind, roleKind} {
			if strings.HasPrefix(principal, kind.prefix) {
				return s.arnOf(principal)
			}
		}
		return principal
	})
}

// arnOf is the ARN of the user or role that has an id, and the id where nobody has it.
func (s *core) arnOf(id string) string {
	for _, a := range s.accounts {
		for _, e := range a.entities() {
			if e.id == id {
				return e.arn(a)
			}
		}
	}
	return id
}

// renamed is a policy whose principals go by other names; as it stands where none does.
func (s *core) renamed(text string, name func(string) string) string {
	document, changed := s.document(text), false
	document.Statements = slices.Clone(document.Statements)
	rename := func(principals policy.Principals) policy.Principals {
		out := policy.Principals{}
		for kind, values := range principals {
			out[kind] = slices.Clone(values)
			for i, value := range values {
				if kind == "AWS" {
					out[kind][i] = name(value)
					changed = changed || out[kind][i] != value
				}
			}
		}
		return out
	}
	for i := range document.Statements {
		st := &document.Statements[i]
		if st.Principals != nil {
			st.Principals = rename(st.Principals)
		}
		if st.NotPrincipals != nil {
			st.NotPrincipals = rename(st.NotPrincipals)
		}
	}
	if !changed {
		return text
	}
	return document.JSON()
}
