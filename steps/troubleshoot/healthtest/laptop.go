package healthtest

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
	"stateroom/steps/troubleshoot/laptop"
)

// Where things lie on the laptop. Staging is the first project's folder.
const (
	Staging     = "live/staging"
	Backend     = Staging + "/backend.tf"
	Provider    = Staging + "/provider.tf"
	InitsNote   = Staging + "/.terraform/terraform.tfstate"
	Credentials = ".aws/credentials"
	Config      = ".aws/config"
)

// Laptop is a bench with Terraform and the projects of two environments, at which no
// more than the laptop's part of a health check is tested.
func Laptop(t testing.TB, o sandbox.Options) *Bench {
	t.Helper()
	return laptopOf(t, o, enginetest.Team([]string{"alice"}, "staging", "production"))
}

// LaptopIn is one of another partition's, whose state is in that region.
func LaptopIn(t testing.TB, region string) *Bench {
	t.Helper()
	team := enginetest.Team([]string{"alice"}, "staging", "production")
	team.StateRegion = region
	return laptopOf(t, sandbox.Options{Region: region}, team)
}

func laptopOf(t testing.TB, o sandbox.Options, team *blueprint.Blueprint) *Bench {
	t.Helper()
	b := New(t, o, team).Terraform()
	b.Look = func(ctx context.Context, env *engine.Env, a *blueprint.Answers) (plan.Review, error) {
		projects := health.Projects(env, a)
		o := laptop.Look(ctx, env, a, projects)
		changes, problems := laptop.Corrections(env, a, projects, o)
		return plan.Review{Checks: o.Checks, Findings: append(o.Findings, problems...), Changes: append(o.Changes, changes...)}, nil
	}
	return b
}

// Clone makes the first project a fresh clone, in which init never ran.
func (b *Bench) Clone() { b.Remove(Staging + "/.terraform") }

// InBackend edits the backend of a fresh clone.
func InBackend(pattern, with string) func(*Bench) {
	return func(b *Bench) {
		b.Edit(Backend, pattern, with)
		b.Clone()
	}
}

// Path is where a file of the laptop's lies.
func (b *Bench) Path(name string) string { return filepath.Join(b.Dir, filepath.FromSlash(name)) }

// Write writes a file, and the folders that it takes.
func (b *Bench) Write(name, text string) {
	b.T.Helper()
	b.Must(os.MkdirAll(filepath.Dir(b.Path(name)), 0o700))
	b.Must(os.WriteFile(b.Path(name), []byte(text), 0o600))
}

// Read is the text of a file.
func (b *Bench) Read(name string) string {
	b.T.Helper()
	text, err := os.ReadFile(b.Path(name))
	b.Must(err)
	return string(text)
}

// Edit replaces what a pattern matches in a file; a pattern without a match is a
// fault of the test.
func (b *Bench) Edit(name, pattern, with string) {
	b.T.Helper()
	text, found := b.Read(name), regexp.MustCompile(pattern)
	if !found.MatchString(text) {
		b.T.Fatalf("nothing in %s matches %s:\n%s", name, pattern, text)
	}
	b.Write(name, found.ReplaceAllString(text, with))
}

// Remove removes a file or a folder.
func (b *Bench) Remove(name string) {
	b.T.Helper()
	b.Must(os.RemoveAll(b.Path(name)))
}

// Snapshot is every file by its name, backups, caches and locks left out.
func (b *Bench) Snapshot() map[string]string {
	b.T.Helper()
	all := map[string]string{}
	b.Must(filepath.WalkDir(b.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(b.Dir, path)
		if !strings.Contains(name, ".stateroom") && !strings.HasPrefix(name, ".local/state/") && !strings.HasPrefix(name, "bin/") && name != commands && name != inits {
			all[name] = b.Read(name)
		}
		return nil
	}))
	return all
}

// Restore makes the laptop what it was, journals and backups apart.
func (b *Bench) Restore(whole map[string]string) {
	b.T.Helper()
	for name := range b.Snapshot() {
		if _, there := whole[name]; !there {
			b.Remove(name)
		}
	}
	for name, text := range whole {
		b.Write(name, text)
		b.Must(os.Chmod(b.Path(name), 0o600))
	}
	b.Remove(commands)
	b.Remove(inits)
}
