package account

import (
	"fmt"
	"slices"
	"strings"

	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// faultOf is a fault of one of the catalogue's causes, with its remedy.
func faultOf(d *diagnosis.Diagnosis, cause, evidence string) health.Result {
	return health.Result{Finding: &plan.Finding{ID: d.ID, Of: d.Step, Severity: plan.Failure, Evidence: evidence, Remedy: d.Remedy}, Cause: cause}
}

// ownFault is one that no text of Terraform's or AWS's names.
func ownFault(id, cause, evidence, remedy string) health.Result {
	return health.Result{Finding: &plan.Finding{ID: id, Of: plan.NoStep, Severity: plan.Failure, Evidence: evidence, Remedy: remedy}, Cause: cause}
}

// outageOf fails a check whose call did not get as far as what it asked.
func outageOf(c health.Question, d *diagnosis.Diagnosis, err error) health.Result {
	x := faultOf(d, d.ID, diagnosis.Describe(err))
	x.Err = err
	return c.Failed(diagnosis.Answer(err), x)
}

// merge joins the faults of one id and cause in the order of their first appearance.
func merge(faults []health.Result) []health.Result {
	var all []health.Result
	var subjects [][]string
	for _, x := range faults {
		i := slices.IndexFunc(all, func(have health.Result) bool { return have.ID == x.ID && have.Cause == x.Cause })
		if i < 0 {
			i, all, subjects = len(all), append(all, x), append(subjects, nil)
		} else {
			all[i].Changes = appendNew(all[i].Changes, x.Changes)
		}
		if x.Subject != "" && !slices.Contains(subjects[i], x.Subject) {
			subjects[i] = append(subjects[i], x.Subject)
		}
	}
	for i := range all {
		if len(subjects[i]) > 1 {
			all[i].Subject = ""
			all[i].Evidence += " It affects " + someOf(subjects[i]) + "."
		}
	}
	return all
}

// someOf lists a few names of many.
func someOf(names []string) string {
	const shown = 5
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}
