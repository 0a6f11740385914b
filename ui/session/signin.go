package session

import (
	"context"
	"errors"
	"strings"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/onboard"
	"stateroom/steps/plan"
	"stateroom/ui/plain"
	"stateroom/ui/practice"
)

// pathSignIn is the question which sign-in is practiced.
const pathSignIn = "sign-in"

// byCode and byBrowser are its answers.
const (
	byCode    = "with a code"
	byBrowser = "in the browser"
)

// practicedSignIn asks whoever practices what there is to sign in with.
var practicedSignIn = plan.Question{
	Path: pathSignIn, Prompt: "Which sign-in do you want to practice?", Kind: plan.Choice, Options: []string{byCode, byBrowser}, Default: byCode, Required: true,
	Help: "Both end with a profile that Terraform can use. Without --sandbox your team's blueprint says which one is yours.",
	Means: map[string]string{
		byCode:    "Production requires MFA, so Terraform works with a session. You are told the code that your app shows.",
		byBrowser: "Your team signs in with IAM Identity Center. The sandbox has a browser of its own, which agrees.",
	},
}

// pathDay is the question which day of an admin's is practiced.
const pathDay = "day"

// firstDay and moveDay are its answers.
const (
	firstDay = "a first day, with the file that the operator sent"
	moveDay  = "the day on which a key gives way to Identity Center"
)

// practicedDay asks whoever practices onboarding what it begins with.
var practicedDay = plan.Question{
	Path: pathDay, Prompt: "Which day do you want to practice?", Kind: plan.Choice, Options: []string{firstDay, moveDay}, Default: firstDay, Required: true,
	Help: "Both end with a table of what works. Without --sandbox your team's blueprint and this laptop say which one it is.",
	Means: map[string]string{
		firstDay: "You are bob, new on the team, at a laptop of your own.",
		moveDay:  "You are alice. Your key is on this laptop, and the operator has let the team sign in with Identity Center.",
	},
}

// rehearseDay prepares the lab for the day that was chosen.
func (s *session) rehearseDay(ctx context.Context, given plan.Given) error {
	way := practice.ByKey
	if given.Text(pathDay) == moveDay {
		way = practice.ByBrowser
	}
	if s.ready && s.lab.SignIn == way {
		return nil
	}
	if s.ready { // somebody has gone back, and what the other day had brought is gone with it
		delete(given, onboard.PathHandover)
		delete(given, onboard.PathIdentity)
		s.Blueprint, s.asAdmin = "", false
	}
	if err := s.anotherLab(ctx); err != nil || way == practice.ByKey {
		return err
	}
	if err := s.prepareLab(ctx, ""); err != nil {
		return err
	}
	s.lab.SignIn = way
	a := &blueprint.Answers{Blueprint: s.lab.Blueprint(), Asked: true}
	env, err := s.operator(ctx, a, plan.Asks{})
	if err != nil {
		return err
	}
	return s.lab.LeaveKeys(ctx, env, a)
}

// overnight is what somebody who practices finds.
var overnight = plan.Stage{
	Title: "Signed out",
	Why:   "You are alice, an admin. Your sign-in has ended overnight, and Terraform says that the token has expired.",
}

// loggingIn is the opener of a sign-in. A rehearsal begins where the last one has ended.
func (s *session) loggingIn(ctx context.Context) (engine.Open, plan.Given, error) {
	open, given, err := logging(s, ctx)
	if err != nil || s.lab == nil || s.Blueprint != "" {
		return open, given, err
	}
	return func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
		if s.ask && !s.Yes && !given.Asked(pathSignIn) {
			return engine.Opened{Stage: &overnight, Questions: []plan.Question{practicedSignIn}}, nil
		}
		way := practice.ByCode
		if given.Text(pathSignIn) == byBrowser {
			way = practice.ByBrowser
		}
		if err := s.signedOut(ctx, way); err != nil {
			return engine.Opened{}, err
		}
		return open(ctx, given, asks)
	}, given, nil
}

// signedOut prepares a lab in which nobody is signed in, another one where somebody has
// gone back and chosen another way.
func (s *session) signedOut(ctx context.Context, way practice.SignIn) error {
	if s.ready && s.lab.SignIn == way {
		return nil
	}
	if err := s.anotherLab(ctx); err != nil {
		return err
	}
	s.lab.SignIn = way
	if err := s.prepareLab(ctx, ""); err != nil {
		return err
	}
	return s.lab.SignOut(ctx)
}

// withApp lets whoever rehearses see what the app would show, and answers where nobody is
// asked.
func (s *session) withApp(ask func(context.Context, plan.SignIn) (string, error)) func(context.Context, plan.SignIn) (string, error) {
	return func(ctx context.Context, in plan.SignIn) (string, error) {
		code := s.lab.Code(in.Device)
		switch {
		case ask == nil:
			return code, nil
		case code != "":
			in.Note = strings.TrimSpace(in.Note + " The app of this rehearsal shows " + code + ".")
		}
		given, err := ask(ctx, in)
		if errors.Is(err, plain.ErrNoAnswer) && code != "" { // the input has ended: nobody is there to read it off
			return code, nil
		}
		return given, err
	}
}

// anotherLab takes a new lab in the place of one that is prepared.
func (s *session) anotherLab(ctx context.Context) error {
	if !s.ready {
		return nil
	}
	if err := s.closeLab(nil); err != nil {
		return err
	}
	s.ready = false
	return s.startLab(ctx)
}
