package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// item is what the cursor may rest on: a change, a finding, a group of checks, a
// check, a line of a table.
type item interface {
	// name is how it is known from one look to the next.
	name() itemName
	// title is what it is called, which is never cut: where it is longer than the line, it
	// goes on below. It stands so many cells from the marks of cursor and fold. What note
	// says beside it stands below it where there is no room.
	title() (text, note string, indent int)
	// line is how it is drawn behind those marks; name is what there is room for of its
	// title.
	line(l *list, name string, room int, selected bool) string
	// detail adds all that there is to it, as it stands below it where it is open.
	detail(l *list)
	// keys are those that are its own.
	keys(l *list) hotkeys
	// clip is what of it is worth copying.
	clip() clip
}

// itemName is how an item is known from one look to the next. It is no text, so
// that asking for ten thousand of them makes none.
type itemName struct {
	kind          itemKind
	subject, name string
}

type itemKind int

const (
	aChange itemKind = iota
	aFinding
	aGroup
	aCheck
	aSubject
)

// row is one line of a list: an item, which is drawn only when it is in sight, or a
// text that is drawn already.
type row struct {
	item item
	// open says that what is below the item is shown.
	open bool
	// indent is how far an item stands below what it belongs to.
	indent int
	text   string
	// detail says that the text belongs to the item above it.
	detail bool
}

// list is a screen as lines that scroll: texts, and items with a cursor that open
// to what is below them.
type list struct {
	scroll
	theme *theme.Theme
	rows  []row
	// content adds the rows; the list is drawn anew by it.
	content func()
	// choosing says that the items have a cursor.
	choosing bool
	// said are the items that the operator opened, or closed.
	said  map[itemName]bool
	width int
	// aside is the width of the details beside the list, 0 where they stand in it; whole
	// says that of a long text all is shown.
	aside int
	whole bool
	// search looks for words in the rows.
	search search
	// clips are the named values among the texts.
	clips []clip
}

func newList(t *theme.Theme, content func()) *list {
	l := &list{theme: t, content: content, said: map[itemName]bool{}}
	l.headed = true // what stands above the first item is read first
	l.stops = func(i int) bool { return l.choosing && l.rows[i].item != nil }
	l.search = newSearch(searched{count: func() int { return len(l.rows) }, text: l.plain, here: l.here, show: l.show})
	return l
}

// plain is a row without styles. All that there is to an item that is not open is the
// item's, so that it is found once, and also by what is not in sight.
func (l *list) plain(i int) string {
	at := l.owner(i)
	switch r := &l.rows[i]; {
	case r.detail && !l.rows[at].open:
		return ""
	case r.item != nil && r.open:
		return ansi.Strip(l.draw(r, false))
	case r.item != nil:
		title, _, _ := r.item.title()
		return ansi.Strip(l.draw(r, false)) + "\n" + title + "\n" + r.item.clip().text
	default:
		return ansi.Strip(r.text)
	}
}

// owner is the row of the item to which a row belongs, or the row itself.
func (l *list) owner(i int) int {
	for i > 0 && l.rows[i].detail {
		i--
	}
	return i
}

// here is the row that the reader is at.
func (l *list) here() int {
	if from, to := l.window(); l.choosing && l.cursor >= from && l.cursor < to {
		return l.cursor
	}
	return l.top
}

// show brings a row into sight, and puts the cursor on its item.
func (l *list) show(i int) {
	if at := l.owner(i); l.choosing && l.rows[at].item != nil {
		l.cursor = at
		l.revealItem()
	}
	if from, to := l.window(); i < from || i >= to {
		l.shift(i - l.height/2 - l.top)
	}
}

// rewind goes back to the first line, for another screen.
func (l *list) rewind() { l.top, l.cursor = 0, 0 }

// fill makes the rows anew for a space. The cursor stays on its item, whatever has
// come or gone above it.
func (l *list) fill(width, height int) {
	at, under := l.cursor, l.under()
	l.width, l.height, l.rows = width, height, l.rows[:0]
	l.clips = nil
	l.content()
	if by := l.moved(at, under); by != 0 {
		l.cursor, l.top = at+by, max(0, l.top+by)
	}
	l.resize(len(l.rows), height)
	if l.search.asked() {
		l.search.look()
	}
}

// moved is how far the item that stood in a row has gone from there; 0 where there
// was none, or it is no longer shown.
func (l *list) moved(at int, it item) int {
	if it == nil {
		return 0
	}
	name := it.name()
	for i := range l.rows {
		for _, row := range []int{at - i, at + i} {
			if row >= 0 && row < len(l.rows) && l.rows[row].item != nil && l.rows[row].item.name() == name {
				return row - at
			}
		}
	}
	return 0
}

// add adds an item, which is open by itself or not. It tells whether it is to be
// open: the operator may have said otherwise.
func (l *list) add(it item, indent int, open bool) bool {
	if said, there := l.said[it.name()]; there {
		open = said
	}
	open = open && (l.aside == 0 || it.name().holds())
	l.rows = append(l.rows, row{item: it, indent: indent, open: open})
	title, note, at := it.title()
	room := l.width - marksWidth - indent - at
	over := len(title) - room // no text takes more columns than bytes, and twenty thousand are not measured
	if over > 0 || note != "" {
		over = ansi.StringWidth(title) - room
	}
	if over > 0 {
		for _, more := range words.Fit(title, room)[1:] {
			l.below(strings.Repeat(" ", marksWidth+indent+at) + more)
		}
	}
	if note != "" && over+len(gap)+ansi.StringWidth(note) > 0 {
		l.below(strings.Repeat(" ", marksWidth+indent+at) + l.theme.Faint.Render(note))
	}
	return open
}

// marksWidth is that of the marks of cursor and fold.
const marksWidth = 5

// gap is what stands between a title and a note.
const gap = "  "

// The indent of what is below a finding or a check, and how much of it is shown.
const (
	below     = 7
	briefMost = 2
	longMost  = 12
)

// under is the item with the cursor; it is nil where nothing has one.
func (l *list) under() item {
	if l.cursor >= 0 && l.cursor < len(l.rows) && l.stops(l.cursor) {
		return l.rows[l.cursor].item
	}
	return nil
}

// move moves by a key, and tells whether it was one that does.
func (l *list) move(msg tea.KeyMsg) bool {
	before := l.cursor
	moved := l.key(msg)
	if l.cursor != before && key.Matches(msg, keys.Up, keys.Down) { // a page shows itself
		l.revealItem()
	}
	return moved
}

// find puts the cursor on the first item that is meant, if one is shown.
func (l *list) find(meant func(item) bool) {
	if i := slices.IndexFunc(l.rows, func(r row) bool { return r.item != nil && meant(r.item) }); i >= 0 {
		l.cursor = i
		l.revealItem()
	}
}

// revealItem brings what is below the item with the cursor into sight.
func (l *list) revealItem() {
	last := l.cursor
	for last+1 < len(l.rows) {
		if r := &l.rows[last+1]; !r.detail && (r.item == nil || r.indent <= l.rows[l.cursor].indent) {
			break
		}
		last++
	}
	l.reveal(last)
}

// keys are those of the item with the cursor. Where that is out of sight they bring it
// into sight, and do nothing else: nobody leaves out, or opens, what is not to be seen.
func (l *list) keys() hotkeys {
	list := l.itemKeys()
	if from, to := l.window(); l.cursor < from || l.cursor >= to {
		for i := range list {
			list[i].do = func() (nav, tea.Cmd) { l.show(l.cursor); return nav{}, nil }
		}
	}
	return list
}

func (l *list) itemKeys() hotkeys {
	it := l.under()
	if it == nil {
		return nil
	}
	fold := func(open bool) action {
		return func() (nav, tea.Cmd) {
			l.said[it.name()] = open
			l.fill(l.width, l.height)
			l.revealItem()
			return nav{}, nil
		}
	}
	if l.aside > 0 && !it.name().holds() {
		all := hotkey{bind("space", "read all", " "), l.readAll(it)}
		return append(hotkeys{all.shown(it.name().kind == aChange)}, it.keys(l)...) // the others have a key of their own
	}
	toggle := fold(!l.rows[l.cursor].open)
	return slices.Concat(hotkeys{{keys.Expand, toggle}}, it.keys(l), hotkeys{{bind("", "", "right"), toggle}, {bind("", "", "left"), fold(false)}})
}

// clip is what of the item with the cursor is worth copying.
func (l *list) clip() clip {
	if it := l.under(); it != nil {
		return it.clip()
	}
	return clip{}
}

// view draws the rows in sight, and says how many are not.
func (l *list) view() []string {
	from, to := l.window()
	lines := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		r := &l.rows[i]
		text := r.text
		if r.item != nil {
			text = l.draw(r, l.choosing && i == l.cursor)
		}
		line := l.theme.Cut(text, l.width)
		if l.search.asked() {
			line = l.search.marked(l.theme, line, l.search.is(i) && !(l.choosing && i == l.cursor))
		}
		lines = append(lines, line)
	}
	last := ""
	if l.search.asked() {
		last = l.search.line(l.theme) + " "
	}
	if above, below := l.more(); above+below > 0 {
		last += l.theme.Faint.Render(" " + hidden(l.theme, above, below))
	}
	if last != "" {
		lines = append(lines, l.theme.Cut(last, l.width))
	}
	if l.aside > 0 && l.choosing && l.under() != nil {
		return sideBySide(l.theme, lines, l.asideView(), l.width, l.height+1)
	}
	return lines
}

// draw is the line of an item: where the cursor is, whether it is open, and what it
// is.
func (l *list) draw(r *row, selected bool) string {
	t := l.theme
	mark, fold := "   ", t.Glyphs.Closed
	if selected {
		mark = " " + t.Accent.Render(t.Glyphs.Cursor) + " "
	}
	switch {
	case r.open:
		fold = t.Glyphs.Open
	case l.aside > 0 && !r.item.name().holds():
		fold = " "
	}
	title, _, at := r.item.title()
	room := l.width - marksWidth - r.indent
	if ansi.StringWidth(title) > room-at {
		title = words.Fit(title, room-at)[0]
	}
	return mark + strings.Repeat(" ", r.indent) + t.Faint.Render(fold) + " " + r.item.line(l, title, room, selected)
}

// hidden says how many lines are above and below those in sight.
func hidden(t *theme.Theme, above, below int) string {
	var parts []string
	if above > 0 {
		parts = append(parts, fmt.Sprintf("%s %s above", t.Glyphs.Up, words.Plural(above, "line")))
	}
	if below > 0 {
		parts = append(parts, fmt.Sprintf("%s %s below", t.Glyphs.Down, words.Plural(below, "line")))
	}
	return strings.Join(parts, "   ")
}
