package onboard

import (
	"context"
	"fmt"
	"slices"

	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// The checks of a project's files.
const (
	checkFiles = "files right"
	checkInit  = "initialised"
)

// planProjects brings the projects' files to what the blueprint says and lets
// Terraform initialise them, as the user, once key and profiles are there.
func (s *scene) planProjects(ctx context.Context) error {
	if s.stateKey == nil {
		return nil // the backend blocks cannot be told right from wrong; its own finding tells
	}
	all, p, err := planFiles(ctx, s.env, s.a, s.user, s.identity, s.stateKey)
	if err != nil {
		return err
	}
	var before []string // retiring the old key is nothing that Terraform waits for
	for _, c := range s.review.Changes {
		if c.Write != nil || c.ID == keyChange(s.user)+proveSuffix {
			before = append(before, c.ID)
		}
	}
	for _, c := range p.Changes {
		if c.Run != nil && !s.signedIn() && !s.factor.opening {
			continue // Terraform's profile could not be worked with
		}
		if c.Run != nil {
			c.Needs = append(slices.Clone(c.Needs), before...)
		}
		s.add(c)
	}
	for _, f := range p.Findings {
		s.find(f)
	}
	s.projects = all
	for _, at := range all {
		s.checkProject(at)
	}
	return nil
}

// checkProject tells how a project's files stand.
func (s *scene) checkProject(at projectFiles) {
	c := plan.Check{Name: checkFiles, Subject: at.Project.Name, Asked: at.Dir, Verdict: plan.Passed, Answer: "backend and provider say what the blueprint says"}
	switch {
	case at.Problem != nil:
		c.Answer = ""
		s.broken(c, *at.Problem)
		return
	case !at.Right:
		c.Verdict, c.Answer = plan.Undecided, "to be written"
	}
	s.check(c)
	c = plan.Check{Name: checkInit, Subject: at.Project.Name, Asked: at.Dir, Verdict: plan.Passed, Answer: "the backend is configured"}
	switch {
	case at.Initialised && at.Providers:
	case s.env.Engine == nil:
		c.Verdict, c.Answer = plan.Undecided, "there is no Terraform here"
	case at.Initialised:
		c.Verdict, c.Answer = plan.Undecided, "the backend is configured, and its providers are not here"
	default:
		c.Verdict, c.Answer = plan.Undecided, "terraform init is still to be run"
	}
	s.check(c)
}

// notInitialised is the finding of a project whose init was tried and failed.
func notInitialised(at projectFiles) plan.Finding {
	return plan.Finding{
		ID: diagnosis.BackendNotInitialized.ID, Of: plan.StepInit, Severity: plan.Failure,
		Evidence: fmt.Sprintf("Project %s is not initialised, so Terraform was not run in it.", at.Project.Name),
		Remedy:   "Run terraform init in " + at.Dir + ": it says why.",
	}
}
