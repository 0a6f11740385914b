package health

import (
	"cmp"
	"fmt"
	"strconv"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
)

// StateLocation is where Terraform keeps the state of a project, and how it gets
// there: what a backend says, what init noted of one, or what the blueprint wants.
type StateLocation struct {
	Project, Environment string
	// Profile is whose credentials Terraform uses; empty is its default chain.
	Profile        string
	Bucket, Region string
	// StateKey is the backend's key; Key is that of the selected workspace.
	StateKey, Key string
	// WorkspacePrefix is where the states of other workspaces lie.
	WorkspacePrefix string
	Encrypt         bool
	KMSKey          string // empty where none is named
	Table           string // empty without a table
	Lockfile        bool
	// Planned says that the project has no S3 backend to read, or a partial one that init
	// never completed, so that this is the blueprint's.
	Planned bool
}

// defaultPrefix is where Terraform keeps the states of other workspaces.
const defaultPrefix = "env:"

// Filled has Terraform's defaults: its own prefix, and the default workspace.
func (s StateLocation) Filled() StateLocation {
	s.WorkspacePrefix = cmp.Or(s.WorkspacePrefix, defaultPrefix)
	s.Key = cmp.Or(s.Key, s.StateKey)
	return s
}

// InWorkspace is where that workspace's state lies.
func (s StateLocation) InWorkspace(name string) StateLocation {
	s = s.Filled()
	if name != "" && name != "default" {
		s.Key = s.WorkspacePrefix + "/" + name + "/" + s.StateKey
	}
	return s
}

// Same tells of two locations that they keep one state. The region is only the way
// there.
func (s StateLocation) Same(other StateLocation) bool {
	return s.Bucket == other.Bucket && s.StateKey == other.StateKey && s.WorkspacePrefix == other.WorkspacePrefix
}

// String is the place of the state.
func (s StateLocation) String() string { return "s3://" + s.Bucket + "/" + s.Key }

// LockID is the key of the lock's item in the table.
func (s StateLocation) LockID() string { return s.Bucket + "/" + s.Key }

// DigestID is the key of the digest's item in the table.
func (s StateLocation) DigestID() string { return awsops.DigestID(s.LockID()) }

// LockFile is the key of the lock file in the bucket.
func (s StateLocation) LockFile() string { return awsops.LockFile(s.Key) }

// Headers are the condition keys of the encryption headers that Terraform sends
// with every write: kms_key_id counts for nothing without encrypt
// (facts/terraform.md).
func (s StateLocation) Headers() map[string][]string {
	switch {
	case !s.Encrypt:
		return nil
	case s.KMSKey == "":
		return map[string][]string{"s3:x-amz-server-side-encryption": {"AES256"}}
	}
	return map[string][]string{
		"s3:x-amz-server-side-encryption":                {"aws:kms"},
		"s3:x-amz-server-side-encryption-aws-kms-key-id": {s.KMSKey},
	}
}

// Sends says the same in words.
func (s StateLocation) Sends() string {
	switch {
	case !s.Encrypt:
		return "no encryption header"
	case s.KMSKey == "":
		return "the header AES256"
	}
	return "aws:kms with the key " + s.KMSKey
}

// Strays tells where a backend names something else than the blueprint, for
// which no policy of the blueprint gives rights.
func (s StateLocation) Strays(a *blueprint.Answers) string {
	want := ""
	for _, p := range a.Projects {
		if p.Name == s.Project {
			want = p.StateKey
		}
	}
	for _, argument := range []struct{ name, have, want string }{
		{"bucket", s.Bucket, a.Bucket.Name}, {"key", s.StateKey, want}, {"dynamodb_table", s.Table, a.Lock.DynamoDBTable},
	} {
		if argument.have != argument.want && argument.have != "" {
			return fmt.Sprintf("The backend of %s says %s = %q, where the blueprint has %q.", s.Project, argument.name, argument.have, argument.want)
		}
	}
	return ""
}

// StatesOf are the states of all projects.
func StatesOf(env *engine.Env, a *blueprint.Answers, projects []Project) []StateLocation {
	all := make([]StateLocation, len(projects))
	for i, p := range projects {
		all[i] = stateOf(a, p, env.Environ.Get)
	}
	return all
}

// stateOf is where Terraform will keep a project's state: what its backend says, and
// the blueprint where it says nothing that can be read. TF_WORKSPACE wins over the
// selected workspace.
func stateOf(a *blueprint.Answers, p Project, getenv func(string) string) StateLocation {
	s := StateLocation{
		Project: p.Name, Environment: p.Environment, Profile: a.AdminProfile, Bucket: a.Bucket.Name, StateKey: p.StateKey, Region: a.StateRegion,
		Encrypt: true, Table: a.Lock.DynamoDBTable, Lockfile: a.Lock.UseLockfile, Planned: true,
	}
	if !a.ProfileInFiles {
		s.Profile = ""
	}
	if p.S3() != nil {
		s.read(p, getenv)
	}
	workspace := getenv("TF_WORKSPACE")
	if workspace == "" && p.Files != nil {
		workspace = p.Files.State.Workspace
	}
	return s.InWorkspace(workspace)
}

// read takes over what the backend says. An argument that is left out is left
// out of Terraform's requests, too, unless -backend-config gives it: then it is what
// init noted. One that is an expression, or that nobody has noted, is the blueprint's as
// far as can be told.
func (s *StateLocation) read(p Project, getenv func(string) string) {
	partial, noted := p.Partial(), p.noted()
	s.Planned = partial && noted == nil
	value := func(name, otherwise string) string {
		switch a := p.Backend.Attributes.Find(name); {
		case a == nil && partial && noted != nil:
			return noted.Attributes.Get(name)
		case a == nil && partial:
			return otherwise
		case a == nil:
			return ""
		case a.Literal:
			return a.Value
		}
		return otherwise
	}
	s.Profile = value("profile", s.Profile)
	s.Bucket = cmp.Or(value("bucket", s.Bucket), s.Bucket)
	s.StateKey = cmp.Or(value("key", s.StateKey), s.StateKey)
	s.Region = cmp.Or(value("region", s.Region), getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"), s.Region)
	s.Encrypt = value("encrypt", "true") == "true"
	s.KMSKey = value("kms_key_id", "")
	s.Table = cmp.Or(value("dynamodb_table", s.Table), value("lock_table", ""))
	s.Lockfile = value("use_lockfile", strconv.FormatBool(s.Lockfile)) == "true"
	s.WorkspacePrefix = value("workspace_key_prefix", "")
}
