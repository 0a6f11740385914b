package troubleshoot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
	"stateroom/steps/troubleshoot/health"
)

// checkRun is Terraform's own verdict.
const checkRun = "terraform init and plan"

// quote is a diagnosis with the project whose Terraform led to it; empty for a
// text that somebody brought.
type quote struct {
	diagnosis.Match
	project string
	// unmet says of a text that somebody brought that the checks found nothing of it.
	unmet bool
}

// runTerraform lets Terraform itself say what is wrong: init in every project, and plan
// where init went through, which reads the state and takes and releases its
// lock. The environment is this laptop's own, so that it meets what a person in
// that directory meets. A cancelled run is interrupted first, which lets
// Terraform release the lock.
func runTerraform(ctx context.Context, env *engine.Env, projects []health.Project) (r health.Report, all []quote) {
	if env.Engine == nil {
		r.Add(env, health.Question{Name: checkRun, Asked: "PATH"}.Undecided("there is no Terraform to run: %v", env.EngineErr))
		return r, nil
	}
	for _, p := range projects {
		if ctx.Err() != nil {
			break // the caller's own context, which Look tells of
		}
		all = append(all, runIn(ctx, env, p, &r)...)
	}
	return r, all
}

func runIn(ctx context.Context, env *engine.Env, p health.Project, r *health.Report) []quote {
	q := health.Question{Name: checkRun, Subject: p.Name, Asked: "terraform init in " + p.Dir}
	if p.Linked != nil || len(p.Strangers) > 0 {
		r.Add(env, q.Undecided("not run: the project's files lead elsewhere, as the findings say"))
		return nil
	}
	at := terraform.Project{Dir: p.Dir, Environ: env.Environ, Configs: p.BackendConfig, Lines: func(line string) { env.Emit(plan.Event{Kind: plan.EventLine, Text: line}) }}
	result, err := terraform.InitProject(ctx, env.Engine, at)
	switch {
	case err == nil && result.ProvidersUnreachable && len(diagnosed(p, result)) == 0:
		f := engine.ProvidersUnreachable(p.Name)
		r.Add(env, q.Undecided("the backend is configured; the providers could not be downloaded, so there is no plan"), health.Result{Finding: &f})
		return nil
	case err == nil && !result.ProvidersUnreachable:
		q.Asked = "terraform init and terraform plan in " + p.Dir
		result, err = env.Engine.Run(ctx, terraform.Command{Project: at, Args: []string{"plan"}})
	}
	found := diagnosed(p, result)
	switch {
	case err == nil && len(found) == 0:
		r.Add(env, q.Passed("both succeeded"))
	case len(found) == 0:
		r.Add(env, q.Undecided("%v", err))
	default:
		r.Add(env, q.FailedAs(found[0].Quote, found[0].ID))
	}
	return found
}

// diagnosed reads the errors of a command. That the providers are out of reach
// is not among them: their own kind of trouble is told apart.
func diagnosed(p health.Project, result terraform.Result) []quote {
	var text strings.Builder
	for _, d := range result.Diagnostics {
		if d.Severity == terraform.SeverityError {
			fmt.Fprintf(&text, "Error: %s\n\n%s\n\n\n", d.Summary, d.Detail)
		}
	}
	if text.Len() == 0 {
		return nil
	}
	var all []quote
	for _, d := range diagnosis.FromText(text.String()) {
		if d.Diagnosis != diagnosis.ProviderUnavailable {
			all = append(all, quote{Match: d, project: p.Name})
		}
	}
	return all
}

// wentThrough tells whether Terraform did so in every project where it was to run.
func wentThrough(r health.Report) bool {
	return len(r.Checks) > 0 && !slices.ContainsFunc(r.Checks, func(c plan.Check) bool { return c.Verdict != plan.Passed })
}

// unmet is said of a text whose cause the checks do not find: it may be over, or the
// text be from elsewhere.
const unmet = " The checks find nothing of it here: the cause is gone, or the text comes from another machine or identity. stateroom troubleshoot --run lets Terraform prove it."

// addQuotes joins what Terraform said to what the checks found: a finding of theirs
// keeps its evidence and quotes it, and what none of them found is one of its
// own. A text in which nothing failed is no more than information.
func addQuotes(findings []plan.Finding, all []quote) []plan.Finding {
	checked := len(findings)
	for _, s := range all {
		subject := cmp.Or(s.project, s.Unit)
		at := slices.IndexFunc(findings, func(f plan.Finding) bool {
			return f.Bears(s.ID) && (subject == "" || f.Subject == "" || f.Subject == subject)
		})
		if of := s.Denied(); at < 0 && of != nil {
			at = slices.IndexFunc(findings[:checked], func(f plan.Finding) bool { return f.Bears(of.ID) })
		}
		if at < 0 && s.ByWrongAccount() {
			at = slices.IndexFunc(findings[:checked], func(f plan.Finding) bool { return f.ID == diagnosis.WrongAccount.ID })
		}
		if at < 0 && s.project == "" { // a unit of somebody's run need not be called as a project is
			at = slices.IndexFunc(findings[:checked], func(f plan.Finding) bool { return f.Bears(s.ID) })
		}
		if at >= 0 {
			findings[at].AddQuote(s.Quote)
			continue
		}
		f := plan.Finding{ID: s.ID, Subject: subject, Of: s.Step, Severity: plan.Failure, Lead: s.Meaning, Evidence: s.Meaning, Quote: s.Quote, Remedy: s.Remedy, Exact: s.Exact}
		switch {
		case s.Diagnosis == diagnosis.Unknown:
			f.Quote = s.Evidence[0] // whole: nobody else will read it
		case s.Diagnosis == diagnosis.NoError:
			f.Severity = plan.Info
		case s.unmet:
			f.Evidence += unmet
		}
		findings = append(findings, f)
	}
	return findings
}
