package tui

import (
	"fmt"
	"sort"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/learn"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// faults is a list of what to practise troubleshooting on: a chapter, or all by name.
type faults struct {
	finder
	course *course
	title  string
	all    []learn.Fault
	// named shows causes; a chapter shows what Terraform says of them, until they are
	// solved.
	named bool
	// column is the width of the names.
	column int
}

// newFaults lists a chapter, and begins at the first fault that is not solved.
func newFaults(t *theme.Theme, of *course, title string, all []learn.Fault) *faults {
	f := listFaults(t, of, &faults{title: title, all: all})
	f.list.cursor = of.progress.Next(all)
	return f
}

// newFaultNames lists all faults by their names.
func newFaultNames(t *theme.Theme, of *course) *faults {
	all := learn.All(of.chapters)
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return listFaults(t, of, &faults{title: learn.ByNameTitle, all: all, named: true})
}

func listFaults(t *theme.Theme, of *course, f *faults) *faults {
	f.course = of
	texts := make([]string, len(f.all))
	for i, fault := range f.all {
		texts[i] = fault.Says + " " + fault.Goal
		if f.named {
			texts[i] = fault.Name + " " + fault.Text
		}
		f.column = max(f.column, len(fault.Name)+2)
	}
	f.finder = finder{
		theme: t, head: f.above, row: f.draw, foot: f.explained, details: f.detailed, accept: "practice", take: f.practise, own: hotkeys{{Binding: keys.Filter}},
		helped: []string{
			"Practicing a fault",
			"A finished setup is made in the sandbox, and one thing in it is broken as it breaks in real life. You then troubleshoot it: the checks name what is wrong and on what evidence, and fix it when you say so.",
		},
	}
	f.index(texts)
	return f
}

func (f *faults) update(msg tea.Msg) (nav, tea.Cmd) {
	if _, ok := msg.(learnedMsg); ok && !f.named && len(f.shown) == len(f.all) {
		f.list.cursor = f.course.progress.Next(f.all)
		f.list.resize(len(f.shown), f.list.height)
	}
	return f.finder.update(msg)
}

// practise begins with the fault under the cursor.
func (f *faults) practise() (nav, tea.Cmd) {
	i := f.under()
	if i < 0 {
		return nav{}, nil
	}
	return nav{begin: &Request{Mode: Troubleshoot, Sandbox: true, Fault: f.all[i].Name}}, nil
}

func (f *faults) above() []string {
	t := f.theme
	about := f.course.progress.Count(f.all) + " solved. This is what Terraform says of each:"
	if f.named {
		about = "A setup is made in the sandbox and then broken in this way."
	}
	lines := append([]string{""}, heading(t, f.title, f.list.position(t), 2, f.width-2)...)
	return append(lines, "  "+t.Faint.Render(t.Cut(about, f.width-4)), f.filterLine("name and text"), "")
}

func (f *faults) draw(i int, selected bool) string {
	t, fault := f.theme, f.all[i]
	mark, style := "    ", t.Plain
	if selected {
		mark, style = "  "+t.Accent.Render(t.Glyphs.Cursor)+" ", t.Selected
	}
	const unsolved = "      "
	solved := unsolved
	if points, done := f.course.progress.Points[fault.Name]; done {
		solved = t.Good.Render(fmt.Sprintf("%s %d/%d ", t.Glyphs.Right, points, learn.MostPoints))
	}
	name := ""
	if solved != unsolved {
		name = fault.Name
	}
	if f.named {
		column := min(f.column, f.width/2)
		return mark + solved + style.Render(t.Pad(fault.Name, column)) + t.Faint.Render(t.Cut(fault.Text, f.width-column-12))
	}
	title := fmt.Sprintf("%2d  %s", i+1, t.Cut(fault.Short, f.width-16))
	if name != "" {
		name = strings.Repeat(" ", max(2, 52-ansi.StringWidth(title))) + name
	}
	return mark + solved + style.Render(title) + t.Faint.Render(t.Cut(name, f.width-ansi.StringWidth(title)-12))
}

// explained says on a few lines what the fault under the cursor is, or what its goal is.
func (f *faults) explained() []string {
	const most = 2
	lines := make([]string, 1+most)
	if i := f.under(); i >= 0 {
		text := "Goal: " + f.all[i].Goal
		if f.named {
			text = f.all[i].Text
		}
		for at, line := range wrapMost(text, f.width-5, most, f.theme) {
			lines[1+at] = "    " + line
		}
	}
	return lines
}

// detailed is all that may be told of the fault under the cursor before it is practised.
func (f *faults) detailed(width int) []string {
	fault := f.all[f.under()]
	name, told, solved := fault.Short, (&learn.Attempt{Fault: fault}).Told(), f.course.progress.Solved(fault)
	if solved || f.named {
		name, told = fault.Name, append(told, "The cause: "+fault.Text)
	}
	if solved {
		told = append(told, "The fix: "+fault.Fix)
	}
	lines := []string{f.theme.Bold.Render(name)}
	for _, text := range told {
		lines = append(lines, "")
		lines = append(lines, words.Fit(text, width)...)
	}
	return lines
}
