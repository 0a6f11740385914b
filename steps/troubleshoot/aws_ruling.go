package troubleshoot

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// ruling is one check with the trouble that it found, if any.
type ruling struct {
	check   plan.Check
	trouble *trouble
}

// trouble is a finding before it is known what mends it.
type trouble struct {
	id       string
	severity plan.Severity // Failure where it is not set
	evidence string
	err      error  // the answer of AWS that the evidence tells, nil without one
	remedy   string // for where no change mends it
	// subject is the project or the environment. Troubles of one id and one
	// cause are told once, with all their subjects.
	subject, cause string
	// resource is what it is about.
	resource string
	// mended tells which changes of the blueprint's own plan mend it.
	mended func(plan.Change) bool
	// changes mend it besides.
	changes []plan.Change
	// handOn is what somebody with more rights has to know and to do, empty
	// where that is nobody's rights' matter.
	handOn *handOn
}

// asked is a question and who put it: the first half of a check. What it is about is
// the resource of what is found.
type asked struct{ name, subject, question, resource string }

func (a asked) check(answer string, v plan.Verdict) ruling {
	return ruling{check: plan.Check{Name: a.name, Subject: a.subject, Asked: a.question, Answer: answer, Verdict: v}}
}

func (a asked) passed(answer string) ruling { return a.check(answer, plan.Passed) }

func (a asked) undecided(format string, args ...any) ruling {
	return a.check(fmt.Sprintf(format, args...), plan.Undecided)
}

func (a asked) broken(answer string, t trouble) ruling {
	r := a.check(answer, plan.Broken)
	t.subject, t.resource = cmp.Or(t.subject, a.subject), a.resource
	r.check.Finding, r.trouble = t.id, &t
	return r
}

// told is a failed call in one sentence: the call, the resource, the identity
// and AWS's own words with the request id.
func told(err error) string {
	var e *awsops.Error
	if !errors.As(err, &e) {
		return sentence(err.Error())
	}
	text := strings.TrimPrefix(e.Service+":"+e.Operation, ":")
	if e.Resource != "" {
		text += " on " + e.Resource
	}
	if e.Identity != "" {
		text += ", as " + e.Identity
	}
	return text + ": " + answer(err)
}

// answer is AWS's own words alone.
func answer(err error) string {
	var e *awsops.Error
	switch {
	case !errors.As(err, &e):
		return sentence(err.Error())
	case e.Code == "" && e.Meaning != "" && !awsops.IsUnanswered(err):
		return diagnosis.Redact(e.Meaning) // the SDK's chain of everything that it tried says less
	}
	return diagnosis.Redact(e.Answer())
}

func sentence(text string) string {
	text = diagnosis.Redact(strings.TrimSpace(text))
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// failedBy rules a check whose call did not get as far as what it asked.
func (a asked) failedBy(err error) ruling {
	d := diagnosis.Outage(err)
	return a.broken(answer(err), trouble{id: d.ID, cause: d.ID, evidence: told(err), err: err, remedy: d.Remedy})
}

// mergeTroubles joins the troubles of one id and cause in the order of their first
// appearance.
func mergeTroubles(rulings []ruling) []trouble {
	var all []trouble
	subjects := map[int][]string{}
	for _, r := range rulings {
		if r.trouble == nil {
			continue
		}
		t := *r.trouble
		i := slices.IndexFunc(all, func(x trouble) bool { return x.id == t.id && x.cause == t.cause })
		if i < 0 {
			i, all = len(all), append(all, t)
		} else {
			all[i].changes = appendNew(all[i].changes, t.changes)
		}
		if t.subject != "" && !slices.Contains(subjects[i], t.subject) {
			subjects[i] = append(subjects[i], t.subject)
		}
	}
	for i := range all {
		if len(subjects[i]) > 1 {
			all[i].subject = ""
			all[i].evidence += " It concerns " + someOf(subjects[i]) + "."
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
