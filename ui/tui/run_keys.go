package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
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
		v.list.move(msg)
	case key.Matches(msg, keys.Quit):
		return v.leave(), nil
	case v.phase == inspecting:
		v.follows = !v.list.move(msg) && v.follows
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
	case key.Matches(msg, keys.Apply) && (v.offer.any() || v.proves() || v.mustLook()):
		return v.confirm()
	case key.Matches(msg, keys.Save):
		return v.saveMenu(), nil
	}
	it := v.list.under()
	if it == nil {
		v.list.move(msg)
		return nav{}, nil
	}
	if n, done := it.key(v, msg); done {
		return n, nil
	}
	switch {
	case key.Matches(msg, keys.Expand):
		v.setOpen(it, !v.isOpen(it))
	case key.Matches(msg, keys.Collapse):
		v.setOpen(it, false)
	default:
		v.list.move(msg)
	}
	return nav{}, nil
}

// proves tells whether there is nothing to change, and a proof of it to ask for.
func (v *runScreen) proves() bool {
	return v.staged() && v.result == nil && len(v.offer.Changes) == 0
}

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
	case v.offer.any() || v.proves():
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

// reviewKeys are the keys for the line under the cursor, and the review's.
func (v *runScreen) reviewKeys() []key.Binding {
	list := []key.Binding{bind("enter", v.next(), "enter")}
	if v.err == nil {
		if it := v.list.under(); it != nil {
			list = append(list, it.keys(v)...)
		}
		if !v.last() && !v.mustLook() && (v.offer.any() || v.proves()) {
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
