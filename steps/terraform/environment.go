package terraform

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"stateroom/awsops"
)

// environment is a command's, without what would divert an unattended run, with what
// makes it one, and with what the sequences of this package pin on top.
//
// Taken out: TF_CLI_ARGS and TF_CLI_ARGS_* (they add flags of which we know
// nothing), TF_WORKSPACE (it would turn workspace select into an error),
// TF_INPUT (we say -input=false), TF_LOG and its kin (traces go to standard
// error and may hold credentials), TF_FORCE_LOCAL_BACKEND. Kept: credentials,
// proxies, AWS_CA_BUNDLE, TF_CLI_CONFIG_FILE, TF_PLUGIN_CACHE_DIR, TF_DATA_DIR
// and TF_VAR_*, which are how this machine's user has set the engine up. Only what
// is missing goes, which means the same: a TF_CLI_CONFIG_FILE is replaced by an empty
// one, for OpenTofu 1.12 warns of it on standard output, into the state that state
// pull prints; a TF_PLUGIN_CACHE_DIR is left out, for both engines tell of it as an
// error and go on without.
func environment(p Project) []string {
	all := variables(p.Environ)
	maps.DeleteFunc(all, func(name, _ string) bool { return diverts(name) })
	all["TF_IN_AUTOMATION"], all["CHECKPOINT_DISABLE"] = "1", "1"
	if config := all[configVariable]; config != "" {
		if _, err := os.Stat(config); errors.Is(err, fs.ErrNotExist) {
			all[configVariable] = os.DevNull
		}
	}
	if cache := all[cacheVariable]; cache != "" {
		if !filepath.IsAbs(cache) {
			cache = filepath.Join(p.Dir, cache)
		}
		if _, err := os.Stat(cache); errors.Is(err, fs.ErrNotExist) {
			delete(all, cacheVariable)
		}
	}
	maps.Copy(all, p.pinned)
	var env []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		env = append(env, name+"="+all[name])
	}
	return append(env, credentialEndpoints(all)...)
}

// variables are the values by their names, which Windows takes in any case.
func variables(environ []string) map[string]string {
	all := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if runtime.GOOS == "windows" {
			name = strings.ToUpper(name)
		}
		all[name] = value
	}
	return all
}

// credentialEndpoints send what the engine asks for credentials where
// AWS_ENDPOINT_URL sends everything else, unless a variable says otherwise.
func credentialEndpoints(all map[string]string) []string {
	var env []string
	url := all["AWS_ENDPOINT_URL"]
	for name, value := range awsops.EndpointVariables(url) {
		if _, there := all[name]; !there && url != "" && value == url {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// configVariable names the file of the engine's own configuration, cacheVariable the
// directory that keeps the providers of all projects.
const (
	configVariable = "TF_CLI_CONFIG_FILE"
	cacheVariable  = "TF_PLUGIN_CACHE_DIR"
)

func diverts(name string) bool {
	switch name {
	case "TF_CLI_ARGS", "TF_WORKSPACE", "TF_INPUT", "TF_FORCE_LOCAL_BACKEND":
		return true
	}
	return strings.HasPrefix(name, "TF_CLI_ARGS_") || strings.HasPrefix(name, "TF_LOG")
}
