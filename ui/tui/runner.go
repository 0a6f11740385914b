package tui

import (
	"context"
	"errors"
	"maps"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// runner is the screens' hand on the engine. Its methods are called by
// Update; the commands that they return run elsewhere and touch nothing of it
// but the queue, so every answer comes back as a message with its operation.
type runner struct {
	ctx      context.Context //nolint:containedctx // a program has one life, and commands outlive calls
	begin    func(context.Context, Request) (*Start, error)
	applying func(bool)
	dryRun   bool
	queue    *queue
	// ended is set once nothing new may begin; running counts what has begun.
	mu      sync.Mutex
	ended   bool
	running sync.WaitGroup
	start   *Start
	// request is what was begun last.
	request Request
	// op is the id of the newest operation; an answer of an older one is stale.
	op     int
	cancel context.CancelFunc
	// idle is closed once the newest operation has come to its end.
	idle chan struct{}
	// left are what clears away the rehearsals that were left.
	left []func() error
	// stop lets the changes under way finish.
	stop chan struct{}
	// made collects what several applications have done so far.
	made *plan.Summary
	// last is what the newest application returned, for whoever never saw its
	// message.
	last chan *plan.Summary
}

func newEngine(ctx context.Context, o Options) *runner {
	applying := o.Applying
	if applying == nil {
		applying = func(bool) {}
	}
	return &runner{
		ctx: ctx, begin: o.Begin, applying: applying, dryRun: o.DryRun, queue: newQueue(),
		cancel: func() {}, last: make(chan *plan.Summary, 1),
	}
}

// answer is what an operation came to, or what it reports on its way. That of an
// operation which is not the newest is stale.
type answer struct {
	op  int
	msg tea.Msg
}

// What operations come to; what they report is a [plan.Event].
type (
	begunMsg struct {
		start *Start
		err   error
	}
	// openedMsg says what follows from the answers given so far.
	openedMsg struct {
		opened engine.Opened
		err    error
	}
	// reviewedMsg is what a flow has found and would change.
	reviewedMsg struct {
		flow   *engine.Flow
		review plan.Review
		// settled is the summary where there is nothing to change.
		settled *plan.Summary
		outline plan.Outline
		err     error
	}
	madeMsg struct {
		summary *plan.Summary
		review  plan.Review
		outline plan.Outline
		err     error
	}
)

// outlined is what a flow shows beside its review.
func outlined(flow *engine.Flow) plan.Outline {
	if flow.Outline == nil {
		return plan.Outline{}
	}
	return flow.Outline()
}

// run begins an operation, which ends the one before it. Run waits for the end of its
// command.
func (e *runner) run(work func(ctx context.Context, emit plan.Emit) tea.Msg) tea.Cmd {
	e.cancel()
	ctx, cancel := context.WithCancel(e.ctx)
	e.cancel = cancel
	e.op++
	op, idle := e.op, make(chan struct{})
	e.idle = idle
	emit := func(event plan.Event) { e.queue.push(answer{op, event}) }
	return func() tea.Msg {
		defer close(idle)
		e.mu.Lock()
		if e.ended {
			e.mu.Unlock()
			return nil
		}
		e.running.Add(1)
		e.mu.Unlock()
		defer e.running.Done()
		return answer{op, work(ctx, emit)}
	}
}

func (e *runner) beginRun(r Request) tea.Cmd {
	e.request = r
	return e.run(func(ctx context.Context, _ plan.Emit) tea.Msg {
		start, err := e.begin(ctx, r)
		return begunMsg{start, err}
	})
}

// open asks what follows from the answers given so far.
func (e *runner) open(given plan.Given) tea.Cmd {
	given, start := maps.Clone(given), e.start
	return e.run(func(ctx context.Context, _ plan.Emit) tea.Msg {
		opened, err := start.Open(ctx, given, e.asks())
		return openedMsg{opened, err}
	})
}

// review lets a flow look. Where there is nothing to change it is brought to its
// end, unless a proof of its result is to be asked for, or nothing may be written.
func (e *runner) review(flow *engine.Flow) tea.Cmd {
	f := *flow
	return e.run(func(ctx context.Context, emit plan.Emit) tea.Msg {
		f.Emit = emit
		msg := reviewedMsg{flow: &f}
		msg.review, msg.err = f.Review(ctx)
		if msg.err == nil && len(msg.review.Changes)+len(msg.review.NotOurs) == 0 && f.Outline == nil && !e.dryRun {
			msg.settled, msg.review, msg.err = f.Make(ctx, msg.review)
		}
		msg.outline = outlined(&f)
		return msg
	})
}

// carryOut makes the changes of the review that was shown that are not in without.
func (e *runner) carryOut(flow *engine.Flow, review plan.Review, without map[string]bool) tea.Cmd {
	e.stop = make(chan struct{})
	f := *flow
	f.Exclude, f.Stop = without, e.stop
	e.applying(true)
	return e.run(func(ctx context.Context, emit plan.Emit) tea.Msg {
		f.Emit = emit
		f.Env.Report(emit)
		var msg madeMsg
		msg.summary, msg.review, msg.err = f.Make(ctx, review.Exclude(without))
		msg.outline = outlined(&f)
		e.applying(false)
		e.last <- msg.summary
		return msg
	})
}

// halt starts no further change; it tells whether this was the first time.
func (e *runner) halt() bool {
	select {
	case <-e.stop:
		return false
	default:
		close(e.stop)
		return true
	}
}

// book adds what one application did to what is summed up at the end.
func (e *runner) book(s *plan.Summary) {
	select {
	case <-e.last:
	default:
	}
	if s == nil {
		return
	}
	made := *s
	if before := e.made; before != nil {
		made.Add, made.Change, made.Destroy = s.Add+before.Add, s.Change+before.Change, s.Destroy+before.Destroy
		made.Applied += before.Applied
	}
	e.made = &made
}

// wait returns when no command is under way any more.
func (e *runner) wait() {
	e.mu.Lock()
	e.ended = true
	e.mu.Unlock()
	e.running.Wait()
	select {
	case s := <-e.last:
		e.last <- nil
		e.book(s)
	default:
	}
}

// summary is how the whole visit ended.
func (e *runner) summary(interrupted bool) *plan.Summary {
	if e.made == nil && interrupted && e.start != nil {
		e.made = &plan.Summary{}
	}
	if e.made != nil {
		e.made.Stopped = e.made.Stopped || interrupted
	}
	return e.made
}

// note is what the run is to tell at its end beside the summary; it may be empty.
func (e *runner) note(s *plan.Summary) string {
	if e.start == nil || e.start.Note == nil {
		return ""
	}
	return e.start.Note(s)
}

// abandon cancels the newest operation, of which nothing is waited for any more.
func (e *runner) abandon() {
	e.cancel()
	e.op++
}

// end clears away a run that was left, so that another can begin.
func (e *runner) end(given plan.Given, typed map[string]string) tea.Cmd {
	e.abandon()
	idle, left := e.idle, e.clearing(given, typed)
	e.start, e.made = nil, nil
	e.mu.Lock()
	e.left = append(e.left, left)
	e.mu.Unlock()
	return func() tea.Msg {
		<-idle
		if err := e.closeLeft(); err != nil {
			return noticeMsg{text: err.Error()}
		}
		return nil
	}
}

// clearing is what clears away the run that is under way, and keeps what it was told.
func (e *runner) clearing(given plan.Given, typed map[string]string) func() error {
	start, made := e.start, e.made
	return func() error {
		if start != nil && start.Keep != nil {
			start.Keep(given, typed, made)
		}
		if start == nil || start.Close == nil {
			return nil
		}
		return start.Close(made)
	}
}

// closeLeft clears away the rehearsals that were left.
func (e *runner) closeLeft() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var errs []error
	for _, clearAway := range e.left {
		errs = append(errs, clearAway())
	}
	e.left = nil
	return errors.Join(errs...)
}

func (e *runner) close(s *plan.Summary) error {
	err := e.closeLeft()
	if e.start == nil || e.start.Close == nil {
		return err
	}
	return errors.Join(err, e.start.Close(s))
}
