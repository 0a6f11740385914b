package tui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// wheelLines is how far one notch of the wheel goes.
const wheelLines = 3

// scrolled is a screen that the wheel moves, by so many lines.
type scrolled interface{ wheel(by int) }

// clicked is a screen that takes a click on one of its lines, as it shows them.
type clicked interface {
	click(x, y int) (nav, tea.Cmd)
}

// toggleMouse hands the mouse back to the terminal, which selects text with it, or
// takes it again.
func (m *root) toggleMouse() tea.Cmd {
	m.mouse = !m.mouse
	text, cmd := "Mouse off: the terminal selects text. Press m for wheel and clicks.", tea.Cmd(tea.DisableMouse)
	if m.mouse {
		text, cmd = "Mouse on: wheel and clicks. Press m to select text.", tea.EnableMouseCellMotion
	}
	return tea.Batch(cmd, m.broadcast(noticeMsg{text: text, done: true}))
}

// pointer is a click, or a turn of the wheel.
func (m *root) pointer(msg tea.MouseMsg) tea.Cmd {
	if m.tooSmall() || msg.Action != tea.MouseActionPress {
		return nil
	}
	by := map[tea.MouseButton]int{tea.MouseButtonWheelUp: -wheelLines, tea.MouseButtonWheelDown: wheelLines}[msg.Button]
	if by != 0 {
		if s, ok := m.top().(scrolled); ok {
			s.wheel(by)
		}
		return nil
	}
	if msg.Button != tea.MouseButtonLeft {
		return nil
	}
	if msg.Y == m.height-1 {
		return m.clickFooter(msg.X)
	}
	y := msg.Y - len(m.header())
	if s, ok := m.top().(clicked); ok && y >= 0 && msg.Y < m.height-footerHeight {
		return m.follow(s.click(msg.X, y))
	}
	return nil
}

// clickFooter does what the key does whose words stand there.
func (m *root) clickFooter(x int) tea.Cmd {
	at := 0
	for _, k := range m.shownKeys() {
		at += ansi.StringWidth(m.keyText(k))
		if x < at {
			return m.key(pressed(k.Keys()[0]))
		}
	}
	return nil
}

// click puts the cursor on an item of a list, and opens or closes one that has it
// already; what stands below an item is the item, too.
func (l *list) click(y int) (nav, tea.Cmd) {
	at := l.top + y
	from, to := l.window()
	if !l.choosing || at < from || at >= to {
		return nav{}, nil
	}
	at = l.owner(at)
	switch {
	case l.rows[at].item == nil:
	case at == l.cursor:
		return l.keys().update(pressed(" "), l.move)
	default:
		l.cursor = at
		l.revealItem()
	}
	return nav{}, nil
}

func (v *runScreen) wheel(by int) {
	v.follows = false
	v.list.shift(by)
}

// click is one on the list, or on a stage beside it.
func (v *runScreen) click(x, y int) (nav, tea.Cmd) {
	switch {
	case v.phase == asking:
		v.clickForm(x, y)
	case v.phase == opening:
	case !v.wide():
		return v.list.click(y - foldedHeight)
	case x >= stepperColumns+stepperGap+v.list.width: // the details, of which nothing can be chosen
	case x >= stepperColumns:
		return v.list.click(y)
	case v.staged():
		v.goToStage(y) // the first line of the column is empty
	}
	return nav{}, nil
}

// clickForm goes to the field that is clicked on, and chooses the option there.
func (v *runScreen) clickForm(x, y int) {
	if v.wide() {
		x -= stepperColumns + stepperGap
	} else {
		y -= foldedHeight
	}
	head, _, top := v.formLines()
	v.asked.shown().form.Click(x-formIndent, y+top-head)
}

func (v *viewer) wheel(by int) { v.list.shift(by) }

func (f *finder) wheel(by int) { f.list.shift(by) }

// click puts the cursor on a row, and takes the one that has it.
func (f *finder) click(_, y int) (nav, tea.Cmd) {
	at := f.list.top + y - len(f.head())
	from, to := f.list.window()
	switch {
	case at < from || at >= to:
	case at == f.list.cursor:
		if ticks := slices.IndexFunc(f.own, func(h hotkey) bool { return key.Matches(pressed(" "), h.Binding) }); ticks >= 0 {
			return f.own[ticks].do()
		}
		return f.take()
	default:
		f.list.cursor = at
	}
	return nav{}, nil
}

// click puts the cursor on a choice, and takes the one that has it.
func (c *chooser) click(_, y int) (nav, tea.Cmd) {
	_, owners := c.drawn()
	switch {
	case y >= len(owners) || owners[y] < 0:
	case owners[y] == c.list.cursor:
		return c.hotkeys().update(pressed("enter"), c.list.key)
	default:
		c.list.cursor = owners[y]
	}
	return nav{}, nil
}
