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

// given are the files that a project's init may have been given, of which none is sure.
func given(t *testing.T, texts map[string]string) []string {
	t.Helper()
	paths, all := project(t, texts).Given()
	if all {
		t.Errorf("%q is taken for all that init is given", paths)
	}
	return paths
}

// TestArgumentsOfTheCommandLineCountAsSaid: what the files after them do not say again is
// so for every init, and is neither written nor overridden.
func TestArgumentsOfTheCommandLineCountAsSaid(t *testing.T) {
	t.Parallel()
	const empty = "terraform {\n  required_version = \">= 1.11.0\"\n  backend \"s3\" {}\n}\n"
	place := []string{"bucket=acme-state", "key=common/production"}
	for name, c := range map[string]struct {
		last    string
		configs []string
		says    []string // of what is written
		keeps   string   // what is not
		err     string
	}{
		"alone": {configs: place, says: []string{"kms_key_id", "use_lockfile", "encrypt"}, keeps: "bucket"},
		"after a file": {
			last: "region = \"eu-west-1\"\n", configs: append([]string{"last.tfbackend"}, place...),
			says: []string{"region         = \"eu-west-1\"", "kms_key_id"}, keeps: "bucket",
		},
		"before a file that says otherwise": {
			last: "bucket = \"acme-state\"\nkey = \"k\"\n", configs: []string{"key=theirs", "last.tfbackend"},
			says: []string{"key = \"common/production\""}, keeps: "theirs",
		},
		"another place":               {configs: []string{"bucket=old", "key=common/production"}, err: "bucket=old"},
		"another place, after a file": {last: "bucket = \"acme-state\"\n", configs: []string{"last.tfbackend", "key=dev"}, err: "key=dev"},
		"what is not wanted":          {configs: append([]string{"workspace_key_prefix=w"}, place...), err: "workspace_key_prefix=w"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := completed(t, map[string]string{"main.tf": empty, "last.tfbackend": c.last}, c.configs...)
			edits, err := EditBackend(p, wanted)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			all := ""
			for _, e := range edits {
				if e.Changes() {
					all += string(e.After)
				}
			}
			for _, says := range c.says {
				if !strings.Contains(all, says) {
					t.Errorf("it does not say %s:\n%s", says, all)
				}
			}
			if strings.Contains(all, c.keeps+" ") || strings.Contains(all, c.keeps+"\"") {
				t.Errorf("%s is written:\n%s", c.keeps, all)
			}
			next, err := p.With(edits)
			if err != nil {
				t.Fatal(err)
			}
			if block, err := next.Backend(); err != nil || !block.SamePlace(wanted) {
				t.Errorf("the backend is %v, %v", block, err)
			}
			again, err := EditBackend(next, wanted)
			for _, e := range again {
				if err != nil || e.Changes() {
					t.Errorf("a second edit changes %s: %v", e.Before.Path, err)
				}
			}
		})
	}
}

// TestALocalBackendThatAFileCompletesBecomesS3: S3 takes none of its arguments.
func TestALocalBackendThatAFileCompletesBecomesS3(t *testing.T) {
	t.Parallel()
	p := completed(t, map[string]string{
		"main.tf": "terraform {\n  required_version = \">= 1.11.0\"\n  backend \"local\" {}\n}\n", "last.tfbackend": "# ours\npath = \"states/prod.tfstate\"\n",
		"states/prod.tfstate": `{"version":4,"serial":1,"lineage":"l","resources":[{}]}`,
	}, "last.tfbackend")
	if len(p.State.States) != 1 || !strings.HasSuffix(p.State.States[0].Path, "states/prod.tfstate") {
		t.Fatalf("states %+v", p.State.States)
	}
	edits, err := EditBackend(p, wanted)
	if err != nil {
		t.Fatal(err)
	}
	next, err := p.With(edits)
	if err != nil {
		t.Fatal(err)
	}
	block, err := next.Backend()
	if err != nil || !block.SamePlace(wanted) || block.Attributes.Find("path") != nil {
		t.Errorf("the backend is %+v, %v", block, err)
	}
	for _, e := range edits {
		if text := string(e.After); !strings.Contains(text, "backend \"s3\" {}") && (!strings.HasPrefix(text, "# ours\n") || strings.Contains(text, "path")) {
			t.Errorf("%s:\n%s", e.Before.Path, text)
		}
	}
	pair := completed(t, map[string]string{"main.tf": "terraform {\n  backend \"local\" {}\n}\n"}, "path=prod.tfstate")
	if _, err := EditBackend(pair, wanted); err == nil || !strings.Contains(err.Error(), "path=prod.tfstate") {
		t.Errorf("%v", err)
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
	if diff := cmp.Diff([]string{"env/dev.tfbackend", "env/prod.tfbackend"}, given(t, texts)); diff != "" {
		t.Errorf("without notes (-want +got):\n%s", diff)
	}
	texts[".terraform/terraform.tfstate"] = `{"version": 3, "backend": {"type": "s3", "hash": 1, "config": {"bucket": "b", "key": "prod"}}}`
	if diff := cmp.Diff([]string{"env/prod.tfbackend"}, given(t, texts)); diff != "" {
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
		"another type": {map[string]string{"main.tf": "terraform {\n  backend \"gcs\" {}\n}\n", "prod.tfbackend": ""}, "main.tf:2"},
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
