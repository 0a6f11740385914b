package laptop_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/healthtest"
)

// Only variables that decide, or that hide what is meant, are told: an explicit
// profile wins over environment keys, and they win over AWS_PROFILE.
func TestOnlyVariablesThatDecideAreTold(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	whole := b.Snapshot()
	silent := func(b *bench) {
		b.Answers.ProfileInFiles = false
		for _, dir := range []string{"live/staging", "live/production"} {
			b.Edit(dir+"/backend.tf", `(?m)^\s*profile .*\n`, "")
			b.Edit(dir+"/provider.tf", `(?m)^\s*profile .*\n`, "")
			b.Initialise(dir)
		}
	}
	named := func(*bench) {}
	tests := []struct {
		name  string
		files func(*bench)
		set   map[string]string
		finds []string
	}{
		{"keys beside explicit profiles", named, map[string]string{"AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "hush", "AWS_SESSION_TOKEN": "hush"}, nil},
		{"another profile beside explicit ones", named, map[string]string{"AWS_PROFILE": "nobody", "AWS_REGION": "us-east-1"}, nil},
		{"the profile in the environment", silent, map[string]string{"AWS_PROFILE": "admin_iam"}, nil},
		{"a profile in the environment that is missing", silent, map[string]string{"AWS_PROFILE": "nobody"}, []string{"profile-missing error"}},
		{"keys in the environment", silent, map[string]string{"AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "hush"}, nil},
		{"a session's token beside a user's key", silent, map[string]string{"AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "hush", "AWS_SESSION_TOKEN": "hush"}, []string{"files.environment-token-stale error"}},
		{"a session", silent, map[string]string{"AWS_ACCESS_KEY_ID": "ASIAX", "AWS_SECRET_ACCESS_KEY": "hush", "AWS_SESSION_TOKEN": "hush"}, nil},
		{"keys beside a profile in the environment", silent, map[string]string{"AWS_PROFILE": "admin_iam", "AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "hush"}, []string{"files.environment-keys-win warning"}},
		{"half a key in the environment", silent, map[string]string{"AWS_PROFILE": "admin_iam", "AWS_ACCESS_KEY_ID": "AKIAX"}, []string{"files.environment-keys-half warning"}},
		{"nothing at all", silent, nil, []string{"profile-missing error"}},
		{"one data directory for all", named, map[string]string{"TF_DATA_DIR": "/tmp/shared"}, []string{fresh, fresh, "files.environment-shared-data-dir warning"}},
		{"another workspace", named, map[string]string{"TF_WORKSPACE": "feature"}, []string{"files.environment-workspace warning"}},
		{"the same workspace", named, map[string]string{"TF_WORKSPACE": "default"}, nil},
		{"flags that matter", named, map[string]string{"TF_CLI_ARGS_plan": "-lock=false"}, []string{"files.environment-flags warning"}},
		{"flags that do not", named, map[string]string{"TF_CLI_ARGS": "-no-color"}, nil},
		{"an endpoint beside explicit ones", named, map[string]string{"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}, nil},
		{"an endpoint that decides", func(b *bench) {
			b.Edit(healthtest.Backend, `(?m)^\s*s3 .*\n`, "")
			b.Initialise("live/staging")
		}, map[string]string{"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}, []string{"files.environment-endpoint warning"}},
		{"an endpoint of all services where one is left out", func(b *bench) {
			b.Edit(healthtest.Backend, `(?m)^\s*sts .*\n`, "")
			b.Initialise("live/staging")
		}, map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, []string{"files.environment-endpoint warning"}},
		{"two endpoints that decide, one after the other", func(b *bench) {
			b.Edit(healthtest.Backend, `(?m)^\s*s3 .*\n`, "")
			b.Initialise("live/staging")
		}, map[string]string{"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1", "AWS_ENDPOINT_URL": "http://127.0.0.1:2"}, []string{"files.environment-endpoint warning"}},
		{"an endpoint that is ignored", func(b *bench) {
			b.Edit(healthtest.Backend, `(?m)^\s*s3 .*\n`, "")
			b.Initialise("live/staging")
		}, map[string]string{"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b.T = t
			b.Restore(whole)
			t.Cleanup(func() { b.Answers.ProfileInFiles = true })
			tt.files(b)
			for name, value := range tt.set {
				b.Setenv(name, value)
			}
			review := b.Looked()
			if got := healthtest.Listed(review.Findings); !slices.Equal(got, tt.finds) {
				t.Fatalf("findings %v\n%v", got, review.Findings)
			}
			checked(t, review)
			c := healthtest.Check(review, "overriding environment variables", "")
			for name := range tt.set {
				if c.Verdict == plan.Passed && !strings.HasPrefix(name, "AWS_IGNORE") && !strings.Contains(c.Answer, name) {
					t.Errorf("%s is not in %q", name, c.Answer)
				}
			}
			for _, f := range review.Findings {
				for name := range tt.set {
					if f.ID == "files.environment-endpoint" && !(strings.Contains(f.Evidence, name+"=") && strings.Contains(f.Remedy, name)) {
						t.Errorf("%s is not in %s", name, f)
					}
				}
				if strings.Contains(f.Evidence+f.Remedy, "hush") {
					t.Errorf("the secret shows in %s", f)
				}
			}
		})
	}
}

// AWS_SHARED_CREDENTIALS_FILE that leads away from the file with the profile.
func TestAVariableThatHidesTheProfilesFileIsTold(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	other := filepath.Join(b.Dir, "other")
	b.Setenv("AWS_SHARED_CREDENTIALS_FILE", other)
	review := b.Looked()
	if got := healthtest.Listed(review.Findings); !slices.Equal(got, []string{"credentials-missing error", "files.environment-hides-file error"}) {
		t.Fatalf("findings %v\n%v", got, review.Findings)
	}
	if f := review.Findings[1]; !strings.Contains(f.Evidence, b.Path(healthtest.Credentials)) || !strings.Contains(f.Remedy, "unset AWS_SHARED_CREDENTIALS_FILE") {
		t.Errorf("finding %+v", f)
	}
}

// What is told of the environment is what the run began with, whatever the process's
// became since.
func TestARunReadsTheEnvironmentItBeganWith(t *testing.T) {
	b := healthtest.Laptop(t, sandbox.Options{})
	b.Setenv("TF_WORKSPACE", "ours")
	t.Setenv("TF_WORKSPACE", "later")
	review, err := b.Look(t.Context(), b.Env(), b.Answers)
	if err != nil || len(review.Findings) != 1 || !strings.Contains(review.Findings[0].Evidence, "TF_WORKSPACE=ours") {
		t.Fatalf("findings %v, error %v", review.Findings, err)
	}
}
