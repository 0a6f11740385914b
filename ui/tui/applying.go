package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// show draws what is under way: failures first, then what runs, then the newest of
// what has ended. Busy is the sign of what runs, proving what the last look is called.
func (p *progress) show(l *list, busy, proving string) {
	t := l.theme
	l.text("", " "+p.bar(l), "")
	for _, f := range p.failures {
		l.text(" " + t.Bad.Render(t.Glyphs.Failed+" "+f.change.Title))
		l.wrapped(f.err.Error(), 3, t.Plain.Render)
	}
	if more := p.failed - len(p.failures); more > 0 {
		l.text(" " + t.Bad.Render(fmt.Sprintf("and %d more failed", more)))
	}
	for _, c := range p.running {
		l.text(" " + t.Accent.Render(busy) + " " + c.Title)
	}
	if p.proving {
		l.text(" " + t.Accent.Render(busy) + " " + proving)
	}
	p.tail(l)
	for i := len(p.done) - 1; i >= max(0, len(p.done)-endedShown); i-- {
		d := p.done[i]
		if d.why != "" {
			l.text(" " + t.Faint.Render(t.Glyphs.Out+" "+d.change.Title+": left out, "+d.why))
			continue
		}
		l.text(" " + t.Good.Render(t.Glyphs.Done) + " " + d.change.Title + t.Faint.Render("  "+words.Took(d.took)))
	}
}

// tail is the newest of Terraform's output, where there is room for it.
func (p *progress) tail(l *list) {
	if len(p.output) == 0 {
		return
	}
	const lines = 6
	l.text(" " + l.theme.Bold.Render("Terraform") + l.theme.Faint.Render("  t shows all of it"))
	for _, line := range p.output[max(0, len(p.output)-lines):] {
		l.text("   " + paintOutput(l.theme, line).Render(l.theme.Cut(ansi.Strip(line), l.width-4)))
	}
	l.text("")
}

// bar is the progress bar with its numbers.
func (p *progress) bar(l *list) string {
	t := l.theme
	cells := min(40, max(10, l.width-30))
	full := cells
	if p.total > 0 {
		full = min(cells, cells*p.ended/p.total)
	}
	bar := t.Accent.Render(strings.Repeat(t.Glyphs.Bar, full)) + t.Faint.Render(strings.Repeat(t.Glyphs.BarEmpty, cells-full))
	text := fmt.Sprintf("  %d of %s", p.ended, words.Plural(p.total, "change"))
	if p.failed > 0 {
		text += t.Bad.Render(fmt.Sprintf(", %d failed", p.failed))
	}
	return bar + text
}

// outcome is how making the changes ended, what failed before all else, and what
// more there is to say.
func (v *runScreen) outcome(more ...string) {
	t := v.theme
	style := t.Good
	if v.bad() {
		style = t.Bad
	}
	for _, line := range append(words.Outcome(v.result, "Look again"), more...) {
		v.list.wrapped(line, 1, style.Render)
	}
	v.list.text("")
	for _, f := range v.result.Failures {
		v.list.text(" " + t.Bad.Render(t.Glyphs.Failed+" "+f.Change.Title))
		v.list.wrapped(f.Err.Error(), 3, t.Plain.Render)
	}
}

// notes are what there is to know at the end: what exists, what is next.
func (v *runScreen) notes(notes []string) {
	t := v.theme
	for _, note := range notes {
		name, rest, ok := strings.Cut(note, ": ")
		if !ok {
			v.list.wrapped(note, 1, t.Plain.Render)
			continue
		}
		v.list.wrapped(name, 1, t.Bold.Render)
		v.list.wrapped(rest, 3, t.Plain.Render)
	}
	if note := v.engine.start.Note; note != "" {
		v.list.wrapped(note, 1, t.Faint.Render)
	}
	v.list.text("")
}

// begin starts to make changes.
func (v *runScreen) begin(changes []plan.Change) {
	v.phase, v.notice = applying, ""
	v.progress = newProgress(changes, v.progress)
	v.list.rewind()
	v.rebuild()
}

// halt stops between changes, and the second time cancels the calls. It says
// which of the two.
func (v *runScreen) halt() (first bool, text string) {
	if v.engine.halt() {
		return true, "Stopping: the changes under way are finished first, no other is begun. Ctrl-C again cancels them and ends."
	}
	v.engine.cancel()
	return false, "Cancelling the calls under way."
}

// bad tells whether the result is one that must not be cheered.
func (v *runScreen) bad() bool {
	return v.result != nil && (v.result.Failed+v.result.Unknown > 0 || v.result.Stopped)
}

// showOutput is all that Terraform has said so far.
func (v *runScreen) showOutput() nav {
	return nav{push: newViewer(v.theme, "Terraform's output", strings.Join(v.progress.output, "\n"), paintOutput)}
}

// applyingKeys are those that work while changes are made.
func (v *runScreen) applyingKeys() []key.Binding {
	if len(v.progress.output) > 0 {
		return []key.Binding{keys.Down, keys.Output}
	}
	return []key.Binding{keys.Down}
}

// passphrase shows a generated passphrase until the operator has noted it.
func (v *runScreen) passphrase(e plan.Event) nav {
	return nav{push: &chooser{
		theme: v.theme, title: "Passphrase of " + e.Text + "'s handover",
		text: []string{
			e.Passphrase.Reveal(),
			"It is shown this once and stored nowhere. Tell it to " + e.Text + " by another way than the one that the file takes.",
		},
		items: []choice{{"I have noted it", "", nil}},
	}}
}
