package tui

import (
	"math/rand/v2"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/tui/theme"
)

// faults is the list of what to practise troubleshooting on.
type faults struct {
	finder
	all []Fault
	// column is the width of the names.
	column int
}

func newFaults(t *theme.Theme, all []Fault) *faults {
	f := &faults{all: append([]Fault{{Surprise, SurpriseText}}, all...)}
	texts := make([]string, len(f.all))
	for i, fault := range f.all {
		texts[i] = fault.Name + " " + fault.Text
		f.column = max(f.column, len(fault.Name)+2)
	}
	f.finder = finder{
		theme: t, head: f.above, row: f.draw, foot: f.explained, accept: "practice", take: f.practise, own: hotkeys{{Binding: keys.Filter}},
		helped: []string{
			"Practicing a fault",
			"A finished setup is made in the sandbox, and one thing in it is broken as it breaks in real life. You then troubleshoot it: the checks name what is wrong and on what evidence, and fix it when you say so.",
			"Surprise me takes one at random and does not tell which.",
		},
	}
	f.index(texts)
	return f
}

// practise begins with the fault under the cursor.
func (f *faults) practise() (nav, tea.Cmd) {
	i := f.under()
	if i < 0 {
		return nav{}, nil
	}
	if i == 0 {
		i = 1 + rand.IntN(len(f.all)-1) //nolint:gosec // a game, no secret
	}
	return nav{pop: true, then: beginning(Request{Mode: Troubleshoot, Sandbox: true, Fault: f.all[i].Name})}, nil
}

func (f *faults) above() []string {
	t := f.theme
	return []string{
		"", "  " + t.Title.Render(FaultTitle) + t.Faint.Render(f.list.position(t)),
		"  " + t.Faint.Render(t.Cut("A setup is made in the sandbox and then broken in this way.", f.width-4)),
		f.filterLine("name and text"), "",
	}
}

func (f *faults) draw(i int, selected bool) string {
	t, column := f.theme, min(f.column, f.width/2)
	mark, style := "    ", t.Plain
	if selected {
		mark, style = "  "+t.Accent.Render(t.Glyphs.Cursor)+" ", t.Selected
	}
	return mark + style.Render(t.Pad(f.all[i].Name, column)) + t.Faint.Render(t.Cut(f.all[i].Text, f.width-column-6))
}

// explained says on a few lines what the fault under the cursor is.
func (f *faults) explained() []string {
	const most = 2
	lines := make([]string, 1+most)
	if i := f.under(); i >= 0 {
		for at, line := range wrapMost(f.all[i].Text, f.width-5, most, f.theme) {
			lines[1+at] = "    " + line
		}
	}
	return lines
}
