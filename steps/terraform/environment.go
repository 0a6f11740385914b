package terraform

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// environment is the parent's, without what would divert an unattended run,
// with what makes it one, and with the caller's own on top.
//
// Taken out: TF_CLI_ARGS and TF_CLI_ARGS_* (they add flags of which we know
// nothing), TF_WORKSPACE (it would turn workspace select into an error),
// TF_INPUT (we say -input=false), TF_LOG and its kin (traces go to standard
// error and may hold credentials), TF_FORCE_LOCAL_BACKEND. Kept: credentials,
// proxies, AWS_CA_BUNDLE, TF_CLI_CONFIG_FILE, TF_PLUGIN_CACHE_DIR, TF_DATA_DIR
// and TF_VAR_*, which are how this machine's user has set the engine up. Only a
// TF_CLI_CONFIG_FILE that is missing is replaced by an empty one, which means
// the same: OpenTofu 1.12 warns of it on standard output, into the state that
// state pull prints.
func environment(extra map[string]string) []string {
	set := map[string]string{"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
	if config := os.Getenv(configVariable); config != "" {
		if _, err := os.Stat(config); errors.Is(err, fs.ErrNotExist) { //nolint:gosec // whether it is there is all that is asked
			set[configVariable] = os.DevNull
		}
	}
	maps.Copy(set, extra)
	var env []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if _, ours := set[name]; !ours && !diverts(name) {
			env = append(env, entry)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if set[name] != "" {
			env = append(env, name+"="+set[name])
		}
	}
	return env
}

// configVariable names the file of the engine's own configuration.
const configVariable = "TF_CLI_CONFIG_FILE"

func diverts(name string) bool {
	switch name {
	case "TF_CLI_ARGS", "TF_WORKSPACE", "TF_INPUT", "TF_FORCE_LOCAL_BACKEND":
		return true
	}
	return strings.HasPrefix(name, "TF_CLI_ARGS_") || strings.HasPrefix(name, "TF_LOG")
}
