package account

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// result is one check, and what is wrong where it found something.
type result struct {
	plan.Check
	fault *fault
}

// fault is a finding with what mends it.
type fault struct {
	plan.Finding
	// cause is why: faults of one id and one cause are told once, with all their
	// subjects.
	cause string
	// err is the failed call that it is about, nil without one.
	err error
	// fixes are the changes that mend it, the blueprint's own first.
	fixes []plan.Change
	// advice says that the remedy stands beside the changes, whose titles do not say
	// enough.
	advice bool
	// needs are what somebody with more rights has to give to who asked: policy
	// statements and commands; empty where that is nobody's rights' matter.
	who   string
	needs []string
}

// faultOf is a fault of one of the catalogue's causes, with its remedy.
func faultOf(d *diagnosis.Diagnosis, cause, evidence string) fault {
	return fault{
		Finding: plan.Finding{ID: d.ID, Of: d.Step, Severity: plan.Failure, Evidence: evidence, Remedy: d.Remedy}, cause: cause,
	}
}

// ownFault is one that no text of Terraform's or AWS's names.
func ownFault(id, cause, evidence, remedy string) fault {
	return fault{Finding: plan.Finding{ID: id, Of: plan.NoStep, Severity: plan.Failure, Evidence: evidence, Remedy: remedy}, cause: cause}
}

// checkOf is a check before its answer. What is found is about its resource.
type checkOf struct{ name, subject, asked, resource string }

func (c checkOf) answered(answer string, v plan.Verdict) result {
	return result{Check: plan.Check{Name: c.name, Subject: c.subject, Asked: c.asked, Answer: answer, Verdict: v}}
}

func (c checkOf) passed(answer string) result { return c.answered(answer, plan.Passed) }

func (c checkOf) undecided(format string, args ...any) result {
	return c.answered(fmt.Sprintf(format, args...), plan.Undecided)
}

func (c checkOf) failed(answer string, x fault) result {
	r := c.answered(answer, plan.Failed)
	x.Subject, x.Resource = cmp.Or(x.Subject, c.subject), c.resource
	r.Finding, r.fault = x.ID, &x
	return r
}

// outage fails a check whose call did not get as far as what it asked.
func (c checkOf) outage(d *diagnosis.Diagnosis, err error) result {
	x := faultOf(d, d.ID, diagnosis.Describe(err))
	x.err = err
	return c.failed(diagnosis.Answer(err), x)
}

// merge joins the faults of one id and cause in the order of their first appearance.
func merge(faults []fault) []fault {
	var all []fault
	var subjects [][]string
	for _, x := range faults {
		i := slices.IndexFunc(all, func(have fault) bool { return have.ID == x.ID && have.cause == x.cause })
		if i < 0 {
			i, all, subjects = len(all), append(all, x), append(subjects, nil)
		} else {
			all[i].fixes = appendNew(all[i].fixes, x.fixes)
		}
		if x.Subject != "" && !slices.Contains(subjects[i], x.Subject) {
			subjects[i] = append(subjects[i], x.Subject)
		}
	}
	for i := range all {
		if len(subjects[i]) > 1 {
			all[i].Subject = ""
			all[i].Evidence += " It concerns " + someOf(subjects[i]) + "."
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
