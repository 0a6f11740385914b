package practice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/dirhash"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// world is a lab with a finished set-up, as the session of a command has it.
type world struct {
	*Lab
	t       *testing.T
	engine  *terraform.Engine
	answers *blueprint.Answers
	// fresh is the world before it was broken; spent says that it cannot be had
	// back.
	fresh snapshot
	spent bool
	// old says that the engine is too old for our files, so that the program goes
	// without one.
	old bool
	// real says that the engine is a Terraform and not the script of a paper
	// world.
	real bool
}

// newWorld starts a lab and finishes its set-up, with a lock that the engine knows; it
// may be nil.
func newWorld(t *testing.T, engine *terraform.Engine) *world {
	t.Helper()
	w := &world{Lab: start(t, Options{}), t: t, engine: engine}
	t.Cleanup(func() { closeLab(t, w.Lab) })
	w.answers = &blueprint.Answers{Blueprint: w.Blueprint(), Me: w.Me}
	w.answers.Lock.UseLockfile = engine == nil || engine.Supports(true) == nil
	w.old = engine != nil && engine.Supports(false) != nil
	w.must(w.Finish(t.Context(), w.env(), w.answers, func(plan.Event) {}))
	return w
}

// patience is how long one call may be refused: half a minute is what the program has.
const patience = 2 * time.Second

// env is the world as a new process finds it.
func (w *world) env() *engine.Env {
	w.t.Helper()
	config := w.Config()
	config.Parallel, config.Bounds.Call = engine.DefaultParallel, patience
	sessions, err := awsops.Open(context.Background(), config)
	w.must(err)
	env, err := engine.NewEnv(sessions, w.Environ, w.Root, filepath.Join(w.Root, "stateroom.hcl"))
	w.must(err)
	env.Endpoint, env.Engine = w.Endpoint(), w.engine
	if w.engine == nil || w.old {
		env.Engine, env.EngineErr = nil, terraform.ErrNotFound
	}
	_, tag := w.answers.Tag()
	env.Journal, err = engine.OpenJournal(env.StateDir, tag)
	w.must(err)
	return env
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// snapshot is all that there is: what the sandbox holds, and the files below
// the lab's root by their paths, without the providers that init fetched.
type snapshot struct {
	state []string
	files map[string]string
}

func (w *world) snapshot() snapshot {
	w.t.Helper()
	found := snapshot{w.Server.State(), map[string]string{}}
	w.must(filepath.WalkDir(w.Root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "providers" {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		found.files[path] = string(text)
		return err
	}))
	return found
}

// restore puts the files back as they were.
func (w *world) restore(files map[string]string) {
	w.t.Helper()
	for path := range w.snapshot().files {
		if _, there := files[path]; !there {
			w.must(os.Remove(path))
		}
	}
	for path, text := range files {
		w.must(os.MkdirAll(filepath.Dir(path), 0o700))
		w.must(os.WriteFile(path, []byte(text), 0o600))
	}
}

// newPaperWorld is a world in which every project is initialised, and whose
// Terraform can do nothing else.
func newPaperWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, nil)
	left := filepath.Join(filepath.Dir(w.Root), "left")
	path := filepath.Join(filepath.Dir(w.Root), "terraform")
	script := "#!/bin/sh\ntest \"$1\" = init && cp -R " + left + "/\"$(basename \"$PWD\")\"/. .\n"
	w.must(os.WriteFile(path, []byte(script), 0o700))
	w.engine = &terraform.Engine{Path: path, Name: terraform.EngineTerraform, Version: "1.11.4"}
	for _, p := range w.answers.Projects {
		dir := filepath.Join(w.Root, filepath.FromSlash(p.Dir))
		w.leaves(filepath.Join(left, filepath.Base(dir)), w.note(dir))
		w.must(os.CopyFS(dir, os.DirFS(filepath.Join(left, filepath.Base(dir)))))
	}
	w.fresh = w.snapshot()
	return w
}

// leaves makes what init leaves in a directory: its note, a provider and the lock
// file.
func (w *world) leaves(dir string, note []byte) {
	w.t.Helper()
	const source, version = "registry.terraform.io/hashicorp/aws", "5.100.0"
	data := filepath.Join(dir, ".terraform")
	provider := filepath.Join(data, "providers", filepath.FromSlash(source), version, runtime.GOOS+"_"+runtime.GOARCH)
	w.must(os.MkdirAll(provider, 0o700))
	w.must(os.WriteFile(filepath.Join(data, "terraform.tfstate"), note, 0o600))
	w.must(os.WriteFile(filepath.Join(provider, "terraform-provider-aws"), []byte("paper"), 0o600))
	sum, err := dirhash.HashDir(provider, "", dirhash.Hash1)
	w.must(err)
	text := fmt.Sprintf("provider %q {\n  version = %q\n  hashes = [\n    %q,\n  ]\n}\n", source, version, sum)
	w.must(os.WriteFile(filepath.Join(dir, tf.LockFile), []byte(text), 0o600))
}

// note is what init notes of a project's backend.
func (w *world) note(dir string) []byte {
	w.t.Helper()
	p, problems := tf.Inspect(dir, w.Environ.Get)
	w.must(errors.Join(problems...))
	block, err := p.Backend()
	w.must(err)
	config := map[string]any{}
	for _, a := range block.Attributes {
		in, name := config, a.Name
		if group, field, nested := strings.Cut(name, "."); nested {
			if config[group] == nil {
				config[group] = map[string]any{}
			}
			in, name = config[group].(map[string]any), field
		}
		if in[name] = a.Value; a.Value == "true" {
			in[name] = true
		}
	}
	text, err := json.MarshalIndent(map[string]any{"version": 3, "backend": map[string]any{"type": "s3", "config": config, "hash": 1234}}, "", "  ")
	w.must(err)
	return text
}

// byHand changes the lab past the program.
func (w *world) byHand(do doing) {
	w.t.Helper()
	at := &byHand{Lab: w.Lab, ctx: w.t.Context(), blueprint: w.answers.Blueprint}
	do(at)
	w.must(at.err)
}
