package onboard

import (
	"context"
	"errors"
	"fmt"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// checkSignIn is the check of the sign-in of a member of a group of Identity Center.
const checkSignIn = "signed in"

// signInChange is the id of the change that signs a member of a group in.
func signInChange(group string) string { return "onboard.sign-in." + group }

// signsIn is the group of which the person at this laptop is a member that signs in with
// Identity Center: as was said, as the profile does, or the only one of a team without
// users. Whoever has a key here and is one of the users goes on with that until they say
// otherwise.
func (in *inputs) signsIn() (blueprint.Group, bool) {
	a := in.answers
	if a.Member != "" || a.Me != "" {
		return a.IdentityGroup(a.Member)
	}
	if g, is := a.IdentityGroup(steps.MemberHere(in.config, a)); is {
		return g, true
	}
	if groups := a.IdentityGroups(); len(groups) == 1 && len(a.People()) == 0 {
		return groups[0], true
	}
	return blueprint.Group{}, false
}

// member is somebody who signs in with Identity Center, as this laptop has it.
type member struct {
	*inputs
	group blueprint.Group
	at    blueprint.IdentityCenter
	token awsops.PortalToken
	// named says that the admin profile names the permission set and the session.
	named bool
	// from is the way from the key that lies here; nil where none does.
	from *mover
}

func newMember(ctx context.Context, in *inputs, g blueprint.Group) *member {
	in.member = g.Name
	m := &member{inputs: in, group: g, at: steps.PortalHere(in.config, in.answers)}
	if token, of := in.env.SignInToken(ctx, in.answers.SessionName()); of == m.portal() {
		m.token = token
	}
	m.named = steps.MemberHere(in.config, in.answers) == g.Name && steps.SignsIn(in.config, in.answers, m.at)
	return m
}

func (m *member) portal() awsops.Portal {
	return awsops.Portal{StartURL: m.at.StartURL, Region: m.at.Region}
}

// tokenNote says where the token lies, but in a rehearsal, which deletes it.
func (in *inputs) tokenNote() []string {
	if in.env.Scratch {
		return nil
	}
	return []string{"Token: " + in.env.TokenPath(in.answers.SessionName()) + "."}
}

// acting is who makes the changes. Of a member who has not signed in only the account is
// known.
func (in *inputs) acting(who identity) plan.Actor {
	if in.member != "" && who.Account == "" {
		return plan.Actor{Account: in.answers.AdminAccount, Identity: "not signed in yet"}
	}
	return steps.Acting(who.Identity)
}

// holds tells how long the token counts.
func (m *member) holds() string {
	until := untilHere(m.token.Expires)
	if m.token.Renewable(m.now()) {
		return until + ", and is renewed as long as the session at the portal lasts"
	}
	return until
}

// identify finds out who is signed in. It is false where nobody is, or the profile does not
// say so yet; a member whose permission set is refused is told.
func (m *member) identify(ctx context.Context, who *identity) (bool, error) {
	a := m.answers
	who.profile, who.as, who.Partition = a.AdminProfile, a.AdminProfile, awsops.PartitionOf(a.StateRegion)
	if !m.named && !m.from.shadows() || !m.token.Valid(m.now(), engine.TokenLeft) {
		return false, nil
	}
	c := plan.Check{Name: checkSignIn, Asked: "sts:GetCallerIdentity as profile " + a.AdminProfile}
	session, err := m.session(ctx)
	if err != nil {
		return false, err
	}
	found, err := session.Identity(ctx)
	switch {
	case awsops.IsSignInOver(err):
		m.token = awsops.PortalToken{} // it was ended at the portal
		return false, nil
	case awsops.HasCode(err, "ForbiddenException"):
		m.broken(c, m.notAssigned(err))
		return false, nil
	case err != nil:
		return false, err
	case !steps.IsMember(found, a, m.group):
		m.broken(c, plan.Finding{
			ID: "onboard.signed-in-otherwise", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("Profile %s is %s, and not a session of permission set %s in account %s.", a.AdminProfile, found.ARN, m.group.PermissionSet(), a.AdminAccount),
			Remedy:   "Take whatever else gives that profile credentials out of the AWS files and the environment, then run the command again.",
		})
		return false, nil
	}
	who.Identity, who.status, who.caller, who.user = found, owned, session, found.Session()
	m.passed(c, who.ARN)
	m.passed(plan.Check{Name: checkAccount, Asked: c.Asked}, who.Account)
	m.passed(plan.Check{Name: checkSession, Asked: m.env.TokenPath(a.SessionName())}, untilHere(m.token.Expires))
	var off *plan.Refusal // a clock that is off so far that AWS refuses what it signs
	if errors.As(engine.ClockOff(session), &off) {
		m.broken(plan.Check{Name: checkClock, Asked: "the date of AWS's answer"}, plan.Finding{
			ID: off.Finding, Of: plan.StepAccount, Severity: plan.Failure, Blocks: true, Evidence: off.What, Remedy: off.Remedy,
		})
	}
	return true, nil
}

// session is the profile's, or while a key lies in that the token's own.
func (m *member) session(ctx context.Context) (*awsops.Session, error) {
	a := m.answers
	if m.from.shadows() {
		return m.env.Sessions.Signed(m.portal(), m.token.Access, a.AdminAccount, m.group.PermissionSet(), a.StateRegion), nil
	}
	s, err := m.env.Sessions.Profile(ctx, a.AdminProfile, a.StateRegion)
	return s, err
}

// notAssigned is the finding of somebody who is signed in and has not the permission set.
func (m *member) notAssigned(err error) plan.Finding {
	f := plan.Finding{
		ID: "onboard.not-assigned", Of: plan.StepIAM, Severity: plan.Failure, Blocks: true,
		Evidence: fmt.Sprintf("You are signed in at %s, and Identity Center does not give you permission set %s in account %s: %s",
			m.at.StartURL, m.group.PermissionSet(), m.answers.AdminAccount, diagnosis.Describe(err)),
		RequestIDs: awsops.RequestIDs(err),
		Remedy:     fmt.Sprintf("Ask whoever keeps the directory to add you to the group %q, or the operator to run stateroom setup, which assigns the permission set to it.", m.group.IdentityCenter),
	}
	if m.answers.WithoutBlueprint { // then the name is the person's own word
		f.Remedy = fmt.Sprintf("Look up at %s which permission sets you have in that account, then run the command again with the right one. If there is none, ask your operator for it.", m.at.StartURL)
	}
	return f
}

// planSignIn lets the person sign in, or renews the sign-in before it runs out. It gives
// the change's id, empty without one.
func (m *member) planSignIn(signedIn bool) string {
	a, now := m.answers, m.now()
	renews := m.token.Renewable(now)
	if signedIn && (m.token.Valid(now, engine.RenewLeft) || !renews) || !signedIn && !m.named && m.token.Valid(now, engine.RenewLeft) {
		return ""
	}
	c := plan.Check{Name: checkSession, Asked: m.env.TokenPath(a.SessionName())}
	if m.env.Asks.Visit == nil && !renews {
		m.broken(c, plan.Finding{
			ID: "login.nobody-to-ask", Of: plan.StepFiles, Severity: plan.Warning,
			Evidence: fmt.Sprintf("Nobody is signed in at %s, and nobody can be shown where to here.", m.at.StartURL),
			Remedy:   "Run stateroom login in a terminal, and sign in in the browser.",
		})
		return ""
	}
	session := a.SessionName()
	change := plan.Change{
		ID: signInChange(m.group.Name), Topic: topicOnboard, Of: plan.StepFiles, Action: plan.RunCommand,
		Title: "Sign in with Identity Center, in the browser", Target: m.env.TokenPath(session), Account: a.AdminAccount,
		Fields: []plan.Field{{Name: "start URL", After: m.at.StartURL}, {Name: "token", After: "in " + m.env.TokenPath(session)}},
		Run: &plan.Run{
			Command: m.signingIn(), SkipWait: true,
			Lines: []string{"aws sso login --sso-session " + session},
		},
		Undo: "aws sso logout, which ends every session on this laptop",
	}
	if renews {
		change.Title = "Renew the sign-in with Identity Center"
	}
	if !signedIn {
		m.undecided(c, "to be opened")
	}
	return m.add(change)
}

// signingIn is the sign-in at the portal.
func (m *member) signingIn() plan.SignInTo {
	return plan.SignInTo{Session: m.answers.SessionName(), Portal: m.portal(), Set: m.group.PermissionSet()}
}

// planProfiles writes the sections of the AWS configuration, and gives the change's id; empty
// without one.
func (m *member) planProfiles(partition string) string {
	var known []blueprint.Environment
	for _, e := range m.environments("") {
		if e.Account != "" && m.stopped(steps.RoleChange(e.Name)) == "" {
			known = append(known, e)
		}
	}
	credentials := m.credentials
	if m.from != nil {
		if err := m.from.aside(); err != nil {
			f := cannotEdit(err)
			f.Blocks = true
			m.find(f)
			return ""
		}
		credentials = m.from.without.Result()
	}
	c, findings := steps.PlanMember(m.answers, credentials, m.config, m.from.sections(steps.MemberProfiles(m.answers, m.group, m.at, partition, known, m.regions)))
	for _, f := range findings {
		f.Blocks = f.Severity == plan.Failure
		m.find(f)
	}
	if c == nil {
		return ""
	}
	return m.add(*c)
}

// lookMember fills in the parts of a look at the laptop of a member. What cannot be asked
// before somebody has signed in is taken from the team's files, and looked at again once
// somebody has.
func (o *Onboarding) lookMember(ctx context.Context, l *look, g blueprint.Group) error {
	m := newMember(ctx, l.inputs, g)
	if m.from = newMover(m); m.from != nil {
		if m.from.tooOld() {
			return nil
		}
		if err := m.from.ask(ctx, o); err != nil || l.review.Blocked() {
			return err
		}
		if m.from.shadows() {
			l.leaving = m.from.key
		}
	} else {
		o.tellLeft(l)
	}
	signedIn, err := m.identify(ctx, &l.who)
	if err != nil || l.review.Blocked() {
		return err
	}
	if signedIn {
		if l.stateKey, err = readStateKey(ctx, l.inputs, &l.who); err != nil {
			return err
		}
		l.readRegions(ctx, &l.who)
	} else {
		l.stateKey = m.keyOfFiles()
	}
	l.worker = worker{inputs: l.inputs, who: &l.who, Session: l.who.caller}
	if signedIn {
		l.readable = l.worker.checkReads(ctx) // what cannot work is not written
	}
	written := m.planProfiles(l.who.Partition)
	if l.review.Blocked() {
		return nil
	}
	opens := m.planSignIn(signedIn)
	if m.from != nil {
		m.from.plan(opens, written, l.who.Partition)
	}
	if !signedIn {
		l.factor = secondFactor{wanted: true, opening: opens != "" || m.token.Valid(m.now(), engine.TokenLeft)}
	}
	l.worker.factor = l.factor
	l.signedIn = m
	l.written, err = planProjects(ctx, l)
	return err
}

// keyOfFiles is the key of the state as all of the person's projects name it; nil where
// they do not, or not the same.
func (m *member) keyOfFiles() *awsops.Key {
	read, arn := engine.ReadProjects(m.env, m.answers), ""
	for _, p := range m.projects("") {
		for _, b := range read[p.Name].Files.Backends {
			named := b.Attributes.Get("kms_key_id")
			if named == "" || arn != "" && arn != named {
				return nil
			}
			arn = named
		}
	}
	if arn == "" {
		return nil
	}
	return &awsops.Key{ARN: arn}
}

// memberNotes tell what was written, and where unless it is a rehearsal.
func (l *look) memberNotes() []string {
	inConfig := ", in " + l.config.Path
	if l.env.Scratch {
		inConfig = ""
	}
	return append([]string{
		fmt.Sprintf("Sign-in: of %s, holds %s. Then run stateroom login.", l.who.user, l.signedIn.holds()),
		fmt.Sprintf("Profiles: %s%s.", plan.Listed(append([]string{l.answers.AdminProfile}, l.profileNames()...)), inConfig),
	}, l.tokenNote()...)
}

// login plans to sign a member in, or to renew the sign-in, where the profile is there.
func (m *member) login(ctx context.Context, who *identity) error {
	if !m.named {
		m.broken(plan.Check{Name: checkSignIn, Asked: m.config.Path}, plan.Finding{
			ID: "login.no-profile", Of: plan.StepFiles, Severity: plan.Failure, Blocks: true,
			Evidence: fmt.Sprintf("Profile %s in %s does not sign in for the group %s of the blueprint.", m.answers.AdminProfile, m.config.Path, m.group.Name),
			Remedy:   "Run stateroom onboard: it writes the profile and signs in.",
		})
		return nil
	}
	if findings := steps.SignInShadowed(m.answers, m.credentials, m.config); findings != nil {
		findings.Blocks = true
		m.find(*findings)
		return nil
	}
	signedIn, err := m.identify(ctx, who)
	if err == nil && !m.review.Blocked() {
		m.planSignIn(signedIn)
	}
	return err
}

// PortalHere is where the members of a team sign in, and the group of which this laptop's
// profile is; whatever is not known is empty. Answers without a blueprint get that group.
func PortalHere(getenv func(string) string, a *blueprint.Answers) (group string, at blueprint.IdentityCenter) {
	path, err := profiles.ConfigPath(getenv)
	if err != nil {
		return "", a.IdentityCenter
	}
	config, _ := files.Read(path) // the flow tells of a file that cannot be read
	steps.TakeSignIn(config, a)
	return steps.MemberHere(config, a), steps.PortalHere(config, a)
}
