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
	// or at one before; alone that they found it by the quote itself, and not by what the
	// text tells beside it.
	met, alone []bool
}

// readPasted names what is behind a text; without one nothing is.
func readPasted(text string) *pasted {
	p := &pasted{}
	if text != "" {
		for _, m := range diagnosis.FromText(text) {
			p.quotes = append(p.quotes, quote{Match: m})
		}
	}
	p.met, p.alone = make([]bool, len(p.quotes)), make([]bool, len(p.quotes))
	return p
}

// open are the quotes that are not settled by what a look has found. A quote is settled
// when the checks that it leads to found what is behind it before and pass now, or when
// Terraform went through.
func (p *pasted) open(found []plan.Finding, proven bool) (open []quote) {
	for i, q := range p.quotes {
		p.alone[i] = p.alone[i] || slices.ContainsFunc(found, q.tells)
		behind := slices.ContainsFunc(found, func(f plan.Finding) bool { return q.tells(f) || !p.alone[i] && p.beside(q, f) })
		settled := proven || p.met[i]
		p.met[i] = p.met[i] || behind
		if behind || !settled {
			q.unmet = !behind
			open = append(open, q)
		}
	}
	return open
}

// tells tells whether a finding of the checks can be what the quote tells of.
func (q quote) tells(f plan.Finding) bool {
	return f.Bears(q.ID) || f.Severity != plan.Info && q.Behind(f.ID)
}

// beside tells whether a finding can be what the same text tells of a quote elsewhere: its
// cause, or what comes of it. Once the quote's own cause was found that no longer counts: a
// state that is still to be pushed does not keep open what had kept it from being saved.
func (p *pasted) beside(q quote, f plan.Finding) bool {
	return slices.ContainsFunc(p.quotes, func(other quote) bool { return (q.Beside() || other.Beside()) && other.tells(f) })
}
