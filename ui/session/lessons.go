package session

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"stateroom/steps/plan"
	"stateroom/ui/learn"
	"stateroom/ui/plain"
)

// teaches tells whether the run is practice in which the fault is still to be chosen, by
// somebody who can be asked.
func (s *session) teaches() bool {
	return s.Sandbox && s.Faults() && s.ask && !s.Yes && s.Break == "" && s.ErrorFile == "" && !s.NoChecks && !s.Run
}

// lessons is the course in lines: the same chapters, hints and points as on the screens.
type lessons struct {
	of     *session
	prompt *plain.Prompt
	// back says that there is a menu before.
	back     bool
	chapters []learn.Chapter
	progress learn.Progress
	book     func(fault string, points int, surprise bool) (learn.Progress, error)
	// begun says that the checks were run, and stopped that an interrupt has ended them.
	begun, stopped bool
}

func newLessons(s *session, prompt *plain.Prompt, back bool) *lessons {
	return &lessons{of: s, prompt: prompt, back: back, chapters: course(s.Options)}
}

// run goes through the course until somebody leaves it, or the input of a pipe ends. It
// returns the exit code, or the error that kept it from running, which is
// [plain.ErrBack] for the way back.
func (c *lessons) run(ctx context.Context) (int, error) {
	c.progress, c.book = progress(ctx, c.of.Options)
	err := c.contents(ctx)
	if c.stopped {
		return plan.ExitInterrupted, nil
	}
	if errors.Is(err, plain.ErrLeft) || errors.Is(err, plain.ErrNoAnswer) && c.begun {
		return plan.ExitDone, nil
	}
	return 0, err
}

// contents asks for a chapter, over and over.
func (c *lessons) contents(ctx context.Context) error {
	for {
		menu := plain.Menu{Title: learn.Title, Text: []string{c.progress.Intro(c.chapters)}, First: c.progress.NextChapter(c.chapters), Back: c.back}
		for _, chapter := range c.chapters {
			menu.Options = append(menu.Options, plain.Option{Name: chapter.Title, Text: c.progress.Count(chapter.Faults) + " solved. " + chapter.About})
		}
		menu.Options = append(menu.Options, plain.Option{Name: learn.Surprise, Text: c.progress.SurpriseText()}, plain.Option{Name: learn.ByName, Text: learn.ByNameText + "."})
		at, err := c.prompt.Choose(ctx, menu)
		switch {
		case err != nil:
			return err
		case at < 0:
			return plain.ErrBack
		case at < len(c.chapters):
			err = c.chapter(ctx, c.chapters[at])
		case at == len(c.chapters):
			err = c.practice(ctx, &learn.Attempt{Fault: learn.Any(learn.All(c.chapters)), Surprise: true})
		default:
			err = c.named(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// chapter asks for a fault of a chapter, over and over: the next that is not solved is
// suggested.
func (c *lessons) chapter(ctx context.Context, of learn.Chapter) error {
	for {
		menu := plain.Menu{Title: of.Title, Text: []string{of.About}, First: c.progress.Next(of.Faults), Back: true}
		for _, f := range of.Faults {
			menu.Options = append(menu.Options, plain.Option{Name: f.Short, Text: c.won(f)})
		}
		at, err := c.prompt.Choose(ctx, menu)
		if err != nil || at < 0 {
			return err
		}
		if err := c.practice(ctx, &learn.Attempt{Fault: of.Faults[at]}); err != nil {
			return err
		}
	}
}

// won says of a fault that is solved what it is called, and what was won.
func (c *lessons) won(f learn.Fault) string {
	if !c.progress.Solved(f) {
		return ""
	}
	return fmt.Sprintf("Solved: %d of %d points.", c.progress.Points[f.Name], learn.MostPoints)
}

// named asks for one of all faults by its name.
func (c *lessons) named(ctx context.Context) error {
	all := learn.All(c.chapters)
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	menu := plain.Menu{Title: learn.ByNameTitle, Back: true}
	for _, f := range all {
		menu.Options = append(menu.Options, plain.Option{Name: f.Name, Text: f.Text})
	}
	at, err := c.prompt.Choose(ctx, menu)
	if err != nil || at < 0 {
		return err
	}
	return c.practice(ctx, &learn.Attempt{Fault: all[at]})
}

// practice makes a rehearsal with one fault, and goes through its lesson.
func (c *lessons) practice(ctx context.Context, a *learn.Attempt) (err error) {
	o := c.of.Options
	o.Break = a.Name
	r := newLineRun(newSession(o, c.of.sys, c.of.Mode))
	r.prompt.Continue(c.prompt)
	r.lesson = a
	var last *plan.Summary
	if err := r.startLab(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.closeLab(last)) }()
	if err := r.prepareLab(ctx, a.Name); err != nil {
		return err
	}
	if err := r.lab.WriteTerminal(); err != nil {
		return err
	}
	for !a.Solved() {
		way, err := r.way(ctx)
		switch {
		case err != nil:
			return err
		case way == learn.Leave:
			return nil
		case way == learn.Terminal:
			r.say("\n" + learn.Window(strings.Join(r.lab.Terminal(), "\n")))
		case way == learn.Check:
			if last, err = r.once(ctx); err != nil {
				return err
			}
			c.begun = true
			if err := c.bookLook(a, r, last); err != nil {
				return err
			}
		default:
			a.Help(way)
		}
	}
	return nil
}

// way asks for the next step of a lesson.
func (r *lineRun) way(ctx context.Context) (learn.Way, error) {
	choices := r.lesson.Choices(true)
	menu := plain.Menu{Title: learn.AttemptTitle, Text: r.lesson.Told(), Back: true}
	for _, choice := range choices {
		menu.Options = append(menu.Options, plain.Option{Name: choice.Name, Text: choice.Text})
	}
	at, err := r.prompt.Choose(ctx, menu)
	if err != nil || at < 0 {
		return learn.Leave, err
	}
	return choices[at].Way, nil
}

// bookLook books what the checks have shown: what they found, and then what is left of it.
// Where an interrupt has stopped them the course ends.
func (c *lessons) bookLook(a *learn.Attempt, r *lineRun, s *plan.Summary) error {
	if s.Stopped {
		c.stopped = true
		return plain.ErrLeft
	}
	if r.found {
		a.Looked(true, true)
	}
	result, points, solved := a.Looked(plan.NeedsAttention(s.Findings), s.Due > 0)
	if !solved {
		return nil
	}
	r.say("\n" + result)
	progress, err := c.book(a.Name, points, a.Surprise)
	c.progress = progress
	return err
}
