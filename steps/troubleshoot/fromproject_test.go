package troubleshoot

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/healthtest"
)

// Without a blueprint the project's own files say what they can, and a healthy
// one is healthy.
func TestAProjectWithoutABlueprintTellsWhatItIs(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	a, err := engine.FromProject(b.Path("live/staging"), b.Shell.Environ().Get)
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
	b.Answers, b.Folder = a, b.Path("live/staging")
	if review := b.Looked(); len(review.Findings)+len(review.Changes) > 0 {
		t.Errorf("findings %v, changes %v", review.Findings, review.Changes)
	}
	b.Edit(healthtest.Backend, `(?m)^\s*encrypt .*\n`, "")
	b.Initialise("live/staging")
	if got := healthtest.Listed(b.Looked().Findings); !slices.Equal(got, []string{"files.encryption-incomplete warning"}) {
		t.Errorf("a bucket whose policy nobody knows: %v", got)
	}
}

func TestAFolderThatIsNoProjectIsOneSentenceAndTheOtherChecksGoOn(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	for name, do := range map[string]func(dir string){
		"empty":  func(string) {},
		"binary": func(dir string) { b.Write(dir+"/main.tf", "\x00\xff") },
		"backends": func(dir string) {
			b.Write(dir+"/a.tf", b.Read(healthtest.Backend))
			b.Write(dir+"/b.tf", b.Read(healthtest.Backend))
		},
		"elsewhere":  func(dir string) { b.Write(dir+"/a.tf", "terraform {\n  backend \"gcs\" {}\n}\n") },
		"no backend": func(dir string) { b.Write(dir+"/a.tf", "output \"x\" { value = 1 }\n") },
		"partial":    func(dir string) { b.Write(dir+"/a.tf", "terraform {\n  backend \"s3\" {}\n}\n") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := "apart/" + name
			b.Write(dir+"/notes.txt", "x")
			do(dir)
			a, err := engine.FromProject(b.Path(dir), b.Shell.Environ().Get)
			if err != nil {
				t.Fatal(err)
			}
			b.Answers, b.Folder = a, b.Path(dir)
			review := b.Looked()
			want := map[string]string{
				"empty": "files.no-project", "binary": "config-invalid", "backends": "config-invalid", "elsewhere": "files.no-backend",
				"no backend": "files.no-backend", "partial": "backend-not-initialized",
			}[name]
			if !slices.ContainsFunc(review.Findings, func(f plan.Finding) bool { return f.ID == want }) {
				t.Errorf("findings %v", review.Findings)
			}
			for _, check := range []string{"credentials file exists", "profile is in the file", "overriding environment variables"} {
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
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	b.Write("file", "x")
	if _, err := engine.FromProject(filepath.Join(b.Dir, "file"), b.Shell.Environ().Get); err == nil || !strings.Contains(err.Error(), b.Path("file")) {
		t.Errorf("err = %v", err)
	}
}

// The whole health check stands what there is no blueprint, no project and no
// credentials for.
func TestAHealthCheckOfNothingComesToAnEnd(t *testing.T) {
	t.Parallel()
	b := healthtest.Laptop(t, sandbox.Options{})
	for _, dir := range []string{"apart", "live/staging"} {
		b.Write("apart/notes.txt", "x")
		a, err := engine.FromProject(b.Path(dir), b.Shell.Environ().Get)
		if err != nil {
			t.Fatal(err)
		}
		b.Folder = b.Path(dir)
		review, err := (&HealthCheck{Answers: a, Text: "Error: something nobody has seen"}).Look(t.Context(), b.Env())
		if err != nil || len(review.Checks) == 0 {
			t.Errorf("%s: %v, checks %v", dir, err, review.Checks)
		}
		if !slices.ContainsFunc(review.Findings, func(f plan.Finding) bool { return f.ID == diagnosis.Unknown.ID }) {
			t.Errorf("%s: findings %v", dir, review.Findings)
		}
	}
}

// emptyValue is where a sentence lacks what it is about.
var emptyValue = regexp.MustCompile(`(?m)\b(?:is|as|account|of|in) *(?:[.,:;]|$)|""`)

// TestNoSentenceLacksItsValueWithoutABlueprint: of a folder without a blueprint, with
// credentials of whatever account or none, nothing is said of a blueprint, of an account that
// nobody named or of a key that nobody chose.
func TestNoSentenceLacksItsValueWithoutABlueprint(t *testing.T) {
	t.Parallel()
	const backend = "terraform {\n  backend \"s3\" {\n    bucket = \"%s\"\n    key = \"a/b\"\n    region = \"eu-west-1\"\n    profile = \"admin_iam\"\n    encrypt = true\n  }\n}\n"
	for name, c := range map[string]struct {
		bucket      string
		credentials bool
		want        []string
	}{
		"a bucket that is not there": {"nobody-has-this-bucket", true, []string{"bucket-missing error"}},
		"no credentials":             {"nobody-has-this-bucket", false, []string{"profile-missing error"}},
		"the team's":                 {"acme-terraform-state", true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := healthtest.Laptop(t, sandbox.Options{})
			b.Write("alone/main.tf", fmt.Sprintf(backend, c.bucket))
			if !c.credentials {
				b.Write(healthtest.Credentials, "")
				b.Write(healthtest.Config, "")
			}
			a, err := engine.FromProject(b.Path("alone"), b.Shell.Environ().Get)
			if err != nil {
				t.Fatal(err)
			}
			b.Answers, b.Folder = a, b.Path("alone")
			review, err := (&HealthCheck{Answers: a}).Look(t.Context(), b.Env())
			b.Must(err)
			listed := healthtest.Listed(review.Findings)
			for _, id := range c.want {
				if !slices.Contains(listed, id) {
					t.Errorf("%s is not among %v", id, listed)
				}
			}
			var said []string
			for _, x := range review.Checks {
				said = append(said, x.Asked, x.Answer)
			}
			for _, f := range review.Findings {
				said = append(said, f.Evidence, f.Remedy, f.Details)
				if f.ID == diagnosis.WrongAccount.ID || f.ID == diagnosis.KMSNotFound.ID {
					t.Errorf("it is invented: %s", f)
				}
			}
			for _, text := range said {
				if emptyValue.MatchString(text) || strings.Contains(text, "blueprint's") || strings.Contains(text, "as in the blueprint") {
					t.Errorf("it lacks something, or speaks of a blueprint: %q", text)
				}
			}
		})
	}
}
