package troubleshoot

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
)

// Without a blueprint the project's own files say what they can, and a healthy
// one is healthy.
func TestAProjectWithoutABlueprintTellsWhatItIs(t *testing.T) {
	b := finished(t)
	a, err := FromProject(b.path("live/staging"), os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	role := blueprint.NewEnvironment("staging")
	role.Account, role.Region = "222222222222", "eu-west-1"
	want := blueprint.New()
	want.AdminAccount = "111111111111"
	want.Bucket = blueprint.Bucket{Name: "acme-terraform-state"}
	want.Environments = []blueprint.Environment{role}
	want.Projects = []blueprint.Project{{Name: "staging", Dir: ".", Environment: "staging", StateKey: "common/staging"}}
	if diff := cmp.Diff(want, a.Blueprint); diff != "" {
		t.Error(diff)
	}
	b.answers, b.env.Dir = a, b.path("live/staging")
	if review := b.review(); len(review.Findings)+len(review.Changes) > 0 {
		t.Errorf("findings %v, changes %v", review.Findings, review.Changes)
	}
	b.edit(stagingBackend, `(?m)^\s*encrypt .*\n`, "")
	b.initialise("live/staging")
	if got := listed(b.review().Findings); !slices.Equal(got, []string{"files.encryption-incomplete warning"}) {
		t.Errorf("a bucket whose policy nobody knows: %v", got)
	}
}

func TestAFolderThatIsNoProjectIsOneSentenceAndTheOtherChecksGoOn(t *testing.T) {
	b := finished(t)
	for name, do := range map[string]func(dir string){
		"empty":  func(string) {},
		"binary": func(dir string) { b.write(dir+"/main.tf", "\x00\xff") },
		"backends": func(dir string) {
			b.write(dir+"/a.tf", b.read(stagingBackend))
			b.write(dir+"/b.tf", b.read(stagingBackend))
		},
		"elsewhere":  func(dir string) { b.write(dir+"/a.tf", "terraform {\n  backend \"gcs\" {}\n}\n") },
		"no backend": func(dir string) { b.write(dir+"/a.tf", "output \"x\" { value = 1 }\n") },
		"partial":    func(dir string) { b.write(dir+"/a.tf", "terraform {\n  backend \"s3\" {}\n}\n") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := "apart/" + name
			b.write(dir+"/notes.txt", "x")
			do(dir)
			a, err := FromProject(b.path(dir), os.Getenv)
			if err != nil {
				t.Fatal(err)
			}
			b.answers, b.env.Dir = a, b.path(dir)
			review := b.review()
			want := map[string]string{
				"empty": "files.no-project", "binary": "config-invalid", "backends": "config-invalid", "elsewhere": "files.no-backend",
				"no backend": "files.no-backend", "partial": "backend-not-initialized",
			}[name]
			if !slices.ContainsFunc(review.Findings, func(f plan.Finding) bool { return f.ID == want }) {
				t.Errorf("findings %v", review.Findings)
			}
			for _, check := range []string{"credentials file exists", "profile is in the file", "environment variables that override"} {
				if !slices.ContainsFunc(review.Checks, func(c plan.Check) bool { return c.Name == check }) {
					t.Errorf("check %q was not made", check)
				}
			}
			for _, c := range review.Changes {
				if c.Write != nil {
					t.Errorf("would write %s", c.Target)
				}
			}
		})
	}
}

func TestAFolderThatCannotBeReadIsAnError(t *testing.T) {
	b := finished(t)
	b.write("file", "x")
	if _, err := FromProject(filepath.Join(b.dir, "file"), os.Getenv); err == nil || !strings.Contains(err.Error(), b.path("file")) {
		t.Errorf("err = %v", err)
	}
}

// The whole health check stands what there is no blueprint, no project and no
// credentials for.
func TestAHealthCheckOfNothingComesToAnEnd(t *testing.T) {
	b := finished(t)
	for _, dir := range []string{"apart", "live/staging"} {
		b.write("apart/notes.txt", "x")
		a, err := FromProject(b.path(dir), os.Getenv)
		if err != nil {
			t.Fatal(err)
		}
		b.env.Dir = b.path(dir)
		review, err := (&HealthCheck{Answers: a, Text: "Error: something nobody has seen"}).Look(context.Background(), b.env)
		if err != nil || len(review.Checks) == 0 {
			t.Errorf("%s: %v, checks %v", dir, err, review.Checks)
		}
		if !slices.ContainsFunc(review.Findings, func(f plan.Finding) bool { return f.ID == diagnosis.Unknown.ID }) {
			t.Errorf("%s: findings %v", dir, review.Findings)
		}
	}
}
