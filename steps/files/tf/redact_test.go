package tf

import (
	"strings"
	"testing"

	"stateroom/steps/files"
)

func TestDiffOfTerraformFilesHidesNamedSecrets(t *testing.T) {
	p := project(t, map[string]string{"main.tf": "locals {\n  db_password = \"hunter2\"\n  x = { api_token = \"tok\" }\n}\nprovider \"aws\" {\n  access_key = \"AKIAX\"\n  secret_key = var.k\n}\n"})
	list, err := EditProvider(p, Provider{Region: "r", Profile: "p"})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter2", "tok\"", "AKIAX"} {
		if strings.Contains(list[0].Diff(), secret) {
			t.Errorf("%q shows in\n%s", secret, list[0].Diff())
		}
	}
	if !strings.Contains(list[0].Diff(), "+  region  = \"r\"") {
		t.Errorf("the change is missing in\n%s", list[0].Diff())
	}
	p = project(t, map[string]string{"main.tf": "# the password of bob is hunter1\nprovider \"aws\" {\n  http_proxy = \"bob:hunter2@proxy:8080\"\n  endpoints {\n    s3 = \"http://bob:hunter3@store\"\n  }\n}\nmodule \"m\" { source = \"git::https://oauth2:hunter4@gitlab.com/m.git\" }\n"})
	if list, err = EditProvider(p, Provider{Region: "r", Profile: "p"}); err != nil {
		t.Fatal(err)
	}
	if diff := list[0].Diff(); strings.Contains(diff, "hunter") || strings.Count(diff, "(secret)") != 3 {
		t.Errorf("a password shows in\n%s", diff)
	}
	p = project(t, map[string]string{"main.tf": "variable \"db_password\" {\n  type    = string\n  default = \"hunter5\"\n}\nprovider \"aws\" {}\nvariable \"token\" { default = \"hunter6\" }\nlocals {\n  private_key = <<EOT\nhunter7\nEOT\n  plain = \"seen\"\n}\n"})
	if list, err = EditProvider(p, Provider{Region: "r", Profile: "p"}); err != nil {
		t.Fatal(err)
	}
	whole := files.Edit{Before: files.Snapshot{Path: "main.tf"}, After: list[0].Before.Bytes}.Diff()
	for _, diff := range []string{list[0].Diff(), whole} {
		if strings.Contains(diff, "hunter") || !strings.Contains(diff, "variable \"token\" { default = (") {
			t.Errorf("a secret shows in\n%s", diff)
		}
	}
	if !strings.Contains(whole, "plain = \"seen\"") || !strings.Contains(whole, "+variable \"db_password\" {\n") {
		t.Errorf("more than the secrets is gone from\n%s", whole)
	}
	if (files.Edit{}).Diff() != "" {
		t.Error("no change has no diff")
	}
}
