package profiles

import (
	"regexp"
	"strings"

	"stateroom/awsops/secret"
)

// longWord is what a key, a token or a part of one looks like inside a comment.
var longWord = regexp.MustCompile(`[A-Za-z0-9/+=_-]{16,}`)

// redact hides the value of every setting that is not known to be public, and in
// comments and junk whatever could be a key: any value of an AWS file may be a secret.
func redact(line, hidden string) string {
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
		return secret.HideSignIn(line)
	}
	gap := len(line[i+1:]) - len(strings.TrimLeft(line[i+1:], " \t"))
	if strings.TrimSpace(line[i+1:]) == "" {
		return line
	}
	return line[:i+1+gap] + hidden
}
