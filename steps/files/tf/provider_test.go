package tf

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/files"
)

func providerEdits(want Provider) func(*Project) ([]files.Edit, error) {
	return func(p *Project) ([]files.Edit, error) { return EditProvider(p, want) }
}

func TestEditProviderKeepsEveryOtherByte(t *testing.T) {
	want := Provider{Region: "eu-west-1", Profile: "admin_iam", RoleARN: "arn:aws:iam::222222222222:role/TerraformAdmin"}
	role := `"arn:aws:iam::222222222222:role/TerraformAdmin"`
	tests := []struct {
		name  string
		files map[string]string
		want  Provider
		after map[string]string
	}{
		{"a new project gets provider.tf", nil, want, map[string]string{"provider.tf": "provider \"aws\" {\n  region  = \"eu-west-1\"\n  profile = \"admin_iam\"\n\n  assume_role {\n    role_arn = " + role + "\n  }\n}\n"}},
		{
			"what a region takes that knows no key and is new is added, and what somebody chose goes",
			map[string]string{"main.tf": "provider \"aws\" {\n  region     = \"ap-east-2\" # ours\n  sts_region = \"ap-east-1\"\n}\n"},
			Provider{Region: "ap-east-2", STSRegion: "eu-west-1", NewRegion: true},
			map[string]string{"main.tf": "provider \"aws\" {\n  region                 = \"ap-east-2\" # ours\n  sts_region             = \"eu-west-1\"\n  skip_region_validation = true\n}\n"},
		},
		{
			"and without them stays",
			map[string]string{"main.tf": "provider \"aws\" {\n  region     = \"eu-west-1\"\n  sts_region = var.sts\n}\n"},
			Provider{Region: "eu-west-1"},
			map[string]string{"main.tf": "provider \"aws\" {\n  region     = \"eu-west-1\"\n  sts_region = var.sts\n}\n"},
		},
		{
			"the article's map becomes a block, its expression stays",
			map[string]string{"main.tf": "provider \"aws\" {\n region = \"${var.aws_region}\"\n profile = \"admin_iam\" # <1>\n assume_role = {\n   role_arn = \"arn:aws:iam::1:role/old\" # <2>\n }\n}\n"},
			want,
			map[string]string{"main.tf": "provider \"aws\" {\n region = \"${var.aws_region}\"\n profile = \"admin_iam\" # <1>\n assume_role {\n   role_arn = " + role + " # <2>\n }\n}\n"},
		},
		{
			"a map on one line, with commas, colons and quoted names",
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role = { \"external_id\": \"e\", role_arn = \"old\" }\n}\n"},
			want,
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role { \n    external_id = \"e\" \n    role_arn = " + role + " \n  }\n}\n"},
		},
		{
			"a map with trailing commas and comments",
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role = {\n    # who\n    role_arn = \"old\", # comment\n    external_id = \"e\",\n  }\n}\n"},
			want,
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role {\n    # who\n    role_arn = " + role + " # comment\n    external_id = \"e\"\n  }\n}\n"},
		},
		{
			"a map on one line that lacks the role",
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role = { \"external_id\": \"e\", session_name = \"alice\" }\n}\n"},
			want,
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role { \n    external_id = \"e\" \n    session_name = \"alice\" \n    role_arn = " + role + "\n  }\n}\n"},
		},
		{
			"a map of lines that lacks the role",
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role = {\n    # who\n    external_id = \"e\", # comment\n  }\n}\n"},
			want,
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role {\n    # who\n    external_id = \"e\" # comment\n    role_arn = " + role + "\n  }\n}\n"},
		},
		{
			"a role block that lacks the role",
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role {\n    external_id = \"e\"\n  }\n}\n"},
			want,
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role {\n    external_id = \"e\"\n    role_arn    = " + role + "\n  }\n}\n"},
		},
		{
			"an empty map",
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role = {}\n}\n"},
			want,
			map[string]string{"main.tf": "provider \"aws\" {\n  region = \"eu-west-1\"\n  profile = \"admin_iam\"\n  assume_role {\n    role_arn = " + role + "\n  }\n}\n"},
		},
		{
			"the default provider is edited, aliased ones are not",
			map[string]string{"main.tf": "provider \"aws\" {\n  alias  = \"us\"\n  region = \"us-east-1\"\n}\n", "p.tf": "provider \"aws\" {\n  region = \"us-east-1\"\n  default_tags {\n    tags = { a = \"b\" }\n  }\n}\nprovider \"google\" {\n  region = \"x\"\n}\n"},
			want,
			map[string]string{
				"main.tf": "provider \"aws\" {\n  alias  = \"us\"\n  region = \"us-east-1\"\n}\n",
				"p.tf":    "provider \"aws\" {\n  region  = \"eu-west-1\"\n  profile = \"admin_iam\"\n  default_tags {\n    tags = { a = \"b\" }\n  }\n\n  assume_role {\n    role_arn = " + role + "\n  }\n}\nprovider \"google\" {\n  region = \"x\"\n}\n",
			},
		},
		{
			"only an aliased provider: the default one is added",
			map[string]string{"provider.tf": "provider \"aws\" {\n  alias = \"us\"\n}\n"},
			Provider{Region: "r"},
			map[string]string{"provider.tf": "provider \"aws\" {\n  alias = \"us\"\n}\n\nprovider \"aws\" {\n  region = \"r\"\n}\n"},
		},
		{
			"an empty provider on one line",
			map[string]string{"provider.tf": "provider \"aws\" {}\n"},
			want,
			map[string]string{"provider.tf": "provider \"aws\" {\n  region  = \"eu-west-1\"\n  profile = \"admin_iam\"\n\n  assume_role {\n    role_arn = " + role + "\n  }\n}\n"},
		},
		{
			"an existing block is changed in place, its other arguments stay; static keys go",
			map[string]string{"provider.tf": "provider \"aws\" {\n  access_key = \"a\"\n  secret_key = \"b\"\n  region     = \"eu-west-1\"\n\n  assume_role {\n    role_arn    = \"old\"\n    external_id = \"e\"\n  }\n}\n"},
			want,
			map[string]string{"provider.tf": "provider \"aws\" {\n  region  = \"eu-west-1\"\n  profile = \"admin_iam\"\n\n  assume_role {\n    role_arn    = " + role + "\n    external_id = \"e\"\n  }\n}\n"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := carryOut(t, project(t, tt.files), providerEdits(tt.want))
			if diff := cmp.Diff(tt.after, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestEditProviderTellsWhatItLeaves(t *testing.T) {
	p := project(t, map[string]string{"main.tf": "provider \"aws\" {\n  region = var.aws_region\n  profile = \"theirs\"\n  assume_role {\n    role_arn = \"one\"\n  }\n  assume_role {\n    role_arn = local.two\n  }\n}\n"})
	list, err := EditProvider(p, Provider{Region: "r", RoleARN: "arn"})
	if err != nil || len(list) != 1 || list[0].Changes() {
		t.Fatalf("%v, %v", list, err)
	}
	notes := strings.Join(list[0].Notes, "\n")
	for _, s := range []string{"main.tf:2: region is the expression var.aws_region", "main.tf:3: the profile is kept", "main.tf:7: the provider assumes several roles"} {
		if !strings.Contains(notes, s) {
			t.Errorf("%q is missing in\n%s", s, notes)
		}
	}
	if got := p.Providers[0].Attributes.Get("assume_role.role_arn"); got != "one" {
		t.Errorf("assume_role.role_arn reads %q", got)
	}
}

func TestEditProviderRefusesTwoDefaultsAndJSON(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"second default": {"a.tf": "provider \"aws\" {}\n", "b.tf": "\nprovider \"aws\" {}\n"},
		"JSON":           {"a.tf.json": "{\"provider\": {\"aws\": {\"region\": \"other\"}}}"},
	} {
		if _, err := EditProvider(project(t, files), Provider{Region: "r"}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
