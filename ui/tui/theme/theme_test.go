package theme

import (
	"io"
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/lucasb-eyer/go-colorful"
	"github.com/muesli/termenv"
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

// sixteen are the colours 0, 2 and 3 of terminals that have sixteen: black, green and
// yellow as xterm, the Linux console, GNOME (Tango), macOS and Solarized show them.
var sixteen = map[string]map[string]string{
	"xterm":     {"0": "#000000", "2": "#00cd00", "3": "#cdcd00"},
	"console":   {"0": "#000000", "2": "#00aa00", "3": "#aa5500"},
	"tango":     {"0": "#2e3436", "2": "#4e9a06", "3": "#c4a000"},
	"macos":     {"0": "#000000", "2": "#00a600", "3": "#999900"},
	"solarized": {"0": "#073642", "2": "#859900", "3": "#b58900"},
}

// TestTheBannersAreReadableInSixteenColours holds that they are dark on bright in every
// palette, and not bold, which many terminals of sixteen colours draw in grey.
func TestTheBannersAreReadableInSixteenColours(t *testing.T) {
	for _, dark := range []bool{true, false} {
		r := lipgloss.NewRenderer(io.Discard)
		r.SetColorProfile(termenv.ANSI)
		r.SetHasDarkBackground(dark)
		th := New(r, true)
		for name, s := range map[string]lipgloss.Style{"sandbox": th.Sandbox, "dry run": th.DryRun} {
			if s.GetBold() {
				t.Errorf("%s is bold", name)
			}
			text, ok := s.GetForeground().(lipgloss.CompleteAdaptiveColor)
			behind, too := s.GetBackground().(lipgloss.CompleteAdaptiveColor)
			if !ok || !too {
				t.Fatalf("%s has no colors", name)
			}
			for terminal, colors := range sixteen {
				a, b := text.Light.ANSI, behind.Light.ANSI
				if dark {
					a, b = text.Dark.ANSI, behind.Dark.ANSI
				}
				if c := contrast(t, colors[a], colors[b]); c < 3.5 {
					t.Errorf("%s in %s: %.1f", name, terminal, c)
				}
			}
		}
	}
}

// environ is an environment of a few variables.
type environ map[string]string

func (e environ) Environ() []string {
	var list []string
	for name, value := range e {
		list = append(list, name+"="+value)
	}
	return list
}

func (e environ) Getenv(name string) string { return e[name] }

func TestNoColorTakesTheColoursAndLeavesBold(t *testing.T) {
	draw := func(env environ, tty bool) (string, *Theme) {
		options := []termenv.OutputOption{termenv.WithEnvironment(env)}
		if tty {
			options = append(options, termenv.WithTTY(true))
		}
		th := New(lipgloss.NewRenderer(io.Discard, options...), true)
		return th.Title.Render("title") + th.Bad.Render("bad") + th.Sandbox.Render("sandbox") + th.Faint.Render("faint"), th
	}
	none, th := draw(environ{"TERM": "xterm-256color", "NO_COLOR": "1"}, true)
	if want := "\x1b[1mtitle\x1b[0m\x1b[1mbad\x1b[0m\x1b[1msandbox\x1b[0mfaint"; none != want {
		t.Errorf("with NO_COLOR: %q", none)
	}
	if !th.Owns("\x1b[1m") {
		t.Error("bold would be taken for somebody else's")
	}
	if coloured, _ := draw(environ{"TERM": "xterm-256color"}, true); !strings.Contains(coloured, "38;5;") {
		t.Errorf("without it: %q", coloured)
	}
	if piped, _ := draw(environ{"NO_COLOR": "1"}, false); piped != "titlebadsandboxfaint" {
		t.Errorf("in a pipe: %q", piped)
	}
}
