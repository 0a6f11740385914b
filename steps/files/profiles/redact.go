package profiles

import (
	"regexp"
	"strings"

	"stateroom/awsops/secret"
)

// longWord is what a key, a token or a part of one looks like inside a comment.
var longWord = regexp.MustCompile(`[A-Za-z0-9/+=_-]{16,}`)

// nested is a line of a setting's own settings, such as those of s3. What is only the rest
// of a value, such as a key that ends in =, is none.
var nested = regexp.MustCompile(`^\s*[a-z0-9_]+\s*=\s*[^\s=]`)

// secretName is a setting that has none of its own: what stands under it is its value.
var secretName = regexp.MustCompile(`key|token|secret|passw|credential`)

// redact is the redactor of AWS files: it hides the value of every setting that is not known
// to be public, in as many lines as that takes, and in comments and junk whatever could be a
// key: any value of an AWS file may be a secret.
func redact(text string, hidden func(line string) string) string {
	var b strings.Builder
	private, begun := false, false // the setting that indented lines go on with, and its value
	for line := range strings.Lines(text) {
		body := strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(body)
		shown := redactLine(body, hidden(line))
		switch {
		case trimmed == "": // may stand in the middle of a value
		case body[0] != ' ' && body[0] != '\t':
			name, value, found := cutSetting(body)
			private = found && trimmed[0] != '[' && !public[name]
			begun = value != "" || secretName.MatchString(name)
		case private && (begun || !nested.MatchString(body)):
			shown = body[:len(body)-len(strings.TrimLeft(body, " \t"))] + hidden(line)
		}
		b.WriteString(shown)
		b.WriteString(line[len(body):])
	}
	return b.String()
}

// cutSetting is a line's name, as SDKs read it, and what it says of it.
func cutSetting(line string) (name, value string, found bool) {
	i := strings.IndexAny(line, "=:")
	if i < 0 {
		return "", "", false
	}
	return strings.ToLower(strings.TrimSpace(line[:i])), strings.TrimSpace(line[i+1:]), true
}

// redactLine hides what one line says.
func redactLine(line, hidden string) string {
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
