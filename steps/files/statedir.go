package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// StateDir gives the directory in which one user of one machine keeps what
// stateroom has to know from run to run: journals, backups and locks. It is
// $XDG_STATE_HOME/stateroom, else ~/.local/state/stateroom, on macOS too, and
// %LOCALAPPDATA%\stateroom on Windows. It is not made here. A relative path is
// refused: it would lead somewhere else from every folder.
func StateDir(getenv func(string) string) (string, error) {
	variable, home, below := "XDG_STATE_HOME", "HOME", []string{".local", "state"}
	if runtime.GOOS == "windows" {
		variable, home, below = "LOCALAPPDATA", "USERPROFILE", []string{"AppData", "Local"}
	}
	base := getenv(variable)
	if base == "" {
		at := getenv(home)
		if at == "" {
			return "", stateError("its directory", "no home directory is known", "set HOME or "+variable)
		}
		variable, base = home, filepath.Join(append([]string{at}, below...)...)
	}
	if !filepath.IsAbs(base) {
		return "", stateError(base, variable+" is a relative path, which leads elsewhere from every folder", "set "+variable+" to a full path, or unset it")
	}
	return filepath.Join(base, "stateroom"), nil
}

func stateError(dir, problem, remedy string) error {
	return &Error{Action: "keep the journal in", Path: dir, Problem: problem, Remedy: remedy}
}

// KeepOutside refuses a state directory that lies in one of the folders, or in
// the git work tree that a folder belongs to: whoever can write to a repository
// could then write the journal. Links are followed on both sides, and
// directories are compared by what they are, not by how they are spelt.
func KeepOutside(dir string, folders ...string) error {
	above := Ancestors(RealPath(dir))
	for _, folder := range folders {
		root, err := os.Stat(WorkTree(folder))
		if errors.Is(err, fs.ErrNotExist) {
			continue // nothing lies in it
		}
		if err != nil {
			return stateError(dir, "stateroom cannot tell whether it is in "+folder+": "+Bare(err).Error(), "make the folder readable")
		}
		for _, at := range above {
			if info, err := os.Stat(at); err == nil && os.SameFile(info, root) {
				return stateError(dir, fmt.Sprintf("it is in the repository %s, and whoever can write to that could write the journal", WorkTree(folder)),
					"set XDG_STATE_HOME (LOCALAPPDATA on Windows) to a directory outside of it")
			}
		}
	}
	return nil
}

// Keepable refuses a state directory that this user cannot write to, or that
// others can, that is somebody else's or can be replaced by everybody. It makes nothing: of a directory that is not there yet the nearest
// one above counts.
func Keepable(dir string) error {
	for _, at := range Ancestors(dir) {
		info, err := os.Stat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist) && isSymlink(at):
			return stateError(dir, at+" is a link that leads nowhere", "make what it leads to, or remove it")
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return stateError(dir, Bare(err).Error(), "make it accessible, or set XDG_STATE_HOME to another directory")
		case !info.IsDir():
			return stateError(dir, at+" is not a directory", "move it away, or set XDG_STATE_HOME to another directory")
		case !mayWrite(at):
			return stateError(dir, at+" cannot be written to", "make it writable, or set XDG_STATE_HOME to a directory that is")
		case at == dir && modesMean && info.Mode().Perm()&0o022 != 0:
			return stateError(dir, "others can write to it, and what it says decides what is ours", "chmod 700 "+dir)
		case at == dir && strangers(info):
			return stateError(dir, "it belongs to somebody else, and what it says decides what is ours", "set XDG_STATE_HOME to a directory of your own")
		}
		return heldOpen(dir, at)
	}
	return nil
}

// heldOpen refuses a state directory that others can put another one in place
// of: at is what there is of it.
func heldOpen(dir, at string) error {
	for _, above := range Ancestors(RealPath(at)) {
		info, err := os.Stat(above)
		if err == nil && modesMean && info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
			return stateError(dir, "everybody can write to "+above+", and so put another directory in its place", "chmod o-w "+above)
		}
	}
	return nil
}
