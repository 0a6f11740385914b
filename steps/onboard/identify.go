package onboard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// The checks of the key itself.
const (
	checkKey     = "key works"
	checkAccount = "account matches"
	checkUser    = "user matches"
	checkAge     = "key age"
	checkClock   = "clock"
)

// identity is whose laptop this is, as AWS names it, and the key that told so.
type identity struct {
	awsops.Identity
	// user is the name as the blueprint writes it.
	user string
	// profile holds, or will hold, the user's access key; held is the key in it, and
	// status what that one came to.
	profile, held string
	status        keyStatus
	// given is the key that was handed over or pasted.
	given string
	// knownIn is a region that knows a key of which that of the state knows nothing.
	knownIn string
	// caller asks; as is the profile as which changes that come before the new
	// key are sent, empty for the key that was handed over.
	caller *awsops.Session
	as     string
}

// keyStatus is what the access key in the profile came to.
type keyStatus int

const (
	// none: there is no key to ask with.
	none keyStatus = iota
	// owned: it works and is the user's.
	owned
	// foreign: it works and is somebody else's.
	foreign
	// rejected: AWS does not take it.
	rejected
)

// key is the key to ask with, whose place a new one takes: the user's own, or the
// one that was handed over.
func (who *identity) key() string {
	if who.status == owned {
		return who.held
	}
	return who.given
}

// identify finds out whose key is there: first the one in the profile, which is
// the user's own once it works, else the one that was handed over. Nothing is
// written before AWS has said who the key's user is.
func identify(ctx context.Context, in *inputs) (identity, error) {
	who := identity{user: in.answers.Me, given: in.given}
	if in.handover != nil {
		who.user = in.handover.User
	}
	who.profile = in.keyProfile(who.user)
	who.held = in.keyIn(who.profile)
	refusal, err := who.askHeld(ctx, in)
	switch {
	case err != nil:
		return who, err
	case who.status == owned:
	case who.given == "":
		in.findNoKey(&who, refusal)
		return who, nil
	default:
		if err := who.askGiven(ctx, in); err != nil || in.review.Blocked() {
			return who, err
		}
	}
	who.greet(in)
	return who, nil
}

// keyProfile is the profile that holds a key: the one beside Terraform's, which
// then has a session, or Terraform's own, from which the key may have to move.
// Where neither holds one it is the user's, as far as the user is known.
func (in *inputs) keyProfile(user string) string {
	switch long := in.answers.LongTermProfile(); {
	case in.keyIn(long) != "":
		return long
	case in.keyIn(in.answers.AdminProfile) != "" && !in.holdsSession():
		return in.answers.AdminProfile
	}
	return in.answers.KeyProfile(user)
}

// askHeld asks AWS about the key in the profile. It gives why AWS does not take a
// rejected one.
func (who *identity) askHeld(ctx context.Context, in *inputs) (refusal, err error) {
	if who.held == "" {
		return nil, nil
	}
	session, err := in.env.Sessions.Profile(ctx, who.profile, in.answers.StateRegion)
	if err != nil {
		who.status = rejected // half a key, or a way to credentials that leads nowhere
		return err, nil       // it is told where no other key works
	}
	who.Identity, err = in.ask(ctx, session, who.user, who.held)
	switch {
	case err == nil && who.expected(in):
		who.status, who.caller, who.as = owned, session, who.profile
	case err == nil:
		who.status = foreign
	case awsops.IsCredentials(err):
		who.status = rejected
		who.seekKey(ctx, in, session, err)
		return err, nil
	}
	return nil, err
}

// askGiven asks AWS about the key that was handed over.
func (who *identity) askGiven(ctx context.Context, in *inputs) error {
	session := in.env.Sessions.Home(in.answers.StateRegion)
	found, err := in.ask(ctx, session, who.user, who.given)
	if awsops.IsCredentials(err) {
		who.seekKey(ctx, in, session, err)
		in.findRefused(who, err, who.given)
		return nil
	}
	if err != nil {
		return err
	}
	who.Identity, who.caller = found, session
	if !who.expected(in) {
		in.findForeign(who, who.given)
	}
	return nil
}

// seekKey asks for a key that AWS does not know where the profile and the shell point, and
// where every account's keys are known.
func (who *identity) seekKey(ctx context.Context, in *inputs, session *awsops.Session, err error) {
	if !awsops.IsUnknownKey(err) {
		return
	}
	own := ""
	if s, err := in.env.Sessions.Profile(ctx, who.profile, ""); err == nil {
		own = s.Region()
	}
	who.knownIn = session.KnownIn(ctx, in.env.Sessions.Region(), own, in.answers.StateRegion)
}

// ask asks AWS whose a key is. One that AWS does not know may have been made just
// now, so it is asked for some time, which is told.
func (in *inputs) ask(ctx context.Context, session *awsops.Session, user, id string) (awsops.Identity, error) {
	found, err := session.WaitKeyUsable(ctx, 0)
	patience := in.keyPatience(user)
	if !awsops.IsUnknownKey(err) || patience <= 0 {
		return found, err
	}
	in.env.Emit(plan.Event{Kind: plan.EventProgress, Text: fmt.Sprintf(
		"AWS does not know access key %s. It may be too new, so this asks again for up to %s.", id, (patience + time.Second - 1).Truncate(time.Second))})
	return session.WaitKeyUsable(ctx, patience)
}

// keyPatience is how long a key that was made just now may still be unknown to AWS:
// the patience that is left since the handover was sealed, or since this laptop
// set out to make a key. Past the first minute, in which most keys come to be
// known, it is no longer than a person at a terminal bears for a key that is
// likely to be dead.
func (in *inputs) keyPatience(user string) time.Duration {
	const veryFresh, bearable = time.Minute, 30 * time.Second
	begun := []string{in.env.Journal.Intent(keyChange(user))["at"]}
	if in.handover != nil {
		begun = append(begun, in.handover.SealedAt)
	}
	left := time.Duration(0)
	for _, text := range begun {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			continue
		}
		age := in.now().Sub(at).Abs()
		still := in.env.Patience - age
		if age > veryFresh {
			still = min(still, bearable)
		}
		left = max(left, still)
	}
	return left
}

// expected tells whether a key's identity is the user whose laptop this is.
func (who *identity) expected(in *inputs) bool {
	return who.Account == in.answers.AdminAccount && who.Kind == awsops.KindUser && (who.user == "" || strings.EqualFold(who.Name, who.user))
}

// asked names the first question of all, and who asks it.
func (who *identity) asked(id string) string {
	if id == who.held {
		return fmt.Sprintf("sts:GetCallerIdentity as profile %s (access key %s)", who.profile, id)
	}
	return "sts:GetCallerIdentity as access key " + id
}

// greet checks what is known of the user by now.
func (who *identity) greet(in *inputs) {
	if name, known := in.answers.User(who.Name); known || who.user == "" {
		who.user = name
	}
	asked := who.asked(who.key())
	in.passed(plan.Check{Name: checkKey, Asked: asked}, who.ARN)
	in.passed(plan.Check{Name: checkAccount, Asked: asked}, who.Account)
	in.passed(plan.Check{Name: checkUser, Asked: asked}, who.Name)
	var off *plan.Refusal // a clock that is off so far that AWS refuses what it signs
	if errors.As(engine.ClockOff(who.caller), &off) {
		in.broken(plan.Check{Name: checkClock, Asked: "the date of AWS's answer"}, plan.Finding{
			ID: off.Finding, Of: plan.StepAccount, Severity: plan.Failure, Blocks: true, Evidence: off.What, Remedy: off.Remedy,
		})
	}
	if in.answers.WithoutBlueprint && len(in.answers.GroupsOf(who.user)) == 0 { // whose projects they are is the key's to say
		who.user = who.Name
		in.answers.Groups = append(in.answers.Groups, blueprint.Group{Name: "admins", Users: []string{who.Name}, Environments: []string{blueprint.Everything}})
	}
	if len(in.answers.GroupsOf(who.user)) == 0 {
		in.find(plan.Finding{
			ID: "onboard.not-in-group", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("The blueprint names user %s in no group, so there is no environment to work on.", who.user),
			Remedy:   "Ask the operator to add the name to a group in " + in.env.BlueprintPath + " and run stateroom setup.",
		})
	}
}

// findNoKey tells of a profile and a handover neither of which brings a usable key.
func (in *inputs) findNoKey(who *identity, refusal error) {
	switch who.status {
	case none:
		in.broken(plan.Check{Name: checkKey, Asked: in.credentials.Path}, plan.Finding{
			ID: "onboard.no-key", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("Profile %s in %s holds no access key, and none was handed over.", who.profile, in.credentials.Path),
			Remedy:   "Run stateroom onboard --handover FILE with the file that the operator sent.",
		})
	case foreign:
		in.findForeign(who, who.held)
	case rejected:
		in.findRefused(who, refusal, who.held)
	case owned: // then there is one
	}
}

// findRefused tells of a key that AWS does not take.
func (in *inputs) findRefused(who *identity, err error, id string) {
	f := because(err)
	f.Of, f.Blocks = plan.StepIAM, true
	cause, _ := diagnosis.FromError(err)
	switch {
	case cause == diagnosis.ClockSkew:
		f.ID, f.Remedy = cause.ID, setClock
	case cause == diagnosis.SignatureMismatch:
		f.ID, f.Remedy = cause.ID, "Paste id and secret again, exactly as you received them."
	case awsops.IsStaleToken(err):
		f.ID, f.Remedy = cause.ID, "Remove the token as described, then run the command again."
		if stale := steps.StaleToken(in.credentials, in.config, who.profile); stale != nil {
			f.Evidence, f.Remedy = stale.Evidence, strings.TrimSuffix(stale.Remedy, ".")+", then run the command again."
		}
	case cause == diagnosis.KeyInvalid && who.knownIn != "":
		evidence, remedy := steps.KnownElsewhere(who.knownIn, in.answers.StateRegion)
		f.ID, f.Evidence, f.Remedy = cause.ID, evidence+" "+f.Evidence, remedy
	case cause == diagnosis.KeyInvalid:
		f.ID = cause.ID
		f.Evidence = fmt.Sprintf("AWS rejects access key %s: it was deleted or made inactive, as happens once another laptop has made a key of its own in its place. %s", id, f.Evidence)
		f.Remedy = fmt.Sprintf("If another laptop of yours has the key now, copy its profile %s into %s. Otherwise, ask%s", who.profile, in.credentials.Path, strings.TrimPrefix(handover.AskAgain, "Ask"))
	default:
		f.ID, f.Remedy = diagnosis.CredentialsMissing.ID, "Correct profile "+who.profile+" in "+in.credentials.Path+", then run the command again."
	}
	in.broken(plan.Check{Name: checkKey, Asked: who.asked(id)}, f)
}

// setClock is the remedy of a clock by which AWS refuses what it signs.
const setClock = "Set this machine's clock, for example with NTP, then run the command again."

// findForeign tells of a key that works and is not the user's.
func (in *inputs) findForeign(who *identity, id string) {
	c := plan.Check{Name: checkUser, Asked: who.asked(id), Answer: who.ARN}
	f := plan.Finding{Of: plan.StepIAM, Severity: plan.Failure, Blocks: true}
	admin := in.answers.AdminAccount
	switch {
	case who.Account != admin:
		c.Name, f.ID = checkAccount, diagnosis.WrongAccount.ID
		f.Evidence = fmt.Sprintf("Access key %s belongs to account %s, and the team's admin account is %s.", id, who.Account, admin)
		f.Remedy = "Use the key that the operator of account " + admin + " handed over."
	case who.Kind == awsops.KindRoot:
		f.ID = "onboard.root-key"
		f.Evidence = fmt.Sprintf("Access key %s is the root user's of account %s, which nobody should use.", id, who.Account)
		f.Remedy = "Delete it, and use an IAM user's key."
	default:
		f.ID = "onboard.other-user"
		f.Evidence = fmt.Sprintf("Access key %s belongs to %s and not to user %s.", id, who.ARN, who.user)
		f.Remedy = "Use " + plan.Whose(who.user) + " own key, or name the user that it belongs to with --me."
	}
	in.broken(c, f)
}
