package tui

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
)

// rowKind says how a row of the pane is drawn.
type rowKind int

const (
	// rowText is drawn already.
	rowText rowKind = iota
	// rowChange is a change's title, rowDetail one line of what is below it.
	rowChange
	rowDetail
	// A finding, a group of checks, a check, and a line
	// of a table.
	rowFinding
	rowGroup
	rowCheck
	rowSubject
)

// row is one line of the pane. All but texts and details are drawn only when
// they are in sight.
type row struct {
	kind rowKind
	item int
	// indent is how far a change stands below what it belongs to.
	indent int
	text   string
}

// pane is a screen as one list that scrolls: texts, and items with a cursor that
// open to what is below them.
type pane struct {
	v    *runScreen
	rows []row
	// items are the changes among the rows; foreign says of one that it touches
	// something that is not ours.
	items   []*plan.Change
	foreign []bool
	// open are the items that the operator opened, or closed.
	open  map[itemName]bool
	list  scroll
	width int
}

// itemName is how an item is known from one look to the next. It is no text, so
// that asking for ten thousand of them makes none.
type itemName struct {
	kind          rowKind
	subject, name string
}

func changeName(c *plan.Change) itemName { return itemName{kind: rowChange, name: c.ID} }

func newPane(v *runScreen) *pane {
	p := &pane{v: v, open: map[itemName]bool{}}
	p.list.headed = true // what stands above the first item is read first
	p.list.stops = func(i int) bool {
		return v.phase == reviewing && p.rows[i].kind != rowText && p.rows[i].kind != rowDetail
	}
	return p
}

// rewind goes back to the first line, for another screen.
func (p *pane) rewind() { p.list.top, p.list.cursor = 0, 0 }

// rebuild makes the rows anew. The cursor stays on its change, whatever has come
// or gone above it.
func (p *pane) rebuild() {
	at, id := p.list.cursor, ""
	if c, _ := p.selected(); c != nil {
		id = c.ID
	}
	p.width = p.v.contentWidth() - 1
	p.rows, p.items, p.foreign = p.rows[:0], p.items[:0], p.foreign[:0]
	p.v.rows()
	if by := p.moved(at, id); by != 0 {
		p.list.cursor, p.list.top = at+by, max(0, p.list.top+by)
	}
	p.list.resize(len(p.rows), p.height())
}

// moved is how far the change that stood in a row has gone from there; 0 where
// there was none, or it is no longer shown.
func (p *pane) moved(at int, id string) int {
	for i := range p.rows {
		for _, row := range []int{at - i, at + i} {
			if id != "" && row >= 0 && row < len(p.rows) && p.rows[row].kind == rowChange && p.items[p.rows[row].item].ID == id {
				return row - at
			}
		}
	}
	return 0
}

// height is the pane's room: under the folded rail and above the notice.
func (p *pane) height() int {
	height := p.v.height - len(p.v.noticeLines())
	if !p.v.wide() {
		height -= 2
	}
	if p.v.phase == opening || p.v.phase == inspecting {
		height-- // what is under way has a line of its own
	}
	return height - 1 // the last line says how much is hidden
}

func (p *pane) text(lines ...string) {
	for _, line := range lines {
		p.rows = append(p.rows, row{kind: rowText, text: line})
	}
}

// wrapped adds sentences in a style, indented.
func (p *pane) wrapped(text string, indent int, render func(...string) string) {
	for _, line := range theme.Wrap(text, p.width-indent-1) {
		p.text(strings.Repeat(" ", indent) + render(line))
	}
}

// pairs shows names and values in two columns.
func (p *pane) pairs(title string, list []plan.Fact) {
	if len(list) == 0 {
		return
	}
	t := p.v.theme
	p.text(" " + t.Bold.Render(title))
	column := 0
	for _, f := range list {
		column = max(column, min(40, len(f.Name)))
	}
	for _, f := range list {
		name := t.Faint.Render(t.Pad(f.Name, column)) + "  "
		if own := p.width - 4; longest(f.Value) > p.width-column-6 && longest(f.Value) <= own {
			p.text("   " + t.Faint.Render(f.Name)) // an ARN is not broken where a line of its own has room
			for _, line := range theme.Wrap(f.Value, own) {
				p.text("    " + line)
			}
			continue
		}
		for i, line := range theme.Wrap(f.Value, p.width-column-6) {
			if i > 0 {
				name = strings.Repeat(" ", column+2)
			}
			p.text("   " + name + line)
		}
	}
	p.text("")
}

// longest is the width of the longest word.
func longest(text string) int {
	most := 0
	for word := range strings.FieldsSeq(text) {
		most = max(most, ansi.StringWidth(word))
	}
	return most
}

// entry adds a change with what is below it.
func (p *pane) entry(c *plan.Change, foreign bool, indent int) {
	item := len(p.items)
	p.items = append(p.items, c)
	p.foreign = append(p.foreign, foreign)
	p.rows = append(p.rows, row{kind: rowChange, item: item, indent: indent})
	if p.isOpen(changeName(c), false) {
		for _, line := range p.detail(c) {
			p.below(strings.Repeat(" ", indent) + line)
		}
	}
}

// below adds a line that belongs to the item above it.
func (p *pane) below(line string) { p.rows = append(p.rows, row{kind: rowDetail, text: line}) }

// under is the row with the cursor; it is nil where nothing has one.
func (p *pane) under() *row {
	if i := p.list.cursor; i >= 0 && i < len(p.rows) && p.list.stops(i) {
		return &p.rows[i]
	}
	return nil
}

// selected is the change under the cursor.
func (p *pane) selected() (c *plan.Change, foreign bool) {
	if r := p.under(); r != nil && r.kind == rowChange {
		return p.items[r.item], p.foreign[r.item]
	}
	return nil, false
}

// isOpen tells whether an item is open, where it is so by itself or not.
func (p *pane) isOpen(name itemName, byItself bool) bool {
	if open, said := p.open[name]; said {
		return open
	}
	return byItself
}

// set opens or closes an item.
func (p *pane) set(name itemName, open bool) {
	p.open[name] = open
	p.rebuild()
	p.reveal()
}

// key moves by a key, and tells whether it was one that does.
func (p *pane) key(msg tea.KeyMsg) bool {
	before := p.list.cursor
	moved := p.list.key(msg)
	if p.list.cursor != before {
		p.reveal()
	}
	return moved
}

// reveal brings what is below the item with the cursor into sight.
func (p *pane) reveal() {
	last := p.list.cursor
	for last+1 < len(p.rows) {
		if r := &p.rows[last+1]; r.kind != rowDetail && (r.kind == rowText || r.indent <= p.rows[p.list.cursor].indent) {
			break
		}
		last++
	}
	p.list.reveal(last)
}

// view draws the rows in sight.
func (p *pane) view() []string {
	from, to := p.list.window()
	lines := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		r := &p.rows[i]
		selected := i == p.list.cursor && p.list.stops(i)
		switch r.kind {
		case rowText, rowDetail:
			lines = append(lines, p.v.theme.Cut(r.text, p.width))
		case rowChange:
			lines = append(lines, p.title(r, selected))
		case rowFinding, rowGroup, rowCheck, rowSubject:
			lines = append(lines, p.v.theme.Cut(p.v.draw(r, selected), p.width))
		}
	}
	if above, below := p.list.more(); above+below > 0 {
		lines = append(lines, p.v.theme.Faint.Render(" "+hidden(p.v.theme, above, below)))
	}
	return lines
}

// hidden says how many lines are above and below those in sight.
func hidden(t *theme.Theme, above, below int) string {
	var parts []string
	if above > 0 {
		parts = append(parts, fmt.Sprintf("%s %d above", t.Glyphs.Up, above))
	}
	if below > 0 {
		parts = append(parts, fmt.Sprintf("%s %d below", t.Glyphs.Down, below))
	}
	return strings.Join(parts, "   ")
}

// title is a change's line.
func (p *pane) title(r *row, selected bool) string {
	item, t := r.item, p.v.theme
	c := p.items[item]
	text, note := t.Plain.Render(c.Title), ""
	switch {
	case p.foreign[item] && c.Typed:
		note = "cannot be taken back; x asks for its name"
	case p.foreign[item]:
		note = "not ours; x adopts it"
	case p.v.out[c.ID]:
		note = "left out"
	case p.v.left[c.ID]:
		note = "left out with what it needs"
	case c.Cost != "":
		note = c.Cost
	}
	if p.foreign[item] || p.v.left[c.ID] {
		text = t.Faint.Render(c.Title)
	}
	if selected {
		text = t.Selected.Render(c.Title)
	}
	line := p.mark(selected) + strings.Repeat(" ", r.indent) + p.fold(p.isOpen(changeName(c), false)) + p.symbol(c, item) + " " + text
	if note != "" {
		line += t.Faint.Render("  " + note)
	}
	return t.Cut(line, p.width)
}

// mark shows where the cursor is.
func (p *pane) mark(selected bool) string {
	if selected {
		return " " + p.v.theme.Accent.Render(p.v.theme.Glyphs.Cursor) + " "
	}
	return "   "
}

// fold shows whether an item is open.
func (p *pane) fold(open bool) string {
	if open {
		return p.v.theme.Faint.Render(p.v.theme.Glyphs.Open) + " "
	}
	return p.v.theme.Faint.Render(p.v.theme.Glyphs.Closed) + " "
}

// symbol is Terraform's mark in its colour, or the sign of what is left out.
func (p *pane) symbol(c *plan.Change, item int) string {
	t := p.v.theme
	if p.foreign[item] || p.v.left[c.ID] {
		return t.Faint.Render(t.Glyphs.Out)
	}
	switch mark := c.Symbol(); mark {
	case "+":
		return t.Add.Render(mark)
	case "-":
		return t.Remove.Render(mark)
	case "~":
		return t.Change.Render(mark)
	default:
		return t.Accent.Render(mark)
	}
}
