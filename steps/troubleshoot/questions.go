package troubleshoot

import (
	"strings"

	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// The questions by which troubleshooting begins.
const (
	// PathBegin is that of what it begins with.
	PathBegin = "way"
	pathText  = "error"
)

// What it can begin with.
const (
	beginChecks = "Check everything: files, identity, key, bucket, lock, roles, state"
	beginText   = "Paste what Terraform printed, and check what it points to"
	beginRun    = "Let Terraform run init and plan, and read what it says"
)

// Questions are those that follow from the answers given so far; none means that
// all is asked. Terraform is offered to run only where there is one.
func Questions(given plan.Given, engine bool) []plan.Question {
	switch {
	case !given.Asked(PathBegin):
		options := []string{beginChecks, beginText}
		if engine {
			options = append(options, beginRun)
		}
		return []plan.Question{{
			Path: PathBegin, Prompt: "What do you want to begin with?", Kind: plan.Choice, Options: options, Default: beginChecks, Required: true,
			Help: "The checks are the same each time and never look at the text; a text adds what Terraform itself met. Nothing is changed before you have confirmed it.",
		}}
	case given.Text(PathBegin) == beginText && !given.Asked(pathText):
		return []plan.Question{{
			Path: pathText, Prompt: "What Terraform printed", Kind: plan.Lines, Required: true, Check: readable, Hide: diagnosis.Redact,
			Help: "Paste all of it, with its boxes, colors and log lines; the program finds what matters, and shows no secret in it.",
		}}
	}
	return nil
}

// Begin gives the health check the answers to [Questions]. A text that cannot be
// read is a [plan.Problem].
func (h *HealthCheck) Begin(given plan.Given) error {
	h.Terraform = given.Text(PathBegin) == beginRun
	if given.Text(PathBegin) != beginText {
		return nil
	}
	text, err := diagnosis.Read(strings.NewReader(given.Text(pathText)))
	if err != nil {
		return &plan.Problem{Path: pathText, Text: err.Error()}
	}
	h.Text = text
	return nil
}

// readable says why a text cannot be diagnosed.
func readable(text string) error {
	_, err := diagnosis.Read(strings.NewReader(text))
	return err
}
