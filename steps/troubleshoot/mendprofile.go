package troubleshoot

import (
	"context"
	"fmt"
	"slices"

	"stateroom/awsops"
	"stateroom/awsops/secret"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// mendProfiles plans what makes the blueprint's profile give credentials, where
// this laptop holds them: a section under a name that is certainly meant, or a
// role in the way of the key. An access key that is not here cannot be made up.
func (l *laptop) mendProfiles(ctx context.Context) {
	if l.aws.credentialsErr != nil || l.aws.configErr != nil {
		return
	}
	p := l.aws.profile(l.answers.AdminProfile)
	wrong := l.troubles[p.name]
	switch {
	case wrong != nil && l.freeFromToken(p):
	case p.hasKeys():
		l.freeFromRole(p)
	case wrong == nil || wrong.id != diagnosis.ProfileMissing.ID && wrong.id != diagnosis.CredentialsMissing.ID:
	case l.renameLookAlike(p.name):
	default:
		l.renameByOwner(ctx, p.name)
	}
}

// plan adds an edit of an AWS file to the changes; one that cannot be made is
// told.
func (l *laptop) plan(edit files.Edit, err error, title string) {
	if err != nil {
		l.found("files.cannot-edit", plan.StepFiles, plan.Warning, err.Error()+".", "Correct the file by hand, then run stateroom troubleshoot again.")
		return
	}
	if edit.Changes() {
		c := plan.FileChange(l.answers, edit, title)
		id := "files.profile-assumes-role" // what is told of a profile that gives credentials all the same
		if wrong := l.troubles[l.answers.AdminProfile]; wrong != nil {
			id = wrong.id
		}
		c.Mends = []string{id}
		l.remedy(id, "", title+".")
		l.out.changes = append(l.out.changes, c)
	}
}

// freeFromToken takes a session's token from beside the admin's own key.
func (l *laptop) freeFromToken(p profile) bool {
	at, stale := profiles.FindStaleToken(l.aws.credentials, l.aws.config, p.name)
	if !stale || at.KeyID == "" {
		return false
	}
	file := l.aws.credentials
	if at.Kind == profiles.Config {
		file = l.aws.config
	}
	edit, err := profiles.Edit(at.Kind, file, profiles.WithoutToken(p.name))
	l.plan(edit, err, "Take the session token of another key out of profile "+p.name)
	return true
}

// renameLookAlike renames the section whose header only looks like the profile's.
func (l *laptop) renameLookAlike(name string) bool {
	for kind, file := range []files.Snapshot{profiles.Credentials: l.aws.credentials, profiles.Config: l.aws.config} {
		line, written := profiles.Misnamed(profiles.Kind(kind), file, name)
		if line == 0 || slices.ContainsFunc(l.uses, func(u use) bool { return profiles.HeaderLine(profiles.Kind(kind), file, u.profile) == line }) {
			continue
		}
		edit, err := profiles.Rename(profiles.Kind(kind), file, line, name)
		l.plan(edit, err, fmt.Sprintf("Rename the section %s to profile %s", written, name))
		return true
	}
	return false
}

// renameByOwner looks for the one profile of the credentials file whose key
// belongs to a user of the blueprint, and gives it the blueprint's name. The
// default profile, which other programs use, is copied.
func (l *laptop) renameByOwner(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	var owned []profiles.Profile
	owner := ""
	for _, p := range profiles.All(profiles.Credentials, l.aws.credentials) {
		if user := l.owner(ctx, p); user != "" {
			owned, owner = append(owned, p), user
		}
	}
	if len(owned) != 1 {
		return
	}
	p := owned[0]
	if p.Name != "default" {
		edit, err := profiles.Rename(profiles.Credentials, l.aws.credentials, p.Line, name)
		l.plan(edit, err, fmt.Sprintf("Rename profile %s, which holds the key of %s, to %s", p.Name, owner, name))
		return
	}
	var set []profiles.KeyValue
	for _, v := range p.Values {
		if v.Key == keyID || v.Key == keySecret {
			set = append(set, profiles.KeyValue{Key: v.Key, Value: v.Value})
		}
	}
	edit, err := profiles.Edit(profiles.Credentials, l.aws.credentials, profiles.Wanted{Name: name, Set: set})
	l.plan(edit, err, fmt.Sprintf("Write profile %s with the key of %s from the default profile", name, owner))
}

// owner is the user of the blueprint whose access key a profile holds, empty
// where it is nobody's or cannot be told. AWS is asked with that key.
func (l *laptop) owner(ctx context.Context, p profiles.Profile) string {
	id, key := p.Get(keyID), p.Get(keySecret)
	if id == "" || key == "" || p.Get("aws_session_token") != "" {
		return ""
	}
	who, err := l.env.Sessions.With(id, secret.New(key), secret.Secret{}, l.answers.StateRegion).Identity(ctx)
	if err != nil || who.Kind != awsops.KindUser || who.Account != l.answers.AdminAccount || !slices.Contains(l.answers.AllUsers(), who.Name) {
		return ""
	}
	return who.Name
}

// freeFromRole takes a role out of the blueprint's profile: it holds an admin's
// own key, with which the state is reached, and the provider assumes the role.
func (l *laptop) freeFromRole(p profile) {
	if p.get("role_arn") == "" || l.withoutBlueprint() {
		return
	}
	remove := profiles.Wanted{Name: p.name, Remove: []string{"role_arn", "source_profile", "mfa_serial"}}
	for kind, file := range []files.Snapshot{profiles.Credentials: l.aws.credentials, profiles.Config: l.aws.config} {
		edit, err := profiles.Edit(profiles.Kind(kind), file, remove)
		l.plan(edit, err, "Take the role out of profile "+p.name)
	}
}
