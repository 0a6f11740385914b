package troubleshoot

import (
	"context"
	"net/http"

	"stateroom/steps/diagnosis"
	"stateroom/steps/troubleshoot/health"
)

// aws is what only AWS can answer: everything is read at once, judged, and then
// it is planned what mends it.
func (s *scene) aws(ctx context.Context) health.Report {
	f := s.read(ctx)
	if ctx.Err() != nil {
		return health.Report{}
	}
	f.plan = f.mending()
	var report health.Report
	rulings := judge(f)
	for _, r := range rulings {
		report.Add(s.env, health.Result{Check: r.check})
	}
	report.Findings, report.Changes = f.settle(mergeTroubles(rulings))
	return report
}

// judge is pure: the same facts lead to the same rulings, in the article's order.
func judge(f *facts) []ruling {
	var identities, keys, locks, states, roles []ruling
	buckets := judgeAgreement(f)
	for _, l := range f.logins {
		identities = append(identities, judgeLogin(f, l)...)
		for _, p := range l.sites {
			if len(p.states) == 0 {
				continue // the login is not meant to work on any of them
			}
			buckets = append(buckets, judgeSite(f, p)...)
			if p.asked == "" || p.unreachable() {
				continue
			}
			for _, k := range p.keys {
				keys = append(keys, judgeKey(f, p, k)...)
			}
			for _, t := range p.tables {
				locks = append(locks, judgeTable(f, p, t))
			}
			for _, s := range p.states {
				if !p.closed(f) {
					buckets = append(buckets, judgeAccess(f, p, s)...)
					states = append(states, judgeState(f, p, s)...)
				}
				if s.strange(f, p) {
					continue
				}
				if s.table != "" {
					locks = append(locks, judgeItems(f, p, s))
				}
				locks = append(locks, judgeLock(f, p, s)...)
			}
		}
	}
	for _, r := range f.roles {
		roles = append(roles, judgeRole(f, r)...)
	}
	var all []ruling
	for _, part := range [][]ruling{identities, buckets, keys, roles, locks, states, f.asBlueprint()} {
		all = append(all, part...)
	}
	return all
}

// closed tells a bucket in which there is nothing to ask: it is not there, or
// somebody else's.
func (p *site) closed(f *facts) bool { return p.status == http.StatusNotFound || p.foreign(f) }

// unreachable tells a bucket on the way to which AWS did not answer: everything
// else would fail in the same words.
func (p *site) unreachable() bool { return p.status == 0 && diagnosis.Outage(p.headErr) != nil }

// strange tells a state in a bucket that is not there, or somebody else's, and
// not the blueprint's: the right to its lock was never given.
func (s *stateFacts) strange(f *facts, p *site) bool {
	return p.closed(f) && s.bucket != f.answers.Bucket.Name
}
