package tui

import (
	"fmt"
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
)

// reviewKey is a key on a step that is being reviewed.
func (w *wizard) reviewKey(msg tea.KeyMsg) tea.Cmd {
	c, foreign := w.pane.selected()
	switch {
	case key.Matches(msg, keys.Edit):
		if w.answers != nil && len(w.questions(w.current)) > 0 {
			w.ask(w.current)
		}
	case key.Matches(msg, keys.Apply) && w.err == nil:
		return w.confirm()
	case key.Matches(msg, keys.Save) && w.flow != nil && len(w.review.Changes) > 0:
		return w.saveMenu()
	case c != nil:
		return w.changeKey(msg, c, foreign)
	default:
		w.pane.key(msg)
	}
	return nil
}

// reviewKeys are the keys for the change under the cursor, and the step's.
func (w *wizard) reviewKeys() []key.Binding {
	var list []key.Binding
	if w.err != nil {
		if w.answers == nil {
			return []key.Binding{keys.Quit}
		}
		return []key.Binding{bind("enter", "look again", "enter"), keys.Edit, keys.Quit}
	}
	switch {
	case w.mustLook():
		list = append(list, bind("enter", "look again", "enter"))
	case w.current < stepCount:
		list = append(list, keys.Accept)
	case len(w.review.Changes) == 0 && w.result != nil:
		list = append(list, bind("enter", "leave", "enter"))
	default:
		list = append(list, bind("enter", w.verb(), "enter"))
	}
	c, foreign := w.pane.selected()
	if c != nil {
		list = append(list, changeKeys(foreign)...)
	}
	if w.current < stepCount && !w.mustLook() {
		list = append(list, bind("a", w.verb(), "a"))
	}
	if len(w.questions(w.current)) > 0 {
		list = append(list, bind("e", "edit", "e"))
	}
	if c != nil {
		list = append(list, documentKeys(c)...)
	}
	if len(w.review.Changes) > 0 {
		list = append(list, keys.Save)
	}
	return append(list, keys.Quit, keys.Jump, keys.Next, keys.Previous)
}

// verb is what applying is called here.
func (w *wizard) verb() string {
	switch {
	case w.dryRun:
		return "end the dry run"
	case len(w.review.Changes) == 0:
		return "prove"
	}
	return "apply"
}

// adopted lets something be changed that is not this blueprint's; the plan is
// made again from the same observation.
func (w *wizard) adopted(target string) {
	w.answers.Adopt = append(w.answers.Adopt, target)
	w.flow.Answers.Adopt = slices.Clone(w.answers.Adopt)
	w.setReview(w.flow.Permit(w.review))
	w.say("Adopted: " + target + " will be changed as shown.")
}

// applyMsg says what to apply: everything, or one step with what it needs.
type applyMsg struct{ step int }

// confirm asks before anything is changed. A dry run ends here.
func (w *wizard) confirm() tea.Cmd {
	switch {
	case w.flow == nil:
		return nil
	case w.dryRun:
		return w.endDryRun()
	case w.mustLook():
		w.lookFirst()
		return nil
	case w.review.Blocked():
		w.say("Nothing can be changed yet: correct what the findings say first.")
		return nil
	case len(w.review.Changes) == 0:
		return func() tea.Msg { return applyMsg{} }
	}
	kept := w.kept()
	all := way{fmt.Sprintf("Apply %s", plural(len(kept), "change")), "All steps, each change as soon as what it needs is done.", func() tea.Msg { return applyMsg{} }}
	some := plan.Required(kept, w.current)
	if n := len(some); n > 0 && n < len(kept) {
		return w.confirmation(all, way{
			fmt.Sprintf("Only step %d, %s", w.current, plural(n, "change")),
			"This step with what it needs of the others.", func() tea.Msg { return applyMsg{w.current} },
		})
	}
	return w.confirmation(all)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// apply begins to make the changes.
func (w *wizard) apply(msg applyMsg) tea.Cmd {
	without := map[string]bool{}
	for id := range w.left {
		without[id] = true
	}
	kept, _ := plan.LeaveOut(w.review.Changes, without)
	if msg.step > 0 {
		some := map[string]bool{}
		for _, c := range plan.Required(kept, msg.step) {
			some[c.ID] = true
		}
		for _, c := range kept {
			if !some[c.ID] {
				without[c.ID] = true
			}
		}
		kept, _ = plan.LeaveOut(w.review.Changes, without)
	}
	w.begin(kept)
	return tea.Batch(w.engine.carryOut(w.flow, w.review, without), w.spin())
}
