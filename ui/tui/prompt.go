package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/ui/tui/form"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// prompt is one field over whatever lies below: an MFA code, a file's name.
type prompt struct {
	theme *theme.Theme
	title string
	// text explains, above the field.
	text []string
	form *form.Form
	// done gets the answer, left nothing.
	done  func(value string) (nav, tea.Cmd)
	left  action
	width int
}

// newPrompt asks for an MFA code on behalf of the engine.
func newPrompt(t *theme.Theme, ask mfaMsg) *prompt {
	answer := func(code string) nav {
		ask.reply <- code
		return nav{pop: true}
	}
	label := "Code of your MFA device"
	if ask.signIn.Device != "" {
		label = "Code of " + ask.signIn.Device
	}
	var text []string
	if ask.signIn.Note != "" {
		text = []string{ask.signIn.Note}
	}
	return &prompt{
		theme: t, title: "AWS asks for an MFA code", text: text,
		form: form.New(t, []form.Field{{
			Name: "value", Label: label, Kind: form.Text,
			Help:  "The six digits that your MFA device shows now. AWS accepts each code once.",
			Check: sixDigits,
		}}),
		done: func(code string) (nav, tea.Cmd) { return answer(code), nil },
		left: func() (nav, tea.Cmd) { return answer(""), nil },
	}
}

func (p *prompt) resize(width, height int) {
	p.width = width
	p.form.Resize(prose(width-4), height)
}

func (p *prompt) update(msg tea.Msg) (nav, tea.Cmd) {
	switch formEvent(p.form, msg) {
	case form.Done:
		return p.done(p.form.Values()["value"])
	case form.Left:
		return p.left()
	case form.Editing, form.Pick:
	}
	return nav{}, nil
}

// formEvent is what a message has led to in a form, which takes keys alone.
func formEvent(f *form.Form, msg tea.Msg) form.Event {
	if pressed, ok := msg.(tea.KeyMsg); ok {
		return f.Update(pressed)
	}
	return form.Editing
}

func (p *prompt) view() []string {
	lines := append(append([]string{""}, heading(p.theme, p.title, "", 2, p.width-2)...), "")
	for _, text := range p.text {
		for _, line := range words.Fit(text, min(76, p.width-4)) {
			lines = append(lines, "  "+line)
		}
		if text != "" {
			lines = append(lines, "")
		}
	}
	fields, _ := p.form.View()
	for _, line := range fields {
		lines = append(lines, "  "+line)
	}
	return lines
}

func (p *prompt) keys() []key.Binding { return p.form.Keys() }
func (p *prompt) typing() bool        { return true }
func (p *prompt) about() []string     { return []string{p.title} }
