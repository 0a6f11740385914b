package files

import (
	"bytes"
	"io/fs"

	"stateroom/awsops/secret"
)

// Action says what happens to a field, in the signs that Terraform users know.
type Action string

// The three things that can happen to a field.
const (
	Add    Action = "+"
	Change Action = "~"
	Remove Action = "-"
)

// FieldChange is one setting before and after. Secrets read "(secret)" on both
// sides, so a FieldChange can be shown anywhere.
type FieldChange struct {
	Action Action `json:"action"`
	Field  string `json:"field"`            // such as "aws_access_key_id" or "backend.bucket"
	Before string `json:"before,omitempty"` // empty when Action is Add
	After  string `json:"after,omitempty"`  // empty when Action is Remove
}

// Edit is one file's intended change, computed without touching the disk.
// [Write] carries it out.
type Edit struct {
	Before Snapshot      // what the edit was computed from
	After  Content       // what the file will hold
	Fields []FieldChange // what that means, in the order of the file
	Notes  []string      // what was found, kept and should be told; full sentences
	Mode   fs.FileMode   // of the file when it is new; an existing file keeps its own

	// reads are what the AWS SDK must read from the finished temporary file
	// just before it takes the place of the real one.
	reads []profileRead
	// hide is set for files in which any value may be a secret.
	hide bool
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
// places to be filled in when their values are known. What the AWS SDK must
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
	reads := make([]profileRead, len(e.reads))
	for i, r := range e.reads {
		reads[i] = profileRead{kind: r.kind, path: r.path, edit: ProfileEdit{Name: r.edit.Name}}
		for _, kv := range r.edit.Set {
			value, err := fill(kv.Value.Reveal())
			if err != nil {
				return e, err
			}
			reads[i].edit.Set = append(reads[i].edit.Set, KV(kv.Key, value))
		}
	}
	e.reads = reads
	return e, nil
}

// field describes one setting; old and new are ignored where action says that
// they do not exist, and hidden says that the values must not be shown.
func field(action Action, name, before, after string, hidden bool) FieldChange {
	if hidden {
		before, after = secret.Redacted, secret.Redacted
	}
	switch action {
	case Add:
		before = ""
	case Remove:
		after = ""
	case Change:
	}
	return FieldChange{Action: action, Field: name, Before: before, After: after}
}
