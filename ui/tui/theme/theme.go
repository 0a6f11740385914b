// Package theme holds how the wizard looks: one struct of styles for light and
// dark terminals, and the glyphs with their stand-ins where there is no UTF-8.
//
// Nothing here knows a screen. Colours only repeat what glyphs and words say,
// so that a terminal of 16 colours, or none, shows the same.
package theme

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
)

// Theme is every style that a screen may use.
type Theme struct {
	Glyphs Glyphs
	// Plain is text as the terminal shows it; Faint is what may be skipped.
	Plain, Faint, Bold, Title lipgloss.Style
	// Accent marks where the operator is; Selected is the line under the cursor.
	Accent, Selected lipgloss.Style
	// Add, Change and Remove are Terraform's three colours; Good and Bad judge.
	Add, Change, Remove, Good, Bad, Warn lipgloss.Style
	// Sandbox, DryRun and Real are the banners that cannot be missed.
	Sandbox, DryRun lipgloss.Style
	Key, KeyText    lipgloss.Style
	Rule            lipgloss.Style
	// Picture is a QR code's: black and white whatever the terminal's colours.
	Picture lipgloss.Style

	renderer *lipgloss.Renderer
	// own are the sequences that the styles begin and end with, for a dark
	// background and for a light one.
	own map[bool]map[string]bool
}

// Owns tells whether an escape sequence is one of this theme's. No other one is
// shown: what a screen shows may hold sequences of somebody else's, which could
// hide a line or change what it seems to say.
func (t *Theme) Owns(sequence string) bool {
	dark := t.Dark()
	if t.own[dark] == nil {
		t.own[dark] = t.Sequences()
	}
	return t.own[dark][sequence]
}

// Sequences are those that this theme styles with, taken from what its styles make
// of a letter.
func (t *Theme) Sequences() map[string]bool {
	own := map[string]bool{}
	for _, style := range []lipgloss.Style{
		t.Plain, t.Faint, t.Bold, t.Title, t.Accent, t.Selected, t.Add, t.Change, t.Remove, t.Good, t.Bad, t.Warn,
		t.Sandbox, t.DryRun, t.Key, t.KeyText, t.Rule, t.Picture,
		t.Plain.Reverse(true), t.Accent.Reverse(true), // the cursor of a field is one of these, reversed
	} {
		for _, drawn := range []string{style.Render("x"), style.Bold(true).Render("x")} {
			begin, end, _ := strings.Cut(drawn, "x")
			own[begin], own[end] = true, true
		}
	}
	return own
}

// Dark tells whether the terminal's background is dark, as far as is known.
func (t *Theme) Dark() bool { return t.renderer.HasDarkBackground() }

// New makes a theme for one renderer, which knows the terminal's colours and
// background. On a terminal NO_COLOR takes the colours and leaves bold
// (https://no-color.org names colours only), where termenv takes both.
func New(r *lipgloss.Renderer, utf8 bool) *Theme {
	colourless := r.ColorProfile() == termenv.Ascii && r.Output().ColorProfile() != termenv.Ascii
	if colourless {
		r.SetColorProfile(termenv.ANSI)
	}
	adaptive := func(light, dark, light16, dark16 string) lipgloss.TerminalColor {
		if colourless {
			return lipgloss.NoColor{}
		}
		return lipgloss.CompleteAdaptiveColor{
			Light: lipgloss.CompleteColor{TrueColor: light, ANSI256: light, ANSI: light16},
			Dark:  lipgloss.CompleteColor{TrueColor: dark, ANSI256: dark, ANSI: dark16},
		}
	}
	// 256-colour numbers, chosen for a contrast of at least 4.5:1 on white and
	// on near-black; the second pair is for terminals of 16 colours.
	accent := adaptive("#5f3dc4", "#b197fc", "5", "13")
	faint := adaptive("#6b6b76", "#8b8b99", "8", "7")
	green := adaptive("#1b7a3d", "#69db7c", "2", "10")
	yellow := adaptive("#8f5b00", "#ffd43b", "3", "11")
	red := adaptive("#c92a2a", "#ff8787", "1", "9")
	line := adaptive("#c9c9d4", "#44444f", "7", "8")
	onBanner := adaptive("#ffffff", "#14141a", "0", "0")
	s := r.NewStyle
	// Many terminals of 16 colours draw bold black as grey.
	banner := s().Bold(r.ColorProfile() != termenv.ANSI || colourless).Foreground(onBanner)
	t := &Theme{
		Plain: s(), Faint: s().Foreground(faint), Bold: s().Bold(true),
		Title:  s().Bold(true).Foreground(accent),
		Accent: s().Foreground(accent), Selected: s().Bold(true).Foreground(accent),
		Add: s().Foreground(green), Change: s().Foreground(yellow), Remove: s().Foreground(red),
		Good: s().Foreground(green), Bad: s().Foreground(red).Bold(true), Warn: s().Foreground(yellow).Bold(true),
		Sandbox: banner.Background(adaptive("#8f5b00", "#ffd43b", "3", "3")),
		DryRun:  banner.Background(adaptive("#1b7a3d", "#69db7c", "2", "2")),
		Key:     s().Bold(true), KeyText: s().Foreground(faint),
		Rule:     s().Foreground(line),
		Picture:  s().Foreground(adaptive("#000000", "#ffffff", "0", "15")).Background(adaptive("#ffffff", "#000000", "15", "0")),
		renderer: r,
		own:      map[bool]map[string]bool{},
	}
	t.Glyphs = unicodeGlyphs
	if !utf8 {
		t.Glyphs = asciiGlyphs
	}
	return t
}

// Glyphs are the signs of a screen.
type Glyphs struct {
	// The states of a step: not looked at, right (in place, done or proven), to change,
	// failed, needing attention.
	NotYet, Right, ToChange, Failed, Attention string
	// Operator is what was proven with the operator's rights alone, Unproven what
	// nothing has proven.
	Operator, Unproven string
	// Unknown is a check that could not be decided.
	Unknown                                         string
	Cursor, Open, Closed, Out, Radio, RadioOn       string
	Box, BoxOn, Bar, BarEmpty, Rule, Side, Ellipsis string
	Dot, Up, Down, Left, Forward                    string
	// Spinner are the frames of what is under way.
	Spinner []string
	ascii   bool
}

var unicodeGlyphs = Glyphs{
	NotYet: "○", Right: "✓", ToChange: "~", Failed: "✗", Attention: "!", Unknown: "?", Operator: "◐", Unproven: "◌",
	Cursor: "›", Open: "▾", Closed: "▸", Out: "⊘", Radio: "○", RadioOn: "●",
	Box: "[ ]", BoxOn: "[x]", Bar: "█", BarEmpty: "░", Rule: "─", Side: "│", Ellipsis: "…",
	Dot: "·", Up: "↑", Down: "↓", Left: "←", Forward: "→",
	Spinner: []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"},
}

var asciiGlyphs = Glyphs{
	NotYet: ".", Right: "*", ToChange: "~", Failed: "x", Attention: "!", Unknown: "?", Operator: "o", Unproven: "-",
	Cursor: ">", Open: "v", Closed: " ", Out: "0", Radio: "( )", RadioOn: "(*)",
	Box: "[ ]", BoxOn: "[x]", Bar: "#", BarEmpty: ".", Rule: "-", Side: "|", Ellipsis: "...",
	Dot: "-", Up: "^", Down: "v", Left: "<", Forward: ">",
	Spinner: []string{"|", "/", "-", "\\"}, ascii: true,
}

// Blocks tells whether there are half blocks to draw with.
func (g Glyphs) Blocks() bool { return !g.ascii }

// typographic are the signs in the engine's sentences that ASCII lacks.
var typographic = strings.NewReplacer("…", "...", "–", "-", "—", "-", "·", "-", "→", "->", "“", `"`, "”", `"`, "‘", "'", "’", "'", "×", "x",
	// Terraform's boxes.
	"│", "|", "╷", ".", "╵", "'", "─", "-")

// Legible replaces the typographic signs of a text where there is no UTF-8.
func (g Glyphs) Legible(text string) string {
	if !g.ascii {
		return text
	}
	return typographic.Replace(text)
}

// Cut shortens one line to a width in cells, with a mark where it was cut.
func (t *Theme) Cut(line string, width int) string {
	if width <= 0 {
		return ""
	}
	return ansi.Truncate(line, width, t.Glyphs.Ellipsis)
}

// Pad fills one line to a width in cells, or cuts it with a mark.
func (t *Theme) Pad(line string, width int) string {
	have := ansi.StringWidth(line)
	if have > width {
		line = t.Cut(line, width)
		have = ansi.StringWidth(line)
	}
	return line + strings.Repeat(" ", max(0, width-have))
}

// UTF8 tells from the locale's variables whether the terminal takes UTF-8.
func UTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := getenv(name); value != "" {
			value = strings.ToLower(value)
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}
