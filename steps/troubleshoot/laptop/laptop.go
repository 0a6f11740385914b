// Package laptop checks what can be checked and fixed without AWS: the AWS files, the
// projects' files, the environment, and what Terraform left behind. AWS is asked only
// where the files contradict each other, or name several regions, and nothing else can
// tell which of them is right. A check is a function from the [inputs] to results; [Corrections] makes
// changes of what their fixes ask for.
//
// What does not live here: what AWS holds (package account), edits byte for byte
// (steps/files), and naming what is behind a text (package diagnosis).
package laptop

import (
	"context"
	"fmt"
	"sync"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// inputs are what the checks look at. They do not change while a check runs.
type inputs struct {
	env      *engine.Env
	answers  *blueprint.Answers
	projects []project
	aws      *awsFiles
	// uses are the profiles that Terraform takes here.
	uses []use
	// key is the ARN of the blueprint's key, which AWS is asked for once, where a
	// check wants it at all.
	key func(context.Context) string
}

// checks are those of the whole laptop and of every project, in the article's order.
var (
	wholeChecks   = []func(context.Context, *inputs) []health.Result{noProject, credentialsFile, profilesInFile, profilesInCode, profilesAgree, environment}
	projectChecks = []func(context.Context, *inputs, project) []health.Result{
		configuration, encryption, region, stsRegion, leads, endpoints, stateLocation, dotTerraform, unsaved, lockFile,
	}
)

// Look runs every check.
func Look(ctx context.Context, env *engine.Env, a *blueprint.Answers, projects []health.Project) health.Report {
	in := newInputs(env, a, projects)
	var report health.Report
	for _, check := range wholeChecks {
		report.Add(env, check(ctx, in)...)
	}
	for _, p := range in.projects {
		for _, check := range projectChecks {
			report.Add(env, ofProject(p, check(ctx, in, p))...)
		}
	}
	return report
}

// ofProject says of every result whose it is.
func ofProject(p project, results []health.Result) []health.Result {
	for i := range results {
		r := &results[i]
		r.Init.Project = p.Name
		if r.Finding != nil {
			r.Subject = p.Name
		}
	}
	return results
}

func newInputs(env *engine.Env, a *blueprint.Answers, projects []health.Project) *inputs {
	in := &inputs{
		env: env, answers: a,
		aws: readAWSFiles(env.CredentialsPath, env.ConfigPath, env.Environ.Get, time.Now()),
	}
	in.aws.wanted = a.AdminProfile
	for _, p := range projects {
		in.projects = append(in.projects, newProject(a, p))
	}
	in.uses = usesOf(in)
	var once sync.Once
	var arn string
	in.key = func(ctx context.Context) string {
		once.Do(func() { arn = aliasKey(ctx, in) })
		return arn
	}
	return in
}

// finding is one of the whole laptop, or of the project that is looked at. Without an
// answer to a question, another check leads to it.
func finding(id string, step plan.StepName, severity plan.Severity, evidence, remedy string) health.Result {
	return health.Result{Finding: &plan.Finding{ID: id, Of: step, Severity: severity, Evidence: evidence, Remedy: remedy}}
}

// caused is one of the catalogue's causes.
func caused(d *diagnosis.Diagnosis, severity plan.Severity, evidence, remedy string) health.Result {
	return finding(d.ID, d.Step, severity, evidence, remedy)
}

// question is a check of a project before its answer.
func question(p project, name, asked string) health.Question {
	return health.Question{Name: name, Subject: p.Name, Asked: asked}
}

// askPatience bounds a question to AWS that the laptop's part asks.
const askPatience = 20 * time.Second

// readers are the sessions that may read the state and its key: the admin's on
// this laptop, then the operator's.
func readers(ctx context.Context, in *inputs, region string) []*awsops.Session {
	var all []*awsops.Session
	if in.aws.credentialsErr == nil && in.trouble(in.answers.AdminProfile) == nil {
		if s, err := in.env.Sessions.Profile(ctx, in.answers.AdminProfile, region); err == nil {
			all = append(all, s)
		}
	}
	return append(all, in.env.Sessions.Home(region))
}

// aliasKey asks AWS for the ARN of the blueprint's key, as the admin and else as the
// operator. It is empty where nobody may know.
func aliasKey(ctx context.Context, in *inputs) string {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	for _, s := range readers(ctx, in, in.answers.StateRegion) {
		if key, err := s.Key(ctx, in.answers.Key.Alias); err == nil && key != nil {
			return key.ARN
		}
	}
	return ""
}

// noProject is a folder in which there is nothing to look at.
func noProject(_ context.Context, in *inputs) []health.Result {
	if len(in.projects) > 0 {
		return nil
	}
	evidence := "There is no project to check: the blueprint names none."
	if in.answers.WithoutBlueprint {
		evidence = fmt.Sprintf("There is no project to check: %s holds neither Terraform files nor a blueprint.", in.env.Dir)
	}
	return []health.Result{finding("files.no-project", plan.StepFiles, plan.Failure, evidence,
		"Run stateroom troubleshoot in a folder with Terraform files, or name a project in the blueprint.")}
}
