package tui

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// accounts is the organization's accounts to choose environments from.
type accounts struct {
	finder
	all []plan.Account
	// chosen are the ids that are ticked.
	chosen map[string]bool
}

// newAccounts begins with what is in value, and gives take the chosen ones as an
// answer.
func newAccounts(t *theme.Theme, all []plan.Account, value string, take func(string)) *accounts {
	a := &accounts{all: all, chosen: map[string]bool{}}
	texts := make([]string, len(all))
	for i, account := range all {
		texts[i] = account.Name + " " + account.ID + " " + account.Email
	}
	for _, pair := range strings.Split(value, ",") {
		if _, id, ok := strings.Cut(strings.TrimSpace(pair), "="); ok {
			a.chosen[id] = true
		}
	}
	a.finder = finder{
		theme: t, head: a.above, row: a.draw, accept: "take these",
		take: func() (nav, tea.Cmd) { take(a.picked()); return nav{pop: true}, nil },
		own: hotkeys{
			{keys.Tick, func() (nav, tea.Cmd) { a.tick(); return nav{}, nil }},
			{Binding: keys.Filter},
			{keys.All, func() (nav, tea.Cmd) { a.chooseAll(); return nav{}, nil }},
		},
		helped: []string{
			"Accounts and environments",
			"Every environment is an AWS account of its own, so nothing done in one can reach another. The environment's name comes from the account's and can be corrected in the answer.",
			"AWS calls them member accounts of the organization. An account costs nothing.",
		},
	}
	a.index(texts)
	return a
}

// tick chooses the account under the cursor, or no longer, and goes to the next.
func (a *accounts) tick() {
	if len(a.shown) > 0 {
		id := a.all[a.under()].ID
		a.chosen[id] = !a.chosen[id]
		a.list.key(tea.KeyMsg{Type: tea.KeyDown})
	}
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

func (a *accounts) above() []string {
	t, ticked := a.theme, 0
	for _, on := range a.chosen {
		if on {
			ticked++
		}
	}
	numbers := fmt.Sprintf("%d of %s, %d chosen", len(a.shown), words.Plural(len(a.all), "account"), ticked)
	if hidden := a.list.position(t); hidden != "" {
		numbers += "  " + hidden
	}
	return append(heading(t, "Which accounts are environments?", numbers, 2, a.width-2),
		a.filterLine("name, id and e-mail"), "", "      "+t.Faint.Render(t.Pad("account", 14)+t.Pad("name", 30)+"e-mail"))
}

func (a *accounts) draw(i int, selected bool) string {
	t, account := a.theme, a.all[i]
	box := t.Glyphs.Box
	if a.chosen[account.ID] {
		box = t.Glyphs.BoxOn
	}
	text := box + " " + t.Pad(account.ID, 14) + t.Pad(t.Cut(account.Name, 28), 30)
	email := t.Cut(account.Email, a.width-4-ansi.StringWidth(text))
	if selected {
		return " " + t.Accent.Render(t.Glyphs.Cursor) + t.Selected.Render(text) + email
	}
	return "  " + text + email
}
