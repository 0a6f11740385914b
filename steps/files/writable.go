package files

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Unwritable names what stands in the way of writing the file, before anything is
// changed: the file itself, or the nearest folder above it that is there. The mode
// counts for root, too, who could go around it.
func (s Snapshot) Unwritable() (at, problem string) {
	readOnly := func(mode fs.FileMode) string {
		return fmt.Sprintf("is read-only for this user (mode %04o)", mode.Perm())
	}
	if s.Exists && s.Mode&0o200 == 0 {
		return s.Path, readOnly(s.Mode)
	}
	path := cmp.Or(s.Real, s.Path)
	if isMount(path) {
		return path, mounted + " (mount its folder instead)"
	}
	for _, dir := range Ancestors(filepath.Dir(path)) {
		info, err := os.Stat(dir)
		switch {
		case err != nil && isSymlink(dir):
			return dir, "is a link to a folder that is not there (make that folder, or remove the link)"
		case err != nil && filepath.Dir(dir) != dir:
			continue // it is made together with the file
		case err != nil:
			return dir, "is not there"
		case !info.IsDir():
			return dir, "is not a folder"
		case modesMean && info.Mode()&0o200 == 0 || !mayWrite(dir):
			return dir, readOnly(info.Mode())
		}
		break
	}
	return "", ""
}
