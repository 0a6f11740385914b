// Package form asks for answers: text, secret, text of many lines, choice,
// several choices, yes or no. A form is data in, values out; it says at every
// key why a value cannot be and keeps what was typed when it is left.
//
// It knows nothing of steps, AWS or where it is shown.
package form

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// Kind says how a field is answered.
type Kind int

// The kinds of field.
const (
	Text Kind = iota
	// Secret is text that is never shown, not even as it is typed.
	Secret
	// Lines is text of many lines, typed or pasted. Tab goes on, and so does
	// Enter once something was pasted; until then it could be part of the text.
	Lines
	Choice
	Choices
	Confirm
)

// Field is one question. Value is its answer: text, an option, options
// separated by commas, or "true" and "false".
type Field struct {
	// Name is how the caller knows the field again.
	Name, Label string
	// Help explains the question, its default and its price.
	Help    string
	Kind    Kind
	Value   string
	Options []string
	// Means says of an option what choosing it means; it is shown beside the one that is
	// chosen.
	Means map[string]string
	// Check says why a value cannot be; nil takes everything.
	Check func(value string) error
	// Hide takes out of a text of many lines what must not be shown; nil shows it
	// as it is.
	Hide func(value string) string
	// Picks says that the caller has a list to pick from.
	Picks bool
}

// Event is what a key has led to.
type Event int

// The events. Left says that the operator went back, and the values stay as typed;
// Done that every field holds a good value; Pick asks for the caller's list of what
// the field with the focus may be.
const (
	Editing Event = iota
	Left
	Done
	Pick
)

// Form is a column of fields, one of which has the focus.
type Form struct {
	theme  *theme.Theme
	fields []*field
	focus  int
	help   bool
	width  int
	// past are the answers that were changed, the last one last; fresh says that nothing
	// was changed since the focus came to its field.
	past  []answer
	fresh bool
}

// answer is what a field held before it was changed, and whether that was its default.
type answer struct {
	field   int
	value   string
	changed bool
}

// New makes a form of one field or more, with the focus on the first field.
func New(t *theme.Theme, fields []Field) *Form {
	f := &Form{theme: t}
	for _, item := range fields {
		f.fields = append(f.fields, newField(t, item))
	}
	f.Resize(80, 24)
	f.enter(0)
	return f
}

// Resize sets the room in cells. A form may be longer than that: its owner
// scrolls it.
func (f *Form) Resize(width, height int) {
	f.width = width
	for _, item := range f.fields {
		if item.lines != nil {
			item.lines.resize(width-4, height)
		}
	}
}

// Refuse shows at a field why its value cannot be, until it is changed. A secret
// is to be typed anew.
func (f *Form) Refuse(name string, why error) {
	for i, item := range f.fields {
		if item.Name != name {
			continue
		}
		if item.Kind == Secret {
			item.set("")
		}
		f.enter(i)
		item.touched, item.refused = true, why
	}
}

// Values are the answers as they stand, by name.
func (f *Form) Values() map[string]string {
	values := make(map[string]string, len(f.fields))
	for _, item := range f.fields {
		values[item.Name] = item.value()
	}
	return values
}

// Set gives a field its value, as a list does that was picked from.
func (f *Form) Set(name, value string) {
	for i, item := range f.fields {
		if item.Name == name {
			before := answer{i, item.value(), item.changed}
			item.set(value)
			f.remember(before)
		}
	}
}

func (f *Form) enter(i int) {
	for j, item := range f.fields {
		item.setFocus(i == j)
	}
	f.focus, f.help, f.fresh = i, false, true
}

// remember keeps what a field held where that has changed, once for every time that the
// focus comes to it. A secret is not kept.
func (f *Form) remember(before answer) {
	item := f.fields[before.field]
	if item.Kind == Secret || item.value() == before.value {
		return
	}
	if n := len(f.past); f.fresh || n == 0 || f.past[n-1].field != before.field {
		f.past = append(f.past, before)
	}
	f.fresh = false
}

// undo brings the last answer back that was changed.
func (f *Form) undo() {
	n := len(f.past)
	if n == 0 {
		return
	}
	last := f.past[n-1]
	f.past = f.past[:n-1]
	f.enter(last.field)
	f.fields[last.field].set(last.value)
	f.fields[last.field].changed = last.changed
}

// Click is a press of the mouse in a cell of the view: the focus goes to the field there,
// and the option there is chosen. It tells whether there is a field.
func (f *Form) Click(x, line int) bool {
	from := 0
	for i, item := range f.fields {
		lines := f.drawn(i)
		if line >= from && line < from+len(lines) {
			before := answer{i, item.value(), item.changed}
			if i != f.focus {
				f.enter(i)
			}
			item.click(x, line-from, f.width)
			f.remember(before)
			return true
		}
		from += len(lines)
	}
	return false
}

var (
	keyNext  = key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "accept"))
	keyDown  = key.NewBinding(key.WithKeys("tab", "down"), key.WithHelp("tab", "next"))
	keyUp    = key.NewBinding(key.WithKeys("shift+tab", "up"), key.WithHelp("shift+tab", "previous"))
	keyLeave = key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "back"))
	keyHelp  = key.NewBinding(key.WithKeys("?", "f1"), key.WithHelp("?", "explain"))
	keyF1    = key.NewBinding(key.WithKeys("f1"), key.WithHelp("F1", "explain"))
	keyMove  = key.NewBinding(key.WithKeys("left", "right"), key.WithHelp("left/right", "choose"))
	keyTick  = key.NewBinding(key.WithKeys(" "), key.WithHelp("space", "choose"))
	keyDone  = key.NewBinding(key.WithKeys("ctrl+d"), key.WithHelp("ctrl+d", "accept"))
	keyStack = key.NewBinding(key.WithKeys("up", "down"), key.WithHelp("up/down", "choose"))
	keyLine  = key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "new line"))
	keyUndo  = key.NewBinding(key.WithKeys("ctrl+_"), key.WithHelp("ctrl+_", "undo the last answer"))
	keyPick  = key.NewBinding(key.WithKeys("ctrl+l"), key.WithHelp("ctrl+l", "list"))
)

// Keys are the keys that work now.
func (f *Form) Keys() []key.Binding {
	item := f.fields[f.focus]
	help := keyHelp
	if item.edited() {
		help = keyF1
	}
	keys := []key.Binding{keyNext}
	switch {
	case item.breaks():
		keys = []key.Binding{keyDone, keyLine}
	case item.stacked():
		keys = append(keys, keyStack)
	case item.Picks:
		keys = append(keys, keyPick)
	case !item.typed():
		keys = append(keys, keyMove)
	}
	if item.Kind == Choices && !item.typed() {
		keys = append(keys, keyTick)
	}
	keys = append(keys, help, keyLeave)
	if len(f.fields) > 1 {
		keys = append(keys, keyDown, keyUp)
	}
	if len(f.past) > 0 {
		keys = append(keys, keyUndo)
	}
	return keys
}

// Focus is the name of the field that is being answered.
func (f *Form) Focus() string { return f.fields[f.focus].Name }

// Update handles one key.
func (f *Form) Update(pressed tea.KeyMsg) Event {
	if key.Matches(pressed, keyUndo) && !pressed.Paste {
		f.undo()
		return Editing
	}
	item := f.fields[f.focus]
	before := answer{f.focus, item.value(), item.changed}
	defer func() { f.remember(before) }()
	switch {
	case pressed.Paste, item.breaks() && key.Matches(pressed, keyLine),
		item.lines != nil && (pressed.Type == tea.KeyUp || pressed.Type == tea.KeyDown):
		item.update(pressed)
	case key.Matches(pressed, keyNext), item.lines != nil && key.Matches(pressed, keyDone):
		return f.accept()
	case key.Matches(pressed, keyLeave) && f.help: // what was opened last is closed first
		f.help = false
	case key.Matches(pressed, keyLeave):
		return Left
	case pressed.Type == tea.KeyDown && item.move(1), pressed.Type == tea.KeyUp && item.move(-1):
	case key.Matches(pressed, keyDown):
		f.enter(min(f.focus+1, len(f.fields)-1))
	case key.Matches(pressed, keyUp):
		f.enter(max(f.focus-1, 0))
	case key.Matches(pressed, keyF1), key.Matches(pressed, keyHelp) && !item.edited():
		f.help = !f.help
	case item.Picks && key.Matches(pressed, keyPick):
		return Pick
	default:
		item.update(pressed)
	}
	return Editing
}

// accept goes to the next field, or ends the form at the first field that is
// not good, or at the end.
func (f *Form) accept() Event {
	item := f.fields[f.focus]
	item.touched = true
	for _, other := range f.fields {
		other.judged = nil // a file may have come since
	}
	if item.problem() != nil {
		return Editing
	}
	if f.focus < len(f.fields)-1 {
		f.enter(f.focus + 1)
		return Editing
	}
	for i, other := range f.fields {
		if other.problem() != nil {
			f.enter(i)
			other.touched = true
			return Editing
		}
	}
	return Done
}

// View is the form as lines; at is the line of the field with the focus, so
// that a scrolling owner can keep it in sight.
func (f *Form) View() (lines []string, at int) {
	for i := range f.fields {
		if i == f.focus {
			at = len(lines)
		}
		lines = append(lines, f.drawn(i)...)
	}
	return lines, at
}

// drawn are the lines of one field.
func (f *Form) drawn(i int) []string {
	lines := f.fields[i].view(f.width)
	if i == f.focus && f.help {
		lines = append(lines, f.explain(f.fields[i])...)
	}
	return append(lines, "")
}

func (f *Form) explain(item *field) []string {
	var lines []string
	for _, line := range words.Fit(strings.TrimSpace(item.Help), f.width-4) {
		lines = append(lines, "    "+f.theme.Faint.Render(line))
	}
	return lines
}
