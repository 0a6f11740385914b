package troubleshoot

import (
	"cmp"
	"slices"

	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// echo is a finding of the files that AWS is likely to confirm under an id of
// its own, of the resource that they name: a mistyped bucket is missing.
type echo struct {
	id, subject string
	resource    string
	ids         []string
}

// echo books that for a finding of the project that is looked at.
func (l *laptop) echo(id, resource string, ids ...string) {
	l.out.echoes = append(l.out.echoes, echo{id, l.subject, resource, ids})
}

// unite joins what AWS says of a thing to what the files say of it, which is
// found first and names the line to mend.
func (o *outcome) unite() {
	var all []plan.Finding
	for _, f := range o.findings {
		i := slices.IndexFunc(all, func(have plan.Finding) bool {
			return have.ID == f.ID && (have.Subject == f.Subject || have.Subject == "" || f.Subject == "")
		})
		if i < 0 {
			all = append(all, f)
			continue
		}
		join(&all[i], f)
	}
	o.findings = all
	for _, e := range o.echoes {
		o.hearEcho(e)
	}
}

// join adds the evidence of a finding to another's about the same thing.
func join(to *plan.Finding, f plan.Finding) {
	to.Evidence += " " + f.Evidence
	to.RequestIDs = slices.Concat(to.RequestIDs, f.RequestIDs)
	to.Resource = cmp.Or(to.Resource, f.Resource)
	if to.Details == "" {
		to.Details = f.Details
	}
}

// hearEcho makes one finding of a finding of the files and AWS's of the same
// thing. It bears AWS's id, which is one of the diagnoses, unless its own is.
func (o *outcome) hearEcho(e echo) {
	own := slices.IndexFunc(o.findings, func(f plan.Finding) bool { return f.ID == e.id && f.Subject == e.subject })
	if own < 0 {
		return
	}
	f := o.findings[own]
	kept := o.findings[:0:0]
	for i, g := range o.findings {
		if i == own || !slices.Contains(e.ids, g.ID) || g.Resource != e.resource {
			kept = append(kept, g)
			continue
		}
		if !diagnosis.Known(f.ID) {
			f.ID, f.Severity = g.ID, g.Severity
		}
		join(&f, g)
	}
	for i := range o.mends {
		if m := &o.mends[i]; m.finding == o.findings[own].Key() {
			m.finding = f.Key()
		}
	}
	kept[slices.IndexFunc(kept, func(g plan.Finding) bool { return g.ID == e.id && g.Subject == e.subject })] = f
	o.findings = kept
	for i := range o.checks {
		if c := &o.checks[i]; c.Finding == e.id && c.Subject == e.subject {
			c.Finding = f.ID
		}
	}
}
