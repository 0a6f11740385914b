package engine

import (
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Environment are variables as NAME=value, as they were when a run began: what
// changes in the process afterwards does not change them. Nothing but the AWS SDK
// reads the process's past it.
type Environment []string

// ProcessEnvironment are the variables of this process as they are now.
func ProcessEnvironment() Environment { return os.Environ() }

// Get is a variable's value, empty where it is not set. Windows takes a name in
// any case.
func (e Environment) Get(name string) string {
	for _, entry := range e {
		if have, value, _ := strings.Cut(entry, "="); sameVariable(have, name) {
			return value
		}
	}
	return ""
}

// With is the environment with these variables in it; an empty value takes one out.
func (e Environment) With(set map[string]string) Environment {
	names := slices.Sorted(maps.Keys(set))
	out := slices.DeleteFunc(slices.Clone(e), func(entry string) bool {
		have, _, _ := strings.Cut(entry, "=")
		return slices.ContainsFunc(names, func(name string) bool { return sameVariable(have, name) })
	})
	for _, name := range names {
		if set[name] != "" {
			out = append(out, name+"="+set[name])
		}
	}
	return out
}

func sameVariable(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}
