package form

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/textarea"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/tui/theme"
)

// A text of many lines is edited while it is short. A longer one, such as a log
// that was pasted, is kept whole and shown by its two ends: nobody corrects it by
// hand, and the editor takes 20 ms a key for 500 lines.
const (
	editedLines = 40
	editedBytes = 8 << 10
	// shownEnds is how many lines of each end are shown of a long text.
	shownEnds = 4
	// endBytes is how much of each end is looked through for what must not be
	// shown: a private key of many lines, too.
	endBytes = 16 << 10
)

// lines is a text of many lines.
type lines struct {
	theme *theme.Theme
	area  textarea.Model
	// hide takes out what must not be shown.
	hide func(string) string
	// held is a text that is too long to edit, or has something in it that must
	// not be shown; first and last are its ends without that, and hides says that
	// they are.
	held        string
	first, last []string
	hides       bool
	count       int
	// pasted says that the terminal tells what is pasted from what is typed, so
	// that Enter can mean to go on. Before that it could be part of the text.
	pasted bool
}

func newLines(t *theme.Theme, hide func(string) string) *lines {
	if hide == nil {
		hide = func(text string) string { return text }
	}
	l := &lines{theme: t, area: textarea.New(), hide: hide}
	l.area.Prompt = t.Glyphs.Side + " "
	l.area.ShowLineNumbers = false
	l.area.MaxHeight = 0
	l.area.Cursor.SetMode(cursor.CursorStatic)
	l.area.KeyMap.Paste.SetEnabled(false)
	plain := textarea.Style{Base: t.Plain, CursorLine: t.Plain, EndOfBuffer: t.Faint, Placeholder: t.Faint, Prompt: t.Accent, Text: t.Plain, LineNumber: t.Faint, CursorLineNumber: t.Faint}
	l.area.FocusedStyle, l.area.BlurredStyle = plain, plain
	l.area.BlurredStyle.Prompt = t.Faint
	l.area.EndOfBufferCharacter = ' '
	l.area.Placeholder = "paste or type it here"
	return l
}

func (l *lines) resize(width, height int) {
	l.area.SetWidth(max(20, width))
	l.area.SetHeight(min(12, max(3, height-10)))
}

func (l *lines) value() string {
	if l.held != "" {
		return l.held
	}
	return l.area.Value()
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// set takes a text, to be edited if it can be.
func (l *lines) set(text string) {
	text = lineEnds.Replace(text)
	l.held, l.first, l.last = "", nil, nil
	if l.edits(text) {
		l.area.SetValue(text)
		return
	}
	l.area.Reset()
	l.held = text
	text = strings.TrimRight(text, "\n")
	l.count = strings.Count(text, "\n") + 1
	ends := min(shownEnds, l.count/2)
	first, last := beginning(text), end(text)
	head, tail := strings.Split(l.hide(first), "\n"), strings.Split(l.hide(last), "\n")
	l.hides = l.hide(first) != first || l.hide(last) != last
	for _, line := range head[:min(ends, len(head))] {
		l.first = append(l.first, printable(line))
	}
	for _, line := range tail[max(0, len(tail)-ends):] {
		l.last = append(l.last, printable(line))
	}
}

// edits tells a text that is short enough to be edited and may be shown.
func (l *lines) edits(text string) bool {
	return len(text) <= editedBytes && strings.Count(text, "\n") < editedLines && l.hide(text) == text
}

// beginning and end are the ends of a text. They are cut where a white space is,
// so that no half of anything is shown that would be hidden as a whole.
func beginning(text string) string {
	if len(text) <= endBytes {
		return text
	}
	return text[:strings.LastIndexAny(text[:endBytes], "\n ")+1]
}

func end(text string) string {
	if len(text) <= endBytes {
		return text
	}
	text = text[len(text)-endBytes:]
	if i := strings.IndexAny(text, "\n "); i >= 0 {
		return text[i+1:]
	}
	return ""
}

// printable is a line without what a terminal would act on.
func printable(line string) string {
	const most = 1 << 10
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "")
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, ansi.Strip(strings.ReplaceAll(line, "\t", "    ")))
}

func (l *lines) update(msg tea.KeyMsg) {
	switch {
	case msg.Paste:
		l.pasted = true
		pasted := lineEnds.Replace(string(msg.Runes))
		if l.held != "" || !l.edits(l.area.Value()+pasted) {
			l.set(l.value() + pasted)
			return
		}
		msg.Runes = []rune(pasted)
	case l.held != "" && (msg.Type == tea.KeyCtrlU || msg.Type == tea.KeyBackspace):
		l.set("")
		return
	case l.held != "":
		l.follow(msg)
		return
	}
	l.area, _ = l.area.Update(msg) // its command would only blink
	if !l.edits(l.area.Value()) {
		l.set(l.area.Value())
	}
}

// follow puts what is typed behind a text that is not edited: a terminal that
// does not tell a paste types it, and its end must not be lost.
func (l *lines) follow(msg tea.KeyMsg) {
	switch msg.Type {
	case tea.KeyRunes, tea.KeySpace:
		l.set(l.held + string(msg.Runes))
	case tea.KeyEnter:
		l.set(l.held + "\n")
	default: // a key that edits, and nothing of it is edited
	}
}

func (l *lines) focus(on bool) {
	if on {
		l.area.Focus() // its command would only blink
	} else {
		l.area.Blur()
	}
}

// view is the editor, or the ends of a long text with its size between them.
func (l *lines) view(width int) []string {
	if l.held == "" {
		return strings.Split(l.area.View(), "\n")
	}
	t := l.theme
	side := func(style lipgloss.Style, text string) string {
		return t.Accent.Render(t.Glyphs.Side) + " " + style.Render(t.Cut(text, width-2))
	}
	var out []string
	for _, line := range l.first {
		out = append(out, side(t.Plain, line))
	}
	out = append(out, side(t.Bold, fmt.Sprintf("%s %s", t.Glyphs.Ellipsis, l.size())))
	if l.hides {
		out = append(out, side(t.Faint, "  Its secrets are not shown."))
	}
	for _, line := range l.last {
		out = append(out, side(t.Plain, line))
	}
	return out
}

// size is how much of it there is, and how it goes away.
func (l *lines) size() string {
	text := fmt.Sprintf("%d lines", l.count)
	if l.count == 1 {
		text = "1 line"
	}
	return text + ", " + size(len(l.held)) + ". ctrl+u clears it."
}

func size(bytes int) string {
	switch {
	case bytes < 1<<10:
		return fmt.Sprintf("%d bytes", bytes)
	case bytes < 1<<20:
		return fmt.Sprintf("%d KB", bytes>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
}

// breaks tells whether Enter breaks the line instead of going on.
func (f *field) breaks() bool { return f.lines != nil && !f.lines.pasted }
