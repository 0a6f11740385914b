package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Written is what carrying out an edit left in the state directory.
type Written struct {
	// Backup is the path of what the file held before, empty where there was
	// nothing to back up.
	Backup string
	// Overtaken is the path of what another program wrote into the file in the
	// moment in which it was replaced, empty where none did.
	Overtaken string
}

// Write carries out an edit. An edit without a change writes nothing at all.
//
// Under a lock it makes sure that the file is still what the edit was computed
// from ([ErrChangedMeanwhile] otherwise), writes the backup (mode 0600) and a
// temporary file in the real directory, asks the verifier of the edit, and
// renames: at any moment the path holds the whole old or the whole new content.
// Symlinks, owner and mode stay; missing directories are made, 0700 for a private
// file and 0755 otherwise. A failed Write leaves the file as it was.
//
// github.com/google/renameio is not used: it does not exist on Windows, its
// temporary files cannot be told from others' after a kill, and it does not
// sync the directory.
func Write(ctx context.Context, e Edit, stateDir string) (Written, error) {
	if !e.Changes() {
		return Written{}, nil
	}
	r, err := Reserve(ctx, e, stateDir)
	if err != nil {
		return Written{}, err
	}
	defer r.Close()
	return r.Write(ctx, e)
}

// mode is the mode that the file gets: its own, or the one for a new file. Where modes
// mean nothing, it is always the one for a new file.
func (e Edit) mode() fs.FileMode {
	if e.Before.Exists && modesMean {
		return e.Before.Mode
	}
	if e.Mode == 0 {
		return 0o600
	}
	return e.Mode
}

// unchanged compares the disk with the snapshot, and refuses a file that its
// owner made read-only: a rename would go around that wish, as root always can.
func unchanged(e Edit, target, action string) error {
	now, err := Read(e.Before.Path)
	if err != nil {
		return err
	}
	moved := e.Before.Real != "" && now.Real != e.Before.Real
	if moved || now.Real != target || now.Exists != e.Before.Exists ||
		string(now.Bytes) != string(e.Before.Bytes) {
		return &Error{
			Action: action, Path: e.Before.Path, Err: ErrChangedMeanwhile,
			Problem: "somebody else wrote to it after it was read",
			Remedy:  "run again to plan from what it holds now",
		}
	}
	if now.Exists && now.Mode&0o200 == 0 {
		return &Error{
			Action: action, Path: e.Before.Path,
			Problem: fmt.Sprintf("it is read-only (mode %04o)", now.Mode),
			Remedy:  "make it writable, then run the command again",
		}
	}
	return nil
}

// makeDir makes the directories above a file of the given mode. They belong to
// whoever owns the directory in which they are made: root may be at work in
// somebody's home.
func makeDir(dir string, mode fs.FileMode) error {
	perm := fs.FileMode(0o755)
	if mode&0o077 == 0 {
		perm = 0o700
	}
	var missing []string
	for _, at := range Ancestors(dir) {
		if _, err := os.Stat(at); err == nil {
			break
		}
		missing = append(missing, at)
	}
	if err := os.MkdirAll(dir, perm); err != nil {
		return fmt.Errorf("making its directory: %w", err)
	}
	for _, at := range slices.Backward(missing) {
		if err := ownLike(at, filepath.Dir(at)); err != nil {
			return fmt.Errorf("making its directory: %w", err)
		}
	}
	return nil
}

// writeError says in one sentence why a file cannot be written.
func writeError(e Edit, err error) error {
	out := &Error{Action: "write", Path: e.Before.Path, Err: Bare(err)}
	dir := filepath.Dir(e.Before.Path)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		out.Problem = "its directory " + dir + " cannot be written to"
		out.Remedy = "allow writing there or choose another place"
	}
	return out
}

// The names that we leave beside a file called NAME: .NAME.stateroom-*.tmp
// while writing and .NAME.stateroom.lock while locked; its backups are called
// NAME.stateroom-*.bak. None ends in .tf or .tofu, so Terraform does not read
// them.
const (
	ours      = ".stateroom"
	tmpSuffix = ".tmp"
	bakSuffix = ".bak"
	// unwritten ends the name of what could not be put in its place and must not
	// be lost.
	unwritten = ".unwritten"
)

func tmpPrefix(target string) string {
	return "." + nameOf(target) + ours + "-"
}

// nameOf is the name of a file as it stands in the names that we leave beside it, of which
// no file system takes more than 255 bytes: of a longer one the beginning, and what tells it
// from others that begin so.
func nameOf(target string) string {
	const most, begins = 200, 180
	name := filepath.Base(target)
	if len(name) <= most {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.ToValidUTF8(name[:begins], "") + "~" + hex.EncodeToString(sum[:4])
}

// stage makes a temporary file of the given size for target in a directory, so that
// there is room for what it will hold. On failure nothing of it is left.
func stage(dir, target string, size int) (string, error) {
	f, err := os.CreateTemp(dir, tmpPrefix(target)+"*"+tmpSuffix) // mode 0600
	if err != nil {
		return "", fmt.Errorf("making a temporary file: %w", err)
	}
	if err := fill(f, make([]byte, size), 0o600); err != nil {
		_ = os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// refill writes data into the room of a temporary file.
func refill(path string, data []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("writing it: %w", err)
	}
	if err = f.Truncate(int64(len(data))); err == nil && mode&0o077 == 0 {
		err = OwnerAlone(path) // before there is anything to read
	}
	if err != nil {
		return fmt.Errorf("writing it: %w", errors.Join(err, f.Close()))
	}
	return fill(f, data, mode)
}

// fill writes, syncs and closes a file from its beginning.
func fill(f *os.File, data []byte, mode fs.FileMode) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing it: %w", err)
	}
	return nil
}

// sweep removes temporary files that a killed run left behind: whoever holds
// the lock is the only one at work, so they belong to nobody.
func sweep(dir, target string) {
	left, err := os.ReadDir(dir)
	if err != nil {
		return // staging will say what is wrong with the directory
	}
	prefix := tmpPrefix(target)
	for _, entry := range left {
		if strings.HasPrefix(entry.Name(), prefix) && strings.HasSuffix(entry.Name(), tmpSuffix) {
			_ = os.Remove(filepath.Join(dir, entry.Name())) // what stays is swept next time
		}
	}
}

// backupDir is where the backups of the files in a directory lie: below the state
// directory, under the same path. Beside a file of a repository they would be
// staged with it, and the secret that was taken out of a backend block with them;
// so would those of AWS files in a home under version control.
func backupDir(stateDir, dir string) string {
	volume := filepath.VolumeName(dir)
	at := strings.NewReplacer(":", "", `\`, "_").Replace(volume)
	return filepath.Join(stateDir, "files", at, strings.TrimPrefix(dir, volume))
}

// backUp writes the old content of target under a name that no other backup has.
// Nothing is written when there was nothing.
func backUp(stateDir, target string, old []byte) (string, error) {
	if len(old) == 0 {
		return "", nil
	}
	path, f, err := beside(stateDir, target, bakSuffix)
	if err != nil {
		return "", fmt.Errorf("making the backup: %w", err)
	}
	if err := fill(f, old, 0o600); err != nil {
		_ = os.Remove(path)
		return "", err
	}
	syncDir(filepath.Dir(path))
	return path, nil
}

// beside makes a new file (mode 0600) for something of target's in the state
// directory, under a name that says when.
func beside(stateDir, target, suffix string) (string, *os.File, error) {
	dir := backupDir(stateDir, filepath.Dir(target))
	if err := makeDir(dir, 0o600); err != nil {
		return "", nil, err
	}
	stamp := time.Now().UTC().Format("20060102T150405Z")
	for n := 0; ; n++ {
		path := filepath.Join(dir, nameOf(target)+ours+"-"+stamp)
		if n > 0 {
			path += "-" + strconv.Itoa(n)
		}
		path += suffix
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", nil, fmt.Errorf("making it: %w", err)
		}
		if err := errors.Join(ownLike(path, dir), OwnerAlone(path)); err != nil {
			_ = f.Close()
			_ = os.Remove(path) // nothing is in it
			return "", nil, err
		}
		return path, f, nil
	}
}

// syncDir makes the rename itself durable where the system can do that; where
// it cannot (Windows) the content is still whole.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}
