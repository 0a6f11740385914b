package steps

import (
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
	// Stale are the roles below our path that no pipeline of the blueprint has.
	Stale []RoleFacts
}

// inspectMachines reads what the pipelines need, where there are any. A refusal is a fact:
// all else is made.
func (f *IAMFacts) inspectMachines(ctx context.Context, env *engine.Env, o *Observed, a *blueprint.Answers) error {
	if len(a.CIs) == 0 {
		return nil
	}
	m := &f.Machines
	m.Providers, m.Others, m.Roles = map[string]*awsops.OIDCProvider{}, map[string][]string{}, map[string]RoleFacts{}
	home := env.Sessions.Home(a.StateRegion)
	all, err := home.Roles(ctx, "/")
	for _, ci := range a.CIs {
		arn := providerARN(o, a, ci)
		if _, asked := m.Providers[arn]; !asked && err == nil {
			m.Providers[arn], err = home.OIDCProvider(ctx, arn)
		}
	}
	if err == nil {
		err = m.inspectRoles(ctx, env, o, a, all)
	}
	if awsops.IsAccessDenied(err) {
		refused := plan.Finding{
			ID: "iam.ci-denied", Of: plan.StepIAM, Severity: plan.Failure, Probed: true, Stops: []string{changeMachines},
			Evidence: "What the pipelines need could not be read: " + diagnosis.Describe(err), RequestIDs: awsops.RequestIDs(err),
			Remedy: "Give yourself the rights that stateroom policy machines prints, then run stateroom setup again.",
		}
		m.Refused = &refused
		return nil
	}
	return err
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
	var look []blueprint.Environment // where a role is, in the form of an environment
	for _, e := range machinePlaces(o, a) {
		if len(awsops.FindRefs(e.Account)) == 0 && o.Account.active(e) {
			look = append(look, e)
		}
	}
	wanted := len(look)
	for _, role := range all {
		stale := atCI(a, role.Name)
		if role.Path == ciPath && !slices.ContainsFunc(look, func(e blueprint.Environment) bool { return e.Account == a.AdminAccount && e.Role == role.Name }) {
			look = append(look, stale)
		}
	}
	found, err := forEach(ctx, env.Parallel, look, func(ctx context.Context, e blueprint.Environment) (RoleFacts, error) {
		if e.Account != a.AdminAccount {
			return InspectRole(ctx, env, a, e), ctx.Err()
		}
		// Of a role that is not there IAM knows no path, so that who may see our path alone
		// may not ask for it.
		if !slices.ContainsFunc(all, func(r awsops.Role) bool { return strings.EqualFold(r.Name, e.Role) }) {
			return RoleFacts{}, nil
		}
		facts := InspectRole(ctx, env, a, e)
		return facts, facts.Unreachable
	})
	for i, e := range look {
		if i < wanted {
			m.Roles[a.RoleARN(o.partition(), e)] = found[i]
		} else if found[i].Role != nil && plan.Ours(a, found[i].Role.Tags) {
			m.Stale = append(m.Stale, found[i])
		}
	}
	return err
}

// machinePlaces are where the pipelines' roles are, each in the form of an environment.
func machinePlaces(o *Observed, a *blueprint.Answers) (places []blueprint.Environment) {
	for _, ci := range a.CIs {
		if role := ci.PlanRole(); role != "" {
			places = append(places, atCI(a, role))
		}
		for _, e := range a.EnvironmentsOfCI(ci) {
			if len(ci.ApplySubjects(e.Name)) > 0 {
				places = append(places, atCI(a, ci.ApplyRole(e.Name)))
			}
		}
	}
	for _, e := range o.environments(a.Environments) {
		if a.PlansIn(e.Name) {
			places = append(places, e.PlanRoleIn())
		}
	}
	return places
}

// atCI is where a pipeline's role of the admin account is.
func atCI(a *blueprint.Answers, role string) blueprint.Environment {
	return blueprint.Environment{Account: a.AdminAccount, Role: role, RolePath: ciPath}
}

// changeMachines stands for all that the pipelines need in the admin account. No change has
// this id, but a finding may stop it.
const changeMachines = "iam.ci"

func providerChange(ci blueprint.CI) string { return "iam.oidc-provider." + ci.IssuerHost() }

func providerARN(o *Observed, a *blueprint.Answers, ci blueprint.CI) string {
	return iamARN(o, a, "oidc-provider/"+ci.IssuerHost())
}

func ciPlanChange(ci string) string { return "iam.ci." + ci + ".plan" }

func ciApplyChange(ci, environment string) string { return "iam.ci." + ci + ".apply." + environment }

func planRoleChange(environment string) string { return "iam.plan-role." + environment }

// planMachines proposes the providers, the pipelines' roles and the environments' roles for
// plans.
func planMachines(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	m := &o.IAM.Machines
	switch {
	case len(a.CIs) == 0:
		return p
	case m.Refused != nil:
		p.Find(*m.Refused)
		return p
	}
	asked := map[string]bool{}
	for _, ci := range a.CIs {
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
	for _, stale := range m.Stale {
		p.Add(dropRole(a, stale))
	}
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

// dropRole deletes a role that an earlier blueprint's pipeline had.
func dropRole(a *blueprint.Answers, f RoleFacts) (p plan.Proposal) {
	foreign := len(f.Attached) > 0
	for name := range f.Inline {
		foreign = foreign || name != inlinePolicy
	}
	if foreign {
		p.Keep("iam.ci-role-unused", fmt.Sprintf("Role %s belongs to none of the blueprint's pipelines, and has policies that are not stateroom's.", f.Role.ARN))
		return p
	}
	var calls []awsops.Call
	for _, name := range slices.Sorted(maps.Keys(f.Inline)) {
		calls = append(calls, awsops.DeleteRolePolicy(f.Role.Name, name))
	}
	c := plan.InAdminAccount(a, "iam.ci-role."+f.Role.Name, plan.Delete, fmt.Sprintf("Delete the role %s, which none of the blueprint's pipelines uses any more", f.Role.Name), f.Role.ARN,
		append(calls, awsops.DeleteRole(f.Role.Name))...)
	c.Fields = []plan.Field{{Name: "trust", Before: f.Role.Trust}}
	if own, there := f.Inline[inlinePolicy]; there {
		c.Fields = append(c.Fields, plan.Field{Name: "inline policy " + inlinePolicy, Before: own.JSON()})
	}
	c.Needs = []string{changeMachines}
	c.Risk = "Whatever still uses it can no longer get a session."
	c.Judge() // it takes access away
	p.Change(c)
	return p
}

// ciJobs names a pipeline's jobs in a sentence.
func ciJobs(subjects []blueprint.Subject) string {
	var texts []string
	for _, s := range subjects {
		texts = append(texts, s.Text)
	}
	return plan.Enumerated(texts)
}

// environmentNames are the names of environments for a sentence.
func environmentNames(all []blueprint.Environment) string {
	var names []string
	for _, e := range all {
		names = append(names, e.Name)
	}
	return strings.Join(names, ", ")
}
