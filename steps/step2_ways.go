package steps

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// ways say which changes let the groups' members reach the environments and the states:
// what works through them only needs these changes.
type ways struct {
	o *Observed
	a *blueprint.Answers
	// assume and held are, by group, its policies of the environments' roles, as they are
	// wanted, and what it may assume today.
	assume map[string][]policy.Document
	held   map[string]held
}

func waysOf(o *Observed, a *blueprint.Answers) ways {
	w := ways{o: o, a: a, assume: map[string][]policy.Document{}, held: map[string]held{}}
	for _, g := range a.Groups {
		w.assume[g.Name], _ = assumePolicies(o, a, g) // what refuses it stands against all changes
		w.held[g.Name] = holds(o, g.Name)
	}
	return w
}

// of are the changes that let a group assume an environment's role; none where it may
// today.
func (w ways) of(group string, e blueprint.Environment) (needs []string) {
	arn := w.a.RoleARN(w.o.partition(), w.o.environment(e))
	if slices.Contains(w.held[group].arns, arn) {
		return nil
	}
	for i, doc := range w.assume[group] {
		if slices.ContainsFunc(doc.Statements, func(s policy.Statement) bool { return len(s.Conditions) > 0 || slices.Contains(s.Resources, arn) }) {
			needs = append(needs, attaching(policyName(group, "assume", i+1))...)
		}
	}
	if w.a.IsIdentityGroup(group) {
		needs = append(needs, assignmentChange(group))
	}
	return needs
}

// attaching are the changes that give a group one of its policies.
func attaching(name string) []string {
	return []string{policyChangeID(name), policyChangeID(name) + attachSuffix}
}

// team are the changes that let every group that reaches an environment assume its role.
func (w ways) team(environment string) (needs []string) {
	for _, g := range w.a.Groups {
		if e, known := w.a.Environment(environment); known && w.a.Reaches(g.Name, environment) {
			needs = append(needs, w.of(g.Name, e)...)
		}
	}
	return needs
}

// groups are those of a user, or all where nobody knows who that is.
func (w ways) groups(user string) []string {
	if user != "" {
		return w.a.GroupsOf(user)
	}
	var all []string
	for _, g := range w.a.Groups {
		all = append(all, g.Name)
	}
	return all
}

// user are the changes that let a user assume an environment's role; none where one of
// the user's groups may today.
func (w ways) user(name string, e blueprint.Environment) (needs []string) {
	for _, group := range w.groups(name) {
		if !w.a.Reaches(group, e.Name) {
			continue
		}
		own := w.of(group, e)
		if len(own) == 0 && w.member(group, name) {
			return nil
		}
		needs = append(append(needs, joining(group, name)...), own...)
	}
	return needs
}

// member tells whether a user is in a group today.
func (w ways) member(group, user string) bool {
	have := w.o.IAM.Groups[group].Group
	return have != nil && slices.ContainsFunc(have.Users, func(h string) bool { return strings.EqualFold(h, user) })
}

// joining are the changes that make a user one of a group.
func joining(group, user string) []string {
	return []string{groupChange(group), memberChange(group, user)}
}

// state are the changes that let a user read and write the state of a project; none where
// one of the user's groups may today.
func (w ways) state(user string, project blueprint.Project) (needs []string) {
	for _, g := range w.a.Groups {
		if !slices.Contains(w.groups(user), g.Name) || !w.a.Reaches(g.Name, project.Environment) {
			continue
		}
		access := stateAccess(w.o, w.a, g)
		access.Keys = []string{project.StateKey}
		if w.member(g.Name, user) && !policy.Wider(attachedTo(w.o, g.Name), policy.State(access)) {
			return nil
		}
		needs = append(needs, joining(g.Name, user)...)
		docs, _ := statePolicies(w.o, w.a, g)
		for i := range docs {
			needs = append(needs, attaching(policyName(g.Name, "state", i+1))...)
		}
	}
	return needs
}

// obstacle is what stands in the way of the first of these changes that is not made.
func (o *Observed) obstacle(needs []string) plan.Obstacle {
	for _, id := range needs {
		if by := o.Obstacles[id]; by.Known() {
			return by
		}
	}
	return plan.Obstacle{}
}

// firstOf is the finding of the first of these changes that is stopped; empty without one.
func firstOf(stopped map[string]string, needs []string) string {
	for _, id := range needs {
		if by := stopped[id]; by != "" {
			return by
		}
	}
	return ""
}

// untried is the finding of a proof that was not tried, since what it rests on was not
// made: what fails of that would be told with a remedy that cannot help.
func untried(id, what string, by plan.Obstacle) plan.Finding {
	return plan.Finding{
		ID: id, Severity: plan.Info,
		Evidence: fmt.Sprintf("%s not tested, %s.", what, by.Because()),
		Remedy:   by.Remedy("stateroom setup"),
	}
}
