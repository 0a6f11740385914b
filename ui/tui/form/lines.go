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
)

// lines is a text of many lines.
type lines struct {
	theme *theme.Theme
	area  textarea.Model
	// held is a text that is too long to edit; first and last are its ends.
	held        string
	first, last []string
	count       int
	// pasted says that the terminal tells what is pasted from what is typed, so
	// that Enter can mean to go on. Before that it could be part of the text.
	pasted bool
}

func newLines(t *theme.Theme) *lines {
	l := &lines{theme: t, area: textarea.New()}
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

// set takes a text, to be edited if it is short enough.
func (l *lines) set(text string) {
	text = lineEnds.Replace(text)
	l.held, l.first, l.last = "", nil, nil
	l.count = strings.Count(text, "\n") + 1
	if l.count <= editedLines && len(text) <= editedBytes {
		l.area.SetValue(text)
		return
	}
	l.area.Reset()
	l.held = text
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	l.count = len(all)
	ends := min(shownEnds, len(all)/2)
	for _, line := range all[:ends] {
		l.first = append(l.first, printable(line))
	}
	for _, line := range all[len(all)-ends:] {
		l.last = append(l.last, printable(line))
	}
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
		if l.held != "" || len(msg.Runes)+l.area.Length() > editedBytes || l.area.LineCount()+strings.Count(lineEnds.Replace(string(msg.Runes)), "\n") > editedLines {
			l.set(l.value() + string(msg.Runes))
			return
		}
	case l.held != "" && (msg.Type == tea.KeyCtrlU || msg.Type == tea.KeyBackspace):
		l.set("")
		return
	case l.held != "":
		return // nothing of a long text is edited
	}
	l.area, _ = l.area.Update(msg) // its command would only blink
	if len(l.area.Value()) > editedBytes || l.area.LineCount() > editedLines {
		l.set(l.area.Value())
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
	out = append(out, side(t.Bold, fmt.Sprintf("%s %d lines, %s. ctrl+u clears it.", t.Glyphs.Ellipsis, l.count, size(len(l.held)))))
	for _, line := range l.last {
		out = append(out, side(t.Plain, line))
	}
	return out
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
