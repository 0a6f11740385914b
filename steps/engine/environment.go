package engine

import (
	"os"
	"runtime"
	"strings"
)

// Environment are variables as NAME=value, as they were when a run began: what
// changes in the process afterwards does not change them. Nothing but Terraform's
// own executable and the AWS SDK reads the process's past it.
type Environment []string

// ProcessEnvironment are the variables of this process as they are now.
func ProcessEnvironment() Environment { return os.Environ() }

// Get is a variable's value, empty where it is not set. Windows takes a name in
// any case.
func (e Environment) Get(name string) string {
	for _, entry := range e {
		have, value, _ := strings.Cut(entry, "=")
		if have == name || runtime.GOOS == "windows" && strings.EqualFold(have, name) {
			return value
		}
	}
	return ""
}
