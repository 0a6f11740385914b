package terraform

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"strings"

	"stateroom/steps/files"
)

// Project is a Terraform root directory and how commands run in it.
type Project struct {
	// Dir is the root directory; empty means the working directory.
	Dir string
	// Environ is the whole environment of the commands, as NAME=value: nothing else
	// of this process's reaches them.
	Environ []string
	// Lines, if set, gets every line for people as it comes, one at a time.
	Lines func(string)

	// pinned wins over Environ.
	pinned map[string]string
}

func (p Project) command(args ...string) Command { return Command{Project: p, Args: args} }

// pin sets one variable over everything else.
func (p Project) pin(name, value string) Project {
	pinned := map[string]string{}
	maps.Copy(pinned, p.pinned)
	pinned[name] = value
	p.pinned = pinned
	return p
}

// InitOutcome says how far an init came that did not fail.
type InitOutcome struct {
	Result Result
	// ProvidersUnreachable is set if the back end was configured and only the
	// providers could not be had afterwards: a matter of the network or of a
	// mirror, not of the back end, and so a piece of information, no failure.
	ProvidersUnreachable bool
}

// providerTrouble matches the diagnostics of an init that reached its back end
// and then could not fetch a provider; the back end comes first in every version.
var providerTrouble = regexp.MustCompile(`^Failed to (query available|resolve|install) provider|^Could not retrieve the list of available versions`)

// InitProject runs init in the project. It never moves a state: where the back
// end's place changed, the engine refuses, and the error's diagnostics say so
// ("Backend configuration changed"). Flags are added: with -reconfigure the engine
// forgets which back end it had, which is right only where the state stays where
// it is (new credentials, profile, encryption or lock).
func InitProject(ctx context.Context, e *Engine, p Project, flags ...string) (InitOutcome, error) {
	result, err := e.Run(ctx, p.command(append([]string{"init"}, flags...)...))
	outcome := InitOutcome{Result: result}
	if err == nil || ctx.Err() != nil {
		return outcome, err
	}
	if onlyProviderTrouble(result) && backendConfigured(p, result) {
		outcome.ProvidersUnreachable = true
		return outcome, nil
	}
	return outcome, err
}

// onlyProviderTrouble reports whether every error is about fetching providers.
func onlyProviderTrouble(result Result) bool {
	found := false
	for _, d := range result.Diagnostics {
		if d.Severity != SeverityError {
			continue
		}
		if !providerTrouble.MatchString(d.Summary) {
			return false
		}
		found = true
	}
	return found
}

// backendConfigured reports whether this init configured the back end, or an
// earlier one had: then this one says nothing about it.
func backendConfigured(p Project, result Result) bool {
	if strings.Contains(Fold(result.Output), "Successfully configured the backend") {
		return true
	}
	noted, err := files.Read(filepath.Join(p.dataDir(), "terraform.tfstate"))
	if err != nil || !noted.Exists {
		return false
	}
	var cache struct {
		Backend struct {
			Type string `json:"type"`
		} `json:"backend"`
	}
	return json.Unmarshal(noted.Bytes, &cache) == nil && cache.Backend.Type != ""
}

// dataDir is where the engine keeps its cache: TF_DATA_DIR, or .terraform.
func (p Project) dataDir() string {
	dir := cmp.Or(p.pinned["TF_DATA_DIR"], variables(p.Environ)["TF_DATA_DIR"])
	switch {
	case dir == "":
		return filepath.Join(p.Dir, ".terraform")
	case filepath.IsAbs(dir):
		return dir
	}
	return filepath.Join(p.Dir, dir)
}
