package tui

import (
	"errors"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/awsops/secret"
	"stateroom/steps/plan"
	"stateroom/ui/tui/form"
)

// opened shows the questions that come next, or begins to look.
func (c *checkup) opened(msg openedMsg) tea.Cmd {
	if msg.op != c.engine.op {
		return nil
	}
	var problem *plan.Problem
	switch {
	case errors.As(msg.err, &problem) && c.showProblem(problem):
		return nil
	case msg.err != nil:
		c.fail(msg.err)
		return nil
	}
	c.rehearses = false
	if msg.opened.Flow != nil {
		c.flow = msg.opened.Flow
		return c.look()
	}
	if c.page = c.answeredPages(); c.page < len(c.pages) && samePage(c.pages[c.page].questions, msg.opened.Questions) {
		c.ask(c.page) // with what was typed into it before
		return nil
	}
	c.pages = append(c.pages[:c.page], page{msg.opened.Questions, c.newForm(msg.opened.Questions)})
	c.ask(c.page)
	return nil
}

// answeredPages counts the pages whose answers are given.
func (c *checkup) answeredPages() int {
	n := 0
	for n < len(c.pages) && c.given.Asked(c.pages[n].questions[0].Path) {
		n++
	}
	return n
}

func samePage(a, b []plan.Question) bool {
	return slices.EqualFunc(a, b, func(x, y plan.Question) bool {
		return x.Path == y.Path && x.Kind == y.Kind && slices.Equal(x.Options, y.Options)
	})
}

// showProblem goes to the question whose answer cannot be. It tells whether
// there is one.
func (c *checkup) showProblem(p *plan.Problem) bool {
	for i := range c.pages {
		for _, q := range c.pages[i].questions {
			if q.Path == p.Path {
				c.ask(i)
				c.form.Refuse(p.Path, p)
				return true
			}
		}
	}
	return false
}

func (c *checkup) newForm(questions []plan.Question) *form.Form {
	var fields []form.Field
	for _, q := range questions {
		fields = append(fields, formField(q))
	}
	return form.New(c.theme, fields)
}

// formField makes a form's field of a question.
func formField(q plan.Question) form.Field {
	return form.Field{
		Name: q.Path, Label: q.Prompt, Help: q.Help, Value: q.Default, Options: q.Options, Hide: q.Hide,
		Kind: map[plan.Kind]form.Kind{
			plan.Text: form.Text, plan.Secret: form.Secret, plan.Lines: form.Lines,
			plan.Choice: form.Choice, plan.Choices: form.Choices, plan.Confirm: form.Confirm,
		}[q.Kind],
		Check: func(value string) error {
			switch {
			case value == "" && q.Required:
				return errNeeded
			case q.Check != nil:
				return q.Check(value)
			}
			return nil
		},
	}
}

// ask shows a page; its answers and those behind it are given anew.
func (c *checkup) ask(n int) {
	c.phase, c.page, c.err, c.notice = asking, n, nil, ""
	for _, p := range c.pages[n:] {
		for _, q := range p.questions {
			delete(c.given, q.Path)
		}
	}
	c.form = c.pages[n].form
	c.form.Resize(c.contentWidth()-2, c.height)
	c.pane.rewind()
	c.pane.rebuild()
}

// answered takes the page's answers and goes on.
func (c *checkup) answered(msg form.DoneMsg) tea.Cmd {
	if msg.Form != c.form || c.phase != asking {
		return nil
	}
	for path, value := range msg.Form.Values() {
		c.given[path] = secret.New(value)
	}
	return c.open()
}

// leftForm goes back: to the page before, to the review that the operator came
// from, or out.
func (c *checkup) leftForm(msg form.LeftMsg) tea.Cmd {
	switch {
	case msg.Form != c.form || c.phase != asking:
		return nil
	case c.page > 0:
		c.ask(c.page - 1)
		return nil
	case c.flow != nil:
		c.phase = reviewing
		c.pane.rewind()
		c.pane.rebuild()
		return nil
	}
	return c.leave()
}
