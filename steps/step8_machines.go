package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// proveSetup proves the backend as the admin uses it, and the pipelines' roles.
func proveSetup(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) (plan.Proof, []plan.Finding) {
	shown, findings := probeBackend(ctx, env, a, o)
	return shown, append(findings, proveMachines(ctx, env, a, o)...)
}

// proveMachines opens every pipeline's role with a token of its platform's for each job that
// may, or as its runner, from there the role in the environment, and is refused as a
// stranger. Tokens and runners can be had in the sandbox alone: of AWS itself it says what a run of the pipeline
// has to show, and where a refused token can be seen.
func proveMachines(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) (findings []plan.Finding) {
	if o.IAM.Machines.Refused != nil {
		return nil // it was told
	}
	opened := map[string][]string{}
	for _, b := range machineRoles(o, a) {
		by := o.obstacle(b.restsOn())
		switch {
		case ctx.Err() != nil: // what was broken off proves nothing
			return nil
		case len(b.subjects) == 0:
			continue
		case by.Known():
			findings = append(findings, untried("iam.ci-not-tried", "Opening role "+b.e.Role+" as a pipeline was", by))
			continue
		case !b.provable(env) && b.f.Role != nil && !b.f.Role.LastUsed.IsZero():
			findings = append(findings, plan.Finding{
				ID: "iam.ci-proven", Subject: b.e.Role, Severity: plan.Info,
				Evidence: fmt.Sprintf("Role %s was last used on %s: somebody whom its trust policy lets in has opened it.", b.e.Role, awsops.Moment(b.f.Role.LastUsed)),
				Remedy:   "No action needed.",
			})
			continue
		case !b.provable(env):
			findings = append(findings, provenByARun(a, o, b))
			continue
		}
		prove := b.prove
		if b.ci.ByRole() {
			prove = b.proveRunner
		}
		if err := prove(ctx, env); err != nil {
			findings = append(findings, failure("iam.ci-refused", err))
			continue
		}
		opened[b.ci.Name] = append(opened[b.ci.Name], b.e.Role)
	}
	for _, ci := range a.CIs {
		if roles := opened[ci.Name]; len(roles) > 0 {
			how := fmt.Sprintf("Tokens of %s for the jobs of the blueprint opened %s and from there the environments' roles; a stranger's token was refused.", ci.IssuerURL(), plan.Enumerated(roles))
			if ci.ByRole() {
				how = fmt.Sprintf("Sessions of the runner's roles opened %s and from there the environments' roles; other roles and the operator were refused.", plan.Enumerated(roles))
			}
			findings = append(findings, plan.Finding{
				ID: "iam.ci-proven", Subject: ci.Name, Severity: plan.Info, Evidence: how,
				Remedy: "No action needed. Against AWS itself only a run of the pipeline proves it.",
			})
		}
	}
	return findings
}

// provable tells whether somebody whom the role lets in can be had here.
func (b *machineRole) provable(env *engine.Env) bool {
	if b.ci.ByRole() {
		return env.Runner != nil
	}
	return env.Token != nil
}

// restsOn are the changes without which the role opens to nobody, or leads nowhere.
func (b *machineRole) restsOn() []string {
	needs := slices.Concat([]string{b.id, b.id + trustSuffix, b.id + ".permissions"}, b.needs)
	for _, provider := range providerNeeds(b.ci) {
		needs = append(needs, provider+".audience."+b.ci.AudienceIn(b.o.partition()))
	}
	for _, e := range b.a.EnvironmentsOfCI(b.ci) {
		if in := b.a.RoleARN(b.o.partition(), b.o.environment(e).PlanRoleIn()); slices.Contains(b.assumes, in) {
			needs = append(needs, planRoleChange(e.Name), planRoleChange(e.Name)+trustSuffix)
		}
	}
	return needs
}

// provenByARun says what only the pipeline can prove, and how to see it.
func provenByARun(a *blueprint.Answers, o *Observed, b *machineRole) plan.Finding {
	if b.ci.ByRole() {
		return plan.Finding{
			ID: "iam.ci-unproven", Subject: b.e.Role, Severity: plan.Info,
			Evidence: fmt.Sprintf("Role %s was not opened here: only what runs with %s can.", b.e.Role, ciJobs(b.subjects)),
			Remedy: fmt.Sprintf("Run a job of the pipeline. Where it is refused (is not authorized to perform: sts:AssumeRole), find out which role it runs as with aws sts get-caller-identity. A role in a different account than %s also needs a policy there that allows sts:AssumeRole on %s; with EKS Pod Identity (is not authorized to perform: sts:TagSession) disable the association's session tags.",
				a.AdminAccount, a.RoleARN(o.partition(), b.e)),
		}
	}
	return plan.Finding{
		ID: "iam.ci-unproven", Subject: b.e.Role, Severity: plan.Info,
		Evidence: fmt.Sprintf("Role %s was not opened here: only %s gives out the tokens that open it.", b.e.Role, b.ci.IssuerURL()),
		Remedy: fmt.Sprintf("Run a job of the pipeline. Where it is refused (Not authorized to perform sts:AssumeRoleWithWebIdentity), compare the subject in CloudTrail's event AssumeRoleWithWebIdentity of account %s, which is there after 15 minutes at most, with what the role wants: %s, for the audience %s.",
			a.AdminAccount, ciJobs(b.subjects), b.ci.AudienceIn(o.partition())),
	}
}

// proveRunner opens the role with a session of each runner's role, and is refused with those
// of the blueprint's other runners and with the operator's own.
func (b *machineRole) proveRunner(ctx context.Context, env *engine.Env) error {
	arn := b.a.RoleARN(b.o.partition(), b.e)
	patience := b.o.patience(env, func(c plan.Change) bool { return c.Target == arn })
	strangers := map[string]*awsops.Session{"the operator": env.Sessions.Home(b.a.StateRegion)}
	for _, role := range runnerRoles(b.a) {
		session, err := env.Runner(role)
		if err != nil {
			return err
		}
		if !slices.Contains(subjectTexts(b.subjects), role) {
			strangers[role] = session
			continue
		}
		session, err = session.WaitAssumable(ctx, arn, patience)
		if err == nil {
			err = b.goOn(ctx, session, patience)
		}
		if err != nil {
			return err
		}
	}
	for who, session := range strangers {
		if _, err := session.Assume(ctx, arn); err == nil {
			return fmt.Errorf("role %s was opened by %s, whom the blueprint does not name", b.e.Role, who)
		} else if !awsops.IsAccessDenied(err) {
			return err
		}
	}
	return nil
}

// goOn opens the roles into which the pipeline goes on from this one.
func (b *machineRole) goOn(ctx context.Context, as *awsops.Session, patience time.Duration) error {
	for _, role := range b.assumes {
		if _, err := as.WaitAssumable(ctx, role, patience); err != nil {
			return err
		}
	}
	return nil
}

// prove opens the role as each of its jobs would.
func (b *machineRole) prove(ctx context.Context, env *engine.Env) error {
	arn := b.a.RoleARN(b.o.partition(), b.e)
	home := env.Sessions.Home(b.a.StateRegion)
	patience := b.o.patience(env, func(c plan.Change) bool { return c.Target == arn || strings.HasPrefix(c.ID, providerChange(b.ci)) })
	token := func(subject string) (secret.Secret, error) {
		return env.Token(b.ci.IssuerURL(), b.ci.AudienceIn(b.o.partition()), subject, b.ci.ProjectClaim())
	}
	for _, s := range b.subjects {
		mine, err := token(s.Sample())
		if err != nil {
			return err
		}
		session, err := home.WaitAssumableByToken(ctx, arn, mine, patience)
		if err == nil {
			err = b.goOn(ctx, session, patience)
		}
		if err != nil {
			return err
		}
		theirs, err := token("stranger/" + s.Sample())
		if err != nil {
			return err
		}
		if _, err := home.AssumeByToken(ctx, arn, theirs); err == nil {
			return errors.New("role " + b.e.Role + " was opened by a token whose subject the blueprint does not name: stranger/" + s.Sample())
		} else if !awsops.IsAccessDenied(err) {
			return err
		}
	}
	return nil
}
