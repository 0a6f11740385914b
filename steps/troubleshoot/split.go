package troubleshoot

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"stateroom/steps/terraform"
)

// heading begins a diagnostic, inside a box or without one.
var heading = regexp.MustCompile(`^[\s│╷|]*(Error|Warning): `)

// after begins what Terraform prints when it goes on, so that no error lasts
// into the next command of a log.
var after = regexp.MustCompile(`^(?:\$ |Initializing (?:the backend|modules|provider plugins)|Releasing state lock|Acquiring state lock|Terraform will perform the following|OpenTofu will perform the following)`)

// starts tells whether a line begins a box or a diagnostic.
func starts(line string) bool {
	return strings.HasPrefix(strings.TrimSpace(line), "╷") || heading.MatchString(line)
}

// split answers the errors of a text, each folded to one line and without
// secrets. Warnings and what is printed between errors are left out; a text
// without any heading, such as a message copied out of its box, is one error.
func split(text string) []string {
	var list []string
	var current strings.Builder
	open := false
	end := func() {
		if open && current.Len() > 0 {
			list = append(list, redact(terraform.Fold(current.String())))
		}
		open = false
		current.Reset()
	}
	for line := range strings.Lines(text) {
		if h := heading.FindStringSubmatch(line); h != nil {
			end()
			open = h[1] == "Error"
		} else if strings.HasPrefix(strings.TrimSpace(line), "╵") || after.MatchString(line) {
			end()
		}
		if open {
			current.WriteString(line)
		}
	}
	end()
	if len(list) == 0 {
		return []string{redact(terraform.Fold(text))}
	}
	return list
}

// jsonLine is what is read of a line of -json.
type jsonLine struct {
	Type       string `json:"type"`
	Diagnostic *struct {
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
	} `json:"diagnostic"`
}

// fromJSON writes a diagnostic of -json as the engine prints it for people. Any
// other line of -json, and of TF_LOG=JSON, is progress: nothing is left of it.
func fromJSON(line string) string {
	var parsed jsonLine
	if json.Unmarshal([]byte(line), &parsed) != nil || parsed.Type != "diagnostic" || parsed.Diagnostic == nil {
		return ""
	}
	d := parsed.Diagnostic
	title := "Error: "
	if d.Severity == terraform.SeverityWarning {
		title = "Warning: "
	}
	text := "╷\n" + title + d.Summary + "\n"
	if d.Address != "" {
		text += " with " + d.Address + ",\n"
	}
	if d.Range != nil {
		text += fmt.Sprintf(" on %s line %d", d.Range.Filename, d.Range.Start.Line)
		if d.Snippet != nil && d.Snippet.Context != "" {
			text += ", in " + d.Snippet.Context
		}
		text += ":\n"
	}
	return text + d.Detail + "\n╵\n"
}
