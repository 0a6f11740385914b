package diagnosis

import (
	"encoding/json"
	"strings"

	"stateroom/steps/terraform"
)

// heading begins a diagnostic, inside a box or without one.
var heading = wording(`^[\s│╷|]*(Error|Warning): `)

// after begins what Terraform prints when it goes on, so that no error lasts
// into the next command of a log.
var after = wording(`^(?:\$ |Initializing (?:the backend|modules|provider plugins)|Releasing state lock|Acquiring state lock|Terraform will perform the following|OpenTofu will perform the following)`)

// starts tells whether a line begins a box or a diagnostic.
func starts(line string) bool {
	return strings.HasPrefix(strings.TrimSpace(line), "╷") || heading.regexp().MatchString(line)
}

// Some errors quote their cause under a heading of its own: the text that does
// so, and the heading of what is quoted.
var (
	quotes = wording(`(?i)no valid credential sources|cannot be assumed`)
	quoted = wording(`^[\s│|]*Error: (?:operation error|failed to|assume role with|[A-Za-z.]+: )`)
)

// split answers the errors of a text, each folded to one line and without
// secrets. Warnings and what is printed between errors are left out; a text
// without any heading, such as a message copied out of its box, is one error.
func split(text string) []string {
	var s splitter
	for line := range strings.Lines(text) {
		s.line(line)
	}
	s.end()
	if len(s.list) == 0 {
		return []string{folded(text)}
	}
	return s.list
}

// folded makes one line of an error. Its secrets are taken out before, since a fold
// hides that they went on in the next line, and after, since it joins what belongs
// together.
func folded(text string) string { return Redact(terraform.Fold(Redact(text))) }

// splitter gathers the errors of a text line by line.
type splitter struct {
	list    []string
	current strings.Builder
	// open is set inside an error.
	open bool
	// fresh is set in a box that has no heading yet, box in one that has.
	fresh, box bool
}

func (s *splitter) line(text string) {
	edge := strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(edge, "╷"):
		s.end()
		s.fresh = true
	case strings.HasPrefix(edge, "╵"), after.regexp().MatchString(text):
		s.end()
	case s.begins(text):
		fresh := s.fresh
		s.end()
		s.open, s.box = heading.regexp().FindStringSubmatch(text)[1] == "Error", fresh
	}
	if s.open {
		s.current.WriteString(text)
	}
}

// begins tells whether a line is the heading of a new diagnostic, and not one
// that the error around it quotes.
func (s *splitter) begins(text string) bool {
	if s.box || !heading.regexp().MatchString(text) {
		return false
	}
	return !s.open || !quoted.regexp().MatchString(text) || !quotes.regexp().MatchString(s.current.String())
}

func (s *splitter) end() {
	if s.open {
		s.list = append(s.list, folded(s.current.String()))
	}
	s.open, s.box, s.fresh = false, false, false
	s.current.Reset()
}

// fromJSON writes a diagnostic of -json as the engine prints it for people. Any
// other line of -json, and of TF_LOG=JSON, is progress: nothing is left of it.
func fromJSON(line string) string {
	var parsed terraform.JSONLine
	if json.Unmarshal([]byte(line), &parsed) != nil || parsed.Type != "diagnostic" || parsed.Diagnostic == nil {
		return ""
	}
	d := parsed.Diagnostic
	title := "Error: "
	if d.Severity == terraform.SeverityWarning {
		title = "Warning: "
	}
	text := "╷\n" + title + d.Summary + "\n"
	if place := parsed.Place(); place != "" {
		text += " " + place + "\n"
	}
	return text + d.Detail + "\n╵\n"
}
