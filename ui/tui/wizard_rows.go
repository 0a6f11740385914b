package tui

import (
	"fmt"
	"strings"

	"stateroom/steps/plan"
)

// rows are the current step's.
func (w *wizard) rows() {
	w.heading()
	switch {
	case w.phase == applying:
		w.applying()
	case w.err != nil:
		w.failure()
	case w.phase == reviewing:
		w.reviewing()
	}
}

// heading is the step's name and why it exists.
func (w *wizard) heading() {
	t, s := w.theme, w.step()
	if w.wide() {
		w.pane.text("")
	}
	if w.phase == applying {
		w.pane.text(" " + t.Title.Render("Making the changes"))
		return
	}
	_, word := w.state(s.Number)
	title := t.Title.Render(w.title())
	if word != "" && w.phase == reviewing && w.err == nil && w.current < stepCount {
		title += t.Faint.Render("  " + word)
	}
	w.pane.text(" " + title)
	w.pane.wrapped(s.Why, 1, t.Faint.Render)
	w.pane.text("")
}

// failure is what keeps every step from being looked at.
func (w *wizard) failure() {
	t := w.theme
	w.pane.text(" " + t.Bad.Render(t.Glyphs.Failed+" This cannot begin yet"))
	w.pane.wrapped(w.err.Error(), 3, t.Plain.Render)
	w.pane.text("", "   "+t.Faint.Render("enter looks again, e changes the answers"))
}

// reviewing shows answers, facts, findings and changes of the current step.
func (w *wizard) reviewing() {
	if w.result != nil && w.current == stepCount {
		w.outcome(toLookAt(w.result)...)
		w.notes(w.result.Notes)
	}
	if w.result != nil && w.result.Stopped {
		w.pane.text(" "+w.theme.Bold.Render("enter")+" looks again at what is there.", "")
		return
	}
	if w.current == stepCount {
		w.showAccess(w.givesAll)
		w.last()
	} else {
		w.showAccess(w.gives[w.current])
	}
	w.pane.pairs("Answers", w.given())
	w.pane.pairs("There already", facts(w.current, w.observed, w.answers, w.flow.Env.Engine))
	w.showFindings()
	w.showChanges()
}

// given are the questions of the step with their answers.
func (w *wizard) given() []fact {
	var list []fact
	for _, q := range w.questions(w.current) {
		value := q.Default
		if q.Kind == plan.Confirm {
			value = map[string]string{"true": "yes", "false": "no"}[value]
		}
		if value == "" {
			value = "(none)"
		}
		list = append(list, fact{q.Prompt, value})
	}
	return list
}

// showFindings shows those of the step, the pressing ones before those to know.
func (w *wizard) showFindings() {
	t := w.theme
	shown := false
	for _, severity := range []plan.Severity{plan.Failure, plan.Warning, plan.Info} {
		for _, f := range w.findings() {
			if f.Step != w.current || f.Severity != severity {
				continue
			}
			shown = true
			style, glyph := t.Faint, t.Glyphs.Dot
			switch severity {
			case plan.Failure:
				style, glyph = t.Bad, t.Glyphs.Failed
			case plan.Warning:
				style, glyph = t.Warn, t.Glyphs.Attention
			case plan.Info:
			}
			w.pane.text(" " + style.Render(glyph+" "+f.ID))
			w.pane.wrapped(f.Told(), 3, t.Plain.Render)
			w.pane.wrapped(f.Remedy, 3, t.Accent.Render)
			if f.Details != "" {
				w.pane.text("", "   "+t.Faint.Render("To hand on:"))
				for _, line := range strings.Split(f.Details, "\n") {
					w.pane.text("   " + line)
				}
			}
		}
	}
	if shown {
		w.pane.text("")
	}
}

// showChanges lists what the step would change.
func (w *wizard) showChanges() {
	t := w.theme
	before := len(w.pane.rows)
	w.pane.text(" " + t.Bold.Render("What changes"))
	for _, c := range w.ofStep[w.current] {
		w.pane.entry(c, false, 0)
	}
	if n := len(w.pane.items); n > 0 {
		w.pane.text("")
	}
	ours := len(w.pane.items)
	for i := range w.review.Foreign {
		if c := &w.review.Foreign[i]; c.Step == w.current {
			w.pane.entry(c, true, 0)
		}
	}
	if len(w.pane.items) > ours {
		w.pane.text("")
	}
	if len(w.pane.items) == 0 {
		w.pane.rows = w.pane.rows[:before]
		if w.current == stepCount {
			return // the whole plan follows
		}
		w.pane.text(" "+t.Good.Render(t.Glyphs.Right)+" Nothing to change: what is there matches the answers.", "")
	}
}

// last sums the plan up on the last step and says what the next key does.
func (w *wizard) last() {
	t := w.theme
	kept, left := w.toDo(), len(w.left)
	for n := 1; n <= stepCount; n++ {
		if tally := w.tallies[n]; tally.changes > 0 && kept > 0 {
			_, word := w.reviewed(n)
			w.pane.text("   " + t.Faint.Render(fmt.Sprintf("%d ", n)) + t.Pad(railNames[n], 12) + word)
		}
	}
	enter := t.Bold.Render("enter")
	switch {
	case w.mustLook():
		if kept > 0 {
			w.pane.text("", " "+w.planLine())
		}
		w.pane.text(" " + enter + " looks again, and applies nothing before that.")
	case w.result != nil && kept == 0:
		w.pane.text(" " + enter + " leaves. A summary stays on the terminal.")
	case kept == 0 && left == 0:
		w.pane.text(" Everything is right already. " + enter + " proves it as its users would.")
	case w.dryRun:
		w.pane.text("", " "+w.planLine()+" "+enter+" ends the dry run.")
	default:
		w.pane.text("", " "+w.planLine())
		if left > 0 {
			w.pane.text(" " + plural(left, "change") + " left out.")
		}
		w.pane.text(" " + enter + " asks once more, then applies.")
	}
	w.pane.text("")
}
