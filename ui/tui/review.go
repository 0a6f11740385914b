package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// spin starts the spinner; it stops by itself when nothing is under way.
func (v *runScreen) spin() tea.Cmd { return v.spinner.Tick }

func (v *runScreen) busy() bool {
	return v.phase == opening || v.phase == inspecting || v.phase == applying
}

func (v *runScreen) tick(msg spinner.TickMsg) tea.Cmd {
	if !v.busy() {
		return nil
	}
	var cmd tea.Cmd
	v.spinner, cmd = v.spinner.Update(msg)
	v.refresh()
	return cmd
}

// refresh rebuilds what changed since the last batch of reports; the spinner's
// tick calls it, so that ten thousand reports cost ten redraws a second.
func (v *runScreen) refresh() {
	if v.phase == applying || v.stale {
		v.stale = false
		v.rebuild()
	}
}

func (v *runScreen) typing() bool { return v.phase == asking }

// noticeMsg is a line above the footer.
type noticeMsg string

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

// say shows a line above the footer until something else happens.
func (v *runScreen) say(text string) {
	v.notice = text
	v.rebuild()
}

// fail shows an error that keeps everything from being looked at.
func (v *runScreen) fail(err error) {
	v.phase, v.err = reviewing, err
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

// setReview takes a new plan.
func (v *runScreen) setReview(r plan.Review) {
	v.offer.take(r)
	v.found = sorted(r, v.checks, v.staged())
	v.tallies = v.offer.tallies(v.result)
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

// event is something that the engine reports of the newest operation.
func (v *runScreen) event(e plan.Event) nav {
	switch {
	case e.Kind == plan.EventPassphrase:
		return v.passphrase(e)
	case e.Kind == plan.EventProgress && e.Of > 1 && v.busy():
		v.counting = fmt.Sprintf("%d of %d %s", e.Done, e.Of, e.Text)
	case e.Kind == plan.EventProgress && e.Of == 0:
		v.counting = e.Text
	case v.phase == applying:
		v.progress.event(e)
		v.stale = true
	}
	return nav{}
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

// begin starts to make changes.
func (v *runScreen) begin(changes []plan.Change) {
	v.phase, v.notice = applying, ""
	v.progress = newProgress(changes, v.progress)
	v.list.rewind()
	v.rebuild()
}

// mustLook tells whether a look is all that can come next: after a stop, a failure
// or a lost answer, what is on the screen must not be applied.
func (v *runScreen) mustLook() bool { return v.phase == reviewing && !v.offer.Fresh() }

// bad tells whether the result is one that must not be cheered.
func (v *runScreen) bad() bool {
	return v.result != nil && (v.result.Failed+v.result.Unknown > 0 || v.result.Stopped)
}

// noticeLines are what just happened, above the footer.
func (v *runScreen) noticeLines() []string {
	if v.notice == "" {
		return nil
	}
	var lines []string
	mark := v.theme.Warn.Render(v.theme.Glyphs.Attention)
	for _, line := range wrapMost(v.notice, v.width-4, 3, v.theme) {
		lines = append(lines, " "+mark+" "+line)
		mark = " "
	}
	return lines
}

// wrapMost wraps a text into at most most lines, and marks where it ends early.
func wrapMost(text string, width, most int, t *theme.Theme) []string {
	lines := words.Fit(text, width)
	if len(lines) <= most {
		return lines
	}
	last, next := lines[most-1], " "+t.Glyphs.Ellipsis
	if strings.Contains(text, last+lines[most]) { // the middle of a long word
		next = lines[most]
	}
	return append(lines[:most-1], t.Cut(last+next, width))
}

// formView is the questions under their heading, scrolled so that the field with
// the focus is in sight.
func (v *runScreen) formView() []string {
	fields, at := v.form.View()
	lines := append([]string{}, v.list.view(v)...)
	at += len(lines)
	for _, line := range fields {
		lines = append(lines, " "+line)
	}
	room := v.height - len(v.noticeLines())
	if !v.wide() {
		room -= 2
	}
	if over := at + 6 - room; over > 0 {
		lines = lines[min(over, len(lines)):]
	}
	return lines
}

// waitingView is the list with what is under way below it.
func (v *runScreen) waitingView(text string) []string {
	if v.counting != "" {
		text += ": " + v.counting
	}
	lines := append([]string{}, v.list.view(v)...)
	return append(lines, " "+v.theme.Accent.Render(v.spinner.View())+" "+text)
}
