package steps

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// changeProfile stands for an admin's own key in the admin profile: what acts with that
// profile needs it. No change has this id, since the one that writes the key has its
// user's, but a finding may stop it.
const changeProfile = "iam.profile"

// asAdmin are the changes without which nothing acts as this laptop's admin.
func asAdmin(a *blueprint.Answers) []string {
	if a.Me == "" {
		return []string{changeProfile}
	}
	return []string{changeProfile, KeyChange(a.Me)}
}

// ProfileFacts are what the admin profile of this laptop holds besides an admin's key.
type ProfileFacts struct {
	// Stranger is who the key in the profile is where it is none of the admins', and Err
	// why that is not known. Asked says that it was asked.
	Stranger awsops.Identity
	Err      error
	Asked    bool
	// Two is the finding of a profile that is two identities, or nil, and Elsewhere that of
	// one with which Terraform asks another place.
	Two, Elsewhere *plan.Finding
	// Member is the group of Identity Center that the profile signs in for, and SignedIn
	// who has signed in with it; empty where nobody has, or that is over.
	Member, SignedIn string
}

// inspectProfile asks whose the key in the admin profile is, where it is none of the
// admins'.
func (f *IAMFacts) inspectProfile(ctx context.Context, env *engine.Env, a *blueprint.Answers, credentials files.Snapshot) error {
	config, err := files.Read(env.ConfigPath)
	if err != nil {
		return err
	}
	f.Profile.Elsewhere = env.ProfileElsewhere(a.AdminProfile, asAdmin(a)...)
	f.Profile.Two = TwoIdentities(credentials, config, a, a.AdminProfile)
	if f.Profile.Member = MemberHere(config, a); f.Profile.Member != "" && f.ProfileKey == "" {
		f.Profile.SignedIn = signedIn(ctx, env, a, f.Profile.Member)
	}
	if f.ProfileKey == "" || f.owner() != "" || f.Profile.Two != nil {
		return nil
	}
	f.Profile.Asked = true
	// A key that a run of this laptop made a moment ago may not be known everywhere yet.
	err = engine.AwaitBegun(ctx, env, env.Journal.MakingOf(f.ProfileKey), "access key "+f.ProfileKey, func(ctx context.Context) (bool, error) {
		s, err := env.Sessions.Profile(ctx, a.AdminProfile, a.StateRegion)
		if err == nil {
			f.Profile.Stranger, err = s.Identity(ctx)
		}
		f.Profile.Err = err
		return !awsops.IsUnknownKey(err), nil
	})
	if err != nil {
		return err
	}
	return ctx.Err() //nolint:wrapcheck // the caller's own context
}

// signedIn is the member of a group who has signed in on this laptop; empty where nobody
// has, or that is over.
func signedIn(ctx context.Context, env *engine.Env, a *blueprint.Answers, group string) string {
	s, err := env.Sessions.Profile(ctx, a.AdminProfile, a.StateRegion)
	if err != nil {
		return ""
	}
	who, err := s.Identity(ctx)
	if g, _ := a.IdentityGroup(group); err != nil || !IsMember(who, a, g) {
		return ""
	}
	return who.Session()
}

// IsMember tells whether an identity is a session of the permission set of a group, in the
// admin account.
func IsMember(who awsops.Identity, a *blueprint.Answers, g blueprint.Group) bool {
	return who.Account == a.AdminAccount && who.Holds(g.PermissionSet())
}

// owner is the admin whose key this laptop has, empty where it is none's.
func (f *IAMFacts) owner() string {
	for name, user := range f.Users {
		if user.Keys.Find(f.OwnKey) != nil {
			return name
		}
	}
	return ""
}

// TwoIdentities is the finding of a profile that gives a key and another identity
// besides, or nil: the AWS CLI and Terraform do not agree which of them counts.
func TwoIdentities(credentials, config files.Snapshot, a *blueprint.Answers, name string) *plan.Finding {
	id := profiles.KeyID(credentials, name)
	var conflict *profiles.ConflictError
	if id == "" || !errors.As(profiles.KeyPair(name, id, "-").Conflict(credentials, config), &conflict) {
		return nil
	}
	var other []string
	for i, key := range conflict.Keys {
		other = append(other, fmt.Sprintf("%s (line %d)", key, conflict.Lines[i]))
	}
	remedy := fmt.Sprintf("Decide which of the two it is to be. Take %s out of %s if it is the key; rename the profile there if you need both.", strings.Join(conflict.Keys, ", "), conflict.Path)
	if shadow := KeysShadowSignIn(credentials, config, a, name); shadow != nil {
		remedy = shadow.Remedy
	}
	return &plan.Finding{
		ID: "iam.two-identities", Of: plan.StepIAM, Severity: plan.Failure, Probed: true, Stops: []string{changeProfile},
		Evidence: fmt.Sprintf("Profile %s is two identities: %s holds access key %s, and %s names %s. Which of them counts is not the same for the AWS CLI and Terraform.",
			name, credentials.Path, id, conflict.Path, strings.Join(other, ", ")),
		Remedy: remedy,
	}
}

// KeysShadowSignIn is the finding of a profile that signs in with Identity Center and has an
// access key besides, or nil: every Go program takes the key, the AWS CLI the sign-in
// (measured, facts/identity-center.md). Only the team's own profile is onboard's to move.
func KeysShadowSignIn(credentials, config files.Snapshot, a *blueprint.Answers, name string) *plan.Finding {
	var signIn string
	places := map[string][]string{}
	for kind, file := range []files.Snapshot{profiles.Credentials: credentials, profiles.Config: config} {
		p, _ := profiles.Read(profiles.Kind(kind), file, name)
		id, key, _ := p.Held()
		whole := id != "" && !key.IsZero()
		for _, v := range p.Values {
			at := files.Place{Path: file.Path, Line: v.Line}.String()
			switch {
			case v.Key == ssoSession || v.Key == ssoStartURL:
				signIn = cmp.Or(signIn, at)
			case whole && (v.Key == profiles.AccessKeyID || v.Key == profiles.SecretAccessKey):
				places[v.Key] = append(places[v.Key], at)
			}
		}
	}
	if signIn == "" || len(places) == 0 {
		return nil
	}
	move := ""
	if name == a.AdminProfile && len(a.IdentityGroups()) > 0 {
		move = "run stateroom onboard, which moves this laptop to the sign-in, or "
	}
	return &plan.Finding{
		ID: "files.keys-shadow-sso", Of: plan.StepFiles, Severity: plan.Warning,
		Evidence: fmt.Sprintf("Profile %s signs in with Identity Center (%s) and has an access key besides (%s). Terraform uses the key and the AWS CLI the sign-in, so aws sts get-caller-identity works whether the key does or not.",
			name, signIn, plan.Listed(places[profiles.AccessKeyID])),
		Remedy: fmt.Sprintf("Decide which of the two it is to be: if you sign in now, %sremove the lines %s (%s) and %s (%s); if the key is what you use, rename the profile that signs in.",
			move, profiles.AccessKeyID, plan.Listed(places[profiles.AccessKeyID]), profiles.SecretAccessKey, plan.Listed(places[profiles.SecretAccessKey])),
	}
}

// profileRefused is the finding of an admin profile that no admin can be worked as, or
// nil. What needs the profile is stopped; all else is made.
func profileRefused(o *Observed, a *blueprint.Answers) *plan.Finding {
	f := &o.IAM
	switch {
	case f.Profile.Two != nil:
		return f.Profile.Two
	case f.Profile.Elsewhere != nil && (a.Me != "" || f.ProfileKey != ""):
		return f.Profile.Elsewhere
	}
	owner := f.owner()
	if f.ProfileKey == "" || owner != "" && (a.Me == "" || owner == a.Me) {
		return nil
	}
	holds := fmt.Sprintf("Profile %s holds access key %s", a.AdminProfile, f.ProfileKey)
	found := &plan.Finding{
		ID: "iam.profile-taken", Of: plan.StepIAM, Severity: plan.Failure, Probed: true, Stops: []string{changeProfile},
		Remedy: "Rename that profile, or choose another name with --set admin_profile=NAME.",
	}
	former := f.formerKey(f.ProfileKey)
	if former {
		found.Remedy = "Run stateroom onboard: it removes the key from this laptop and signs in with Identity Center."
	}
	const left = " Nothing was done with the profile."
	switch who := f.Profile.Stranger; {
	case owner != "":
		found.Evidence = fmt.Sprintf("%s of %s, and you are %s.%s", holds, owner, a.Me, left)
		found.Remedy = fmt.Sprintf("Run it with --me %s if that is you; otherwise, rename that profile, or choose another name with --set admin_profile=NAME.", owner)
	case !f.Profile.Asked, former && f.Profile.Err == nil: // who is told to move
		return nil
	case f.Profile.Err != nil:
		found.Evidence = fmt.Sprintf("%s, which is not one of the admins' and does not work: %s%s", holds, diagnosis.Describe(f.Profile.Err), left)
		found.RequestIDs = awsops.RequestIDs(f.Profile.Err)
	case who.Account == a.AdminAccount && who.Kind == awsops.KindUser && admin(a, who.Name):
		return nil // IAM does not list the key yet
	case a.Me == "" && who.ARN == o.Account.Identity.ARN:
		return nil // the operator's own, who says of nobody to be one of the admins
	default:
		found.Evidence = fmt.Sprintf("%s of %s, who is not one of the admins.%s", holds, who.ARN, left)
	}
	return found
}

// admin tells whether a user is one of the admins, and the one who --me says.
func admin(a *blueprint.Answers, name string) bool {
	user, known := a.User(name)
	return known && (a.Me == "" || a.Me == user)
}
