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
	"stateroom/ui/tui/theme"
)

// page is one form of questions.
type page struct {
	stage     *plan.Stage
	questions []plan.Question
	form      *form.Form
}

// questions are those of a run so far, with what was answered.
type questions struct {
	// pages are the questions so far, of which page is the one shown; given are the
	// answers to those before it.
	pages []page
	page  int
	given plan.Given
	// edited is a page that was gone back to from the review, by its stage's number,
	// before are the answers until then, nil where none was gone back to, and drafts are
	// the pages that were left.
	edited int
	before plan.Given
	drafts map[int]page
	// undone are the answers that the last ones, given from the review, have replaced; nil
	// where there are none to come back to.
	undone plan.Given
}

// shown is the page that is on the screen.
func (q *questions) shown() page {
	if q.edited > 0 {
		return q.drafts[q.edited]
	}
	return q.pages[q.page]
}

// next puts the questions that come next behind the pages whose answers are given,
// and goes there.
func (q *questions) next(t *theme.Theme, stage *plan.Stage, list []plan.Question) {
	n := 0
	for n < len(q.pages) && q.given.Asked(q.pages[n].questions[0].Path) {
		n++
	}
	var before page
	if n < len(q.pages) {
		before = q.pages[n]
	}
	q.pages = append(q.pages[:n:n], newPage(t, stage, list, before))
	q.back(n)
}

// back goes to a page; its answers and those behind it are given anew.
func (q *questions) back(n int) {
	q.page, q.edited = n, 0
	for _, p := range q.pages[n:] {
		for _, one := range p.questions {
			delete(q.given, one.Path)
		}
	}
}

// edit goes back to the questions of a stage, from the review.
func (q *questions) edit(t *theme.Theme, stage plan.Stage) {
	q.drafts[stage.Number] = newPage(t, &stage, stage.Questions, q.drafts[stage.Number])
	q.edited, q.before = stage.Number, maps.Clone(q.given)
}

// restore takes back what was answered since the review was left.
func (q *questions) restore() {
	if q.before != nil {
		q.given, q.before = q.before, nil
	}
}

// taken keeps the answers that were replaced from the review, where they differ.
func (q *questions) taken() {
	same := func(a, b secret.Secret) bool { return a.Reveal() == b.Reveal() }
	if q.before != nil && !maps.EqualFunc(q.before, q.given, same) {
		q.undone = q.before
	}
	q.edited, q.before = 0, nil
}

// undo brings the answers back that were replaced, in the forms, too.
func (q *questions) undo() {
	q.given, q.undone = q.undone, nil
	for _, p := range q.pages {
		for _, one := range p.questions {
			if one.Kind != plan.Secret && q.given.Asked(one.Path) {
				p.form.Set(one.Path, q.given.Text(one.Path))
			}
		}
	}
}

// asking goes to the page that has asked for an answer, if there is one.
func (q *questions) asking(path string) bool {
	has := func(p page) bool {
		return slices.ContainsFunc(p.questions, func(one plan.Question) bool { return one.Path == path })
	}
	if q.edited > 0 && has(q.drafts[q.edited]) {
		return true
	}
	at := slices.IndexFunc(q.pages, has)
	if at >= 0 {
		q.back(at)
	}
	return at >= 0
}

// newPage makes a form of questions, with what was typed into an earlier one of the
// same questions, if there was one, unless that was its default.
func newPage(t *theme.Theme, stage *plan.Stage, questions []plan.Question, before page) page {
	if before.form != nil && stage == nil && samePage(before.questions, questions) {
		return before
	}
	typed := map[string]string{}
	for _, q := range before.questions {
		if value := before.form.Values()[q.Path]; value != q.Default {
			typed[q.Path] = value
		}
	}
	fields := make([]form.Field, len(questions))
	for i, q := range questions {
		fields[i] = formField(q)
		if stage != nil {
			fields[i].Help = strings.TrimSpace(q.Help + " " + stage.Cost)
		}
		if value, kept := typed[q.Path]; kept {
			fields[i].Value = value
		}
	}
	return page{stage, questions, form.New(t, fields)}
}

func samePage(a, b []plan.Question) bool {
	return slices.EqualFunc(a, b, func(x, y plan.Question) bool {
		return x.Path == y.Path && x.Kind == y.Kind && slices.Equal(x.Options, y.Options)
	})
}

// formField makes a form's field of a question.
func formField(q plan.Question) form.Field {
	return form.Field{
		Name: q.Path, Label: q.Prompt, Help: q.Help, Value: q.Default, Options: q.Options, Means: q.Means, Hide: q.Hide,
		Kind: map[plan.Kind]form.Kind{
			plan.Text: form.Text, plan.Secret: form.Secret, plan.Lines: form.Lines,
			plan.Choice: form.Choice, plan.Choices: form.Choices, plan.Confirm: form.Confirm,
		}[q.Kind],
		Picks: len(q.Accounts) > 1,
		Check: q.Judge,
	}
}

// opened shows the questions that come next, or begins to look. An answer that
// cannot be is asked for again.
func (v *runScreen) opened(msg openedMsg) (nav, tea.Cmd) {
	var problem *plan.Problem
	if errors.As(msg.err, &problem) {
		if v.asked.asking(problem.Path) {
			v.ask()
			v.asked.shown().form.Refuse(problem.Path, problem)
			return nav{}, nil
		}
	}
	if msg.err != nil {
		v.asked.restore()
		return v.fail(msg.err), nil
	}
	v.rehearses, v.who, v.tries = false, cmp.Or(msg.opened.Who, v.who), 0
	if msg.opened.Flow == nil {
		v.asked.next(v.theme, msg.opened.Stage, msg.opened.Questions)
		v.ask()
		return nav{}, nil
	}
	if delete(v.asked.drafts, v.asked.edited); v.asked.edited == 0 && !v.moved {
		v.current = 1 // the last question is not where the review begins
	}
	v.flow = msg.opened.Flow
	v.asked.taken()
	if v.held {
		return nav{}, nil
	}
	return nav{}, v.look()
}

// asks tells whether there are answers to go back to.
func (v *runScreen) asks() bool {
	return v.staged() && len(v.stage().Questions) > 0 || len(v.asked.pages) > 0
}

// edit goes back to the questions of the stage, or to the last page of them.
func (v *runScreen) edit() (nav, tea.Cmd) {
	if v.staged() && len(v.stage().Questions) > 0 {
		v.asked.edit(v.theme, v.stage())
	} else {
		v.asked.before = maps.Clone(v.asked.given)
		v.asked.back(len(v.asked.pages) - 1)
	}
	v.ask()
	return nav{}, nil
}

// ask shows the page that is gone to.
func (v *runScreen) ask() {
	v.phase, v.err, v.notice, v.untold = asking, nil, v.untold, noticeMsg{}
	p := v.asked.shown()
	if p.stage != nil {
		v.current = max(1, p.stage.Number) // or a page before all stages
	}
	p.form.Resize(prose(v.contentWidth()-2), v.height)
	v.list.search.clear()
	v.list.rewind()
	v.rebuild()
}

// answerKey is a key on a form.
func (v *runScreen) answerKey(msg tea.KeyMsg) (nav, tea.Cmd) {
	switch answers := v.asked.shown().form; answers.Update(msg) {
	case form.Done:
		for path, value := range answers.Values() {
			v.asked.given[path] = secret.New(value)
		}
		return nav{}, v.open()
	case form.Left:
		return v.leftForm()
	case form.Pick:
		return v.pick(answers), nil
	case form.Editing:
	}
	return nav{}, nil
}

// leftForm goes back: to the page before, to the review that the operator came
// from, or to the screen from which the run was begun.
func (v *runScreen) leftForm() (nav, tea.Cmd) {
	switch {
	case v.asked.edited == 0 && v.asked.page > 0:
		v.asked.back(v.asked.page - 1)
		v.ask()
	case v.review.Looked != nil:
		v.asked.restore()
		v.phase, v.asked.edited = reviewing, 0
		v.list.rewind()
		v.rebuild()
	default:
		return v.back()
	}
	return nav{}, nil
}

// pick lists the accounts that the question with the focus offers.
func (v *runScreen) pick(answers *form.Form) nav {
	path := answers.Focus()
	for _, q := range v.asked.shown().questions {
		if q.Path == path {
			take := func(value string) { answers.Set(path, value) }
			return nav{push: newAccounts(v.theme, q.Accounts, answers.Values()[path], take)}
		}
	}
	return nav{}
}

// formView is the questions under their heading, scrolled so that the field with
// the focus is in sight.
func (v *runScreen) formView() []string {
	_, lines, top := v.formLines()
	return around(v.theme, lines, top, v.formRoom())
}

// formIndent is how far the form stands from the edge of its column.
const formIndent = 1

// formLines are the heading, of so many lines, and the fields below it, and the first of
// them that is in sight.
func (v *runScreen) formLines() (head int, lines []string, top int) {
	fields, at := v.asked.shown().form.View()
	lines = append(lines, v.list.view()...)
	head = len(lines)
	for _, line := range fields {
		lines = append(lines, strings.Repeat(" ", formIndent)+line)
	}
	return head, lines, topAround(len(lines), head+at, v.formRoom())
}

func (v *runScreen) formRoom() int {
	room := v.height - len(v.noticeLines())
	if !v.wide() {
		room -= foldedHeight
	}
	return room
}

func (v *runScreen) typing() bool { return v.phase == asking || v.list.search.open }
