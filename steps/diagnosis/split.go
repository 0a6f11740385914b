package diagnosis

import (
	"strings"

	"stateroom/steps/terraform"
)

// heading begins a diagnostic, inside a box or without one.
var heading = wording(`^[\s│╷|]*(Error|ERROR|FATAL|fatal|Warning): `)

// counted is a line that only looks like a heading: a number of errors.
var counted = wording(`^[\s│╷|]*(?:Error|ERROR|FATAL|fatal|Warning): \d+[\s│|]*$`)

// after begins what Terraform prints when it goes on, so that no error lasts
// into the next command of a log.
var after = wording(`^(?:\$ |PS [A-Z]:\\|Initializing (?:the backend|modules|provider plugins)|Releasing state lock|Acquiring state lock|Terraform will perform the following|OpenTofu will perform the following|Apply complete!|Success!|Plan: \d|No changes\.)`)

// speaks begins a message of the AWS CLI, in which a warning before it does not go on.
var speaks = wording(`^(?:An error occurred \(|Unable to locate credentials|Could not connect to the endpoint|The config profile \()`)

// starts tells whether a line begins a box or a diagnostic.
func starts(line string) bool {
	return strings.HasPrefix(strings.TrimSpace(line), "╷") || heading.regexp().MatchString(line)
}

// Some errors quote their cause under a heading of its own: the text that does
// so, and the heading of what is quoted.
var (
	quotes = wording(`(?i)no valid credential sources|cannot\s+(?:[│|]\s*)?be\s+(?:[│|]\s*)?assumed|bucket (?:"[^"]+" )?does not exist`)
	quoted = wording(`^[\s│|]*Error: (?:operation error|failed to|assume role with|[A-Za-z0-9.]+: )`)
)

// problem is one error of a text, folded to one line and without secrets.
type problem struct {
	// unit is the unit, the project or the container whose log it stood in; empty where
	// the text names none.
	unit string
	text string
}

// parts are the errors of a text, and the lines that belong to none of them, nor to a
// warning.
type parts struct {
	problems []problem
	outside  []outer
}

// outer is a line that belongs to no diagnostic; begins tells that a program began another
// message with it.
type outer struct {
	unit, text string
	begins     bool
}

// severe is a level in a prefix with which a program begins a message of a failure.
var severe = wording(`\b(?:ERROR|ERRO|FATAL|FATA)\b`)

// split finds the errors of a text, those of each unit apart: a log of several at once
// has their lines in any order.
func split(text string) parts {
	var (
		p     parts
		cut   prefixes
		units = map[string]*splitter{}
		order []*splitter
	)
	lines := strings.Split(written(text), "\n")
	for i, line := range lines {
		before, behind := "", ""
		if i > 0 {
			before = lines[i-1]
		}
		if i+1 < len(lines) {
			behind = lines[i+1]
		}
		prefix, rest := cut.cut(undecorated(line), before, behind)
		unit := ""
		if prefix != "" {
			unit = unitOf(prefix)
		}
		s := units[unit]
		if s == nil {
			s = &splitter{parts: &p, unit: unit}
			units[unit] = s
			order = append(order, s)
		}
		s.line(rest+"\n", prefix != "" && severe.regexp().MatchString(prefix) || speaks.regexp().MatchString(rest))
	}
	for _, s := range order {
		s.end()
	}
	return p
}

// folded makes one line of an error. Its secrets are taken out before, since a fold
// hides that they went on in the next line, and after, since it joins what belongs
// together.
func folded(text string) string { return Redact(terraform.Fold(Redact(text))) }

// Bounds of what is kept of one error: its beginning and its end.
const (
	errorHead = 24 << 10
	errorTail = 8 << 10
)

// bounded is the beginning and the end of a long error.
func bounded(text string) string {
	if len(text) <= errorHead+errorTail {
		return text
	}
	return strings.ToValidUTF8(text[:errorHead], "") + "\n… " + strings.ToValidUTF8(text[len(text)-errorTail:], "")
}

// splitter gathers the errors of one unit's lines.
type splitter struct {
	*parts
	unit    string
	current strings.Builder
	// open is set inside an error, warning inside a warning.
	open, warning bool
	// fresh is set in a box that has no heading yet, boxed in one that has.
	fresh, boxed bool
	// planned is set in a plan, ends is the line that ends a value of many lines.
	planned bool
	ends    string
}

func (s *splitter) line(text string, begins bool) {
	edge := strings.TrimSpace(text)
	if s.value(text, edge) {
		return
	}
	switch {
	case strings.HasPrefix(edge, "╷"):
		s.end()
		s.fresh = true
	case strings.HasPrefix(edge, "╵"), after.regexp().MatchString(text), s.warning && speaks.regexp().MatchString(text):
		s.end()
	case s.begins(text):
		fresh := s.fresh
		s.end()
		isError := heading.regexp().FindStringSubmatch(text)[1] != "Warning"
		s.open, s.warning, s.boxed = isError, !isError, fresh
	}
	switch {
	case s.open:
		s.current.WriteString(text)
	case !s.warning:
		s.outside = append(s.outside, outer{s.unit, strings.TrimRight(text, "\n"), begins})
	}
}

// value tells whether a line is one of a plan, or of a value of many lines: whatever
// stands there, no engine says it.
func (s *splitter) value(text, edge string) bool {
	switch {
	case s.ends != "" && !strings.Contains(text, "╷"):
		if edge == s.ends {
			s.ends = ""
		}
		return true
	case s.open || strings.ContainsAny(text, box):
		s.planned, s.ends = false, ""
		return false
	case edge != "" && !strings.HasPrefix(text, " "):
		s.planned = planned.regexp().MatchString(text)
	}
	if m := heredoc.regexp().FindStringSubmatch(text); m != nil {
		s.ends = m[1]
		return true
	}
	return s.planned && strings.HasPrefix(text, " ")
}

// begins tells whether a line is the heading of a new diagnostic, and not one
// that the error around it quotes. A line without the box's edge ends a box that was
// cut off.
func (s *splitter) begins(text string) bool {
	if !heading.regexp().MatchString(text) || counted.regexp().MatchString(text) || s.boxed && strings.Contains(text, "│") {
		return false
	}
	return !s.open || !quoted.regexp().MatchString(text) || !quotes.regexp().MatchString(s.current.String())
}

// continuedBy tells whether an error that quotes its cause was torn from it, as where two
// streams run into one another: another error begins with that cause.
func (p problem) continuedBy(next problem) bool {
	return p.unit == next.unit && quoted.regexp().MatchString(next.text) && quotes.regexp().MatchString(p.text) && !strings.Contains(p.text, " Error: ")
}

func (s *splitter) end() {
	if s.open {
		p := problem{s.unit, folded(bounded(s.current.String()))}
		if n := len(s.problems); n > 0 && s.problems[n-1].continuedBy(p) {
			s.problems[n-1].text += " " + p.text
		} else {
			s.problems = append(s.problems, p)
		}
	}
	s.open, s.warning, s.boxed, s.fresh = false, false, false, false
	s.current.Reset()
}
