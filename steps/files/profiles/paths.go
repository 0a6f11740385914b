package profiles

import (
	"path/filepath"
	"runtime"
	"strings"

	"stateroom/steps/files"
)

// CredentialsPath gives the shared credentials file that Terraform and the AWS
// CLI use: AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials. getenv is
// os.Getenv or a test's.
func CredentialsPath(getenv func(string) string) (string, error) {
	return awsPath(getenv, "AWS_SHARED_CREDENTIALS_FILE", "credentials")
}

// ConfigPath gives the shared configuration file: AWS_CONFIG_FILE, else
// ~/.aws/config.
func ConfigPath(getenv func(string) string) (string, error) {
	return awsPath(getenv, "AWS_CONFIG_FILE", "config")
}

// awsPath follows the Go SDK, which takes the variable as it is: a ~ in it is
// the shell's to expand. The AWS CLI expands it itself, so a ~ that is left
// would make the two read different files, and is refused.
func awsPath(getenv func(string) string, variable, name string) (string, error) {
	if path := getenv(variable); path != "" {
		if path == "~" || strings.HasPrefix(path, "~/") || strings.HasPrefix(path, `~\`) {
			return "", &files.Error{
				Action: "find", Path: path,
				Problem: variable + " starts with ~, which the AWS CLI expands and Terraform does not",
				Remedy:  "set it to the full path",
			}
		}
		return path, nil
	}
	home := getenv("HOME")
	if runtime.GOOS == "windows" {
		home = getenv("USERPROFILE")
	}
	if home == "" {
		return "", &files.Error{
			Action: "find", Path: "~/.aws/" + name, Problem: "no home directory is known",
			Remedy: "set HOME or " + variable,
		}
	}
	return filepath.Join(home, ".aws", name), nil
}
