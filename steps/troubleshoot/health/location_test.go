package health

import (
	"strings"
	"testing"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files/tf"
)

// backend makes a project's files of a backend block's arguments.
func backend(arguments ...string) Project {
	b := tf.BackendBlock{BackendConfig: tf.BackendConfig{Type: "s3"}}
	for i := 0; i+1 < len(arguments); i += 2 {
		b.Attributes = append(b.Attributes, tf.Attribute{Name: arguments[i], Value: arguments[i+1], Literal: !strings.HasPrefix(arguments[i+1], "var.")})
	}
	return Project{Project: blueprint.Project{Name: "common-staging", StateKey: "common/staging", Environment: "staging"}, Backend: &b, ProjectFiles: engine.ProjectFiles{Files: &tf.Project{}}}
}

// noting gives a project what init noted of its backend.
func noting(p Project, arguments ...string) Project {
	p.Files.State.Configured = &tf.Configured{BackendConfig: backend(arguments...).Backend.BackendConfig}
	return p
}

func TestTheLocationIsWhatTheBackendSays(t *testing.T) {
	const bucketName = "terraform-state"
	a := &blueprint.Answers{Blueprint: blueprint.New()}
	a.Bucket.Name = bucketName
	const key = "arn:aws:kms:eu-west-1:111111111111:key/1"
	whole := []string{"bucket", "b", "key", "k", "region", "eu-north-1", "encrypt", "true", "kms_key_id", key, "dynamodb_table", "t", "use_lockfile", "true", "profile", "p"}
	for _, c := range []struct {
		name    string
		project Project
		env     map[string]string
		want    func(StateLocation) bool
		sends   string
	}{
		{"all of it", backend(whole...), nil, func(t StateLocation) bool {
			return t.Bucket == "b" && t.Key == "k" && t.Region == "eu-north-1" && t.Table == "t" && t.Lockfile && t.Profile == "p" && !t.Planned
		}, "aws:kms with the key " + key},
		{"no lock, no profile", backend("bucket", "b", "key", "k", "region", "r"), nil, func(t StateLocation) bool {
			return t.Table == "" && !t.Lockfile && t.Profile == ""
		}, "no encryption header"},
		{"encrypt alone", backend("bucket", "b", "key", "k", "encrypt", "true"), nil, func(t StateLocation) bool { return t.Bucket == "b" }, "the header AES256"},
		{"a key without encrypt counts for nothing", backend("bucket", "b", "key", "k", "kms_key_id", key), nil, func(t StateLocation) bool { return t.Headers() == nil }, "no encryption header"},
		{"an expression is the blueprint's", backend("bucket", "var.bucket"), nil, func(t StateLocation) bool { return t.Bucket == bucketName }, ""},
		{"the region of the environment", backend("bucket", "b", "key", "k"), map[string]string{"AWS_REGION": "eu-south-1"}, func(t StateLocation) bool { return t.Region == "eu-south-1" }, ""},
		{"a workspace of the environment", backend("key", "k"), map[string]string{"TF_WORKSPACE": "blue"}, func(t StateLocation) bool { return t.Key == "env:/blue/k" && t.StateKey == "k" }, ""},
		{"a workspace with a prefix", backend("key", "k", "workspace_key_prefix", "w"), map[string]string{"TF_WORKSPACE": "blue"}, func(t StateLocation) bool { return t.Key == "w/blue/k" }, ""},
		{"what is given to an init that was never run is the blueprint's", backend("bucket", "b"), nil, func(t StateLocation) bool {
			return t.Planned && t.Bucket == "b" && t.Key == "common/staging" && t.Encrypt && t.Lockfile && t.Profile == a.AdminProfile
		}, ""},
		{"what was given to init is what it noted", noting(backend("profile", "mine"), whole...), nil, func(t StateLocation) bool {
			return !t.Planned && t.Bucket == "b" && t.Key == "k" && t.Region == "eu-north-1" && t.Table == "t" && t.Lockfile && t.Profile == "mine"
		}, "aws:kms with the key " + key},
		{"nor is anything added to what it noted", noting(backend(), "bucket", "b", "key", "k"), map[string]string{"TF_WORKSPACE": "blue"}, func(t StateLocation) bool {
			return t.Table == "" && !t.Lockfile && t.Profile == "" && t.Key == "env:/blue/k"
		}, "no encryption header"},
		{"a whole block says it itself", noting(backend("bucket", "b2", "key", "k2"), whole...), nil, func(t StateLocation) bool {
			return t.Bucket == "b2" && t.Key == "k2" && t.Table == ""
		}, "no encryption header"},
		{"no backend", Project{Project: blueprint.Project{Name: "x", StateKey: "y"}}, nil, func(t StateLocation) bool {
			return t.Planned && t.Key == "y" && t.Bucket == bucketName && t.Profile == a.AdminProfile
		}, ""},
	} {
		got := stateOf(a, c.project, func(name string) string { return c.env[name] })
		if !c.want(got) {
			t.Errorf("%s: %+v", c.name, got)
		}
		if c.sends != "" && got.Sends() != c.sends {
			t.Errorf("%s sends %s, want %s", c.name, got.Sends(), c.sends)
		}
	}
}
