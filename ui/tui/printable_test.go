package tui

import (
	"strings"
	"testing"
	"unicode"

	"stateroom/steps/plan"
)

// hostile holds what a terminal obeys: the clipboard, the title, a cleared
// screen, hidden text, C1, a right-to-left override and a zero-width space.
const hostile = "a\x1b]52;c;aGk=\x07b\x1b]0;t\x07c\x1b\x1b[31m[2Jd\x1b[8mhidden\x1b[30;40me\u009b2Jf\u202eg\u200bh\ri\bj"

func TestNoTextOfAPlanReachesTheTerminalAsACommand(t *testing.T) {
	for _, l := range []look{{width: 80, height: 24, utf8: true}, {width: 120, height: 36, utf8: true, colour: true, dark: true}} {
		m := reviewingRoot(t, l, Options{})
		for i := range m.run.review.Changes {
			c := &m.run.review.Changes[i]
			c.Title, c.Target, c.Risk, c.Cost = c.Title+hostile, c.Target+hostile, hostile, hostile
			c.Fields = append(c.Fields, plan.Field{Name: hostile, Before: hostile, After: hostile})
		}
		m.run.review.Findings = append(m.run.review.Findings, plan.Finding{ID: "x.y" + hostile, Step: 2, Severity: plan.Failure, Evidence: hostile, Remedy: hostile, Details: hostile})
		m.run.rebuild()
		for _, keys := range [][]string{{"2"}, {"space"}, {"c"}, {"esc"}, {"9"}, {"a"}} {
			press(m, keys...)
			harmless(t, m)
		}
	}
	m := applyingRoot(t, plainLook)
	m.Update(plan.Event{Kind: plan.EventLine, Text: hostile})
	m.Update(plan.Event{Kind: plan.EventProgress, Text: hostile})
	harmless(t, m)
	press(m, "t")
	harmless(t, m)
}

func harmless(t *testing.T, m *root) {
	t.Helper()
	view := m.View()
	rest := view
	for sequence := range m.theme.Sequences() {
		if sequence != "" {
			rest = strings.ReplaceAll(rest, sequence, "")
		}
	}
	for _, r := range strings.ReplaceAll(rest, "\n", "") {
		if unicode.In(r, unicode.Cc, unicode.Cf) {
			t.Fatalf("%q reaches the terminal in:\n%q", r, view)
		}
	}
	if strings.Count(view, "\n")+1 != m.height {
		t.Errorf("the screen has %d lines, not %d", strings.Count(view, "\n")+1, m.height)
	}
}
