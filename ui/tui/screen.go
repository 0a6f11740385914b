package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// screen is what fills the space between header and footer. Screens lie on a
// stack; keys go to the topmost, all other messages to every one.
type screen interface {
	// update handles a message. The command is one that the program runs beside
	// everything else; what becomes of the stack is no command but a value.
	update(msg tea.Msg) (nav, tea.Cmd)
	// resize tells the space before the first view, and whenever it changes.
	resize(width, height int)
	// view fills the space; longer lines and more of them are cut by the frame.
	view() []string
	// keys are those that work now, the most useful first.
	keys() []key.Binding
	// typing says that letters are text, so that no hot key fires.
	typing() bool
	// about is the text of the help, a heading first.
	about() []string
}

// nav is what becomes of the stack of screens after a message. Root carries it out
// within the same Update, so that a key typed ahead meets the screen that the one
// before it has opened.
type nav struct {
	// pop takes the topmost screen away; push puts another one on top.
	pop  bool
	push screen
	// begin begins a run, quit ends the program.
	begin *Request
	quit  bool
	// copied goes to the clipboard.
	copied *clip
	// then goes on where the stack is as said.
	then action
}

// action is what a choice, an answer or a key leads to. It is called in Update.
type action func() (nav, tea.Cmd)

// goTo is the action of moving on the stack and nothing else.
func goTo(n nav) action { return func() (nav, tea.Cmd) { return n, nil } }

// follow carries out what a screen has answered.
func (m *root) follow(n nav, cmd tea.Cmd) tea.Cmd {
	switch {
	case n.quit:
		return tea.Quit
	case n.pop && len(m.stack) > 1:
		if m.run != nil && m.top() == screen(m.run) {
			cmd = tea.Batch(cmd, m.leaveRun())
		}
		m.stack = m.stack[:len(m.stack)-1]
	case n.pop && n.then == nil: // below the last one is the terminal: nobody goes there unasked
		n.pop, n.push = false, m.leaving()
	}
	if n.push != nil {
		m.stack = append(m.stack, n.push)
	}
	if n.begin != nil {
		cmd = tea.Batch(cmd, m.begin(*n.begin))
	}
	if n.copied != nil {
		cmd = tea.Batch(cmd, m.toClipboard(*n.copied))
	}
	if n.pop || n.push != nil || n.begin != nil {
		m.layout()
	}
	if n.then == nil {
		return cmd
	}
	next, more := n.then()
	return tea.Batch(cmd, m.follow(next, more))
}
