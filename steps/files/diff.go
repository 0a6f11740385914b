package files

import (
	"regexp"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"stateroom/awsops/secret"
)

// newSecret stands for a secret that the edit brings, so that a changed secret
// shows as a change.
const newSecret = "(new secret)"

// diffContext is how many unchanged lines surround a change in a diff.
const diffContext = 3

// Diff gives the edit as a unified diff, empty without a change. Secrets are
// hidden in it, those of unchanged lines and comments around included, as the
// edit knows them.
func (e Edit) Diff() string {
	if !e.Changes() {
		return ""
	}
	redact := redactHCL
	if e.Redact != nil {
		redact = e.Redact
	}
	old := redactLines(string(e.Before.Bytes), redact, nil)
	known := map[string]bool{}
	for line := range strings.Lines(string(e.Before.Bytes)) {
		known[line] = true
	}
	after := redactLines(string(e.After), redact, known)
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

// redactLines hides secrets line by line; known holds the lines that are not
// new, nil when none is.
func redactLines(text string, redact func(line, hidden string) string, known map[string]bool) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		hidden := secret.Redacted
		if known != nil && !known[line] {
			hidden = newSecret
		}
		body := strings.TrimRight(line, "\r\n")
		b.WriteString(redact(body, hidden))
		b.WriteString(line[len(body):])
	}
	return b.String()
}

var secretAssignment = regexp.MustCompile(`(?i)^(.*?\b(?:\w*access_key|\w*token|sse_customer_key|\w*passphrase|\w*secret\w*|\w*password\w*)"?\s*[=:]\s*)(\S.*)$`)

// redactHCL hides the value behind an argument whose name tells of a secret.
func redactHCL(line, hidden string) string {
	return secretAssignment.ReplaceAllString(line, "${1}"+strings.ReplaceAll(hidden, "$", "$$"))
}
