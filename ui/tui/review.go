package tui

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// review is what a look has found and would change, and how the changes ended that
// were made before it. It shows itself as lines of a list: of a run with stages
// those of one of them.
type review struct {
	offer
	// staged says that the run has stages: a change then stands in its own, and below
	// no finding.
	staged bool
	checks *checklist
	found  findings
	// settled is the summary of a look that found nothing to change.
	settled *plan.Summary
	// result is how making the changes ended, mended are the findings that were there
	// before and are gone.
	result *plan.Summary
	mended []mendedItem
	// tallies is what all of this says of each stage.
	tallies map[int]*tally
	// decide leaves a change out, takes it in again, or asks for the consent that it
	// needs.
	decide func(*changeItem) nav
}

// take takes a new review.
func (r *review) take(made plan.Review) {
	r.offer.take(made)
	r.found = sorted(r)
	r.tallies = r.offer.tallies(r.result)
}

// bad tells whether the result is one that must not be cheered.
func (r *review) bad() bool {
	return r.result != nil && (r.result.Failed+r.result.Unknown > 0 || r.result.Stopped)
}

// ended is how the run ended or, before anything was made, how things stand.
func (r *review) ended() words.Ending {
	s := cmp.Or(r.result, r.settled)
	switch {
	case s == nil:
		return words.Stands(r.preview())
	case r.any():
		now := *s // what is left out may be decided anew, and the plan below counts so
		now.Due, now.Excluded = r.toDo(), len(r.left)+len(r.Excluded)
		s = &now
	}
	return words.Outcome(s, "Look again", words.OnScreen)
}

// proof is how far the result was shown to work.
func (r *review) proof() plan.Proof {
	if s := cmp.Or(r.result, r.settled); s != nil {
		return s.Proof
	}
	return r.Proof
}

// marked is how a mark looks: the sign and the style, and what the stepper makes of it.
func marked(t *theme.Theme, m words.Mark) (glyph string, style lipgloss.Style, state stepState) {
	switch m {
	case words.OperatorOnly:
		return t.Glyphs.Operator, t.Accent.Bold(true), stateOperator
	case words.Unshown:
		return t.Glyphs.Unproven, t.Warn, stateUnproven
	case words.Waits:
		return t.Glyphs.ToChange, t.Change.Bold(true), stateToChange
	case words.Look:
		return t.Glyphs.Attention, t.Warn, stateAttention
	case words.Wrong:
		return t.Glyphs.Failed, t.Bad, stateFailed
	case words.Works:
	}
	return t.Glyphs.Right, t.Good.Bold(true), stateDone
}

// headline opens with what is so now, for a person, and with how far that was proven;
// the numbers come below it.
func (r *review) headline(l *list) {
	e := r.ended()
	glyph, style, _ := marked(l.theme, e.Mark)
	for i, line := range words.Fit(e.Lead[0], prose(l.width-2)-2) {
		if i > 0 {
			glyph = strings.Repeat(" ", ansi.StringWidth(glyph))
		}
		l.text(" " + style.Render(glyph+" "+line))
	}
	for _, more := range e.Lead[1:] {
		l.wrapped(more, 3, l.theme.Bold.Render)
	}
	if e.Proof != "" {
		l.wrapped(e.Proof, 3, proofStyle(l.theme, r.proof().State).Render)
	}
	if !r.staged {
		if line := r.numbers(); line != "" {
			l.wrapped(line, 3, l.theme.Faint.Render)
		}
	}
	for _, line := range e.Counts {
		l.wrapped(line, 3, l.theme.Faint.Render)
	}
	l.text("")
}

// proofStyle is the colour of a proof.
func proofStyle(t *theme.Theme, state plan.ProofState) lipgloss.Style {
	switch state {
	case plan.Proven:
		return t.Good
	case plan.ProvenAsOperator:
		return t.Accent
	case plan.NotProven, plan.NothingToProve:
	}
	return t.Warn
}

// numbers are how many checks came to what, and what can be done about it.
func (r *review) numbers() string {
	var parts []string
	_, health := r.Outcome.(plan.Health)
	if n := r.checks.total(); n > 0 && !(health && r.checks.passed == n && r.found.pressing() == 0) { // which the headline says
		parts = append(parts, "Checks: "+r.checks.String()+".")
	}
	hand, changes := r.found.byHand(), len(r.Changes)+len(r.NotOurs)
	if hand > 0 && changes == 0 {
		parts = append(parts, map[bool]string{
			true: "This needs fixing by hand: the finding says how.", false: "These need fixing by hand: each finding says how.",
		}[hand == 1])
		return strings.Join(parts, " ")
	}
	if r.result == nil && r.settled == nil { // else the result counts
		if n := len(r.Changes); n > 0 {
			parts = append(parts, words.Plural(n, "change")+" to make, none made yet.")
		}
		if n := len(r.NotOurs); n > 0 {
			parts = append(parts, words.Unconfirmed(n, &plan.Summary{Outcome: r.Outcome, Due: r.toDo()}))
		}
	}
	switch {
	case hand == 1:
		parts = append(parts, "1 finding needs fixing by hand.")
	case hand > 1:
		parts = append(parts, fmt.Sprintf("%d findings need fixing by hand.", hand))
	}
	return strings.Join(parts, " ")
}

// showResult is what failed, before all else.
func (r *review) showResult(l *list) {
	t := l.theme
	if r.staged {
		for _, line := range toLookAt(r.result) {
			l.wrapped(line, 1, t.Warn.Render)
			l.text("")
		}
	}
	for _, f := range r.result.Failures {
		l.failed(f.Change.Title, f.Err)
	}
}

// showMended is what was wrong before the changes and is not any more. A stage says by
// itself that it is done.
func (r *review) showMended(l *list) {
	if len(r.mended) == 0 || r.staged {
		return
	}
	for i := range r.mended {
		r.mended[i].show(l)
	}
	l.text("")
}

// firstSentence is a text up to its first full stop.
func firstSentence(text string) string {
	text = strings.ReplaceAll(text, "\n", " ")
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}

// showFindings shows those that do not stand beside a check in a table: the
// pressing ones, or those that are only to know; of one stage, or with 0 of all.
func (r *review) showFindings(l *list, stage int, toKnow bool) {
	for i := range r.found.list {
		f := &r.found.list[i]
		if !f.inTable && toKnow != f.pressing() && (stage == 0 || f.Step == stage) {
			f.show(l, 0)
			l.text("")
		}
	}
}

// showOthers shows the changes that no finding asked for, of one stage, or with 0 of
// all; it tells whether there are any.
func (r *review) showOthers(l *list, stage int) (shown bool) {
	for i := range r.found.others {
		c := &r.found.others[i]
		if stage != 0 && c.Step != stage {
			continue
		}
		if !shown {
			heading := "What changes"
			if r.result != nil && r.result.Unfetched() {
				heading = "Waiting for Terraform's providers"
			}
			if r.toDo() == 0 && len(r.Changes) == 0 {
				heading = "Left for you to decide"
			}
			l.text(" " + l.theme.Bold.Render(heading))
		}
		shown = true
		c.show(l, 0)
	}
	if shown {
		l.text("")
	}
	return shown
}

// showTables shows the checks of every subject in one line, and what they led to
// below it.
func (r *review) showTables(l *list, a *blueprint.Answers) {
	told := map[int]bool{}
	for _, table := range r.checks.tables {
		title := " " + l.theme.Bold.Render(table.title(a))
		if hidden := table.hidden(l.theme, l.width); hidden != "" {
			title += "  " + l.theme.Faint.Render(hidden)
		}
		l.text(title)
		l.text(table.head(l.theme, l.width)...)
		for i := range table.lines {
			line := &table.lines[i]
			if l.add(line, 0, false) {
				r.checks.groups[r.checks.at[line.subject]].show(l, 2, true)
			}
			r.besideSubject(l, line.findings, told)
		}
		l.text("")
	}
}

// besideSubject are the findings of a subject, each in full where it comes up first.
func (r *review) besideSubject(l *list, list []int, told map[int]bool) {
	for _, i := range list {
		f := &r.found.list[i]
		if told[i] {
			l.below(strings.Repeat(" ", below) + l.theme.Faint.Render(words.Finding(f.Finding)+", as above"))
			continue
		}
		told[i] = true
		f.show(l, 2)
	}
}
