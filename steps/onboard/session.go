package onboard

import (
	"context"
	"fmt"
	"time"

	"stateroom/awsops"
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
	if !p.holdsSession() {
		return nil
	}
	profile := p.answers.AdminProfile
	session, err := p.env.Sessions.Profile(ctx, profile, p.answers.StateRegion)
	if err != nil {
		return nil //nolint:nilerr // whatever stands against a session is told when one is planned
	}
	id, err := session.Identity(ctx)
	if err == nil && (id.Account != p.who.Account || id.Name != p.who.Name) {
		p.guest = id.ARN
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
	until := p.sessionEnd(p.keyIn(profile))
	if until.IsZero() || until.Sub(p.now()) > sessionLeft {
		p.session, p.until = session, until
	}
	return nil
}

// sessionEnd is when a session ends, by the journal of the run that opened it; AWS
// does not tell a second time.
func (p *factorPlan) sessionEnd(id string) time.Time {
	change := sessionChange(p.who.user)
	if p.env.Journal.Value(change, "id") != id {
		return time.Time{}
	}
	until, err := time.Parse(time.RFC3339, p.env.Journal.Value(change, "until"))
	if err != nil {
		return time.Time{}
	}
	return until
}

// planSession opens a session and writes it to Terraform's profile, unless one is
// there that lasts.
func (p *factorPlan) planSession(base files.Snapshot, needs []string) {
	profile := p.answers.AdminProfile
	c := plan.Check{Name: checkSession, Asked: "iam:ListMFADevices as profile " + profile}
	switch {
	case p.session != nil:
		p.passed(c, p.holds())
		return
	case p.env.Asks.SignIn == nil:
		p.broken(c, plan.Finding{
			ID: "login.nobody-to-ask", Of: plan.StepFiles, Severity: plan.Warning,
			Evidence: fmt.Sprintf("Profile %s holds no session, and nobody can be asked for the code that opens one.", profile),
			Remedy:   "Run stateroom login in a terminal.",
		})
		return
	}
	change, err := p.sessionStep(base, needs)
	if err != nil {
		p.find(cannotEdit(err))
		return
	}
	p.add(change)
	p.opening = true
	p.undecided(c, "to be opened")
}

func (p *factorPlan) sessionStep(base files.Snapshot, needs []string) (plan.Change, error) {
	a, id := p.answers, sessionChange(p.who.user)
	edit, err := profiles.EditCredentials(base, p.config, profiles.Session(a.AdminProfile, awsops.Ref(id, "id"), awsops.Ref(id, "secret"), awsops.Ref(id, "token")))
	if err != nil {
		return plan.Change{}, err
	}
	c := plan.Change{
		ID: id, Topic: topicOnboard, Of: plan.StepFiles, Action: plan.WriteFile,
		Title:  fmt.Sprintf("Sign in with a code from the MFA device and write the session to profile %s", a.AdminProfile),
		Target: p.credentials.Path, Account: a.AdminAccount, Region: a.StateRegion, Profile: p.who.profile, Needs: needs,
		Calls: []awsops.Call{awsops.GetSessionToken(p.device, plan.CodeRef(id), sessionLife)},
		MFA:   &plan.MFA{User: p.who.user, Device: p.device},
		Fields: []plan.Field{
			{Name: "profile", After: a.AdminProfile + " in " + p.credentials.Path},
			{Name: "session", After: fmt.Sprintf("for %d hours", int(sessionLife.Hours()))},
		},
		Intent: map[string]string{}, NotOurs: p.displaced(),
		Undo: "a backup of the file is kept, and named at the end",
	}
	c.Fields = append(c.Fields, plan.ModeFields(edit)...)
	c.Write = plan.WriteOf(edit)
	return c, nil
}

// displaced is what a session would take the place of without being the user's, and
// so needs consent: a key or a session of somebody else. It is told.
func (p *factorPlan) displaced() string {
	profile := p.answers.AdminProfile
	id := p.keyIn(profile)
	f := plan.Finding{
		ID: "onboard.profile-taken", Of: plan.StepFiles, Severity: plan.Warning,
		Remedy: "Rename that profile, or have it replaced, with a backup.", Commands: plan.Allow("Replace it", id),
	}
	where := fmt.Sprintf("Profile %s in %s", profile, p.credentials.Path)
	switch {
	case p.guest != "":
		f.Evidence = fmt.Sprintf("%s holds a session of %s.", where, p.guest)
	case id == "" || p.holdsSession() || id == p.who.held || id == p.who.given || p.keys.Find(id) != nil:
		return ""
	default:
		f.Evidence = fmt.Sprintf("%s holds access key %s, which is not known to be %s.", where, id, plan.Whose(p.who.user))
	}
	p.find(f)
	return id
}
