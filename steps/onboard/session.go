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
func (p *factorPlan) findSession(ctx context.Context) error {
	if !p.in.holdsSession() {
		return nil
	}
	profile := p.in.answers.AdminProfile
	session, err := p.in.env.Sessions.Profile(ctx, profile, p.in.answers.StateRegion)
	if err != nil {
		return nil //nolint:nilerr // whatever stands against a session is told when one is planned
	}
	id, err := session.Identity(ctx)
	if err == nil && (id.Account != p.who.Account || id.Name != p.who.Name) {
		p.factor.guest = id.ARN
		return nil
	}
	if err == nil {
		_, err = session.MFADevices(ctx, p.who.Name)
	}
	switch {
	case awsops.IsCredentials(err):
		return nil
	case err != nil && !awsops.IsAccessDenied(err):
		return err
	}
	until := p.sessionEnd(p.in.keyIn(profile))
	if until.IsZero() || until.Sub(p.in.now()) > sessionLeft {
		p.factor.session, p.factor.until = session, until
	}
	return nil
}

// sessionEnd is when a session ends, by the journal of the run that opened it; AWS
// does not tell a second time.
func (p *factorPlan) sessionEnd(id string) time.Time {
	change := sessionChange(p.who.user)
	if p.in.env.Journal.Value(change, "id") != id {
		return time.Time{}
	}
	until, err := time.Parse(time.RFC3339, p.in.env.Journal.Value(change, "until"))
	if err != nil {
		return time.Time{}
	}
	return until
}

// planSession opens a session and writes it to Terraform's profile, unless one is
// there that lasts.
func (p *factorPlan) planSession(base files.Snapshot, needs []string) {
	profile := p.in.answers.AdminProfile
	c := plan.Check{Name: checkSession, Asked: "iam:ListMFADevices as profile " + profile}
	switch {
	case p.factor.session != nil:
		p.in.passed(c, "holds "+p.factor.holds())
		return
	case p.in.env.Asks.SignIn == nil:
		p.in.broken(c, plan.Finding{
			ID: "login.nobody-to-ask", Of: plan.StepFiles, Severity: plan.Warning,
			Evidence: fmt.Sprintf("Profile %s holds no session, and nobody can be asked for the code that opens one.", profile),
			Remedy:   "Run stateroom login in a terminal.",
		})
		return
	}
	change, err := p.sessionStep(base, needs)
	if err != nil {
		p.in.find(cannotEdit(err))
		return
	}
	p.add(change)
	p.factor.opening = true
	p.in.undecided(c, "to be opened")
}

func (p *factorPlan) sessionStep(base files.Snapshot, needs []string) (plan.Change, error) {
	a, id := p.in.answers, sessionChange(p.who.user)
	edit, err := p.in.credentialsEdit(base, profiles.Wanted{
		Name: a.AdminProfile,
		Set: []profiles.KeyValue{
			profiles.KV("aws_access_key_id", awsops.Ref(id, "id")),
			{Key: "aws_secret_access_key", Value: secret.New(awsops.Ref(id, "secret"))},
			{Key: "aws_session_token", Value: secret.New(awsops.Ref(id, "token"))},
		},
		Remove: []string{"aws_security_token"}, // an older name of the token, of which one tool would read the old
	})
	if err != nil {
		return plan.Change{}, err
	}
	c := plan.Change{
		ID: id, Topic: topicOnboard, Of: plan.StepFiles, Action: plan.WriteFile,
		Title:  fmt.Sprintf("Log in with a code of the MFA device and write the session to profile %s", a.AdminProfile),
		Target: p.in.credentials.Path, Account: a.AdminAccount, Region: a.StateRegion, Profile: p.who.profile, Needs: needs,
		Calls: []awsops.Call{awsops.GetSessionToken(p.factor.device, plan.CodeRef(id), sessionLife)},
		MFA:   &plan.MFA{User: p.who.user, Device: p.factor.device},
		Fields: []plan.Field{
			{Name: "profile", After: a.AdminProfile + " in " + p.in.credentials.Path},
			{Name: "session", After: fmt.Sprintf("for %d hours", int(sessionLife.Hours()))},
		},
		Intent: map[string]string{}, NotOurs: p.displaced(),
		Undo: "a backup of the file is kept, and named at the end",
	}
	c.Fields = append(c.Fields, plan.ModeFields(edit)...)
	c.Write = plan.FileChange(a, edit, c.Title).Write
	return c, nil
}

// displaced is what a session would take the place of without being the user's, and
// so needs consent: a key or a session of somebody else. It is told.
func (p *factorPlan) displaced() string {
	profile := p.in.answers.AdminProfile
	id := p.in.keyIn(profile)
	f := plan.Finding{
		ID: "onboard.profile-taken", Of: plan.StepFiles, Severity: plan.Warning,
		Remedy: "Rename that profile, or let it be replaced, with a backup, by --adopt " + id + ".",
	}
	where := fmt.Sprintf("Profile %s in %s", profile, p.in.credentials.Path)
	switch {
	case p.factor.guest != "":
		f.Evidence = fmt.Sprintf("%s holds a session of %s.", where, p.factor.guest)
	case id == "" || p.in.holdsSession() || id == p.who.held || id == p.who.given || p.keys.find(id) != nil:
		return ""
	default:
		f.Evidence = fmt.Sprintf("%s holds access key %s, which is not known to be %s.", where, id, whose(p.who.user))
	}
	p.in.find(f)
	return id
}
