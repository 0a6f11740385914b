package tui

import (
	"fmt"
	"strings"

	"stateroom/steps"
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
)

// row is one line of the pane. Changes are drawn only when they are in sight.
type row struct {
	kind rowKind
	item int
	text string
}

// pane is the current step's screen as one list that scrolls: what the step is
// for, the answers, what is there, what would change.
type pane struct {
	w     *wizard
	rows  []row
	items []*steps.Change
	// foreign says of an item that it touches something that is not ours.
	foreign []bool
	open    map[string]bool
	list    scroll
	width   int
}

func newPane(w *wizard) *pane {
	p := &pane{w: w, open: map[string]bool{}}
	p.list.stops = func(i int) bool { return p.rows[i].kind == rowChange }
	return p
}

// rewind goes back to the first line, for another step.
func (p *pane) rewind() { p.list.top, p.list.cursor = 0, 0 }

// rebuild makes the rows for the wizard's step and phase.
func (p *pane) rebuild() {
	p.width = p.w.contentWidth() - 1
	p.rows, p.items, p.foreign = p.rows[:0], p.items[:0], p.foreign[:0]
	p.heading()
	switch {
	case p.w.phase == applying:
		p.applying()
	case p.w.err != nil:
		p.failure()
	case p.w.phase == reviewing:
		p.reviewing()
	}
	p.list.resize(len(p.rows), p.height())
}

// height is the pane's room: under the folded rail and above the notice.
func (p *pane) height() int {
	height := p.w.height - len(p.w.noticeLines())
	if !p.w.wide() {
		height -= 2
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

func (p *pane) heading() {
	t, s := p.w.theme, p.w.step()
	if p.w.wide() {
		p.text("")
	}
	if p.w.phase == applying {
		p.text(" " + t.Title.Render("Making the changes"))
		return
	}
	_, word := p.w.state(s.Number())
	title := t.Title.Render(p.w.title())
	if word != "" && p.w.phase == reviewing && p.w.err == nil && p.w.current < stepCount {
		title += t.Faint.Render("  " + word)
	}
	p.text(" " + title)
	p.wrapped(s.Why(), 1, t.Faint.Render)
	p.text("")
}

// failure is what keeps every step from being looked at.
func (p *pane) failure() {
	t := p.w.theme
	p.text(" " + t.Bad.Render(t.Glyphs.Failed+" This cannot begin yet"))
	p.wrapped(p.w.err.Error(), 3, t.Plain.Render)
	p.text("", "   "+t.Faint.Render("enter looks again, e changes the answers"))
}

// reviewing shows answers, facts, findings and changes of the current step.
func (p *pane) reviewing() {
	if p.w.result != nil && p.w.current == stepCount {
		p.outcome()
	}
	if p.w.current == stepCount {
		p.last()
	}
	p.pairs("Answers", p.answers())
	p.pairs("There already", facts(p.w.current, p.w.observed, p.w.answers, p.w.setup.Env.Engine))
	p.findings()
	p.changes()
}

func (p *pane) answers() []fact {
	var list []fact
	for _, q := range p.w.questions(p.w.current) {
		value := q.Default
		if q.Kind == steps.Confirm {
			value = map[string]string{"true": "yes", "false": "no"}[value]
		}
		if value == "" {
			value = "(none)"
		}
		list = append(list, fact{q.Prompt, value})
	}
	return list
}

// pairs shows names and values in two columns.
func (p *pane) pairs(title string, list []fact) {
	if len(list) == 0 {
		return
	}
	t := p.w.theme
	p.text(" " + t.Bold.Render(title))
	column := 0
	for _, f := range list {
		column = max(column, min(40, len(f.name)))
	}
	for _, f := range list {
		name := t.Faint.Render(t.Pad(f.name, column)) + "  "
		for i, line := range theme.Wrap(f.value, p.width-column-6) {
			if i > 0 {
				name = strings.Repeat(" ", column+2)
			}
			p.text("   " + name + line)
		}
	}
	p.text("")
}

// findings of the step, the pressing ones before those to know.
func (p *pane) findings() {
	t := p.w.theme
	shown := false
	for _, severity := range []steps.Severity{steps.Failure, steps.Warning, steps.Info} {
		for _, f := range p.w.findings() {
			if f.Step != p.w.current || f.Severity != severity {
				continue
			}
			shown = true
			style, glyph := t.Faint, t.Glyphs.Dot
			switch severity {
			case steps.Failure:
				style, glyph = t.Bad, t.Glyphs.Failed
			case steps.Warning:
				style, glyph = t.Warn, t.Glyphs.Attention
			case steps.Info:
			}
			p.text(" " + style.Render(glyph+" "+f.ID))
			p.wrapped(f.Evidence, 3, t.Plain.Render)
			p.wrapped(f.Remedy, 3, t.Accent.Render)
			if f.Details != "" {
				p.text("", "   "+t.Faint.Render("To hand on:"))
				for _, line := range strings.Split(f.Details, "\n") {
					p.text("   " + line)
				}
			}
		}
	}
	if shown {
		p.text("")
	}
}

// changes lists what the step would change.
func (p *pane) changes() {
	t := p.w.theme
	before := len(p.rows)
	p.text(" " + t.Bold.Render("What changes"))
	p.entries(p.w.review.Changes, false)
	if n := len(p.items); n > 0 {
		p.text("")
	}
	ours := len(p.items)
	if p.entries(p.w.review.Foreign, true); len(p.items) > ours {
		p.text("")
	}
	if len(p.items) == 0 {
		p.rows = p.rows[:before]
		if p.w.current == stepCount {
			return // the whole plan follows
		}
		p.text(" "+t.Good.Render(t.Glyphs.Right)+" Nothing to change: what is there matches the answers.", "")
	}
}

func (p *pane) entries(changes []steps.Change, foreign bool) {
	for i := range changes {
		c := &changes[i]
		if c.Step != p.w.current {
			continue
		}
		item := len(p.items)
		p.items = append(p.items, c)
		p.foreign = append(p.foreign, foreign)
		p.rows = append(p.rows, row{kind: rowChange, item: item})
		if p.open[c.ID] {
			for _, line := range p.detail(c) {
				p.rows = append(p.rows, row{kind: rowDetail, item: item, text: line})
			}
		}
	}
}

// selected is the change under the cursor.
func (p *pane) selected() (c *steps.Change, foreign bool) {
	if p.list.cursor < 0 || p.list.cursor >= len(p.rows) || p.rows[p.list.cursor].kind != rowChange {
		return nil, false
	}
	item := p.rows[p.list.cursor].item
	return p.items[item], p.foreign[item]
}

// view draws the rows in sight.
func (p *pane) view() []string {
	from, to := p.list.window()
	lines := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		r := &p.rows[i]
		if r.kind == rowChange {
			lines = append(lines, p.title(r.item, i == p.list.cursor))
			continue
		}
		lines = append(lines, p.w.theme.Cut(r.text, p.width))
	}
	if above, below := p.list.more(); above+below > 0 {
		lines = append(lines, p.w.theme.Faint.Render(" "+hidden(p.w.theme, above, below)))
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
func (p *pane) title(item int, selected bool) string {
	t, c := p.w.theme, p.items[item]
	mark, fold := "  ", t.Glyphs.Closed
	if selected {
		mark = " " + t.Accent.Render(t.Glyphs.Cursor)
	}
	if p.open[c.ID] {
		fold = t.Glyphs.Open
	}
	text, note := t.Plain.Render(c.Title), ""
	switch {
	case p.foreign[item]:
		note = "not ours; x adopts it"
	case p.w.out[c.ID]:
		note = "left out"
	case p.w.left[c.ID]:
		note = "left out with what it needs"
	case c.Cost != "":
		note = c.Cost
	}
	if p.foreign[item] || p.w.left[c.ID] {
		text = t.Faint.Render(c.Title)
	}
	if selected {
		text = t.Selected.Render(c.Title)
	}
	line := mark + " " + t.Faint.Render(fold) + " " + p.symbol(c, item) + " " + text
	if note != "" {
		line += t.Faint.Render("  " + note)
	}
	return t.Cut(line, p.width)
}

// symbol is Terraform's mark in its colour, or the sign of what is left out.
func (p *pane) symbol(c *steps.Change, item int) string {
	t := p.w.theme
	if p.foreign[item] || p.w.left[c.ID] {
		return t.Faint.Render(t.Glyphs.Out)
	}
	switch mark := symbol(c); mark {
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

// symbol is a change's mark; a new file is an addition.
func symbol(c *steps.Change) string {
	if c.Write != nil && c.Action == steps.WriteFile && !c.Write.Edit.Before.Exists {
		return steps.Create.Symbol()
	}
	return c.Action.Symbol()
}
