package tui

import (
	"errors"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/tui/form"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// enrolment puts a new MFA device into the operator's app: a picture to scan,
// the seed as text, and two codes that show that the app has it.
type enrolment struct {
	theme         *theme.Theme
	ask           enrolMsg
	form          *form.Form
	width, height int
	// picture is the QR code as lines, empty where it does not fit; needs is
	// what it would take.
	picture []string
	needs   [2]int
}

func newEnrolment(t *theme.Theme, ask enrolMsg) *enrolment {
	e := &enrolment{theme: t, ask: ask}
	help := "The app makes a new code every 30 seconds. AWS requires two in a row, and accepts each only once."
	e.form = form.New(t, []form.Field{
		{Name: "first", Label: "Code that the app shows now", Help: help, Check: sixDigits},
		{Name: "second", Label: "The next code", Help: help, Check: func(code string) error {
			if code != "" && code == e.form.Values()["first"] {
				return errors.New("wait until the app shows the next one")
			}
			return sixDigits(code)
		}},
	})
	return e
}

// sixDigits says why a text is no MFA code.
func sixDigits(code string) error {
	const digits = 6
	if len(code) != digits || strings.Trim(code, "0123456789") != "" {
		return errors.New("an MFA code has six digits")
	}
	return nil
}

// textWidth is what the text beside the picture takes at least.
const textWidth = 34

func (e *enrolment) resize(width, height int) {
	e.width, e.height = width, height
	e.picture, e.needs = fitQR(e.theme, e.ask.enrolment.Links(), width-textWidth-4, height)
	e.form.Resize(e.room(), height)
}

// room is the width of the text.
func (e *enrolment) room() int {
	if len(e.picture) == 0 {
		return min(76, e.width-4)
	}
	return min(60, e.width-ansi.StringWidth(e.picture[0])-4)
}

func (e *enrolment) update(msg tea.Msg) (nav, tea.Cmd) {
	switch formEvent(e.form, msg) {
	case form.Done:
		values := e.form.Values()
		e.ask.reply <- []string{values["first"], values["second"]}
	case form.Left:
		e.ask.reply <- nil
	case form.Editing, form.Pick:
		return nav{}, nil
	}
	return nav{pop: true}, nil
}

func (e *enrolment) view() []string { return beside(e.picture, e.text()) }

// beside puts a text beside a picture, or indents it where there is none.
func beside(picture, text []string) []string {
	if len(picture) == 0 {
		for i := range text {
			text[i] = "  " + text[i]
		}
		return text
	}
	var lines []string
	blank := strings.Repeat(" ", ansi.StringWidth(picture[0]))
	for i := range max(len(text), len(picture)) {
		left, right := blank, ""
		if i < len(picture) {
			left = picture[i]
		}
		if i < len(text) {
			right = text[i]
		}
		lines = append(lines, left+"  "+right)
	}
	return lines
}

func (e *enrolment) text() []string {
	t, ask := e.theme, e.ask.enrolment
	lines := heading(t, "MFA for "+ask.User, "", 0, e.room())
	say := func(text string) { lines = append(lines, words.Fit(text, e.room())...) }
	if ask.Problem != "" {
		for _, line := range words.Fit(ask.Problem, e.room()-2) {
			lines = append(lines, t.Bad.Render(line))
		}
	}
	lines = append(lines, "")
	if len(e.picture) > 0 {
		say("1 Scan the picture with your authenticator app, or type this seed into it:")
	} else {
		say(fmt.Sprintf("1 Type this seed into your authenticator app. For a picture to scan, make the terminal %d by %d (it has %d by %d now), with a smaller font if need be.",
			e.needs[0], e.needs[1], e.width, e.height+headerHeight+footerHeight))
	}
	for _, line := range words.Fit(inFours(ask.Seed.Reveal()), e.room()-2) {
		lines = append(lines, "  "+t.Bold.Render(line))
	}
	lines = append(lines, "")
	say("2 Type two codes, one after the other:")
	fields, at := e.form.View()
	lines, at = append(lines, fields...), at+len(lines)
	if over := len(lines) - e.height; over > 0 {
		lines, at = tight(lines, e.height), at-over
	}
	return around(t, lines, topAround(len(lines), at, e.height), e.height)
}

// inFours sets a seed in groups of four, as apps show it.
func inFours(seed string) string {
	var groups []string
	for len(seed) > 4 {
		groups = append(groups, seed[:4])
		seed = seed[4:]
	}
	return strings.Join(append(groups, seed), " ")
}

func (e *enrolment) keys() []key.Binding { return e.form.Keys() }
func (e *enrolment) typing() bool        { return true }

func (e *enrolment) about() []string {
	return []string{"MFA", "AWS calls it a virtual MFA device. It costs nothing; any app for time-based codes works."}
}
