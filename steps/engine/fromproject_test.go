package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree writes a clone's files: by folder, what its backend names and its provider's role.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func project(bucket, key, account string) string {
	return fmt.Sprintf(`terraform {
  backend "s3" {
    bucket     = %q
    key        = %q
    region     = "eu-west-1"
    kms_key_id = "arn:aws:kms:eu-west-1:111111111111:key/1"
    profile    = "admin_iam"
  }
}
provider "aws" {
  region = "eu-west-1"
  assume_role {
    role_arn = "arn:aws:iam::%s:role/TerraformAdmin"
  }
}
`, bucket, key, account)
}

// TestTheProjectsOfACloneSayWhatABlueprintWould: environments are the roles, each once, and
// what says too little or lies too deep is no project of the team's.
func TestTheProjectsOfACloneSayWhatABlueprintWould(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{
		"app/production/main.tf":     project("acme", "app/production", "444444444444"),
		"app/staging/main.tf":        project("acme", "app/staging", "222222222222"),
		"net/staging/main.tf":        project("acme", "net/staging", "222222222222"),
		"net/production/main.tf":     project("acme", "net/production", "555555555555"),
		"modules/vpc/main.tf":        "output \"x\" { value = 1 }\n",
		"partial/main.tf":            "terraform {\n  backend \"s3\" {}\n}\n",
		"broken/main.tf":             "terraform {",
		".terraform/modules/main.tf": project("other", "x", "222222222222"),
		"a/b/c/d/main.tf":            project("other", "x", "222222222222"),
	})
	a, err := FromProjects(root, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	var projects, environments []string
	for _, p := range a.Projects {
		projects = append(projects, strings.Join([]string{p.Name, p.Dir, p.Environment, p.StateKey}, " "))
	}
	for _, e := range a.Environments {
		environments = append(environments, e.Name+" "+a.RoleARN("aws", e))
	}
	if want := []string{
		"app-production app/production production app/production", "app-staging app/staging staging app/staging",
		"net-production net/production net-production net/production", "net-staging net/staging staging net/staging",
	}; !slices.Equal(projects, want) {
		t.Errorf("projects %q", projects)
	}
	if want := []string{
		"production arn:aws:iam::444444444444:role/TerraformAdmin", "staging arn:aws:iam::222222222222:role/TerraformAdmin",
		"net-production arn:aws:iam::555555555555:role/TerraformAdmin",
	}; !slices.Equal(environments, want) {
		t.Errorf("environments %q", environments)
	}
	if a.AdminAccount != "111111111111" || a.Bucket.Name != "acme" || a.AdminProfile != "admin_iam" || !a.WithoutBlueprint {
		t.Errorf("answers %+v of %+v", a, a.Blueprint)
	}
}

// TestProjectsThatSayTooLittleAreASentence: there is none, or they are two teams'.
func TestProjectsThatSayTooLittleAreASentence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"none":      {map[string]string{"notes.txt": "x"}, "no project in "},
		"no role":   {map[string]string{"main.tf": strings.ReplaceAll(project("acme", "x", "222222222222"), "role_arn", "external_id")}, "no project in "},
		"two teams": {map[string]string{"a/main.tf": project("acme", "x", "222222222222"), "b/main.tf": project("other", "x", "222222222222")}, "a and b name different backends"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a, err := FromProjects(tree(t, c.files), func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v", a, err)
			}
		})
	}
}
