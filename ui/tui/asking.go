package tui

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/awsops/secret"
	"stateroom/steps/plan"
	"stateroom/ui/tui/form"
)

// page is one form of questions.
type page struct {
	stage     *plan.Stage
	questions []plan.Question
	form      *form.Form
}

// opened shows the questions that come next, or begins to look.
func (v *runScreen) opened(msg openedMsg) tea.Cmd {
	if msg.op != v.engine.op {
		return nil
	}
	var problem *plan.Problem
	switch {
	case errors.As(msg.err, &problem) && v.showProblem(problem):
		return nil
	case msg.err != nil:
		if v.edited > 0 {
			v.given = v.before
		}
		v.fail(msg.err)
		return nil
	}
	v.rehearses, v.who = false, cmp.Or(msg.opened.Who, v.who)
	if msg.opened.Flow != nil {
		if delete(v.drafts, v.edited); v.edited == 0 && !v.moved {
			v.current = 1 // the last question is not where the review begins
		}
		v.flow, v.edited = msg.opened.Flow, 0
		return v.look()
	}
	v.page = v.answeredPages()
	var before []page
	if v.page < len(v.pages) {
		before = v.pages[v.page : v.page+1]
	}
	v.pages = append(v.pages[:v.page:v.page], v.newPage(msg.opened.Stage, msg.opened.Questions, before...))
	v.ask(v.page)
	return nil
}

// answeredPages counts the pages whose answers are given.
func (v *runScreen) answeredPages() int {
	n := 0
	for n < len(v.pages) && v.given.Asked(v.pages[n].questions[0].Path) {
		n++
	}
	return n
}

// newPage makes a form of questions, with what was typed into an earlier one of the
// same questions, unless that was its default.
func (v *runScreen) newPage(stage *plan.Stage, questions []plan.Question, before ...page) page {
	typed := map[string]string{}
	for _, old := range before {
		if stage == nil && samePage(old.questions, questions) {
			return old
		}
		values := old.form.Values()
		for _, q := range old.questions {
			if values[q.Path] != q.Default {
				typed[q.Path] = values[q.Path]
			}
		}
	}
	fields := make([]form.Field, len(questions))
	for i, q := range questions {
		fields[i] = formField(q)
		if stage != nil {
			fields[i].Help = strings.TrimSpace(q.Help + " " + stage.Why + " " + stage.Cost)
		}
		if value, kept := typed[q.Path]; kept {
			fields[i].Value = value
		}
	}
	return page{stage, questions, form.New(v.theme, fields)}
}

func samePage(a, b []plan.Question) bool {
	return slices.EqualFunc(a, b, func(x, y plan.Question) bool {
		return x.Path == y.Path && x.Kind == y.Kind && slices.Equal(x.Options, y.Options)
	})
}

// asks tells whether there are answers to go back to.
func (v *runScreen) asks() bool {
	if v.staged() {
		return len(v.stage().Questions) > 0
	}
	return len(v.pages) > 0
}

// edit goes back to the questions of the stage, or to the last page of them.
func (v *runScreen) edit() {
	if !v.staged() {
		v.ask(len(v.pages) - 1)
		return
	}
	stage := v.stage()
	var before []page
	if draft, left := v.drafts[v.current]; left {
		before = []page{draft}
	}
	v.drafts[v.current] = v.newPage(&stage, stage.Questions, before...)
	v.edited, v.before = v.current, maps.Clone(v.given)
	v.show(v.drafts[v.current])
}

// shownPage is the page that is on the screen.
func (v *runScreen) shownPage() page {
	if v.edited > 0 {
		return v.drafts[v.edited]
	}
	return v.pages[v.page]
}

// showProblem goes to the question whose answer cannot be. It tells whether
// there is one.
func (v *runScreen) showProblem(p *plan.Problem) bool {
	has := func(list []plan.Question) bool {
		return slices.ContainsFunc(list, func(q plan.Question) bool { return q.Path == p.Path })
	}
	at := slices.IndexFunc(v.pages, func(page page) bool { return has(page.questions) })
	switch {
	case v.edited > 0 && has(v.drafts[v.edited].questions):
		v.show(v.drafts[v.edited])
	case at >= 0:
		v.ask(at)
	default:
		return false
	}
	v.form.Refuse(p.Path, p)
	return true
}

// formField makes a form's field of a question.
func formField(q plan.Question) form.Field {
	return form.Field{
		Name: q.Path, Label: q.Prompt, Help: q.Help, Value: q.Default, Options: q.Options, Hide: q.Hide,
		Kind: map[plan.Kind]form.Kind{
			plan.Text: form.Text, plan.Secret: form.Secret, plan.Lines: form.Lines,
			plan.Choice: form.Choice, plan.Choices: form.Choices, plan.Confirm: form.Confirm,
		}[q.Kind],
		Picks: len(q.Accounts) > 1,
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
func (v *runScreen) ask(n int) {
	v.page, v.edited = n, 0
	for _, p := range v.pages[n:] {
		for _, q := range p.questions {
			delete(v.given, q.Path)
		}
	}
	v.show(v.pages[n])
}

func (v *runScreen) show(p page) {
	v.phase, v.err, v.notice, v.form = asking, nil, "", p.form
	if p.stage != nil {
		v.current = p.stage.Number
	}
	v.form.Resize(v.contentWidth()-2, v.height)
	v.pane.rewind()
	v.pane.rebuild()
}

// answerKey is a key on a form.
func (v *runScreen) answerKey(msg tea.KeyMsg) (nav, tea.Cmd) {
	switch v.form.Update(msg) {
	case form.Done:
		for path, value := range v.form.Values() {
			v.given[path] = secret.New(value)
		}
		return nav{}, v.open()
	case form.Left:
		return v.leftForm(), nil
	case form.Pick:
		return v.pick(v.form.Focus()), nil
	case form.Editing:
	}
	return nav{}, nil
}

// leftForm goes back: to the page before, to the review that the operator came
// from, or out.
func (v *runScreen) leftForm() nav {
	switch {
	case v.edited == 0 && v.page > 0:
		v.ask(v.page - 1)
		return nav{}
	case v.flow != nil:
		if v.edited > 0 {
			v.given = v.before
		}
		v.phase, v.edited = reviewing, 0
		v.pane.rewind()
		v.pane.rebuild()
		return nav{}
	}
	return v.leave()
}

// pick lists the accounts that a question offers.
func (v *runScreen) pick(path string) nav {
	answer := v.form
	for _, q := range v.shownPage().questions {
		if q.Path == path {
			take := func(value string) { answer.Set(path, value) }
			return nav{push: newAccounts(v.theme, q.Accounts, answer.Values()[path], take)}
		}
	}
	return nav{}
}
