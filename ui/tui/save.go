package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps"
)

// endDryRun sums up and leaves.
func (w *wizard) endDryRun() tea.Cmd {
	w.engine.made = &steps.Summary{DryRun: true, Foreign: w.review.Foreign, Findings: w.review.Findings}
	s := w.engine.made
	kept, _ := steps.LeaveOut(w.review.Changes, w.out)
	s.Add, s.Change, s.Destroy = steps.Counts(kept)
	return quit
}
