package help

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version is what --version prints, from what the Go toolchain wrote into the program:
// its version, the commit with its date, and the Go that built it. Without a commit it does
// not say why: outside of a clone, in a linked worktree, without git or with
// -buildvcs=false Go writes none. Without any of it info is nil.
func Version(info *debug.BuildInfo) string {
	if info == nil {
		info = &debug.BuildInfo{}
	}
	of := map[string]string{}
	for _, s := range info.Settings {
		of[s.Key] = s.Value
	}
	commit := cmp.Or(of["vcs.revision"], "unknown (the build recorded none)")
	if of["vcs.modified"] == "true" {
		commit += ", with changes that are not committed"
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "development build"
	}
	text := fmt.Sprintf("stateroom %s\ncommit %s\n", version, commit)
	if date := of["vcs.time"]; date != "" {
		text += "date   " + date + "\n"
	}
	return text + fmt.Sprintf("built  with %s for %s/%s\n", cmp.Or(info.GoVersion, runtime.Version()), cmp.Or(of["GOOS"], runtime.GOOS), cmp.Or(of["GOARCH"], runtime.GOARCH))
}
