package terraform

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/mod/semver"
)

// Engine is one terraform or tofu executable.
type Engine struct {
	// Path is the executable's absolute path.
	Path string
	// Name is EngineTerraform or EngineOpenTofu.
	Name string
	// Version is the version without a leading v, such as 1.11.4.
	Version string
}

// The two engines' names, as Engine.Name holds them.
const (
	EngineTerraform = "terraform"
	EngineOpenTofu  = "opentofu"
)

// versionTimeout bounds the version command, which does no network here.
const versionTimeout = 30 * time.Second

// Find looks for the engine that the flag --engine names (a path, or a name on
// PATH), or else for the first of terraform and tofu on PATH, and asks it in the
// environment for its version. The error wraps ErrNotFound if there is none.
func Find(ctx context.Context, flag string, environ []string) (*Engine, error) {
	names := []string{"terraform", "tofu"}
	if flag != "" {
		names = []string{flag}
	}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if path, err = filepath.Abs(path); err != nil {
			return nil, fmt.Errorf("find %s: %w", name, err)
		}
		return identify(ctx, path, environ)
	}
	if flag != "" {
		return nil, &Error{
			Action: "find the engine", Resource: flag, Reason: "is not an executable file", Err: ErrNotFound,
			Remedy: "give --engine the path of terraform or tofu",
		}
	}
	return nil, &Error{
		Action: "find the engine", Resource: "PATH", Reason: "has no terraform and no tofu", Err: ErrNotFound,
		Remedy: "install one of the two, or name it with --engine",
	}
}

// versionLine is the first line of plain version, which tells the engines
// apart; version -json looks the same in both. A wrapper's own lines or a
// warning about the CLI's configuration may stand before it.
var versionLine = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\d+\.\d+\.\d+\S*)\s*$`)

func identify(ctx context.Context, path string, environ []string) (*Engine, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	unknown := &Engine{Path: path, Name: EngineTerraform}
	result, err := unknown.Run(ctx, Project{Environ: environ}.command("version"))
	if err != nil {
		return nil, err
	}
	found := versionLine.FindStringSubmatch(result.Output)
	if found == nil || !semver.IsValid("v"+found[2]) {
		return nil, &Error{
			Action: "ask for the version", Resource: path, Reason: "does not answer as terraform or tofu do",
			Remedy: "give --engine the path of one of the two",
		}
	}
	engine := &Engine{Path: path, Name: EngineTerraform, Version: found[2]}
	if found[1] == "OpenTofu" {
		engine.Name = EngineOpenTofu
	}
	return engine, nil
}
