package files

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"strings"

	"stateroom/awsops/secret"
)

// Field is one setting before and after, empty where it is not there. Both are text for
// people: secrets read "(secret)", so that a Field can be shown anywhere.
type Field struct {
	Name   string `json:"name"` // such as "aws_access_key_id" or "backend.bucket"
	Before string `json:"before"`
	After  string `json:"after"`
}

// NewField describes one setting; hidden says that its values must not be shown.
func NewField(name, before, after string, hidden bool) Field {
	if hidden && before != "" {
		before = secret.Redacted
	}
	if hidden && after != "" {
		after = secret.Redacted
	}
	return Field{Name: name, Before: shownValue(name, before), After: shownValue(name, after)}
}

// shownValue is a setting's value without what an address in it signs in with.
func shownValue(name, value string) string {
	if strings.HasSuffix(name, "proxy") || strings.Contains(name, "endpoint") {
		return secret.Address(value)
	}
	return secret.HideSignIn(value)
}

// Edit is one file's intended change, computed without touching the disk.
// [Write] carries it out.
type Edit struct {
	Before Snapshot    // what the edit was computed from
	After  Content     // what the file will hold
	Fields []Field     // what that means, in the order of the file
	Notes  []string    // what was found, kept and should be told; full sentences
	Mode   fs.FileMode // of the file when it is new; an existing file keeps its own

	// Readers must read what was meant from the finished temporary file just
	// before it takes the place of the real one.
	Readers []Reader
	// Redact hides what may be secret in the diff. Without it that is what [redactNamed] finds.
	Redact Redactor
}

// Reader is a program for which a file is written.
type Reader interface {
	// Filled is the same reader, with fill applied to what it must read.
	Filled(fill func(string) (string, error)) (Reader, error)
	// Verify lets it read the file at staged.
	Verify(ctx context.Context, staged string) error
}

// Changes tells whether [Write] would change the disk.
func (e Edit) Changes() bool {
	return !bytes.Equal(e.Before.Bytes, e.After)
}

// Result is the file as it will be once the edit is written, for an edit that
// follows this one.
func (e Edit) Result() Snapshot {
	s := e.Before
	s.Bytes, s.Mode = e.After, e.mode()
	if !s.Exists {
		// Directories that are still to be made may turn out to lie elsewhere.
		s.Real, s.Exists = "", true
	}
	return s
}

// Filled gives the edit with fill applied to its text, for text that holds
// places to be filled in when their values are known. What the readers must
// read from the file, and what an edit before this one leaves there, is filled in
// the same way.
func (e Edit) Filled(fill func(string) (string, error)) (Edit, error) {
	text, err := fill(string(e.After))
	if err != nil {
		return e, err
	}
	before, err := fill(string(e.Before.Bytes))
	if err != nil {
		return e, err
	}
	e.After = Content(text)
	if e.Before.Exists {
		e.Before.Bytes = Content(before)
	}
	readers := make([]Reader, len(e.Readers))
	for i, r := range e.Readers {
		if readers[i], err = r.Filled(fill); err != nil {
			return e, err
		}
	}
	e.Readers = readers
	return e, nil
}

// Join makes e the edit that leads to where next, made from e's text, leads.
func (e *Edit) Join(next Edit) {
	e.After = next.After
	e.Fields = append(e.Fields, next.Fields...)
	e.Notes = append(e.Notes, next.Notes...)
	e.Readers = append(e.Readers, next.Readers...)
}

// KeepPrivate lets a file that others can read be its owner's alone once it is
// written: a new secret goes into it.
func (e *Edit) KeepPrivate() {
	if !e.Before.LooseMode() {
		return
	}
	closed := e.Before.Mode &^ 0o077
	e.Fields = append(e.Fields, Field{Name: ModeField, Before: fmt.Sprintf("%04o", e.Before.Mode), After: fmt.Sprintf("%04o", closed)})
	e.Before.Mode = closed
}

// ModeField names the change of a file's mode among the fields of an edit.
const ModeField = "file mode"
