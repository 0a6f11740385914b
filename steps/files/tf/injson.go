package tf

import (
	"encoding/json"
	"strings"

	"stateroom/steps/files"
)

// InJSONError says that what is to be edited stands in Terraform's JSON, which is not
// edited here.
type InJSONError struct {
	Refused *files.Error
	// Lines are what to put there, in the JSON syntax.
	Lines string
}

func (e *InJSONError) Error() string { return e.Refused.Error() }

// Unwrap gives the file, the line and the remedy.
func (e *InJSONError) Unwrap() error { return e.Refused }

// inJSON refuses to edit what stands in JSON at a place.
func inJSON(at files.Place, what, move string, lines map[string]any) error {
	var text strings.Builder
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(lines); err != nil {
		return &files.Error{Action: "edit", Path: at.Path, Line: at.Line, Err: err}
	}
	return &InJSONError{Lines: strings.TrimSpace(text.String()), Refused: &files.Error{
		Action: "edit", Path: at.Path, Line: at.Line, Problem: what + " is in a JSON file, which is not edited here", Remedy: move,
	}}
}

// jsonOf are arguments as the JSON syntax has them.
func jsonOf(arguments []argument) map[string]any {
	out := map[string]any{}
	for _, a := range arguments {
		if a.text == "true" {
			out[a.name] = true
		} else {
			out[a.name] = a.value
		}
	}
	return out
}

// says tells whether attributes of a JSON file hold all of these arguments.
func (a Attributes) says(arguments []argument) bool {
	for _, want := range arguments {
		if a.Get(want.name) != want.value {
			return false
		}
	}
	return true
}
