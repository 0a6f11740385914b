package tui

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// rows are those of the phase.
func (v *runScreen) rows() {
	if v.wide() {
		v.list.text("")
	}
	switch {
	case v.phase == applying:
		v.list.text(" " + v.theme.Title.Render("Making the changes"))
		proving := v.mode.proving
		if v.counting != "" {
			proving += ": " + v.counting
		}
		v.progress.show(v.list, v.spinner.View(), proving)
	case v.phase != reviewing:
		v.heading()
		if v.phase == inspecting {
			v.showChecks()
			v.watch()
		}
	case v.err != nil:
		if v.staged() {
			v.heading()
		}
		v.failure()
	default:
		v.reviewing()
	}
}

// heading is what the run or its stage is called, and why it exists.
func (v *runScreen) heading() {
	t, title, why := v.theme, v.mode.title, v.mode.why
	if v.staged() {
		title, why = v.title(), v.stage().Why
	}
	title = t.Title.Render(title)
	if _, word := v.state(v.current); word != "" && v.staged() && !v.last() && v.phase == reviewing && v.err == nil {
		title += t.Faint.Render("  " + word)
	}
	v.list.text(" " + title)
	v.list.wrapped(why, 1, t.Faint.Render)
	v.list.text("")
}

// watch keeps the newest check in sight.
func (v *runScreen) watch() {
	if v.follows {
		v.list.cursor = min(v.newest+1, len(v.list.rows)-1)
	} else {
		v.list.cursor = v.list.top
	}
}

// failure is what keeps anything from being looked at.
func (v *runScreen) failure() {
	t := v.theme
	v.list.text(" " + t.Bad.Render(t.Glyphs.Failed+" This cannot go on yet"))
	v.list.wrapped(v.err.Error(), 3, t.Plain.Render)
	text := "enter " + v.next() + "s"
	if v.next() == "try again" {
		text = "enter tries again"
	}
	if v.asks() {
		text += ", e changes the answers"
	}
	v.list.text("", "   "+t.Faint.Render(text))
}

// reviewing shows what was found, the most pressing first: how it stands, the
// findings with what mends them, the other changes, and every check; of a run with
// stages what belongs to the one that is shown.
func (v *runScreen) reviewing() {
	t := v.theme
	if v.staged() {
		v.heading()
	} else {
		glyph, text, style := v.verdict()
		v.list.text(" " + style.Render(glyph+" "+text))
		if line := v.numbers(); line != "" {
			v.list.wrapped(line, 3, t.Faint.Render)
		}
		v.list.text("")
	}
	if v.result != nil && v.last() {
		v.showResult()
	}
	if v.mustLook() {
		v.list.text(" "+t.Bold.Render("enter")+" looks again at what is there.", "")
	}
	if v.last() {
		v.showAccess(v.offer.givesAll)
	} else {
		v.showAccess(v.offer.gives[v.current])
	}
	if v.staged() && (v.result == nil || !v.result.Stopped) {
		v.showStage()
	}
	v.showFindings(false)
	v.showOthers()
	v.showTables()
	switch {
	case !v.last():
	case v.result != nil:
		v.notes(v.result.Notes)
	case v.settled != nil:
		v.notes(v.settled.Notes)
	}
	v.showFindings(true)
	v.showChecks()
}

// showStage is what stands beside the changes and the findings of a stage: on the
// last one the sum of them all, and always its answers and what was found there.
func (v *runScreen) showStage() {
	if v.last() {
		v.sum()
	}
	s := v.stage()
	v.list.pairs("Answers", answers(s.Questions))
	v.list.pairs("There already", s.Facts)
}

// answers are questions with their answers.
func answers(questions []plan.Question) []plan.Fact {
	var list []plan.Fact
	for _, q := range questions {
		value := q.Default
		if q.Kind == plan.Confirm {
			value = map[string]string{"true": "yes", "false": "no"}[value]
		}
		list = append(list, plan.Fact{Name: q.Prompt, Value: cmp.Or(value, "(none)")})
	}
	return list
}

// sum is the plan in a line for each stage, and what the next key does.
func (v *runScreen) sum() {
	t := v.theme
	kept, left := v.offer.toDo(), len(v.offer.left)
	for _, s := range v.outline.Stages {
		if tally := v.tallies[s.Number]; tally != nil && tally.changes > 0 && kept > 0 {
			_, word := v.inReview(s.Number)
			v.list.text("   " + t.Faint.Render(fmt.Sprintf("%d ", s.Number)) + t.Pad(s.Name, 12) + word)
		}
	}
	if kept > 0 || left > 0 {
		v.list.text("", " "+v.offer.planLine())
	}
	if left > 0 {
		v.list.text(" " + words.Plural(left, "change") + " left out.")
	}
	enter := t.Bold.Render("enter")
	switch {
	case v.mustLook(): // said above
	case v.result != nil && kept == 0:
		v.list.text(" " + enter + " leaves. A summary stays on the terminal.")
	case kept == 0 && left == 0 && !v.dryRun:
		v.list.text(" Everything is right already. " + enter + " proves it as its users would.")
	case v.dryRun:
		v.list.text(" " + enter + " ends the dry run.")
	default:
		v.list.text(" " + enter + " asks once more, then applies.")
	}
	v.list.text("")
}

// verdict is the headline: how it stands.
func (v *runScreen) verdict() (glyph, text string, style lipgloss.Style) {
	t, wrong := v.theme, v.found.pressing()
	changes := len(v.offer.Changes) + len(v.offer.NotOurs)
	switch {
	case v.bad():
		return t.Glyphs.Failed, "Not done yet", t.Bad
	case wrong > 0:
		style, glyph = t.Warn, t.Glyphs.Attention
		if v.found.list[0].Severity == plan.Failure {
			style, glyph = t.Bad, t.Glyphs.Failed
		}
		return glyph, thingsWrong(wrong, v.found.list[0].Severity, v.result != nil), style
	case changes > 0:
		return t.Glyphs.ToChange, words.Plural(changes, "change") + " to make", t.Change.Bold(true)
	case v.checks.undecided > 0:
		return t.Glyphs.Unknown, words.Plural(v.checks.undecided, "check") + " could not be decided from here", t.Warn
	}
	return t.Glyphs.Done, v.mode.right, t.Good.Bold(true)
}

// numbers are how many checks came to what, and what can be done about it.
func (v *runScreen) numbers() string {
	var parts []string
	if v.checks.total() > 0 {
		parts = append(parts, "Checks: "+v.checks.String()+".")
	}
	hand, changes := v.found.byHand(), len(v.offer.Changes)+len(v.offer.NotOurs)
	if hand > 0 && changes == 0 {
		parts = append(parts, "What is wrong is mended by hand: each finding says how.")
		return strings.Join(parts, " ")
	}
	if changes > 0 {
		none := map[bool]string{true: " to make, none made yet.", false: " still to make."}[v.result == nil]
		parts = append(parts, words.Plural(changes, "change")+none)
	}
	if n := len(v.offer.NotOurs); n > 0 {
		parts = append(parts, fmt.Sprintf("%s a word of yours first.", needs(n)))
	}
	if hand > 0 {
		parts = append(parts, isAre(hand, "finding")+" to be mended by hand.")
	}
	return strings.Join(parts, " ")
}

func needs(n int) string {
	if n == 1 {
		return "1 of them needs"
	}
	return fmt.Sprintf("%d of them need", n)
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
	return fmt.Sprintf("%d things%s to look at", n, still)
}

func isAre(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return fmt.Sprintf("%d %ss are", n, noun)
}

// showResult is how making the changes ended, and what it mended.
func (v *runScreen) showResult() {
	t := v.theme
	if v.staged() {
		v.outcome(toLookAt(v.result)...)
		return
	}
	v.outcome()
	for _, f := range v.mended {
		v.list.text(t.Cut(" "+t.Good.Render(t.Glyphs.Done+" mended  ")+t.Bold.Render(named(f))+"  "+t.Faint.Render(firstSentence(f.Evidence)), v.list.width))
	}
	if len(v.mended) > 0 {
		v.list.text("")
	}
}

// showOthers shows the changes that no finding asked for.
func (v *runScreen) showOthers() {
	t, shown := v.theme, false
	for i := range v.found.others {
		c := &v.found.others[i]
		if v.staged() && c.Step != v.current {
			continue
		}
		if !shown {
			v.list.text(" " + t.Bold.Render("What changes"))
		}
		shown = true
		v.showChange(c, 0)
	}
	switch {
	case shown:
		v.list.text("")
	case !v.last() && !v.mustLook():
		v.list.text(" "+t.Good.Render(t.Glyphs.Right)+" Nothing to change: what is there matches the answers.", "")
	}
}

// firstSentence is a text up to its first full stop.
func firstSentence(text string) string {
	text = strings.ReplaceAll(text, "\n", " ")
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}

// showAccess says who gets in, before anything else of a plan.
func (v *runScreen) showAccess(sentences []string) {
	if len(sentences) == 0 {
		return
	}
	t := v.theme
	v.list.text(" " + t.Warn.Render(t.Glyphs.Attention+" This gives access:"))
	for _, sentence := range sentences {
		v.list.wrapped(sentence, 3, t.Plain.Render)
	}
	v.list.text("")
}
