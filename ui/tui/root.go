package tui

import (
	"context"
	"fmt"
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// The smallest terminal that the screens can be used on.
const (
	minWidth, minHeight = 60, 18
	stepperWidth        = 100
)

// root is the whole program's model. It is a pointer, and only Update changes it.
type root struct {
	o      Options
	theme  *theme.Theme
	engine *runner
	// run is the run that was begun; nil until then.
	run *runScreen
	// parked is the run from which practice was begun.
	parked        *parked
	stack         []screen
	width, height int
	request       Request
	course        *course
	// visits are the runs that were left for the menu, of those that have made something.
	visits []Visit
	// interrupted says that the operator left by Ctrl-C.
	interrupted bool
	// paint tells the renderer of the background; asks says that the terminal
	// can be asked for it.
	paint func(dark bool)
	asks  bool
	// mouse says that wheel and clicks come here, and do not select text.
	mouse bool
}

func newRoot(ctx context.Context, o Options, t *theme.Theme) *root {
	if o.Interrupt == nil {
		o.Interrupt = func(bool) {}
	}
	first := o.modes()[0]
	m := &root{o: o, theme: t, engine: newEngine(ctx, o), mouse: true, width: 80, height: 24, request: Request{Mode: first, Sandbox: o.Sandbox}}
	m.course = &course{chapters: o.Course, progress: o.Progress, book: o.Learned}
	switch {
	case o.Menu:
		m.stack = []screen{newMenu(t, &m.o, m.course)}
	case first.faults && o.Sandbox && len(o.Course) > 0:
		m.stack = []screen{newChapters(t, m.course)}
	default:
		m.openRun()
	}
	m.layout()
	return m
}

// openRun puts the screen of the request on the stack.
func (m *root) openRun() {
	m.run = newRunScreen(m.theme, m.engine, m.request.Mode, m.o.DryRun, m.request.Sandbox)
	m.run.first = len(m.stack) == 0
	if !m.request.Sandbox {
		m.run.practice = practising{m.theme, &m.o, m.course}.choose(m.request.Mode, true)
	}
	m.stack = append(m.stack, m.run)
	if f, known := m.course.fault(m.request.Fault); known {
		m.run.held, m.run.lesson = true, newLesson(m.theme, m.course, f, m.request.Surprise, m.run)
		m.stack = append(m.stack, m.run.lesson)
	}
}

// Init begins the run, unless something is to be chosen first.
func (m *root) Init() tea.Cmd {
	cmds := []tea.Cmd{m.engine.pull(), m.interrupts()}
	if m.asks {
		cmds = append(cmds, m.ask)
	}
	if m.run != nil {
		cmds = append(cmds, m.start())
	}
	return tea.Batch(cmds...)
}

// start begins what was requested.
func (m *root) start() tea.Cmd {
	return tea.Batch(m.engine.beginRun(m.request), m.run.spin())
}

// stoppedMsg says that main was told to stop.
type stoppedMsg struct{}

func (m *root) interrupts() tea.Cmd {
	stop, ctx := m.o.Stop, m.engine.ctx
	return func() tea.Msg {
		select {
		case <-stop:
			return stoppedMsg{}
		case <-ctx.Done():
			return nil
		}
	}
}

func (m *root) top() screen { return m.stack[len(m.stack)-1] }

// Update dispatches.
func (m *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.layout()
		return m, nil
	case tea.KeyMsg:
		return m, m.key(msg)
	case tea.MouseMsg:
		return m, m.pointer(msg)
	case backgroundMsg:
		m.paint(msg.dark)
		m.layout()
		return m, nil
	case stoppedMsg:
		return m, m.interrupt()
	case resumedMsg:
		return m, m.resumed(msg)
	case mfaMsg:
		return m, m.follow(nav{push: newPrompt(m.theme, msg)}, nil)
	case enrolMsg:
		return m, m.follow(nav{push: newEnrolment(m.theme, msg)}, nil)
	case visitMsg:
		return m, m.follow(nav{push: newVisitor(m.theme, msg)}, nil)
	case visitedMsg:
		m.visited(msg)
		return m, nil
	case learnedMsg:
		if msg.err == nil {
			m.course.progress = msg.progress
		}
	case answer:
		if msg.op != m.engine.op {
			return m, nil
		}
		return m, m.broadcast(msg.msg)
	case batchMsg:
		cmds := []tea.Cmd{m.engine.pull()}
		for _, item := range msg {
			_, cmd := m.Update(item)
			cmds = append(cmds, cmd)
		}
		return m, tea.Batch(cmds...)
	}
	return m, m.broadcast(msg)
}

func (m *root) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, s := range slices.Clone(m.stack) {
		if run, is := s.(*runScreen); is && run != m.run { // it waits
			continue
		}
		cmds = append(cmds, m.follow(s.update(msg)))
	}
	return tea.Batch(cmds...)
}

// key is a key press: the few that work everywhere, then the topmost screen's.
func (m *root) key(msg tea.KeyMsg) tea.Cmd {
	typing := m.top().typing()
	switch {
	case key.Matches(msg, keys.Interrupt):
		if !m.working() {
			m.o.Interrupt(false)
		}
		return m.interrupt()
	case key.Matches(msg, keys.Suspend):
		return m.suspend()
	case m.tooSmall():
		if key.Matches(msg, keys.Quit) && !typing && !m.working() {
			return tea.Quit
		}
		return nil
	case !typing && key.Matches(msg, keys.Help):
		if _, open := m.top().(*viewer); !open {
			return m.follow(nav{push: m.newHelp()}, nil)
		}
	case msg.Type == tea.KeyCtrlK, !typing && key.Matches(msg, keys.Palette):
		if _, open := m.top().(*palette); !open {
			return m.openPalette()
		}
	case !typing && key.Matches(msg, keys.Mouse):
		return m.toggleMouse()
	}
	return m.follow(m.top().update(msg))
}

// interrupt ends the program; while changes are made it lets them finish first,
// and the second time it cancels them and ends whatever they hang on.
func (m *root) interrupt() tea.Cmd {
	if m.working() { // how that ends is the application's to say
		first, text := m.run.halt()
		if !first {
			m.o.Interrupt(true)
		}
		return m.broadcast(noticeMsg{text: text})
	}
	m.interrupted = true
	return tea.Quit
}

// working tells whether changes are being made.
func (m *root) working() bool { return m.run != nil && m.run.phase == applying }

// begin begins what was chosen.
func (m *root) begin(r Request) tea.Cmd {
	if m.run != nil {
		m.parked = &parked{m.run, m.request, m.engine.start, m.engine.made}
		m.engine.start, m.engine.made = nil, nil
	}
	m.request = r
	m.request.Sandbox = m.request.Sandbox || m.o.Sandbox
	m.openRun()
	return m.start()
}

// summary is how the visit ended: what was made, or that it was interrupted, or
// that a plan was looked at and not applied. It is nil where nothing was begun and
// the operator left otherwise than by an interrupt.
func (m *root) summary(killed bool) *plan.Summary {
	interrupted := m.interrupted || killed
	s := m.engine.summary(interrupted)
	switch {
	case s != nil || m.run != nil && m.run.err != nil:
		return s
	case interrupted:
		return &plan.Summary{Stopped: true}
	case m.run == nil:
		return nil
	}
	return m.run.unapplied()
}

func (m *root) tooSmall() bool { return m.width < minWidth || m.height < minHeight }

// layout measures the header and the footer and gives the rest to the screens.
func (m *root) layout() {
	if m.tooSmall() {
		return
	}
	height := m.height - len(m.header()) - footerHeight
	for _, s := range m.stack {
		s.resize(m.width, height)
	}
}

// small is the screen for terminals that nothing fits on.
func (m *root) small() []string {
	text := fmt.Sprintf("This terminal has %d columns and %d lines; the wizard needs %d and %d. Make it larger", m.width, m.height, minWidth, minHeight)
	if m.working() {
		text += ": the changes go on meanwhile, and Ctrl-C stops after those under way."
	} else {
		text += ", or press q and use plain lines: " + m.request.Mode.Command(nil) + " --plain"
	}
	return words.Fit(text, max(10, m.width-1))
}
