package tui

import (
	"fmt"
	"maps"
	"time"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// What is kept of an application: the screen shows the newest.
const (
	endedShown    = 400
	failuresShown = 500
	outputKept    = 5000
)

// progress is what becomes of the changes under way.
type progress struct {
	total   int
	ended   int
	running []*plan.Change
	// done are the newest last.
	done     []endedChange
	failures []endedChange
	failed   int
	steps    map[int]*stepProgress
	// before are the steps that earlier applications have made something in, and seen is
	// what was known of each before this one.
	before map[int]bool
	seen   map[int]stage
	output []string
	// proving says that the changes are made and are being proven.
	proving bool
}

// stepProgress is what becomes of the changes of one step; made are those that ended well.
type stepProgress struct{ total, ended, made, failed int }

// stage is what the stepper says of one, in a sign and a word, and whether something of it
// was left out.
type stage struct {
	state stepState
	word  string
	left  bool
}

type endedChange struct {
	change *plan.Change
	took   time.Duration
	err    error
	// why is what a change was left out for, left what is still missing of one.
	why, left string
}

func newProgress(changes []plan.Change, before *progress) *progress {
	p := &progress{total: len(changes), steps: map[int]*stepProgress{}, before: map[int]bool{}}
	if before != nil {
		p.before, p.output = maps.Clone(before.before), before.output
	}
	for i := range changes {
		p.of(changes[i].Step).total++
		p.before[changes[i].Step] = true
	}
	p.proving = p.total == 0
	return p
}

// of is the progress of step n.
func (p *progress) of(n int) *stepProgress {
	if p.steps[n] == nil {
		p.steps[n] = &stepProgress{}
	}
	return p.steps[n]
}

// touched tells whether anything of step n was made.
func (p *progress) touched(n int) bool { return p.before[n] }

// event books what the engine reports.
func (p *progress) event(e plan.Event) {
	switch e.Kind {
	case plan.EventStarted:
		p.running = append(p.running, e.Change)
	case plan.EventApplied:
		p.end(endedChange{change: e.Change, took: e.Took, left: e.Text})
	case plan.EventFailed:
		p.end(endedChange{change: e.Change, took: e.Took, err: e.Err})
	case plan.EventSkipped:
		p.end(endedChange{change: e.Change, why: e.Text})
	case plan.EventLine:
		p.line(e)
	default: // what is planned, found and summed up comes with the outcome
	}
}

func (p *progress) end(c endedChange) {
	for i, r := range p.running {
		if r.ID == c.change.ID {
			p.running = append(p.running[:i], p.running[i+1:]...)
			break
		}
	}
	p.ended++
	step := p.of(c.change.Step)
	step.ended++
	switch {
	case c.err != nil:
		step.failed++
		p.failed++
		if len(p.failures) < failuresShown {
			p.failures = append(p.failures, c)
		}
	default:
		if c.why == "" {
			step.made++
		}
		p.done = append(p.done, c)
		if len(p.done) > 2*endedShown {
			p.done = append(p.done[:0], p.done[len(p.done)-endedShown:]...)
		}
	}
	p.proving = p.ended >= p.total
}

func (p *progress) line(e plan.Event) {
	p.output = append(p.output, words.Project(e)+" | "+e.Text)
	if len(p.output) > 2*outputKept {
		p.output = append(p.output[:0], p.output[len(p.output)-outputKept:]...)
	}
}

// state is what the stepper says of step n while changes are made.
func (p *progress) state(n int) (stepState, string) {
	s := p.of(n)
	switch {
	case s.failed > 0:
		return stateFailed, "failed"
	case s.total == 0 && p.proving:
		return stateChecking, "proving"
	case s.total == 0:
		return p.seen[n].state, ""
	case s.ended >= s.total && p.proving:
		return stateChecking, "proving"
	case s.ended >= s.total:
		return stateDone, "done"
	}
	return stateChecking, fmt.Sprintf("%d/%d", s.ended, s.total)
}

// stopped is what the stepper says of step n once the application was stopped: what became
// of its changes, and where it had none what was seen before.
func (p *progress) stopped(n int) (stepState, string) {
	s := p.of(n)
	switch {
	case s.failed > 0:
		return stateFailed, "failed"
	case s.total == 0:
		return p.seen[n].state, p.seen[n].word
	case s.made == s.total && p.seen[n].left:
		return stateToChange, "left out"
	case s.made == s.total:
		return stateDone, "done"
	}
	return stateToChange, fmt.Sprintf("%d to do", s.total-s.made)
}
