package plain

import (
	"strings"

	"github.com/mitchellh/go-wordwrap"
)

// columns is the width that text is wrapped to. Diffs, documents and calls are
// never wrapped, so that they can be copied.
const columns = 80

// wrapped is a text of sentences wrapped and indented, ending in a newline.
func wrapped(text string, indent int) string {
	if text == "" {
		return ""
	}
	return indented(wordwrap.WrapString(text, uint(columns-indent)), indent) + "\n"
}

// item is a wrapped list item.
func item(text string) string {
	lines := wrapped(text, 2)
	return "-" + lines[min(1, len(lines)):]
}

// indented puts spaces before every line that is not empty.
func indented(text string, indent int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", indent) + line
		}
	}
	return strings.Join(lines, "\n")
}
