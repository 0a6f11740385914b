package onboard

import (
	"context"
	"fmt"
	"time"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// sessionLife is how long a session lasts: a working day, AWS's own default
// (sts:GetSessionToken takes up to 36 hours).
const sessionLife = 12 * time.Hour

// sessionLeft is what a session must have left to count as one: time enough for a
// plan to be read and applied.
const sessionLeft = time.Hour

// checkSession is the check of the session in Terraform's profile.
const checkSession = "session"

// sessionChange is the id of the change that opens a session, under which the
// journal keeps when it ends.
func sessionChange(user string) string { return "onboard.session." + user }

// findSession finds out whether Terraform's profile holds a session of the user's
// that was opened with a second factor: IAM answers no other (API Reference,
// GetSessionToken).
func (s *scene) findSession(ctx context.Context) error {
	p, _ := profiles.Read(profiles.Credentials, s.credentials, s.a.AdminProfile)
	if p.Get("aws_session_token") == "" {
		return nil
	}
	session, err := s.env.Sessions.Profile(ctx, s.a.AdminProfile, s.region)
	if err != nil {
		return nil //nolint:nilerr // whatever stands against a session is told when one is planned
	}
	id, err := session.Identity(ctx)
	if err == nil && (id.Account != s.identity.Account || id.Name != s.identity.Name) {
		s.factor.guest = id.ARN
		return nil
	}
	if err == nil {
		_, err = session.MFADevices(ctx, s.identity.Name)
	}
	switch {
	case awsops.IsCredentials(err):
		return nil
	case err != nil && !awsops.IsAccessDenied(err):
		return err
	}
	until := s.sessionEnd(p.Get("aws_access_key_id"))
	if until.IsZero() || until.Sub(s.o.Now()) > sessionLeft {
		s.factor.session, s.factor.until = session, until
	}
	return nil
}

// sessionEnd is when a session ends, by the journal of the run that opened it; AWS
// does not tell a second time.
func (s *scene) sessionEnd(id string) time.Time {
	change := sessionChange(s.user)
	if s.env.Journal.Value(change, "id") != id {
		return time.Time{}
	}
	until, err := time.Parse(time.RFC3339, s.env.Journal.Value(change, "until"))
	if err != nil {
		return time.Time{}
	}
	return until
}

// planSession opens a session and writes it to Terraform's profile, unless one is
// there that lasts.
func (s *scene) planSession(base files.Snapshot, needs []string) {
	c := plan.Check{Name: checkSession, Asked: "iam:ListMFADevices as profile " + s.a.AdminProfile}
	if s.factor.session != nil {
		c.Verdict, c.Answer = plan.Passed, "holds "+s.holds()
		s.check(c)
		return
	}
	if s.env.Asks.SignIn == nil {
		s.broken(c, plan.Finding{
			ID: "login.nobody-to-ask", Of: plan.StepFiles, Severity: plan.Warning,
			Evidence: fmt.Sprintf("Profile %s holds no session, and nobody can be asked for the code that opens one.", s.a.AdminProfile),
			Remedy:   "Run stateroom login in a terminal.",
		})
		return
	}
	change, ok := s.sessionStep(base, needs)
	if !ok {
		return
	}
	s.add(change)
	s.factor.opening = true
	c.Verdict, c.Answer = plan.Undecided, "to be opened"
	s.check(c)
}

func (s *scene) sessionStep(base files.Snapshot, needs []string) (plan.Change, bool) {
	id := sessionChange(s.user)
	edit, ok := s.credentialsEdit(base, profiles.Wanted{
		Name: s.a.AdminProfile,
		Set: []profiles.KeyValue{
			profiles.KV("aws_access_key_id", awsops.Ref(id, "id")),
			{Key: "aws_secret_access_key", Value: secret.New(awsops.Ref(id, "secret"))},
			{Key: "aws_session_token", Value: secret.New(awsops.Ref(id, "token"))},
		},
		Remove: []string{"aws_security_token"}, // an older name of the token, of which one tool would read the old
	})
	if !ok {
		return plan.Change{}, false
	}
	c := plan.Change{
		ID: id, Topic: topicOnboard, Of: plan.StepFiles, Action: plan.WriteFile,
		Title:  fmt.Sprintf("Log in with a code of the MFA device and write the session to profile %s", s.a.AdminProfile),
		Target: s.credentials.Path, Account: s.a.AdminAccount, Region: s.region, Profile: s.profile, Needs: needs,
		Calls: []awsops.Call{awsops.GetSessionToken(s.factor.device, plan.CodeRef(id), sessionLife)},
		MFA:   &plan.MFA{User: s.user, Device: s.factor.device},
		Fields: []plan.Field{
			{Name: "profile", After: s.a.AdminProfile + " in " + s.credentials.Path},
			{Name: "session", After: fmt.Sprintf("for %d hours", int(sessionLife.Hours()))},
		},
		Intent: map[string]string{}, NotOurs: s.displaced(),
		Undo: "a backup of the file is kept, and named at the end",
	}
	c.Fields = append(c.Fields, plan.ModeFields(edit)...)
	c.Write = plan.FileChange(s.a, edit, c.Title).Write
	return c, true
}

// displaced is what a session would take the place of without being the user's, and
// so needs consent: a key or a session of somebody else. It is told.
func (s *scene) displaced() string {
	p, _ := profiles.Read(profiles.Credentials, s.credentials, s.a.AdminProfile)
	id := p.Get("aws_access_key_id")
	f := plan.Finding{
		ID: "onboard.profile-taken", Of: plan.StepFiles, Severity: plan.Warning,
		Remedy: "Rename that profile, or let it be replaced, with a backup, by --adopt " + id + ".",
	}
	where := fmt.Sprintf("Profile %s in %s", s.a.AdminProfile, s.credentials.Path)
	switch {
	case s.factor.guest != "":
		f.Evidence = fmt.Sprintf("%s holds a session of %s.", where, s.factor.guest)
	case id == "" || p.Get("aws_session_token") != "" || id == s.held || id == s.o.KeyID || s.hasKey(id):
		return ""
	default:
		f.Evidence = fmt.Sprintf("%s holds access key %s, which is not known to be %s.", where, id, whose(s.user))
	}
	s.find(f)
	return id
}

// holds tells how long the session does.
func (s *scene) holds() string {
	if s.factor.until.IsZero() {
		return "for a time that is not known, since it was not opened here"
	}
	return "until " + s.factor.until.Local().Format("2 January 2006 at 15:04 MST")
}

// terraformer is the session as which Terraform works: that of its profile, where
// it can be had.
func (s *scene) terraformer() *awsops.Session {
	if s.factor.session != nil {
		return s.factor.session
	}
	return s.caller
}

// signedIn tells whether Terraform's profile can be worked with.
func (s *scene) signedIn() bool { return !s.factor.wanted || s.factor.session != nil }

// sessionNote tells how long the session lasts, where there is one.
func (s *scene) sessionNote() []string {
	if !s.factor.wanted || s.factor.session == nil {
		return nil
	}
	return []string{fmt.Sprintf("Session: profile %s holds one %s; then run stateroom login.", s.a.AdminProfile, s.holds())}
}
