package tui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps"
	"stateroom/steps/plan"
	"stateroom/ui/plain"
	"stateroom/ui/tui/form"
	"stateroom/ui/tui/theme"
)

// saving is a text that can be written to a file.
type saving struct {
	// title says what is saved, name is the file that is proposed.
	title, name string
	// runs marks a script.
	runs bool
	// text is called in a command, so it holds copies only.
	text func(out *bytes.Buffer)
}

// ask asks for the file. One that is there is never overwritten.
func (s saving) ask(t *theme.Theme) tea.Cmd {
	return func() tea.Msg {
		path, err := filepath.Abs(s.name)
		if err != nil {
			path = "" // the folder is gone; the operator names another
		}
		return pushMsg{&prompt{
			theme: t, title: s.title,
			form: form.New(t, []form.Field{{
				Name: "value", Label: "File", Value: path, Kind: form.Text,
				Help:  "It names accounts, users and ARNs, so the file is readable by you alone.",
				Check: newFile,
			}}),
			done: func(path string) tea.Cmd { return popThen(s.write(path)) },
			left: pop,
		}}
	}
}

func newFile(path string) error {
	if path == "" {
		return errNeeded
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already: choose another name", path)
	}
	return nil
}

func (s saving) write(path string) tea.Cmd {
	return async(func() tea.Msg {
		var out bytes.Buffer
		s.text(&out)
		mode := fs.FileMode(0o600)
		if s.runs {
			mode = 0o700
		}
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if err == nil {
			_, err = file.Write(out.Bytes())
			err = errors.Join(err, file.Close())
		}
		if err != nil {
			return noticeMsg("Not saved: " + err.Error())
		}
		return noticeMsg("Saved to " + path + ".")
	})
}

// savedPlan are the ways to save a plan as the line presenters print it.
func (v *visit) savedPlan(changes []plan.Change, s *plan.Summary, lines func(io.Writer) *plain.Lines) []way {
	text := saving{title: "Save the plan", name: "stateroom-plan.txt", text: func(out *bytes.Buffer) {
		emit(lines(out).Emit, changes, s)
	}}
	json := saving{title: "Save the plan", name: "stateroom-plan.json", text: func(out *bytes.Buffer) {
		emit(plain.NewJSON(out, io.Discard).Emit, changes, s)
	}}
	return []way{
		{"Save as text", "What " + v.words.command + " --dry-run --plain prints.", text.ask(v.theme)},
		{"Save as JSON", "One event a line, as " + v.words.command + " --dry-run --json prints them.", json.ask(v.theme)},
	}
}

// emit replays a dry run.
func emit(to plan.Emit, changes []plan.Change, s *plan.Summary) {
	for i := range s.Checks {
		to(plan.Event{Kind: plan.EventCheck, Check: &s.Checks[i]})
	}
	for i := range changes {
		to(plan.Event{Kind: plan.EventPlanned, Change: &changes[i]})
	}
	for i := range s.Findings {
		to(plan.Event{Kind: plan.EventFinding, Finding: &s.Findings[i]})
	}
	to(plan.Event{Kind: plan.EventSummary, Summary: s})
}

// endOfDryRun sums up, offers to save what was found, and leaves.
func (v *visit) endOfDryRun(s *plan.Summary, ways []way) tea.Cmd {
	v.engine.made = s
	return push(&chooser{
		theme: v.theme, title: "The dry run", text: append(outcome(s, "Run "+v.words.command+" again"), toLookAt(s)...),
		items: append([]way{{"Leave", "The summary stays on the terminal.", func() tea.Msg { return leaveMsg{} }}}, ways...),
	})
}

// endDryRun ends the wizard's.
func (w *wizard) endDryRun() tea.Cmd { return w.endOfDryRun(w.preview(), w.formats()) }

// preview is the summary of the plan without what was left out.
func (w *wizard) preview() *plan.Summary {
	s := &plan.Summary{DryRun: true, Foreign: w.review.Foreign, Findings: w.review.Findings}
	s.Add, s.Change, s.Destroy = plan.Counts(w.kept())
	return s
}

// formats are the ways to save the wizard's plan.
func (w *wizard) formats() []way {
	changes, o, a := w.kept(), w.observed, w.flow.Answers
	script := saving{title: "Save the plan", name: "stateroom-plan.sh", runs: true, text: func(out *bytes.Buffer) {
		out.WriteString(plan.Script(changes, o.Account.Identity.Partition, a))
	}}
	return append(w.savedPlan(changes, w.preview(), headed), way{
		"Save as a shell script", "AWS CLI calls that make the same where nothing is there yet. It holds no secret.", script.ask(w.theme),
	})
}

// headed are lines with a heading for each step.
func headed(out io.Writer) *plain.Lines {
	lines := plain.NewLines(out)
	lines.Stages = steps.Outline()
	return lines
}

// saveMenu offers the formats on any reviewed step.
func (w *wizard) saveMenu() tea.Cmd {
	return push(&chooser{theme: w.theme, title: "Save the plan", text: []string{w.planLine()}, items: w.formats()})
}

// endDryRun ends the checkup's.
func (c *checkup) endDryRun() tea.Cmd {
	s := c.preview()
	return c.endOfDryRun(s, c.savedPlan(c.kept(), s, plain.NewLines))
}

// saveMenu offers the report under the cursor and the whole review.
func (c *checkup) saveMenu() tea.Cmd {
	items := c.savedPlan(c.kept(), c.preview(), plain.NewLines)
	if r := c.pane.under(); r != nil && r.kind == rowFinding && c.found.list[r.item].Details != "" {
		f := c.found.list[r.item]
		items = append([]way{{"Save the report of " + f.ID, "For whoever has the rights to mend it. It holds no secret.", reportOf(f).ask(c.theme)}}, items...)
	}
	return push(&chooser{theme: c.theme, title: "Save what was found", text: []string{c.planLine()}, items: items})
}

// reportOf is a finding's text to hand on.
func reportOf(f plan.Finding) saving {
	return saving{title: "Save the report of " + f.ID, name: "stateroom-" + f.ID + ".txt", text: func(out *bytes.Buffer) {
		out.WriteString(f.Details + "\n")
	}}
}
