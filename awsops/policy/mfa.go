package policy

import "maps"

// WithMFA is a policy of which nothing is allowed but in a session that was opened with MFA.
func WithMFA(d Document) Document {
	out := d
	out.Statements = nil
	for _, s := range d.Statements {
		if s.Effect == Allow {
			s.Conditions = maps.Clone(s.Conditions)
			if s.Conditions == nil {
				s.Conditions = Conditions{}
			}
			asked := maps.Clone(s.Conditions["Bool"])
			if asked == nil {
				asked = map[string][]string{}
			}
			asked["aws:MultiFactorAuthPresent"] = []string{"true"}
			s.Conditions["Bool"] = asked
		}
		out.Statements = append(out.Statements, s)
	}
	return out
}
