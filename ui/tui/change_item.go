package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// changeItem is a change of a review, and whether it waits for a consent.
type changeItem struct {
	*plan.Change
	foreign bool
	of      *review
}

func (c *changeItem) name() itemName { return itemName{kind: aChange, name: c.ID} }

func (c *changeItem) title() (text, note string, indent int) {
	switch {
	case c.foreign && c.follows():
		note = "waits for a change that needs your confirmation"
	case c.foreign && c.ConfirmByName:
		note = "cannot be undone; x asks for its name"
	case c.foreign && c.Asks != "":
		note = c.Asks + "; x to " + c.Agree()
	case c.foreign && c.Agreeing != "":
		note = "needs your confirmation; x to " + c.Agree()
	case c.foreign:
		note = "not ours; x adopts it"
	case c.of.out[c.ID]:
		note = "left out"
	case c.of.left[c.ID]:
		note = "left out with what it needs"
	}
	return c.Title, note, len("+ ")
}

func (c *changeItem) line(l *list, name string, room int, selected bool) string {
	t, style := l.theme, l.theme.Plain
	symbol := markStyle(t, c.Symbol()).Render(c.Symbol())
	if c.foreign || c.of.left[c.ID] {
		symbol, style = t.Faint.Render(t.Glyphs.Out), t.Faint
	}
	if selected {
		style = t.Selected
	}
	line := symbol + " " + style.Render(name)
	if note := c.beside(); note != "" && name == c.Title && len("+ ")+ansi.StringWidth(name+gap+note) <= room {
		line += t.Faint.Render(gap + note)
	}
	return line
}

// beside is the note of a change or, where it has none, what it costs.
func (c *changeItem) beside() string {
	if _, note, _ := c.title(); note != "" || c.Cents == 0 {
		return note
	}
	return words.Monthly(c.Cents)
}

// clip is what is changed: an ARN, a file, a command.
func (c *changeItem) clip() clip {
	switch {
	case c.Run != nil:
		return clip{"the command", strings.Join(c.Run.Lines, "\n")}
	case c.Target != "":
		return clip{"the target", c.Target}
	}
	return clip{"the title", c.Title}
}

// markStyle is the colour of one of Terraform's marks.
func markStyle(t *theme.Theme, mark string) lipgloss.Style {
	switch mark {
	case "+":
		return t.Add
	case "-":
		return t.Remove
	case "~":
		return t.Change
	}
	return t.Accent
}

// follows tells whether another change decides whether this one is made, and its own key
// can only say so.
func (c *changeItem) follows() bool {
	return c.foreign && c.NotOurs == "" || !c.foreign && c.of.left[c.ID] && !c.of.out[c.ID]
}

// keys leave the change out, take it in or adopt it, and show it as calls, policy or
// diff.
func (c *changeItem) keys(l *list) hotkeys {
	shows := func(k key.Binding, title string, paint painter, text func() string) hotkey {
		return hotkey{k, func() (nav, tea.Cmd) { return nav{push: newViewer(l.theme, title, text(), paint)}, nil }}
	}
	decide := hotkey{keys.Leave, func() (nav, tea.Cmd) { return c.of.decide(c), nil }}
	switch {
	case c.foreign:
		decide.SetHelp("x", c.Agree())
	case c.of.out[c.ID]:
		decide.SetHelp("x", "include")
	}
	if c.follows() {
		decide.SetHelp("", "why it is left out") // what it needs decides
	}
	return hotkeys{
		decide,
		shows(keys.Call, c.Title+": AWS calls", nil, func() string { return plan.Known(callsText(c.Change)) }).when(len(c.Calls) > 0),
		shows(keys.Policy, c.Title, paintDiff, func() string { return plan.Known(documentsText(c.Change)) }).when(documentsText(c.Change) != ""),
		shows(keys.Diff, c.Target, paintDiff, func() string { return strings.Join(words.FileDiff(c.Write), "\n") }).when(c.Write != nil && c.Write.Diff != ""),
	}
}

// show adds the change with what is below it.
func (c *changeItem) show(l *list, indent int) {
	open, at := l.add(c, indent, false), marksWidth+indent+len("+ ")
	if _, note, _ := c.title(); !open && note == "" && c.Cents > 0 && at+ansi.StringWidth(c.Title+gap+c.beside()) > l.width {
		l.below(strings.Repeat(" ", at) + l.theme.Faint.Render(c.beside()))
	}
	if open {
		l.width -= indent
		from := len(l.rows)
		c.detail(l)
		l.width += indent
		for i := from; i < len(l.rows); i++ {
			l.rows[i].text = strings.Repeat(" ", indent) + l.rows[i].text
		}
	}
}

func (c *changeItem) detail(l *list) {
	for _, line := range changeDetail(l.theme, c.Change, prose(l.width-below-1)+below+1, l.most()) {
		l.below(line)
	}
}
