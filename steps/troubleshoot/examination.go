package troubleshoot

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/account"
	"stateroom/steps/troubleshoot/health"
	"stateroom/steps/troubleshoot/laptop"
)

// Examination is one health check of a set-up, with or without an error text
// that led to it. It changes nothing: what mends a finding is a change of the
// review, confirmed and applied like any other.
type Examination struct {
	Answers *blueprint.Answers
	// Text is what Terraform printed, as Read gives it; empty for none. The
	// checks never look at it.
	Text string
	// OnlyText leaves the checks out: nothing but the text is looked at.
	OnlyText bool
	// Terraform lets init and plan run in every project, and reads what they say.
	Terraform bool
}

// scene is the set-up under examination: the projects with their files as they
// stand, which every part looks at.
type scene struct {
	env      *engine.Env
	answers  *blueprint.Answers
	projects []health.Project
}

func newScene(env *engine.Env, a *blueprint.Answers) *scene {
	return &scene{env: env, answers: a, projects: health.Projects(env, a)}
}

// Look diagnoses the text, checks the set-up and plans what mends it. It is the
// Look of a [engine.Flow].
func (e *Examination) Look(ctx context.Context, env *engine.Env) (plan.Review, error) {
	var heard []said
	if e.Text != "" {
		for _, d := range diagnosis.FromText(e.Text) {
			heard = append(heard, said{Match: d})
		}
	}
	if e.OnlyText {
		return plan.Review{Findings: hear(nil, heard)}, nil
	}
	s := newScene(env, e.Answers)
	var ran health.Report
	if e.Terraform {
		// Before the checks, which look at what init leaves and at locks.
		var named []said
		ran, named = s.run(ctx)
		heard = append(heard, named...)
		s = newScene(env, e.Answers)
	}
	var here, there health.Report
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { here = laptop.Look(gctx, env, e.Answers, s.projects); return nil })
	g.Go(func() error {
		there = account.Look(gctx, env, e.Answers, health.StatesOf(env, e.Answers, s.projects))
		return nil
	})
	_ = g.Wait() // a part that cannot be looked at is an undecided check, not an error
	if err := ctx.Err(); err != nil {
		return plan.Review{}, err //nolint:wrapcheck // the caller's own context
	}
	all := health.Merge(ran, here, there)
	corrections, problems := laptop.Corrections(env, e.Answers, s.projects, all)
	review := plan.Review{
		Checks: all.Checks, Findings: append(all.Findings, problems...), Changes: append(all.Changes, corrections...),
	}
	review.Findings = hear(review.Findings, heard)
	order(review.Findings)
	withoutReports(review)
	return review, nil
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
	slices.SortStableFunc(findings, func(a, b plan.Finding) int { return cmp.Compare(diagnosis.Rank(a.ID), diagnosis.Rank(b.ID)) })
}
