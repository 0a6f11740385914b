package tui

import (
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"
)

// spin starts the spinner; it stops by itself when nothing is under way.
func (v *runScreen) spin() tea.Cmd { return v.spinner.Tick }

func (v *runScreen) busy() bool { return v.waiting() != "" || v.phase == applying }

// waiting says what is done until there is anything to show.
func (v *runScreen) waiting() string {
	switch {
	case v.phase == inspecting:
		return v.mode.looking
	case v.phase != opening:
		return ""
	case v.rehearses:
		return "Making a finished setup to practice on"
	}
	return v.mode.opening
}

func (v *runScreen) tick(msg spinner.TickMsg) tea.Cmd {
	if !v.busy() {
		return nil
	}
	var cmd tea.Cmd
	v.spinner, cmd = v.spinner.Update(msg)
	v.refresh()
	return cmd
}

// refresh rebuilds what changed since the last batch of reports; the spinner's
// tick calls it, so that ten thousand reports cost ten redraws a second.
func (v *runScreen) refresh() {
	if v.phase == applying || v.stale {
		v.stale = false
		v.rebuild()
	}
}

// waitingView is the list with what is under way below it.
func (v *runScreen) waitingView() []string {
	text := v.waiting()
	if v.counting != "" {
		text += ": " + v.counting
	}
	lines := append([]string{}, v.list.view()...)
	return append(lines, " "+v.theme.Accent.Render(v.spinner.View())+" "+text)
}
