//go:build integration

package practice

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	if !w.old {
		w.healthy()
	}
	for _, f := range Faults() {
		t.Run(f.Name(), func(t *testing.T) {
			w.t = t
			w.meetsAndMends(w.particular(f).of(f))
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

// particular is what is particular about a fault's proof in this set-up.
func (w *world) particular(f Fault) proof {
	if other, ok := beforeOurFiles[f.Name()]; ok && w.old {
		return other
	}
	if other, ok := withTableAlone[f.Name()]; ok && !w.answers.Lock.UseLockfile {
		return other
	}
	return particular[f.Name()]
}

// meetsAndMends is the proof of one case, or that the engine's set-up cannot have it.
func (w *world) meetsAndMends(p proof) {
	w.t.Helper()
	if !w.answers.Lock.UseLockfile && slices.ContainsFunc(p.faults, func(name string) bool { return slices.Contains(ofLockFile, name) }) {
		w.cannotHave(p.faults)
		return
	}
	if w.old {
		w.meetsOnly(p)
		return
	}
	w.proves(p, w.meets(p))
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

// meetsOnly is what is left of a proof with an engine that is too old for the program's
// files, and with which nobody may therefore run it: that its text is read.
func (w *world) meetsOnly(p proof) {
	w.t.Helper()
	w.meets(p)
	p.back, p.spent = nil, true
	w.takesBack(p)
}

// meets breaks the lab, runs the engine into it, and reads what it says.
func (w *world) meets(p proof) (text string) {
	w.t.Helper()
	w.breaks(p)
	if p.bucket {
		w.must(os.WriteFile(filepath.Join(w.dir(""), "bucket.tf"), []byte(`resource "aws_s3_bucket" "app" { bucket = "acme-app" }`), 0o600))
	}
	text = w.fails(p)
	w.records(p, text)
	w.quoted(p, text)
	if got := named(text); !slices.Equal(got, p.says) {
		w.t.Errorf("Terraform's text leads to %v, not to %v:\n%s", got, p.says, text)
	}
	return text
}

// cannotHave wants one of the faults to be refused, with nothing of it done.
func (w *world) cannotHave(faults []string) {
	w.t.Helper()
	refused := 0
	for _, name := range faults {
		before := w.snapshot()
		err := w.Break(w.t.Context(), name)
		if err == nil {
			continue
		}
		refused++
		w.t.Logf("%s %s cannot have it: %v", w.engine.Name, w.engine.Version, err)
		w.same(before, proof{})
	}
	if refused == 0 {
		w.t.Error("the faults can be had")
	}
	w.spent = refused < len(faults)
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

// newEndpoints is the argument for which Terraform before 1.6 has one for each service.
var newEndpoints = regexp.MustCompile(`endpoints = \{([^}]*)\}`)

// asBefore writes a project's backend as Terraform before 1.6 knows it, for one command.
func (w *world) asBefore(project string) (again func()) {
	w.t.Helper()
	path := filepath.Join(w.dir(project), "backend.tf")
	text, err := os.ReadFile(path)
	w.must(err)
	names := strings.NewReplacer(" s3 ", " endpoint ", " dynamodb ", " dynamodb_endpoint ", " sts ", " sts_endpoint ")
	before := newEndpoints.ReplaceAllStringFunc(string(text), func(block string) string {
		return names.Replace(newEndpoints.FindStringSubmatch(block)[1])
	})
	before = strings.NewReplacer("use_path_style", "force_path_style", ">= 1.6.0", ">= 1.4.0").Replace(before)
	w.must(os.WriteFile(path, []byte(before), 0o600))
	return func() { w.must(os.WriteFile(path, text, 0o600)) }
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
	if w.old {
		defer w.asBefore(project)()
	}
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

// record is a directory, such as steps/diagnosis/testdata/engines: with
// -args -record DIR each text is written into a folder of the engine's there, beside what
// it has to lead to.
var record = flag.String("record", "", "write every engine's texts into this directory")

// records keeps what the engine said of a case, where that is asked for.
func (w *world) records(p proof, text string) {
	w.t.Helper()
	if *record == "" {
		return
	}
	dir := filepath.Join(*record, w.engine.Name+"-"+w.engine.Version)
	name := strings.Join(p.faults, "+")
	w.must(os.MkdirAll(dir, 0o755))
	w.must(os.WriteFile(filepath.Join(dir, name+".txt"), []byte(strings.ReplaceAll(text, w.Root, "/work")), 0o600))
	expected, all := filepath.Join(dir, "expected.json"), map[string][]string{}
	if had, err := os.ReadFile(expected); err == nil {
		w.must(json.Unmarshal(had, &all))
	}
	all[name] = p.says
	now, err := json.MarshalIndent(all, "", "  ")
	w.must(err)
	w.must(os.WriteFile(expected, append(now, '\n'), 0o600))
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

// quotedVersion is the Terraform whose words the lessons have. Others say some of it in
// other words; the corpus of steps/diagnosis has those.
const quotedVersion = "1.11."

// quoted holds what a lesson says against what the engine says: of the Terraform that the
// lessons quote it is word for word, up to ids that each request has anew.
func (w *world) quoted(p proof, text string) {
	w.t.Helper()
	i := slices.IndexFunc(Faults(), func(f Fault) bool { return len(p.faults) == 1 && f.Name() == p.faults[0] })
	if i < 0 || w.engine.Name != "terraform" || !strings.HasPrefix(w.engine.Version, quotedVersion) {
		return
	}
	plain := func(text string) string {
		return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(text)), " ")
	}
	rest, says := plain(text), Faults()[i].Lesson().Says
	for _, part := range strings.Split(plain(says), "…") { // which stands for what differs
		at := strings.Index(rest, strings.TrimSpace(part))
		if at < 0 {
			w.t.Errorf("the lesson says %q, of which Terraform does not say %q:\n%s", says, part, text)
			return
		}
		rest = rest[at:]
	}
}
