package words

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Wrap breaks a text into lines of at most width cells, at spaces only: a word that
// is longer than a line, such as an ARN, stays whole, so that it can be copied. Line
// ends and indentation are kept.
func Wrap(text string, width int) []string {
	return wrap(text, width, func(word string, _ int) []string { return []string{word} })
}

// Fit is Wrap for where a longer line would be cut: a word that is longer than a
// line is broken behind a colon or a slash, and where it has none at the line's end.
func Fit(text string, width int) []string { return wrap(text, max(1, width), pieces) }

func wrap(text string, width int, broken func(word string, width int) []string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if ansi.StringWidth(line) <= width {
			lines = append(lines, line)
			continue
		}
		current, used := "", 0
		for i, word := range strings.Split(line, " ") {
			size := ansi.StringWidth(word)
			if i > 0 && used+1+size <= width {
				current, used = current+" "+word, used+1+size
				continue
			}
			if i > 0 {
				lines = append(lines, current)
			}
			parts := broken(word, width)
			lines = append(lines, parts[:len(parts)-1]...)
			current = parts[len(parts)-1]
			used = ansi.StringWidth(current)
		}
		lines = append(lines, current)
	}
	return lines
}

// pieces are a word as parts of at most width cells.
func pieces(word string, width int) []string {
	var parts []string
	for ansi.StringWidth(word) > width {
		head, _, _ := strings.Cut(ansi.Hardwrap(word, width, true), "\n")
		if at := strings.LastIndexAny(head, ":/"); at > 0 {
			head = head[:at+1]
		}
		if head == "" || !strings.HasPrefix(word, head) { // nothing of it fits
			break
		}
		parts, word = append(parts, head), word[len(head):]
	}
	return append(parts, word)
}
