package profiles

import (
	"crypto/sha1" // #nosec G505 -- AWS's tools name files by it
	"fmt"
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

// TokenDir gives the folder in which AWS's tools keep the tokens of sign-ins with IAM
// Identity Center. It follows the home alone, whatever AWS_CONFIG_FILE says
// (facts/identity-center.md, section 5).
func TokenDir(getenv func(string) string) (string, error) {
	home, err := homeFor(getenv, "sso")
	return filepath.Join(home, ".aws", "sso", "cache"), err
}

// TokenFile is the name of a session's file there.
func TokenFile(session string) string {
	return fmt.Sprintf("%x.json", sha1.Sum([]byte(session))) // #nosec G401 -- the name that AWS's tools give it
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
	home, err := homeFor(getenv, name)
	if err != nil {
		return "", &files.Error{
			Action: "find", Path: "~/.aws/" + name, Problem: "no home directory is known",
			Remedy: "set HOME or " + variable,
		}
	}
	return filepath.Join(home, ".aws", name), nil
}

// homeFor is the home in which AWS's tools look for something of theirs.
func homeFor(getenv func(string) string, name string) (string, error) {
	home := getenv("HOME")
	if runtime.GOOS == "windows" {
		home = getenv("USERPROFILE")
	}
	if home == "" {
		return "", &files.Error{Action: "find", Path: "~/.aws/" + name, Problem: "no home directory is known", Remedy: "set HOME"}
	}
	return home, nil
}
