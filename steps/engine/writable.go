package engine

import (
	"fmt"

	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// unwritable finds the files of a plan that could not be written, before
// anything is changed: an access key whose file fails has lost its secret.
func unwritable(changes []plan.Change) []plan.Finding {
	var findings []plan.Finding
	seen := map[string]bool{}
	for _, c := range changes {
		if c.Write == nil {
			continue
		}
		path := c.Write.Edit.Before.Path
		at, problem := c.Write.Edit.Before.Unwritable()
		if problem == "" || seen[at] {
			continue
		}
		seen[at] = true
		findings = append(findings, plan.Finding{
			ID: "files.cannot-write", Of: plan.StepFiles, Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("%s cannot be written: %s %s.", path, at, problem),
			Remedy:   "Make it writable, then run the command again.",
		})
	}
	return findings
}

// Unwritten tells of what an earlier run could not put in the place of a file, with
// a secret in it, and kept.
func Unwritten(env *Env, paths ...string) []plan.Finding {
	var findings []plan.Finding
	for _, path := range paths {
		for _, kept := range files.Unwritten(env.StateDir, path) {
			findings = append(findings, plan.Finding{
				ID: "files.unwritten", Of: plan.StepFiles, Severity: plan.Info,
				Evidence: fmt.Sprintf("%s holds what an earlier run could not write to %s, with a secret in it.", kept, path),
				Remedy:   "Delete it once the profile or the handover works.",
			})
		}
	}
	return findings
}
