package help

import (
	"runtime/debug"
	"testing"
)

func TestTheVersionNamesCommitDateAndGo(t *testing.T) {
	t.Parallel()
	settings := func(pairs ...string) (list []debug.BuildSetting) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return list
	}
	for name, c := range map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"released": {
			debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v1.2.0"}, Settings: settings("vcs.revision", "566d924", "vcs.time", "2026-11-29T09:40:00Z", "vcs.modified", "false", "GOOS", "linux", "GOARCH", "arm64")},
			"stateroom v1.2.0\ncommit 566d924\ndate   2026-11-29T09:40:00Z\nbuilt  with go1.26.8 for linux/arm64\n",
		},
		"with changes": {
			debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "(devel)"}, Settings: settings("vcs.revision", "566d924", "vcs.modified", "true", "GOOS", "linux", "GOARCH", "amd64")},
			"stateroom development build\ncommit 566d924, with changes that are not committed\nbuilt  with go1.26.8 for linux/amd64\n",
		},
		"from an archive": {
			debug.BuildInfo{GoVersion: "go1.26.8", Settings: settings("GOOS", "windows", "GOARCH", "amd64")},
			"stateroom development build\ncommit unknown (the build recorded none)\nbuilt  with go1.26.8 for windows/amd64\n",
		},
	} {
		if got := Version(&c.info); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
