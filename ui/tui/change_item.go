package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// changeItem is a change, and whether it waits for a consent.
type changeItem struct {
	*plan.Change
	foreign bool
}

func (c *changeItem) name() itemName        { return itemName{kind: aChange, name: c.ID} }
func (c *changeItem) opens(*runScreen) bool { return false }

func (c *changeItem) line(v *runScreen, selected bool) string {
	t, text, note := v.theme, v.theme.Plain.Render(c.Title), ""
	switch {
	case c.foreign && c.ConfirmByName:
		note = "cannot be taken back; x asks for its name"
	case c.foreign:
		note = "not ours; x adopts it"
	case v.offer.out[c.ID]:
		note = "left out"
	case v.offer.left[c.ID]:
		note = "left out with what it needs"
	case c.Cost != "":
		note = c.Cost
	}
	if c.foreign || v.offer.left[c.ID] {
		text = t.Faint.Render(c.Title)
	}
	if selected {
		text = t.Selected.Render(c.Title)
	}
	line := c.symbol(v) + " " + text
	if note != "" {
		line += t.Faint.Render("  " + note)
	}
	return line
}

// symbol is Terraform's mark in its colour, or the sign of what is left out.
func (c *changeItem) symbol(v *runScreen) string {
	t := v.theme
	if c.foreign || v.offer.left[c.ID] {
		return t.Faint.Render(t.Glyphs.Out)
	}
	return markStyle(t, c.Symbol()).Render(c.Symbol())
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

// key leaves the change out or takes it in, or shows it as calls, policy or diff.
func (c *changeItem) key(v *runScreen, msg tea.KeyMsg) (nav, bool) {
	show := func(title, text string, paint painter) (nav, bool) {
		return nav{push: newViewer(v.theme, title, text, paint)}, true
	}
	switch {
	case key.Matches(msg, keys.Leave) && c.foreign:
		return v.adopt(c.Change), true
	case key.Matches(msg, keys.Leave):
		v.leaveOut(c.Change)
		return nav{}, true
	case key.Matches(msg, keys.Call) && len(c.Calls) > 0:
		return show(c.Title+": AWS calls", plan.Known(callsText(c.Change)), nil)
	case key.Matches(msg, keys.Policy) && documentsText(c.Change) != "":
		return show(c.Title, plan.Known(documentsText(c.Change)), paintDiff)
	case key.Matches(msg, keys.Diff) && c.Write != nil && c.Write.Diff != "":
		return show(c.Target, strings.Join(words.DiffLines(c.Write.Diff), "\n"), paintDiff)
	}
	return nav{}, false
}

func (c *changeItem) keys(*runScreen) []key.Binding {
	list := []key.Binding{keys.Expand, keys.Leave}
	if c.foreign {
		list[1] = bind("x", "adopt", "x")
	}
	if len(c.Calls) > 0 {
		list = append(list, keys.Call)
	}
	if documentsText(c.Change) != "" {
		list = append(list, keys.Policy)
	}
	if c.Write != nil && c.Write.Diff != "" {
		list = append(list, keys.Diff)
	}
	return list
}

// showChange adds a change with what is below it.
func (v *runScreen) showChange(c *changeItem, indent int) {
	v.list.add(c, indent)
	if v.isOpen(c) {
		for _, line := range changeDetail(v.theme, c.Change, v.list.width) {
			v.list.below(strings.Repeat(" ", indent) + line)
		}
	}
}
