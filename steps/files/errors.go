package files

import (
	"errors"
	"fmt"
	"strings"

	"stateroom/steps/printable"
)

// ErrChangedMeanwhile is wrapped by the error of [Write] when the file on disk
// is no longer the one that the edit was computed from. Nothing was written;
// reading again and planning anew is safe.
var ErrChangedMeanwhile = errors.New("the file changed meanwhile")

// Error is the error type of this package: what was being done to which line of
// which file, why it cannot be done and the one thing that mends it. It never
// contains a value from the file, since the value may be a secret. Whatever it
// reports, the file is untouched.
type Error struct {
	Action  string // such as "edit", "read", "write"
	Path    string // the file as it was named to us
	Line    int    // counted from 1; 0 when the whole file is meant
	Problem string // what is wrong, without a final stop
	Remedy  string // what to do, an imperative without a final stop; may be empty
	Err     error  // the cause, or nil
}

// Error gives the sentence: action, place, problem, cause, remedy.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cannot %s %s", e.Action, Place{e.Path, e.Line})
	if e.Problem != "" {
		fmt.Fprintf(&b, ": %s", e.Problem)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Remedy != "" {
		fmt.Fprintf(&b, "; %s", e.Remedy)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Place is a line of a file.
type Place struct {
	Path string
	Line int // counted from 1; 0 when the whole file is meant
}

// String gives "path:line", or the path alone without a line, as one line: whoever may
// write to a repository chooses the names of files, and a line end in one would let it say
// something else.
func (p Place) String() string {
	path := printable.Line(p.Path)
	if p.Line == 0 {
		return path
	}
	return fmt.Sprintf("%s:%d", path, p.Line)
}
