package policy

import (
	"fmt"
	"strings"
)

func (h hit) decision(fallback Type) Decision {
	d := Decision{
		Type:      h.policy.Type,
		Policy:    h.policy.Name,
		Sid:       h.policy.Document.Statements[h.index].Sid,
		Statement: h.index,
	}
	if d.Type == "" {
		d.Type = fallback
	}
	return d
}

func allowed(h hit, fallback Type) Decision {
	d := h.decision(fallback)
	d.Allowed = true
	d.Why = "allowed by " + h.name(d.Type)
	return d
}

// denied explains an explicit denial by the conditions that made its statement
// apply.
func (r *request) denied(h hit, fallback Type) Decision {
	d := h.decision(fallback)
	d.Explicit = true
	d.Why = "denied by " + h.name(d.Type)
	r.variables = h.policy.Document.Version != Version2008
	if because := h.policy.Document.Statements[h.index].Conditions.reasons(r, true); because != "" {
		d.Why += " because " + because
	}
	return d
}

// implicit explains that no policy of a type allows, and names the first
// statement that would have if its conditions had held.
func (r *request) implicit(t Type, policies []Named, attached bool) Decision {
	d := Decision{Type: t, Statement: -1}
	d.Why = fmt.Sprintf("no %s allows %s on %s", t, r.Action, r.Resource)
	for i := range policies {
		n := &policies[i]
		r.variables = n.Document.Version != Version2008
		for j := range n.Document.Statements {
			s := &n.Document.Statements[j]
			if s.Effect != Allow || !r.concerns(s, attached) || attached && r.grant(s) == unnamed {
				continue
			}
			h := hit{policy: n, index: j}
			d.Why += ": " + h.name(t) + " would, but " + s.Conditions.reasons(r, false)
			return d
		}
	}
	return d
}

// name says which statement of which policy, counting from one.
func (h hit) name(t Type) string {
	statement := fmt.Sprintf("statement %d", h.index+1)
	if sid := h.policy.Document.Statements[h.index].Label(); sid != "" {
		statement = "statement " + sid
	}
	switch name := h.policy.Name; {
	case name == "":
		return statement + " of the " + string(t)
	case strings.HasSuffix(name, " policy"):
		return statement + " of the " + name
	default:
		return statement + " of policy " + name
	}
}

// Message words a refusal as AWS does ("Troubleshoot access denied error
// messages" of the IAM User Guide). A denial by service control policies reads
// as explicit even when none of them allows, as AWS has it; S3 puts the
// resource in quotation marks. For an allowed request it is empty.
func (d Decision) Message(r Request) string {
	if d.Allowed {
		return ""
	}
	resource := r.Resource
	if strings.HasPrefix(strings.ToLower(r.Action), "s3:") {
		resource = `"` + resource + `"`
	}
	text := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", r.Principal, r.Action, resource)
	if d.Explicit || d.Type == ServiceControl {
		article := "a"
		if d.Type == IdentityBased {
			article = "an"
		}
		return fmt.Sprintf("%s with an explicit deny in %s %s", text, article, d.Type)
	}
	return fmt.Sprintf("%s because no %s allows the %s action", text, d.Type, r.Action)
}
