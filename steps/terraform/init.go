package terraform

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"stateroom/steps/files/tf"
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

	// Configs are the files, relative to Dir, that init is given with -backend-config.
	Configs []string

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

// providerTrouble matches the diagnostics of an init that reached its back end
// and then could not fetch a provider; the back end comes first in every version.
var providerTrouble = regexp.MustCompile(`^Failed to (query available|resolve|install) provider|^Could not retrieve the list of available versions`)

// InitProject runs init in the project. It never moves a state: where the back
// end's place changed, the engine refuses, and the error's diagnostics say so
// ("Backend configuration changed"). Flags are added: with -reconfigure the engine
// forgets which back end it had, which is right only where the state stays where
// it is (new credentials, profile, encryption or lock). An init that only could not
// have the providers has not failed: the result says so.
func InitProject(ctx context.Context, e *Engine, p Project, flags ...string) (Result, error) {
	result, err := e.Run(ctx, p.command(slices.Concat([]string{"init"}, flags, tf.ConfigFlags(p.Configs))...))
	if err == nil || ctx.Err() != nil || !onlyProviderTrouble(result) || !backendConfigured(p, result) {
		return result, err
	}
	result.ProvidersUnreachable = true
	return result, nil
}

// noCache matches what the engines say of a plugin_cache_dir in their own configuration
// that is missing, as an error, before they go on without.
var noCache = regexp.MustCompile(`^The specified plugin cache dir .* cannot be opened`)

// onlyProviderTrouble reports whether every error is about fetching providers.
func onlyProviderTrouble(result Result) bool {
	found := false
	for _, d := range result.Diagnostics {
		if d.Severity != SeverityError || noCache.MatchString(d.Summary) {
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
	noted, err := tf.ReadConfigured(p.dataDir())
	return err == nil && noted != nil
}

// dataDir is where the engine keeps its cache.
func (p Project) dataDir() string {
	return tf.DataDir(p.Dir, func(name string) string { return cmp.Or(p.pinned[name], variables(p.Environ)[name]) })
}
