package tui

import (
	"testing"
	"time"

	"stateroom/steps/plan"
)

// The screens of what is so at the end of each way through the program, for the goldens
// of golden_test.go.
func init() {
	for name, bring := range map[string]func(t *testing.T, l look) *root{
		"done-as-operator": func(t *testing.T, l look) *root {
			p := asAlice()
			p.State, p.As = plan.ProvenAsOperator, "user/operator"
			return provenBy(t, l, p)
		},
		"done-not-proven": func(t *testing.T, l look) *root { return provenBy(t, l, plan.Unproved(plan.ProofNeedsAdmin)) },
		"done-interrupted": func(t *testing.T, l look) *root {
			m := reviewingRoot(t, l, Options{Sandbox: true})
			applied(m, 0, 1, 2, 3, 4, 5)
			m.Update(madeMsg{outline: seen(m), summary: &plan.Summary{
				Applied: 6, Stopped: true, Outcome: complete(), Proof: plan.Unproved(plan.ProofInterrupted),
			}})
			return m
		},
		"result-onboarded": func(t *testing.T, l look) *root {
			p := asAlice()
			p.As = "bob"
			o := plan.Aboard{User: "bob", Own: true, Places: []plan.Place{{Environment: "staging", Reach: plan.Planned}, {Environment: "production", Reach: plan.Planned}}}
			return resulting(t, l, Onboard, coming(), plan.Review{Outcome: o, Proof: p})
		},
		"result-onboarded-not-proven": func(t *testing.T, l look) *root {
			o := plan.Aboard{User: "bob", Own: true, Places: []plan.Place{{Environment: "staging", Reach: plan.Entered}, {Environment: "production", Reach: plan.Entered}}}
			init := plan.Change{ID: "init", Step: 8, Action: plan.RunCommand, Title: "Initialize project common-production"}
			return resulting(t, l, Onboard, coming(), plan.Review{Outcome: o, Proof: plan.Unproved(plan.ProofNoProviders), Changes: []plan.Change{init}})
		},
		"handover-waits": func(t *testing.T, l look) *root { return lookedAt(t, l, Handover, Options{}, waitingKey()) },
		"handover-made": func(t *testing.T, l look) *root {
			r := waitingKey()
			r.Changes, r.NotOurs, r.Outcome = r.NotOurs[:1], nil, plan.Delivery{User: "bob"}
			r.Changes[0].NotOurs = ""
			after := waitingKey()
			after.NotOurs = nil
			return resulting(t, l, Handover, r, after)
		},
		"offboarding": func(t *testing.T, l look) *root { return lookedAt(t, l, Offboard, Options{}, leaving()) },
		"offboarding-confirm": func(t *testing.T, l look) *root {
			m := lookedAt(t, l, Offboard, Options{}, leaving())
			press(m, "enter")
			return m
		},
		"offboarded": func(t *testing.T, l look) *root {
			after := leaving()
			after.Changes = nil
			after.Outcome = plan.Departure{User: "carol", Account: "111111111111", Deny: plan.Denies, Open: true, Until: time.Date(2026, 11, 29, 18, 40, 0, 0, time.UTC), Now: time.Date(2026, 11, 29, 14, 3, 0, 0, time.UTC), Keys: 1}
			after.Proof = plan.Proof{State: plan.Proven, With: plan.WithSimulator, At: at}
			return resulting(t, l, Offboard, leaving(), after)
		},
		"signed-in": func(t *testing.T, l look) *root {
			return lookedAt(t, l, Login, Options{}, plan.Review{Looked: fresh{}, Outcome: plan.SignedIn{User: "bob", Profile: "admin_iam", Wanted: true, Open: true}})
		},
	} {
		screens[name] = bring
	}
}

// provenBy is a finished set-up with a proof.
func provenBy(t testing.TB, l look, p plan.Proof) *root {
	m := applyingRoot(t, l)
	s := &plan.Summary{Applied: 6, Outcome: complete(), Proof: p, Then: "commit stateroom.hcl"}
	m.Update(madeMsg{summary: s, review: plan.Review{Looked: fresh{}, Outcome: s.Outcome, Proof: p}, outline: seen(m)})
	return m
}

// resulting has made the changes of one review and looked at another.
func resulting(t testing.TB, l look, mode *Mode, before, after plan.Review) *root {
	m := lookedAt(t, l, mode, Options{}, before)
	after.Looked = fresh{}
	m.run.apply(0)
	m.Update(madeMsg{review: after, summary: &plan.Summary{
		Applied: len(before.Changes), Outcome: after.Outcome, Proof: after.Proof, Findings: after.Findings, Checks: after.Checks,
		NotOurs: after.NotOurs, Due: len(after.Changes), DueRun: plan.Commands(after.Changes), Ended: true,
	}})
	return m
}

// waitingKey is bob's key, sealed already.
func waitingKey() plan.Review {
	const id = "AKIAIOSFODNN7EXAMPLE"
	return plan.Review{
		Looked: fresh{}, Outcome: plan.Delivery{User: "bob", Sealed: &complete().Sealed[0]},
		Actor: plan.Actor{Account: "111111111111", Identity: "user/operator"},
		NotOurs: []plan.Change{
			{ID: "iam.key.bob", Step: 2, Action: plan.Create, Title: "Create bob's access key and seal it to bob's public key", NotOurs: id, Asks: "bob's key waits already", Agreeing: "replace"},
			{ID: "iam.old-key." + id, Step: 2, Action: plan.Delete, Title: "Delete bob's access key " + id + ", never used", NotOurs: id, Asks: "bob's key waits already", Agreeing: "replace", Needs: []string{"iam.key.bob"}},
		},
		Checks: []plan.Check{{Name: "sealed file", Asked: "handover/bob.age", Answer: "there", Verdict: plan.Passed}},
	}
}

// leaving is what offboarding carol would change.
func leaving() plan.Review {
	return plan.Review{
		Looked: fresh{}, Outcome: plan.Departure{User: "carol", Account: "111111111111", Now: at, Keys: 1}, Proof: plan.Unproved(plan.NotTried),
		Actor: plan.Actor{Account: "111111111111", Identity: "user/operator"},
		Changes: []plan.Change{
			{ID: "offboard.deny.carol", Step: 2, Action: plan.Update, Title: "Deny carol everything, open sessions included"},
			{ID: "offboard.key", Step: 2, Action: plan.Update, Title: "Deactivate carol's access key AKIAIOSFODNN7EXAMPLE"},
		},
		NotOurs: []plan.Change{{ID: "offboard.user", Step: 2, Action: plan.Delete, Title: "Delete the user carol for good", NotOurs: "carol", ConfirmByName: true}},
	}
}
