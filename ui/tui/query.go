package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
)

// query is what is typed behind a slash: words that a text must have all of, in any
// order and case.
type query struct {
	input textinput.Model
	// open says that it is being typed.
	open bool
}

func newQuery() query {
	q := query{input: textinput.New()}
	q.input.Prompt = "/ "
	q.input.Cursor.SetMode(cursor.CursorStatic)
	q.input.KeyMap.Paste.SetEnabled(false)
	return q
}

func (q *query) words() []string { return strings.Fields(strings.ToLower(q.input.Value())) }

// asked tells whether anything is looked for, or about to be.
func (q *query) asked() bool { return q.open || q.input.Value() != "" }

// start lets it be typed.
func (q *query) start() {
	q.open = true
	q.input.Focus() // its command would only blink
}

func (q *query) stop() {
	q.open = false
	q.input.Blur()
}

func (q *query) clear() {
	q.input.SetValue("")
	q.stop()
}

// key handles a key of the query; it tells whether this was one.
func (q *query) key(pressed tea.KeyMsg) bool {
	switch {
	case key.Matches(pressed, keys.Back) && q.asked():
		q.clear()
	case key.Matches(pressed, keys.Accept) && q.open:
		q.stop()
	case q.open && pressed.Type != tea.KeyUp && pressed.Type != tea.KeyDown:
		q.input, _ = q.input.Update(pressed) // its command would only blink
	case pressed.Type == tea.KeyRunes && !pressed.Paste && pressed.Runes[0] == '/':
		if !q.open {
			q.input.SetValue("") // another search, as in a pager
		}
		q.start()
		if rest := pressed.Runes[1:]; len(rest) > 0 { // typed fast, or through a slow line
			q.input, _ = q.input.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: rest})
		}
	default:
		return false
	}
	return true
}

// hasAll tells whether a text in lower case has all of these words.
func hasAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}
