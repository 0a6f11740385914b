package files

import (
	"bytes"
	"context"
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

	// verify looks at the finished temporary file just before it takes the
	// place of the real one; nil when there is nothing to ask.
	verify func(ctx context.Context, staged string) error
	// hide is set for files in which any value may be a secret.
	hide bool
}

// Changes tells whether [Write] would change the disk.
func (e Edit) Changes() bool {
	return !bytes.Equal(e.Before.Bytes, e.After)
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
