package onboard

import "stateroom/steps/plan"

// WithoutBlueprint keeps what is done over the team's blueprint from beginning where there
// is none: path is where it was looked for, and command begins the run again.
func WithoutBlueprint(path, command string) *plan.Refusal {
	return &plan.Refusal{
		Finding: "files.no-blueprint", Title: "There is no stateroom.hcl here.",
		What:   "The blueprint names the team's users, and is kept in the team's repository.",
		Remedy: "Run the command in a clone of the team's repository, or name the file.",
		Tried:  []plan.Fact{{Name: "Blueprint", Value: "there is no " + path}},
		Commands: []plan.ShellCommand{
			{Does: "Name the file", Line: command + " --blueprint FILE"},
			{Does: "Create the setup, if the team has none yet", Line: "stateroom setup"},
		},
	}
}
