package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"stateroom/steps"
)

// stepState is what the rail says of a step.
type stepState int

const (
	stateNotYet stepState = iota
	stateChecking
	stateRight
	stateToChange
	stateDone
	stateFailed
	stateAttention
)

// railNames are the steps' names as short as the rail needs them.
var railNames = [stepCount + 1]string{"", "Account", "IAM", "Region", "KMS key", "Bucket", "Lock", "Files", "Test", "Done"}

// state is what is known of step n, with a word or two for the rail.
func (w *wizard) state(n int) (stepState, string) {
	look := w.looking[n]
	switch {
	case look.err != nil:
		return stateFailed, "failed"
	case w.phase == applying:
		return w.progress.state(n)
	case look.checking || w.phase == inspecting && look.seen:
		if look.seen {
			return stateChecking, "seen"
		}
		return stateChecking, "checking"
	case !look.seen:
		return stateNotYet, ""
	}
	return w.reviewed(n)
}

// tally is what a review says of one step.
type tally struct {
	changes, left       int
	attention, failures int
}

// count tallies all steps at once; a plan may have ten thousands of changes, so
// it is done when something changes and not for every view.
func (w *wizard) count() {
	w.tallies = [stepCount + 1]tally{}
	w.left = w.users.leftWith(w.out)
	for i := range w.review.Changes {
		c := &w.review.Changes[i]
		w.tallies[c.Step].changes++
		if w.left[c.ID] {
			w.tallies[c.Step].left++
		}
	}
	for _, f := range w.findings() {
		switch f.Severity {
		case steps.Failure:
			w.tallies[f.Step].failures++
		case steps.Warning:
			w.tallies[f.Step].attention++
		case steps.Info:
		}
	}
	if w.result != nil {
		for _, f := range w.result.Failures {
			w.tallies[f.Change.Step].failures++
		}
	}
}

// reviewed is the state of a step whose changes are known.
func (w *wizard) reviewed(n int) (stepState, string) {
	t := w.tallies[n]
	switch {
	case t.failures > 0:
		return stateFailed, "failed"
	case t.changes > t.left:
		return stateToChange, fmt.Sprintf("%d to do", t.changes-t.left)
	case t.changes > 0:
		return stateToChange, "left out"
	case t.attention > 0:
		return stateAttention, "look"
	case w.progress != nil && w.progress.touched(n):
		return stateDone, "done"
	}
	return stateRight, "right"
}

// findings are those of the newest look, or of the proof that followed it.
func (w *wizard) findings() []steps.Finding {
	if w.result != nil && w.phase == reviewing {
		return w.result.Findings
	}
	return w.review.Findings
}

// sign is a state's glyph and style.
func (w *wizard) sign(s stepState) (string, lipgloss.Style) {
	t := w.theme
	switch s {
	case stateChecking:
		return w.spinner.View(), t.Accent
	case stateRight:
		return t.Glyphs.Right, t.Good
	case stateToChange:
		return t.Glyphs.ToChange, t.Change
	case stateDone:
		return t.Glyphs.Done, t.Good
	case stateFailed:
		return t.Glyphs.Failed, t.Bad
	case stateAttention:
		return t.Glyphs.Attention, t.Warn
	case stateNotYet:
	}
	return t.Glyphs.NotYet, t.Faint
}

// legend explains the rail's signs.
func (w *wizard) legend() string {
	g := w.theme.Glyphs
	return strings.Join([]string{
		g.NotYet + " not looked at yet", g.Right + " right already", g.ToChange + " to change",
		g.Done + " done", g.Attention + " needs attention", g.Failed + " failed",
	}, ", ")
}

// The width of the rail and of the gap beside it.
const (
	railColumns = 26
	railGap     = 2
)

func (w *wizard) wide() bool { return w.width >= railWidth }

func (w *wizard) contentWidth() int {
	if w.wide() {
		return w.width - railColumns - railGap
	}
	return w.width
}

// rail is the nine steps, one a line.
func (w *wizard) rail() []string {
	lines := []string{""}
	for n := 1; n <= stepCount; n++ {
		state, word := w.state(n)
		glyph, style := w.sign(state)
		name, mark := w.theme.Plain.Render(railNames[n]), "  "
		if n == w.current {
			name, mark = w.theme.Selected.Render(railNames[n]), " "+w.theme.Accent.Render(w.theme.Glyphs.Cursor)
		}
		left := fmt.Sprintf("%s %s %d %s", mark, style.Render(glyph), n, name)
		lines = append(lines, w.theme.Pad(left, railColumns-len(word)-1)+w.theme.Faint.Render(word))
	}
	return lines
}

// foldedRail is the nine steps on one line, the current one with its name.
func (w *wizard) foldedRail() string {
	parts := make([]string, 0, stepCount)
	for n := 1; n <= stepCount; n++ {
		state, word := w.state(n)
		glyph, style := w.sign(state)
		part := style.Render(glyph) + fmt.Sprint(n)
		if n == w.current {
			part = style.Render(glyph) + " " + w.theme.Selected.Render(fmt.Sprintf("%d %s", n, railNames[n]))
			if word != "" {
				part += w.theme.Faint.Render(" (" + word + ")")
			}
		}
		parts = append(parts, part)
	}
	return " " + strings.Join(parts, "  ")
}
