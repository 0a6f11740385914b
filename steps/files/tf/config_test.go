package tf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/files"
)

// completed makes a project whose backend these files complete.
func completed(t *testing.T, texts map[string]string, configs ...string) *Project {
	t.Helper()
	p := project(t, texts)
	again, problems := Inspect(p.Dir, noEnv, configs...)
	if problems != nil {
		t.Fatal(problems)
	}
	return again
}

// TestACompletedBackendIsEditedInItsLastFile: the block and what comes before that file
// may serve other environments, and what the file does not say of its own accord is
// overridden in it.
func TestACompletedBackendIsEditedInItsLastFile(t *testing.T) {
	t.Parallel()
	const empty = "terraform {\n  required_version = \">= 1.11.0\"\n  backend \"s3\" {}\n}\n"
	alone := wanted
	alone.DynamoDBTable = ""
	const rest = "encrypt        = true\nkms_key_id     = \"" + keyARN + "\"\n"
	for name, c := range map[string]struct {
		block, before, last string
		want                Backend
		blockAfter, after   string
	}{
		"nothing in the block": {
			block: empty, last: "# production\nbucket = \"old\" # ours\nkey    = \"k\"\n", want: wanted, blockAfter: empty,
			after: "# production\nbucket         = \"acme-state\" # ours\nkey            = \"common/production\"\nregion         = \"eu-west-1\"\n" + rest +
				"dynamodb_table = \"terraform_locks\"\nuse_lockfile   = true\nprofile        = \"admin_iam\"\n",
		},
		"what the block says rightly is not said again": {
			block: strings.Replace(empty, "{}", "{\n    region  = \"eu-west-1\"\n    profile = \"theirs\"\n  }", 1), last: "bucket=\"old\"\nkey=\"k\"\nuse_lockfile=false", want: wanted,
			blockAfter: strings.Replace(empty, "{}", "{\n    region  = \"eu-west-1\"\n    profile = \"theirs\"\n  }", 1),
			after:      "bucket=\"acme-state\"\nkey=\"common/production\"\nuse_lockfile=true\nencrypt     = true\nkms_key_id  = \"" + keyARN + "\"\ndynamodb_table = \"terraform_locks\"\nprofile     = \"admin_iam\"\n",
		},
		"what is not wanted is nothing": {
			block: strings.Replace(empty, "{}", "{\n    dynamodb_table = \"theirs\"\n  }", 1), before: "region = \"eu-west-1\"\nworkspace_key_prefix = \"w\"\n", last: "bucket = \"acme-state\"\nkey    = \"common/production\"\n", want: alone,
			blockAfter: strings.Replace(empty, "{}", "{\n    dynamodb_table = \"theirs\"\n  }", 1),
			after:      "bucket               = \"acme-state\"\nkey                  = \"common/production\"\ndynamodb_table       = null\nworkspace_key_prefix = null\nencrypt              = true\nkms_key_id           = \"" + keyARN + "\"\nuse_lockfile         = true\nprofile              = \"admin_iam\"\n",
		},
		"an empty file": {
			block: strings.Replace(empty, "{}", "{\n    bucket     = \"old\"\n    key        = \"k\"\n    secret_key = \"s\"\n    role_arn   = \"r\"\n  }", 1), last: "", want: wanted,
			blockAfter: strings.Replace(empty, "{}", "{\n    bucket = \"old\"\n    key    = \"k\"\n  }", 1),
			after:      "bucket         = \"acme-state\"\nkey            = \"common/production\"\nregion         = \"eu-west-1\"\n" + rest + "dynamodb_table = \"terraform_locks\"\nuse_lockfile   = true\nprofile        = \"admin_iam\"\n",
		},
		"CRLF and no last newline": {
			block: empty, last: "# x\r\nbucket = \"acme-state\"\r\nkey = \"common/production\"\r\nregion = \"eu-west-1\"\r\nencrypt = true\r\nkms_key_id = \"" + keyARN + "\"\r\ndynamodb_table = \"terraform_locks\"\r\nuse_lockfile = true", want: wanted, blockAfter: empty,
			after: "# x\r\nbucket = \"acme-state\"\r\nkey = \"common/production\"\r\nregion = \"eu-west-1\"\r\nencrypt = true\r\nkms_key_id = \"" + keyARN + "\"\r\ndynamodb_table = \"terraform_locks\"\r\nuse_lockfile = true\r\nprofile        = \"admin_iam\"\r\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			configs := []string{"before.tfbackend", "env/prod.tfbackend"}
			p := completed(t, map[string]string{"main.tf": c.block, configs[0]: c.before, configs[1]: c.last}, configs...)
			edits, err := EditBackend(p, c.want)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range edits {
				if _, err := files.Write(t.Context(), e, t.TempDir()); err != nil {
					t.Fatal(err)
				}
			}
			for file, want := range map[string]string{"main.tf": c.blockAfter, configs[0]: c.before, configs[1]: c.after} {
				got, err := os.ReadFile(filepath.Join(p.Dir, file))
				if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
					t.Errorf("%s: %v (-want +got):\n%s", file, err, diff)
				}
			}
			next, err := p.With(edits)
			if err != nil {
				t.Fatal(err)
			}
			again, problems := Inspect(p.Dir, noEnv, configs...)
			if problems != nil {
				t.Fatal(problems)
			}
			for _, p := range []*Project{next, again} {
				if !p.Backends[0].SamePlace(c.want) || p.Backends[0].Partial() {
					t.Errorf("the place is %s", p.Backends[0].where())
				}
				if more, err := EditBackend(p, c.want); err != nil || len(more) > 0 && more[0].Changes() {
					t.Errorf("the second time: %v, %v", more, err)
				}
			}
		})
	}
}

// TestOfSeveralFilesTheOneThatInitNotedIsNamed spares whoever adopts the project the
// choice.
func TestOfSeveralFilesTheOneThatInitNotedIsNamed(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"main.tf": "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n  }\n}\n"}
	for _, env := range []string{"dev", "prod"} {
		texts["env/"+env+".tfbackend"] = "key = \"" + env + "\"\n"
	}
	if diff := cmp.Diff([]string{"env/dev.tfbackend", "env/prod.tfbackend"}, project(t, texts).Given()); diff != "" {
		t.Errorf("without notes (-want +got):\n%s", diff)
	}
	texts[".terraform/terraform.tfstate"] = `{"version": 3, "backend": {"type": "s3", "hash": 1, "config": {"bucket": "b", "key": "prod"}}}`
	if diff := cmp.Diff([]string{"env/prod.tfbackend"}, project(t, texts).Given()); diff != "" {
		t.Errorf("with notes (-want +got):\n%s", diff)
	}
}

// TestFilesThatCannotCompleteABackendAreTold: on a guess the project would be
// initialised on another place than its state.
func TestFilesThatCannotCompleteABackendAreTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		says  string
	}{
		"not there":    {map[string]string{"main.tf": "terraform {\n  backend \"s3\" {}\n}\n"}, "prod.tfbackend"},
		"malformed":    {map[string]string{"main.tf": "terraform {\n  backend \"s3\" {}\n}\n", "prod.tfbackend": "bucket ="}, "prod.tfbackend:1"},
		"no backend":   {map[string]string{"main.tf": "", "prod.tfbackend": ""}, `no backend "s3" block`},
		"another type": {map[string]string{"main.tf": "terraform {\n  backend \"local\" {}\n}\n", "prod.tfbackend": ""}, "main.tf:2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := Inspect(project(t, c.files).Dir, noEnv, "prod.tfbackend")
			if len(problems) != 1 || !strings.Contains(problems[0].Error(), c.says) {
				t.Errorf("%v, want %q", problems, c.says)
			}
		})
	}
}
