package onboard

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// clone is a team's repository on a laptop that has an engine and no files yet.
func clone(t *testing.T) (*company, *engine.Env, *blueprint.Answers) {
	t.Helper()
	c := &company{t: t, dir: t.TempDir(), blueprint: enginetest.Team(staff, "staging", "preprod", "production")}
	a := &blueprint.Answers{Blueprint: c.blueprint}
	nobody := enginetest.Shell{Home: sandboxtest.Home(t.TempDir()), URL: sandboxtest.Nobody, Key: &awsops.KeyPair{}}
	env := c.env(nobody, c.dir)
	env.Engine = &terraform.Engine{Path: "/nowhere/terraform", Name: terraform.EngineTerraform, Version: "1.11.4"}
	return c, env, a
}

// TestAnAdminsProjectThatLeadsElsewhereIsNotInitialised is a clone that a new admin
// comes to.
func TestAnAdminsProjectThatLeadsElsewhereIsNotInitialised(t *testing.T) {
	t.Parallel()
	c, env, a := clone(t)
	staging := a.Projects[slices.IndexFunc(a.Projects, func(p blueprint.Project) bool { return p.Name == "common-staging" })]
	dir := env.ProjectDir(staging)
	c.must(os.MkdirAll(dir, 0o755))
	c.must(os.WriteFile(filepath.Join(dir, "main.tf"), []byte("provider \"aws\" {\n  alias = \"x\"\n  shared_config_files = [\"aws\"]\n}\n"), 0o600))
	for adopted, want := range map[string]bool{"": true, "aws": false} {
		a.Adopt = []string{adopted}
		all, p, err := planFiles(t.Context(), env, a, a.ProjectsFor("alice"), &steps.Observed{Key: steps.KeyFacts{Key: &awsops.Key{ARN: "arn:aws:kms:eu-west-1:111111111111:key/k"}}})
		c.must(err)
		for _, at := range all {
			held := at.Problem != nil && at.Problem.ID == "files.points-elsewhere"
			if held != (at.Project.Name == staging.Name && want) {
				t.Errorf("with %q adopted project %s has the problem %v", adopted, at.Project.Name, at.Problem)
			}
		}
		touched := slices.ContainsFunc(p.Changes, func(c plan.Change) bool { return strings.HasPrefix(c.Target, dir) })
		if touched == want {
			t.Errorf("with %q adopted the changes are %v", adopted, p.Changes)
		}
	}
}

// TestAnAdminsProjectWhoseBackendIsGeneratedIsNeitherWrittenNorInitialised: a new
// admin's clone has none of what a generator writes, and the state is where that puts
// it.
func TestAnAdminsProjectWhoseBackendIsGeneratedIsNeitherWrittenNorInitialised(t *testing.T) {
	t.Parallel()
	for file, text := range map[string]string{
		"live/terragrunt.hcl": "remote_state {\n  backend = \"s3\"\n}\n",
		"stacks.tm.hcl":       "generate_hcl \"backend.tf\" {\n  content {\n  }\n}\n",
		"atmos.yaml":          "base_path: .\n",
	} {
		c, env, a := clone(t)
		dir := filepath.Join(c.dir, "live", "staging")
		c.must(os.MkdirAll(dir, 0o755))
		c.must(os.WriteFile(filepath.Join(dir, "main.tf"), []byte("resource \"terraform_data\" \"x\" {}\n"), 0o600))
		c.must(os.WriteFile(filepath.Join(c.dir, file), []byte(text), 0o600))
		all, p, err := planFiles(t.Context(), env, a, a.ProjectsFor("alice"), &steps.Observed{Key: steps.KeyFacts{Key: &awsops.Key{ARN: "arn:aws:kms:eu-west-1:111111111111:key/k"}}})
		c.must(err)
		for _, at := range all {
			if held := at.Problem != nil && at.Problem.ID == "files.generated"; held != (at.Dir == dir) {
				t.Errorf("%s: project %s has the problem %v", file, at.Project.Name, at.Problem)
			}
		}
		for _, c := range p.Changes {
			if strings.HasPrefix(c.Target, dir) || c.Run != nil && c.Run.Dir == dir {
				t.Errorf("%s: planned: %s of %s", file, c.ID, c.Target)
			}
		}
	}
}

// TestAnAdminsInitIsGivenTheFilesThatTheBlueprintNames: without them a partial backend
// has no place, and with those of another place the state would be missed.
func TestAnAdminsInitIsGivenTheFilesThatTheBlueprintNames(t *testing.T) {
	t.Parallel()
	for key, problem := range map[string]string{"common/staging": "", "elsewhere": "backend-changed"} {
		c, env, a := clone(t)
		a.Projects[0].BackendConfig = []string{"staging.tfbackend"}
		dir := env.ProjectDir(a.Projects[0])
		c.must(os.MkdirAll(dir, 0o755))
		c.must(os.WriteFile(filepath.Join(dir, "main.tf"), []byte("terraform {\n  backend \"s3\" {}\n}\n"), 0o600))
		c.must(os.WriteFile(filepath.Join(dir, "staging.tfbackend"), []byte("bucket = \""+a.Bucket.Name+"\"\nkey = \""+key+"\"\n"), 0o600))
		all, p, err := planFiles(t.Context(), env, a, a.ProjectsFor("alice"), &steps.Observed{Key: steps.KeyFacts{Key: &awsops.Key{ARN: "arn:aws:kms:eu-west-1:111111111111:key/k"}}})
		c.must(err)
		var lines []string
		for _, c := range p.Changes {
			if c.Run != nil && c.Run.Dir == dir {
				lines = append(lines, c.Run.Lines...)
			}
		}
		at := all[slices.IndexFunc(all, func(f projectFiles) bool { return f.Dir == dir })]
		if got := strings.Join(lines, "; "); problem == "" && (at.Problem != nil || got != "terraform init -backend-config=staging.tfbackend") {
			t.Errorf("%s: runs %q, problem %v", key, got, at.Problem)
		}
		if problem != "" && (len(lines) > 0 || at.Problem == nil || at.Problem.ID != problem) {
			t.Errorf("%s: runs %q, problem %v", key, lines, at.Problem)
		}
	}
}
