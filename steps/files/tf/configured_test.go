package tf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/files/filestest"
)

// cacheBlock is the block of which Terraform 1.11.4 noted what lies in testdata.
const cacheBlock = `terraform {
  backend "s3" {
    bucket         = "terraform-state-111111111111-eu-west-1"
    key            = "common/staging"
    region         = "eu-west-1"
    encrypt        = true
    kms_key_id     = "arn:aws:kms:eu-west-1:111111111111:key/ba42fac6-b4b7-43aa-9ac0-74fdcf37fb3d"
    dynamodb_table = "terraform_locks"
    use_lockfile   = true
    profile        = "admin_iam"
    use_path_style = true

    endpoints = {
      s3       = "http://127.0.0.1:45427"
      dynamodb = "http://127.0.0.1:45427"
      sts      = "http://127.0.0.1:45427"
    }
  }
}
`

func TestDiffersSaysWhatTerraformSays(t *testing.T) {
	cache, err := os.ReadFile("testdata/terraform-1.11.4.cache.json")
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(old, with string) string { return strings.Replace(cacheBlock, old, with, 1) }
	tests := map[string]struct {
		block string
		want  []string
	}{
		"the block that init saw":         {cacheBlock, nil},
		"comments and order do not count": {replaced("    use_lockfile   = true\n    profile        = \"admin_iam\"\n", "    profile = \"admin_iam\" # x\n    use_lockfile = true\n"), nil},
		"another key":                     {replaced("common/staging", "common/other"), []string{"key"}},
		"a lost argument":                 {replaced("    profile        = \"admin_iam\"\n", ""), []string{"profile"}},
		"a new argument":                  {replaced("    use_path_style = true\n", "    use_path_style = true\n    max_retries = 7\n"), []string{"max_retries"}},
		"an argument nobody knew":         {replaced("    use_path_style = true\n", "    use_path_style = true\n    brand_new = 7\n"), []string{"brand_new"}},
		"text for a bool":                 {replaced("encrypt        = true", `encrypt = "true"`), nil},
		"another endpoint":                {replaced(`s3       = "http://127.0.0.1:45427"`, `s3 = "http://127.0.0.1:1"`), []string{"endpoints"}},
		"two arguments":                   {replaced("    encrypt        = true\n", "") + "# end\n", []string{"encrypt"}},
		"what needs a variable":           {replaced(`"common/staging"`, "var.key"), nil},
		"another type":                    {"terraform {\n  backend \"gcs\" {}\n}\n", []string{"type"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := project(t, map[string]string{"backend.tf": tt.block, ".terraform/terraform.tfstate": string(cache)})
			block, err := p.Backend()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, p.State.Configured.Differs(block)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A team may leave arguments to -backend-config: the hash, which is of the
// block alone, is then what tells that nothing changed.
func TestDiffersKnowsArgumentsOfTheCommandLine(t *testing.T) {
	cache, err := os.ReadFile("testdata/terraform-1.11.4.partial.json")
	if err != nil {
		t.Fatal(err)
	}
	block := "terraform {\n  backend \"s3\" {\n    bucket = \"terraform-state-111111111111-eu-west-1\"\n    region = \"eu-west-1\"\n  }\n}\n"
	for text, want := range map[string][]string{
		block: nil,
		strings.Replace(block, "eu-west-1\"\n  }", "eu-west-2\"\n  }", 1): {"encrypt", "endpoints", "key", "kms_key_id", "profile", "region", "use_path_style"},
	} {
		p := project(t, map[string]string{"backend.tf": text, ".terraform/terraform.tfstate": string(cache)})
		if diff := cmp.Diff(want, p.State.Configured.Differs(&p.Backends[0])); diff != "" {
			t.Error(diff)
		}
	}
}

// A list of strings is a set to the backend: its order does not count.
func TestDiffersComparesListsAsSets(t *testing.T) {
	note := `{"version":3,"backend":{"type":"s3","config":{"bucket":"b","allowed_account_ids":["1","2"]},"hash":1}}`
	for list, want := range map[string][]string{`["2", "1"]`: nil, `["1"]`: {"allowed_account_ids"}, `[]`: {"allowed_account_ids"}} {
		p := project(t, map[string]string{
			"backend.tf":                   "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    allowed_account_ids = " + list + "\n  }\n}\n",
			".terraform/terraform.tfstate": note,
		})
		if diff := cmp.Diff(want, p.State.Configured.Differs(&p.Backends[0])); diff != "" {
			t.Errorf("%s: %s", list, diff)
		}
	}
}

func TestInspectReadsWhatCanBeRead(t *testing.T) {
	p := project(t, map[string]string{"backend.tf": cacheBlock, ".terraform/environment": "default"})
	for name, text := range map[string]string{
		"broken.tf": "resource {", "binary.tf": "\x00\x01\xff", "terraform.tfstate": "garbage", ".terraform/terraform.tfstate": "", ".terraform/environment": "feature",
	} {
		filestest.Put(t, filepath.Join(p.Dir, name), text, 0o600)
	}
	q, problems := Inspect(p.Dir, func(string) string { return "" })
	if len(problems) != 4 {
		t.Errorf("problems: %v", problems)
	}
	if len(q.Backends) != 1 || q.State.Workspace != "feature" || !q.State.Unreadable || q.State.Configured != nil {
		t.Errorf("read %+v", q.State)
	}
}

// A block without its label is told, and what is right in the file is still read.
func TestInspectTellsOfABlockWithoutItsLabel(t *testing.T) {
	p := project(t, map[string]string{})
	text := "terraform {\n  required_version = \">= 1.11\"\n  backend {\n  }\n}\n\nprovider \"aws\" {\n  region = \"eu-west-1\"\n}\n"
	if err := os.WriteFile(filepath.Join(p.Dir, "main.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, problems := Inspect(p.Dir, func(string) string { return "" })
	if len(problems) != 1 || !strings.Contains(problems[0].Error(), "main.tf:3: Missing type for backend") {
		t.Errorf("problems %v", problems)
	}
	if len(p.Versions) != 1 || len(p.Providers) != 1 || p.Providers[0].Attributes.Get("region") != "eu-west-1" {
		t.Errorf("read %+v", p)
	}
}
