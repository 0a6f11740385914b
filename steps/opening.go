package steps

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// Opening asks what set-up has to know, a page for each step, and opens its flow.
type Opening struct {
	// Answers are those of the blueprint and the flags. Nothing is put into them:
	// what was given is answered to a copy, from the first page on, so that going
	// back and answering otherwise leaves nothing behind.
	Answers *blueprint.Answers
	// All asks every question that no flag has answered; otherwise only what is
	// missing is asked.
	All bool
	// Answered tells whether a flag has answered the question of a path.
	Answered func(path string) bool
	// World opens AWS, the journal and the engine for these answers.
	World func(ctx context.Context, a *blueprint.Answers, asks plan.Asks) (*engine.Env, error)

	// Found is what a first look tells; nil is to ask AWS, once.
	Found *blueprint.Discovery

	// last are the answers of the newest flow, whose adoptions hold.
	last *blueprint.Answers
}

// pathMe is the question that no blueprint answers: who sits at this laptop.
const (
	pathMe = "me"
	nobody = "none of them"
)

// Open is set-up's [engine.Open].
func (o *Opening) Open(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
	a := o.Answers.Clone()
	if o.last != nil {
		a.Adopt = slices.Clone(o.last.Adopt)
	}
	if err := o.discover(ctx, a, asks); err != nil {
		return engine.Opened{}, err
	}
	if r := withoutAccounts(o.Found); r != nil && o.All && len(a.Environments) == 0 && !given.Asked(pathOrganization) {
		o.Found = nil // whoever tries again has done something about it
		return engine.Opened{}, r
	}
	for _, step := range All() {
		questions := o.questions(step, a, given)
		if page := o.unasked(questions, a, given); len(page) > 0 {
			stage := outlined(step)
			return engine.Opened{Questions: page, Stage: &stage, Who: o.who()}, nil
		}
		if err := take(a, questions, given); err != nil {
			return engine.Opened{}, err
		}
	}
	if rest, err := o.rest(a, given); err != nil || len(rest) > 0 {
		return engine.Opened{Questions: rest, Who: o.who()}, err
	}
	env, err := o.World(ctx, a, asks)
	if err != nil {
		return engine.Opened{}, err
	}
	o.last = a
	return engine.Opened{Flow: o.flow(env, a, given)}, nil
}

// who is who the operator is, as far as anybody has asked.
func (o *Opening) who() string {
	if o.Found == nil {
		return ""
	}
	return o.Found.Account + "  " + identityName(o.Found.Identity)
}

// flow is the set-up with these answers, and what is shown of its steps.
func (o *Opening) flow(env *engine.Env, a *blueprint.Answers, given plan.Given) *engine.Flow {
	setup := &Setup{Env: env, Answers: a, Inspected: func(step int, err error) {
		env.Emit(plan.Event{Kind: plan.EventInspected, Step: step, Err: err})
	}}
	flow := setup.Flow()
	flow.Outline = func() plan.Outline { return o.outline(setup, given) }
	return flow
}

// discover looks who the operator is and which accounts there are, once, where
// anything is to be asked.
func (o *Opening) discover(ctx context.Context, a *blueprint.Answers, asks plan.Asks) error {
	if o.Found == nil && (o.All || len(a.Missing()) > 0) {
		env, err := o.World(ctx, a, asks)
		if err != nil {
			return err
		}
		if o.Found, err = Discover(ctx, env.Sessions, a.StateRegion); err != nil {
			return err
		}
	}
	o.tell(a)
	return nil
}

// tell gives answers what the first look has found. In another partition than that of
// the region that a blueprint begins with, the state begins where the look was.
func (o *Opening) tell(a *blueprint.Answers) {
	a.Discovered = o.Found
	if o.Found != nil && a.StateRegion == blueprint.DefaultStateRegion && o.Found.Region != "" && o.Found.Identity.Partition != defaultPartition {
		a.StateRegion = o.Found.Region
	}
}

// defaultPartition is that of [blueprint.DefaultStateRegion].
const defaultPartition = "aws"

// questions are a step's, each judged by the blueprint's own rules; the answers
// that were given stand as defaults.
func (o *Opening) questions(step Step, a *blueprint.Answers, given plan.Given) []plan.Question {
	questions := step.Ask(a)
	before := a.Clone()
	for i := range questions {
		q := &questions[i]
		path := q.Path
		q.Echo, q.Keep = true, true // the blueprint will hold it, for everybody to read
		if q.Flag == "" {
			q.Flag = "--set " + path + "=…"
		}
		q.Check = func(value string) error { return answer(before.Clone(), path, value) }
		if given.Asked(path) {
			q.Default = given.Text(path)
		}
	}
	return questions
}

// unasked are the questions of a page that are still to be asked.
func (o *Opening) unasked(questions []plan.Question, a *blueprint.Answers, given plan.Given) []plan.Question {
	var page []plan.Question
	for _, q := range questions {
		if !given.Asked(q.Path) && !o.Answered(q.Path) && (o.All || isMissing(a, q.Path)) {
			page = append(page, q)
		}
	}
	return page
}

// rest asks for what no step's question covers, such as the account of an
// environment that the blueprint names without one.
func (o *Opening) rest(a *blueprint.Answers, given plan.Given) ([]plan.Question, error) {
	a.FillDefaults()
	for missing := a.Missing(); len(missing) > 0; missing = a.Missing() {
		path, before := missing[0], a.Clone()
		q := plan.Question{
			Path: path, Prompt: path, Kind: plan.Text, Required: true, Echo: true, Keep: true, Flag: "--set " + path + "=…",
			Check: func(value string) error { return answer(before.Clone(), path, value) },
		}
		if !given.Asked(path) {
			return []plan.Question{q}, nil
		}
		if err := take(a, []plan.Question{q}, given); err != nil {
			return nil, err
		}
		if isMissing(a, path) { // an answer that says nothing
			return nil, &plan.Problem{Path: path, Text: "this answer is required"}
		}
	}
	return nil, nil
}

// take puts the answers to a page into a.
func take(a *blueprint.Answers, questions []plan.Question, given plan.Given) error {
	for _, q := range questions {
		if !given.Asked(q.Path) {
			continue
		}
		if err := answer(a, q.Path, given.Text(q.Path)); err != nil {
			return &plan.Problem{Path: q.Path, Text: err.Error()}
		}
	}
	return nil
}

// answer gives one answer, or says why it cannot be; a is then as before.
func answer(a *blueprint.Answers, path, value string) error {
	if path == pathMe {
		if value == nobody {
			value = ""
		}
		a.IAm(value)
		return nil
	}
	if err := a.Answer(path, value); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), path+": "))
	}
	return nil
}

func isMissing(a *blueprint.Answers, path string) bool {
	return slices.ContainsFunc(a.Missing(), func(m string) bool {
		return m == path || strings.HasPrefix(m, path+".")
	})
}

// whoAmI asks which of the admins the operator is.
func whoAmI(a *blueprint.Answers) plan.Question {
	q := plan.Question{
		Path: pathMe, Prompt: "Which of the admins are you", Kind: plan.Choice, Flag: meOption(a),
		Options: append([]string{nobody}, a.People()...), Default: nobody,
		Help: "Your new access key goes into your own profile on this laptop; the others' are sealed and wait to be collected.",
	}
	q.Means = map[string]string{nobody: "Every key is sealed, and the result is proven as the operator only."}
	for _, user := range a.People() {
		q.Means[user] = "The result is proven as " + user + ", with this laptop's profile."
	}
	for _, g := range a.IdentityGroups() {
		q.Options = append(q.Options, g.Name)
		q.Means[g.Name] = fmt.Sprintf("You are in %q of Identity Center: this laptop's profile signs in there, and nobody has a key.", g.IdentityCenter)
	}
	if len(a.People()) == 0 {
		q.Help, q.Means[nobody] = "This laptop's profile is written for it.", "No profile is written, and the result is proven as the operator only."
	}
	if me := cmp.Or(a.Me, a.Member); slices.Contains(q.Options, me) {
		q.Default = me
	}
	return q
}

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
		Proves: step.Tests,
	}
}

// outline is what is shown of the newest look beside its review.
func (o *Opening) outline(setup *Setup, given plan.Given) plan.Outline {
	out := plan.Outline{Who: o.who()}
	found := setup.Observed()
	if found != nil {
		out.Begun = found.Key.Key != nil
		out.Who, out.Partition = found.Account.Identity.Account+"  "+identityName(found.Account.Identity), found.Account.Identity.Partition
	}
	a := o.Answers.Clone()
	o.tell(a)
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

// identityName is an identity without its account.
func identityName(identity awsops.Identity) string {
	return identity.ARN[strings.LastIndex(identity.ARN, ":")+1:]
}
