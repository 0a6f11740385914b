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

// outcome is what one part of the examination came to.
type outcome struct {
	checks   []plan.Check
	findings []plan.Finding
	changes  []plan.Change
	// mends are corrections of projects' files; they become changes when every
	// part has ended.
	mends []mend
	// workdirs are what the projects' directories need, by the project's name.
	workdirs map[string]*workdir
	// echoes are findings that AWS is likely to confirm under another id.
	echoes []echo
}

// check books a check that has ended and tells it at once.
func (o *outcome) check(env *engine.Env, c plan.Check) {
	o.checks = append(o.checks, c)
	env.Emit(plan.Event{Kind: plan.EventCheck, Check: &c})
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
	var ran outcome
	if e.Terraform {
		// Before the checks, which look at what init leaves and at locks.
		var named []said
		ran, named = s.run(ctx)
		heard = append(heard, named...)
		s = newScene(env, e.Answers)
	}
	parts := []func(context.Context) outcome{s.laptop, s.aws}
	outcomes := make([]outcome, len(parts))
	g, gctx := errgroup.WithContext(ctx)
	for i, part := range parts {
		g.Go(func() error {
			outcomes[i] = part(gctx)
			return nil
		})
	}
	_ = g.Wait() // a part that cannot be looked at is an undecided check, not an error
	if err := ctx.Err(); err != nil {
		return plan.Review{}, err //nolint:wrapcheck // the caller's own context
	}
	all := joined(append([]outcome{ran}, outcomes...))
	all.unite()
	corrections, problems := s.corrections(all)
	review := plan.Review{
		Checks: all.checks, Findings: append(all.findings, problems...), Changes: append(all.changes, corrections...),
	}
	review.Findings = hear(review.Findings, heard)
	order(review.Findings)
	withoutReports(review)
	return review, nil
}

// withoutReports takes the report for somebody else from what is mended here.
func withoutReports(r plan.Review) {
	for i, f := range r.Findings {
		if slices.ContainsFunc(r.Changes, func(c plan.Change) bool { return c.MendsFinding(f) }) {
			r.Findings[i].Details = ""
		}
	}
}

// joined is what all parts came to, in their order.
func joined(parts []outcome) outcome {
	var all outcome
	for _, o := range parts {
		all.checks = append(all.checks, o.checks...)
		all.findings = append(all.findings, o.findings...)
		all.changes = append(all.changes, o.changes...)
		all.mends = append(all.mends, o.mends...)
		all.echoes = append(all.echoes, o.echoes...)
		for name, dir := range o.workdirs {
			*all.workdir(name) = *dir
		}
	}
	return all
}

// order puts causes before what they cause, as the table of diagnoses does.
func order(findings []plan.Finding) {
	slices.SortStableFunc(findings, func(a, b plan.Finding) int { return cmp.Compare(diagnosis.Rank(a.ID), diagnosis.Rank(b.ID)) })
}
