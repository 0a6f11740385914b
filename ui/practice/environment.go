package practice

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
)

// enter gives this process, and the Terraform that it starts, the AWS files of
// the scratch home, the sandbox for every AWS, and nothing of the caller's AWS
// environment. The home itself stays: version managers of Terraform live there.
// Leave puts everything back.
func enter(root, endpoint string) (leave func(), err error) {
	set := map[string]string{
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(root, credentialsFile),
		"AWS_CONFIG_FILE":             filepath.Join(root, configFile),
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_DEFAULT_REGION":          blueprint.DefaultStateRegion,
		stateVariable():               filepath.Join(root, stateHome),
	}
	maps.Copy(set, awsops.EndpointVariables(endpoint)) // Terraform's too, whose provider.tf names none
	before := callers()
	leave = func() {
		for name := range set {
			_ = os.Unsetenv(name) // the names are good: they were set
		}
		for name, value := range before {
			_ = os.Setenv(name, value) // the value came from there
		}
	}
	for name := range before {
		err = errors.Join(err, os.Unsetenv(name))
	}
	for name, value := range set {
		err = errors.Join(err, os.Setenv(name, value))
	}
	if err != nil {
		leave()
		return nil, fmt.Errorf("the scratch environment cannot be set: %w", err)
	}
	return leave, nil
}

// stateVariable names where the user's state directory is, for files.StateDir.
func stateVariable() string {
	if runtime.GOOS == "windows" {
		return "LOCALAPPDATA"
	}
	return "XDG_STATE_HOME"
}

// callers are the variables through which the caller's own AWS and Terraform
// files could be reached.
func callers() map[string]string {
	found := map[string]string{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "AWS_") || name == "TF_DATA_DIR" || name == stateVariable() {
			found[name] = value
		}
	}
	return found
}
