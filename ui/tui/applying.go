package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/words"
)

// applying draws what is under way: failures first, then what runs, then the
// newest of what has ended.
func (v *runScreen) applying() {
	t, g := v.theme, v.progress
	v.list.text("", " "+v.bar(g.ended, g.total), "")
	for _, f := range g.failures {
		v.list.text(" " + t.Bad.Render(t.Glyphs.Failed+" "+f.change.Title))
		v.list.wrapped(f.err.Error(), 3, t.Plain.Render)
	}
	if more := g.failed - len(g.failures); more > 0 {
		v.list.text(" " + t.Bad.Render(fmt.Sprintf("and %d more failed", more)))
	}
	for _, c := range g.running {
		v.list.text(" " + t.Accent.Render(v.spinner.View()) + " " + c.Title)
	}
	if g.proving {
		text := v.mode.proving
		if v.counting != "" {
			text += ": " + v.counting
		}
		v.list.text(" " + t.Accent.Render(v.spinner.View()) + " " + text)
	}
	v.tail()
	for i := len(g.done) - 1; i >= max(0, len(g.done)-endedShown); i-- {
		d := g.done[i]
		if d.why != "" {
			v.list.text(" " + t.Faint.Render(t.Glyphs.Out+" "+d.change.Title+": left out, "+d.why))
			continue
		}
		v.list.text(" " + t.Good.Render(t.Glyphs.Done) + " " + d.change.Title + t.Faint.Render("  "+words.Took(d.took)))
	}
}

// tail is the newest of Terraform's output, where there is room for it.
func (v *runScreen) tail() {
	out := v.progress.output
	if len(out) == 0 {
		return
	}
	const lines = 6
	v.list.text(" " + v.theme.Bold.Render("Terraform") + v.theme.Faint.Render("  t shows all of it"))
	for _, line := range out[max(0, len(out)-lines):] {
		v.list.text("   " + paintOutput(v.theme, line).Render(v.theme.Cut(ansi.Strip(line), v.list.width-4)))
	}
	v.list.text("")
}

// bar is the progress bar with its numbers.
func (v *runScreen) bar(done, of int) string {
	t := v.theme
	cells := min(40, max(10, v.list.width-30))
	full := cells
	if of > 0 {
		full = min(cells, cells*done/of)
	}
	bar := t.Accent.Render(strings.Repeat(t.Glyphs.Bar, full)) + t.Faint.Render(strings.Repeat(t.Glyphs.BarEmpty, cells-full))
	text := fmt.Sprintf("  %d of %s", done, words.Plural(of, "change"))
	if n := v.progress.failed; n > 0 {
		text += t.Bad.Render(fmt.Sprintf(", %d failed", n))
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
