package tui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// chooser asks for one of a few ways on: the menu, the confirmation before
// changes, how a plan is saved.
type chooser struct {
	theme *theme.Theme
	title string
	text  []string
	items []choice
	// main says that leaving it means leaving the program; stays that it is still
	// there when one comes back from what was chosen.
	main, stays bool
	// own are keys beside those of every dialog.
	own    hotkeys
	list   scroll
	width  int
	height int
	helped []string
}

// choice is one of the ways on.
type choice struct {
	name, text string
	// choose is what it leads to; nil only closes the dialog.
	choose action
}

func (c *chooser) resize(width, height int) {
	c.width, c.height = width, height
	c.list.resize(len(c.items), height)
}

func (c *chooser) update(msg tea.Msg) (nav, tea.Cmd) { return c.hotkeys().update(msg, c.move) }

// move moves the cursor. From the first choice up is the last one, and back.
func (c *chooser) move(msg tea.KeyMsg) bool {
	switch first, last := c.list.cursor == 0, c.list.cursor == len(c.items)-1; {
	case first && key.Matches(msg, keys.Up):
		c.list.cursor = len(c.items) - 1
	case last && key.Matches(msg, keys.Down):
		c.list.cursor = 0
	default:
		return c.list.key(msg)
	}
	c.list.follow()
	return true
}

func (c *chooser) keys() []key.Binding { return c.hotkeys().bindings() }

func (c *chooser) hotkeys() hotkeys {
	choose := goTo(nav{pop: !c.main && !c.stays, then: c.items[c.list.cursor].choose})
	if c.main {
		return append(hotkeys{{keys.Accept, choose}, {Binding: keys.Down}, {keys.Quit, goTo(nav{quit: true})}, hotkey{keys.Back, goTo(nav{pop: true})}.shown(false)}, c.own...)
	}
	return slices.Concat(hotkeys{{bind("enter", "choose", "enter"), choose}, {Binding: keys.Down}}, c.own, hotkeys{{keys.Back, goTo(nav{pop: true})}})
}

// view is everything where it fits; where it does not, only the choice under the
// cursor is explained.
func (c *chooser) view() []string {
	lines, _ := c.drawn()
	return lines
}

// drawn is the view, and for each line the choice that it belongs to, or -1.
func (c *chooser) drawn() (lines []string, owners []int) {
	lines = append(append([]string{""}, heading(c.theme, c.title, "", 2, c.width-2)...), "")
	head := len(lines)
	for _, text := range c.text {
		for _, line := range words.Fit(text, c.room()) {
			lines = append(lines, "  "+line)
		}
	}
	if len(c.text) > 0 {
		lines = append(lines, "")
	}
	if full, owners := c.choices(lines, true); len(full) <= c.height {
		return full, owners
	}
	brief, owners := c.choices(lines, false)
	if over := len(brief) - c.height; over > 0 && len(c.text) > 0 { // the choices stay in sight
		cut := max(head, len(lines)-1-over-1)
		lines = append(lines[:cut:cut], "  "+c.theme.Faint.Render(c.theme.Glyphs.Ellipsis+" ? shows the rest"), "")
		return c.choices(lines, false)
	}
	return brief, owners
}

func (c *chooser) room() int { return dialogRoom(c.width) }

// dialogRoom is how wide a dialog's text may be on a screen of that width.
func dialogRoom(width int) int { return min(76, width-4) }

// choices adds the ways on below the lines.
func (c *chooser) choices(above []string, roomy bool) (lines []string, owners []int) {
	lines = slices.Clone(above)
	for i, item := range c.items {
		for len(owners) < len(lines) {
			owners = append(owners, i-1)
		}
		mark, style := "    ", c.theme.Plain
		if i == c.list.cursor {
			mark, style = "  "+c.theme.Accent.Render(c.theme.Glyphs.Cursor)+" ", c.theme.Selected
		}
		for _, line := range words.Fit(item.name, c.width-len("    ")) {
			lines, mark = append(lines, mark+style.Render(line)), "    "
		}
		if item.text == "" || !roomy && i != c.list.cursor {
			continue
		}
		for _, line := range words.Fit(item.text, min(c.room(), c.width-8)) {
			lines = append(lines, "      "+c.theme.Faint.Render(line))
		}
		if roomy {
			lines = append(lines, "")
		}
	}
	for len(owners) < len(lines) {
		owners = append(owners, len(c.items)-1)
	}
	return lines, owners
}

func (c *chooser) typing() bool { return false }

func (c *chooser) about() []string {
	if c.helped != nil {
		return c.helped
	}
	return append([]string{c.title}, c.text...)
}
