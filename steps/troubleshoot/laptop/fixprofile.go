package laptop

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
	"stateroom/steps/troubleshoot/health"
)

// profileEdit is an edit of an AWS file that makes the blueprint's profile give
// credentials.
type profileEdit struct {
	files.Edit
	err   error
	title string
}

// withProfileFix adds what makes the blueprint's profile give credentials, where this
// laptop holds them: a section under a name that is certainly meant, or a role in the
// way of the key. An access key that is not here cannot be made up.
func withProfileFix(ctx context.Context, in *inputs, r health.Result) []health.Result {
	results := []health.Result{r}
	for _, edit := range profileEdits(ctx, in) {
		switch {
		case edit.err != nil:
			results = append(results, cannotEdit(edit.err))
		case edit.Changes():
			c := plan.FileChange(in.answers, edit.Edit, edit.title)
			c.Fixes = []string{r.Key()}
			r.Remedy = edit.title + "."
			results[0].Changes = append(results[0].Changes, c)
		}
	}
	return results
}

func profileEdits(ctx context.Context, in *inputs) []profileEdit {
	p, wrong := in.aws.profile(in.answers.AdminProfile), in.trouble(in.answers.AdminProfile)
	if wrong != nil {
		if edits := freeFromToken(in, p); edits != nil {
			return edits
		}
	}
	if p.hasKeys() {
		return freeFromRole(in, p)
	}
	if wrong == nil || wrong.id != diagnosis.ProfileMissing.ID && wrong.id != diagnosis.CredentialsMissing.ID {
		return nil
	}
	if edits := renameLookAlike(in, p.name); edits != nil {
		return edits
	}
	return renameByOwner(ctx, in, p.name)
}

// both are the two AWS files with what kind they are.
func (f *awsFiles) both() map[profiles.Kind]files.Snapshot {
	return map[profiles.Kind]files.Snapshot{profiles.Credentials: f.credentials, profiles.Config: f.config}
}

// freeFromToken takes a session's token from beside the admin's own key.
func freeFromToken(in *inputs, p profile) []profileEdit {
	at, stale := profiles.FindStaleToken(in.aws.credentials, in.aws.config, p.name)
	if !stale || at.KeyID == "" {
		return nil
	}
	edit, err := profiles.Edit(at.Kind, in.aws.both()[at.Kind], profiles.WithoutToken(p.name))
	return []profileEdit{{edit, err, "Take the session token of another key out of profile " + p.name}}
}

// renameLookAlike renames the section whose header only looks like the profile's.
func renameLookAlike(in *inputs, name string) []profileEdit {
	for _, kind := range []profiles.Kind{profiles.Credentials, profiles.Config} {
		file := in.aws.both()[kind]
		line, written := profiles.Misnamed(kind, file, name)
		if line == 0 || slices.ContainsFunc(in.uses, func(u use) bool { return profiles.HeaderLine(kind, file, u.profile) == line }) {
			continue
		}
		edit, err := profiles.Rename(kind, file, line, name)
		return []profileEdit{{edit, err, fmt.Sprintf("Rename the section %s to profile %s", written, name)}}
	}
	return nil
}

// renameByOwner looks for the one profile of the credentials file whose key
// belongs to a user of the blueprint, and gives it the blueprint's name. The
// default profile, which other programs use, is copied.
func renameByOwner(ctx context.Context, in *inputs, name string) []profileEdit {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	var owned []profiles.Profile
	owner := ""
	for _, p := range profiles.All(profiles.Credentials, in.aws.credentials) {
		if user := ownerOf(ctx, in, p); user != "" {
			owned, owner = append(owned, p), user
		}
	}
	if len(owned) != 1 {
		return nil
	}
	p := owned[0]
	if p.Name != "default" {
		edit, err := profiles.Rename(profiles.Credentials, in.aws.credentials, p.Line, name)
		return []profileEdit{{edit, err, fmt.Sprintf("Rename profile %s, which holds the key of %s, to %s", p.Name, owner, name)}}
	}
	var set []profiles.KeyValue
	for _, v := range p.Values {
		if v.Key == profiles.AccessKeyID || v.Key == profiles.SecretAccessKey {
			set = append(set, profiles.KeyValue{Key: v.Key, Value: v.Value})
		}
	}
	edit, err := profiles.Edit(profiles.Credentials, in.aws.credentials, profiles.Wanted{Name: name, Set: set})
	return []profileEdit{{edit, err, fmt.Sprintf("Write profile %s with the key of %s from the default profile", name, owner)}}
}

// ownerOf is the user of the blueprint whose access key a profile holds, empty
// where it is nobody's or cannot be told. AWS is asked with that key.
func ownerOf(ctx context.Context, in *inputs, p profiles.Profile) string {
	id, key := p.Get(profiles.AccessKeyID), p.Get(profiles.SecretAccessKey)
	if id == "" || key == "" || p.Get("aws_session_token") != "" {
		return ""
	}
	who, err := in.env.Sessions.With(id, secret.New(key), secret.Secret{}, in.answers.StateRegion).Identity(ctx)
	if err != nil || who.Kind != awsops.KindUser || who.Account != in.answers.AdminAccount || !slices.Contains(in.answers.AllUsers(), who.Name) {
		return ""
	}
	return who.Name
}

// freeFromRole takes a role out of the blueprint's profile: it holds an admin's
// own key, with which the state is reached, and the provider assumes the role.
func freeFromRole(in *inputs, p profile) []profileEdit {
	if !roleInTheWay(in, p.name) {
		return nil
	}
	remove := profiles.Wanted{Name: p.name, Remove: []string{"role_arn", "source_profile", "mfa_serial"}}
	var edits []profileEdit
	for _, kind := range []profiles.Kind{profiles.Credentials, profiles.Config} {
		edit, err := profiles.Edit(kind, in.aws.both()[kind], remove)
		edits = append(edits, profileEdit{edit, err, "Take the role out of profile " + p.name})
	}
	return edits
}
