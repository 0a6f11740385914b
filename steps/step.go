// Package steps holds the nine numbered steps of the article, the contract they
// share, the plan they propose and the engine that applies it.
//
// A step never writes by itself. Inspect reads, Plan is pure and returns changes
// as data, the [Executor] sends exactly the calls and writes that the changes
// list, and Verify probes the result the way its real user would.
//
// What does not live here: the AWS SDK (package awsops), the byte-preserving
// editors (steps/files), running Terraform (steps/terraform) and everything a
// person sees (package ui).
package steps

import (
	"context"

	"stateroom/steps/blueprint"
)

// Step is one numbered step of the article.
type Step interface {
	// Number is the step's place in the article, 1 to 9.
	Number() int
	// Name is the first word of the step's finding ids and its heading on a
	// narrow screen: "account", "iam", "region".
	Name() string
	// Title is the heading, in the article's words.
	Title() string
	// Why tells in two sentences why the step exists.
	Why() string
	// Questions are the answers that the step needs, with their defaults.
	Questions(a *blueprint.Answers) []Question
	// Inspect reads what is there and stores it in its own part of o. It makes
	// no mutating call and writes no file. An error means that nothing can be
	// said of the step; a part that cannot be read (one unreachable account)
	// is recorded in o instead.
	Inspect(ctx context.Context, env *Env, a *blueprint.Answers, o *Observed) error
	// Plan compares what was observed with the answers. It is pure: no clock,
	// no network, no files.
	Plan(o *Observed, a *blueprint.Answers) Proposal
	// Verify probes the finished step as its real user would.
	Verify(ctx context.Context, env *Env, a *blueprint.Answers, o *Observed) []Finding
}

// All returns the nine steps in the article's order.
func All() []Step {
	return []Step{
		accountStep{},
		iamStep{},
		regionStep{},
		keyStep{},
		bucketStep{},
		lockStep{},
		filesStep{},
		initStep{},
		doneStep{},
	}
}

// Proposal is what a step would change and what it found that needs telling.
type Proposal struct {
	Changes  []Change
	Findings []Finding
}

// Kind says how a question is asked and how its answer is read.
type Kind string

// The kinds of question.
const (
	Text Kind = "text"
	// Secret is text that is never shown, not even as it is typed.
	Secret Kind = "secret"
	// Lines is text of many lines, such as a pasted error.
	Lines   Kind = "lines"
	Choice  Kind = "choice"
	Choices Kind = "choices"
	Confirm Kind = "confirm"
)

// Question asks for one answer. Its path is the blueprint path that --set takes,
// so that a presenter without a terminal can name the flag that is missing.
type Question struct {
	Path    string
	Prompt  string
	Help    string
	Kind    Kind
	Default string
	Options []string
	// Required marks an answer without which no plan can be made.
	Required bool
	// Check says why an answer cannot be. It is nil for the blueprint's own
	// questions, which [blueprint.Blueprint.Answer] judges.
	Check func(value string) error
	// Hide takes the secrets out of an answer before it is shown again. It is nil
	// where none can be in it.
	Hide func(value string) string
}
