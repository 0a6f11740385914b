package tui

import (
	"cmp"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
)

// mendedItem is a finding that was there before the changes and is gone.
type mendedItem struct {
	plan.Finding
	// by are the titles of the changes that were made to mend it; none where it went
	// with its cause.
	by []string
	// now are the checks that led to it, as they ended since.
	now []plan.Check
}

// gone are the pressing findings of before that now is without, with the changes of done
// that were made to mend them.
func gone(before *review, now plan.Review, done []endedChange) []mendedItem {
	there := map[string]bool{}
	for _, f := range now.Findings {
		there[f.Key()] = true
	}
	var list []mendedItem
	for _, f := range before.Findings {
		if f.Severity == plan.Info || there[f.Key()] {
			continue
		}
		item := mendedItem{Finding: f}
		for _, d := range done {
			if d.err == nil && d.why == "" && d.change.FixesFinding(f) {
				item.by = append(item.by, d.change.Title)
			}
		}
		for _, led := range before.checks.of(f) {
			i := slices.IndexFunc(now.Checks, func(c plan.Check) bool { return c.Name == led.Name && c.Subject == led.Subject })
			if i >= 0 {
				item.now = append(item.now, now.Checks[i])
			}
		}
		list = append(list, item)
	}
	return list
}

func (m *mendedItem) name() itemName { return itemName{aFinding, m.Subject, m.ID} }

func (m *mendedItem) title() (text, note string, indent int) {
	return cmp.Or(strings.Join(m.by, "; "), "No longer found"), m.Subject, verdictWidth
}

func (m *mendedItem) line(l *list, name string, room int, selected bool) string {
	t, style := l.theme, l.theme.Bold
	if selected {
		style = t.Selected
	}
	line := t.Good.Render(t.Pad(t.Glyphs.Right+" fixed", verdictWidth)) + style.Render(name)
	if title, note, _ := m.title(); name == title {
		line += l.beside(name, note, room-verdictWidth)
	}
	return line
}

// was is what was wrong.
func (m *mendedItem) was() string { return cmp.Or(m.Lead, firstSentence(m.Evidence)) }

// show adds the finding with what was wrong below it.
func (m *mendedItem) show(l *list) {
	if l.add(m, 0, false) {
		m.detail(l)
		return
	}
	for _, line := range l.beginning("Before: "+l.short(m.was()), l.theme.Faint) {
		l.below(line)
	}
}

// detail is what was wrong, what is so now, and the id.
func (m *mendedItem) detail(l *list) {
	l.labelled("Before", m.was(), l.theme.Plain)
	for _, c := range m.now {
		l.labelled("Now", c.Name+": "+c.Answer, l.theme.Plain)
	}
	l.labelled("Finding", m.ID, l.theme.Faint)
}

func (m *mendedItem) keys(l *list) hotkeys {
	return hotkeys{{keys.Read, func() (nav, tea.Cmd) {
		parts := []string{"Before: " + m.Told()}
		for _, c := range m.now {
			parts = append(parts, "Now\n"+readCheck(c))
		}
		title, _, _ := m.title()
		return nav{push: newViewer(l.theme, title, strings.Join(append(parts, "Finding: "+m.ID), "\n\n"), nil)}, nil
	}}}
}

func (m *mendedItem) clip() clip { return clip{"the finding", m.Told()} }
