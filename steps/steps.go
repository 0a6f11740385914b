// Package steps holds the nine numbered steps of the article and set-up as one flow
// over them.
//
// A step never writes by itself. Inspect reads into [Observed], Plan is pure and
// returns changes as data, and Verify probes the result the way its real user would.
//
// What does not live here: the answers (steps/blueprint), what a change and a finding
// are (steps/plan), carrying changes out (steps/engine), sealed keys (steps/handover),
// the byte-preserving editors (steps/files), running Terraform (steps/terraform), the
// AWS SDK (package awsops) and everything a person sees (package ui).
package steps

import (
	"context"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
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
	Questions(a *blueprint.Answers) []plan.Question
	// Inspect reads what is there and stores it in its own part of o. It makes
	// no mutating call and writes no file. An error means that nothing can be
	// said of the step; a part that cannot be read (one unreachable account)
	// is recorded in o instead.
	Inspect(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) error
	// Plan compares what was observed with the answers. It is pure: no clock,
	// no network, no files.
	Plan(o *Observed, a *blueprint.Answers) plan.Proposal
	// Verify probes the finished step as its real user would.
	Verify(ctx context.Context, env *engine.Env, a *blueprint.Answers, o *Observed) []plan.Finding
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
