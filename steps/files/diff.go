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
		redact = func() func(line, hidden string) string { return e.Redact }
	}
	old := redactLines(string(e.Before.Bytes), redact(), nil)
	known := map[string]bool{}
	for line := range strings.Lines(string(e.Before.Bytes)) {
		known[line] = true
	}
	after := redactLines(string(e.After), redact(), known)
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

// secretWord is a word that tells of a secret in the names of Terraform files.
const secretWord = `(?:\w*access_key|\w*token|sse_customer_key|\w*private_key\w*|\w*api_?key|\w*passphrase|\w*secret\w*|\w*password\w*)` // #nosec G101 -- names, no credential

var (
	secretAssignment = regexp.MustCompile(`(?i)^(.*?\b` + secretWord + `"?\s*[=:]\s*)(\S.*)$`)
	// secretBlock is the header of a block whose label tells of a secret, such as the
	// variable that holds one, and literal what stands for a value in it.
	secretBlock = regexp.MustCompile(`(?i)^\s*\w+(?:\s+"[^"]*")*\s+"` + secretWord + `"(?:\s+"[^"]*")*\s*\{`)
	literal     = regexp.MustCompile(`(=\s*)(?:"(?:\\.|[^"\\])*"|[^\s"{}][^{}]*?)(\s*(?:[},#]|//|$))`)
	// heredoc is the beginning of a text of several lines.
	heredoc = regexp.MustCompile(`<<-?\s*(\w+)\s*$`)
	// secretRemark is the rest of a comment from a word on that tells of a secret: people
	// note a password beside what takes it.
	secretRemark = regexp.MustCompile(`(?i)^(\s*(?:#|//|/?\*).*?\b(?:password|passwd|passphrase|pin|secret|token|api[ -]?key|access[ -]?key)\b).+$`)
)

// redactHCL hides what may be secret in the lines of one Terraform file, from its first to
// its last: values behind names that tell of a secret, texts of several lines too, those of
// a block with such a label, what comments say of one, and what URLs sign in with.
func redactHCL() func(line, hidden string) string {
	depth, until := 0, "" // of a block that tells of a secret, and of a text behind such a name
	return func(line, hidden string) string {
		quoted := strings.ReplaceAll(hidden, "$", "$$")
		if until != "" {
			if strings.TrimSpace(line) == until {
				until = ""
				return line
			}
			return hidden
		}
		inside := depth > 0 || secretBlock.MatchString(line)
		if inside {
			depth += strings.Count(line, "{") - strings.Count(line, "}")
		}
		if at := heredoc.FindStringSubmatch(line); at != nil && (inside || secretAssignment.MatchString(line)) {
			until = at[1]
			return line
		}
		line = secretRemark.ReplaceAllString(line, "${1} "+quoted)
		if inside {
			line = literal.ReplaceAllString(line, "${1}"+quoted+"${2}")
		} else {
			line = secretAssignment.ReplaceAllString(line, "${1}"+quoted)
		}
		return secret.HideSignIn(line)
	}
}
