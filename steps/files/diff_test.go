package files

import (
	"strings"
	"testing"
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
	if (Edit{}).Diff() != "" {
		t.Error("no change has no diff")
	}
}

func TestEditGitignore(t *testing.T) {
	tests := []struct{ old, want string }{
		{"", "handover/\n"},
		{"*.log", "*.log\nhandover/\n"},
		{"a\r\n", "a\r\nhandover/\r\n"},
		{"handover/\n", "handover/\n"},
		{"/handover\n", "/handover\n"},
		{"**/handover/**\n", "**/handover/**\n"},
		{"handover/*  \n", "handover/*  \n"},
		{"*\n", "*\n"},
		{"*\n!handover/\n", "*\n!handover/\nhandover/\n"},
		{"#handover/\n", "#handover/\nhandover/\n"},
		{"handovers/\n", "handovers/\nhandover/\n"},
	}
	for _, tt := range tests {
		e := EditGitignore(Snapshot{Path: ".gitignore", Bytes: Content(tt.old)}, "handover/")
		if string(e.After) != tt.want || e.Changes() != (tt.old != tt.want) || e.Changes() != (len(e.Fields) > 0) {
			t.Errorf("%q became %q", tt.old, string(e.After))
		}
		if again := EditGitignore(Snapshot{Bytes: e.After}, "handover/"); again.Changes() {
			t.Errorf("%q: the second run changes something", tt.old)
		}
	}
}
