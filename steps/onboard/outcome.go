package onboard

import (
	"slices"
	"time"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// outcome is how far the admin gets with this laptop, by the checks so far.
func (l *look) outcome() plan.Aboard {
	out := plan.Aboard{User: l.who.user, Own: l.settled(), SignIn: !l.factor.signedIn()}
	if l.leaving != nil && l.leaving.works() {
		out.Leaving = l.leaving.owner.Name
	}
	for _, e := range l.environments(l.who.user) {
		out.Places = append(out.Places, plan.Place{Environment: e.Name, Reach: l.reach(e)})
	}
	return out
}

// reach is how far the admin gets in an environment: as far as the weakest of its
// projects lets.
func (l *look) reach(e blueprint.Environment) plan.Reach {
	reach := plan.Untried
	switch l.verdict(e.Name, checkRole, checkWhere, checkRead) {
	case plan.Passed:
		reach = plan.Entered
	case plan.Failed:
		return plan.Refused
	case plan.Undecided:
		if l.verdict(e.Name, checkRole) == plan.Passed {
			reach = plan.Entered // only that something may be listed is not known
		}
	}
	projects := l.projectsIn(e)
	planned := reach == plan.Entered && len(projects) > 0
	for _, p := range projects {
		if l.verdict(p.Name, checkFiles, checkInit, checkState, checkUse, checkLock, checkPlan) == plan.Failed {
			return plan.Refused
		}
		planned = planned && l.verdict(p.Name, checkPlan) == plan.Passed
	}
	if planned {
		return plan.Planned
	}
	return reach
}

func (l *look) projectsIn(e blueprint.Environment) []blueprint.Project {
	return slices.DeleteFunc(slices.Clone(l.projects(l.who.user)), func(p blueprint.Project) bool { return p.Environment != e.Name })
}

// verdict is what the newest checks of these names came to for a subject: the worst of
// them, and undecided where there is none.
func (l *look) verdict(subject string, names ...string) plan.Verdict {
	newest := map[string]plan.Verdict{}
	for _, c := range l.review.Checks {
		if c.Subject == subject && slices.Contains(names, c.Name) {
			newest[c.Name] = c.Verdict
		}
	}
	worst := plan.Passed
	for _, v := range newest {
		if v == plan.Failed {
			return v
		}
		if v == plan.Undecided {
			worst = v
		}
	}
	if len(newest) == 0 {
		return plan.Undecided
	}
	return worst
}

// proof is what the plans of all projects show together.
func (l *look) proof(reached plan.Aboard) plan.Proof {
	shown := plan.Proof{State: plan.Proven, As: l.who.user, With: plan.WithSDK, At: time.Now()}
	projects := l.projects(l.who.user)
	if len(projects) > 0 {
		shown.With, shown.Version = engine.ToolOf(l.env)
	}
	for _, at := range reached.Places {
		if at.Reach == plan.Refused {
			return plan.Unproved(plan.ProofFailed)
		}
	}
	switch {
	case reached.SignIn:
		return plan.Unproved(plan.ProofSignedOut)
	case len(projects) > 0 && (l.env.Engine == nil || l.env.Engine.Supports(l.answers.Lock.UseLockfile) != nil):
		return plan.Unproved(plan.ProofNoEngine)
	case slices.ContainsFunc(l.written, func(at projectFiles) bool { return at.Initialised && !at.Providers }):
		return plan.Unproved(plan.ProofNoProviders)
	case len(reached.Places) == 0 || slices.ContainsFunc(reached.Places, func(at plan.Place) bool { return at.Reach == plan.Untried }):
		return plan.Unproved(plan.NotTried)
	case slices.ContainsFunc(projects, func(p blueprint.Project) bool { return l.verdict(p.Name, checkPlan) != plan.Passed }):
		return plan.Unproved(plan.NotTried)
	}
	return shown
}
