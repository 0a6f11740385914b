package onboard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// checkPlan is the last check of a project: what all of this is for.
const checkPlan = "terraform plan"

// plansAtOnce bounds the Terraforms that run at the same time: each starts a
// provider of several hundred megabytes.
const plansAtOnce = 3

// prove uses every project's key and lock, and lets Terraform plan in it. One
// project that fails does not stop the others.
func (s *scene) prove(ctx context.Context) {
	for _, f := range engine.TidyProofs(ctx, s.env, s.a, s.worker) {
		s.find(f)
	}
	var g errgroup.Group
	g.SetLimit(s.env.Parallel)
	for _, p := range s.a.ProjectsFor(s.user) {
		g.Go(func() error {
			s.proveState(ctx, p)
			return nil
		})
	}
	_ = g.Wait() // the functions return nil
	var plans errgroup.Group
	plans.SetLimit(plansAtOnce)
	for _, at := range s.projects {
		if at.Problem != nil || !s.readable[at.Project.Name] || ctx.Err() != nil {
			continue
		}
		plans.Go(func() error {
			s.plan(ctx, at)
			return nil
		})
	}
	_ = plans.Wait() // the functions return nil
}

// lockWait lets a plan wait for a colleague's, which takes seconds.
const lockWait = "-lock-timeout=30s"

// plan runs terraform plan in a project, as the user.
func (s *scene) plan(ctx context.Context, at projectFiles) {
	c := plan.Check{Name: checkPlan, Subject: at.Project.Name, Asked: "terraform plan in " + at.Dir}
	switch {
	case s.env.Engine == nil || s.env.Engine.Supports(s.a.Lock.UseLockfile) != nil:
		c.Verdict, c.Answer = plan.Undecided, "there is no Terraform here that could"
		s.check(c)
		return
	case !s.signedIn():
		c.Verdict, c.Answer = plan.Undecided, "after stateroom login: profile "+s.a.AdminProfile+" holds no session"
		s.check(c)
		return
	case !at.Right || !at.Initialised:
		s.broken(c, notInitialised(at))
		return
	case !at.Providers:
		c.Answer = "its providers are not here, so terraform plan was not run"
		s.leads(plan.Undecided, c, onceMore(engine.ProvidersUnreachable(at.Project.Name, at.Dir)))
		return
	}
	result, err := s.env.Engine.Run(ctx, terraform.Command{
		Project: terraform.Project{Dir: at.Dir, Environ: engine.AdminEnv(s.env, s.a), Lines: s.lines(at.Project.Name)},
		Args:    []string{"plan", lockWait},
	})
	if err == nil {
		c.Verdict, c.Answer = plan.Passed, said(result)
		s.check(c)
		return
	}
	s.planFailed(c, at, result, err)
}

// onceMore gives a finding the remedy that covers every project: what a run could
// not get, the next one tries to get again.
func onceMore(f plan.Finding) plan.Finding {
	f.Remedy = "Run stateroom onboard again where the provider registry or a mirror can be reached: it initialises what is missing."
	return f
}

// planFailed names the cause as troubleshooting does.
func (s *scene) planFailed(c plan.Check, at projectFiles, result terraform.Result, err error) {
	f := plan.Finding{ID: "onboard.plan-failed", Of: plan.StepInit, Severity: plan.Failure, Evidence: sentence(err), Remedy: "Run terraform plan in " + at.Dir + "."}
	if d := diagnosis.FromText(result.Output)[0]; d.Diagnosis != diagnosis.Unknown {
		f.ID, f.Remedy = d.ID, d.Remedy
		f.Evidence = fmt.Sprintf("terraform plan in %s: %s", at.Dir, d.Meaning)
		f.Quote = d.Evidence[0]
	}
	// Neither is the fault of what was set up here: a colleague at work, and a
	// registry out of reach.
	if slices.Contains([]string{diagnosis.LockHeld.ID, diagnosis.ProviderUnavailable.ID, diagnosis.ProviderLockFile.ID}, f.ID) {
		f.Severity = plan.Info
		s.leads(plan.Undecided, c, f)
		return
	}
	s.broken(c, f)
}

// said is Terraform's own last word on a plan.
func said(result terraform.Result) string {
	lines := strings.Split(result.Output, "\n")
	for _, line := range slices.Backward(lines) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "Plan:") || strings.HasPrefix(line, "No changes.") {
			return line
		}
	}
	return "planned"
}

// lines streams a project's output, with its name before every line: several run
// at once.
func (s *scene) lines(project string) func(string) {
	return func(line string) {
		s.env.Emit(plan.Event{Kind: plan.EventLine, Text: project + ": " + line})
	}
}
