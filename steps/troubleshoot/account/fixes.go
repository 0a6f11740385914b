package account

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// mayMend tells whether the operator can be expected to make a step's changes:
// who may not look at the account, at IAM or at what the step is about has no
// rights to change it, and gets a report to hand on instead.
func mayMend(f *facts, step plan.StepName) bool {
	return f.looked(plan.StepAccount) && f.looked(plan.StepIAM) && f.looked(step)
}

// mending is the blueprint's own plan as far as it mends something, for those
// who may make it. What is made and what is handed over has its place in set-up,
// handover or onboarding.
func mending(f *facts) plan.Proposal {
	if f.guessed || !mayMend(f, plan.StepIAM) { // what nobody wrote is nothing to bring AWS to
		return plan.Proposal{}
	}
	p := steps.PlanSeen(f.observed, f.answers, f.failed)
	out := map[string]bool{}
	for _, c := range p.Changes {
		if c.Purpose == plan.Make || c.Purpose == plan.Handover {
			out[c.ID] = true
		}
	}
	p.Changes, _ = plan.Exclude(p.Changes, out)
	p.Changes = uncosmetic(p.Changes)
	return p
}

// uncosmetic leaves out the changes that nothing depends on. What came after one for
// order's sake comes after what that came after.
func uncosmetic(changes []plan.Change) []plan.Change {
	var kept []plan.Change
	before := map[string][]string{} // what those left out came after
	for _, c := range changes {
		var needs []string
		for _, id := range c.Needs {
			if instead, left := before[id]; left {
				needs = append(needs, instead...)
			} else {
				needs = append(needs, id)
			}
		}
		if c.Purpose == plan.Cosmetic {
			before[c.ID] = needs
			continue
		}
		c.Needs = needs
		kept = append(kept, c)
	}
	return kept
}

// planned are the changes of the plan that a predicate picks.
func planned(f *facts, picked func(plan.Change) bool) (changes []plan.Change) {
	for _, c := range f.plan.Changes {
		if picked(c) {
			changes = append(changes, c)
		}
	}
	return changes
}

// sends tells the changes that make one of a service's calls, or any of them.
func sends(service string, operations ...string) func(plan.Change) bool {
	return func(c plan.Change) bool { return c.Sends(service, operations...) }
}

// policyAfter is a policy document as the plan's change will leave it that makes a
// call, with that change's id; as it is where none does.
func policyAfter(f *facts, service, operation string, otherwise policy.Document) (doc policy.Document, after []string) {
	for _, c := range planned(f, sends(service, operation)) {
		text, _ := c.Calls[0].InputMap()["Policy"].(string)
		if doc, err := policy.Parse(text); err == nil {
			return doc, []string{c.ID}
		}
	}
	return otherwise, nil
}

// fixes are the changes that mend faults and drift.
func fixes(f *facts, faults []health.Result) []plan.Change {
	changes := slices.Clone(f.plan.Changes)
	for _, x := range faults {
		changes = appendNew(changes, x.Changes)
	}
	return changes
}

// preflight is what AWS will refuse of changes, as far as a simulation tells.
func preflight(ctx context.Context, env *engine.Env, f *facts, changes []plan.Change) []plan.Finding {
	if !f.looked(plan.StepAccount) || len(changes) == 0 {
		return nil
	}
	p := &steps.Preflight{Env: env, Answers: f.answers, Observed: f.observed, Policy: "operator"}
	return p.Judge(ctx, changes)
}

// settle makes findings of faults and of drift, and of what mends them the changes, but
// for those that AWS will refuse.
func settle(f *facts, faults []health.Result, refused []plan.Finding) (findings []plan.Finding, changes []plan.Change) {
	all := fixes(f, faults)
	beyond := append(steps.BeyondQuotas(f.observed, f.answers, all), refused...)
	stopped := plan.StoppedBy(all, beyond)
	changes = plan.Unstopped(all, beyond)
	mends := map[string][]string{}
	for _, x := range faults {
		x.Changes = among(x.Changes, changes)
		found := findingOf(x, f.answers.AdminAccount)
		findings = append(findings, found)
		for _, c := range x.Changes {
			mends[c.ID] = append(mends[c.ID], found.Key())
		}
	}
	for i := range changes {
		c := &changes[i]
		told := foundBySetup(f, *c)
		findings = append(findings, told...)
		switch {
		case mends[c.ID] != nil:
			c.Fixes = slices.Concat(c.Fixes, mends[c.ID])
		case len(told) == 0:
			found := driftFinding(*c)
			findings, c.Fixes = append(findings, found), []string{found.Key()}
		}
	}
	for _, c := range all {
		if by := stopped[c.ID]; by != "" && len(foundBySetup(f, c)) == 0 && !slices.ContainsFunc(faults, func(x health.Result) bool { return len(among(x.Changes, []plan.Change{c})) > 0 }) {
			drift := driftFinding(c)
			drift.Remedy = "Fix " + by + " first: \"" + c.Title + "\" was left out because of it."
			findings = append(findings, drift)
		}
	}
	for i := range beyond {
		beyond[i].Blocks = false // of what can be mended beside it
	}
	return slices.Concat(findings, beyond, setupFindings(f)), changes
}

// among are those of some changes that are left of all, by id.
func among(some, all []plan.Change) []plan.Change {
	return slices.DeleteFunc(slices.Clone(some), func(c plan.Change) bool {
		return !slices.ContainsFunc(all, func(left plan.Change) bool { return left.ID == c.ID })
	})
}

// foundBySetup are set-up's own findings that a change takes away.
func foundBySetup(f *facts, c plan.Change) (findings []plan.Finding) {
	for _, x := range f.plan.Findings {
		if c.FixesFinding(x) {
			findings = append(findings, x)
		}
	}
	return findings
}

// appendNew leaves out what is there already, by id.
func appendNew(changes, more []plan.Change) []plan.Change {
	for _, c := range more {
		if !slices.ContainsFunc(changes, func(have plan.Change) bool { return have.ID == c.ID }) {
			changes = append(changes, c)
		}
	}
	return changes
}

// findingOf is what a fault comes to with its fixes, or with none.
func findingOf(x health.Result, account string) plan.Finding {
	out := *x.Finding
	out.RequestIDs = append(out.RequestIDs, awsops.RequestIDs(x.Err)...)
	switch {
	case len(x.Changes) == 0 && len(x.Needs) > 0:
		out.Details = escalation(x, account)
	case len(x.Changes) > 0:
		out.Of = x.Changes[0].Of
		if !x.Advice {
			out.Remedy = "Confirm the change: " + someOf(titles(x.Changes)) + "."
		}
	}
	return out
}

// titles are those of some changes; what several are called by is named once.
func titles(changes []plan.Change) (list []string) {
	for _, c := range changes {
		if !slices.Contains(list, c.Title) {
			list = append(list, c.Title)
		}
	}
	return list
}

// driftFinding is a difference from the blueprint that no check has met.
func driftFinding(c plan.Change) plan.Finding {
	problem := "-differs"
	if c.Action == plan.Create {
		problem = "-missing"
	}
	var fields []string
	for _, field := range c.Fields {
		if len(field.Before)+len(field.After) < 80 {
			fields = append(fields, fmt.Sprintf("%s is %q and should be %q", field.Name, field.Before, field.After))
		}
	}
	evidence := fmt.Sprintf("%s differs from the blueprint", c.Target)
	if len(fields) > 0 {
		evidence += ": " + strings.Join(fields, "; ")
	}
	return plan.Finding{
		ID: c.ID + problem, Of: c.Of, Severity: plan.Warning, Lead: "Something in AWS differs from the blueprint.", Evidence: evidence + ".", Remedy: "Confirm the change: " + c.Title + ".",
	}
}

// setupFindings are set-up's own findings that keep something from being
// mended. They bar no change of another thing here.
func setupFindings(f *facts) []plan.Finding {
	var findings []plan.Finding
	for _, x := range f.plan.Findings {
		if x.Severity == plan.Failure && !x.Probed && !diagnosis.Known(x.ID) {
			x.Blocks = false
			findings = append(findings, x)
		}
	}
	return findings
}
