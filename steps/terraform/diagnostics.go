package terraform

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Severities of a Diagnostic, in Terraform's words.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// Diagnostic is one error or warning of the engine, folded to one line each.
type Diagnostic struct {
	// Severity is SeverityError or SeverityWarning.
	Severity string
	Summary  string
	// Detail begins with the place in the configuration, where the engine names
	// one: with ADDRESS, on FILE line N, in BLOCK:
	Detail string
}

// String is the summary and the detail in one line, as the regular expressions
// of the diagnoses want it.
func (d Diagnostic) String() string {
	if d.Detail == "" {
		return d.Summary
	}
	return d.Summary + ": " + d.Detail
}

// toldErrors is how many errors of one command a failure tells.
const toldErrors = 3

// errorsOf says the errors among the diagnostics in one line, or nothing. One is
// not enough: OpenTofu prints the denial beneath a failed unlock as an error of
// its own, after a first one that names a lock and no cause.
func errorsOf(list []Diagnostic) string {
	var said []string
	for _, d := range list {
		if d.Severity == SeverityError && len(said) < toldErrors {
			said = append(said, d.String())
		}
	}
	return strings.Join(said, "; ")
}

// Bounds of what is kept of a child that never stops complaining.
const (
	mostDiagnostics = 100
	longestDetail   = 64 << 10
)

// diagnosticReader finds the diagnostics in one stream, line by line, in either
// of their forms: a JSON line of type diagnostic, or a text that begins with
// Error: or Warning: and ends with the box, two empty lines, or the next one.
type diagnosticReader struct {
	list   []Diagnostic
	detail strings.Builder
	open   bool
	blank  int
}

// JSONLine is what is read of a line of -json.
type JSONLine struct {
	Message    string          `json:"@message"`
	Type       string          `json:"type"`
	Diagnostic *JSONDiagnostic `json:"diagnostic"`
}

// JSONDiagnostic is what is read of a diagnostic, be it a line of -json or one of those
// that validate -json lists.
type JSONDiagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"`
	Range    *struct {
		Filename string `json:"filename"`
		Start    struct {
			Line int `json:"line"`
		} `json:"start"`
	} `json:"range"`
	Snippet *struct {
		Context string `json:"context"`
	} `json:"snippet"`
}

// Place says where a diagnostic comes from as the engines say it to people, or
// nothing: the same refusal means something else in a resource than in a back end.
func (d *JSONDiagnostic) Place() string {
	var words []string
	if d.Address != "" {
		words = append(words, "with "+d.Address+",")
	}
	if at := d.Range; at != nil {
		where := fmt.Sprintf("on %s line %d", at.Filename, at.Start.Line)
		if d.Snippet != nil && d.Snippet.Context != "" {
			where += ", in " + d.Snippet.Context
		}
		words = append(words, where+":")
	}
	return strings.Join(words, " ")
}

// Boxed are the lines in which the engines print a diagnostic for people.
func (d *JSONDiagnostic) Boxed() []string {
	title := "Error: "
	if d.Severity == SeverityWarning {
		title = "Warning: "
	}
	lines := []string{"╷"}
	for line := range strings.SplitSeq(title+d.Summary+"\n\n"+d.Place()+"\n\n"+d.Detail, "\n") {
		lines = append(lines, "│ "+line)
	}
	return append(lines, "╵")
}

// line takes a line without ANSI codes and answers the lines for people.
func (r *diagnosticReader) line(text string) []string {
	if strings.HasPrefix(text, `{"@level"`) {
		var parsed JSONLine
		if json.Unmarshal([]byte(text), &parsed) == nil {
			r.end()
			return r.fromJSON(parsed)
		}
	}
	r.plain(text)
	return []string{text}
}

func (r *diagnosticReader) fromJSON(parsed JSONLine) []string {
	lines := strings.Split(strings.TrimRight(stripANSI(parsed.Message), "\n"), "\n")
	if d := parsed.Diagnostic; parsed.Type == "diagnostic" && d != nil {
		place := d.Place()
		r.add(Diagnostic{Severity: d.Severity, Summary: Fold(d.Summary), Detail: Fold(place + " " + d.Detail)})
		if place != "" {
			lines = append(lines, stripANSI(place))
		}
		if d.Detail != "" {
			lines = append(lines, strings.Split(stripANSI(d.Detail), "\n")...)
		}
	}
	return lines
}

func (r *diagnosticReader) plain(text string) {
	inside := strings.TrimSpace(boxes.Replace(text))
	severity, summary := heading(inside)
	switch {
	case severity != "":
		r.end()
		r.add(Diagnostic{Severity: severity, Summary: Fold(summary)})
		r.open, r.blank = true, 0
	case !r.open:
	case strings.Contains(text, "╵") || inside == "" && r.blank >= 1 && !strings.Contains(text, "│"):
		r.end()
	case inside == "":
		r.blank++
	case r.detail.Len() < longestDetail:
		r.blank = 0
		r.detail.WriteString(inside + "\n")
	}
}

// heading splits the first line of a diagnostic.
func heading(text string) (severity, summary string) {
	if rest, ok := strings.CutPrefix(text, "Error: "); ok {
		return SeverityError, rest
	}
	if rest, ok := strings.CutPrefix(text, "Warning: "); ok {
		return SeverityWarning, rest
	}
	return "", ""
}

func (r *diagnosticReader) add(d Diagnostic) {
	if len(r.list) < mostDiagnostics {
		r.list = append(r.list, d)
	}
}

// end closes the diagnostic whose detail is being gathered.
func (r *diagnosticReader) end() {
	if r.open && len(r.list) > 0 && r.list[len(r.list)-1].Detail == "" {
		r.list[len(r.list)-1].Detail = Fold(r.detail.String())
	}
	r.open, r.blank = false, 0
	r.detail.Reset()
}
