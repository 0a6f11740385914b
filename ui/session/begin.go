package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"stateroom/awsops/secret"
	"stateroom/steps/caller"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// opener is the mode's opener, whose errors, and whose looks', say what to do where AWS
// could not be asked.
func (s *session) opener(ctx context.Context) (engine.Open, plan.Given, error) {
	open, given, err := s.open(s, ctx)
	if err != nil {
		return nil, nil, s.withRemedy(err)
	}
	return func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
		opened, err := open(ctx, given, asks)
		if flow := opened.Flow; flow != nil {
			s.forReal(flow)
			s.consents(flow)
			look := flow.Look
			flow.Look = func(ctx context.Context, env *engine.Env) (plan.Review, error) {
				r, err := look(ctx, env)
				return r, s.withRemedy(err)
			}
		}
		return opened, s.withRemedy(err)
	}, given, nil
}

// consents says at the end which consents of the command line nothing was found for. That
// is no bad input: whoever runs the same command again has given them before.
func (s *session) consents(flow *engine.Flow) {
	if len(s.Adopt) == 0 || s.NoChecks {
		return
	}
	unmet, closes := flow.Answers.Unmet(s.Adopt), flow.Close
	flow.Close = func(sum *plan.Summary) (notes []string, then string) {
		if closes != nil {
			notes, then = closes(sum)
		}
		if sum.Stopped || plan.Blocking(sum.Findings) { // not all was looked at
			return notes, then
		}
		for _, target := range unmet() {
			notes = append(notes, fmt.Sprintf("--adopt %s matched nothing: run the command without it to see what needs your consent.", plan.Shell(target)))
		}
		return notes, then
	}
}

// withRemedy is an error with what to do about it, where it says that AWS could not be asked.
func (s *session) withRemedy(err error) error {
	var refusal *plan.Refusal
	if errors.As(err, &refusal) {
		refusal.Title = cmp.Or(refusal.Title, diagnosis.Lead(refusal.Finding))
	}
	if err == nil || s.lab != nil {
		return err
	}
	a := caller.Asker{Getenv: s.environ().Get, Profile: s.Profile, Region: s.Region, Endpoint: s.Endpoint, Brought: s.brought, Command: s.words()}
	return a.Unasked(err)
}

// command begins the run again.
func (s *session) command() string { return plan.Shell(s.words()...) }

// words are those of the command.
func (s *session) words() []string {
	args, chosen := s.args(), []string{s.Name}
	if s.NamesUser() {
		chosen = append(chosen, cmp.Or(s.User, s.about, "USER"))
	}
	if slices.Contains(args, s.Name) {
		return append([]string{"stateroom"}, args...)
	}
	if s.Sandbox && !slices.Contains(args, "--sandbox") {
		chosen = append(chosen, "--sandbox")
	}
	return slices.Concat([]string{"stateroom"}, chosen, args) // a menu knows what no argument says
}

// args are those that were given, to be copied: without what an address in them signs in
// with.
func (s *session) args() []string {
	var args []string
	for _, arg := range s.sys.Args {
		args = append(args, secret.HideSignIn(arg))
	}
	return args
}
