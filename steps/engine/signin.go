package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"stateroom/awsops"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// RenewLeft is what a token has left at least that is not renewed: Terraform renews one
// only when it has expired, in the middle of an apply (facts/identity-center.md, section 5).
const RenewLeft = 20 * time.Minute

// TokenLeft is what a token has left at least with which something is asked.
const TokenLeft = time.Minute

// signInWait is how long somebody may take to sign in: what the AWS CLI allows, and how
// long AWS's codes last.
const signInWait = 10 * time.Minute

// maxToken bounds the file of a token.
const maxToken = 1 << 20

// errNobodySignsIn says that nobody can be shown where to sign in.
var errNobodySignsIn = errors.New("nobody can be shown where to sign in: run the command in a terminal")

// errNotSignedIn ends a sign-in that took too long.
var errNotSignedIn = fmt.Errorf("nobody signed in within %d minutes. Run the command again", int(signInWait.Minutes()))

// errRefusedInBrowser ends a sign-in to which the person said no.
var errRefusedInBrowser = errors.New("the sign-in was refused in the browser. Run the command again to sign in")

// stoppedSignIn ends a sign-in in the middle of which somebody has stopped the run.
type stoppedSignIn struct{}

// Error says what became of it.
func (stoppedSignIn) Error() string { return "the sign-in was interrupted" }

// Unwrap tells that it is no failure of anything.
func (stoppedSignIn) Unwrap() error { return context.Canceled }

// TokenPath is where AWS's tools look for the token of a session.
func (e *Env) TokenPath(session string) string {
	return filepath.Join(e.TokenDir, profiles.TokenFile(session))
}

// SignInToken is the token of a session, and the portal that it is of; zero where there is none
// that can be read.
func (e *Env) SignInToken(ctx context.Context, session string) (awsops.PortalToken, awsops.Portal) {
	text, err := files.Load(ctx, e.TokenPath(session), files.Limit{Bytes: maxToken})
	if err != nil {
		return awsops.PortalToken{}, awsops.Portal{}
	}
	return awsops.ReadPortalToken(text)
}

// signIn renews the token of a session, or lets somebody sign in, and keeps the token. No
// other session's is touched, and nothing is written before there is a token.
func (x *Executor) signIn(ctx context.Context, do plan.SignInTo) error {
	if x.env.TokenDir == "" {
		_, err := profiles.TokenDir(x.env.Environ.Get)
		return err
	}
	ctx, done := untilStopped(ctx, x.stop)
	defer done()
	state, until, err := x.signedIn(ctx, do)
	x.emit(plan.Event{Kind: plan.EventSignIn, Err: err, SignIn: &plan.SignInNews{State: state, StartURL: do.Portal.StartURL, Until: until}})
	if err != nil || state != plan.SignInDone {
		return err
	}
	return x.assigned(ctx, do)
}

// assigned tells whether who has just signed in has the permission set: without it every
// Terraform after that fails, each in many words of its own. What else stands against asking
// is those' to tell.
func (x *Executor) assigned(ctx context.Context, do plan.SignInTo) error {
	token, at := x.env.SignInToken(ctx, do.Session)
	_, err := x.env.Sessions.Signed(at, token.Access, x.answers.AdminAccount, do.Set, x.answers.StateRegion).Identity(ctx)
	if awsops.HasCode(err, "ForbiddenException") {
		return fmt.Errorf("you are signed in, but permission set %s in account %s is not assigned to you", do.Set, x.answers.AdminAccount)
	}
	return nil
}

// signedIn signs in and keeps the token, and tells what came of it.
func (x *Executor) signedIn(ctx context.Context, do plan.SignInTo) (plan.SignInState, time.Time, error) {
	s, state := x.env.Sessions.SignIn(do.Portal), plan.SignInRenewed
	token, err := x.renewed(ctx, s, do)
	if err == nil && token.Access.IsZero() {
		state = plan.SignInDone
		token, err = x.byPerson(ctx, s, do.Portal)
	}
	var text []byte
	if err == nil {
		text, err = token.Cached(do.Portal)
	}
	// A kill may leave an empty lock file beside the token, until the next one is written, or
	// what was to take its place. No tool takes them for a token: each looks for its own by
	// name, and aws sso logout, which reads every file, passes by what is no JSON and ends and
	// deletes what holds a token (awscli/customizations/sso/logout.py).
	if err == nil {
		err = files.PutOwn(ctx, x.env.TokenPath(do.Session), text)
	}
	switch {
	case err == nil:
		return state, token.Expires, nil
	case errors.Is(err, errRefusedInBrowser):
		state = plan.SignInRefused
	case errors.Is(err, errNotSignedIn):
		state = plan.SignInLate
	default:
		state = plan.SignInFailed
	}
	return state, time.Time{}, err
}

// renewed is the token anew, where it can be had without anybody; zero where somebody has
// to sign in, since the session at the portal is over, or a token of it would last no moment.
// Another program may have renewed it at the same time, and then the one that was read does
// not count any more.
func (x *Executor) renewed(ctx context.Context, s *awsops.SignIn, do plan.SignInTo) (awsops.PortalToken, error) {
	before, at := x.env.SignInToken(ctx, do.Session)
	if at != do.Portal || !before.Renewable(time.Now()) {
		return awsops.PortalToken{}, nil
	}
	token, err := s.Renew(ctx, before)
	switch {
	case err == nil && !token.Valid(time.Now(), TokenLeft):
		return awsops.PortalToken{}, nil
	case !awsops.IsSignInOver(err):
		return token, err
	}
	now, at := x.env.SignInToken(ctx, do.Session)
	if at == do.Portal && now.Access.Reveal() != before.Access.Reveal() && now.Valid(time.Now(), RenewLeft) {
		return now, nil
	}
	return awsops.PortalToken{}, nil
}

// byPerson lets somebody sign in: with the browser of this machine where there is one, else
// on another device.
func (x *Executor) byPerson(ctx context.Context, s *awsops.SignIn, at awsops.Portal) (awsops.PortalToken, error) {
	if x.env.Asks.Visit == nil {
		return awsops.PortalToken{}, errNobodySignsIn
	}
	show := func(ctx context.Context, page plan.Visit) error {
		x.emit(plan.Event{Kind: plan.EventSignIn, SignIn: &plan.SignInNews{State: plan.SignInVisit, StartURL: at.StartURL, Visit: &page}})
		return x.env.Asks.Visit(ctx, page)
	}
	return patiently(ctx, func(ctx context.Context) (token awsops.PortalToken, err error) {
		err = plan.ErrByCode
		if x.env.Asks.Browser != nil {
			token, err = x.byBrowser(ctx, s, show)
		}
		if errors.Is(err, plan.ErrByCode) {
			token, err = x.byDevice(ctx, s, show)
		}
		return token, err
	})
}

// patiently waits for somebody to sign in, as long as that may take.
func patiently(ctx context.Context, sign func(context.Context) (awsops.PortalToken, error)) (awsops.PortalToken, error) {
	ctx, done := context.WithTimeoutCause(ctx, signInWait, errNotSignedIn)
	defer done()
	token, err := sign(ctx)
	switch {
	case err != nil && errors.Is(context.Cause(ctx), errNotSignedIn):
		err = errNotSignedIn
	case errors.Is(err, context.Canceled):
		err = stoppedSignIn{}
	}
	return token, err
}

// byBrowser lets the browser of this machine bring a code to a port of it.
func (x *Executor) byBrowser(ctx context.Context, s *awsops.SignIn, show showing) (none awsops.PortalToken, err error) {
	back, err := listenForCode(ctx)
	if err != nil {
		return none, plan.ErrByCode // no port of this machine can be had
	}
	defer back.close(ctx)
	b, err := s.Browser(ctx, back.port())
	if err != nil {
		return none, err
	}
	back.begin(b.State)
	if err := x.env.Asks.Browser(ctx, b.Address.Reveal()); err != nil {
		return none, plan.ErrByCode
	}
	code, err := visiting(ctx, show, plan.Visit{Address: b.Address, Until: time.Now().Add(signInWait)}, back.await)
	if err != nil {
		return none, err
	}
	return b.Redeem(ctx, code)
}

// byDevice lets somebody sign in on another device.
func (x *Executor) byDevice(ctx context.Context, s *awsops.SignIn, show showing) (none awsops.PortalToken, err error) {
	d, err := s.Device(ctx)
	if err != nil {
		return none, err
	}
	token, err := visiting(ctx, show, plan.Visit{Address: d.Address, Code: d.Code, Page: d.Page, Until: d.Until}, d.Await)
	switch {
	case awsops.IsSignInOver(err):
		err = errNotSignedIn
	case awsops.IsSignInRefused(err):
		err = errRefusedInBrowser
	}
	return token, err
}

// showing shows somebody a page, as [plan.Asks] has it.
type showing func(context.Context, plan.Visit) error

// visiting shows a page until what is awaited has come, or the person gives up.
func visiting[T any](ctx context.Context, show showing, page plan.Visit, await func(context.Context) (T, error)) (got T, err error) {
	ctx, done := context.WithCancelCause(ctx)
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		if err := show(ctx, page); err != nil {
			done(err)
		}
	}()
	got, err = await(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	done(nil)
	<-shown
	return got, err
}
