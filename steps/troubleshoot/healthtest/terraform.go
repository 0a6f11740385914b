package healthtest

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"stateroom/steps/files/tf"
	"stateroom/steps/terraform"
)

// Where the script in place of Terraform notes what it was called with, and the
// folders in which init ran.
const (
	commands = "commands"
	inits    = "initialized"
)

// Terraform gives the laptop a terraform that notes what it was called with, and the
// projects what init leaves. Real Terraform has the integration tests.
func (b *Bench) Terraform() *Bench {
	b.T.Helper()
	b.Engine = &terraform.Engine{Path: b.Path("bin/terraform"), Name: terraform.EngineTerraform, Version: "1.11.4"}
	b.Script(`case "$1" in init) pwd >> ` + b.Path(inits) + ` ;; esac`)
	for _, p := range b.Answers.Projects {
		b.Initialise(p.Dir)
	}
	return b
}

// Script is what terraform does, besides noting its arguments.
func (b *Bench) Script(text string) {
	b.T.Helper()
	b.Write("bin/terraform", "#!/bin/sh\necho \"$@\" >> "+b.Path(commands)+"\n"+text+"\n")
	b.Must(os.Chmod(b.Engine.Path, 0o700)) //nolint:gosec // it is to be run
}

// Commands are the command lines that terraform was given.
func (b *Bench) Commands() []string {
	text, err := os.ReadFile(b.Path(commands))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// Inits are the folders in which init ran since the last look.
func (b *Bench) Inits() []string {
	text, err := os.ReadFile(b.Path(inits))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}

// noteInits leaves what init leaves where it ran.
func (b *Bench) noteInits() {
	b.T.Helper()
	for _, dir := range b.Inits() {
		name, _ := filepath.Rel(b.Dir, dir)
		b.Initialise(name)
	}
	b.Remove(inits)
}

// Initialise makes a project's directory what init leaves.
func (b *Bench) Initialise(dir string) {
	b.T.Helper()
	var configs []string
	for _, p := range b.Answers.Projects {
		if p.Dir == dir {
			configs = p.BackendConfig
		}
	}
	p, problems := tf.Inspect(b.Path(dir), b.Shell.Environ().Get, configs...)
	b.Must(errors.Join(problems...))
	block, err := p.Backend()
	b.Must(err)
	config := map[string]any{"workspace_key_prefix": nil, "max_retries": nil}
	for _, a := range block.Attributes {
		var value any = a.Value
		if a.Value == "true" {
			value = true
		}
		if list, known := block.Texts(a.Name); known {
			value = list
		}
		if name, field, nested := strings.Cut(a.Name, "."); nested {
			in, _ := config[name].(map[string]any)
			if in == nil {
				in = map[string]any{"iam": nil}
			}
			in[field] = value
			config[name] = in
		} else {
			config[name] = value
		}
	}
	note, err := json.Marshal(config)
	b.Must(err)
	b.Write(dir+"/.terraform/terraform.tfstate", `{"version":3,"backend":{"type":"s3","config":`+string(note)+`,"hash":1}}`)
}
