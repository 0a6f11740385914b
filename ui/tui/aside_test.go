package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"stateroom/ui/wordstest"
)

var wideLook = look{width: 200, height: 60, utf8: true}

// wideScreens are those that have a list, or a text, and are looked at as a whole. A menu or
// a dialog looks at 200 columns as at 120.
var wideScreens = []string{
	"menu", "asking-help", "review", "review-open", "review-file", "whole-plan", "confirm", "done", "failed", "applying", "viewer-calls", "viewer-diff",
	"run-review", "run-table", "run-checks", "run-search", "run-result", "run-healthy", "run-onboarding", "run-applying", "run-report",
	"chapters", "chapter", "faults", "faults-filter", "lesson-hint", "lesson-solved",
	"asking", "viewer-policy", "run-table-right", "offboarding", "offboarded", "handover-waits", "result-onboarded", "done-not-proven",
}

// TestWideScreensLookAsTheyDid holds the screens with lists and texts at 200 columns.
func TestWideScreensLookAsTheyDid(t *testing.T) {
	for _, name := range wideScreens {
		t.Run(name, func(t *testing.T) {
			m := screens[name](t, wideLook)
			if m.run != nil && m.run.flow != nil && m.run.flow.Env != nil {
				m.run.flow.Env.Dir = "/work"
			}
			frame := m.View() + "\n"
			golden.RequireEqual(t, []byte(frame))
			wordstest.Check(t, "the screen", frame)
		})
	}
}

// TestProseIsAtMost100Wide measures every screen at 200 columns and more: what stands
// between the lines and the gaps that divide it is not wider, but for documents as they
// are.
func TestProseIsAtMost100Wide(t *testing.T) {
	asTheyAre := []string{"viewer-diff", "viewer-policy", "viewer-output", "small"}
	for name, bring := range screens {
		if slices.Contains(asTheyAre, name) {
			continue
		}
		for _, l := range []look{{width: 160, height: 60, utf8: true}, wideLook, {width: 320, height: 80, utf8: true}} {
			lines := strings.Split(bring(t, l).View(), "\n")
			for _, line := range lines[headerHeight : len(lines)-footerHeight] {
				for part := range strings.SplitSeq(line, "│") {
					for _, text := range columns.Split(strings.TrimSpace(part), -1) {
						if ansi.StringWidth(text) > proseWidth {
							t.Errorf("%s at %s is %d wide: %q", name, l, ansi.StringWidth(text), text)
						}
					}
				}
			}
		}
	}
}

// TestDetailsStandBesideTheList goes down the list of every review at 200 columns: each
// item's details are at its right, and none is opened below it.
func TestDetailsStandBesideTheList(t *testing.T) {
	for _, name := range []string{"review", "whole-plan", "run-review", "run-table", "run-checks", "run-result", "done", "failed"} {
		m := screens[name](t, wideLook)
		m.run.list.rewind()
		m.run.rebuild()
		for range 30 {
			it := m.run.list.under()
			if it == nil {
				break
			}
			lines := m.run.list.details(it, m.run.list.aside)
			frame := m.View()
			for _, line := range lines[:min(len(lines), m.run.list.height-1)] {
				if line = ansi.Strip(line); !strings.Contains(frame, "│ "+line) {
					t.Fatalf("%s: %q of %v is not beside the list:\n%s", name, line, it.name(), frame)
				}
			}
			if m.run.list.rows[m.run.list.cursor].open && !it.name().holds() {
				t.Errorf("%s: %v is open, too", name, it.name())
			}
			press(m, "down")
		}
	}
}

// What is longer than the screen is announced, and read whole.
func TestLongDetailsAreReadOnAScreenOfTheirOwn(t *testing.T) {
	r := ill()
	r.Findings[1].Evidence = strings.TrimSpace(strings.Repeat("One more sentence of evidence. ", 300))
	m := lookedAt(t, wideLook, Troubleshoot, Options{}, r)
	shows(t, m, "lines below: space reads all")
	press(m, "space")
	v, is := m.top().(*viewer)
	if !is || !strings.Contains(strings.Join(v.raw, " "), "Asked") || v.title != "kms-disabled" {
		t.Fatalf("%T:\n%s", m.top(), m.View())
	}
	if press(m, "esc"); m.top() != screen(m.run) {
		t.Error("esc does not come back")
	}
}

// A click on the details chooses nothing in the list beside them.
func TestAClickOnDetailsChoosesNothing(t *testing.T) {
	m := lookedAt(t, wideLook, Troubleshoot, Options{}, ill())
	before := m.run.list.under().name()
	for y := headerHeight; y < wideLook.height-footerHeight; y++ {
		m.pointer(tea.MouseMsg{X: stepperColumns + stepperGap + m.run.list.width + 5, Y: y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft})
	}
	if got := m.run.list.under().name(); got != before || len(m.stack) != 1 {
		t.Error(fmt.Sprint("the cursor went to ", got))
	}
}
