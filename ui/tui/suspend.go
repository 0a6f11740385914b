package tui

import (
	"errors"
	"io"

	tea "github.com/charmbracelet/bubbletea"
)

// resumedMsg says that the program goes on after it was suspended, or why it was
// not.
type resumedMsg struct{ err error }

// errNotStopped says that nothing could stop the program.
var errNotStopped = errors.New("not stopped")

// suspend gives the terminal back to the shell, and takes it again when the
// shell continues the program. Changes under way are not left alone.
func (m *root) suspend() tea.Cmd {
	if m.working() {
		return m.broadcast(noticeMsg{text: "Not suspended: changes are under way, and a stopped program cannot finish them."})
	}
	return tea.Exec(suspension{}, func(err error) tea.Msg { return resumedMsg{err} })
}

// resumed redraws; the program has measured the terminal anew.
func (m *root) resumed(msg resumedMsg) tea.Cmd {
	switch {
	case msg.err == nil && m.mouse:
		return tea.EnableMouseCellMotion // Bubble Tea has taken it back and forgotten
	case msg.err == nil:
		return nil
	}
	return m.broadcast(noticeMsg{text: "Not suspended: no shell with job control started this program, so nothing could continue it."})
}

// suspension is what the terminal is given away for. Bubble Tea's own waits for
// ever where the system drops the stop.
type suspension struct{}

func (suspension) Run() error          { return stopGroup() }
func (suspension) SetStdin(io.Reader)  {}
func (suspension) SetStdout(io.Writer) {}
func (suspension) SetStderr(io.Writer) {}
