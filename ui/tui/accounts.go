package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// accounts is the organization's accounts to choose environments from.
type accounts struct {
	finder
	theme *theme.Theme
	all   []plan.Account
	// take gets the chosen ones as an answer.
	take func(value string)
	// chosen are the ids that are ticked.
	chosen map[string]bool
	width  int
}

func newAccounts(t *theme.Theme, all []plan.Account, value string, take func(string)) *accounts {
	a := &accounts{theme: t, all: all, take: take, chosen: map[string]bool{}}
	var texts []string
	for _, account := range all {
		texts = append(texts, account.Name+" "+account.ID+" "+account.Email)
	}
	for _, pair := range strings.Split(value, ",") {
		if _, id, ok := strings.Cut(strings.TrimSpace(pair), "="); ok {
			a.chosen[id] = true
		}
	}
	a.finder = newFinder(texts)
	return a
}

// The lines above the accounts.
const accountsHead = 4

func (a *accounts) resize(width, height int) {
	a.width = width
	a.list.resize(len(a.shown), height-accountsHead)
}

func (a *accounts) update(msg tea.Msg) (nav, tea.Cmd) {
	pressed, n, done := a.finder.update(msg)
	switch {
	case done:
		return n, nil
	case key.Matches(pressed, keys.Accept):
		a.take(a.picked())
		return nav{pop: true}, nil
	case key.Matches(pressed, keys.Tick) && len(a.shown) > 0:
		id := a.all[a.under()].ID
		a.chosen[id] = !a.chosen[id]
		a.list.key(tea.KeyMsg{Type: tea.KeyDown})
	case key.Matches(pressed, keys.All):
		a.chooseAll()
	}
	return nav{}, nil
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

// picked are the chosen accounts as name=id pairs.
func (a *accounts) picked() string {
	var pairs []string
	for _, account := range a.all {
		if a.chosen[account.ID] {
			pairs = append(pairs, account.Pair)
		}
	}
	return strings.Join(pairs, ", ")
}

func (a *accounts) view() []string {
	t := a.theme
	ticked := 0
	for _, on := range a.chosen {
		if on {
			ticked++
		}
	}
	head := fmt.Sprintf("%d of %s, %d chosen", len(a.shown), words.Plural(len(a.all), "account"), ticked)
	lines := []string{
		"  " + t.Title.Render("Which accounts are environments?") + "  " + t.Faint.Render(head+a.list.position(t)),
		"  " + a.head(t.Faint.Render("/ filters by name, id and e-mail")), "", "      " + t.Faint.Render(t.Pad("account", 14)+t.Pad("name", 30)+"e-mail"),
	}
	return append(lines, a.rows(a.row)...)
}

func (a *accounts) row(i int, selected bool) string {
	t, account := a.theme, a.all[i]
	box := t.Glyphs.Box
	if a.chosen[account.ID] {
		box = t.Glyphs.BoxOn
	}
	text := box + " " + t.Pad(account.ID, 14) + t.Pad(t.Cut(account.Name, 28), 30) + account.Email
	text = t.Cut(text, a.width-4)
	if selected {
		return " " + t.Accent.Render(t.Glyphs.Cursor) + t.Selected.Render(text)
	}
	return "  " + text
}

func (a *accounts) keys() []key.Binding {
	return a.keysAnd("take these", keys.Tick, keys.Filter, keys.All)
}

func (a *accounts) about() []string {
	return []string{
		"Accounts and environments",
		"Every environment is an AWS account of its own, so that nothing done in one can reach another. The environment's name comes from the account's and can be corrected in the answer.",
		"AWS calls them member accounts of the organization. An account costs nothing.",
	}
}
