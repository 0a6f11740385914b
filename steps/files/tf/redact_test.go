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
	if (files.Edit{}).Diff() != "" {
		t.Error("no change has no diff")
	}
}
