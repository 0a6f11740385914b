package troubleshoot

import (
	"slices"

	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// pasted is a text that somebody brought, over the looks of one health check: it does not
// change when what it tells of is mended.
type pasted struct {
	quotes []quote
	// met says of each quote that the checks have found what is behind it, at this look
	// or at one before.
	met []bool
}

// readPasted names what is behind a text; without one nothing is.
func readPasted(text string) *pasted {
	p := &pasted{}
	if text != "" {
		for _, m := range diagnosis.FromText(text) {
			p.quotes = append(p.quotes, quote{Match: m})
		}
	}
	p.met = make([]bool, len(p.quotes))
	return p
}

// open are the quotes that are not settled by what a look has found. A quote is settled
// when the checks that it leads to found what is behind it before and pass now, or when
// Terraform went through.
func (p *pasted) open(found []plan.Finding, proven bool) (open []quote) {
	for i, q := range p.quotes {
		behind := slices.ContainsFunc(found, func(f plan.Finding) bool { return p.behind(q, f) })
		settled := proven || p.met[i]
		p.met[i] = p.met[i] || behind
		if behind || !settled {
			q.unmet = !behind
			open = append(open, q)
		}
	}
	return open
}

// behind tells whether a finding of the checks can be what a quote tells of: by itself,
// or by what the same text says of it elsewhere, as the cause of what it tells beside.
func (p *pasted) behind(q quote, f plan.Finding) bool {
	told := func(other quote) bool {
		return f.Bears(other.ID) || f.Severity != plan.Info && other.Behind(f.ID)
	}
	beside := func(other quote) bool { return (q.Beside() || other.Beside()) && told(other) }
	return told(q) || slices.ContainsFunc(p.quotes, beside)
}
