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
func (s saving) ask(t *theme.Theme) action {
	return func() (nav, tea.Cmd) {
		path, err := filepath.Abs(s.name)
		if err != nil {
			path = "" // the folder is gone; the operator names another
		}
		return nav{push: &prompt{
			theme: t, title: s.title,
			form: form.New(t, []form.Field{{
				Name: "value", Label: "File", Value: path, Kind: form.Text,
				Help:  "It names accounts, users and ARNs, so the file is readable by you alone.",
				Check: newFile,
			}}),
			done: func(path string) (nav, tea.Cmd) { return nav{pop: true}, s.write(path) },
			left: goTo(nav{pop: true}),
		}}, nil
	}
}

func newFile(path string) error {
	if path == "" {
		return plan.ErrNeeded
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already: choose another name", path)
	}
	return nil
}

func (s saving) write(path string) tea.Cmd {
	return func() tea.Msg {
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
			return noticeMsg{text: "Not saved: " + err.Error()}
		}
		return noticeMsg{text: "Saved to " + path + ".", done: true}
	}
}

// formats are the ways to save a plan: as the line presenters print it, and where
// that can be, as a script.
func (v *runScreen) formats() []choice {
	changes, s, stages := v.review.kept(), v.review.preview(), v.mode.Stages
	text := saving{title: "Save the plan", name: "stateroom-plan.txt", text: func(out *bytes.Buffer) {
		lines := plain.NewLines(out)
		lines.Command = v.mode.Command(v.review.Outcome)
		lines.Stages = stages
		emit(lines.Emit, changes, s)
	}}
	json := saving{title: "Save the plan", name: "stateroom-plan.json", text: func(out *bytes.Buffer) {
		emit(plain.NewJSON(out, io.Discard).Emit, changes, s)
	}}
	list := []choice{
		{"Save as text", "What " + v.mode.Command(v.review.Outcome) + " --dry-run --plain prints.", text.ask(v.theme)},
		{"Save as JSON", "One event a line, as " + v.mode.Command(v.review.Outcome) + " --dry-run --json prints them.", json.ask(v.theme)},
	}
	if v.outline.Partition == "" {
		return list
	}
	partition, answers := v.outline.Partition, v.flow.Answers
	script := saving{title: "Save the plan", name: "stateroom-plan.sh", runs: true, text: func(out *bytes.Buffer) {
		out.WriteString(plan.Script(changes, partition, answers))
	}}
	return append(list, choice{
		"Save as a shell script", "AWS CLI calls that make the same where nothing is there yet. It holds no secret.", script.ask(v.theme),
	})
}

// emit replays a dry run.
func emit(to plan.Emit, changes []plan.Change, s *plan.Summary) {
	for i := range s.Checks {
		to(plan.Event{Kind: plan.EventCheck, Check: &s.Checks[i]})
	}
	for i := range changes {
		to(plan.Event{Kind: plan.EventChange, Change: &changes[i]})
	}
	for i := range s.Findings {
		to(plan.Event{Kind: plan.EventFinding, Finding: &s.Findings[i]})
	}
	to(plan.Event{Kind: plan.EventSummary, Summary: s})
}

// endDryRun sums up, offers to save what was found, and leaves.
func (v *runScreen) endDryRun() (nav, tea.Cmd) {
	s := v.review.preview()
	v.engine.made = s
	return nav{push: &chooser{
		theme: v.theme, title: "The dry run", text: ending(s, v.mode),
		items: append([]choice{{"Leave", "The summary stays on the terminal.", goTo(nav{quit: true})}}, v.formats()...),
	}}, nil
}

// saveMenu offers the report under the cursor and the whole review.
func (v *runScreen) saveMenu() (nav, tea.Cmd) {
	items := v.formats()
	if f, ok := v.list.under().(*findingItem); ok && f.Details != "" {
		items = append([]choice{{"Save the report of " + f.ID, "For whoever has the permissions to fix it. It holds no secret.", reportOf(f.Finding).ask(v.theme)}}, items...)
	}
	return nav{push: &chooser{theme: v.theme, title: "Save what was found", text: []string{plan.Line(v.review.kept())}, items: items}}, nil
}

// reportOf is a finding's text to hand on.
func reportOf(f plan.Finding) saving {
	return saving{title: "Save the report of " + f.ID, name: "stateroom-" + f.ID + ".txt", text: func(out *bytes.Buffer) {
		out.WriteString(f.Details + "\n")
	}}
}
