package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/printable"
)

// The header is a line and its rule, the footer a rule and the line of keys.
const headerHeight, footerHeight = 2, 2

// View puts header, topmost screen and footer together. Exactly the terminal's
// height is filled, so that nothing scrolls away and nothing is left over.
func (m *root) View() string {
	if m.tooSmall() {
		return m.theme.Glyphs.Legible(strings.Join(m.small(), "\n"))
	}
	lines := m.header()
	body := m.height - len(lines) - footerHeight
	lines = append(lines, around(m.theme, m.top().view(), 0, body)...)
	for len(lines) < m.height-footerHeight {
		lines = append(lines, "")
	}
	lines = append(lines, m.rule(), m.footer())
	for i, line := range lines {
		line = printable.Styled(line, m.theme.Owns)
		if ansi.StringWidth(line) > m.width {
			line = m.theme.Cut(line, m.width)
		}
		lines[i] = line
	}
	return m.theme.Glyphs.Legible(strings.Join(lines, "\n"))
}

func (m *root) rule() string {
	return m.theme.Rule.Render(strings.Repeat(m.theme.Glyphs.Rule, m.width))
}

// header says who acts where, and whether it is for real.
func (m *root) header() []string {
	t := m.theme
	left := " " + t.Title.Render("stateroom")
	var banner string
	switch {
	case m.o.DryRun && m.request.Sandbox:
		banner = t.DryRun.Render("[ DRY RUN ]") + " " + t.Sandbox.Render("[ SANDBOX ]")
	case m.o.DryRun && m.width < stepperWidth:
		banner = t.DryRun.Render("[ DRY RUN ]")
	case m.o.DryRun:
		banner = t.DryRun.Render("[ DRY RUN: nothing is changed ]")
	case m.request.Sandbox && m.width < stepperWidth:
		banner = t.Sandbox.Render("[ SANDBOX ]")
	case m.request.Sandbox:
		banner = t.Sandbox.Render("[ SANDBOX: nothing real is touched ]")
	}
	room := m.width - ansi.StringWidth(left) - ansi.StringWidth(banner) - 4
	middle := t.Cut(m.whereabouts(room), room)
	line := left + "  " + t.Pad(t.Faint.Render(middle), max(0, room)) + " " + banner
	return []string{line, m.rule()}
}

// whereabouts are account, identity and region, as far as they are known, for so much
// room.
func (m *root) whereabouts(room int) string {
	if m.run == nil {
		return "Terraform state for many accounts"
	}
	return m.run.whereabouts(room)
}

// footer shows as many keys as fit, whole; how to leave and how to get help are
// always among them.
func (m *root) footer() string {
	line := ""
	for _, k := range m.shownKeys() {
		line += m.keyText(k)
	}
	return line
}

// shownKeys are the keys of the footer.
func (m *root) shownKeys() []key.Binding {
	list, always := m.top().keys(), []key.Binding{keys.Interrupt}
	if i := slices.IndexFunc(list, leaves); i >= 0 {
		always = []key.Binding{list[i]}
		list = slices.Delete(slices.Clone(list), i, i+1)
	}
	if !m.top().typing() {
		always = append(always, keys.Help)
		list = append(slices.Clone(list), keys.Palette)
	}
	tail := ""
	for _, k := range always {
		tail += m.keyText(k)
	}
	var shown []key.Binding
	for _, k := range list {
		if item := m.keyText(k); ansi.StringWidth(item)+ansi.StringWidth(tail) <= m.width {
			shown, tail = append(shown, k), tail+item
		}
	}
	return append(shown, always...)
}

// leaves tells the keys by which a screen is left.
func leaves(k key.Binding) bool {
	name := k.Help().Key
	return name == keys.Quit.Help().Key || name == keys.Back.Help().Key
}

func (m *root) keyText(k key.Binding) string {
	return " " + m.theme.Key.Render(k.Help().Key) + " " + m.theme.KeyText.Render(k.Help().Desc) + " "
}
