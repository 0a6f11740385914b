package tui

import (
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// key is a key press.
func (c *checkup) key(msg tea.KeyMsg) tea.Cmd {
	switch {
	case c.phase == asking:
		return c.form.Update(msg)
	case key.Matches(msg, keys.Output) && c.progress != nil && len(c.progress.output) > 0:
		return c.showOutput()
	case c.phase == applying:
		c.pane.key(msg)
	case key.Matches(msg, keys.Quit):
		return c.leave()
	case c.phase == inspecting:
		c.follows = !c.pane.key(msg) && c.follows
	case c.phase == reviewing:
		return c.reviewKey(msg)
	}
	return nil
}

// reviewKey is a key on what was found: first those of the whole review, then
// those of the line under the cursor.
func (c *checkup) reviewKey(msg tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(msg, keys.Accept):
		return c.accept()
	case key.Matches(msg, keys.Edit) && len(c.pages) > 0:
		c.ask(len(c.pages) - 1)
		return nil
	case key.Matches(msg, keys.Again) && c.flow != nil:
		return c.look()
	case c.err != nil:
		return nil
	case key.Matches(msg, keys.Apply) && c.plans():
		return c.confirm()
	case key.Matches(msg, keys.Save):
		return c.saveMenu()
	}
	r := c.pane.under()
	if r == nil {
		c.pane.key(msg)
		return nil
	}
	if r.kind == rowChange {
		change, foreign := c.pane.selected()
		return c.changeKey(msg, change, foreign)
	}
	return c.itemKey(msg, r)
}

// itemKey is a key on a finding, a check, a group or a line of a table.
func (c *checkup) itemKey(msg tea.KeyMsg, r *row) tea.Cmd {
	name, open := c.itemState(r)
	by := map[tea.KeyType]int{tea.KeyLeft: -1, tea.KeyRight: 1}[msg.Type]
	switch {
	case r.kind == rowSubject && by != 0 && c.tableOf(r).move(by, c.pane.width):
		c.pane.rebuild()
	case key.Matches(msg, keys.Expand):
		c.pane.set(name, !open)
	case key.Matches(msg, keys.Collapse):
		c.pane.set(name, false)
	case key.Matches(msg, keys.Read) && r.kind != rowGroup && r.kind != rowSubject:
		return c.read(r)
	default:
		c.pane.key(msg)
	}
	return nil
}

// plans tells whether there is anything that could be changed.
func (c *checkup) plans() bool { return len(c.review.Changes)+len(c.review.Foreign) > 0 }

// accept goes on with what is next: to the changes, to another look, or out.
func (c *checkup) accept() tea.Cmd {
	switch {
	case c.err != nil && c.flow != nil:
		return c.look()
	case c.err != nil && c.engine.start != nil:
		return c.open()
	case c.err != nil:
		return quit
	case c.mustLook():
		return c.look()
	case c.plans():
		return c.confirm()
	case c.found.pressing() > 0:
		return c.look()
	}
	return quit
}

// next is what accept does, in a word.
func (c *checkup) next() string {
	switch {
	case c.err != nil && c.engine.start != nil:
		return "try again"
	case c.err != nil:
		return "leave"
	case c.mustLook():
		return "look again"
	case c.plans():
		return c.verb()
	case c.found.pressing() > 0:
		return "look again"
	}
	return "leave"
}

func (c *checkup) verb() string {
	if c.dryRun {
		return "end the dry run"
	}
	return c.words.verb
}

// confirm asks before anything is changed. A dry run ends here.
func (c *checkup) confirm() tea.Cmd {
	switch n := len(c.kept()); {
	case c.dryRun:
		return c.endDryRun()
	case c.mustLook():
		c.lookFirst()
		return nil
	case c.review.Blocked():
		c.say("Nothing can be changed yet: correct what the findings say first.")
		return nil
	case n == 0 && len(c.left) == 0:
		c.say("Every change here takes a word of its own first: choose one, then x.")
		return nil
	default:
		return c.confirmation(way{
			fmt.Sprintf("Apply %s", plural(n, "change")), "Each as soon as what it needs is done; then everything is looked at again.",
			func() tea.Msg { return applyMsg{} },
		})
	}
}

// leave asks before it throws away a plan that was never applied.
func (c *checkup) leave() tea.Cmd {
	if c.phase != reviewing || c.engine.made != nil || c.dryRun || len(c.review.Changes) == 0 {
		return quit
	}
	return c.leaving(c.words.command + " begins where you are now.")
}

// reviewKeys are the keys for the line under the cursor, and the review's.
func (c *checkup) reviewKeys() []key.Binding {
	list := []key.Binding{bind("enter", c.next(), "enter")}
	if c.err == nil {
		list = append(list, c.rowKeys()...)
	}
	if c.err == nil {
		list = append(list, keys.Save)
	}
	if c.flow != nil && c.next() != "look again" {
		list = append(list, keys.Again)
	}
	if len(c.pages) > 0 {
		list = append(list, bind("e", "edit answers", "e"))
	}
	if c.progress != nil && len(c.progress.output) > 0 {
		list = append(list, keys.Output)
	}
	return append(list, keys.Quit)
}

// rowKeys are those of the line under the cursor.
func (c *checkup) rowKeys() []key.Binding {
	r := c.pane.under()
	switch {
	case r == nil:
		return nil
	case r.kind == rowChange:
		change, foreign := c.pane.selected()
		return append(changeKeys(foreign), documentKeys(change)...)
	case r.kind == rowFinding && c.found.list[r.item].Details != "":
		return []key.Binding{keys.Expand, bind("r", "report", "r")}
	case r.kind == rowFinding || r.kind == rowCheck:
		return []key.Binding{keys.Expand, keys.Read}
	case r.kind == rowSubject && c.tableOf(r).hidden(c.theme, c.pane.width) != "":
		return []key.Binding{keys.Expand, bind("left/right", "columns", "left", "right")}
	}
	return []key.Binding{keys.Expand}
}

// read shows all there is to a finding or a check. What is to be handed on can
// be saved from there.
func (c *checkup) read(r *row) tea.Cmd {
	if r.kind == rowCheck {
		check := c.checks.all[r.item]
		return push(newViewer(c.theme, check.Name, readCheck(check), nil))
	}
	f := c.found.list[r.item]
	if f.Details == "" {
		return push(newViewer(c.theme, named(f), c.readFinding(r.item), nil))
	}
	v := newViewer(c.theme, "Report: "+named(f), f.Details, nil)
	v.save = reportOf(f).ask(c.theme)
	return push(v)
}
