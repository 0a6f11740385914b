package practice

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/engine"
)

// environment is the callers', with the AWS files of the home below root, the sandbox
// for every AWS in the lab's region, and nothing else of the callers' AWS, nor of what they let Terraform do
// in their own projects. Their HOME stays: version
// managers of Terraform live there.
func environment(callers engine.Environment, root, endpoint, region string) engine.Environment {
	set := map[string]string{}
	for _, entry := range callers {
		if name, _, _ := strings.Cut(entry, "="); isAWS(name) || isOfProjects(name) {
			set[name] = ""
		}
	}
	for name, value := range awsops.EndpointVariables(endpoint) { // Terraform's too, whose provider.tf names none
		set[name] = value
	}
	set["AWS_SHARED_CREDENTIALS_FILE"] = filepath.Join(root, credentialsFile)
	set["AWS_CONFIG_FILE"] = filepath.Join(root, configFile)
	set["AWS_EC2_METADATA_DISABLED"] = "true"
	set[regionVariable] = region
	set[stateVariable()] = filepath.Join(root, stateHome)
	return callers.With(set)
}

// regionVariable is the region of whoever names none.
const regionVariable = "AWS_DEFAULT_REGION"

// stateVariable names where the user's state directory is, for files.StateDir.
func stateVariable() string {
	if runtime.GOOS == "windows" {
		return "LOCALAPPDATA"
	}
	return "XDG_STATE_HOME"
}

func isAWS(name string) bool { return strings.HasPrefix(name, "AWS_") }

// isOfProjects tells the variables that are about the callers' own projects.
func isOfProjects(name string) bool {
	return name == "TF_DATA_DIR" || name == "TF_WORKSPACE" || strings.HasPrefix(name, "TF_CLI_ARGS")
}

// Config is where the rehearsal's AWS is, and the files with which it is reached.
// Nothing of the process's environment counts.
func (l *Lab) Config() awsops.Config {
	return awsops.Config{
		Region: l.Environ.Get(regionVariable), Endpoint: l.Endpoint(),
		Files: &awsops.Files{Credentials: l.Environ.Get("AWS_SHARED_CREDENTIALS_FILE"), Config: l.Environ.Get("AWS_CONFIG_FILE"), Tokens: l.TokenDir()},
	}
}

// Forget takes the callers' AWS out of this process, for good. The SDK cannot be kept
// from reading all of it (config v1.33.15, env_config.go:329): what it cannot parse
// and a missing AWS_CA_BUNDLE would end a rehearsal that they have nothing to do with.
// It is for the beginning of a process that only rehearses, before anything reads the
// environment in a goroutine of its own.
func Forget() error {
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !isAWS(name) {
			continue
		}
		if err := os.Unsetenv(name); err != nil {
			return fmt.Errorf("the callers' %s cannot be put aside: %w", name, err)
		}
	}
	return nil
}
