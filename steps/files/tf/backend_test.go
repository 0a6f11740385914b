package tf

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"stateroom/steps/files"
	"stateroom/steps/files/filestest"
)

const keyARN = "arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-44cd-96ef-1234567890ab"

var wanted = Backend{
	Bucket: "acme-state", Key: "common/production", Region: "eu-west-1", Encrypt: true, KMSKeyID: keyARN,
	DynamoDBTable: "terraform_locks", UseLockfile: true, Profile: "admin_iam", RequiredVersion: ">= 1.11.0",
}

func noEnv(string) string { return "" }

// project makes a directory with these files.
func project(t *testing.T, files map[string]string) *Project {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		filestest.Put(t, filepath.Join(dir, name), text, 0o644)
	}
	return inspect(t, dir)
}

func inspect(t *testing.T, dir string) *Project {
	t.Helper()
	p, problems := Inspect(dir, noEnv)
	if problems != nil {
		t.Fatal(problems)
	}
	return p
}

// carryOut writes the edits, makes sure that computing them again gives nothing
// to write, and gives the files by name.
func carryOut(t *testing.T, p *Project, compute func(*Project) ([]files.Edit, error)) (map[string]string, []files.Edit) {
	t.Helper()
	list, err := compute(p)
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	for _, e := range list {
		if formatted(e.Before.Bytes) && !formatted(e.After) {
			t.Errorf("terraform fmt had nothing to say of %s and has now:\n%s", e.Before.Path, cmp.Diff(string(hclwrite.Format(e.After)), string(e.After)))
		}
		if _, err := files.Write(context.Background(), e, t.TempDir()); err != nil {
			t.Fatal(err)
		}
	}
	again, err := compute(inspect(t, p.Dir))
	if err != nil {
		t.Fatalf("the second run was refused: %v", err)
	}
	for _, e := range again {
		if e.Changes() || len(e.Fields) > 0 {
			t.Fatalf("the second run changes %s:\n%s", e.Before.Path, cmp.Diff(string(e.Before.Bytes), string(e.After)))
		}
	}
	out := map[string]string{}
	for _, f := range inspect(t, p.Dir).Files {
		out[filepath.Base(f.Path)] = string(f.Bytes)
	}
	return out, list
}

// formatted tells a text of which terraform fmt has nothing to say.
func formatted(text []byte) bool { return bytes.Equal(hclwrite.Format(text), text) }

func backendEdits(want Backend) func(*Project) ([]files.Edit, error) {
	return func(p *Project) ([]files.Edit, error) { return EditBackend(p, want) }
}

const newBackend = `terraform {
  required_version = ">= 1.11.0"

  backend "s3" {
    bucket         = "acme-state"
    key            = "common/production"
    region         = "eu-west-1"
    encrypt        = true
    kms_key_id     = "` + keyARN + `"
    dynamodb_table = "terraform_locks"
    use_lockfile   = true
    profile        = "admin_iam"
  }
}
`

func TestEditBackendKeepsEveryOtherByte(t *testing.T) {
	small := Backend{Bucket: "b", Key: "k", Region: "r", UseLockfile: true}
	tests := []struct {
		name  string
		files map[string]string
		want  Backend
		after map[string]string
	}{
		{"a new project gets backend.tf", nil, wanted, map[string]string{"backend.tf": newBackend}},
		{
			"an existing backend.tf without backend is continued",
			map[string]string{"backend.tf": "# ours"},
			wanted,
			map[string]string{"backend.tf": "# ours\n\n" + newBackend},
		},
		{
			"the article's block in another file is completed in place",
			map[string]string{"main.tf": "# top\nlocals {\n\tx   =   1 # tab\n}\nterraform {\n backend \"s3\" {\n   bucket         = \"YourBucket\" # ours\n   key            = \"common/production\"\n   region         = \"eu-west-1\"\n   dynamodb_table = \"terraform_locks\"\n   kms_key_id = \"" + keyARN + "\"\n   # the end\n }\n}\n"},
			wanted,
			map[string]string{"main.tf": "# top\nlocals {\n\tx   =   1 # tab\n}\nterraform {\n required_version = \">= 1.11.0\"\n backend \"s3\" {\n   bucket         = \"acme-state\" # ours\n   key            = \"common/production\"\n   region         = \"eu-west-1\"\n   dynamodb_table = \"terraform_locks\"\n   kms_key_id = \"" + keyARN + "\"\n   encrypt        = true\n   use_lockfile   = true\n   profile        = \"admin_iam\"\n   # the end\n }\n}\n"},
		},
		{
			"CRLF and tabs stay",
			map[string]string{"x.tf": "terraform {\r\n\tbackend \"s3\" {\r\n\t\tbucket = \"a\"\r\n\t}\r\n}"},
			small,
			map[string]string{"x.tf": "terraform {\r\n\tbackend \"s3\" {\r\n\t\tbucket = \"b\"\r\n\t\tkey    = \"k\"\r\n\t\tregion = \"r\"\r\n\t\tuse_lockfile = true\r\n\t}\r\n}"},
		},
		{
			"an empty block on one line is broken up",
			map[string]string{"x.tofu": "terraform {\n  backend \"s3\" {}\n}\n"},
			small,
			map[string]string{"x.tofu": "terraform {\n  backend \"s3\" {\n    bucket       = \"b\"\n    key          = \"k\"\n    region       = \"r\"\n    use_lockfile = true\n  }\n}\n"},
		},
		{
			"a block on one line keeps its argument",
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" { bucket = \"old\" }\n}\n"},
			small,
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    bucket       = \"b\"\n    key          = \"k\"\n    region       = \"r\"\n    use_lockfile = true\n  }\n}\n"},
		},
		{
			"a block comment over two lines is not torn",
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" { # c\n    bucket = \"b\" /* one\n    two */\n    key = \"k\"\n  }\n}\n"},
			small,
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" { # c\n    bucket = \"b\" /* one\n    two */\n    key = \"k\"\n    region = \"r\"\n    use_lockfile = true\n  }\n}\n"},
		},
		{
			"extra arguments and heredocs elsewhere stay",
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    acl = \"private\"\n    workspace_key_prefix = \"env:\"\n    bucket=\"b\"\n  }\n}\nlocals {\n  h = <<-EOT\n    backend \"s3\" {\n    }\n  EOT\n}\n"},
			small,
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    acl = \"private\"\n    workspace_key_prefix = \"env:\"\n    bucket=\"b\"\n    key                  = \"k\"\n    region               = \"r\"\n    use_lockfile         = true\n  }\n}\nlocals {\n  h = <<-EOT\n    backend \"s3\" {\n    }\n  EOT\n}\n"},
		},
		{
			"a prefix of workspaces goes with the place that it belongs to",
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    workspace_key_prefix = \"w\"\n    bucket = \"b\"\n    key = \"k\"\n    region = \"r\"\n    use_lockfile = true\n  }\n}\n"},
			small,
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    region = \"r\"\n    use_lockfile = true\n  }\n}\n"},
		},
		{
			"what Terraform 1.10 refuses and plain-text keys go",
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    # the key\n    access_key = \"AKIA\" # mine\n    secret_key = \"shh\"\n    role_arn = \"arn\"\n    dynamodb_table = \"t\"\n    key = \"k\"\n    region = \"r\"\n  }\n}\n"},
			Backend{Bucket: "b", Key: "k", Region: "r", UseLockfile: true, Profile: "p"},
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    # the key\n    key = \"k\"\n    region = \"r\"\n    use_lockfile = true\n    profile = \"p\"\n  }\n}\n"},
		},
		{
			"a table alone removes use_lockfile",
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    region = \"r\"\n    use_lockfile = true\n  }\n}\n"},
			Backend{Bucket: "b", Key: "k", Region: "r", DynamoDBTable: "t"},
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    region = \"r\"\n    dynamodb_table = \"t\"\n  }\n}\n"},
		},
		{
			"a weaker required_version in another file is raised there",
			map[string]string{"versions.tf": "terraform {\n  required_version = \"< 2.0, >= 1.3\" # why\n}\n"},
			wanted,
			map[string]string{
				"versions.tf": "terraform {\n  required_version = \"< 2.0, >= 1.11.0\" # why\n}\n",
				"backend.tf":  strings.Replace(newBackend, "  required_version = \">= 1.11.0\"\n\n", "", 1),
			},
		},
		{
			"a stronger required_version is kept",
			map[string]string{"versions.tf": "terraform {\n  required_version = \"~> 1.12\"\n}\n"},
			wanted,
			map[string]string{
				"versions.tf": "terraform {\n  required_version = \"~> 1.12\"\n}\n",
				"backend.tf":  strings.Replace(newBackend, "  required_version = \">= 1.11.0\"\n\n", "", 1),
			},
		},
		{
			"another type of backend is turned into this one, comments kept",
			map[string]string{"x.tf": "terraform {\n  backend \"remote\" { # was remote\n    hostname = \"h\"\n    # about the workspace\n    workspaces {\n      name = \"w\"\n    }\n  }\n}\n"},
			small,
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" { # was remote\n    bucket       = \"b\"\n    key          = \"k\"\n    region       = \"r\"\n    use_lockfile = true\n    # about the workspace\n  }\n}\n"},
		},
		{
			"a local backend on one line",
			map[string]string{"x.tf": "terraform {\n  backend \"local\" { path = \"s\" }\n}\n"},
			small,
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    bucket       = \"b\"\n    key          = \"k\"\n    region       = \"r\"\n    use_lockfile = true\n  }\n}\n"},
		},
		{
			"an override file is found",
			map[string]string{"backend_override.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    region = \"x\"\n    use_lockfile = true\n  }\n}\n"},
			small,
			map[string]string{"backend_override.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    region = \"r\"\n    use_lockfile = true\n  }\n}\n"},
		},
		{
			"a custom endpoint on an address",
			nil,
			Backend{Bucket: "b", Key: "k", Region: "r", UseLockfile: true, Endpoint: "http://127.0.0.1:4570", PathStyle: true},
			map[string]string{"backend.tf": "terraform {\n  backend \"s3\" {\n    bucket         = \"b\"\n    key            = \"k\"\n    region         = \"r\"\n    use_lockfile   = true\n    use_path_style = true\n\n    endpoints = {\n      s3  = \"http://127.0.0.1:4570\"\n      sts = \"http://127.0.0.1:4570\"\n    }\n  }\n}\n"},
		},
		{
			"endpoints of other services stay when the map is renewed",
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    region = \"r\"\n    force_path_style = true\n    endpoints = { s3 = \"http://old\", sso = \"http://sso\" }\n  }\n}\n"},
			Backend{Bucket: "b", Key: "k", Region: "r", DynamoDBTable: "t", Endpoint: "https://aws.example.com"},
			map[string]string{"x.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key = \"k\"\n    region = \"r\"\n    endpoints = {\n      s3       = \"https://aws.example.com\"\n      dynamodb = \"https://aws.example.com\"\n      sts      = \"https://aws.example.com\"\n      sso      = \"http://sso\"\n    }\n    dynamodb_table = \"t\"\n  }\n}\n"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := carryOut(t, project(t, tt.files), backendEdits(tt.want))
			if diff := cmp.Diff(tt.after, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestEditBackendRefusesWithThePlace(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		says  []string
	}{
		{"cloud", map[string]string{"a.tf": "terraform {\n  cloud {}\n}\n"}, []string{"a.tf:2", "cloud block"}},
		{"cloud beside a backend", map[string]string{"a.tf": "terraform {\n  cloud {}\n}\n", "b.tf": "terraform {\n  backend \"s3\" {}\n}\n"}, []string{"a.tf:2", "b.tf:2"}},
		{"two backends", map[string]string{"a.tf": "terraform {\n  backend \"s3\" {}\n}\n", "b_override.tf": "\nterraform {\n  backend \"s3\" {}\n}\n"}, []string{"a.tf:2", "b_override.tf:3", "second"}},
		{"JSON", map[string]string{"a.tf.json": "{\n\"terraform\": {\n\"backend\": {\"s3\": {\"bucket\": \"b\"}}}}\n"}, []string{"a.tf.json:3", "JSON"}},
		{"a version that excludes the lock", map[string]string{"v.tf": "terraform {\n  required_version = \"~> 1.5.0\"\n}\n"}, []string{"v.tf:2", "excludes"}},
		{"a customer's own key", map[string]string{"a.tf": "terraform {\n  backend \"s3\" {\n    sse_customer_key = \"x\"\n  }\n}\n"}, []string{"a.tf:3", "sse_customer_key"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := EditBackend(project(t, tt.files), wanted)
			var e *files.Error
			if !errors.As(err, &e) {
				t.Fatalf("want an *Error, got %v", err)
			}
			for _, s := range tt.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q is missing in: %v", s, err)
				}
			}
		})
	}
}

func TestMalformedFilesAreNamedWithLine(t *testing.T) {
	for name, text := range map[string]string{
		"a.tf": "terraform {\n  backend \"s3\" {\n", "b.tofu": "x = \n", "c.tf.json": "{\n\"terraform\": [}\n", "d.tf": "\xff\xfe",
	} {
		dir := t.TempDir()
		filestest.Put(t, filepath.Join(dir, name), text, 0o644)
		_, problems := Inspect(dir, noEnv)
		err := errors.Join(problems...)
		var e *files.Error
		if !errors.As(err, &e) || e.Line == 0 || !strings.HasSuffix(e.Path, name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestEditBackendTellsWhatItKeepsAndHides(t *testing.T) {
	text := "terraform {\n  required_version = \"latest\"\n  backend \"s3\" {\n    bucket = var.bucket\n    key = \"k\"\n    region = \"r\"\n    secret_key = \"hush-hush\"\n    profile = \"mine\"\n    assume_role = { role_arn = \"arn\" }\n    endpoints = { s3 = \"http://x\" }\n  }\n}\n"
	p := project(t, map[string]string{"x.tf": text})
	list, err := EditBackend(p, Backend{Bucket: "b", Key: "k", Region: "r", UseLockfile: true, RequiredVersion: ">= 1.11.0"})
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	notes := strings.Join(list[0].Notes, "\n")
	for _, s := range []string{"x.tf:2: required_version \"latest\"", "x.tf:4: bucket is the expression var.bucket", "x.tf:7: a credential", "x.tf:8: the profile is kept", "x.tf:9: the backend assumes a role", "x.tf:10: a custom endpoint"} {
		if !strings.Contains(notes, s) {
			t.Errorf("%q is missing in\n%s", s, notes)
		}
	}
	withProfile, err := EditBackend(p, Backend{Bucket: "b", Key: "k", Region: "r", UseLockfile: true, Profile: "mine"})
	if err != nil {
		t.Fatal(err)
	}
	want := []files.Field{{Name: "backend.use_lockfile", After: "true"}, {Name: "backend.secret_key", Before: "(secret)"}}
	if diff := cmp.Diff(want, withProfile[0].Fields); diff != "" {
		t.Error(diff)
	}
	for _, shown := range []string{notes, withProfile[0].Diff(), p.Backends[0].Attributes.Get("secret_key")} {
		if strings.Contains(shown, "hush") {
			t.Errorf("the secret shows in %s", shown)
		}
	}
}

func TestInspectFindsStateAndWhatIsConfigured(t *testing.T) {
	state := `{"version":4,"serial":7,"lineage":"l-1","resources":[{},{}]}`
	p := project(t, map[string]string{
		"terraform.tfstate":                             state,
		"terraform.tfstate.d/staging/terraform.tfstate": state,
		"terraform.tfstate.d/empty/terraform.tfstate":   "",
		".terraform/environment":                        "staging",
		".terraform/terraform.tfstate":                  `{"version":3,"backend":{"type":"s3","config":{"bucket":"b","key":"k","region":"r","access_key":"AKIA","secret_key":"s","token":null,"encrypt":true,"assume_role":null}}}`,
		"#main.tf#":                                     "broken {", ".hidden.tf": "broken {", "main.tf~": "broken {", "sub/main.tf": "broken {",
	})
	const twoResources = "3fc17dd4533b5ea9c4f84c62b036b99e89f40fa3e0d8b6bf1f84ac8c70e09a0f" // their SHA-256, of the outputs and a line each
	want := LocalState{
		States: []State{
			{Path: filepath.Join(p.Dir, "terraform.tfstate"), Workspace: "default", Lineage: "l-1", Serial: 7, Resources: 2, Format: 4, Content: twoResources},
			{Path: filepath.Join(p.Dir, "terraform.tfstate.d/staging/terraform.tfstate"), Workspace: "staging", Lineage: "l-1", Serial: 7, Resources: 2, Format: 4, Content: twoResources},
		},
		Configured: &Configured{
			BackendConfig: BackendConfig{Place: files.Place{Path: filepath.Join(p.Dir, ".terraform/terraform.tfstate"), Line: 1}, Type: "s3", Attributes: Attributes{
				{Name: "access_key", Value: "(secret)", Literal: true, Line: 1},
				{Name: "bucket", Value: "b", Literal: true, Line: 1},
				{Name: "encrypt", Value: "true", Literal: true, Line: 1},
				{Name: "key", Value: "k", Literal: true, Line: 1},
				{Name: "region", Value: "r", Literal: true, Line: 1},
				{Name: "secret_key", Value: "(secret)", Literal: true, Line: 1},
			}},
		},
		Workspace: "staging", DataDir: filepath.Join(p.Dir, ".terraform"),
	}
	if diff := cmp.Diff(want, p.State, cmpopts.IgnoreUnexported(Configured{})); diff != "" {
		t.Fatal(diff)
	}
	if len(p.Files) != 0 {
		t.Fatalf("Terraform reads none of %v", p.Files)
	}
}

func TestInspectHonoursDataDirAndLocalPath(t *testing.T) {
	p := project(t, map[string]string{
		"main.tf":                "terraform {\n  backend \"local\" {\n    path = \"elsewhere.tfstate\"\n  }\n}\n",
		"elsewhere.tfstate":      `{"lineage":"e"}`,
		"data/terraform.tfstate": `{"version":3,"backend":{"type":"gcs","config":{}}}`,
	})
	q, problems := Inspect(p.Dir, func(k string) string { return map[string]string{"TF_DATA_DIR": "data"}[k] })
	if problems != nil {
		t.Fatal(problems)
	}
	if q.State.Configured == nil || q.State.Configured.Type != "gcs" || len(q.State.States) != 1 || q.State.States[0].Lineage != "e" {
		t.Fatalf("got %+v", q.State)
	}
	if missing := inspect(t, filepath.Join(p.Dir, "nowhere")); len(missing.Files) != 0 || missing.State.Configured != nil {
		t.Fatalf("got %+v", missing)
	}
}

// A local state is where init noted it, too: the path may have come from the
// command line, and workspace_dir moves those of the other workspaces.
func TestInspectFindsLocalStateWhereverTerraformPutIt(t *testing.T) {
	state := func(lineage string) string {
		return `{"version":4,"serial":1,"lineage":"` + lineage + `","resources":[{}]}`
	}
	note := func(config string) string { return `{"version":3,"backend":{"type":"local","config":` + config + `}}` }
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"workspace_dir in the block": {map[string]string{
			"main.tf":                       "terraform {\n  backend \"local\" {\n    workspace_dir = \"spaces\"\n  }\n}\n",
			"spaces/blue/terraform.tfstate": state("b"),
		}, []string{"blue b"}},
		"noted by init": {map[string]string{
			".terraform/terraform.tfstate":  note(`{"path":"deep/x.tfstate","workspace_dir":"spaces"}`),
			"deep/x.tfstate":                state("d"),
			"spaces/blue/terraform.tfstate": state("b"),
		}, []string{"default d", "blue b"}},
		"noted by init, with another left over": {map[string]string{
			".terraform/terraform.tfstate": note(`{"path":"x.tfstate","workspace_dir":null}`),
			"x.tfstate":                    state("x"), "terraform.tfstate": state("old"),
		}, []string{"default x", "default old stray"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, s := range project(t, c.files).State.States {
				text := s.Workspace + " " + s.Lineage
				if s.Stray {
					text += " stray"
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRaiseVersion(t *testing.T) {
	tests := []struct {
		existing, want string
		verdict        verdict
	}{
		{">= 1.5.0", ">= 1.11.0", versionRaised},
		{">= 1.5.0, < 2.0.0", ">= 1.11.0, < 2.0.0", versionRaised},
		{"> 1.5", ">= 1.11.0", versionRaised},
		{"~> 1.5", "~> 1.5, >= 1.11.0", versionRaised},
		{"< 2.0", "< 2.0, >= 1.11.0", versionRaised},
		{"!= 1.11.2", "!= 1.11.2, >= 1.11.0", versionRaised},
		{">= 1.11.0", ">= 1.11.0", versionKept},
		{">=1.12", ">=1.12", versionKept},
		{"1.13.5", "1.13.5", versionKept},
		{"~> 1.11.3", "~> 1.11.3", versionKept},
		{"~> 2", "~> 2", versionKept},
		{"~> 1.5.0", "~> 1.5.0", versionExcluded},
		{"= 1.9.8", "= 1.9.8", versionExcluded},
		{"< 1.11.0", "< 1.11.0", versionExcluded},
		{"<= 1.10", "<= 1.10", versionExcluded},
		{"", "", versionUnknown},
		{"latest", "latest", versionUnknown},
	}
	for _, tt := range tests {
		if got, v := raiseVersion(tt.existing, ">= 1.11.0"); got != tt.want || v != tt.verdict {
			t.Errorf("%q: got %q (%d), want %q (%d)", tt.existing, got, v, tt.want, tt.verdict)
		}
	}
}

// TestAVersionThatExcludesTheLockIsRefusedWithWhatHelps: who has chosen the table alone
// is not told to choose it.
func TestAVersionThatExcludesTheLockIsRefusedWithWhatHelps(t *testing.T) {
	t.Parallel()
	tableAlone := wanted
	tableAlone.UseLockfile, tableAlone.RequiredVersion = false, ">= 1.6.0"
	for constraint, c := range map[string]struct {
		want   Backend
		offers bool
	}{"~> 1.9.0": {wanted, true}, "~> 1.5.0": {tableAlone, false}} {
		p := project(t, map[string]string{"main.tf": "terraform {\n  required_version = \"" + constraint + "\"\n}\n"})
		_, err := EditBackend(p, c.want)
		if err == nil || !strings.Contains(err.Error(), "main.tf:2") || !strings.Contains(err.Error(), "relax it") {
			t.Fatalf("%s: %v", constraint, err)
		}
		if offers := strings.Contains(err.Error(), "lock.use_lockfile=false"); offers != c.offers {
			t.Errorf("%s: the table alone is offered: %v: %v", constraint, offers, err)
		}
	}
}
