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
// hidden in it, those of unchanged lines and comments around included: in AWS
// files every value that is not known to be harmless, in Terraform files the
// arguments whose names tell of a secret.
func (e Edit) Diff() string {
	if !e.Changes() {
		return ""
	}
	old := redactLines(string(e.Before.Bytes), e.hide, nil)
	known := map[string]bool{}
	for line := range strings.Lines(string(e.Before.Bytes)) {
		known[line] = true
	}
	after := redactLines(string(e.After), e.hide, known)
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
func redactLines(text string, all bool, known map[string]bool) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		hidden := secret.Redacted
		if known != nil && !known[line] {
			hidden = newSecret
		}
		body := strings.TrimRight(line, "\r\n")
		if all {
			b.WriteString(redactINI(body, hidden))
		} else {
			b.WriteString(redactHCL(body, hidden))
		}
		b.WriteString(line[len(body):])
	}
	return b.String()
}

// longWord is what a key, a token or a part of one looks like inside a comment.
var longWord = regexp.MustCompile(`[A-Za-z0-9/+=_-]{16,}`)

// redactINI hides the value of every setting that is not known to be public,
// and in comments and junk whatever could be a key.
func redactINI(line, hidden string) string {
	trimmed := strings.TrimSpace(line)
	if trimmed == "" || trimmed[0] == '[' {
		return line
	}
	i := strings.IndexAny(line, "=:")
	if trimmed[0] == '#' || trimmed[0] == ';' || i < 0 {
		if i < 0 {
			return longWord.ReplaceAllString(line, hidden)
		}
		words := strings.Fields(strings.TrimLeft(line[:i], " \t#;"))
		if len(words) == 1 && !public[words[0]] {
			return line[:i+1] + " " + hidden // a setting that was commented out
		}
		return longWord.ReplaceAllString(line, hidden)
	}
	if public[strings.ToLower(strings.TrimSpace(line[:i]))] && strings.TrimSpace(line[i+1:]) == meaning(line[i+1:]) {
		return line
	}
	gap := len(line[i+1:]) - len(strings.TrimLeft(line[i+1:], " \t"))
	if strings.TrimSpace(line[i+1:]) == "" {
		return line
	}
	return line[:i+1+gap] + hidden
}

var secretAssignment = regexp.MustCompile(`(?i)^(.*?\b(?:\w*access_key|\w*token|sse_customer_key|\w*passphrase|\w*secret\w*|\w*password\w*)"?\s*[=:]\s*)(\S.*)$`)

// redactHCL hides the value behind an argument whose name tells of a secret.
func redactHCL(line, hidden string) string {
	return secretAssignment.ReplaceAllString(line, "${1}"+strings.ReplaceAll(hidden, "$", "$$"))
}
