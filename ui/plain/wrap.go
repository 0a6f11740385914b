package plain

import (
	"strings"

	"stateroom/ui/words"
)

// columns is the width that text is wrapped to. Diffs, documents and calls are
// never wrapped, so that they can be copied.
const columns = 80

// wrapped is a text of sentences wrapped and indented, ending in a newline.
func wrapped(sentences string, indent int) string {
	if sentences == "" {
		return ""
	}
	return indented(strings.Join(words.Wrap(sentences, columns-indent), "\n"), indent) + "\n"
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
