package plan

import (
	"stateroom/awsops"
	"stateroom/steps/blueprint"
)

// Proposal is what a step would change and what it found that needs telling.
type Proposal struct {
	Changes  []Change
	Findings []Finding
}

// And is both proposals in one.
func (p Proposal) And(more Proposal) Proposal {
	return Proposal{Changes: append(p.Changes, more.Changes...), Findings: append(p.Findings, more.Findings...)}
}

// Add puts another proposal behind this one.
func (p *Proposal) Add(more Proposal) { *p = p.And(more) }

// Change adds changes.
func (p *Proposal) Change(changes ...Change) { p.Changes = append(p.Changes, changes...) }

// Find adds findings.
func (p *Proposal) Find(findings ...Finding) { p.Findings = append(p.Findings, findings...) }

// Keep tells of something that was left as it is, since it is no worse than what the
// blueprint asks for or somebody's own.
func (p *Proposal) Keep(id, evidence string) {
	p.Find(Finding{ID: id, Severity: Info, Evidence: evidence, Remedy: "No action needed: it was kept."})
}

// Tag adds c, the change that sets the tags which what is called name in a sentence
// has not, by the call that set makes of them; nothing where it has them all.
func (p *Proposal) Tag(a *blueprint.Answers, c Change, name string, have map[string]string, set func(missing map[string]string) awsops.Call) {
	missing := MissingTags(have, TagsOf(a))
	if len(missing) == 0 {
		return
	}
	c.Action, c.Purpose, c.Calls, c.Fields = Update, Cosmetic, []awsops.Call{set(missing)}, tagFields(have, missing)
	c.JudgeTags(a, name, missing)
	p.Change(c)
}

// InAdminAccount is a change in the admin account, in the region of the state.
func InAdminAccount(a *blueprint.Answers, id string, action Action, title, target string, calls ...awsops.Call) Change {
	return Change{ID: id, Action: action, Title: title, Target: target, Account: a.AdminAccount, Region: a.StateRegion, Calls: calls}
}
