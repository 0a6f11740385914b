package theme

import (
	"io"
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/lucasb-eyer/go-colorful"
)

func TestUTF8FollowsTheLocalesPrecedence(t *testing.T) {
	for _, c := range []struct {
		all, ctype, lang string
		want             bool
	}{
		{"", "", "", false},
		{"", "", "de_DE.UTF-8", true},
		{"", "", "en_US.utf8", true},
		{"C", "", "en_US.UTF-8", false},
		{"", "POSIX", "en_US.UTF-8", false},
		{"C.UTF-8", "C", "C", true},
	} {
		env := map[string]string{"LC_ALL": c.all, "LC_CTYPE": c.ctype, "LANG": c.lang}
		if got := UTF8(func(name string) string { return env[name] }); got != c.want {
			t.Errorf("%v: %t", env, got)
		}
	}
}

func TestNothingIsCutWithoutAMark(t *testing.T) {
	for _, utf8 := range []bool{true, false} {
		th := New(lipgloss.NewRenderer(io.Discard), utf8)
		for _, text := range []string{"a long line of text", "表表表表表表表表表表"} {
			cut := th.Cut(text, 10)
			if ansi.StringWidth(cut) > 10 || !strings.HasSuffix(cut, th.Glyphs.Ellipsis) {
				t.Errorf("%q", cut)
			}
			if padded := th.Pad(text, 11); ansi.StringWidth(padded) != 11 {
				t.Errorf("%q", padded)
			}
		}
	}
}

// TestColoursAreReadable holds the contrast that WCAG asks of text, 4.5:1, on
// white and on a dark terminal's background.
func TestColoursAreReadable(t *testing.T) {
	th := New(lipgloss.NewRenderer(io.Discard), true)
	for name, s := range map[string]lipgloss.Style{
		"faint": th.Faint, "accent": th.Accent, "add": th.Add, "change": th.Change, "remove": th.Remove,
	} {
		c, ok := s.GetForeground().(lipgloss.CompleteAdaptiveColor)
		if !ok {
			t.Fatalf("%s has no color", name)
		}
		if r := contrast(t, c.Light.TrueColor, "#ffffff"); r < 4.5 {
			t.Errorf("%s on white: %.1f", name, r)
		}
		if r := contrast(t, c.Dark.TrueColor, "#1c1c1c"); r < 4.5 {
			t.Errorf("%s on dark: %.1f", name, r)
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light := func(hex string) float64 {
		c, err := colorful.Hex(hex)
		if err != nil {
			t.Fatal(err)
		}
		r, g, b := c.LinearRgb()
		return 0.2126*r + 0.7152*g + 0.0722*b
	}
	x, y := light(a), light(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}
