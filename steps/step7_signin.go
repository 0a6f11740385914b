package steps

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// The settings of a profile and a session that sign in with IAM Identity Center ("Configuring
// IAM Identity Center authentication with the AWS CLI", AWS CLI user guide).
const (
	ssoSession   = "sso_session"
	ssoStartURL  = "sso_start_url"
	ssoRegion    = "sso_region"
	ssoAccountID = "sso_account_id"
	ssoRoleName  = "sso_role_name"
)

// MemberHere is the group of Identity Center whose permission set the admin profile of this
// laptop names, in the admin account; empty where it is none of the blueprint's.
func MemberHere(config files.Snapshot, a *blueprint.Answers) string {
	set := setHere(config, a)
	for _, g := range a.IdentityGroups() {
		if set == g.PermissionSet() {
			return g.Name
		}
	}
	return ""
}

// setHere is the permission set that the admin profile of this laptop names, in the admin
// account; empty where it names none.
func setHere(config files.Snapshot, a *blueprint.Answers) string {
	p, _ := profiles.Read(profiles.Config, config, a.AdminProfile)
	if p.Get(ssoAccountID) != a.AdminAccount {
		return ""
	}
	return p.Get(ssoRoleName)
}

// TakeSignIn gives answers without a blueprint the group and the session by which the admin
// profile of this laptop signs in, where it does.
func TakeSignIn(config files.Snapshot, a *blueprint.Answers) {
	set := setHere(config, a)
	if !a.WithoutBlueprint || set == "" {
		return
	}
	p, _ := profiles.Read(profiles.Config, config, a.AdminProfile)
	a.Groups, a.IdentityCenter.Session = append(a.Groups, blueprint.GroupOf(set)), p.Get(ssoSession)
}

// memberHere is the group of Identity Center whose member works on this laptop: as --me says,
// or as the profile does where nobody says otherwise and it holds no key.
func memberHere(o *Observed, a *blueprint.Answers) string {
	if a.Member == "" && a.Me == "" && o.IAM.ProfileKey == "" {
		return o.IAM.Profile.Member
	}
	return a.Member
}

// meOption is the option by which somebody of the team says who they are.
func meOption(a *blueprint.Answers) string {
	if len(a.People()) == 0 {
		return "--me GROUP"
	}
	return "--me USER"
}

// memberSignedIn is the member who works on this laptop, where the sign-in holds.
func memberSignedIn(o *Observed, a *blueprint.Answers) string {
	if group := memberHere(o, a); group != "" && group == o.IAM.Profile.Member {
		return o.IAM.Profile.SignedIn
	}
	return ""
}

// portal is where people sign in: as the blueprint says, and else as it was found. No call
// of AWS's tells the start URL. The usual one follows from the identity store, but in other
// partitions than AWS's first; it is empty there.
func (o *Observed) portal(a *blueprint.Answers) blueprint.IdentityCenter {
	at := a.IdentityCenter
	found := o.IAM.Center.Instance
	if found == nil {
		return at
	}
	at.Region = cmp.Or(at.Region, found.Region)
	if at.StartURL == "" && o.partition() == defaultPartition {
		at.StartURL = "https://" + found.Store + ".awsapps.com/start"
	}
	return at
}

// PortalHere is where people sign in: as the blueprint says, and else as the session of this
// laptop does.
func PortalHere(config files.Snapshot, a *blueprint.Answers) blueprint.IdentityCenter {
	at := a.IdentityCenter
	session, _ := profiles.SSOSession(config, a.SessionName())
	at.StartURL, at.Region = cmp.Or(at.StartURL, session.Get(ssoStartURL)), cmp.Or(at.Region, session.Get(ssoRegion))
	return at
}

// SignsIn tells whether the admin profile of this laptop signs in by the team's session, and
// that one at the portal.
func SignsIn(config files.Snapshot, a *blueprint.Answers, at blueprint.IdentityCenter) bool {
	p, _ := profiles.Read(profiles.Config, config, a.AdminProfile)
	session, there := profiles.SSOSession(config, a.SessionName())
	return there && p.Get(ssoSession) == a.SessionName() && session.Get(ssoStartURL) == at.StartURL && session.Get(ssoRegion) == at.Region &&
		cmp.Or(p.Get(ssoStartURL), at.StartURL) == at.StartURL && cmp.Or(p.Get(ssoRegion), at.Region) == at.Region
}

// SignInShadowed is the finding of an admin profile with credentials of another kind beside
// its sign-in, nil without any.
func SignInShadowed(a *blueprint.Answers, credentials, config files.Snapshot) *plan.Finding {
	var conflict *profiles.ConflictError
	wanted := profiles.Wanted{Name: a.AdminProfile, Set: []profiles.KeyValue{profiles.KV(ssoSession, a.SessionName())}}
	if !errors.As(wanted.Conflict(credentials, config), &conflict) {
		return nil
	}
	f := profileInUse(a, conflict)
	return &f
}

// SignInProfiles are what ~/.aws/config holds for a member of a group that signs in with
// Identity Center: the session, and the profile with the permission set's name. The role
// profiles are those of [Profiles].
func SignInProfiles(a *blueprint.Answers, g blueprint.Group, at blueprint.IdentityCenter) []profiles.Wanted {
	session := a.SessionName()
	return []profiles.Wanted{{Name: session, SSO: true, Set: []profiles.KeyValue{
		profiles.KV(ssoStartURL, at.StartURL), profiles.KV(ssoRegion, at.Region), profiles.KV("sso_registration_scopes", "sso:account:access"),
	}}, {Name: a.AdminProfile, Set: []profiles.KeyValue{
		profiles.KV(ssoSession, session), profiles.KV(ssoAccountID, a.AdminAccount), profiles.KV(ssoRoleName, g.PermissionSet()),
		profiles.KV("region", a.StateRegion),
	}}}
}

// MemberProfiles are all sections of ~/.aws/config of a member of a group: its sign-in, and
// a role profile for each of the environments.
func MemberProfiles(a *blueprint.Answers, g blueprint.Group, at blueprint.IdentityCenter, partition string, environments []blueprint.Environment, regions RegionFacts) []profiles.Wanted {
	return append(SignInProfiles(a, g, at), Profiles(a, partition, environments, regions)[1:]...)
}

// PlanMember writes the sections of a member of a group to ~/.aws/config. What holds
// credentials of another kind stops it; what signs in elsewhere under the same name is
// replaced by consent alone. The change is nil where there is nothing to write.
func PlanMember(a *blueprint.Answers, credentials, config files.Snapshot, wanted []profiles.Wanted) (*plan.Change, []plan.Finding) {
	var findings []plan.Finding
	here := profiles.Together(credentials, config)
	for _, e := range wanted {
		var conflict *profiles.ConflictError
		if err := here.Conflict(e); errors.As(err, &conflict) {
			findings = append(findings, profileInUse(a, conflict))
		} else if err != nil {
			findings = append(findings, cannotWrite(err, wanted))
		}
	}
	var taken []string
	var others []plan.Finding
	known := profiles.ByName(profiles.Config, config)
	for i := range wanted {
		if f := signsInElsewhere(a, config, known, &wanted[i], wanted[0]); f != nil {
			taken, others = append(taken, wanted[i].String()), append(others, *f)
		}
	}
	consent := strings.Join(taken, " and ") // to all that the one change replaces
	for i := range others {
		others[i].Commands = plan.Allow("Replace it", consent)
		if len(taken) > 1 {
			others[i].Commands = plan.Allow("Replace both", consent)
		}
	}
	if len(findings) > 0 {
		return nil, findings
	}
	edit, err := profiles.EditAll(profiles.Config, config, wanted)
	switch {
	case errors.Is(err, files.ErrNotToBeEdited):
		return nil, append(findings, managedFile(err, "Add the sections below to whatever writes the file.", profiles.ByHand(profiles.Config, wanted)))
	case err != nil:
		return nil, append(findings, cannotWrite(err, wanted))
	case !edit.Changes():
		return nil, nil
	}
	c := plan.FileChange(a, edit, "Write the profiles that sign in with Identity Center")
	if c.NotOurs = consent; len(taken) > 1 {
		c.Asks = consent + " sign in somewhere else"
	}
	return &c, others
}

// planSignIn writes the profiles of the member who works on this laptop.
func planSignIn(o *Observed, a *blueprint.Answers, in ways, group string, p *plan.Proposal) {
	g, known := a.IdentityGroup(group)
	if !known || profiles.Encoding(o.Files.Config) != "" {
		return
	}
	at := o.portal(a)
	if at.StartURL == "" || at.Region == "" {
		f := plan.Finding{
			ID: "files.no-start-url", Subject: group, Severity: plan.Failure, Stops: []string{changeSignIn},
			Evidence: "No AWS call tells where people of this partition sign in, and the blueprint does not say.",
			Remedy:   "Set identity_center.start_url in the blueprint to the AWS access portal URL that Identity Center's settings show.",
		}
		if o.IAM.Center.elsewhere() {
			f.Evidence = "No AWS call tells this account where people sign in, and the blueprint does not say."
			f.Remedy = "Set identity_center.start_url and identity_center.region in the blueprint to what Identity Center's settings show in the account that runs it."
		}
		if o.IAM.Center.Refused == nil || o.IAM.Center.elsewhere() { // else that tells why
			p.Find(f)
		}
		return
	}
	there, needs := o.entered(a.EnvironmentsOf(group), func(e blueprint.Environment) []string { return in.of(group, e) })
	c, findings := PlanMember(a, o.Files.Credentials, o.Files.Config, MemberProfiles(a, g, at, o.partition(), there, o.Region))
	p.Find(findings...)
	if c != nil {
		c.Needs = append(append(c.Needs, changeSignIn, changeCenter, assignmentChange(group)), needs...)
		p.Change(*c)
	}
}

// changeSignIn stands for the profile by which a member signs in: no change has this id,
// since the file's has its own, but a finding may stop it.
const changeSignIn = "files.sign-in"

// profileInUse is the finding of a profile that gives credentials of another kind.
func profileInUse(a *blueprint.Answers, conflict *profiles.ConflictError) plan.Finding {
	f := plan.Finding{
		ID: "files.profile-in-use", Of: plan.StepFiles, Severity: plan.Failure, Stops: []string{changeSignIn},
		Evidence: fmt.Sprintf("Profile %s gets its credentials from %s (line %d of %s), which Terraform would keep using despite a sign-in with Identity Center.",
			conflict.Profile, plan.Enumerated(conflict.Keys), conflict.Lines[0], conflict.Path),
		Remedy: "Rename that profile.",
	}
	switch {
	case slices.Equal(conflict.Keys, []string{"login_session"}), slices.Equal(conflict.Keys, []string{"credential_process"}): // over which a sign-in wins (measured)
		f.Evidence = fmt.Sprintf("Profile %s gets its credentials from %s (line %d of %s), whose place a sign-in with Identity Center would take.",
			conflict.Profile, plan.Enumerated(conflict.Keys), conflict.Lines[0], conflict.Path)
		f.Remedy = "Rename that profile, or choose another name with --set admin_profile=NAME."
	case conflict.Profile == a.AdminProfile:
		f.Remedy = "If the key is your own, run stateroom onboard --me GROUP: it moves this laptop from the key to the sign-in. Otherwise rename that profile, or choose another name with --set admin_profile=NAME."
	}
	return f
}

// cannotWrite is the finding of a file that has to be left as it is.
func cannotWrite(err error, wanted []profiles.Wanted) plan.Finding {
	return plan.Finding{
		ID: "files.sign-in-not-written", Of: plan.StepFiles, Severity: plan.Failure, Stops: []string{changeSignIn},
		Evidence: err.Error() + ".", Remedy: "Correct the line, or add by hand what is shown, then run the command again.",
		Details: profiles.ByHand(profiles.Config, wanted),
	}
}

// signsInElsewhere is the finding of a section of the same name that signs in somewhere else,
// or as somebody else; nil where it is the team's, or not there. What contradicts the
// session in the profile itself goes with it: every SDK refuses a profile that does.
func signsInElsewhere(a *blueprint.Answers, config files.Snapshot, known map[string]profiles.Profile, e *profiles.Wanted, session profiles.Wanted) *plan.Finding {
	have, there := known[e.Name]
	remedy := "Choose another name with --set admin_profile=NAME"
	if e.SSO {
		have, there = profiles.SSOSession(config, e.Name)
		remedy = "Choose another name with --set identity_center.session=NAME"
	}
	if !there {
		return nil
	}
	var differs []string
	for _, kv := range e.Set {
		if value := have.Get(kv.Key); strings.HasPrefix(kv.Key, "sso_") && kv.Key != "sso_registration_scopes" && value != "" && value != kv.Value.Reveal() {
			differs = append(differs, fmt.Sprintf("%s = %s, not %s", kv.Key, value, kv.Value.Reveal()))
		}
	}
	if !e.SSO && e.Name == a.AdminProfile {
		for _, kv := range session.Set {
			value := have.Get(kv.Key)
			switch {
			case value == "" || kv.Key != ssoStartURL && kv.Key != ssoRegion:
				continue
			case have.Get(ssoSession) == "": // of before there were sessions
				differs = append(differs, fmt.Sprintf("%s = %s, and no sso_session", kv.Key, value))
			case value != kv.Value.Reveal():
				differs = append(differs, fmt.Sprintf("%s = %s, and not %s as in the session", kv.Key, value, kv.Value.Reveal()))
			default:
				continue
			}
			e.Remove = append(e.Remove, kv.Key)
		}
	}
	if len(differs) == 0 {
		return nil
	}
	return &plan.Finding{
		ID: "files.signs-in-elsewhere", Of: plan.StepFiles, Severity: plan.Warning, Subject: e.Name,
		Evidence: fmt.Sprintf("[%s] in %s, line %d, is there already: %s.", e, config.Path, have.Line, strings.Join(differs, "; ")),
		Remedy:   remedy + ", or have it replaced, with a backup.",
	}
}

// howToSignIn tells the members of a group what brings their laptops there: as the blueprint
// has it, or by hand.
func howToSignIn(o *Observed, a *blueprint.Answers, g blueprint.Group) plan.Finding {
	at := o.portal(a)
	remedy := "Members run stateroom onboard in a clone of the team's repository: it writes the lines below, signs in through the browser and proves it."
	if at.StartURL == "" {
		at.StartURL = "START_URL"
		remedy = "Set identity_center.start_url in the blueprint to the AWS access portal URL that Identity Center's settings show. " + remedy
	} else if told := a.IdentityCenter; o.Done.Blueprint.Exists && !a.Asked && (told.StartURL == "" || told.Region == "") { // else it is written there
		remedy = fmt.Sprintf("Set identity_center.start_url = %q and identity_center.region = %q in the blueprint: else each member is asked for both. ", at.StartURL, at.Region) + remedy
	}
	lines := MemberProfiles(a, g, at, o.partition(), o.environments(a.EnvironmentsOf(g.Name)), o.Region)
	return plan.Finding{
		ID: "iam.identity-sign-in", Subject: g.Name, Severity: plan.Info,
		Evidence: fmt.Sprintf("Members of %q sign in at %s and have the permission set %s in account %s: profile %s of each laptop names it.",
			g.IdentityCenter, at.StartURL, g.PermissionSet(), a.AdminAccount, a.AdminProfile),
		Remedy:  remedy,
		Details: profiles.ByHand(profiles.Config, lines),
	}
}
