package steps

import (
	"slices"
	"strings"

	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
)

// leftWithRole says what is not planned where an environment's role is not what the
// blueprint says, and a finding tells that it cannot be.
const leftWithRole = "What uses the role was left as it is: the groups' policies where they name it, its profile and its projects."

// withoutRole tells an environment whose role is not there as the blueprint says and is
// not going to be, as a finding tells that stops it ([plan.Finding.Stops]). What several
// environments share, such as a group's policy, is planned without it.
func (o *Observed) withoutRole(e blueprint.Environment) bool {
	f := o.IAM.Roles[e.Name]
	switch {
	case !o.Account.active(e), o.Forbidden[roleChange(e.Name)] != "":
		return true
	case f.ByOwner:
		return false
	}
	return f.Unreachable != nil || f.Role != nil && f.Role.Path != e.RolePath
}

// held is what a group may assume today.
type held struct {
	arns []string
	// anywhere are the statements that name a role in every account.
	anywhere []policy.Statement
}

// holds reads it out of the group's policies.
func holds(o *Observed, group string) (h held) {
	for _, s := range attachedTo(o, group).Statements {
		if s.Effect != policy.Allow || !slices.Contains(s.Actions, assumeRole) {
			continue
		}
		if len(s.Conditions) > 0 {
			h.anywhere = append(h.anywhere, s)
		} else {
			h.arns = append(h.arns, s.Resources...)
		}
	}
	return h
}

// in are the roles of an environment's account, and those to which it leads today: its
// account may be another one now, which cannot be entered yet.
func (h held) in(e blueprint.Environment, led []string) []string {
	return slices.DeleteFunc(slices.Clone(h.arns), func(arn string) bool {
		return !strings.Contains(arn, ":iam::"+e.Account+":role/") && !slices.Contains(led, arn)
	})
}

// readLed reads where the environments lead. What cannot be read leads nowhere.
func (f *IAMFacts) readLed(env *engine.Env, a *blueprint.Answers, projects map[string]engine.ProjectFiles) {
	f.Led = map[string][]string{}
	for _, p := range a.Projects {
		if at := projects[p.Name].Files; at != nil {
			f.Led[p.Environment] = append(f.Led[p.Environment], at.Role())
		}
	}
	config, err := files.Read(env.ConfigPath)
	if err != nil {
		return
	}
	here := profiles.ByName(profiles.Config, config)
	for _, e := range a.Environments {
		f.Led[e.Name] = append(f.Led[e.Name], here[a.ProfileFor(e.Name)].Get("role_arn"))
	}
}

// assumeRole is the action that a group needs on an environment's role.
const assumeRole = "sts:AssumeRole"

// assuming is the document that lets a group assume these roles, and what else the
// statements let it, each once.
func assuming(arns []string, more []policy.Statement) (d policy.Document) {
	if len(arns) > 0 {
		d = policy.AssumeRoles(arns)
	}
	for _, s := range more {
		if !policy.Covers(d, s) {
			d.Statements = append(d.Statements, s)
		}
	}
	d.Version = policy.Version2012
	return d
}
