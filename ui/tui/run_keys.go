package tui

import (
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
	"stateroom/ui/plain"
)

// key is a key press.
func (v *runScreen) key(msg tea.KeyMsg) (nav, tea.Cmd) {
	switch {
	case v.phase == asking:
		return v.answerKey(msg)
	case v.staged() && key.Matches(msg, keys.Next):
		v.goToStage(v.current + 1)
	case v.staged() && key.Matches(msg, keys.Previous):
		v.goToStage(v.current - 1)
	case v.staged() && key.Matches(msg, keys.Jump):
		v.goToStage(int(msg.Runes[0] - '0'))
	case key.Matches(msg, keys.Output) && v.progress != nil && len(v.progress.output) > 0:
		return v.showOutput(), nil
	case v.phase == applying:
		v.pane.key(msg)
	case key.Matches(msg, keys.Quit):
		return v.leave(), nil
	case v.phase == inspecting:
		v.follows = !v.pane.key(msg) && v.follows
	case v.phase == reviewing:
		return v.reviewKey(msg)
	}
	return nav{}, nil
}

// reviewKey is a key on what was found: first those of the whole review, then
// those of the line under the cursor.
func (v *runScreen) reviewKey(msg tea.KeyMsg) (nav, tea.Cmd) {
	switch {
	case key.Matches(msg, keys.Accept):
		_, accept := v.ahead()
		return accept()
	case key.Matches(msg, keys.Edit) && v.asks():
		v.edit()
		return nav{}, nil
	case key.Matches(msg, keys.Again) && v.flow != nil:
		return nav{}, v.look()
	case v.err != nil:
		return nav{}, nil
	case key.Matches(msg, keys.Apply) && (v.plans() || v.proves() || v.mustLook()):
		return v.confirm()
	case key.Matches(msg, keys.Save):
		return v.saveMenu(), nil
	}
	r := v.pane.under()
	if r == nil {
		v.pane.key(msg)
		return nav{}, nil
	}
	if r.kind == rowChange {
		change, foreign := v.pane.selected()
		return v.changeKey(msg, change, foreign), nil
	}
	return v.itemKey(msg, r), nil
}

// itemKey is a key on a finding, a check, a group or a line of a table.
func (v *runScreen) itemKey(msg tea.KeyMsg, r *row) nav {
	name, open := v.itemState(r)
	by := map[tea.KeyType]int{tea.KeyLeft: -1, tea.KeyRight: 1}[msg.Type]
	switch {
	case r.kind == rowSubject && by != 0 && v.tableOf(r).move(by, v.pane.width):
		v.pane.rebuild()
	case key.Matches(msg, keys.Expand):
		v.pane.set(name, !open)
	case key.Matches(msg, keys.Collapse):
		v.pane.set(name, false)
	case key.Matches(msg, keys.Read) && r.kind != rowGroup && r.kind != rowSubject:
		return v.read(r)
	default:
		v.pane.key(msg)
	}
	return nav{}
}

// plans tells whether there is anything that could be changed.
func (v *runScreen) plans() bool { return len(v.review.Changes)+len(v.review.Foreign) > 0 }

// proves tells whether there is nothing to change, and a proof of it to ask for.
func (v *runScreen) proves() bool { return v.staged() && v.result == nil && len(v.review.Changes) == 0 }

// ahead is what comes next, in a word and as what does it: the next stage, the
// changes, another look, or out.
func (v *runScreen) ahead() (word string, accept action) {
	leave := goTo(nav{quit: true})
	look := func() (nav, tea.Cmd) { return nav{}, v.look() }
	switch {
	case v.err != nil && v.flow != nil:
		return "try again", look
	case v.err != nil && v.engine.start != nil:
		return "try again", func() (nav, tea.Cmd) { return nav{}, v.open() }
	case v.err != nil:
		return "leave", leave
	case v.mustLook():
		return "look again", look
	case !v.last():
		return "continue", func() (nav, tea.Cmd) { v.goToStage(v.current + 1); return nav{}, nil }
	case v.plans() || v.proves():
		return v.verb(), v.confirm
	case v.found.pressing() > 0 && !v.staged():
		return "look again", look
	}
	return "leave", leave
}

// next is what enter does, in a word.
func (v *runScreen) next() string {
	word, _ := v.ahead()
	return word
}

// verb is what confirming is called here.
func (v *runScreen) verb() string {
	switch {
	case v.dryRun:
		return "end the dry run"
	case v.proves():
		return "prove"
	}
	return v.mode.verb
}

// confirm asks before anything is changed. A dry run ends here.
func (v *runScreen) confirm() (nav, tea.Cmd) {
	kept := v.kept()
	switch n := len(kept); {
	case v.dryRun:
		return v.endDryRun(), nil
	case v.mustLook():
		v.lookFirst()
		return nav{}, nil
	case v.review.Blocked():
		v.say("Nothing can be changed yet: correct what the findings say first.")
		return nav{}, nil
	case v.proves():
		return nav{}, v.apply(0)
	case n == 0 && len(v.left) == 0:
		v.say("Every change here takes a word of its own first: choose one, then x.")
		return nav{}, nil
	}
	all := choice{
		fmt.Sprintf("Apply %s", plain.Plural(len(kept), "change")), "Each as soon as what it needs is done; then everything is looked at again.",
		func() (nav, tea.Cmd) { return nav{}, v.apply(0) },
	}
	some := plan.Required(kept, v.current)
	if n := len(some); !v.staged() || n == 0 || n == len(kept) {
		return v.confirmation(all), nil
	}
	return v.confirmation(all, choice{
		fmt.Sprintf("Only step %d, %s", v.current, plain.Plural(len(some), "change")), "This step with what it needs of the others.",
		func() (nav, tea.Cmd) { return nav{}, v.apply(v.current) },
	}), nil
}

// leave asks before it throws away a plan that was never applied.
func (v *runScreen) leave() nav {
	if v.phase != reviewing || v.engine.made != nil || v.dryRun || len(v.review.Changes) == 0 {
		return nav{quit: true}
	}
	return v.leaving(v.mode.command() + " begins where you are now.")
}

// reviewKeys are the keys for the line under the cursor, and the review's.
func (v *runScreen) reviewKeys() []key.Binding {
	list := []key.Binding{bind("enter", v.next(), "enter")}
	if v.err == nil {
		list = append(list, v.rowKeys()...)
		if !v.last() && !v.mustLook() && (v.plans() || v.proves()) {
			list = append(list, bind("a", v.verb(), "a"))
		}
	}
	if v.asks() {
		list = append(list, keys.Edit)
	}
	if v.err == nil {
		list = append(list, keys.Save)
	}
	if v.err == nil && v.flow != nil && v.next() != "look again" {
		list = append(list, keys.Again)
	}
	if v.progress != nil && len(v.progress.output) > 0 {
		list = append(list, keys.Output)
	}
	return v.withStages(append(list, keys.Quit))
}

// rowKeys are those of the line under the cursor.
func (v *runScreen) rowKeys() []key.Binding {
	r := v.pane.under()
	switch {
	case r == nil:
		return nil
	case r.kind == rowChange:
		change, foreign := v.pane.selected()
		return append(changeKeys(foreign), documentKeys(change)...)
	case r.kind == rowFinding && v.found.list[r.item].Details != "":
		return []key.Binding{keys.Expand, bind("r", "report", "r")}
	case r.kind == rowFinding || r.kind == rowCheck:
		return []key.Binding{keys.Expand, keys.Read}
	case r.kind == rowSubject && v.tableOf(r).hidden(v.theme, v.pane.width) != "":
		return []key.Binding{keys.Expand, bind("left/right", "columns", "left", "right")}
	}
	return []key.Binding{keys.Expand}
}

// read shows all there is to a finding or a check. What is to be handed on can
// be saved from there.
func (v *runScreen) read(r *row) nav {
	if r.kind == rowCheck {
		check := v.checks.all[r.item]
		return nav{push: newViewer(v.theme, check.Name, readCheck(check), nil)}
	}
	f := v.found.list[r.item]
	if f.Details == "" {
		return nav{push: newViewer(v.theme, named(f), v.readFinding(r.item), nil)}
	}
	report := newViewer(v.theme, "Report: "+named(f), f.Details, nil)
	report.save = reportOf(f).ask(v.theme)
	return nav{push: report}
}
