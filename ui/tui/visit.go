package tui

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/awsops/secret"
	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

type (
	// visitMsg shows a page to sign in at; visitedMsg takes it away, once that is over.
	visitMsg struct {
		visit plan.Visit
		reply chan error
	}
	visitedMsg struct{ reply chan error }
)

// errGivenUp ends a sign-in that somebody has given up.
var errGivenUp = errors.New("the sign-in was given up")

// visit shows a page until the sign-in is over, or somebody gives it up.
func (e *runner) visit(ctx context.Context, v plan.Visit) error {
	reply := make(chan error, 1)
	e.queue.push(visitMsg{v, reply})
	defer e.queue.push(visitedMsg{reply})
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return nil
	case <-e.ctx.Done():
		return e.ctx.Err() //nolint:wrapcheck // the program's own end
	}
}

// visited takes away the page of a sign-in that is over, whatever lies on it.
func (m *root) visited(msg visitedMsg) {
	m.stack = slices.DeleteFunc(m.stack, func(s screen) bool {
		v, is := s.(*visitor)
		return is && v.ask.reply == msg.reply
	})
	m.layout()
}

// visitor is the page of a sign-in with Identity Center: where it is, and on another device
// a picture to scan and the code to compare.
type visitor struct {
	theme         *theme.Theme
	ask           visitMsg
	width, height int
	// picture is the QR code, empty where it does not fit.
	picture []string
	notice  noticeMsg
}

func newVisitor(t *theme.Theme, ask visitMsg) *visitor { return &visitor{theme: t, ask: ask} }

func (v *visitor) byCode() bool { return v.ask.visit.Code != "" }

func (v *visitor) resize(width, height int) {
	v.width, v.height, v.picture = width, height, nil
	if v.byCode() {
		v.picture, _ = fitQR(v.theme, []secret.Secret{v.ask.visit.Address}, width-textWidth-4, height)
	}
}

// hotkeys are what can be done while somebody signs in elsewhere.
func (v *visitor) hotkeys() hotkeys {
	answer := func(err error) action {
		return func() (nav, tea.Cmd) {
			v.ask.reply <- err
			return nav{pop: true}, nil
		}
	}
	address := clip{"the address", v.ask.visit.Address.Reveal()}
	return hotkeys{
		hotkey{keys.Elsewhere, answer(plan.ErrByCode)}.when(!v.byCode()),
		address.hotkey(),
		{Binding: keys.GiveUp, do: answer(errGivenUp)},
	}
}

func (v *visitor) update(msg tea.Msg) (nav, tea.Cmd) {
	if told, is := msg.(noticeMsg); is {
		v.notice = told
		return nav{}, nil
	}
	return v.hotkeys().update(msg, func(tea.KeyMsg) bool { return false })
}

func (v *visitor) view() []string { return beside(v.picture, v.text()) }

// room is the width of the text.
func (v *visitor) room() int {
	if len(v.picture) == 0 {
		return min(76, v.width-4)
	}
	const most = 72 // with which the address of a start page is whole
	return min(most, v.width-ansi.StringWidth(v.picture[0])-4)
}

func (v *visitor) text() []string {
	t := v.theme
	lines := append(heading(t, "Sign in with Identity Center", "", 0, v.room()), "")
	say := func(text string) { lines = append(append(lines, words.Fit(text, v.room())...), "") }
	if v.byCode() {
		scan := "Open this address on any device:"
		if len(v.picture) > 0 {
			scan = "Scan the QR code with a phone, or open this address on any device:"
		}
		say(scan)
		v.address(&lines)
		say("Make sure that the page shows this code, and confirm:")
		lines = append(lines, "  "+t.Bold.Render(v.ask.visit.Code), "")
	} else {
		say("Your browser shows the sign-in. Finish there: this goes on by itself.")
		say("If it did not open, copy the address with y and open it on this machine, or press d for a code that any other device takes:")
		v.address(&lines)
	}
	goesOn := ""
	if v.byCode() {
		goesOn = "This goes on by itself. "
	}
	say(goesOn + "Time to sign in: until " + v.ask.visit.Until.Local().Format("15:04") + ".")
	if v.notice.text != "" {
		lines = append(lines, t.Faint.Render(ansi.Truncate(v.notice.text, v.room(), t.Glyphs.Ellipsis)))
	}
	return lines
}

// address shows where to sign in, as far as there is room for it: y copies all of it.
func (v *visitor) address(lines *[]string) {
	const most = 6
	whole := words.Fit(v.ask.visit.Address.Reveal(), v.room()-2)
	if !v.byCode() { // nobody types it
		whole = strings.Split(ansi.Hardwrap(v.ask.visit.Address.Reveal(), v.room()-2, true), "\n")
	}
	if len(whole) > most {
		whole = append(whole[:most:most], v.theme.Glyphs.Ellipsis)
	}
	for _, line := range whole {
		*lines = append(*lines, "  "+v.theme.Faint.Render(line))
	}
	*lines = append(*lines, "")
}

func (v *visitor) keys() []key.Binding { return v.hotkeys().bindings() }
func (v *visitor) typing() bool        { return false }

func (v *visitor) about() []string {
	return []string{"Sign in with Identity Center", "AWS calls it the AWS access portal. stateroom keeps the token where the AWS CLI and Terraform look for it, and renews it with stateroom login."}
}
