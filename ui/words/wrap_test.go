package words

import (
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestNoWordAndNoWidthIsLost(t *testing.T) {
	for _, text := range []string{
		"short", "", "one two three four five", "arn:aws:iam::111111111111:role/a-very-long-name-that-fits-nowhere at all",
		"  indented words that go on", "表表表表 表表表表 表表", "line\nends stay", "https://example.com/a/path",
	} {
		for width := 4; width < 30; width++ {
			whole, fitting := Wrap(text, width), Fit(text, width)
			for _, line := range fitting {
				if ansi.StringWidth(line) > width {
					t.Errorf("%q at %d: %q", text, width, line)
				}
			}
			for _, word := range strings.Fields(text) {
				if !slices.ContainsFunc(whole, func(line string) bool { return slices.Contains(strings.Fields(line), word) }) {
					t.Errorf("%q at %d broke %q: %q", text, width, word, whole)
				}
			}
			squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
			for _, lines := range [][]string{whole, fitting} {
				if squeeze(strings.Join(lines, "")) != squeeze(text) {
					t.Errorf("%q at %d became %q", text, width, lines)
				}
			}
		}
	}
}

func TestLongWordsBreakBehindColonsAndSlashes(t *testing.T) {
	for _, c := range []struct {
		word  string
		width int
		want  []string
	}{
		{"arn:aws:iam::111111111111:role/TerraformAdmin", 30, []string{"arn:aws:iam::111111111111:", "role/TerraformAdmin"}},
		{"arn:aws:iam::111111111111:role/TerraformAdmin", 45, []string{"arn:aws:iam::111111111111:role/TerraformAdmin"}},
		{"/home/alice/work/live/production", 20, []string{"/home/alice/work/", "live/production"}},
		{"AAAABBBBCCCC", 5, []string{"AAAAB", "BBBCC", "CC"}},
	} {
		if got := Fit(c.word, c.width); !slices.Equal(got, c.want) {
			t.Errorf("%s at %d: %q", c.word, c.width, got)
		}
	}
}
