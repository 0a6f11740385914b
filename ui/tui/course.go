package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/learn"
	"stateroom/ui/tui/theme"
)

// course is what can be practised of troubleshooting, and what was learned of it.
type course struct {
	chapters []learn.Chapter
	progress learn.Progress
	// book books and keeps what was learned; it may be nil.
	book func(fault string, points int, surprise bool) (learn.Progress, error)
}

// learnedMsg says what has been learned so far.
type learnedMsg struct {
	progress learn.Progress
	err      error
}

// learn books a fault that was solved.
func (c *course) learn(fault string, points int, surprise bool) tea.Cmd {
	if c.book == nil {
		return nil
	}
	return func() tea.Msg {
		progress, err := c.book(fault, points, surprise)
		return learnedMsg{progress, err}
	}
}

// fault is that of a name.
func (c *course) fault(name string) (learn.Fault, bool) {
	all := learn.All(c.chapters)
	i := slices.IndexFunc(all, func(f learn.Fault) bool { return f.Name == name })
	if i < 0 {
		return learn.Fault{}, false
	}
	return all[i], true
}

// chapters is the table of contents: what to practise troubleshooting on.
type chapters struct {
	chooser

	course *course
}

func newChapters(t *theme.Theme, of *course) *chapters {
	c := &chapters{course: of, chooser: chooser{
		theme: t, title: learn.Title, stays: true,
		helped: append([]string{"Practicing a fault"}, learn.Rules()...),
	}}
	c.fill()
	c.list.cursor = of.progress.NextChapter(of.chapters)
	return c
}

// fill says how far each chapter is.
func (c *chapters) fill() {
	of, p := c.course.chapters, c.course.progress
	c.text = []string{p.Intro(of)}
	c.items = nil
	width := 0
	for _, chapter := range of {
		width = max(width, len(chapter.Title))
	}
	for i, chapter := range of {
		title := fmt.Sprintf("%d %s", i+1, chapter.Title)
		name := title + strings.Repeat(" ", width-len(chapter.Title)+2) + p.Count(chapter.Faults)
		c.items = append(c.items, choice{name, chapter.About, func() (nav, tea.Cmd) {
			return nav{push: newFaults(c.theme, c.course, title, chapter.Faults)}, nil
		}})
	}
	c.items = append(c.items, choice{learn.Surprise, p.SurpriseText(), c.surprise},
		choice{learn.ByName, learn.ByNameText + ": / searches them.", func() (nav, tea.Cmd) {
			return nav{push: newFaultNames(c.theme, c.course)}, nil
		}})
}

func (c *chapters) update(msg tea.Msg) (nav, tea.Cmd) {
	if _, ok := msg.(learnedMsg); ok {
		c.fill()
	}
	return c.chooser.update(msg)
}

// surprise begins with a fault that is not named.
func (c *chapters) surprise() (nav, tea.Cmd) {
	f := learn.Any(learn.All(c.course.chapters))
	return nav{begin: &Request{Mode: Troubleshoot, Sandbox: true, Fault: f.Name, Surprise: true}}, nil
}
