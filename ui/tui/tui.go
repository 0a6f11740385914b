// Package tui is the full-screen program: a Bubble Tea state machine over the
// engine (steps/engine). One root model dispatches to a stack of screens. One of
// them goes through a whole run, whatever its mode; what a mode has of its own, as
// the nine steps of set-up, comes to it as data.
//
// Update never blocks: looking and changing run in commands that carry the id
// of their operation, and their events are pulled from a queue. View only puts
// together what Update has prepared.
//
// What does not live here: every decision about what to change (steps), the
// line presenters (ui/plain), the command line (ui/command) and the signals (main). The
// fields live in tui/form, the looks in tui/theme.
package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"background.stateroom"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/ui/learn"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// Start is one run. Nothing of it has called AWS yet.
type Start struct {
	// Open asks what a flow has to know and opens it. Its flow needs no Emit, no
	// Confirm and no Stop: the screens bring their own.
	Open engine.Open
	// Given are the answers that nobody has to be asked for.
	Given plan.Given
	// Keep is told of the answers, of what was typed on the page that is shown, and of how
	// the run ended (nil where nothing was made), once it is left. It tells whether they
	// are kept for the next run, and is nil where they never are.
	Keep func(given plan.Given, typed map[string]string, s *plan.Summary) bool
	// Kept tells whether answers of this run are kept already; it may be nil.
	Kept func() bool
	// Notice is told on the first screen that there is, unless it is empty.
	Notice string
	// Terminal are the commands with which somebody works on a rehearsal in a window of
	// their own; nil without one.
	Terminal []string
	// Note is told at the end, unless it is empty; Close clears away what the run
	// brought with it. Both are given how the run ended, nil where nothing was done,
	// and may be nil.
	Note  func(*plan.Summary) string
	Close func(*plan.Summary) error
}

// Options are what main knows of this run.
type Options struct {
	In  io.Reader
	Out io.Writer
	// Menu begins with the menu; otherwise the first of the modes begins at once.
	Menu bool
	// Modes are those that Begin can open, in the menu's order; none is set-up
	// alone.
	Modes []*Mode
	// Sandbox rehearses; DryRun changes nothing.
	Sandbox, DryRun bool
	// Course are the faults that can be practised, by their chapters. Troubleshooting in
	// the sandbox asks for one of them first, unless there are none.
	Course []learn.Chapter
	// Progress is what was learned of it before, and Learned books and keeps what was
	// learned now. It may be nil.
	Progress learn.Progress
	Learned  func(fault string, points int, surprise bool) (learn.Progress, error)
	// Begin opens a run, in the sandbox or for real. It may take a while.
	Begin func(ctx context.Context, r Request) (*Start, error)
	// Stop, once closed, interrupts as Ctrl-C does.
	Stop <-chan struct{}
	// Applying is told when changes begin and end, so that the first signal
	// lets them finish. It may be nil.
	Applying func(bool)
	// Interrupt is told of a Ctrl-C with which the program is to end: the first
	// where no change is being made, and the second, which cancels the changes
	// under way. It may be nil.
	Interrupt func(second bool)
	// Getenv reads the environment: NO_COLOR, the locale.
	Getenv func(string) string
}

func (o *Options) modes() []*Mode {
	if len(o.Modes) == 0 {
		return []*Mode{SetUp}
	}
	return o.Modes
}

// Run shows the screens until the operator leaves it, waits for what is still
// under way, and prints how it ended to the normal screen. It gives the runs that have
// come to something, in their order. The error is one that kept the last from its end.
func Run(ctx context.Context, o Options) ([]Visit, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	renderer := lipgloss.NewRenderer(o.Out)
	renderer.SetHasDarkBackground(background.Guess())
	m := newRoot(ctx, o, theme.New(renderer, theme.UTF8(o.Getenv)))
	m.paint = renderer.SetHasDarkBackground
	var program *tea.Program
	if file, ok := o.In.(*os.File); ok && answering(o.Out, o.Getenv) {
		m.asks = true
		o.In = &input{File: file, tell: func(msg tea.Msg) { go program.Send(msg) }}
	}
	program = tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(o.Out),
		tea.WithAltScreen(), tea.WithMouseCellMotion(), tea.WithoutSignalHandler())
	_, err := program.Run()
	killed := ctx.Err() != nil
	cancel()
	m.engine.wait()
	summary := m.summary(killed)
	kept := m.keep(summary)
	closing(o.Out, m, summary)
	if kept {
		fmt.Fprintln(o.Out, words.AnswersKept)
	}
	closeErr := m.engine.close(summary)
	if errors.Is(err, tea.ErrProgramKilled) && killed {
		err = nil // the summary says so
	}
	if err != nil {
		err = fmt.Errorf("the terminal: %w", err)
	}
	if p := m.parked; p != nil && (summary == nil || !summary.Stopped) { // what was practiced counts for nothing
		summary, m.run, m.request = p.made, p.run, p.request
	}
	if summary == nil && m.run != nil {
		err = errors.Join(err, m.run.err) // main tells it
	}
	if summary != nil {
		m.visits = append(m.visits, Visit{m.request.Mode, summary, m.request.Sandbox && !o.Sandbox})
	}
	return m.visits, errors.Join(err, closeErr)
}
