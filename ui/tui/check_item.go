package tui

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// checkItem is one check.
type checkItem plan.Check

func (c *checkItem) name() itemName { return itemName{aCheck, c.Subject, c.Name} }

// signWidth is that of the sign of a verdict. What it means is in the count above the
// checks, and every column more is one less for the answer.
const signWidth = 2

func (c *checkItem) title() (text, note string, indent int) { return c.Name, "", signWidth }

// line is the check with what came back, in columns as long as the names are short.
func (c *checkItem) line(l *list, name string, room int, selected bool) string {
	glyph, style := verdict(l.theme, c.Verdict)
	answer, left := c.beside(l, room, name)
	padded := l.padded(name, nameColumn)
	if c.Verdict != plan.Passed && ansi.StringWidth(answer) > left {
		answer, padded = "", name // it stands below, where there is room for more of it
	}
	return style.Render(l.theme.Pad(glyph, signWidth)) + l.name(name, selected) + padded[len(name):] + l.beside(padded, answer, room-signWidth)
}

// nameColumn is the width of the longest name of a check.
const nameColumn = 34

// beside is what came back with its paths and ARNs as short as it takes, and the columns
// that are left for it in the room of a line.
func (c *checkItem) beside(l *list, room int, name string) (answer string, left int) {
	const least = 12 // of a path or an ARN, to be of use
	left = room - signWidth - max(nameColumn, ansi.StringWidth(name)) - len(gap)
	answer = strings.ReplaceAll(c.Answer, "\n", " ")
	if over := ansi.StringWidth(answer) - left; over > 0 && longest(answer)-over >= least {
		answer = words.Short(answer, longest(answer)-over, l.theme.Glyphs.Ellipsis)
	}
	return answer, left
}

// briefly is the beginning of the answer of a check that did not pass, where there is no
// room for it beside its name.
func (c *checkItem) briefly(l *list, indent int) {
	if c.Verdict == plan.Passed {
		return
	}
	if answer, left := c.beside(l, l.width-marksWidth-indent, c.Name); ansi.StringWidth(answer) > left {
		indent += marksWidth + signWidth
		for _, line := range wrapMost(l.short(answer), prose(l.width-indent-1), briefMost, l.theme) {
			l.below(strings.Repeat(" ", indent) + l.theme.Faint.Render(line))
		}
	}
}

func (c *checkItem) keys(l *list) hotkeys {
	return hotkeys{{keys.Read, func() (nav, tea.Cmd) {
		return nav{push: newViewer(l.theme, c.Name, readCheck(plan.Check(*c)), nil)}, nil
	}}}
}

// clip is what came back.
func (c *checkItem) clip() clip { return clip{"the answer", c.Answer} }

// readCheck is all there is to a check, as a text.
func readCheck(c plan.Check) string {
	text := fmt.Sprintf("Check: %s\nAsked: %s\nAnswer: %s\nVerdict: %s", c.Name, c.Asked, c.Answer, c.Verdict)
	if c.Finding != "" {
		text += "\nFinding: " + c.Finding
	}
	return text
}

func (g *group) name() itemName { return itemName{kind: aGroup, subject: g.subject} }

func (g *group) title() (text, note string, indent int) { return g.called(), "", len("x ") }

func (g *group) line(l *list, name string, room int, selected bool) string {
	glyph, style := verdict(l.theme, g.worst())
	padded := l.padded(name, min(34, g.of.widest))
	return style.Render(glyph) + " " + l.name(name, selected) + padded[len(name):] + l.beside(padded, g.String(), room-len("x "))
}

func (g *group) keys(*list) hotkeys { return nil }

func (g *group) clip() clip { return clip{"the name", g.subject} }

// show adds the checks of the group: while looking as they ended, and in a review
// those first that did not pass.
func (g *group) show(l *list, indent int, reviewing bool) {
	all, checks := g.of.all, g.checks
	if reviewing {
		checks = g.inOrder()
	}
	for _, i := range checks {
		if i == len(all)-1 {
			g.of.newest = len(l.rows)
		}
		check := (*checkItem)(&all[i])
		if l.add(check, indent, false) {
			check.detail(l)
		} else {
			check.briefly(l, indent)
		}
	}
}

func (c *checkItem) detail(l *list) {
	l.labelled("Asked", c.Asked, l.theme.Plain)
	l.labelled("Answer", c.Answer, l.theme.Plain)
	l.labelled("Finding", c.Finding, l.theme.Plain)
}

// detail is every check of the group, with the answers of those that did not pass.
func (g *group) detail(l *list) {
	for _, i := range g.inOrder() {
		c := (*checkItem)(&g.of.all[i])
		glyph, style := verdict(l.theme, c.Verdict)
		for at, line := range words.Fit(c.Name, prose(l.width-below-1)-2) {
			if at > 0 {
				glyph = " "
			}
			l.below(strings.Repeat(" ", below) + style.Render(glyph) + " " + line)
		}
		if c.Verdict != plan.Passed {
			l.quoted(c.Answer, below+2, l.theme.Faint)
		}
	}
}

// inOrder are the checks, those first that did not pass.
func (g *group) inOrder() []int {
	all, checks := g.of.all, slices.Clone(g.checks)
	sort.SliceStable(checks, func(i, j int) bool { return urgency[all[checks[i]].Verdict] < urgency[all[checks[j]].Verdict] })
	return checks
}

// detail is that of the group of the same subject.
func (l *line) detail(to *list) { l.table.of.groups[l.table.of.at[l.subject]].detail(to) }

var urgency = map[plan.Verdict]int{plan.Failed: 0, plan.Undecided: 1, plan.Passed: 2}

func (l *line) name() itemName { return itemName{kind: aSubject, subject: l.subject} }

// title is empty, since a table shortens its subjects itself.
func (l *line) title() (text, note string, indent int) { return "", "", 0 }

func (l *line) line(to *list, _ string, _ int, selected bool) string {
	return l.table.draw(to.theme, l, to.width, selected)
}

// keys scroll the table sideways, where it is wider than the screen.
func (l *line) keys(to *list) hotkeys {
	if l.table.hidden(to.theme, to.width) == "" {
		return nil
	}
	scroll := func(by int) action {
		return func() (nav, tea.Cmd) {
			l.table.move(by, to.width)
			to.fill(to.width, to.height)
			return nav{}, nil
		}
	}
	return hotkeys{{bind("left/right", "columns", "left"), scroll(-1)}, {bind("", "", "right"), scroll(1)}}
}

func (l *line) clip() clip { return clip{"the name", l.subject} }

// show lists the checks, by subject where there are several; a review has those with
// a subject in tables, where there are any. A group is open by itself where something
// in it did not pass, and while checks come in, unless there are too many to follow.
func (l *checklist) show(to *list, reviewing bool) {
	const followed = 50
	heads, indent, shown := len(l.groups) > 1, 0, false
	if heads {
		indent = 2
	}
	for i := range l.groups {
		g := &l.groups[i]
		if l.tabled && g.subject != "" && reviewing {
			continue
		}
		if !shown && reviewing {
			to.text(" " + to.theme.Bold.Render("Checks"))
		}
		shown = true
		open := !heads || to.add(g, 0, !reviewing && len(l.groups) <= followed || g.worst() != plan.Passed)
		if g.checks[len(g.checks)-1] == len(l.all)-1 {
			l.newest = len(to.rows) - 1
		}
		if open {
			g.show(to, indent, reviewing)
		}
	}
	if shown && reviewing {
		to.text("")
	}
}
