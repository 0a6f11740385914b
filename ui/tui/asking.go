package tui

import (
	"errors"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/ui/tui/form"
)

// questions are a step's questions with the answers given so far as defaults.
// In a new blueprint the lists can be answered again.
func (w *wizard) questions(n int) []plan.Question {
	a := w.answers
	if w.isNew {
		a = a.Clone()
		unanswer(a, n)
	}
	questions := steps.All()[n-1].Ask(a)
	for i := range questions {
		if given := w.standing(questions[i].Path); given != "" {
			questions[i].Default = given
		}
	}
	return questions
}

// pathMe is the question that no blueprint answers: who sits at this laptop.
const (
	pathMe    = "me"
	nobody    = "none of them"
	filesStep = 7
)

// answer gives one answer to a copy of the answers.
func answer(a *blueprint.Answers, path, value string) error {
	if path == pathMe {
		if a.Me = value; value == nobody {
			a.Me = ""
		}
		return nil
	}
	if err := a.Answer(path, value); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), path+": "))
	}
	return nil
}

// unanswer forgets a step's list, so that it is asked for or replaced.
func unanswer(a *blueprint.Answers, n int) {
	switch n {
	case 1:
		a.Environments = nil
	case 2:
		a.Groups = nil
	case 7:
		a.Projects = nil
	}
}

// standing is the answer to a question about a list as it stands.
func (w *wizard) standing(path string) string {
	var pairs []string
	switch path {
	case "environment":
		for _, e := range w.answers.Environments {
			pairs = append(pairs, e.Name+"="+e.Account+e.Email)
		}
	case "project":
		for _, p := range w.answers.Projects {
			pairs = append(pairs, p.Name+"="+p.Environment)
		}
		if pairs == nil {
			for _, e := range w.answers.Environments {
				pairs = append(pairs, "common-"+e.Name+"="+e.Name)
			}
		}
	case "group.admins.users":
		if len(w.answers.Groups) > 0 {
			pairs = w.answers.Groups[0].Users
		}
	}
	return strings.Join(pairs, ", ")
}

// ask shows the form of step n, or of the next one that has questions; after
// the last of a new blueprint everything is looked at.
func (w *wizard) ask(n int) {
	w.current, w.phase, w.notice = n, asking, ""
	var fields []form.Field
	for _, q := range w.questions(n) {
		fields = append(fields, w.field(n, q))
	}
	w.form = form.New(w.theme, fields)
	w.form.Resize(w.contentWidth()-2, w.height)
	w.pane.rewind()
	w.pane.rebuild()
}

// field makes a form's field of a question.
func (w *wizard) field(n int, q plan.Question) form.Field {
	f := form.Field{
		Name: q.Path, Label: q.Prompt, Value: q.Default, Options: q.Options,
		Help: strings.TrimSpace(q.Help + " " + w.step().Why + " " + priceOf(n)),
		Kind: map[plan.Kind]form.Kind{
			plan.Text: form.Text, plan.Choice: form.Choice, plan.Choices: form.Choices, plan.Confirm: form.Confirm,
		}[q.Kind],
		Check: func(value string) error { return w.check(n, q, value) },
	}
	if draft, typed := w.drafts[q.Path]; typed {
		f.Value = draft
	}
	f.Pick = q.Path == "environment" && w.answers.Discovered != nil && len(w.answers.Discovered.Accounts) > 1
	return f
}

// check says why an answer cannot be, by the blueprint's own rules.
func (w *wizard) check(n int, q plan.Question, value string) error {
	if value == "" && q.Required {
		return errNeeded
	}
	a := w.answers.Clone()
	if w.isNew {
		unanswer(a, n)
	}
	return answer(a, q.Path, value)
}

// answered takes the form's values and goes on.
func (w *wizard) answered(msg form.DoneMsg) tea.Cmd {
	if msg.Form != w.form {
		return nil
	}
	a, values := w.answers.Clone(), msg.Form.Values()
	if w.isNew {
		unanswer(a, w.current)
	}
	for _, q := range w.questions(w.current) {
		if err := answer(a, q.Path, values[q.Path]); err != nil {
			w.say(err.Error())
			return nil
		}
	}
	w.answers = a
	for path := range values {
		delete(w.drafts, path)
	}
	if w.asksAll() {
		if n := w.nextAsked(w.current); n > 0 {
			w.ask(n)
			return nil
		}
		w.current = 1
	}
	if missing := a.Missing(); len(missing) > 0 {
		w.say("Still missing: " + strings.Join(missing, ", "))
		w.ask(1)
		return nil
	}
	return w.look()
}

// asksAll says that the operator is led through all questions.
func (w *wizard) asksAll() bool { return w.flow == nil }

// nextAsked is the next step with questions, or 0.
func (w *wizard) nextAsked(n int) int {
	for n++; n <= stepCount; n++ {
		if len(w.questions(n)) > 0 {
			return n
		}
	}
	return 0
}

// leftForm goes back: to the questions before, or to the review.
func (w *wizard) leftForm(msg form.LeftMsg) tea.Cmd {
	if msg.Form != w.form {
		return nil
	}
	w.keep(msg.Form)
	if !w.asksAll() {
		w.phase = reviewing
		w.pane.rebuild()
		return nil
	}
	for n := w.current - 1; n >= 1; n-- {
		if len(w.questions(n)) > 0 {
			w.ask(n)
			return nil
		}
	}
	return w.leave()
}

// keep remembers what was typed, good or not, so that going back loses nothing.
func (w *wizard) keep(f *form.Form) {
	for path, value := range f.Values() {
		w.drafts[path] = value
	}
}

// pick lists the organization's accounts for the environments' question.
func (w *wizard) pick(msg form.PickMsg) tea.Cmd {
	if msg.Form != w.form {
		return nil
	}
	return push(newAccounts(w.theme, msg.Name, w.answers.Discovered.Accounts, w.identity.Account, msg.Form.Values()[msg.Name]))
}
