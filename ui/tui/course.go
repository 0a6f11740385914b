package tui

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/tui/theme"
)

// mostPoints are won with a fault by whoever needs no help.
const mostPoints = 3

// course is what can be practised of troubleshooting, and what was learned of it.
type course struct {
	chapters []Chapter
	progress Progress
	// book books and keeps what was learned; it may be nil.
	book func(fault string, points int, surprise bool) (Progress, error)
}

// learnedMsg says what has been learned so far.
type learnedMsg struct {
	progress Progress
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

// all are the faults of all chapters.
func (c *course) all() (all []Fault) {
	for _, chapter := range c.chapters {
		all = append(all, chapter.Faults...)
	}
	return all
}

// fault is that of a name.
func (c *course) fault(name string) (Fault, bool) {
	all := c.all()
	i := slices.IndexFunc(all, func(f Fault) bool { return f.Name == name })
	if i < 0 {
		return Fault{}, false
	}
	return all[i], true
}

func (c *course) solved(f Fault) bool {
	_, solved := c.progress.Points[f.Name]
	return solved
}

// next is the first of these that is not solved; 0 where all are.
func (c *course) next(of []Fault) int {
	return max(0, slices.IndexFunc(of, func(f Fault) bool { return !c.solved(f) }))
}

// count tells how many of these are solved.
func (c *course) count(of []Fault) string {
	n := 0
	for _, f := range of {
		if c.solved(f) {
			n++
		}
	}
	return fmt.Sprintf("%d of %d", n, len(of))
}

// chapters is the table of contents: what to practise troubleshooting on.
type chapters struct {
	chooser

	course *course
}

func newChapters(t *theme.Theme, of *course) *chapters {
	c := &chapters{course: of, chooser: chooser{
		theme: t, title: "Learn to find what is wrong", stays: true,
		helped: []string{
			"Practicing a fault",
			"A finished setup is made in the sandbox, and one thing in it is broken as it breaks in real life. You are told what Terraform says, and you find the cause: with the checks of stateroom, or with Terraform and the AWS CLI in a window of your own.",
			fmt.Sprintf("A fault that you solve without help is worth %d points. A hint costs one, and so does letting the checks name the cause. What you have solved is kept for the next time.", mostPoints),
		},
	}}
	c.fill()
	c.list.cursor = max(0, slices.IndexFunc(of.chapters, func(chapter Chapter) bool { return !of.solved(chapter.Faults[of.next(chapter.Faults)]) }))
	return c
}

// fill says how far each chapter is.
func (c *chapters) fill() {
	c.text = []string{"A setup in the sandbox, with one thing broken. " + c.course.count(c.course.all()) + " solved so far."}
	c.items = nil
	width := 0
	for _, chapter := range c.course.chapters {
		width = max(width, len(chapter.Title))
	}
	for _, chapter := range c.course.chapters {
		name := chapter.Title + strings.Repeat(" ", width-len(chapter.Title)+2) + c.course.count(chapter.Faults)
		c.items = append(c.items, choice{name, chapter.About, func() (nav, tea.Cmd) {
			return nav{push: newFaults(c.theme, c.course, chapter.Title, chapter.Faults)}, nil
		}})
	}
	surprise := "One of all, and you are not told which."
	if p := c.course.progress; p.Surprises > 0 {
		surprise = fmt.Sprintf("One of all, and you are not told which. So far: %d of %d points.", p.Won, p.Surprises*mostPoints)
	}
	c.items = append(c.items, choice{"Surprise me", surprise, c.surprise},
		choice{"All faults by name", "For whoever knows what to look for: / searches them.", func() (nav, tea.Cmd) {
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
	all := c.course.all()
	f := all[rand.IntN(len(all))] //nolint:gosec // a game, no secret
	return nav{begin: &Request{Mode: Troubleshoot, Sandbox: true, Fault: f.Name, Surprise: true}}, nil
}
