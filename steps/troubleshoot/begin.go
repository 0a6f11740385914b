package troubleshoot

import (
	"context"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// pathWithoutAWS goes on where there are no credentials to ask AWS with.
const pathWithoutAWS = "without_aws"

// WithoutProject keeps a person from checks of nothing: dir has neither Terraform files
// nor a blueprint with a project, as its answers say. Command begins the run again. A text can be diagnosed
// all the same, where the questions of [Questions] are asked.
func WithoutProject(dir string, a *blueprint.Answers, command string, asks bool) *plan.Refusal {
	named := "it names no project"
	if a.WithoutBlueprint {
		named = "there is no stateroom.hcl"
	}
	r := &plan.Refusal{
		Finding: "files.no-project", Title: "There is no project here.",
		What:   "stateroom troubleshoot checks a folder with Terraform files, or the projects that stateroom.hcl names.",
		Remedy: "Run the command in a project's folder or in a clone of the team's repository, or name one.",
		Tried:  []plan.Fact{{Name: "Folder", Value: dir + " has no .tf file"}, {Name: "Blueprint", Value: named}},
		Commands: []plan.ShellCommand{
			{Does: "Name the folder", Line: command + " --dir DIR"},
			{Does: "Name the team's file", Line: command + " --blueprint FILE"},
			{Does: "Create the setup, if the team has none yet", Line: "stateroom setup"},
		},
	}
	if asks {
		r.Anyway = &plan.Anyway{Path: PathBegin, Value: beginText, Text: "paste what Terraform printed"}
	}
	return r
}

// WithoutAWS is how a run that has no credentials goes on: files can be checked all the
// same.
func WithoutAWS() *plan.Anyway {
	return &plan.Anyway{Path: pathWithoutAWS, Value: "files", Text: "check the files alone"}
}

// firstAnswer bounds the question whether there are credentials at all.
const firstAnswer = 20 * time.Second

// Credentials is the error of a run that has no credentials to ask AWS with, neither the
// admin's on this laptop nor the operator's. Any that AWS refuses are the checks' to tell,
// and so is whoever has chosen to go on without.
func Credentials(ctx context.Context, env *engine.Env, a *blueprint.Answers, given plan.Given) error {
	if given.Asked(pathWithoutAWS) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, firstAnswer)
	defer cancel()
	admin, err := env.Sessions.Profile(ctx, a.AdminProfile, a.StateRegion)
	if err == nil {
		_, err = admin.Identity(ctx)
	}
	if !awsops.IsNoCredentials(err) && !awsops.IsNoProfile(err) {
		return nil
	}
	if _, err := env.Sessions.Home(a.StateRegion).Identity(ctx); awsops.IsNoCredentials(err) {
		return err
	}
	return nil
}
