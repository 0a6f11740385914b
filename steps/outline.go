package steps

import (
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
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
	s := plan.Stage{Number: step.Number(), Title: step.Title(), Why: step.Why(), Cost: "It costs nothing."}
	switch step.(type) {
	case accountStep:
		s.Name, s.Cost = "Account", "AWS calls it the management account; accounts and an organization cost nothing."
	case iamStep:
		s.Name, s.Cost = "IAM", "AWS calls them IAM group, user and role; all of IAM is free."
	case regionStep:
		s.Name, s.Cost = "Region", "The region decides where the state lies; it changes the price by next to nothing."
	case keyStep:
		s.Name, s.Cost = "KMS key", "AWS calls it a customer managed key; it costs 1 USD a month and 0.03 USD for 10,000 uses."
	case bucketStep:
		s.Name, s.Cost = "Bucket", "AWS calls it an S3 bucket; a state is a few kilobytes, so it costs cents a month."
	case lockStep:
		s.Name, s.Cost = "Lock", "A lock file in S3 costs nothing to speak of, and neither does a DynamoDB table on demand."
	case filesStep:
		s.Name = "Files"
	case initStep:
		s.Name = "Test"
	case doneStep:
		s.Name = "Done"
	}
	return s
}

// outline is what is shown of the newest look beside its review.
func (o *Opening) outline(setup *Setup, given plan.Given) plan.Outline {
	out := plan.Outline{Who: o.who()}
	found := setup.Observed()
	if found != nil {
		out.Who, out.Partition = found.Account.Identity.Account+"  "+caller(found.Account.Identity), found.Account.Identity.Partition
	}
	a := o.Answers.Clone()
	a.Discovered = o.Found
	for _, step := range All() {
		stage := outlined(step)
		stage.Questions = o.questions(step, a, given)
		_ = take(a, stage.Questions, given) // they were taken before
		if found != nil {
			stage.Facts = facts(step, found, setup.Answers, setup.Env)
		}
		out.Stages = append(out.Stages, stage)
	}
	return out
}

// caller is an identity without its account.
func caller(identity awsops.Identity) string {
	return identity.ARN[strings.LastIndex(identity.ARN, ":")+1:]
}

// facts are what the inspection of a step has found.
func facts(step Step, o *Observed, a *blueprint.Answers, env *engine.Env) []plan.Fact {
	switch step.(type) {
	case accountStep:
		return accountFacts(o, a)
	case iamStep:
		return iamFacts(o, a)
	case regionStep:
		return []plan.Fact{{Name: "Regions known", Value: fmt.Sprint(len(o.Region.Regions))}}
	case keyStep:
		if o.Key.Key != nil {
			return []plan.Fact{{Name: "Key", Value: o.Key.Key.ARN}}
		}
	case bucketStep:
		if b := o.Bucket.Bucket; b != nil && b.Ownership == awsops.BucketOurs {
			return []plan.Fact{{Name: "Bucket", Value: "s3://" + a.Bucket.Name}}
		}
	case lockStep:
		if o.Lock.Table != nil {
			return []plan.Fact{{Name: "Table", Value: o.Lock.Table.ARN}}
		}
	case filesStep:
		return fileFacts(a)
	case initStep:
		return engineFacts(env)
	case doneStep:
		if len(o.Done.Handovers) > 0 {
			return []plan.Fact{{Name: "Keys to collect", Value: strings.Join(o.Done.Handovers, ", ")}}
		}
	}
	return nil
}

func accountFacts(o *Observed, a *blueprint.Answers) []plan.Fact {
	f := []plan.Fact{{Name: "You are", Value: o.Account.Identity.ARN}}
	if org := o.Account.Organization; org != nil {
		f = append(f, plan.Fact{Name: "Organization", Value: fmt.Sprintf("%s, management account %s", org.ID, org.ManagementAccount)})
	}
	if o.Account.Listed {
		f = append(f, plan.Fact{Name: "Accounts", Value: fmt.Sprint(len(o.Account.Accounts))})
	}
	return append(f, plan.Fact{Name: "Environments", Value: environments(a)})
}

// factsShown is how many environments or projects are named before the others are
// counted.
const factsShown = 6

// environments lists the first few by name and counts the others.
func environments(a *blueprint.Answers) string {
	var names []string
	for i, e := range a.Environments {
		if i == factsShown {
			return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", len(a.Environments)-i)
		}
		name := e.Name
		if e.Account != "" {
			name += " (" + e.Account + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func iamFacts(o *Observed, a *blueprint.Answers) []plan.Fact {
	var there, missing []string
	for _, name := range a.AllUsers() {
		if o.IAM.Users[name].User != nil {
			there = append(there, name)
		} else {
			missing = append(missing, name)
		}
	}
	var f []plan.Fact
	if len(there) > 0 {
		f = append(f, plan.Fact{Name: "Admins there", Value: strings.Join(there, ", ")})
	}
	if len(missing) > 0 {
		f = append(f, plan.Fact{Name: "Admins to make", Value: strings.Join(missing, ", ")})
	}
	if a.Me != "" {
		f = append(f, plan.Fact{Name: "You", Value: a.Me + ", whose key goes into this laptop's own profile"})
	}
	return f
}

func fileFacts(a *blueprint.Answers) []plan.Fact {
	var f []plan.Fact
	for i, p := range a.Projects {
		if i == factsShown {
			return append(f, plan.Fact{Name: "Project", Value: fmt.Sprintf("and %d more", len(a.Projects)-i)})
		}
		f = append(f, plan.Fact{Name: "Project", Value: fmt.Sprintf("%s in %s, for %s", p.Name, p.Dir, p.Environment)})
	}
	return f
}

func engineFacts(env *engine.Env) []plan.Fact {
	if env.Engine == nil {
		return []plan.Fact{{Name: "Engine", Value: "neither terraform nor tofu was found, so the AWS SDK alone proves the set-up"}}
	}
	return []plan.Fact{{Name: "Engine", Value: fmt.Sprintf("%s %s, %s", env.Engine.Name, env.Engine.Version, env.Engine.Path)}}
}
