package wordstest

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// bold is a text in bold, whatever its colour: a title, a name, or what has the cursor.
var bold = regexp.MustCompile(`\x1b\[(?:[0-9;]*;)?1(?:;[0-9;]*)?m([^\x1b]*)`)

// Titles fails where a text in bold ends early, as a title does that gave way to what
// stands beside it. One that begins with the mark says what was left out before it.
func Titles(t testing.TB, where, styled string) {
	t.Helper()
	for _, text := range bold.FindAllStringSubmatch(styled, -1) {
		if strings.Index(text[1], "…") > 0 {
			t.Errorf("%s cuts a title: %q", where, text[1])
		}
	}
}

// Whole fails where a line of screens of so many columns goes up to the last of them with
// a letter or a digit: the screens leave it free, so that this one was cut without a mark.
func Whole(t testing.TB, where, shown string, columns int) {
	t.Helper()
	for line := range strings.SplitSeq(ansi.Strip(shown), "\n") {
		line = strings.TrimRight(line, "\r")
		if ansi.StringWidth(line) != columns {
			continue
		}
		if last := []rune(line); unicode.In(last[len(last)-1], unicode.Letter, unicode.Digit) {
			t.Errorf("%s cuts a line without a mark: %q", where, line)
		}
	}
}
