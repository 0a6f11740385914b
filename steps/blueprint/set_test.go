package blueprint

import (
	"errors"
	"strings"
	"testing"
)

func TestBlueprintSetReachesEveryKindOfAnswer(t *testing.T) {
	b := exampleBlueprint()
	for _, set := range [][2]string{
		{"state_region", "eu-central-1"},
		{"bucket.name", "other-bucket"},
		{"environment.production.role", "Ops"},
		{"environment.staging.account", "333333333333"},
		{"environment.staging.mfa", "true"},
		{"group.admins.users", "alice, carol"},
		{"group.juniors.environments", "staging"},
		{"user.j.doe@x.com.recipient", bobsRecipient},
		{"project.web-staging.environment", "staging"},
		{"lock.dynamodb_table", ""},
		{"kms_key.users", "listed"},
		{"tags.team.name", "infra"},
		{"profile_in_files", "false"},
	} {
		if err := b.Set(set[0], set[1]); err != nil {
			t.Fatalf("%s: %v", set[0], err)
		}
	}
	b.FillDefaults()
	if err := b.Check(); err != nil {
		t.Fatal(err)
	}
	text := string(b.HCL())
	for _, want := range []string{
		`"eu-central-1"`, `"other-bucket"`, `"Ops"`, `"333333333333"`, `mfa `, `["alice", "carol"]`, `group "juniors"`,
		`user "j.doe@x.com"`, `"web/staging"`, `"listed"`, `"infra"`, `profile_in_files = false`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "billing_mode") {
		t.Errorf("billing mode without a table:\n%s", text)
	}
}

func TestBlueprintSetKeepsDerivedAnswersInStepWithTheEnvironment(t *testing.T) {
	b := exampleBlueprint()
	b.Projects = []Project{{Name: "web", Environment: "production", Dir: "my/dir", StateKey: "web/production"}}
	for _, set := range [][2]string{{"environment.staging.account", "333333333333"}, {"project.web.environment", "staging"}} {
		if err := b.Set(set[0], set[1]); err != nil {
			t.Fatal(err)
		}
	}
	b.FillDefaults()
	if got := b.Projects[0]; got.StateKey != "web/staging" || got.Dir != "my/dir" {
		t.Errorf("got %+v", got)
	}
}

func TestBlueprintSetRefusesUnknownPathsAndNamesTheNearest(t *testing.T) {
	for path, nearest := range map[string]string{
		"state_regoin":                "state_region",
		"bucket.nam":                  "bucket.name",
		"environment.production.rl":   "environment.production.role",
		"environment.production":      "environment.production",
		"bucket":                      "bucket.name",
		"bucket.x.name":               "bucket.name",
		"environment.production.rloe": "environment.production.role",
		"environment..role":           "there is no such answer",
		"tags":                        "tags.NAME",
		"":                            "",
	} {
		b := exampleBlueprint()
		err := b.Set(path, "x")
		var problem Problem
		if !errors.As(err, &problem) || problem.Path != path || !strings.Contains(err.Error(), nearest) {
			t.Errorf("%q: %v", path, err)
		}
		if len(b.Environments) != 1 {
			t.Errorf("%q made an environment", path)
		}
	}
}

func TestBlueprintSetRefusesAValueOfTheWrongType(t *testing.T) {
	for path, value := range map[string]string{"lock.use_lockfile": "yes", "version": "one"} {
		if err := exampleBlueprint().Set(path, value); err == nil || !strings.Contains(err.Error(), value) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
