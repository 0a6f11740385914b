package account

import (
	"fmt"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// checkBlueprint is about each step that was inspected as a whole.
func checkBlueprint(f *facts) (results []health.Result) {
	if f.withoutBlueprint() {
		return nil
	}
	for _, step := range steps.AWSOnly() {
		if step.First {
			continue // who we are and the region have checks of their own
		}
		c := health.Question{Name: step.Short + " as in the blueprint", Asked: fmt.Sprintf("what step %d of stateroom setup inspects, as the operator", step.Number)}
		differing := planned(f, func(c plan.Change) bool { return c.Of == step.Name })
		switch err := f.failed[step.Name]; {
		case awsops.IsAccessDenied(err):
			results = append(results, c.Undecided("%s", diagnosis.Describe(err)))
		case err != nil:
			results = append(results, c.Undecided("%s", diagnosis.Sentence(err.Error())))
		case len(differing) > 0:
			results = append(results, c.FailedAs("It differs: "+someOf(titles(differing))+".", ""))
		default:
			results = append(results, c.Passed("It matches."))
		}
	}
	return results
}
