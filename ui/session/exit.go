package session

import (
	"slices"

	"stateroom/steps/plan"
)

// gravest are the exit codes of what a visit can come to, the gravest first.
var gravest = []int{plan.ExitInterrupted, plan.ExitFailed, plan.ExitFindings, plan.ExitChanges}

// worst is the exit code of a program that went through several modes. An exit code is
// one for the whole process, and says "any change failed" and "findings remain": so the
// gravest of all visits counts, whatever came after it, in screens and in lines alike.
func worst(codes ...int) int {
	for _, grave := range gravest {
		if slices.Contains(codes, grave) {
			return grave
		}
	}
	return plan.ExitDone
}

// counted is what a visit adds to the program's exit code. What somebody practices on the
// way changes nothing real and fails in nothing; an interrupt ends the program all the same.
func counted(code int, practice bool) int {
	if practice && code != plan.ExitInterrupted {
		return plan.ExitDone
	}
	return code
}

// unfinished is the exit code of a run that an error, or somebody who left, kept from its
// end: that of a failure where changes were begun, whose result nobody has seen then.
func unfinished(s *plan.Summary) int {
	if s != nil && s.Begun() > 0 {
		return plan.ExitFailed
	}
	return plan.ExitDone
}
