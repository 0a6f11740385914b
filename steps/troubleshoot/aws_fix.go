package troubleshoot

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// mayMend tells whether the operator can be expected to make a step's changes:
// who may not look at the account, at IAM or at what the step is about has no
// rights to change it, and gets a report to hand on instead.
func (f *facts) mayMend(step plan.StepName) bool {
	return f.looked(plan.StepAccount) && f.looked(plan.StepIAM) && f.looked(step)
}

// mending is the blueprint's own plan as far as it mends something, for those
// who may make it. What is made and what is handed over has its place in set-up,
// handover or onboarding.
func (f *facts) mending() plan.Proposal {
	if !f.mayMend(plan.StepIAM) {
		return plan.Proposal{}
	}
	p := steps.PlanSeen(f.observed, f.answers, f.failed)
	out := map[string]bool{}
	for _, c := range p.Changes {
		if c.Purpose == plan.Make || c.Purpose == plan.Handover {
			out[c.ID] = true
		}
	}
	p.Changes, _ = plan.LeaveOut(p.Changes, out)
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

// planned is a policy document as the plan's change will leave it that makes a call,
// with that change's id; as it is where none does.
func (f *facts) planned(service, operation string, otherwise policy.Document) (doc policy.Document, after []string) {
	for _, c := range f.plan.Changes {
		if !c.Sends(service, operation) {
			continue
		}
		text, _ := c.Calls[0].InputMap()["Policy"].(string)
		if doc, err := policy.Parse(text); err == nil {
			return doc, []string{c.ID}
		}
	}
	return otherwise, nil
}

// settle makes findings of troubles and drift, each with what mends it.
func (f *facts) settle(troubles []trouble) (findings []plan.Finding, changes []plan.Change) {
	claimed := map[string]bool{}
	mends := map[string][]string{}
	for _, t := range troubles {
		var mending []plan.Change
		for _, c := range f.plan.Changes {
			if t.mended != nil && t.mended(c) {
				mending, claimed[c.ID] = append(mending, c), true
			}
		}
		mending = append(mending, t.changes...)
		changes = appendNew(changes, t.changes)
		found := f.finding(t, mending)
		findings = append(findings, found)
		for _, c := range mending {
			mends[c.ID] = append(mends[c.ID], found.Key())
		}
	}
	for _, c := range f.plan.Changes {
		if !claimed[c.ID] {
			found := driftFinding(c)
			findings, mends[c.ID] = append(findings, found), []string{found.Key()}
		}
	}
	findings = append(findings, f.setupFindings()...)
	changes = appendNew(slices.Clone(f.plan.Changes), changes)
	for i := range changes {
		changes[i].Mends = mends[changes[i].ID]
	}
	return findings, changes
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

func (f *facts) finding(t trouble, mending []plan.Change) plan.Finding {
	out := plan.Finding{ID: t.id, Subject: t.subject, Of: diagnosis.StepOf(t.id), Severity: t.severity, Evidence: t.evidence, Resource: t.resource, RequestIDs: awsops.RequestIDs(t.err), Remedy: t.remedy}
	if out.Severity == "" {
		out.Severity = plan.Failure
	}
	switch {
	case len(mending) == 0 && t.handOn != nil:
		out.Details = t.handOn.report(t, f.answers.AdminAccount)
	case len(mending) > 0:
		out.Of = mending[0].Of
		if t.severity == "" {
			out.Remedy = "Confirm the change: " + someOf(titles(mending)) + "."
		}
	}
	return out
}

func titles(changes []plan.Change) []string {
	var list []string
	for _, c := range changes {
		list = append(list, c.Title)
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
		ID: c.ID + problem, Of: c.Of, Severity: plan.Warning, Evidence: evidence + ".", Remedy: "Confirm the change: " + c.Title + ".",
	}
}

// setupFindings are set-up's own findings that keep something from being
// mended. They bar no change of another thing here.
func (f *facts) setupFindings() []plan.Finding {
	var findings []plan.Finding
	for _, x := range f.plan.Findings {
		if x.Severity == plan.Failure && !x.Probed && !diagnosis.Known(x.ID) {
			x.Blocks = false
			findings = append(findings, x)
		}
	}
	return findings
}

// asBlueprint rules on each step that was inspected as a whole.
func (f *facts) asBlueprint() []ruling {
	var rulings []ruling
	for _, step := range steps.AWSOnly() {
		if step.First {
			continue // who we are and the region have checks of their own
		}
		a := asked{name: step.Title + " as in the blueprint", question: "what step " + fmt.Sprint(step.Number) + " of stateroom setup inspects, as the operator"}
		if err := f.failed[step.Name]; err != nil {
			rulings = append(rulings, a.undecided("%s", answerOrText(err)))
			continue
		}
		differing := f.drift(func(c plan.Change) bool { return c.Of == step.Name })
		if len(differing) > 0 {
			r := a.passed("")
			r.check.Verdict, r.check.Answer = plan.Broken, "It differs: "+someOf(differing)+"."
			rulings = append(rulings, r)
			continue
		}
		rulings = append(rulings, a.passed("It is."))
	}
	return rulings
}

// answerOrText is a failed call in one sentence, or a refusal in its own words.
func answerOrText(err error) string {
	if awsops.IsAccessDenied(err) {
		return told(err)
	}
	return sentence(err.Error())
}
