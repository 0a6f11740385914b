package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"

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
	mended []plan.Finding
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

// headline is how it stands, with the numbers below it. Right is said where there is
// nothing to do.
func (r *review) headline(l *list, right string) {
	glyph, text, style := r.verdict(l.theme, right)
	l.text(" " + style.Render(glyph+" "+text))
	if line := r.numbers(); line != "" {
		l.wrapped(line, 3, l.theme.Faint.Render)
	}
	l.text("")
}

func (r *review) verdict(t *theme.Theme, right string) (glyph, text string, style lipgloss.Style) {
	wrong, changes := r.found.pressing(), len(r.Changes)+len(r.NotOurs)
	switch {
	case r.bad():
		return t.Glyphs.Failed, "Not done yet", t.Bad
	case wrong > 0:
		worst := r.found.list[0].Severity
		style, glyph = t.Warn, t.Glyphs.Attention
		if worst == plan.Failure {
			style, glyph = t.Bad, t.Glyphs.Failed
		}
		return glyph, thingsWrong(wrong, worst, r.result != nil), style
	case changes > 0:
		return t.Glyphs.ToChange, words.Plural(changes, "change") + " to make", t.Change.Bold(true)
	case r.checks.undecided > 0:
		return t.Glyphs.Unknown, words.Plural(r.checks.undecided, "check") + " could not be decided from here", t.Warn
	}
	return t.Glyphs.Done, right, t.Good.Bold(true)
}

// numbers are how many checks came to what, and what can be done about it.
func (r *review) numbers() string {
	var parts []string
	if r.checks.total() > 0 {
		parts = append(parts, "Checks: "+r.checks.String()+".")
	}
	hand, changes := r.found.byHand(), len(r.Changes)+len(r.NotOurs)
	if hand > 0 && changes == 0 {
		parts = append(parts, "These need fixing by hand: each finding says how.")
		return strings.Join(parts, " ")
	}
	if changes > 0 {
		none := map[bool]string{true: " to make, none made yet.", false: " still to make."}[r.result == nil]
		parts = append(parts, words.Plural(changes, "change")+none)
	}
	switch n := len(r.NotOurs); {
	case n == 1:
		parts = append(parts, "1 of them needs your confirmation first.")
	case n > 1:
		parts = append(parts, fmt.Sprintf("%d of them need your confirmation first.", n))
	}
	switch {
	case hand == 1:
		parts = append(parts, "1 finding needs fixing by hand.")
	case hand > 1:
		parts = append(parts, fmt.Sprintf("%d findings need fixing by hand.", hand))
	}
	return strings.Join(parts, " ")
}

// thingsWrong is the headline of an unhealthy set-up.
func thingsWrong(n int, worst plan.Severity, again bool) string {
	still := ""
	if again {
		still = " still"
	}
	switch {
	case worst == plan.Failure && n == 1:
		return "One thing is" + still + " wrong"
	case worst == plan.Failure:
		return fmt.Sprintf("%d things are%s wrong", n, still)
	case n == 1:
		return "One thing" + still + " to look at"
	}
	return fmt.Sprintf("%d things%s to review", n, still)
}

// showResult is how making the changes ended, what failed before all else, and what
// it mended.
func (r *review) showResult(l *list) {
	t := l.theme
	lines, style := words.Outcome(r.result, "Look again"), t.Good
	if r.staged {
		lines = append(lines, toLookAt(r.result)...)
	}
	if r.bad() {
		style = t.Bad
	}
	for _, line := range lines {
		l.wrapped(line, 1, style.Render)
	}
	l.text("")
	for _, f := range r.result.Failures {
		l.failed(f.Change.Title, f.Err)
	}
	if len(r.mended) == 0 || r.staged { // a stage says by itself that it is done
		return
	}
	for _, f := range r.mended {
		l.text(t.Cut(" "+t.Good.Render(t.Glyphs.Done+" fixed  ")+t.Bold.Render(named(f))+"  "+t.Faint.Render(firstSentence(f.Evidence)), l.width))
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
			l.text(" " + l.theme.Bold.Render("What changes"))
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
			l.below(strings.Repeat(" ", below) + l.theme.Faint.Render(named(f.Finding)+", as above"))
			continue
		}
		told[i] = true
		f.show(l, 2)
	}
}
