package troubleshoot

import (
	"context"
	"slices"
	"sort"
	"strings"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/account"
	"stateroom/steps/troubleshoot/health"
	"stateroom/steps/troubleshoot/laptop"
)

// HealthCheck is one health check of a set-up, with or without an error text
// that led to it. It changes nothing: what mends a finding is a change of the
// review, confirmed and applied like any other.
type HealthCheck struct {
	Answers *blueprint.Answers
	// Text is what Terraform printed, as Read gives it; empty for none. The
	// checks never look at it.
	Text string
	// OnlyText leaves the checks out: nothing but the text is looked at.
	OnlyText bool
	// Terraform lets init and plan run in every project, and reads what they say.
	Terraform bool

	// pasted is what the text leads to, once it was looked at.
	pasted *pasted
}

// Look diagnoses the text, checks the set-up and plans what mends it. It is the
// Look of a [engine.Flow].
func (h *HealthCheck) Look(ctx context.Context, env *engine.Env) (plan.Review, error) {
	if h.pasted == nil {
		h.pasted = readPasted(h.Text)
	}
	if h.OnlyText {
		return plan.Review{Findings: h.tellToken(ctx, env, addQuotes(nil, h.pasted.quotes)), Outcome: plan.Health{TextOnly: true}}, nil
	}
	a := *h.Answers
	a.Watching = asWatch(ctx, env, &a)
	projects := health.Projects(env, &a)
	var ran health.Report
	var said []quote
	if h.Terraform {
		// Before the checks, which look at what init leaves and at locks.
		ran, said = runTerraform(ctx, env, projects)
		projects = health.Projects(env, &a)
	}
	var here, there health.Report
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { here = laptop.Look(gctx, env, &a, projects); return nil })
	g.Go(func() error {
		there = account.Look(gctx, env, &a, health.StatesOf(env, &a, projects))
		return nil
	})
	_ = g.Wait() // a part that cannot be looked at is an undecided check, not an error
	if err := ctx.Err(); err != nil {
		return plan.Review{}, err //nolint:wrapcheck // the caller's own context
	}
	all := health.Merge(ran, here, there)
	corrections, problems := laptop.Corrections(env, &a, projects, all)
	review := plan.Review{
		Checks: all.Checks, Findings: append(all.Findings, problems...), Changes: append(all.Changes, corrections...),
		Outcome: plan.Health{}, Actor: all.Actor,
	}
	nameCorrections(review.Findings, append(here.Changes, corrections...))
	stop(review) // by what the checks found: a text may be of yesterday
	review.Findings = addQuotes(review.Findings, said)
	review.Findings = addQuotes(review.Findings, h.pasted.open(review.Findings, wentThrough(ran)))
	review.Findings = h.tellToken(ctx, env, review.Findings)
	order(review.Findings)
	withoutReports(review)
	return review, nil
}

// asWatch tells whether a run is the nightly watch of a pipeline of the blueprint.
func asWatch(ctx context.Context, env *engine.Env, a *blueprint.Answers) bool {
	if !a.Watched() {
		return false
	}
	who, err := env.Sessions.Home(a.StateRegion).Identity(ctx)
	return err == nil && who.Kind == awsops.KindRole && who.Account == a.AdminAccount &&
		slices.ContainsFunc(a.CIs, func(ci blueprint.CI) bool { return strings.EqualFold(ci.WatchRole(), who.Name) })
}

// nameCorrections lets the remedy of a finding begin with the corrections of this laptop
// that take it away, which are offered with it; what they do can be done by hand, too.
func nameCorrections(findings []plan.Finding, corrections []plan.Change) {
	for i := range findings {
		f := &findings[i]
		var titles []string
		for _, c := range corrections {
			if c.FixesFinding(*f) && !slices.Contains(titles, c.Title) {
				titles = append(titles, c.Title)
			}
		}
		if len(titles) == 0 {
			continue
		}
		byHand := " By hand: " + f.Remedy
		if len(titles) == 1 && f.Remedy == titles[0]+"." {
			byHand = ""
		}
		f.Remedy = "Confirm the change: " + plan.Enumerated(titles) + "." + byHand
	}
}

// withoutReports takes the report for somebody else from what is mended here.
func withoutReports(r plan.Review) {
	for i, f := range r.Findings {
		if slices.ContainsFunc(r.Changes, func(c plan.Change) bool { return c.FixesFinding(f) }) {
			r.Findings[i].Details = ""
		}
	}
}

// order puts causes before what they cause, as the table of diagnoses does.
func order(findings []plan.Finding) {
	sort.SliceStable(findings, func(i, j int) bool { return diagnosis.Rank(findings[i].ID) < diagnosis.Rank(findings[j].ID) })
}
