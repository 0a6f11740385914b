package tui

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps"
	"stateroom/ui/tui/theme"
)

// event is something that the engine reports of the newest operation.
func (w *wizard) event(msg eventMsg) tea.Cmd {
	if msg.op != w.engine.op {
		return nil
	}
	e := msg.event
	switch {
	case e.Kind == steps.EventPassphrase:
		return w.passphrase(e)
	case e.Kind == steps.EventProgress && e.Of > 1:
		w.counting = fmt.Sprintf("%d of %d %s", e.Done, e.Of, e.Text)
	case w.phase == applying:
		w.progress.event(e)
		w.stale = true
	}
	return nil
}

// passphrase shows a generated passphrase until the operator has noted it.
func (w *wizard) passphrase(e steps.Event) tea.Cmd {
	return push(&chooser{
		theme: w.theme, title: "Passphrase of " + e.Text + "'s handover",
		text: []string{
			e.Passphrase.Reveal(),
			"It is shown this once and stored nowhere. Tell it to " + e.Text + " by another way than the one that the file takes.",
		},
		items: []way{{"I have noted it", "", nil}},
	})
}

// madeAll has the outcome, and what is still to do.
func (w *wizard) madeAll(msg madeMsg) tea.Cmd {
	if msg.op != w.engine.op {
		return nil
	}
	w.engine.book(msg.summary)
	w.phase, w.counting, w.stale = reviewing, "", false
	w.result = msg.summary
	if msg.err != nil {
		w.fail(msg.err)
		return nil
	}
	w.observed = msg.observed
	msg.review.Changes = append(msg.review.Changes, msg.review.Left...)
	msg.review.Left = nil
	w.setReview(msg.review)
	w.current, w.notice = stepCount, ""
	w.pane.rewind()
	w.pane.rebuild()
	if msg.summary.Stopped {
		w.say("Stopped. What is done stays; what was not begun is still to do.")
	}
	return nil
}

// applying draws what is under way: failures first, then what runs, then the
// newest of what has ended.
func (p *pane) applying() {
	t, g := p.w.theme, p.w.progress
	p.text("", " "+p.bar(g.ended, g.total), "")
	for _, f := range g.failures {
		p.text(" " + t.Bad.Render(t.Glyphs.Failed+" "+f.change.Title))
		p.wrapped(f.err.Error(), 3, t.Plain.Render)
	}
	if more := g.failed - len(g.failures); more > 0 {
		p.text(" " + t.Bad.Render(fmt.Sprintf("and %d more failed", more)))
	}
	for _, c := range g.running {
		p.text(" " + t.Accent.Render(p.w.spinner.View()) + " " + c.Title)
	}
	if g.proving {
		text := "Looking again, and proving the result as its users would"
		if p.w.counting != "" {
			text += ": " + p.w.counting
		}
		p.text(" " + t.Accent.Render(p.w.spinner.View()) + " " + text)
	}
	p.tail()
	for i := len(g.done) - 1; i >= max(0, len(g.done)-endedShown); i-- {
		d := g.done[i]
		if d.why != "" {
			p.text(" " + t.Faint.Render(t.Glyphs.Out+" "+d.change.Title+": left out, "+d.why))
			continue
		}
		p.text(" " + t.Good.Render(t.Glyphs.Done) + " " + d.change.Title + t.Faint.Render("  "+took(d.took)))
	}
}

// tail is the newest of Terraform's output, where there is room for it.
func (p *pane) tail() {
	out := p.w.progress.output
	if len(out) == 0 {
		return
	}
	const lines = 6
	p.text(" " + p.w.theme.Bold.Render("Terraform") + p.w.theme.Faint.Render("  t shows all of it"))
	for _, line := range out[max(0, len(out)-lines):] {
		p.text("   " + p.w.paintOutput(line).Render(p.w.theme.Cut(ansi.Strip(line), p.width-4)))
	}
	p.text("")
}

// bar is the progress bar with its numbers.
func (p *pane) bar(done, of int) string {
	t := p.w.theme
	cells := min(40, max(10, p.width-30))
	full := cells
	if of > 0 {
		full = min(cells, cells*done/of)
	}
	bar := t.Accent.Render(strings.Repeat(t.Glyphs.Bar, full)) + t.Faint.Render(strings.Repeat(t.Glyphs.BarEmpty, cells-full))
	text := fmt.Sprintf("  %d of %s", done, plural(of, "change"))
	if n := p.w.progress.failed; n > 0 {
		text += t.Bad.Render(fmt.Sprintf(", %d failed", n))
	}
	return bar + text
}

// outcome is the last screen: what was built, what it costs, what is next.
func (p *pane) outcome() {
	t := p.w.theme
	for _, line := range outcome(p.w.result) {
		style := t.Good
		if p.w.result.Failed+p.w.result.Unknown > 0 || p.w.result.Stopped {
			style = t.Bad
		}
		p.wrapped(line, 1, style.Render)
	}
	p.text("")
	for _, f := range p.w.result.Failures {
		p.text(" " + t.Bad.Render(t.Glyphs.Failed+" "+f.Change.Title))
		p.wrapped(f.Err.Error(), 3, t.Plain.Render)
	}
	for _, note := range p.w.result.Notes {
		name, rest, ok := strings.Cut(note, ": ")
		if !ok {
			p.wrapped(note, 1, t.Plain.Render)
			continue
		}
		p.wrapped(name, 1, t.Bold.Render)
		p.wrapped(rest, 3, t.Plain.Render)
	}
	if note := p.w.engine.start.Note; note != "" {
		p.wrapped(note, 1, t.Faint.Render)
	}
	p.text("")
}

// last sums the plan up on the last step and says what the next key does.
func (p *pane) last() {
	t, w := p.w.theme, p.w
	kept, left := w.toDo(), len(w.left)
	for n := 1; n <= stepCount; n++ {
		if tally := w.tallies[n]; tally.changes > 0 && kept > 0 {
			_, word := w.reviewed(n)
			p.text("   " + t.Faint.Render(fmt.Sprintf("%d ", n)) + t.Pad(railNames[n], 12) + word)
		}
	}
	enter := t.Bold.Render("enter")
	switch {
	case w.result != nil && kept == 0:
		p.text(" " + enter + " leaves. A summary stays on the terminal.")
	case kept == 0 && left == 0:
		p.text(" Everything is right already. " + enter + " proves it as its users would.")
	case w.dryRun:
		p.text("", " "+w.planLine()+" "+enter+" ends the dry run.")
	default:
		p.text("", " "+w.planLine())
		if left > 0 {
			p.text(" " + plural(left, "change") + " left out.")
		}
		p.text(" " + enter + " asks once more, then applies.")
	}
	p.text("")
}

// planLine is Terraform's sentence for what is not left out.
func (w *wizard) planLine() string {
	var add, change, destroy int
	for i := range w.review.Changes {
		if w.left[w.review.Changes[i].ID] {
			continue
		}
		a, c, d := steps.Counts(w.review.Changes[i : i+1])
		add, change, destroy = add+a, change+c, destroy+d
	}
	return planLine(add, change, destroy)
}

// took is a duration as people read it.
func took(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// view puts rail, pane and notice together.
func (w *wizard) view() []string {
	var lines []string
	switch {
	case w.phase == asking:
		lines = w.formView()
	case w.busy() && w.phase != applying:
		lines = w.waitingView()
	default:
		lines = w.pane.view()
	}
	height := w.height - len(w.noticeLines())
	if !w.wide() {
		lines = append([]string{w.foldedRail(), ""}, lines...)
	} else {
		lines = w.beside(lines, height)
	}
	for len(lines) < height {
		lines = append(lines, "")
	}
	return append(lines[:height], w.noticeLines()...)
}

// beside puts the rail to the left of the step.
func (w *wizard) beside(content []string, height int) []string {
	rail := w.rail()
	lines := make([]string, 0, height)
	side := w.theme.Rule.Render(w.theme.Glyphs.Side)
	for i := range height {
		left, right := "", ""
		if i < len(rail) {
			left = rail[i]
		}
		if i < len(content) {
			right = content[i]
		}
		lines = append(lines, w.theme.Pad(left, railColumns)+side+" "+right)
	}
	return lines
}

// waitingView is shown until there is something to review.
func (w *wizard) waitingView() []string {
	text := "Looking at what is there"
	if w.phase == opening {
		text = "Opening"
	}
	if w.counting != "" {
		text += ": " + w.counting
	}
	lines := append([]string{}, w.pane.view()...)
	return append(lines, " "+w.theme.Accent.Render(w.spinner.View())+" "+text)
}

// formView is the current step's questions under its heading, scrolled so that
// the field with the focus is in sight.
func (w *wizard) formView() []string {
	fields, at := w.form.View()
	lines := append([]string{}, w.pane.view()...)
	at += len(lines)
	for _, line := range fields {
		lines = append(lines, " "+line)
	}
	room := w.height - len(w.noticeLines())
	if !w.wide() {
		room -= 2
	}
	if over := at + 6 - room; over > 0 {
		lines = lines[min(over, len(lines)):]
	}
	return lines
}

// noticeLines are what just happened, above the footer.
func (w *wizard) noticeLines() []string {
	if w.notice == "" {
		return nil
	}
	var lines []string
	mark := w.theme.Warn.Render(w.theme.Glyphs.Attention)
	for _, line := range wrapMost(w.notice, w.width-4, 3, w.theme) {
		lines = append(lines, " "+mark+" "+line)
		mark = " "
	}
	return lines
}

// refresh rebuilds what changed since the last batch of reports; the spinner's
// tick calls it, so that ten thousand reports cost ten redraws a second.
func (w *wizard) refresh() {
	if w.phase == applying || w.stale {
		w.stale = false
		w.pane.rebuild()
	}
}

// wrapMost wraps a text into at most most lines, and marks where it ends early.
func wrapMost(text string, width, most int, t *theme.Theme) []string {
	lines := theme.Wrap(text, width)
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] = t.Cut(lines[most-1]+" "+t.Glyphs.Ellipsis, width)
	}
	return lines
}
