package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps"
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
	case key.Matches(msg, keys.Save) && w.setup != nil && len(w.review.Changes) > 0:
		return w.saveMenu()
	case c == nil:
		w.pane.list.key(msg)
	case key.Matches(msg, keys.Expand):
		w.pane.toggle(c.ID)
	case key.Matches(msg, keys.Collapse):
		w.pane.close(c.ID)
	case key.Matches(msg, keys.Leave) && foreign:
		w.adopt(c)
	case key.Matches(msg, keys.Leave):
		w.leaveOut(c)
	default:
		return w.changeKey(msg, c)
	}
	return nil
}

// changeKey opens what a change has a screen of its own for.
func (w *wizard) changeKey(msg tea.KeyMsg, c *steps.Change) tea.Cmd {
	switch {
	case key.Matches(msg, keys.Call) && len(c.Calls) > 0:
		return push(newViewer(w.theme, c.Title+": AWS calls", readable(callsText(c)), nil))
	case key.Matches(msg, keys.Policy) && documentsText(c) != "":
		return push(newViewer(w.theme, c.Title, readable(documentsText(c)), w.paintDiff))
	case key.Matches(msg, keys.Diff) && c.Write != nil && c.Write.Diff != "":
		return push(newViewer(w.theme, c.Target, strings.Join(diffLines(c.Write.Diff), "\n"), w.paintDiff))
	}
	w.pane.list.key(msg)
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
	case w.current < stepCount:
		list = append(list, keys.Accept)
	case len(w.review.Changes) == 0 && w.result != nil:
		list = append(list, bind("enter", "leave", "enter"))
	default:
		list = append(list, bind("enter", w.verb(), "enter"))
	}
	c, foreign := w.pane.selected()
	if c != nil && foreign {
		list = append(list, keys.Expand, bind("x", "adopt", "x"))
	} else if c != nil {
		list = append(list, keys.Expand, keys.Leave)
	}
	if w.current < stepCount {
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

// documentKeys open what a change has a screen of its own for.
func documentKeys(c *steps.Change) []key.Binding {
	var list []key.Binding
	if len(c.Calls) > 0 {
		list = append(list, keys.Call)
	}
	if documentsText(c) != "" {
		list = append(list, keys.Policy)
	}
	if c.Write != nil && c.Write.Diff != "" {
		list = append(list, keys.Diff)
	}
	return list
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

func (p *pane) toggle(id string) {
	p.open[id] = !p.open[id]
	p.rebuild()
}

func (p *pane) close(id string) {
	delete(p.open, id)
	p.rebuild()
}

// leaveOut leaves a change out, or takes it in again, and names what that means.
func (w *wizard) leaveOut(c *steps.Change) {
	if w.out[c.ID] {
		delete(w.out, c.ID)
		w.count()
		if w.left[c.ID] {
			w.say("It stays out: it needs something that is left out.")
			return
		}
		w.say("Taken in again: " + c.Title + ".")
		return
	}
	before := len(w.left)
	w.out[c.ID] = true
	w.count()
	text := "Left out: " + c.Title + "."
	if along := len(w.left) - before - 1; along > 0 {
		text += fmt.Sprintf(" Left out with it, since they need it: %s.", w.alongNames(c, along))
	}
	w.say(text)
}

// users are the changes that need a change, by its id.
type users map[string][]string

func usersOf(changes []steps.Change) users {
	u := users{}
	for i := range changes {
		for _, need := range changes[i].Needs {
			u[need] = append(u[need], changes[i].ID)
		}
	}
	return u
}

// leftWith are the changes left out and all that need one of them, as
// steps.LeaveOut has them.
func (u users) leftWith(out map[string]bool) map[string]bool {
	left := map[string]bool{}
	var drop func(id string)
	drop = func(id string) {
		if left[id] {
			return
		}
		left[id] = true
		for _, user := range u[id] {
			drop(user)
		}
	}
	for id := range out {
		drop(id)
	}
	return left
}

// alongNames are the first few changes that need the one left out.
func (w *wizard) alongNames(c *steps.Change, along int) string {
	const most = 3
	var names []string
	for i := range w.review.Changes {
		d := &w.review.Changes[i]
		if d.ID != c.ID && w.left[d.ID] && len(names) < most {
			names = append(names, d.Title)
		}
	}
	text := strings.Join(names, "; ")
	if along > len(names) {
		text += fmt.Sprintf("; and %d more", along-len(names))
	}
	return text
}

// adopt lets something be changed that is not this blueprint's; the plan is
// made again from the same observation.
func (w *wizard) adopt(c *steps.Change) {
	if c.Foreign == "" {
		w.say("It needs another change that touches something not ours: adopt that one.")
		return
	}
	w.answers.Adopt = append(w.answers.Adopt, c.Foreign)
	w.setup.Answers.Adopt = slices.Clone(w.answers.Adopt)
	w.setReview(w.setup.Replan(w.observed))
	w.say("Adopted: " + c.Foreign + " will be changed as shown.")
}

// applyMsg says what to apply: everything, or one step with what it needs.
type applyMsg struct{ step int }

// confirm asks before anything is changed. A dry run ends here.
func (w *wizard) confirm() tea.Cmd {
	switch {
	case w.setup == nil:
		return nil
	case w.dryRun:
		return w.endDryRun()
	case w.review.Blocked():
		w.say("Nothing can be changed yet: correct what the findings say first.")
		return nil
	case len(w.review.Changes) == 0:
		return func() tea.Msg { return applyMsg{} }
	}
	kept := w.kept()
	text := []string{steps.PlanLine(kept)}
	if n := len(w.left); n > 0 {
		text = append(text, fmt.Sprintf("%s left out.", plural(n, "change")))
	}
	if n := len(w.review.Foreign); n > 0 {
		text = append(text, fmt.Sprintf("%s not ours and left as it is.", plural(n, "change")))
	}
	items := []way{{"Not yet", "Nothing is changed.", nil}}
	if len(kept) > 0 {
		items = append(items, way{fmt.Sprintf("Apply %s", plural(len(kept), "change")), "All steps, each change as soon as what it needs is done.", func() tea.Msg { return applyMsg{} }})
	}
	some := steps.Required(kept, w.current)
	if n := len(some); n > 0 && n < len(kept) {
		items = append(items, way{
			fmt.Sprintf("Only step %d, %s", w.current, plural(n, "change")),
			"This step with what it needs of the others.", func() tea.Msg { return applyMsg{w.current} },
		})
	}
	return push(&chooser{theme: w.theme, title: "Make these changes?", text: text, items: items})
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
	kept, _ := steps.LeaveOut(w.review.Changes, without)
	if msg.step > 0 {
		some := map[string]bool{}
		for _, c := range steps.Required(kept, msg.step) {
			some[c.ID] = true
		}
		for _, c := range kept {
			if !some[c.ID] {
				without[c.ID] = true
			}
		}
		kept, _ = steps.LeaveOut(w.review.Changes, without)
	}
	w.phase, w.notice = applying, ""
	w.progress = newProgress(kept, w.progress)
	w.pane.rewind()
	w.pane.rebuild()
	return tea.Batch(w.engine.apply(w.setup, w.observed, without), w.spin())
}
