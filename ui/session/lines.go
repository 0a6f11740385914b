package session

import (
	"context"
	"errors"
	"fmt"
	"os"

	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/ui/learn"
	"stateroom/ui/plain"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// Lines goes through a mode in lines or as JSON. It returns the exit code, or the
// error that kept it from running.
func Lines(ctx context.Context, o Options, sys System, mode *Mode) (int, error) {
	if o.Break == "list" {
		return plan.ExitDone, listFaults(sys.Out)
	}
	s := newSession(o, sys, mode)
	if o.NoChecks {
		s.Sandbox = false // a text needs no AWS, and no lab either
	}
	r := newLineRun(s)
	if s.teaches() {
		return newLessons(s, r.prompt, false).run(ctx)
	}
	return r.run(ctx)
}

// lineRun is a session that is gone through in lines, or in JSON.
type lineRun struct {
	*session
	// lines shows what is to be confirmed; show takes the events, as lines or as JSON.
	lines  *plain.Lines
	show   func(plan.Event)
	prompt *plain.Prompt
	// unasked says that the run changes nothing since nobody can be asked.
	unasked bool
	// lesson is the fault that is practiced, nil without one; found says that the last
	// look found something wrong before anything was changed.
	lesson *learn.Attempt
	found  bool
}

func newLineRun(s *session) *lineRun {
	r := &lineRun{session: s, prompt: plain.NewPrompt(s.answers(), s.talk())}
	if file, ok := s.answers().(*os.File); ok && s.sits() {
		r.prompt.Conceal = func() (func(), error) { return conceal(file) }
	}
	r.prompt.Blocks, r.prompt.Sits = theme.UTF8(s.process.Get), s.sits()
	return r
}

// What is said where somebody leaves what asks them: before anything was changed, and
// after changes whose result was not looked at.
const (
	nothingChanged = "Nothing was changed."
	inputEnded     = "The input ended before an answer. Run the command again to answer."
	leftUnseen     = "You left before the result was looked at again: what was made stays."
)

// present brings a presenter to which nothing was told yet.
func (r *lineRun) present() {
	r.found = false
	r.lines = plain.NewLines(r.sys.Out)
	r.lines.Command = r.command()
	r.lines.Table, r.lines.Stages, r.lines.Brief = r.Table, r.Stages, !r.Verbose
	r.show = r.lines.Emit
	if r.JSON {
		events := plain.NewJSON(r.sys.Out, r.sys.Err)
		events.Detailed = r.Detailed
		r.show = events.Emit
	}
}

// run asks, looks, shows, asks once and applies. Whoever leaves where something is asked
// has failed in nothing, unless changes were begun.
func (r *lineRun) run(ctx context.Context) (code int, err error) {
	var summary *plan.Summary
	if err := r.startLab(ctx); err != nil {
		return 0, err
	}
	defer func() {
		if errors.Is(err, plain.ErrLeft) {
			if errors.Is(err, plain.ErrEnded) {
				fmt.Fprintln(r.talk(), inputEnded)
			}
			err = nil
			if unfinished(summary) == plan.ExitDone {
				fmt.Fprintln(r.talk(), nothingChanged)
			} else {
				fmt.Fprintln(r.talk(), leftUnseen)
			}
		}
		err = errors.Join(err, r.closeLab(summary))
	}()
	if err := r.usable(ctx); err != nil {
		return 0, err
	}
	if summary, err = r.once(ctx); err != nil {
		return unfinished(summary), err
	}
	return r.exitCode(summary, r.Detailed), nil
}

// once goes through the flow, in the lab that stands or for real, and goes on from what
// keeps it from going on as often as somebody wants.
func (r *lineRun) once(ctx context.Context) (summary *plan.Summary, err error) {
	open, given, err := r.opener(ctx)
	if err != nil {
		return nil, err
	}
	d := r.drafts(ctx)
	if d != nil {
		open = d.over(open)
		defer func() {
			if d.left(ctx, given, nil, summary) && !errors.Is(err, plain.ErrBack) {
				fmt.Fprintln(r.talk(), words.AnswersKept)
			}
		}()
		if d.notice != "" {
			r.say(d.notice)
		}
	}
	answers := r.prompt.Inquiry(given)
	for {
		if summary, err = r.attempt(ctx, open, given, answers); err == nil {
			return summary, nil
		}
		if again, err := r.refused(ctx, err, summary, answers, d); !again {
			return summary, err
		}
	}
}

// attempt asks, looks, shows, asks once and applies.
func (r *lineRun) attempt(ctx context.Context, open engine.Open, given plan.Given, answers *plain.Inquiry) (*plan.Summary, error) {
	r.present()
	flow, err := r.inquire(ctx, open, given, answers)
	if err != nil {
		return nil, err
	}
	if err := r.consent(); err != nil {
		return nil, err
	}
	r.lines.Command = r.command() // which names whom the answers are about
	r.greet()
	r.unasked = r.nobody()
	flow.Env.NoWidening = r.NoWidening
	flow.Emit, flow.Confirm, flow.DryRun, flow.Stop = r.emit, r.confirm, r.DryRun || r.unasked, r.sys.Stop
	return flow.Run(ctx)
}

// inquire asks what the flow has to know. Where nothing can be asked, a question
// that no flag has answered is an error that names the flag.
func (r *lineRun) inquire(ctx context.Context, open engine.Open, given plan.Given, answers *plain.Inquiry) (*engine.Flow, error) {
	if r.ask {
		flow, err := answers.Flow(ctx, func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
			opened, err := open(ctx, given, asks)
			if err == nil {
				r.greet()
			}
			return opened, err
		})
		return flow, badAnswer(err)
	}
	opened, err := open(ctx, given, plan.Asks{})
	if err != nil {
		return nil, badAnswer(err)
	}
	if len(opened.Questions) > 0 {
		q, instead := opened.Questions[0], "run it in a terminal, or with --plain and the answers on standard input"
		if q.Flag != "" {
			instead = "give " + q.Flag
		}
		return nil, Usagef("nothing can be asked here, and an answer is missing (%s): %s", q.Prompt, instead)
	}
	return opened.Flow, nil
}

// badAnswer makes a usage error of an answer that cannot be.
func badAnswer(err error) error {
	var problem *plan.Problem
	if errors.As(err, &problem) {
		return UsageError{err}
	}
	return err
}

// emit shows an event; the summary says how to make what nobody could be asked about,
// and what becomes of a rehearsal's files.
func (r *lineRun) emit(e plan.Event) {
	if e.Kind == plan.EventSummary {
		r.next(e.Summary)
	}
	if e.Kind == plan.EventFinding {
		r.found = r.found || e.Finding.Severity != plan.Info
		told := e.Finding.In(r.command())
		e.Finding = &told
	}
	if e.Kind == plan.EventSummary && r.lesson == nil {
		if note := r.labNote(e.Summary); note != "" {
			e.Summary.Notes = append(e.Summary.Notes, note)
		}
	}
	r.show(e)
}

// next says of a run which command is the next: the one that makes what nobody could be
// asked about, or after a look at a text alone the one that looks at the setup too. Only
// what was asked for as a dry run is called one.
func (r *lineRun) next(s *plan.Summary) {
	s.DryRun, s.NextReads = r.DryRun, r.ErrorFile == "-"
	switch {
	case r.DryRun:
	case r.unasked && s.Planned()+len(s.NotOurs) > 0 && !plan.Blocking(s.Findings):
		s.Next = r.nextCommand(s)
	case r.NoChecks:
		s.Next, s.NextChecks = r.checksCommand(), true
	}
}

// confirm asks before the first change. From a yes on, an interrupt lets the
// changes under way finish.
func (r *lineRun) confirm(ctx context.Context, review plan.Review) (plan.Decision, error) {
	decision := plan.Decision{Yes: true}
	if !r.yes {
		r.lines.Review(review)
		var err error
		if decision, err = r.prompt.Confirm(ctx, review); err != nil {
			return decision, err
		}
	}
	r.sys.Applying(decision.Yes)
	return decision, nil
}
