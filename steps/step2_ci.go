package steps

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// ciPath is the IAM path below which the pipelines' roles of the admin account are.
const ciPath = policyPath + "ci/"

// MachineFacts are what IAM holds of the blueprint's pipelines.
type MachineFacts struct {
	// Refused is the finding in whose place nothing of the pipelines is planned.
	Refused *plan.Finding
	// Providers are the admin account's OpenID Connect providers, by ARN; nil for one that
	// is not there.
	Providers map[string]*awsops.OIDCProvider
	// Others are the names of the admin account's roles that trust a provider and ask for
	// no audience, by the provider's ARN.
	Others map[string][]string
	// Roles are the pipelines' roles and the environments' roles for plans, by ARN.
	Roles map[string]RoleFacts
	// Names are the roles below our path by their names in lower case: IAM takes no two that
	// differ in case alone, so that a block renamed in that alone keeps its roles.
	Names map[string]string
	// Admin are the ARNs of the admin account's roles by their names in lower case, where a
	// runner may have one of them.
	Admin map[string]string
	// Left are the roles that were made for pipelines and that none of the blueprint needs.
	Left []LeftRole
	// Without are the environments in which no pipeline needs a role for plans, and a look
	// of this run has found none.
	Without map[string]bool
}

// LeftRole is a role that no pipeline of the blueprint needs any more.
type LeftRole struct {
	RoleFacts

	// At is where it is: an environment of the blueprint whose role is the one for plans,
	// without a name for a role of the admin account below our path.
	At blueprint.Environment
}

// inspectMachines reads what the pipelines need, and what they no longer do. A refusal is a
// fact: all else is made. Without a pipeline that takes the list of the roles below our
// path, and in each environment a look for the role for plans: an earlier blueprint may
// have had one, and what it made goes on letting its jobs in.
func (f *IAMFacts) inspectMachines(ctx context.Context, env *engine.Env, o *Observed, a *blueprint.Answers) error {
	m := &f.Machines
	m.Providers, m.Others, m.Roles = map[string]*awsops.OIDCProvider{}, map[string][]string{}, map[string]RoleFacts{}
	below := ciPath
	if len(a.CIs) > 0 {
		below = "/" // roles of others may trust the provider
	}
	home := env.Sessions.Home(a.StateRegion)
	all, err := home.Roles(ctx, below)
	if len(a.CIs) == 0 && awsops.IsAccessDenied(err) {
		m.Refused, err = machinesUnread(err), nil // the environments can be looked into all the same
	}
	m.Names, m.Admin = map[string]string{}, map[string]string{}
	for _, role := range all {
		m.Admin[strings.ToLower(role.Name)] = role.ARN
		if role.Path == ciPath {
			m.Names[strings.ToLower(role.Name)] = role.Name
		}
	}
	for _, ci := range a.CIs {
		arn := providerARN(o, a, ci)
		if _, asked := m.Providers[arn]; !asked && err == nil && !ci.ByRole() {
			m.Providers[arn], err = home.OIDCProvider(ctx, arn)
		}
	}
	if err == nil {
		err = m.inspectRoles(ctx, env, o, a, all)
	}
	if awsops.IsAccessDenied(err) {
		m.Refused = &plan.Finding{
			ID: "iam.ci-denied", Of: plan.StepIAM, Severity: plan.Failure, Probed: true, Stops: []string{changeMachines},
			Evidence: "What the pipelines need could not be read: " + diagnosis.Describe(err), RequestIDs: awsops.RequestIDs(err),
			Remedy: "Give yourself the permissions that stateroom policy machines prints, then run stateroom setup again.",
		}
		return nil
	}
	return err
}

// machinesUnread is what is told where no pipeline is in the blueprint and the roles of
// earlier ones cannot be listed.
func machinesUnread(err error) *plan.Finding {
	return &plan.Finding{
		ID: "iam.ci-unread", Of: plan.StepIAM, Severity: plan.Info, Probed: true, RequestIDs: awsops.RequestIDs(err),
		Evidence: "Whether an earlier blueprint's pipelines left roles in the admin account could not be read: " + diagnosis.Describe(err),
		Remedy:   "If there were pipelines, give yourself the permissions that stateroom policy operator prints, then run stateroom setup again.",
	}
}

func (m *MachineFacts) inspectRoles(ctx context.Context, env *engine.Env, o *Observed, a *blueprint.Answers, all []awsops.Role) error {
	for _, role := range all {
		trust := policy.ParseOrEmpty(role.Trust)
		for arn := range m.Providers {
			if policy.AsksNoAudience(trust, arn) {
				m.Others[arn] = append(m.Others[arn], role.Name)
			}
		}
	}
	there := func(e blueprint.Environment) bool { return len(awsops.FindRefs(e.Account)) == 0 && o.Account.active(e) }
	var look []blueprint.Environment // where a role is, in the form of an environment
	for _, e := range machinePlaces(o, a) {
		if there(e) {
			look = append(look, e)
		}
	}
	wanted := len(look)
	for _, name := range slices.Sorted(maps.Values(m.Names)) {
		if !slices.ContainsFunc(look, func(e blueprint.Environment) bool { return e.Account == a.AdminAccount && e.Role == name }) {
			look = append(look, atCI(o, a, name))
		}
	}
	own := environmentRoles(a)
	for _, e := range o.environments(a.Environments) {
		if at := e.PlanRoleIn(); !a.PlansIn(e.Name) && there(e) && !own[placeOf(at)] && !m.Without[e.Name] {
			look = append(look, at)
		}
	}
	var parsed policyTexts
	found, err := forEach(ctx, env.Parallel, look, func(ctx context.Context, e blueprint.Environment) (RoleFacts, error) {
		listed := e.Account == a.AdminAccount && (e.Name == "" || len(a.CIs) > 0)
		// Of a role that is not there IAM knows no path, so that who may see our path alone
		// may not ask for it.
		if listed && !slices.ContainsFunc(all, func(r awsops.Role) bool { return strings.EqualFold(r.Name, e.Role) }) {
			return RoleFacts{}, nil
		}
		return parsed.inspectRole(ctx, env, a, e), ctx.Err()
	})
	if m.Without == nil {
		m.Without = map[string]bool{}
	}
	for i, e := range look {
		f := found[i]
		if i >= wanted && e.Name != "" && err == nil && f.Role == nil && f.Unreachable == nil {
			m.Without[e.Name] = true
		}
		switch {
		case i < wanted:
			m.Roles[a.RoleARN(o.partition(), e)] = f
			if err == nil && e.Account == a.AdminAccount {
				err = f.Unreachable
			}
		case f.Role != nil && f.Role.Path == e.RolePath && plan.Ours(a, f.Role.Tags), e.Account == a.AdminAccount && f.Unreachable != nil:
			m.Left = append(m.Left, LeftRole{f, e})
		}
	}
	return err
}

// machinePlaces are where the pipelines' roles are, each in the form of an environment.
func machinePlaces(o *Observed, a *blueprint.Answers) (places []blueprint.Environment) {
	for _, r := range tokenRoles(a) {
		places = append(places, atCI(o, a, r.name))
	}
	for _, e := range o.environments(a.Environments) {
		if a.PlansIn(e.Name) {
			places = append(places, e.PlanRoleIn())
		}
	}
	return places
}

// tokenRole is a role of the admin account that a pipeline's tokens open.
type tokenRole struct {
	ci       blueprint.CI
	name     string
	subjects []blueprint.Subject
}

// tokenRoles are those of all pipelines of the blueprint.
func tokenRoles(a *blueprint.Answers) (all []tokenRole) {
	for _, ci := range a.CIs {
		if name := ci.PlanRole(); name != "" {
			all = append(all, tokenRole{ci, name, ci.PlanSubjects()})
		}
		if name := ci.WatchRole(); name != "" {
			all = append(all, tokenRole{ci, name, ci.WatchSubjects()})
		}
		for _, e := range a.EnvironmentsOfCI(ci) {
			if subjects := ci.ApplySubjects(e.Name); len(subjects) > 0 {
				all = append(all, tokenRole{ci, ci.ApplyRole(e.Name), subjects})
			}
		}
	}
	return all
}

// atCI is where a pipeline's role of the admin account is, under the name that it has there.
func atCI(o *Observed, a *blueprint.Answers, role string) blueprint.Environment {
	return blueprint.Environment{Account: a.AdminAccount, Role: cmp.Or(o.IAM.Machines.Names[strings.ToLower(role)], role), RolePath: ciPath}
}

// rolePlace is an account and a role's name in small letters, since IAM makes no difference.
type rolePlace struct{ account, role string }

func placeOf(e blueprint.Environment) rolePlace { return rolePlace{e.Account, strings.ToLower(e.Role)} }

// environmentRoles are the environments' own roles.
func environmentRoles(a *blueprint.Answers) map[rolePlace]bool {
	own := make(map[rolePlace]bool, len(a.Environments))
	for i := range a.Environments {
		own[placeOf(a.Environments[i])] = true
	}
	return own
}

// changeMachines stands for all that the pipelines need in the admin account. No change has
// this id, but a finding may stop it.
const changeMachines = "iam.ci"

// providerNeeds are the changes without which nothing of a pipeline's can be let in.
func providerNeeds(ci blueprint.CI) []string {
	if ci.ByRole() {
		return nil
	}
	return []string{providerChange(ci)}
}

func providerChange(ci blueprint.CI) string { return "iam.oidc-provider." + ci.IssuerHost() }

func providerARN(o *Observed, a *blueprint.Answers, ci blueprint.CI) string {
	return iamARN(o, a, "oidc-provider/"+ci.IssuerHost())
}

func ciPlanChange(ci string) string { return "iam.ci." + ci + ".plan" }

func ciWatchChange(ci string) string { return "iam.ci." + ci + ".watch" }

func ciApplyChange(ci, environment string) string { return "iam.ci." + ci + ".apply." + environment }

func planRoleChange(environment string) string { return "iam.plan-role." + environment }

// planMachines proposes the providers, the pipelines' roles and the environments' roles for
// plans.
func planMachines(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	m := &o.IAM.Machines
	if m.Refused != nil {
		p.Find(*m.Refused)
		if len(a.CIs) > 0 {
			return p
		}
	}
	asked := map[string]bool{}
	for _, ci := range a.CIs {
		if ci.ByRole() {
			continue
		}
		if of := providerChange(ci) + ci.AudienceIn(o.partition()); !asked[of] {
			asked[of] = true
			p.Add(planProvider(o, a, ci, asked[providerChange(ci)]))
			asked[providerChange(ci)] = true
		}
		p.Find(knownByName(ci)...)
	}
	for _, b := range machineRoles(o, a) {
		p.Add(b.plan())
	}
	for _, left := range m.Left {
		p.Add(dropRole(o, a, left))
	}
	p.Add(planReplaced(o, a))
	return p
}

// planProvider makes the provider, or adds the audience. There is one for each account and
// URL, so that another's is kept as it is: its audiences, its tags and its thumbprints.
func planProvider(o *Observed, a *blueprint.Answers, ci blueprint.CI, made bool) (p plan.Proposal) {
	arn, audience := providerARN(o, a, ci), ci.AudienceIn(o.partition())
	have := o.IAM.Machines.Providers[arn]
	change := func(suffix string, action plan.Action, title string, calls ...awsops.Call) plan.Change {
		c := plan.InAdminAccount(a, providerChange(ci)+suffix, action, title, arn, calls...)
		c.Needs = []string{changeMachines}
		if suffix != "" {
			c.Needs = append(c.Needs, providerChange(ci))
		}
		return c
	}
	switch {
	case have == nil && !made:
		c := change("", plan.Create, "Create the OIDC provider of "+ci.IssuerURL(), awsops.CreateOIDCProvider(ci.IssuerURL(), audience, plan.TagsOf(a)))
		c.Fields = plan.Created("URL", ci.IssuerURL(), "audience", audience)
		c.Undo = "aws iam delete-open-id-connect-provider --open-id-connect-provider-arn " + arn
		if others := o.IAM.Machines.Others[arn]; len(others) > 0 {
			c.Judge(opensOthers(others, ci, audience))
		} else {
			c.Judge() // no role trusts it yet, and ours ask for subject and audience
		}
		c.JudgeTags(a, "provider "+ci.IssuerHost(), plan.TagsOf(a))
		p.Change(c)
	case have == nil || !slices.Contains(have.Audiences, audience):
		c := change(".audience."+audience, plan.Update, fmt.Sprintf("Add the audience %s to the provider %s", audience, ci.IssuerHost()), awsops.AddOIDCAudience(arn, audience))
		c.Fields = plan.Created("audience", audience)
		c.Undo = fmt.Sprintf("aws iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider-arn %s --client-id %s", arn, audience)
		others := o.IAM.Machines.Others[arn]
		if len(others) > 0 {
			c.Judge(opensOthers(others, ci, audience))
		} else {
			c.Judge()
		}
		if have != nil && !plan.Ours(a, have.Tags) {
			c.NotOurs = arn
		}
		p.Change(c)
	}
	if have != nil && plan.Ours(a, have.Tags) && !made {
		p.Tag(a, change(".tags", plan.Update, "Tag the OIDC provider of "+ci.IssuerURL()), "provider "+ci.IssuerHost(), have.Tags,
			func(missing map[string]string) awsops.Call { return awsops.TagOIDCProvider(arn, missing) })
	}
	if others := o.IAM.Machines.Others[arn]; len(others) > 0 && have != nil {
		p.Find(plan.Finding{
			ID: "iam.ci-audience-open", Subject: ci.Name, Severity: plan.Warning,
			Evidence: fmt.Sprintf("Of the roles that trust %s, %s for no audience: tokens made for anybody on the provider's list open %s.", ci.IssuerHost(), plan.Enumerated(others)+asks(others), themOrIt(others)),
			Remedy:   fmt.Sprintf("Ask whoever manages %s to add the condition StringEquals on %s:aud to the trust policy.", themOrIt(others), ci.IssuerHost()),
		})
	}
	return p
}

func asks(names []string) string {
	if len(names) == 1 {
		return " asks"
	}
	return " ask"
}

func themOrIt(names []string) string {
	if len(names) == 1 {
		return "it"
	}
	return "them"
}

func opensOthers(others []string, ci blueprint.CI, audience string) plan.Widening {
	return plan.Gives(plan.WidensTrust, "provider "+ci.IssuerHost(),
		fmt.Sprintf("Tokens of %s for %s may open %s, too, which%s for no audience.", ci.IssuerHost(), audience, plan.Enumerated(others), asks(others)))
}

// knownByName tells of a pipeline that is known by names alone, which somebody else may
// come to have.
func knownByName(ci blueprint.CI) []plan.Finding {
	f := plan.Finding{ID: "iam.ci-by-name", Subject: ci.Name, Severity: plan.Info}
	switch {
	case ci.ByID() || ci.Repository == "":
		return nil
	case ci.Provider == blueprint.ProviderGitHub:
		f.Evidence = fmt.Sprintf("The roles of ci %q trust %s by its name. Repositories made, renamed or transferred after 2026-07-15 have ids in their tokens' subjects, and those tokens are refused.", ci.Name, ci.Repository)
		f.Remedy = fmt.Sprintf("Add owner_id and repository_id to ci %q, as gh api repos/%s --jq '.owner.id, .id' prints them; then both forms are trusted.", ci.Name, ci.Repository)
	case ci.Provider == blueprint.ProviderGitLab && ci.IssuerHost() == "gitlab.com":
		f.Evidence = fmt.Sprintf("The roles of ci %q trust %s by its name, which somebody else may come to have.", ci.Name, ci.Repository)
		f.Remedy = fmt.Sprintf("Add repository_id to ci %q: the project's id, on the project's page in GitLab.", ci.Name)
	default:
		return nil
	}
	return []plan.Finding{f}
}

// dropRole deletes a role that an earlier blueprint's pipeline had, as long as nothing but
// what setup made is on it.
func dropRole(o *Observed, a *blueprint.Answers, left LeftRole) (p plan.Proposal) {
	f, attaches := left.RoleFacts, ""
	if f.Unreachable != nil {
		severity := plan.Warning
		if left.At.Name != "" { // of which nobody knows whether it is there
			severity = plan.Info
		}
		p.Find(plan.Finding{
			ID: "iam.ci-role-unread", Subject: left.At.Role, Severity: severity, Probed: true, RequestIDs: awsops.RequestIDs(f.Unreachable),
			Evidence: fmt.Sprintf("Role %s, which none of the blueprint's pipelines uses, could not be read: %v", a.RoleARN(o.partition(), left.At), f.Unreachable),
			Remedy:   "Give yourself the permissions that stateroom policy machines prints, then run stateroom setup again.",
		})
		return p
	}
	id := "iam.ci-role." + f.Role.Name
	if left.At.Name != "" {
		id, attaches = planRoleChange(left.At.Name)+".unused", readOnlyAccess(o)
	}
	if with := othersOn(f, attaches); len(with) > 0 {
		p.Keep("iam.ci-role-unused", fmt.Sprintf("None of the blueprint's pipelines uses role %s, which has what is not stateroom's: %s.", f.Role.ARN, plan.Enumerated(with)))
		return p
	}
	var calls []awsops.Call
	for _, arn := range f.Attached {
		calls = append(calls, awsops.DetachRolePolicy(f.Role.Name, arn))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Inline)) { // what it denies goes last
		calls = append(calls, awsops.DeleteRolePolicy(f.Role.Name, name))
	}
	c := plan.Change{
		ID: id, Action: plan.Delete, Title: fmt.Sprintf("Delete the role %s, which none of the blueprint's pipelines uses any more", f.Role.Name),
		Target: f.Role.ARN, Environment: left.At.Name, Account: left.At.Account, Role: f.Reach, Region: a.StateRegion,
		Calls: append(calls, awsops.DeleteRole(f.Role.Name)), Needs: []string{changeMachines},
	}
	c.Fields = []plan.Field{{Name: "trust", Before: f.Role.Trust}}
	if len(f.Attached) > 0 {
		c.Fields = append(c.Fields, plan.Field{Name: "attached policy", Before: f.Attached[0]})
	}
	if own, there := f.Inline[inlinePolicy]; there {
		c.Fields = append(c.Fields, plan.Field{Name: "inline policy " + inlinePolicy, Before: own.JSON()})
	}
	c.Risk = "Whatever still uses it can no longer get a session."
	c.Judge() // it takes access away
	p.Change(c)
	return p
}

// othersOn is what is on a pipeline's role that setup did not put there.
func othersOn(f RoleFacts, attaches string) (with []string) {
	for _, arn := range f.Attached {
		if arn != attaches {
			with = append(with, "the policy "+arn)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Inline)) {
		if name != inlinePolicy {
			with = append(with, "the inline policy "+name)
		}
	}
	for _, s := range policy.ParseOrEmpty(f.Role.Trust).Statements {
		if !policy.OfMachines(s) {
			with = append(with, fmt.Sprintf("the statement %q of its trust policy", s.Label()))
		}
	}
	return with
}

// ciWho are those of a pipeline whom a role lets in, as a sentence begins.
func ciWho(ci blueprint.CI, subjects []blueprint.Subject) string {
	if ci.ByRole() {
		return "Whatever runs with " + ciJobs(subjects)
	}
	return fmt.Sprintf("Jobs of %s (%s)", cmp.Or(ci.Repository, ci.IssuerHost()), ciJobs(subjects))
}

// ciJobs names a pipeline's jobs in a sentence.
func ciJobs(subjects []blueprint.Subject) string { return plan.Enumerated(subjectTexts(subjects)) }

func subjectTexts(subjects []blueprint.Subject) (texts []string) {
	for _, s := range subjects {
		texts = append(texts, s.Text)
	}
	return texts
}

// environmentNames are the names of environments for a sentence.
func environmentNames(all []blueprint.Environment) string {
	var names []string
	for _, e := range all {
		names = append(names, e.Name)
	}
	return strings.Join(names, ", ")
}
