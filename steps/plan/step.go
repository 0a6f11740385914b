package plan

import (
	"fmt"
	"slices"
)

// StepName names a step of the article. Which number it has is its place in the list
// of package steps alone.
type StepName string

// The names of the steps, for what is found or changed outside of them: by the
// engine, onboarding and the health check. NoStep is for what belongs to none, such
// as a text that nobody knows.
const (
	StepAccount StepName = "account"
	StepIAM     StepName = "iam"
	StepRegion  StepName = "region"
	StepKey     StepName = "key"
	StepBucket  StepName = "bucket"
	StepLock    StepName = "lock"
	StepFiles   StepName = "files"
	StepInit    StepName = "init"
	StepDone    StepName = "done"
	NoStep      StepName = "none"
)

// StepOrder is the steps' names in the article's order.
type StepOrder []StepName

// Number gives changes the numbers of their steps.
func (o StepOrder) Number(changes []Change) {
	for i, c := range changes {
		changes[i].Step = o.number(c.Of, c.Step)
	}
}

// NumberFindings gives findings the numbers of their steps.
func (o StepOrder) NumberFindings(findings []Finding) {
	for i, f := range findings {
		findings[i].Step = o.number(f.Of, f.Step)
	}
}

func (o StepOrder) number(of StepName, otherwise int) int {
	if i := slices.Index(o, of); i >= 0 {
		return i + 1
	}
	return otherwise
}

// Unplaced is the error of a change or a finding that belongs to no step and does
// not say so: a fault of whoever made it.
func Unplaced(changes []Change, findings []Finding) error {
	for _, c := range changes {
		if c.Step == 0 {
			return fmt.Errorf("the change %s belongs to no step (%q)", c.ID, c.Of)
		}
	}
	for _, f := range findings {
		if f.Step == 0 && f.Of != NoStep {
			return fmt.Errorf("the finding %s belongs to no step (%q)", f.ID, f.Of)
		}
	}
	return nil
}
