package steps

import (
	"cmp"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// Outline are the nine steps as they are before anything was asked or looked at.
func Outline() []plan.Stage {
	var stages []plan.Stage
	for _, step := range All() {
		stages = append(stages, outlined(step))
	}
	return stages
}

// outlined is what a step always is.
func outlined(step Step) plan.Stage {
	return plan.Stage{
		Number: step.Number, Name: step.Short, Title: step.Title, Why: step.Why, Cost: cmp.Or(step.Cost, "It costs nothing."),
	}
}

// outline is what is shown of the newest look beside its review.
func (o *Opening) outline(setup *Setup, given plan.Given) plan.Outline {
	out := plan.Outline{Who: o.who()}
	found := setup.Observed()
	if found != nil {
		out.Begun = found.Key.Key != nil
		out.Who, out.Partition = found.Account.Identity.Account+"  "+caller(found.Account.Identity), found.Account.Identity.Partition
	}
	a := o.Answers.Clone()
	a.Discovered = o.Found
	for _, step := range All() {
		stage := outlined(step)
		stage.Questions = o.questions(step, a, given)
		_ = take(a, stage.Questions, given) // they were taken before
		if found != nil && step.Facts != nil {
			stage.Facts = step.Facts(found, setup.Answers, setup.Env)
		}
		out.Stages = append(out.Stages, stage)
	}
	return out
}

// caller is an identity without its account.
func caller(identity awsops.Identity) string {
	return identity.ARN[strings.LastIndex(identity.ARN, ":")+1:]
}
