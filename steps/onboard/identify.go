package onboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files/profiles"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// The checks of the key itself.
const (
	checkKey     = "key works"
	checkAccount = "right account"
	checkUser    = "expected user"
	checkAge     = "key age"
	checkClock   = "clock"
)

// identify finds out whose key is there: first the one in the profile, which is
// the user's own once it works, else the one that was handed over. Nothing is
// written before AWS has said who the key's user is.
func (s *scene) identify(ctx context.Context) error {
	s.user = s.expected()
	s.profile = s.keyProfile()
	s.held = s.keyIn(s.profile)
	if err := s.askHeld(ctx); err != nil {
		return err
	}
	if s.standing == own {
		s.welcome()
		return nil
	}
	if s.o.KeyID == "" {
		s.noKey()
		return nil
	}
	if err := s.askGiven(ctx); err != nil || s.review.Blocked() {
		return err
	}
	s.welcome()
	return nil
}

// expected is the user that is told beforehand: by the handover, or by --me.
func (s *scene) expected() string {
	if s.o.Handover != nil {
		return s.o.Handover.User
	}
	return s.a.Me
}

// keyProfile is the profile that holds a key: the one beside Terraform's, which
// then has a session, or Terraform's own, from which the key may have to move.
// Where neither holds one it is the user's, as far as the user is known.
func (s *scene) keyProfile() string {
	switch long := s.a.LongTermProfile(); {
	case s.keyIn(long) != "":
		return long
	case s.keyIn(s.a.AdminProfile) != "" && !s.holdsSession():
		return s.a.AdminProfile
	}
	return s.a.KeyProfile(s.user)
}

// holdsSession tells whether Terraform's profile has a session's keys and not a
// user's.
func (s *scene) holdsSession() bool {
	p, _ := profiles.Read(profiles.Credentials, s.credentials, s.a.AdminProfile)
	return p.Get("aws_session_token") != ""
}

// keyIn is the access key id in a profile of the credentials file, or empty.
func (s *scene) keyIn(profile string) string {
	p, _ := profiles.Read(profiles.Credentials, s.credentials, profile)
	return p.Get("aws_access_key_id")
}

// askHeld asks AWS about the key in the profile.
func (s *scene) askHeld(ctx context.Context) error {
	if s.held == "" {
		return nil
	}
	session, err := s.env.Sessions.Profile(ctx, s.profile, s.region)
	if err != nil {
		s.standing, s.refusal = dead, err // half a key, or a way to credentials that leads nowhere
		return nil                        //nolint:nilerr // it is told where no other key works
	}
	s.identity, err = s.ask(ctx, session, s.held)
	switch {
	case err == nil && s.expectedIs(s.identity):
		s.standing, s.caller, s.as = own, session, s.profile
	case err == nil:
		s.standing = other
	case awsops.IsCredentials(err):
		s.standing, s.refusal = dead, err
	default:
		return err
	}
	return nil
}

// askGiven asks AWS about the key that was handed over.
func (s *scene) askGiven(ctx context.Context) error {
	session := s.env.Sessions.Home(s.region)
	identity, err := s.ask(ctx, session, s.o.KeyID)
	if awsops.IsCredentials(err) {
		s.broken(s.keyCheck(s.o.KeyID), s.refused(err, s.o.KeyID))
		return nil
	}
	if err != nil {
		return err
	}
	s.identity, s.caller = identity, session
	if !s.expectedIs(identity) {
		s.stranger(s.o.KeyID, identity)
	}
	return nil
}

// ask asks AWS whose a key is. One that AWS does not know may have been made just
// now, so it is asked for some time, which is told.
func (s *scene) ask(ctx context.Context, session *awsops.Session, id string) (awsops.Identity, error) {
	identity, err := session.WaitKeyUsable(ctx, 0)
	patience := s.fresh()
	if !awsops.IsUnknownKey(err) || patience <= 0 {
		return identity, err
	}
	s.env.Emit(plan.Event{Kind: plan.EventProgress, Text: fmt.Sprintf(
		"AWS does not know access key %s. It may be too new, so this asks again for up to %s.", id, (patience + time.Second - 1).Truncate(time.Second))})
	return session.WaitKeyUsable(ctx, patience)
}

// expectedIs tells whether a key's identity is the user whose laptop this is.
func (s *scene) expectedIs(id awsops.Identity) bool {
	return id.Account == s.a.AdminAccount && id.Kind == awsops.KindUser && (s.user == "" || strings.EqualFold(id.Name, s.user))
}

func (s *scene) keyCheck(id string) plan.Check {
	return plan.Check{Name: checkKey, Asked: s.asking(id)}
}

// asking names the first question of all, and who asks it.
func (s *scene) asking(id string) string {
	if id == s.held {
		return fmt.Sprintf("sts:GetCallerIdentity as profile %s (access key %s)", s.profile, id)
	}
	return "sts:GetCallerIdentity as access key " + id
}

// refused is the finding of a key that AWS does not take.
func (s *scene) refused(err error, id string) plan.Finding {
	f := because(err)
	f.Of, f.Blocks = plan.StepIAM, true
	cause, _ := diagnosis.FromError(err)
	switch {
	case cause == diagnosis.ClockSkew:
		f.ID, f.Remedy = cause.ID, "Set this machine's clock, for example with NTP, then run it again."
	case cause == diagnosis.SignatureMismatch:
		f.ID, f.Remedy = cause.ID, "Paste id and secret once more, as they were handed out."
	case awsops.IsStaleToken(err):
		f.ID, f.Remedy = cause.ID, "Take the token out as it says, then run it again."
		if stale := steps.StaleToken(s.credentials, s.config, s.profile); stale != nil {
			f.Evidence, f.Remedy = stale.Evidence, strings.TrimSuffix(stale.Remedy, ".")+", then run it again."
		}
	case cause == diagnosis.KeyInvalid:
		f.ID = cause.ID
		f.Evidence = fmt.Sprintf("AWS does not take access key %s: it was deleted or made inactive, as happens once another laptop has made a key of its own in its place. %s", id, f.Evidence)
		f.Remedy = fmt.Sprintf("If another laptop of yours has the key now, copy its profile %s into %s. Else ask%s", s.profile, s.credentials.Path, strings.TrimPrefix(handover.AskAgain, "Ask"))
	default:
		f.ID, f.Remedy = diagnosis.CredentialsMissing.ID, "Correct profile "+s.profile+" in "+s.credentials.Path+", then run it again."
	}
	return f
}

// stranger is told where a key works and is not the user's.
func (s *scene) stranger(id string, who awsops.Identity) {
	c := plan.Check{Name: checkUser, Asked: s.asking(id), Answer: who.ARN}
	f := plan.Finding{Of: plan.StepIAM, Severity: plan.Failure, Blocks: true}
	switch {
	case who.Account != s.a.AdminAccount:
		c.Name, f.ID = checkAccount, diagnosis.WrongAccount.ID
		f.Evidence = fmt.Sprintf("Access key %s is of account %s, and the team's admin account is %s.", id, who.Account, s.a.AdminAccount)
		f.Remedy = "Use the key that the operator of account " + s.a.AdminAccount + " handed over."
	case who.Kind == awsops.KindRoot:
		f.ID = "onboard.root-key"
		f.Evidence = fmt.Sprintf("Access key %s is the root user's of account %s, which nobody works with.", id, who.Account)
		f.Remedy = "Delete it, and use an IAM user's key."
	default:
		f.ID = "onboard.other-user"
		f.Evidence = fmt.Sprintf("Access key %s belongs to %s and not to user %s.", id, who.ARN, s.user)
		f.Remedy = "Use " + whose(s.user) + " own key, or name the user that it belongs to with --me."
	}
	s.broken(c, f)
}

// noKey is told where neither the profile nor a handover brings a usable key.
func (s *scene) noKey() {
	switch s.standing {
	case absent:
		s.broken(plan.Check{Name: checkKey, Asked: s.credentials.Path}, plan.Finding{
			ID: "onboard.no-key", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("Profile %s in %s holds no access key, and none was handed over.", s.profile, s.credentials.Path),
			Remedy:   "Run stateroom onboard --handover FILE with the file that the operator sent.",
		})
	case other:
		s.stranger(s.held, s.identity)
	case dead:
		s.broken(s.keyCheck(s.held), s.refused(s.refusal, s.held))
	case own: // then there is one
	}
}

// welcome checks what is known of the user by now.
func (s *scene) welcome() {
	id := s.key()
	for _, name := range s.a.AllUsers() {
		if strings.EqualFold(name, s.identity.Name) {
			s.user = name
		}
	}
	if s.user == "" {
		s.user = s.identity.Name
	}
	asked := s.asking(id)
	s.check(plan.Check{Name: checkKey, Asked: asked, Answer: s.identity.ARN, Verdict: plan.Passed})
	s.check(plan.Check{Name: checkAccount, Asked: asked, Answer: s.identity.Account, Verdict: plan.Passed})
	s.check(plan.Check{Name: checkUser, Asked: asked, Answer: s.identity.Name, Verdict: plan.Passed})
	s.clock()
	if len(s.a.GroupsOf(s.user)) == 0 {
		s.find(plan.Finding{
			ID: "onboard.not-in-group", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("The blueprint names user %s in no group, so there is no environment to work on.", s.user),
			Remedy:   "Let the operator add the name to a group in " + s.env.BlueprintPath + " and run stateroom setup.",
		})
	}
}

// clock tells of one that is off so far that AWS refuses what it signs.
func (s *scene) clock() {
	var off *plan.Refusal
	if errors.As(engine.ClockOff(s.caller), &off) {
		s.broken(plan.Check{Name: checkClock, Asked: "the date of AWS's answer"}, plan.Finding{
			ID: off.Finding, Of: plan.StepAccount, Severity: plan.Failure, Blocks: true, Evidence: off.What, Remedy: off.Remedy,
		})
	}
}

// inspectKeys reads what IAM knows of the user's keys, and the key of the state.
func (s *scene) inspectKeys(ctx context.Context) error {
	var err error
	s.keys, err = s.caller.AccessKeys(ctx, s.identity.Name)
	switch {
	case awsops.IsAccessDenied(err):
		s.find(plan.Finding{
			ID: "onboard.not-in-group", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("User %s may not see its own access keys, which every member of %s may: %s",
				s.user, strings.Join(s.a.GroupsOf(s.user), ", "), reason(err)),
			RequestIDs: awsops.RequestIDs(err),
			Remedy:     "Let the operator run stateroom setup, which adds " + s.user + " to the group.",
		})
		return nil
	case err != nil:
		return err
	}
	s.lost, _, err = engine.FindLostKeys(ctx, s.env.Journal, s.caller, keyChange(s.user), s.keys, s.held)
	if err != nil {
		return err // it says what was asked of whom
	}
	s.age()
	return s.readStateKey(ctx)
}

// oldKey is the age at which a key is due for renewal.
const oldKey = 90 * 24 * time.Hour

// age tells how old the key in use is.
func (s *scene) age() {
	id := s.key()
	i := slices.IndexFunc(s.keys, func(k awsops.AccessKey) bool { return k.ID == id })
	if i < 0 {
		return
	}
	old := max(0, s.o.Now().Sub(s.keys[i].Created))
	c := plan.Check{
		Name: checkAge, Asked: "iam:ListAccessKeys as " + s.identity.ARN, Verdict: plan.Passed,
		Answer: fmt.Sprintf("%d days", int(old.Hours()/24)),
	}
	s.check(c)
	if s.standing == own && old > oldKey && !s.o.Rotate {
		s.find(plan.Finding{
			ID: "onboard.key-old", Of: plan.StepIAM, Severity: plan.Info,
			Evidence: fmt.Sprintf("Access key %s is %d days old.", id, int(old.Hours()/24)),
			Remedy:   "Renew it with stateroom onboard --rotate.",
		})
	}
}

// readStateKey finds the key by its alias, whose ARN the backend blocks name.
func (s *scene) readStateKey(ctx context.Context) error {
	var err error
	s.stateKey, err = s.caller.Key(ctx, s.a.Key.Alias)
	if f, ok := askOperator(err); ok {
		s.find(f)
		return nil
	}
	if err != nil {
		return err
	}
	unusable := diagnosis.OfKey(s.stateKey)
	if unusable == nil {
		return nil
	}
	f := plan.Finding{
		ID: unusable.ID, Of: unusable.Step, Severity: plan.Failure, Remedy: unusable.Operator,
		Evidence: fmt.Sprintf("There is no key %s in account %s, region %s.", s.a.Key.Alias, s.a.AdminAccount, s.region),
	}
	if s.stateKey != nil {
		f.Evidence = fmt.Sprintf("Key %s: %s", s.stateKey.ARN, unusable.Meaning)
	}
	s.find(f)
	return nil
}
