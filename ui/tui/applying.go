package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
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
		l.failed(f.change.Title, f.err)
	}
	if more := p.failed - len(p.failures); more > 0 {
		l.text(" " + t.Bad.Render(fmt.Sprintf("and %d more failed", more)))
	}
	for _, c := range p.running {
		l.marked(t.Accent.Render(busy), c.Title, t.Plain, "")
		if why := words.Slow(c); why != "" {
			l.wrapped(why, 3, t.Faint.Render)
		}
	}
	if p.proving {
		l.marked(t.Accent.Render(busy), proving, t.Plain, "")
	}
	p.tail(l)
	for i := len(p.done) - 1; i >= max(0, len(p.done)-endedShown); i-- {
		d := p.done[i]
		if d.why != "" {
			l.marked(t.Faint.Render(t.Glyphs.Out), d.change.Title, t.Faint, "not begun, "+d.why)
			continue
		}
		mark := t.Good.Render(t.Glyphs.Right)
		if d.left != "" {
			mark = t.Warn.Render(t.Glyphs.Unproven)
		}
		l.marked(mark, d.change.Title, t.Plain, cmp.Or(d.left, words.Took(d.took)))
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

// begin starts to make changes.
func (v *runScreen) begin(changes []plan.Change) {
	before := map[int]stage{}
	for _, s := range v.outline.Stages {
		state, word := v.ownState(s.Number)
		t := v.review.tallies[s.Number]
		before[s.Number] = stage{state, word, t != nil && t.left > 0}
	}
	v.phase, v.notice = applying, noticeMsg{}
	v.asked.undone = nil // what is made is not undone by an answer
	v.progress = newProgress(changes, v.progress)
	v.progress.seen = before
	v.list.rewind()
	v.rebuild()
}

// halt stops between changes, and the second time cancels the calls. It says
// which of the two.
func (v *runScreen) halt() (first bool, text string) {
	switch first = v.engine.halt(); {
	case first && v.progress.proving:
		return true, "Stopping the proof: what was made stays, and is not proven. Ctrl-C again ends at once."
	case first:
		return true, "Stopping: the changes under way are finished first, no other is begun. Ctrl-C again cancels them and ends."
	}
	v.engine.cancel()
	return false, "Cancelling the calls under way."
}

// showOutput is all that Terraform has said so far.
func (v *runScreen) showOutput() (nav, tea.Cmd) {
	return nav{push: newViewer(v.theme, "Terraform's output", strings.Join(v.progress.output, "\n"), paintOutput)}, nil
}

// passphrase shows a generated passphrase until the operator has noted it.
func (v *runScreen) passphrase(e plan.Event) nav {
	v.unread = append(v.unread, e.Text)
	read := func() (nav, tea.Cmd) {
		v.unread = slices.DeleteFunc(v.unread, func(user string) bool { return user == e.Text })
		return nav{}, nil
	}
	return nav{push: &chooser{
		theme: v.theme, title: "Passphrase of " + plan.Whose(e.Text) + " handover",
		text: []string{
			e.Passphrase.Reveal(),
			"It is shown this once and stored nowhere. Tell it to " + e.Text + " over a different channel than the file.",
		},
		items: []choice{{"I have written it down", "", read}},
	}}
}
