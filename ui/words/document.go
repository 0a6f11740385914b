package words

import (
	"bytes"
	"encoding/json"
	"strings"

	"stateroom/steps/printable"
)

// Document lays a JSON text out so that every part that fits on a line stands
// on one: a policy statement reads as a few lines rather than thirty. The order
// of members is kept, and an escape that hides a plain character is taken away. What is no JSON object or array comes back as it is.
func Document(text string, width int) string {
	if !IsDocument(text) {
		return text
	}
	var out strings.Builder
	layOut(&out, []byte(printable.Unescaped(strings.TrimSpace(text))), 0, width)
	return out.String()
}

// IsDocument tells a JSON object or array.
func IsDocument(text string) bool {
	text = strings.TrimSpace(text)
	return (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")) && json.Valid([]byte(text))
}

// layOut writes one valid JSON value; depth is the indentation of the line that
// it begins on.
func layOut(out *strings.Builder, value json.RawMessage, depth, width int) {
	var compact bytes.Buffer
	_ = json.Compact(&compact, value) // valid, as the caller saw to
	line := spaced(compact.Bytes())
	if depth+len(line) <= width || !IsDocument(compact.String()) {
		out.WriteString(line)
		return
	}
	names, parts := members(value)
	out.WriteString(line[:1] + "\n")
	for i, part := range parts {
		out.WriteString(strings.Repeat(" ", depth+2))
		if names != nil {
			out.WriteString(names[i] + ": ")
		}
		layOut(out, part, depth+2, width)
		if i < len(parts)-1 {
			out.WriteString(",")
		}
		out.WriteString("\n")
	}
	out.WriteString(strings.Repeat(" ", depth) + line[len(line)-1:])
}

// members splits an object or array; names are quoted, and nil for an array.
func members(value json.RawMessage) (names []string, parts []json.RawMessage) {
	dec := json.NewDecoder(bytes.NewReader(value))
	opening, err := dec.Token()
	if err != nil {
		return nil, nil
	}
	for dec.More() {
		if opening == json.Delim('{') {
			name, err := dec.Token()
			if err != nil {
				return names, parts
			}
			quoted, _ := json.Marshal(name) // a name is a string
			names = append(names, printable.Unescaped(string(quoted)))
		}
		var part json.RawMessage
		if dec.Decode(&part) != nil {
			return names, parts
		}
		parts = append(parts, part)
	}
	return names, parts
}

// spaced puts a space after the commas and colons of compact JSON, outside
// strings.
func spaced(compact []byte) string {
	var out strings.Builder
	inString, escaped := false, false
	for _, c := range compact {
		out.WriteByte(c)
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		case !inString && (c == ',' || c == ':'):
			out.WriteByte(' ')
		}
	}
	return out.String()
}
