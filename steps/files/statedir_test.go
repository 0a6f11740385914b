package files

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestTheStateDirectoryFollowsTheVariablesAndIsNotMade(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Setenv("LOCALAPPDATA", `C:\Users\alice\AppData\Local`)
		if got, err := StateDir(os.Getenv); err != nil || got != `C:\Users\alice\AppData\Local\stateroom` {
			t.Errorf("%s, %v", got, err)
		}
		return
	}
	home := t.TempDir()
	for _, c := range []struct {
		env  map[string]string
		want string // or the words of the refusal
	}{
		{map[string]string{"HOME": home}, filepath.Join(home, ".local/state/stateroom")},
		{map[string]string{"HOME": home, "XDG_STATE_HOME": home + "/s"}, filepath.Join(home, "s/stateroom")},
		{map[string]string{"XDG_STATE_HOME": home + "/s"}, filepath.Join(home, "s/stateroom")},
		{map[string]string{"HOME": home, "XDG_STATE_HOME": "state"}, "XDG_STATE_HOME is a relative path"},
		{map[string]string{"HOME": home, "XDG_STATE_HOME": "~/state"}, "XDG_STATE_HOME is a relative path"},
		{map[string]string{"HOME": "here"}, "HOME is a relative path"},
		{map[string]string{}, "set HOME or XDG_STATE_HOME"},
	} {
		got, err := StateDir(func(name string) string { return c.env[name] })
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%v gives %q, want %q", c.env, got, c.want)
		}
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) > 0 {
		t.Errorf("%v was made: %v", entries, err)
	}
}

func TestAStateDirectoryInTheRepositoryIsRefusedHoweverItIsReached(t *testing.T) {
	base := RealPath(t.TempDir())
	at := func(names ...string) string { return filepath.Join(append([]string{base}, names...)...) }
	for _, dir := range []string{at("clone", ".git"), at("clone", "infra"), at("plain"), at("home")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		at("link"): at("clone"), at("home", "state"): at("clone", "s"), at("alias"): at("home"),
	} {
		if err := os.MkdirAll(to, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		dir, folder string
		refused     bool
	}{
		{at("home", ".local"), at("clone", "infra"), false},
		{at("clone-2", "stateroom"), at("clone"), false}, // a name that begins alike
		{at("clone", "stateroom"), at("clone"), true},
		{at("clone", "elsewhere", "stateroom"), at("clone", "infra"), true}, // in the work tree, beside the folder
		{at("clone", "stateroom"), at("link", "infra"), true},
		{at("link", "not", "yet", "there"), at("clone", "infra"), true},
		{at("home", "state", "stateroom"), at("clone"), true},
		{at("plain", "stateroom"), at("plain"), true}, // no git
		{at("home", ".local"), at("plain"), false},
		{at("home", ".local"), at("alias"), true},
		{at("home", ".local"), at("nowhere"), false},
		{at("nowhere", "s"), at("nowhere"), false},
	} {
		err := KeepOutside(c.dir, c.folder)
		if (err != nil) != c.refused {
			t.Errorf("%s for %s: %v", c.dir, c.folder, err)
		}
		if err != nil && !strings.Contains(err.Error(), "set XDG_STATE_HOME") {
			t.Errorf("%v says not what to do", err)
		}
	}
}

func TestAStateDirectoryThatCannotBeReliedOnIsRefusedAndNoneIsMade(t *testing.T) {
	base := t.TempDir()
	at := func(name string) string { return filepath.Join(base, name) }
	if err := os.WriteFile(at("file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(at("open"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(at("open"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at("gone"), at("dangling")); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		at("new/stateroom"): "", at("file/stateroom"): "not a directory", at("dangling/stateroom"): "leads nowhere",
	}
	if modesMean {
		cases[at("open")] = "others can write to it"
	}
	if modesMean {
		if err := os.Mkdir(at("open/mine"), 0o700); err != nil {
			t.Fatal(err)
		}
		cases[at("open/mine")] = "put another directory in its place"
		cases[at("open/new")] = "put another directory in its place"
	}
	if modesMean && os.Getuid() == 0 { // only root may give a directory away
		for name, want := range map[string]string{"theirs": "belongs to somebody else", "users/stateroom": ""} {
			if err := os.MkdirAll(at(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(at(name), 1234, 1234); err != nil {
				t.Fatal(err)
			}
			cases[at(name)] = want
		}
		if err := os.Chown(at("users"), 1234, 1234); err != nil {
			t.Fatal(err)
		}
		t.Setenv("HOME", at("users"))
		if err := os.Chown(at("theirs"), 4321, 4321); err != nil {
			t.Fatal(err)
		}
	}
	if modesMean && os.Getuid() != 0 { // root may write everywhere
		if err := os.Mkdir(at("closed"), 0o500); err != nil {
			t.Fatal(err)
		}
		cases[at("closed/stateroom")] = "cannot be written to"
	}
	for dir, want := range cases {
		err := Keepable(dir)
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
	if _, err := os.Stat(at("new")); err == nil {
		t.Error("it was made")
	}
}
