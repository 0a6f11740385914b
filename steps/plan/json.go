package plan

import (
	"encoding/json"
	"strings"
)

// JSON is a value as a person reads it, each level indented by so much, on one line for
// "": <, > and & stand for themselves. It is for what always encodes, texts, numbers, lists
// and maps of them; of anything else it is empty.
func JSON(value any, indent string) string {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	_ = enc.Encode(value)
	return strings.TrimSuffix(out.String(), "\n")
}
