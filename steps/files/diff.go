package files

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"stateroom/awsops/secret"
)

// newSecret stands for a secret that the edit brings, so that a changed secret
// shows as a change.
const newSecret = "(new secret)"

// diffContext is how many unchanged lines surround a change in a diff.
const diffContext = 3

// Redactor gives a file's text without what may be secret in it; hidden is what stands in
// the place of that in a line, which is given with its ending. No line is lost or added.
type Redactor func(text string, hidden func(line string) string) string

// Diff gives the edit as a unified diff, empty without a change. Secrets are
// hidden in it, those of unchanged lines and comments around included, as the
// edit knows them.
func (e Edit) Diff() string {
	if !e.Changes() {
		return ""
	}
	redact := e.Redact
	if redact == nil {
		redact = redactNamed
	}
	old := redact(string(e.Before.Bytes), func(string) string { return secret.Redacted })
	known := map[string]bool{}
	for line := range strings.Lines(string(e.Before.Bytes)) {
		known[line] = true
	}
	after := redact(string(e.After), func(line string) string {
		if known[line] {
			return secret.Redacted
		}
		return newSecret
	})
	from := e.Before.Path
	if !e.Before.Exists && len(e.Before.Bytes) == 0 {
		from = "/dev/null"
	}
	out, err := udiff.ToUnified(from, e.Before.Path, old, udiff.Lines(old, after), diffContext)
	if err != nil { // edits that udiff itself made always apply
		return ""
	}
	return out
}
