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

	"stateroom/steps/diagnosis"
	"stateroom/steps/terraform"
	"stateroom/steps/terraform/mirror"
)

// TestTerraformMeetsEveryFaultAndPassesWhenItIsMended proves each fault on one
// lab: a real Terraform meets it and fails, its text alone names it, the checks
// alone find it, what they propose mends it, Terraform passes, and nothing else
// is changed.
func TestTerraformMeetsEveryFaultAndPassesWhenItIsMended(t *testing.T) {
	w := newRealWorld(t)
	w.healthy()
	for _, f := range Faults() {
		t.Run(f.Name(), func(t *testing.T) {
			w.t = t
			w.meetsAndMends(particular[f.Name()].of(f))
		})
		if w.t = t; w.spent {
			w = newRealWorld(t)
		}
	}
}

// TestTwoFaultsAtOnce does the same with pairs.
func TestTwoFaultsAtOnce(t *testing.T) {
	w := newRealWorld(t)
	for _, p := range pairs {
		t.Run(strings.Join(p.faults, " and "), func(t *testing.T) {
			w.t = t
			w.meetsAndMends(p)
		})
		if w.t = t; w.spent {
			w = newRealWorld(t)
		}
	}
}

// meetsAndMends is the proof of one case.
func (w *world) meetsAndMends(p proof) {
	w.t.Helper()
	w.breaks(p)
	if p.bucket {
		w.must(os.WriteFile(filepath.Join(w.dir(""), "bucket.tf"), []byte(`resource "aws_s3_bucket" "app" { bucket = "acme-app" }`), 0o600))
	}
	text := w.fails(p)
	if got := named(text); !slices.Equal(got, p.says) {
		w.t.Errorf("Terraform's text leads to %v, not to %v:\n%s", got, p.says, text)
	}
	w.proves(p, text)
	if p.beyond == "" {
		w.passes(p)
	}
	if p.beyond == "" && p.bucket {
		w.passes(proof{commands: [][]string{{"destroy", "-auto-approve", "-target=aws_s3_bucket.app"}}})
		w.must(os.Remove(filepath.Join(w.dir(""), "bucket.tf")))
	}
	w.unchanged(p)
	w.takesBack(p)
	if p.beyond != "" && !w.spent {
		w.passes(proof{commands: [][]string{{"init"}}})
	}
}

// newRealWorld is a world with a real Terraform and a provider to be had.
func newRealWorld(t *testing.T) *world {
	t.Helper()
	engine, err := terraform.Find(context.Background(), "", os.Environ())
	if err != nil {
		t.Fatal(err) // a machine without Terraform fails: CI never skips
	}
	for name, value := range mirror.With(t) {
		t.Setenv(name, value)
	}
	t.Setenv("CHECKPOINT_DISABLE", "1")
	w := newWorld(t, engine)
	w.real = true
	// A backend that cannot reach AWS gives up after a minute otherwise.
	w.byHand(func(at *byHand) {
		at.edit(at.backend(), `(?m)^(\s*)key\s*=.*\n`, "$0${1}max_retries    = 1\n")
	})
	if text, ok := w.terraform("", "init", "-reconfigure"); !ok {
		t.Fatal(text)
	}
	w.passes(proof{commands: usual})
	w.fresh = w.snapshot()
	return w
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
	cmd.Dir, cmd.Env = w.dir(project), w.Environ
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// fails runs a case's commands, of which one must fail, and gives its text.
func (w *world) fails(p proof) string {
	w.t.Helper()
	for _, args := range p.commands {
		if text, ok := w.terraform(p.project, args...); !ok {
			return text
		}
	}
	w.t.Fatal("Terraform met no fault")
	return ""
}

// passes runs the last of a case's commands, which may not fail: what else it
// needs was part of the mending.
func (w *world) passes(p proof) {
	w.t.Helper()
	args := p.commands[len(p.commands)-1]
	if text, ok := w.terraform(p.project, args...); !ok {
		w.t.Errorf("terraform %v fails:\n%s", args, text)
	}
}

// named are the ids that a text alone leads to.
func named(text string) []string {
	var found []string
	read, err := diagnosis.Read(strings.NewReader(text))
	if err != nil {
		return []string{err.Error()}
	}
	for _, d := range diagnosis.FromText(read) {
		if !slices.Contains(found, d.ID) {
			found = append(found, d.ID)
		}
	}
	return found
}
