package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"stateroom/ui/tui/theme"
)

// narrowLook is the smallest terminal in use, in which lists have to be scrolled.
var narrowLook = look{width: 80, height: 24, utf8: true}

func TestSearchGoesFromItemToItemOfAReview(t *testing.T) {
	m := lookedAt(t, narrowLook, Troubleshoot, Options{}, ill())
	press(m, "/", "L", "O", "C", "K")
	shows(t, m, "/ LOCK", "1 of ")
	if f, ok := m.run.list.under().(*findingItem); !ok || f.ID != "lock-held" {
		t.Fatalf("the cursor is on %+v", m.run.list.under())
	}
	press(m, "enter", "n")
	if c, ok := m.run.list.under().(*changeItem); !ok || c.ID != "lock.release" {
		t.Errorf("next is %+v", m.run.list.under())
	}
	press(m, "N")
	if f, ok := m.run.list.under().(*findingItem); !ok || f.ID != "lock-held" {
		t.Errorf("the one before is %+v", m.run.list.under())
	}
	press(m, "esc")
	if strings.Contains(m.View(), "/ LOCK") || len(m.stack) != 1 {
		t.Errorf("esc leaves the search where it is:\n%s", m.View())
	}
}

// A stage is not the whole run, and the search says so. It stays as the stages go by.
func TestSearchOfAStageSaysThatItIsOfThatStage(t *testing.T) {
	m := reviewingRoot(t, narrowLook, Options{})
	press(m, "2", "/alias/terraform")
	shows(t, m, "nothing found in step 2")
	press(m, "enter", "4")
	shows(t, m, "1 of ")
}

// Through a slow line what is typed arrives at once.
func TestSearchTypedAtOnce(t *testing.T) {
	m := lookedAt(t, narrowLook, Troubleshoot, Options{}, ill())
	press(m, "/lock")
	shows(t, m, "/ lock", "1 of ")
}

// A slash begins another search, whatever was looked for before.
func TestASecondSearchBeginsEmpty(t *testing.T) {
	m := lookedAt(t, narrowLook, Troubleshoot, Options{}, ill())
	press(m, "/nowhere", "enter", "/", "l", "o", "c", "k")
	shows(t, m, "/ lock", "1 of ")
}

// What a line does not show is found all the same: an ARN in the details.
func TestSearchFindsWhatIsFoldedIn(t *testing.T) {
	m := lookedAt(t, narrowLook, Troubleshoot, Options{}, ill())
	press(m, "/", "3dff4815", "down", "enter")
	if m.run.list.under() == nil || !strings.Contains(m.run.list.clip().text, "3dff4815") {
		t.Errorf("the cursor is on %+v", m.run.list.under())
	}
}

// Letters are the query's while it is typed: none of them adopts, applies or leaves.
func TestLettersOfASearchDoNothingElse(t *testing.T) {
	m := lookedAt(t, narrowLook, Troubleshoot, Options{}, ill())
	press(m, "/", "x", "a", "q", "l", "?", ":", "m", "1")
	shows(t, m, "/ xaql?:m1", "nothing found")
	if m.run.phase != reviewing || len(m.stack) != 1 || !m.mouse || len(m.run.review.left) != 0 {
		t.Errorf("phase %d, %d screens", m.run.phase, len(m.stack))
	}
	if press(m, "n", "esc", "n"); m.run.list.search.asked() {
		t.Error("n begins a search")
	}
}

func TestSearchOfATextScrollsToItAndRoundAtItsEnd(t *testing.T) {
	m := lookedAt(t, narrowLook, Troubleshoot, Options{}, ill())
	text := strings.Repeat("line\n", 100) + "the Needle\n" + strings.Repeat("line\n", 100) + "a second needle"
	m.stack = append(m.stack, newViewer(m.theme, "A long text", text, nil))
	m.layout()
	press(m, "/", "needle", "enter")
	shows(t, m, "the Needle", "1 of 2", "n next")
	press(m, "n")
	shows(t, m, "a second needle", "2 of 2")
	press(m, "n")
	shows(t, m, "the Needle", "1 of 2")
	if press(m, "esc"); len(m.stack) != 2 {
		t.Fatal("the first esc leaves the text")
	}
	if press(m, "esc"); len(m.stack) != 1 {
		t.Error("the second esc stays")
	}
}

// A list that is drawn anew keeps what is looked for.
func TestSearchOutlivesWhatComesIn(t *testing.T) {
	m := looking(t, narrowLook, Options{})
	press(m, "/", "identity", "enter")
	shows(t, m, "1 of 1")
	m.run.rebuild()
	if s := &m.run.list.search; len(s.found) != 1 {
		t.Errorf("found %v", s.found)
	}
}

func TestWordsAreHighlightedInStyledLines(t *testing.T) {
	r := lipgloss.NewRenderer(nil)
	r.SetColorProfile(termenv.TrueColor)
	th := theme.New(r, true)
	for _, line := range []string{
		"plain aBc and abc", " " + th.Bold.Render("bold abc") + th.Faint.Render(" abc faint"), "übel ABC „abc“", "no word of it", th.Good.Render("abc"),
	} {
		s := newSearch(searched{})
		s.input.SetValue("abc")
		got := s.marked(th, line, false)
		if ansi.Strip(got) != ansi.Strip(line) {
			t.Errorf("%q becomes %q", ansi.Strip(line), ansi.Strip(got))
		}
		begin, _, _ := strings.Cut(th.Accent.Reverse(true).Render("x"), "x")
		marks := strings.Count(strings.ToLower(got), begin+"abc")
		if want := strings.Count(strings.ToLower(line), "abc"); marks != want {
			t.Errorf("%q has %d marks, want %d", got, marks, want)
		}
	}
}
