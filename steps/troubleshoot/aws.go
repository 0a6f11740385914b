package troubleshoot

import (
	"cmp"
	"context"

	"stateroom/steps/blueprint"
	"stateroom/steps/troubleshoot/account"
)

// aws is what only AWS can answer.
func (s *scene) aws(ctx context.Context) outcome {
	states := make([]account.StateLocation, len(s.projects))
	for i, p := range s.projects {
		states[i] = newTarget(s.answers, p, s.env.Environ.Get)
	}
	found := account.Look(ctx, s.env, s.answers, states)
	o := outcome{findings: found.Findings, changes: found.Changes}
	for _, c := range found.Checks {
		o.check(s.env, c)
	}
	return o
}

// newTarget is pure. TF_WORKSPACE wins over the selected workspace.
func newTarget(a *blueprint.Answers, p project, getenv func(string) string) account.StateLocation {
	t := account.StateLocation{
		Project: p.Name, Environment: p.Environment, Profile: a.AdminProfile, Bucket: a.Bucket.Name, Key: p.StateKey, Region: a.StateRegion,
		Encrypt: true, Table: a.Lock.DynamoDBTable, Lockfile: a.Lock.UseLockfile, Planned: true,
	}
	if !a.ProfileInFiles {
		t.Profile = ""
	}
	if p.backend != nil && p.backend.Type == "s3" {
		readTarget(&t, p, getenv)
	}
	workspace := getenv("TF_WORKSPACE")
	t.StateKey = t.Key
	if workspace == "" && p.files != nil {
		workspace = p.files.State.Workspace
	}
	if workspace != "" && workspace != "default" {
		prefix := "env:"
		if p.backend != nil {
			prefix = cmp.Or(p.backend.Attributes.Get("workspace_key_prefix"), prefix)
		}
		t.Key = prefix + "/" + workspace + "/" + t.Key
	}
	return t
}

// readTarget takes over what the backend says. An argument that is left out is left
// out of Terraform's requests, too; one that is an expression is the
// blueprint's as far as can be told.
func readTarget(t *account.StateLocation, p project, getenv func(string) string) {
	t.Planned = false
	value := func(name, otherwise string) string {
		switch a := p.backend.Attributes.Find(name); {
		case a == nil:
			return ""
		case a.Literal:
			return a.Value
		}
		return otherwise
	}
	t.Profile = value("profile", t.Profile)
	t.Bucket = cmp.Or(value("bucket", t.Bucket), t.Bucket)
	t.Key = cmp.Or(value("key", t.Key), t.Key)
	t.Region = cmp.Or(value("region", t.Region), getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"), t.Region)
	t.Encrypt = value("encrypt", "true") == "true"
	t.KMSKey = value("kms_key_id", "")
	t.Table = cmp.Or(value("dynamodb_table", t.Table), value("lock_table", ""))
	t.Lockfile = value("use_lockfile", "true") == "true"
}
