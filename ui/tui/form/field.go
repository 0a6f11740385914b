package form

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// field is a Field with what is under way in it.
type field struct {
	Field
	theme *theme.Theme
	input textinput.Model
	// lines is what a field of many lines is typed into instead.
	lines *lines
	// cursor is the option under the cursor; chosen are those that are ticked.
	cursor  int
	chosen  map[string]bool
	focused bool
	// touched says that the operator has been here, so that a problem is worth
	// telling; changed that the value is no longer the default.
	touched, changed bool
	// refused is what the caller said of the value; it goes when that changes.
	refused error
	// judged is the value that verdict is of.
	judged  *string
	verdict error
}

func newField(t *theme.Theme, item Field) *field {
	f := &field{Field: item, theme: t, chosen: map[string]bool{}}
	if item.Kind == Confirm {
		f.Options = []string{"yes", "no"}
	}
	f.input = textinput.New()
	f.input.Prompt = ""
	f.input.CharLimit = 0
	f.input.PromptStyle, f.input.TextStyle, f.input.Cursor.Style = t.Plain, t.Plain, t.Accent
	f.input.Cursor.SetMode(cursor.CursorStatic) // a blinking one would redraw an idle screen
	// The terminal pastes by itself; asking the clipboard would start a program.
	f.input.KeyMap.Paste.SetEnabled(false)
	if item.Kind == Secret {
		f.input.EchoMode = textinput.EchoNone
	}
	if item.Kind == Lines {
		f.lines = newLines(t, item.Hide)
	}
	f.set(item.Value)
	f.changed = false
	return f
}

// typed tells the kinds that are answered by letters.
func (f *field) typed() bool {
	return f.Kind == Text || f.Kind == Secret || f.Kind == Lines || f.Kind == Choices && len(f.Options) == 0
}

// stacked tells a choice whose options stand below one another, since they are
// too long for one line.
func (f *field) stacked() bool {
	const line, gap = 52, 5
	width := 0
	for _, option := range f.Options {
		width += ansi.StringWidth(option) + gap
	}
	return f.Kind == Choice && width > line
}

// move goes to another option of a stacked choice; it tells whether there is one.
func (f *field) move(by int) bool {
	if !f.stacked() || f.cursor+by < 0 || f.cursor+by >= len(f.Options) {
		return false
	}
	f.cursor += by
	return true
}

// edited tells whether a question mark could be meant as part of the answer.
func (f *field) edited() bool { return f.typed() && f.changed }

func (f *field) set(value string) {
	f.changed, f.refused = true, nil
	switch {
	case f.Kind == Lines:
		f.lines.set(value)
	case f.typed():
		f.input.SetValue(value)
		f.input.CursorEnd()
	case f.Kind == Confirm:
		f.cursor = 1
		if value == "true" {
			f.cursor = 0
		}
	case f.Kind == Choices:
		for _, option := range strings.Split(value, ",") {
			f.chosen[strings.TrimSpace(option)] = true
		}
	case value == "": // nothing is suggested, so that nobody takes it unread
		f.cursor = -1
	default:
		f.cursor = max(0, slices.Index(f.Options, value))
	}
}

func (f *field) value() string {
	switch {
	case f.Kind == Lines:
		return f.lines.value()
	case f.Kind == Secret:
		return f.input.Value()
	case f.typed():
		return strings.TrimSpace(f.input.Value())
	case f.Kind == Confirm:
		return map[int]string{0: "true", 1: "false"}[f.cursor]
	case f.Kind == Choices:
		var values []string
		for _, option := range f.Options {
			if f.chosen[option] {
				values = append(values, option)
			}
		}
		return strings.Join(values, ",")
	}
	if f.cursor < 0 {
		return ""
	}
	return f.Options[f.cursor]
}

// problem is why the value cannot be. The check may be dear, so it is made once
// for every value.
func (f *field) problem() error {
	switch value := f.value(); {
	case f.refused != nil:
		return f.refused
	case f.Check == nil:
		return nil
	case f.judged == nil || *f.judged != value:
		f.judged, f.verdict = &value, f.Check(value)
	}
	return f.verdict
}

func (f *field) setFocus(on bool) {
	f.touched = f.touched || f.focused && !on
	f.focused = on
	switch {
	case f.lines != nil:
		f.lines.focus(on)
	case on:
		f.input.Focus() // its command would only make the cursor blink
	default:
		f.input.Blur()
	}
}

func (f *field) update(pressed tea.KeyMsg) {
	before := f.value()
	switch {
	case f.lines != nil:
		f.lines.update(pressed)
	case f.typed():
		f.input, _ = f.input.Update(oneLine(pressed)) // its command would only blink
	default:
		f.choose(pressed)
	}
	if before != f.value() {
		f.changed, f.refused = true, nil
	}
}

// choose is a key on a field that is answered by options.
func (f *field) choose(pressed tea.KeyMsg) {
	last := len(f.Options) - 1
	switch pressed.String() {
	case "left", "h":
		f.cursor = max(0, f.cursor-1)
	case "right", "l":
		f.cursor = min(last, f.cursor+1)
	case "y", "n":
		if f.Kind == Confirm {
			f.cursor = map[string]int{"y": 0, "n": 1}[pressed.String()]
		}
	case " ":
		if f.Kind == Choices {
			f.chosen[f.Options[f.cursor]] = !f.chosen[f.Options[f.cursor]]
		} else {
			f.cursor = (f.cursor + 1) % len(f.Options)
		}
	}
}

// bodyIndent is how far a value stands from the form's edge.
const bodyIndent = 4

// click is a press of the mouse in a cell of the field as it is drawn: the option there is
// chosen, or ticked.
func (f *field) click(x, line, width int) {
	if f.typed() {
		return
	}
	line -= len(words.Fit(f.Label, width-2))
	_, places := f.options(width - bodyIndent)
	for i, at := range places {
		if line < at.line || line >= at.line+at.lines || x < bodyIndent+at.from || x >= bodyIndent+at.to {
			continue
		}
		if f.cursor, f.changed, f.refused = i, true, nil; f.Kind == Choices {
			f.chosen[f.Options[i]] = !f.chosen[f.Options[i]]
		}
	}
}

// oneLine takes the line ends off what is pasted: a copied key often has one.
func oneLine(pressed tea.KeyMsg) tea.KeyMsg {
	if !pressed.Paste {
		return pressed
	}
	pressed.Runes = []rune(strings.TrimSpace(string(pressed.Runes)))
	return pressed
}

func (f *field) view(width int) []string {
	mark, label := "  ", f.theme.Plain
	if f.focused {
		mark, label = f.theme.Accent.Render(f.theme.Glyphs.Cursor)+" ", f.theme.Selected
	}
	lines := make([]string, 0, 2)
	for _, line := range words.Fit(f.Label, width-2) {
		lines, mark = append(lines, mark+label.Render(line)), "  "
	}
	for _, line := range f.body(width - bodyIndent) {
		lines = append(lines, f.theme.Cut(strings.Repeat(" ", bodyIndent)+line, width))
	}
	if means := f.Means[f.value()]; f.Kind == Choice && f.focused && means != "" {
		if !f.stacked() {
			means = f.value() + ": " + means
		}
		for _, line := range words.Fit(means, width-6) {
			lines = append(lines, "    "+f.theme.Faint.Render(line))
		}
	}
	if err := f.problem(); err != nil && (f.touched || f.changed) {
		for _, line := range words.Fit(err.Error(), width-6) {
			lines = append(lines, "    "+f.theme.Bad.Render(line))
		}
	}
	return lines
}

// body is the value as it is asked for.
func (f *field) body(width int) []string {
	switch {
	case f.lines != nil:
		return f.lines.view(width)
	case !f.typed():
		lines, _ := f.options(width)
		return lines
	}
	return []string{f.answer(width)}
}

// answer is the value on one line.
func (f *field) answer(width int) string {
	switch {
	case f.Kind == Secret:
		if f.input.Value() == "" {
			return f.theme.Faint.Render("(nothing typed yet)")
		}
		return f.theme.Faint.Render("(typed, not shown)")
	case f.typed() && !f.focused:
		return f.theme.Faint.Render(f.input.Value())
	}
	f.input.Width = max(8, width-2)
	return f.input.View()
}

// place is where an option stands: on which lines, and in which cells of them.
type place struct{ line, lines, from, to int }

// options are the ways to answer, with those that are chosen marked: beside one another,
// or each on lines of its own. They are drawn at these places.
func (f *field) options(width int) (lines []string, places []place) {
	const between = "   "
	used := 0
	for i, option := range f.Options {
		on := i == f.cursor && f.Kind != Choices || f.chosen[option] && f.Kind == Choices
		sign := f.theme.Glyphs.Radio
		if f.Kind == Choices {
			sign = f.theme.Glyphs.Box
		}
		if on {
			sign = f.theme.Glyphs.RadioOn
			if f.Kind == Choices {
				sign = f.theme.Glyphs.BoxOn
			}
		}
		style := f.theme.Faint
		if on && f.focused || f.Kind == Choices && i == f.cursor && f.focused {
			style = f.theme.Selected
		}
		size := ansi.StringWidth(sign + " " + option)
		if !f.stacked() && i > 0 && used+len(between)+size <= width {
			lines[len(lines)-1] += between + style.Render(sign+" "+option)
			used += len(between) + size
			places = append(places, place{len(lines) - 1, 1, used - size, used})
			continue
		}
		used = size
		indent := ansi.StringWidth(sign) + 1
		parts := words.Fit(option, width-indent)
		places = append(places, place{len(lines), len(parts), 0, min(size, width)})
		for j, line := range parts {
			if j > 0 {
				sign = strings.Repeat(" ", indent-1)
			}
			lines = append(lines, style.Render(sign+" "+line))
		}
	}
	return lines, places
}
