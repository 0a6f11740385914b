package tui

import (
	"fmt"
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/words"
)

// key is a key press.
func (v *runScreen) key(msg tea.KeyMsg) (nav, tea.Cmd) {
	if v.phase == asking {
		return v.answerKey(msg)
	}
	if v.notice.key {
		v.tell(noticeMsg{})
	}
	if v.phase != opening && v.list.search.update(msg) {
		v.follows = false
		return nav{}, nil
	}
	return v.hotkeys().update(msg, func(msg tea.KeyMsg) bool {
		moved := v.list.move(msg)
		v.follows = v.follows && !moved
		if why := v.idle(msg); !moved && why != "" {
			v.tell(noticeMsg{text: why, key: true})
		}
		return moved
	})
}

// idle says why a key of the review does nothing where the cursor is; it is empty for a
// key that has no use in a review.
func (v *runScreen) idle(msg tea.KeyMsg) string {
	if v.phase != reviewing {
		return ""
	}
	_, change := v.list.under().(*changeItem)
	for _, k := range []struct {
		key.Binding
		without, elsewhere string
	}{
		{keys.Leave, "", "x leaves out a change"},
		{keys.Call, "This change makes no AWS calls.", "c shows the AWS calls of a change"},
		{keys.Policy, "This change has no policy or other document.", "p shows the policy of a change"},
		{keys.Diff, "This change edits no file.", "d shows what a change edits in a file"},
	} {
		switch {
		case !key.Matches(msg, k.Binding):
		case change:
			return k.without
		case v.review.any():
			return k.elsewhere + ": select one first."
		}
	}
	switch {
	case key.Matches(msg, keys.Edit):
		return "Nothing to edit here: answers from stateroom.hcl or flags are changed there."
	case key.Matches(msg, keys.Undo):
		return "No answers were changed, so there is nothing to undo."
	}
	return ""
}

// keys are those that work now.
func (v *runScreen) keys() []key.Binding {
	if v.phase == asking {
		return v.asked.shown().form.Keys()
	}
	return v.hotkeys().bindings()
}

// hotkeys are those of the phase, and of a search in it.
func (v *runScreen) hotkeys() hotkeys {
	s := &v.list.search
	switch {
	case s.open:
		return s.keys()
	case v.phase == opening:
		return append(v.phaseKeys(), v.backKey())
	}
	above, below := v.list.more()
	return slices.Concat(s.keys(), v.phaseKeys(), hotkeys{hotkey{Binding: keys.Search}.shown(above+below > 0).when(!s.asked()), v.backKey()})
}

// backKey goes to the screen before; a lesson's run has a key of its own for that.
func (v *runScreen) backKey() hotkey {
	return hotkey{keys.Back, v.back}.shown(!v.first && v.lesson == nil && v.phase != applying)
}

func (v *runScreen) phaseKeys() hotkeys {
	quit, move := hotkey{keys.Quit, v.leave}, hotkey{Binding: keys.Down}
	output := hotkey{keys.Output, v.showOutput}.when(v.progress != nil && len(v.progress.output) > 0)
	switch v.phase {
	case inspecting:
		return append(append(hotkeys{v.list.pages(), move.shown(!v.staged()), quit, output.shown(false)}, v.lessonKeys()...), v.stageKeys()...)
	case applying:
		return append(hotkeys{v.list.pages(), move, output}, v.stageKeys()...)
	case reviewing:
		list := v.reviewKeys()
		first := append(hotkeys{v.list.pages()}, v.lessonKeys()...)
		return append(append(slices.Insert(list, 1, first...), output, quit), v.stageKeys()...)
	case opening, asking:
	}
	return append(hotkeys{quit, output.shown(false)}, v.lessonKeys()...)
}

// stageKeys go from stage to stage.
func (v *runScreen) stageKeys() hotkeys {
	show := func(n int) action {
		return func() (nav, tea.Cmd) { v.goToStage(n); return nav{}, nil }
	}
	var list hotkeys
	for i := range v.outline.Stages {
		name := fmt.Sprint(i + 1)
		list = append(list, hotkey{bind(name, "go to "+v.outline.Stages[i].Name, name), show(i + 1)}.shown(false))
	}
	if v.staged() {
		list = append(list, hotkey{Binding: keys.Jump}, hotkey{Binding: keys.Next, do: show(v.current + 1)}, hotkey{Binding: keys.Previous, do: show(v.current - 1)})
	}
	return list
}

// reviewKeys are the keys of the whole review, and of the line under the cursor.
func (v *runScreen) reviewKeys() hotkeys {
	word, accept := v.ahead()
	list := hotkeys{{bind("enter", word, "enter"), accept}}
	edit := hotkey{keys.Edit, v.edit}.when(v.asks())
	undo := hotkey{keys.Undo, v.undo}.when(v.asked.undone != nil)
	again := hotkey{keys.Again, func() (nav, tea.Cmd) { return nav{}, v.look() }}
	acts := v.review.any() || v.proves()
	apply := hotkey{bind("a", v.verb(), "a"), v.confirm}.when(acts || v.mustLook()).shown(acts && !v.last() && !v.mustLook())
	return append(append(list, v.list.keys()...), apply, edit, undo, hotkey{keys.Save, v.saveMenu}, again.shown(word != "look again"), v.list.clip().hotkey())
}

// proves tells whether there is nothing to change, and a proof of it to ask for.
func (v *runScreen) proves() bool {
	return v.staged() && v.review.result == nil && len(v.review.Changes) == 0
}

// ahead is what comes next, in a word and as what does it: the next stage, the
// changes, another look, or out.
func (v *runScreen) ahead() (word string, accept action) {
	leave := goTo(nav{quit: true})
	look := func() (nav, tea.Cmd) { return nav{}, v.look() }
	switch {
	case v.lesson != nil && v.lesson.Solved() && !v.mustLook():
		return "go on", v.onward
	case v.mustLook():
		return "look again", look
	case !v.last():
		return "continue", func() (nav, tea.Cmd) { v.goToStage(v.current + 1); return nav{}, nil }
	case v.agreesOnly():
		return "agree", v.confirm
	case len(v.review.Changes) > 0 || v.staged() && v.review.any() || v.proves() || v.dryRun && v.review.any():
		return v.verb(), v.confirm
	case v.review.found.pressing() > 0 && !v.staged():
		return "look again", look
	}
	return "leave", leave
}

// agreesOnly tells whether all that could be changed waits for an agreement of its own,
// and the run has not come to what it is for without it.
func (v *runScreen) agreesOnly() bool {
	r := &v.review
	return !v.staged() && !v.dryRun && r.result == nil && len(r.Changes) == 0 && len(r.NotOurs) > 0 && r.ended().Mark != words.Works
}

// verb is what confirming is called here.
func (v *runScreen) verb() string {
	switch {
	case v.dryRun:
		return "end the dry run"
	case v.proves():
		return "prove"
	case v.review.result != nil && v.review.result.Unfetched():
		return "try again"
	}
	return v.mode.verb
}
