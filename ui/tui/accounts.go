package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/awsops"
	"stateroom/ui/tui/theme"
)

// pickedMsg is the answer of a list to a form's field.
type pickedMsg struct{ name, value string }

// accounts is the organization's accounts to choose environments from. The
// filter looks at a text prepared once, and only the rows in sight are drawn, so
// that ten thousand are as fluent as ten.
type accounts struct {
	theme *theme.Theme
	name  string
	all   []awsops.Account
	// texts are what the filter looks at, in lower case.
	texts  []string
	chosen map[string]bool
	// shown are the indices of those that match.
	shown     []int
	filter    textinput.Model
	filtering bool
	list      scroll
	width     int
	height    int
}

func newAccounts(t *theme.Theme, name string, all []awsops.Account, admin, value string) *accounts {
	a := &accounts{theme: t, name: name, chosen: map[string]bool{}, filter: textinput.New()}
	a.filter.Prompt = "/ "
	a.filter.Cursor.SetMode(cursor.CursorStatic)
	a.filter.KeyMap.Paste.SetEnabled(false)
	for _, account := range all {
		if account.ID == admin || account.State != "ACTIVE" {
			continue
		}
		a.all = append(a.all, account)
		a.texts = append(a.texts, strings.ToLower(account.Name+" "+account.ID+" "+account.Email))
	}
	for _, pair := range strings.Split(value, ",") {
		if _, id, ok := strings.Cut(strings.TrimSpace(pair), "="); ok {
			a.chosen[id] = true
		}
	}
	a.match()
	return a
}

// match finds what the filter's words are all in.
func (a *accounts) match() {
	words := strings.Fields(strings.ToLower(a.filter.Value()))
	a.shown = a.shown[:0]
	for i, text := range a.texts {
		matches := true
		for _, word := range words {
			matches = matches && strings.Contains(text, word)
		}
		if matches {
			a.shown = append(a.shown, i)
		}
	}
	a.list.cursor, a.list.top = 0, 0
	a.list.resize(len(a.shown), a.height)
}

// The lines above the accounts.
const accountsHead = 4

func (a *accounts) resize(width, height int) {
	a.width, a.height = width, height-accountsHead
	a.list.resize(len(a.shown), a.height)
}

func (a *accounts) update(msg tea.Msg) tea.Cmd {
	pressed, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	switch {
	case key.Matches(pressed, keys.Back) && (a.filtering || a.filter.Value() != ""):
		a.filter.SetValue("")
		a.stopFiltering()
		a.match()
	case key.Matches(pressed, keys.Accept) && a.filtering:
		a.stopFiltering()
	case key.Matches(pressed, keys.Accept):
		return popThen(a.picked())
	case a.filtering && pressed.Type != tea.KeyUp && pressed.Type != tea.KeyDown:
		return a.write(msg)
	case key.Matches(pressed, keys.Back):
		return pop
	case key.Matches(pressed, keys.Filter):
		a.filtering = true
		a.filter.Focus() // its command would only blink
	case key.Matches(pressed, keys.Tick) && len(a.shown) > 0:
		id := a.all[a.shown[a.list.cursor]].ID
		a.chosen[id] = !a.chosen[id]
		a.list.key(tea.KeyMsg{Type: tea.KeyDown})
	case key.Matches(pressed, keys.All):
		a.chooseAll()
	default:
		a.list.key(pressed)
	}
	return nil
}

// chooseAll takes all that are shown, or none of them where all are taken.
func (a *accounts) chooseAll() {
	on := false
	for _, i := range a.shown {
		on = on || !a.chosen[a.all[i].ID]
	}
	for _, i := range a.shown {
		a.chosen[a.all[i].ID] = on
	}
}

func (a *accounts) write(msg tea.Msg) tea.Cmd {
	before := a.filter.Value()
	var cmd tea.Cmd
	a.filter, cmd = a.filter.Update(msg)
	if a.filter.Value() != before {
		a.match()
	}
	return async(cmd)
}

func (a *accounts) stopFiltering() {
	a.filtering = false
	a.filter.Blur()
}

// picked are the chosen accounts as name=id pairs.
func (a *accounts) picked() tea.Cmd {
	var pairs []string
	for _, account := range a.all {
		if a.chosen[account.ID] {
			pairs = append(pairs, environmentName(account)+"="+account.ID)
		}
	}
	value := strings.Join(pairs, ", ")
	return func() tea.Msg { return pickedMsg{a.name, value} }
}

// environmentName makes an account's name fit to name an environment, which
// stands in paths and profile names.
func environmentName(a awsops.Account) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, a.Name)
	if name = strings.Trim(name, "-"); name == "" {
		return "account-" + a.ID
	}
	return name
}

func (a *accounts) view() []string {
	t := a.theme
	ticked := 0
	for _, on := range a.chosen {
		if on {
			ticked++
		}
	}
	head := fmt.Sprintf("%d of %s, %d chosen", len(a.shown), plural(len(a.all), "account"), ticked)
	filter := t.Faint.Render("/ filters by name, id and e-mail")
	if a.filtering || a.filter.Value() != "" {
		filter = a.filter.View()
	}
	lines := []string{
		"  " + t.Title.Render("Which accounts are environments?") + "  " + t.Faint.Render(head+a.list.position(t)),
		"  " + filter, "", "      " + t.Faint.Render(t.Pad("account", 14)+t.Pad("name", 30)+"e-mail"),
	}
	from, to := a.list.window()
	for i := from; i < to; i++ {
		lines = append(lines, a.row(i))
	}
	return lines
}

func (a *accounts) row(i int) string {
	t, account := a.theme, a.all[a.shown[i]]
	box, mark := t.Glyphs.Box, "  "
	if a.chosen[account.ID] {
		box = t.Glyphs.BoxOn
	}
	text := box + " " + t.Pad(account.ID, 14) + t.Pad(t.Cut(account.Name, 28), 30) + account.Email
	text = t.Cut(text, a.width-4)
	if i == a.list.cursor {
		return " " + t.Accent.Render(t.Glyphs.Cursor) + t.Selected.Render(text)
	}
	return mark + text
}

func (a *accounts) keys() []key.Binding {
	if a.filtering {
		return []key.Binding{bind("enter", "keep the filter", "enter"), bind("esc", "clear it", "esc")}
	}
	return []key.Binding{bind("enter", "take these", "enter"), keys.Tick, keys.Filter, keys.All, keys.Down, keys.PageDown, keys.Back}
}

func (a *accounts) typing() bool { return a.filtering }

func (a *accounts) about() []string {
	return []string{
		"Accounts and environments",
		"Every environment is an AWS account of its own, so that nothing done in one can reach another. The environment's name comes from the account's and can be corrected in the answer.",
		"AWS calls them member accounts of the organization. An account costs nothing.",
	}
}
