package steps

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// iamStep is step 2: group, users and keys in the admin account, and in every
// environment the role that the group may assume. Its parts are in
// step2_users.go, step2_groups.go and step2_roles.go.
func iamStep() Step {
	return Step{
		Name: plan.StepIAM, Title: "IAM: admins, and a role in every environment", Short: "IAM",
		Why: "Admins get their permissions from a group, so all of them can do the same and work in the same way. " +
			"In every environment a role says what they may do there, and the group may assume it.",
		Cost:      "AWS calls them IAM group, user and role; all of IAM is free.",
		AWSOnly:   true,
		Questions: iamQuestions, Inspect: inspectIAM, Plan: planIAM, Facts: iamFacts, Prove: proveIAM,
	}
}

// IAMFacts are what IAM holds of the blueprint's names.
type IAMFacts struct {
	Groups map[string]GroupFacts
	Users  map[string]UserFacts
	// Asked is when the users were looked at.
	Asked time.Time
	// Policies are the customer-managed policies below policyPath, by name.
	Policies map[string]awsops.Policy
	// Roles are the environments' roles, by environment.
	Roles map[string]RoleFacts
	// Permissions are the documents read from an environment's JSON file, by
	// environment.
	Permissions map[string]policy.Document
	// Led are the roles to which an environment's projects and its profile on this laptop
	// lead, by environment.
	Led map[string][]string
	// ProfileKey is the access key id in the admin profile of this laptop, and
	// OwnKey that of the user's own key: the same, unless the admin profile holds a
	// session with a second factor and the key lies beside it.
	ProfileKey, OwnKey string
	// Former are the users of IAM groups that have moved to Identity Center, by group.
	Former map[string]FormerFacts
	// Replaced are the users whose keys pipelines replace, by the name that the blueprint has;
	// one who is not there has no ARN.
	Replaced map[string]FormerFacts
	// Center is what Identity Center holds.
	Center CenterFacts
	// Machines are what IAM holds of the pipelines.
	Machines MachineFacts
	// Profile is what else the admin profile of this laptop holds.
	Profile ProfileFacts
}

func iamQuestions(a *blueprint.Answers) []plan.Question {
	if len(a.Groups) > 0 {
		return nil
	}
	return []plan.Question{{
		Path: "group.admins.users", Prompt: "Admins, as IAM user names separated by commas", Name: "Admins", Kind: plan.Choices, Required: true,
		Help: "One IAM user for each person who runs Terraform. Each gets one access key, sealed for nobody else to read.",
	}}
}

// inspectIAM reads the admin account and every environment at once.
func inspectIAM(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) error {
	f := &o.IAM
	home := env.Sessions.Home(a.StateRegion)
	if err := f.readPermissions(ctx, env, a, o.partition()); err != nil {
		return err
	}
	f.readLed(env, a, o.readProjects(env, a))
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return f.inspectGroups(gctx, home, a) })
	g.Go(func() error { return f.inspectUsers(gctx, env, home, a) })
	g.Go(func() error { return f.inspectPolicies(gctx, home) })
	g.Go(func() error { return f.inspectRoles(gctx, env, o, a) })
	g.Go(func() error { return f.inspectCenter(gctx, env, o, a) })
	g.Go(func() error { return f.inspectFormer(gctx, env, home, a) })
	g.Go(func() error { return f.inspectMachines(gctx, env, o, a) })
	g.Go(func() error { return f.inspectReplaced(gctx, env, home, a) })
	if err := g.Wait(); err != nil {
		return err
	}
	f.identityGroups(o, a)
	return f.inspectMemberships(ctx, home, a)
}

// inspectMemberships reads the other groups of users whom the blueprint adds to one: IAM
// bounds how many there may be.
func (f *IAMFacts) inspectMemberships(ctx context.Context, home *awsops.Session, a *blueprint.Answers) error {
	joining := slices.DeleteFunc(a.AllUsers(), func(user string) bool {
		return f.Users[user].User == nil || !slices.ContainsFunc(a.GroupsOf(user), func(name string) bool {
			group := f.Groups[name].Group
			return group == nil || !slices.ContainsFunc(group.Users, func(have string) bool { return strings.EqualFold(have, user) })
		})
	})
	groups, err := forEach(ctx, 0, joining, home.UserGroups)
	for i, user := range joining {
		facts := f.Users[user]
		for _, g := range groups[i] {
			facts.Groups = append(facts.Groups, g.Name)
		}
		f.Users[user] = facts
	}
	if awsops.IsAccessDenied(err) { // IAM itself refuses then what is too much
		return nil
	}
	return err
}

// proveIAM proves the roles. It runs in no dry run, so that what only time shows is kept here.
func proveIAM(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) (plan.Proof, []plan.Finding) {
	o.IAM.keepFormer(env)
	return proveRoles(ctx, env, a, o)
}

// maxPermissions bounds a file of permissions: IAM takes a hundredth of it.
const maxPermissions = 1 << 20

// readPermissions reads the JSON policies that environments name by file. What IAM would
// refuse is refused before a role is made that could do nothing.
func (f *IAMFacts) readPermissions(ctx context.Context, env *engine.Env, a *blueprint.Answers, partition string) error {
	f.Permissions = map[string]policy.Document{}
	for _, e := range a.Environments {
		if !permissionsFile(e) {
			continue
		}
		path := filepath.Join(env.Root(), filepath.FromSlash(e.Permissions))
		text, err := files.Load(ctx, path, files.Limit{Bytes: maxPermissions})
		if err == nil {
			var doc policy.Document
			if doc, err = policy.Parse(string(text)); err == nil {
				err = policy.AcceptedIdentity(doc, partition)
			}
			if err == nil {
				f.Permissions[e.Name] = doc
				continue
			}
		}
		return &plan.Refusal{
			Finding: "iam.permissions-file", Err: err,
			What:   fmt.Sprintf("The permissions of environment %s cannot be read from %s: %v.", e.Name, path, err),
			Remedy: "Correct the file, or choose article, poweruser, administrator or a managed policy's ARN.",
		}
	}
	return nil
}

// permissionsFile tells a JSON file from the named choices and an ARN.
func permissionsFile(e blueprint.Environment) bool {
	switch e.Permissions {
	case blueprint.PermissionsArticle, blueprint.PermissionsPowerUser, blueprint.PermissionsAdministrator:
		return false
	}
	return !strings.HasPrefix(e.Permissions, "arn:")
}

// inspectPolicies reads the customer-managed policies below our path.
func (f *IAMFacts) inspectPolicies(ctx context.Context, home *awsops.Session) error {
	all, err := home.CustomerPolicies(ctx)
	if err != nil {
		return err
	}
	ours := slices.DeleteFunc(all, func(p awsops.Policy) bool { return !strings.Contains(p.ARN, ":policy"+policyPath) })
	found, err := forEach(ctx, 0, ours, home.ListedPolicy)
	f.Policies = map[string]awsops.Policy{}
	for _, p := range found {
		if p != nil {
			f.Policies[p.Name] = *p
		}
	}
	return err
}

// planIAM proposes users and their keys, groups with their policies, and the
// environments' roles.
func planIAM(o *Observed, a *blueprint.Answers) plan.Proposal {
	p := planUsers(o, a).And(planGroups(o, a)).And(planIdentity(o, a)).And(planRoles(o, a)).And(planMachines(o, a))
	if f := profileRefused(o, a); f != nil {
		p.Find(*f)
	}
	return p
}

// iamFacts are the admins.
func iamFacts(o *Observed, a *blueprint.Answers, _ *engine.Env) []plan.Fact {
	var there, missing []string
	for _, name := range a.AllUsers() {
		if o.IAM.Users[name].User != nil {
			there = append(there, name)
		} else {
			missing = append(missing, name)
		}
	}
	var f []plan.Fact
	if len(there) > 0 {
		f = append(f, plan.Fact{Name: "Admins there", Value: strings.Join(there, ", ")})
	}
	if len(missing) > 0 {
		f = append(f, plan.Fact{Name: "Admins to make", Value: strings.Join(missing, ", ")})
	}
	if a.Me != "" {
		f = append(f, plan.Fact{Name: "You", Value: a.Me + ", whose key goes into this laptop's own profile"})
	}
	return f
}
