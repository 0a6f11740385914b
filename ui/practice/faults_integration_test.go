//go:build integration

package practice

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/steps/terraform"
	"stateroom/steps/terraform/mirror"
	"stateroom/steps/troubleshoot"
)

// row is what is particular about a fault's proof; the zero value is a fault
// that init or plan meets and whose id Terraform says first.
type row struct {
	// project is where Terraform meets it; empty means the first.
	project string
	// commands meet it; nil means init and plan.
	commands [][]string
	// says are the ids that Terraform's text leads to, if not the fault's alone.
	says []string
	// bucket puts a resource into the project that is made in its environment.
	bucket bool
	// hurry lets the backend try once: it gives up after a minute otherwise.
	hurry bool
}

// write changes the state without a change of the configuration.
var write = []string{"apply", "-auto-approve", "-replace=terraform_data.example"}

// particular are the rows of the faults that are not like the others.
var particular = map[string]row{
	"backend-not-initialized":   {commands: [][]string{{"plan"}}},
	"environment-denied":        {commands: [][]string{{"apply", "-auto-approve"}}, bucket: true},
	"environment-denied-scp":    {commands: [][]string{{"apply", "-auto-approve"}}, bucket: true},
	"lock-release-failed":       {says: []string{"s3-put-denied", "lock-release-failed"}},
	"lock-release-failed-table": {says: []string{"table-denied", "lock-release-failed"}},
	"network-unreachable":       {hurry: true},
	"s3-get-denied":             {says: []string{"s3-get-denied", "lock-release-failed"}},
	"s3-list-denied":            {project: "preprod", says: []string{"s3-head-denied"}},
	"state-not-saved":           {commands: [][]string{write}, says: []string{"s3-put-denied", "state-not-saved"}},
	"throttled":                 {hurry: true},
	"tls-untrusted":             {hurry: true},
	"wrong-account-keys":        {says: []string{"s3-head-denied"}},
}

// TestTerraformMeetsEveryFault lets a real Terraform meet each fault and wants
// its text alone to name it.
func TestTerraformMeetsEveryFault(t *testing.T) {
	w := newRealWorld(t)
	w.passes(row{})
	fresh := w.snapshot()
	for _, f := range Faults() {
		t.Run(f.Name, func(t *testing.T) {
			w.t = t
			r := particular[f.Name]
			w.must(w.Break(t.Context(), f.Name))
			text := w.fails(r)
			want := r.says
			if want == nil {
				want = []string{f.ID}
			}
			if got := named(text); !slices.Equal(got, want) {
				t.Errorf("Terraform's text leads to %v, not to %v:\n%s", got, want, text)
			}
		})
		if w.t = t; slices.Equal(w.snapshot().state, fresh.state) {
			w.restore(fresh.files)
			w.terraform("", "init")
			continue
		}
		w = newRealWorld(t)
		fresh = w.snapshot()
	}
}

// newRealWorld is a world with a real Terraform and a provider to be had.
func newRealWorld(t *testing.T) *world {
	t.Helper()
	engine, err := terraform.Find(context.Background(), "")
	if err != nil {
		t.Fatal(err) // a machine without Terraform fails: CI never skips
	}
	for name, value := range mirror.With(t) {
		t.Setenv(name, value)
	}
	t.Setenv("CHECKPOINT_DISABLE", "1")
	return newWorld(t, engine)
}

// dir is a project's directory.
func (w *world) dir(project string) string {
	if project == "" {
		project = "staging"
	}
	return filepath.Join(w.Root, "live", project)
}

// terraform runs a command in a project as a person does, and says how it ended.
func (w *world) terraform(project string, args ...string) (text string, ok bool) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), w.engine.Path, append(slices.Clone(args[:1]), append([]string{"-input=false", "-no-color"}, args[1:]...)...)...)
	cmd.Dir = w.dir(project)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// fails runs a row's commands, of which one must fail, and gives its text.
func (w *world) fails(r row) string {
	w.t.Helper()
	for _, args := range w.commands(r) {
		if text, ok := w.terraform(r.project, args...); !ok {
			return text
		}
	}
	w.t.Fatal("Terraform met no fault")
	return ""
}

// passes runs a row's commands, none of which may fail.
func (w *world) passes(r row) {
	w.t.Helper()
	for _, args := range w.commands(r) {
		if text, ok := w.terraform(r.project, args...); !ok {
			w.t.Errorf("terraform %v fails:\n%s", args, text)
		}
	}
}

// commands are those of a row, with what they need beside the fault.
func (w *world) commands(r row) [][]string {
	w.t.Helper()
	if r.bucket {
		w.must(os.WriteFile(filepath.Join(w.dir(""), "bucket.tf"), []byte(`resource "aws_s3_bucket" "app" { bucket = "acme-app" }`), 0o600))
	}
	if r.hurry {
		at := &scene{Stage: w.Stage, blueprint: w.answers.Blueprint}
		w.must(inBackend(`(?m)^(\s*)key\s*=.*\n`, "$0${1}max_retries = 1\n")(w.t.Context(), at))
	}
	if r.commands != nil {
		return r.commands
	}
	return [][]string{{"init"}, {"plan"}}
}

// named are the ids that a text alone leads to.
func named(text string) []string {
	var found []string
	read, err := troubleshoot.Read(strings.NewReader(text))
	if err != nil {
		return []string{err.Error()}
	}
	for _, d := range troubleshoot.Diagnose(read) {
		found = append(found, d.ID)
	}
	return found
}
