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
	"stateroom/ui/plain"
	"stateroom/ui/tui/form"
)

// endDryRun sums up, offers to save the plan, and leaves.
func (w *wizard) endDryRun() tea.Cmd {
	w.engine.made = w.preview()
	return push(&chooser{
		theme: w.theme, title: "The dry run",
		text: outcome(w.engine.made),
		items: append([]way{{"Leave", "The summary stays on the terminal.", func() tea.Msg { return leaveMsg{} }}},
			w.formats()...),
	})
}

// preview is the summary of the plan without what was left out.
func (w *wizard) preview() *steps.Summary {
	s := &steps.Summary{DryRun: true, Foreign: w.review.Foreign, Findings: w.review.Findings}
	s.Add, s.Change, s.Destroy = steps.Counts(w.kept())
	return s
}

// saveMsg asks under which name to save in a format.
type saveMsg struct{ format string }

// formats are the ways to save the plan.
func (w *wizard) formats() []way {
	save := func(format string) tea.Cmd { return func() tea.Msg { return saveMsg{format} } }
	return []way{
		{"Save as text", "What stateroom setup --dry-run --plain prints.", save("txt")},
		{"Save as JSON", "One event a line, as stateroom setup --dry-run --json prints them.", save("json")},
		{"Save as a shell script", "AWS CLI calls that make the same where nothing is there yet. It holds no secret.", save("sh")},
	}
}

// saveMenu offers the formats on any reviewed step.
func (w *wizard) saveMenu() tea.Cmd {
	return push(&chooser{theme: w.theme, title: "Save the plan", text: []string{w.planLine()}, items: w.formats()})
}

// askName asks for the file. One that is there is never overwritten.
func (w *wizard) askName(msg saveMsg) tea.Cmd {
	path, err := filepath.Abs("stateroom-plan." + msg.format)
	if err != nil {
		path = "" // the folder is gone; the operator names another
	}
	return push(&prompt{
		theme: w.theme, title: "Save the plan",
		form: form.New(w.theme, []form.Field{{
			Name: "value", Label: "File", Value: path, Kind: form.Text,
			Help:  "The plan names accounts, users and ARNs, so the file is readable by you alone.",
			Check: newFile,
		}}),
		done: func(path string) tea.Cmd { return popThen(w.save(msg.format, path)) },
		left: pop,
	})
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

// save writes the plan in a command; the text itself is made of copies.
func (w *wizard) save(format, path string) tea.Cmd {
	changes, summary, o, a := w.kept(), w.preview(), w.observed, w.setup.Answers
	return async(func() tea.Msg {
		var out bytes.Buffer
		mode := fs.FileMode(0o600)
		switch format {
		case "sh":
			mode = 0o700
			out.WriteString(steps.Script(changes, o, a))
		case "json":
			emit(plain.NewJSON(&out, io.Discard).Emit, changes, summary)
		default:
			emit(plain.NewLines(&out).Emit, changes, summary)
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

// emit replays a dry run.
func emit(to steps.Emit, changes []steps.Change, s *steps.Summary) {
	for i := range changes {
		to(steps.Event{Kind: steps.EventPlanned, Change: &changes[i]})
	}
	for i := range s.Findings {
		to(steps.Event{Kind: steps.EventFinding, Finding: &s.Findings[i]})
	}
	to(steps.Event{Kind: steps.EventSummary, Summary: s})
}
