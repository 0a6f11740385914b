package diagnosis

import (
	"encoding/json"
	"strconv"
	"strings"

	"stateroom/steps/terraform"
)

// deepest bounds how often a line may be wrapped: a log driver's JSON around Terraform's.
const deepest = 3

// envelope is what is read of a log driver's line of JSON: Docker's and Kubernetes',
// CloudWatch's, Google's, Terragrunt's.
type envelope struct {
	Log, Message, Msg, Line, TextPayload *string
	// Error is what a controller's log says beside its message, Level how grave that is:
	// some write a number.
	Error, Level any
	// Prefix is Terragrunt's unit.
	Prefix string
}

// named are the members of a line of JSON that may hold what an engine printed.
var named = []string{`"log"`, `"message"`, `"msg"`, `"line"`, `"textPayload"`}

// logfmt is a line of key=value pairs with the message last, as Terragrunt writes it (until
// 0.66 with the prefix behind it, and without quotes); its prefix is a unit.
var (
	logfmt   = wording(`^(?:time=\S+ |level=\w+ |prefix=\S+ |\w+=(?:"[^"]*"|\S*) )+msg=(.*)$`)
	inLogfmt = wording(`\bprefix=\[?([^\]\s"]+)`)
	inLevel  = wording(`\blevel=(\w+)`)
	// member is a line of indented JSON that is a message.
	member = wording(`^\s+"(?:log|message|msg|textPayload)"\s*:\s*("(?:[^"\\]|\\.)*"),?\s*$`)
)

// unwrapped are the lines inside a line that something wrapped; ok is false for a line
// that is none. Terraform's own JSON that is progress has no lines.
func (c *cleaner) unwrapped(text string, deep int) (lines []string, ok bool) {
	if deep == 0 {
		return nil, false
	}
	if at := strings.Index(text, `{"@level"`); at >= 0 {
		return c.ofEngine(text[:at], text[at:]), true
	}
	trimmed := strings.TrimSpace(text)
	before, inner := "", ""
	switch {
	case strings.HasPrefix(trimmed, "{") && strings.HasSuffix(trimmed, "}") && containsAny(trimmed, named):
		before, inner, ok = fromDriver(trimmed)
	case strings.Contains(text, " msg="):
		before, inner, ok = fromLogfmt(text)
	case strings.HasPrefix(trimmed, `"`) && member.regexp().MatchString(text):
		inner, ok = unquoted(member.regexp().FindStringSubmatch(text)[1])
	case strings.HasPrefix(trimmed, `"`) && strings.Contains(trimmed, `\n`): // a text that was copied as JSON
		inner, ok = unquoted(strings.TrimSuffix(trimmed, ","))
		ok = ok && strings.ContainsAny(inner, box)
	}
	if !ok {
		return nil, false
	}
	for line := range strings.SplitSeq(strings.TrimRight(inner, "\n"), "\n") {
		line = bare(strings.TrimRight(line, "\r"))
		more, wrapped := c.unwrapped(line, deep-1)
		if !wrapped {
			more = []string{line}
		}
		for _, m := range more {
			lines = append(lines, before+m)
			before = strings.TrimPrefix(before, severeMark)
		}
	}
	return lines, true
}

func containsAny(text string, list []string) bool {
	for _, one := range list {
		if strings.Contains(text, one) {
			return true
		}
	}
	return false
}

// severeMark begins a message of a failure.
const severeMark = "ERROR "

// mark is what stands before the lines of a message: its level, if it is a failure's, and
// its unit.
func mark(level any, unit string) (before string) {
	if level == "error" || level == "fatal" {
		before = severeMark
	}
	if unit != "" {
		before += "[" + unit + "] "
	}
	return before
}

func fromDriver(line string) (before, text string, ok bool) {
	var e envelope
	if json.Unmarshal([]byte(line), &e) != nil {
		return "", "", false
	}
	for _, inner := range []*string{e.Log, e.Message, e.Msg, e.Line, e.TextPayload} {
		if inner != nil {
			text = *inner
			if cause, ok := e.Error.(string); ok && cause != "" {
				text += ": " + cause
			}
			return mark(e.Level, strings.Trim(e.Prefix, "[] ")), text, true
		}
	}
	return "", "", false
}

func fromLogfmt(line string) (before, text string, ok bool) {
	parts := logfmt.regexp().FindStringSubmatch(line)
	if parts == nil {
		return "", "", false
	}
	before = mark(firstGroup(inLevel, line), firstGroup(inLogfmt, line))
	if text, ok = unquoted(parts[1]); ok {
		return before, text, true
	}
	return before, parts[1], true
}

// firstGroup is what the first group of a pattern matches; empty where it matches nothing.
func firstGroup(p *pattern, text string) string {
	if m := p.regexp().FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

func unquoted(text string) (string, bool) {
	var s string
	if json.Unmarshal([]byte(text), &s) == nil {
		return s, true
	}
	s, err := strconv.Unquote(text)
	return s, err == nil
}

// ofEngine writes a line of -json as the engine prints it for people, behind what stood
// before it. Of progress only its end is kept, which tells that all went well.
func (c *cleaner) ofEngine(prefix, line string) []string {
	var parsed terraform.JSONLine
	c.dropped = true
	if json.Unmarshal([]byte(line), &parsed) != nil {
		return nil
	}
	switch {
	case parsed.Type == "diagnostic" && parsed.Diagnostic != nil:
		lines := parsed.Diagnostic.Boxed()
		for i := range lines {
			lines[i] = prefix + lines[i]
		}
		return lines
	case parsed.Type == "change_summary":
		return []string{prefix + parsed.Message}
	case parsed.Type != "" && c.progress == "":
		c.progress = parsed.Message
	}
	return nil
}

// report is what is read of a whole document of JSON: terraform validate -json, or jq.
type report struct {
	Diagnostics []*terraform.JSONDiagnostic `json:"diagnostics"`
	// Diagnostic is that of a line of -json which somebody printed over many lines.
	Diagnostic *terraform.JSONDiagnostic `json:"diagnostic"`
}

// mostBroken bounds how often what begins like a document and is none is looked at.
const mostBroken = 16

// opens finds where a document may begin.
var opens = wording(`(?m)^[^\S\n]*\{`)

// written replaces a document that holds diagnostics by what the engine would have
// printed for people.
func written(text string) string {
	if !strings.Contains(text, `"diagnostic`) {
		return text
	}
	from := 0
	for broken := 0; broken < mostBroken; {
		at := opens.regexp().FindStringIndex(text[from:])
		if at == nil {
			return text
		}
		start := from + at[0]
		var doc report
		d := json.NewDecoder(strings.NewReader(text[start:]))
		if d.Decode(&doc) != nil {
			from += at[1]
			broken++
			continue
		}
		end := start + int(d.InputOffset())
		if doc.Diagnostics == nil && doc.Diagnostic == nil {
			if from = end; strings.Contains(text[start:end], `"diagnostic`) {
				from = start + 1
				broken++
			}
			continue
		}
		var lines []string
		for _, one := range append(doc.Diagnostics, doc.Diagnostic) {
			if one != nil {
				lines = append(lines, one.Boxed()...)
			}
		}
		shown := "\n" + strings.Join(lines, "\n") + "\n"
		text = text[:start] + shown + text[end:]
		from = start + len(shown)
	}
	return text
}
