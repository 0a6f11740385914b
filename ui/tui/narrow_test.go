package tui

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/words"
	"stateroom/ui/wordstest"
)

// sizes are those that people have, and the narrowest with a stepper beside the list.
var sizes = []look{{width: 80, height: 24, utf8: true}, {width: 100, height: 30, utf8: true}, {width: 120, height: 36, utf8: true}, {width: 200, height: 60, utf8: true}}

// tall is a height at which nothing is out of sight.
const tall = 400

// TestNothingIsCutWithoutAMark reads every screen at the sizes that people have: what
// it says in a terminal where everything fits is there whole or ends in a mark, and what
// is out of sight is announced.
func TestNothingIsCutWithoutAMark(t *testing.T) {
	for name, bring := range screens {
		if name == "small" {
			continue
		}
		for _, l := range sizes {
			m := bring(t, l)
			pinned(m)
			frame := walked(m)
			high := resized(m, l.width, tall)
			whole := resized(m, asideFrom-1, tall)
			if lost := missing(whole, high); lost != "" {
				t.Errorf("%s at %d columns cuts %q without a mark:\n%s", name, l.width, lost, strings.Join(high, "\n"))
			}
			if lost := missing(high, frame); lost != "" && !announced(frame) {
				t.Errorf("%s at %s does not say that there is more than it shows, such as %q:\n%s", name, l, lost, strings.Join(frame, "\n"))
			}
		}
	}
}

// pinned leaves every item open or closed as it is, however much room there is later.
func pinned(m *root) {
	if m.run == nil {
		return
	}
	for _, r := range m.run.list.rows {
		if r.item != nil {
			m.run.list.said[r.item.name()] = r.open
		}
	}
}

// resized is the body of a screen in a terminal of another size.
func resized(m *root, width, height int) []string {
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return bodyOf(m.View())
}

// walked is a screen's body; of a dialog that explains the choice under the cursor alone
// it is what one sees of it after another.
func walked(m *root) []string {
	body := bodyOf(m.View())
	if _, is := m.top().(interface{ drawn() ([]string, []int) }); !is {
		return body
	}
	const most = 12
	for range most {
		press(m, "up")
	}
	for range most {
		body = append(body, bodyOf(m.View())...)
		press(m, "down")
	}
	return body
}

// bodyOf is a frame between its header and its footer, without the stepper, pictures and
// lines that are empty. What stands beside a list comes after it.
func bodyOf(frame string) []string {
	lines := strings.Split(ansi.Strip(frame), "\n")
	var body, aside []string
	for i, line := range lines[headerHeight : len(lines)-footerHeight] {
		if ansi.StringWidth(lines[1]) >= stepperWidth && ansi.Cut(line, stepperColumns, stepperColumns+1) == "│" {
			line = ansi.TruncateLeft(line, stepperColumns+2, "")
		}
		if at := strings.LastIndex(line, " │ "); at > proseWidth/2 {
			aside = append(aside, line[at+len(" │ "):])
			line = line[:at]
		}
		line = strings.TrimRight(picture.ReplaceAllString(line, "  "), " ")
		if line != "" && (i > 0 || !folded.MatchString(line)) {
			body = append(body, line)
		}
	}
	return append(body, slices.DeleteFunc(aside, func(line string) bool { return line == "" })...)
}

// folded is the stepper on one line: the first item, or one of the others.
var folded = regexp.MustCompile(`^ \S ?1( \S|  \S).*  \S ?2`)

// picture is a line of a QR code.
var picture = regexp.MustCompile(`^ [█▀▄ ]*[█▀▄][█▀▄ ]*`)

// columns are what stands between the columns of a line.
var columns = regexp.MustCompile(` {2,}`)

// missing is the first text of the lines that is not on the screen, neither whole nor
// with a mark where it ends early.
func missing(lines, screen []string) string {
	all, before := joined(screen), ""
	for _, line := range lines {
		for _, text := range columns.Split(strings.TrimSpace(line), -1) {
			want, _, _ := strings.Cut(joined([]string{strings.TrimLeft(text, "›▸▾ ")}), "…")
			if passing.MatchString(text) || len(text) < cellsMost && sideways.MatchString(all) || strings.Contains(all, want) || marks(all, want) || before != "" && strings.Contains(all, before+"…") {
				before = want
				continue
			}
			return text
		}
	}
	return ""
}

// sideways is how a table says that it has columns out of sight, whose texts are short.
var sideways = regexp.MustCompile(`more(columns|tothe(right|left))`)

const cellsMost = 12

// passing are the texts that depend on the size: what is out of sight, and a bar.
var passing = regexp.MustCompile(`lines? (above|below)|more (columns|to the right|to the left)|^\d+-\d+ of|^[█░ ]+$|^[─]+$`)

// marks tells whether a text is on the screen up to a mark.
func marks(all, want string) bool {
	const least = 3
	for n := len(want) - 1; n >= least; n-- {
		if strings.Contains(all, want[:n]+"…") {
			return true
		}
	}
	return false
}

// joined is a text without its spaces, so that it does not matter where it is broken.
func joined(lines []string) string {
	return strings.Join(strings.Fields(strings.Join(lines, " ")), "")
}

// announced tells whether a frame says that something is out of sight.
func announced(frame []string) bool {
	return more.MatchString(strings.Join(frame, "\n"))
}

var more = regexp.MustCompile(`\d+ lines? (above|below)|\d+-\d+ of \d+|… \? shows the rest`)

// TestTitlesAreNeverCut reads what every screen shows in bold, with the cursor on each
// of its lines in turn: titles, names and what has the cursor are there whole, however
// long the note beside them is.
func TestTitlesAreNeverCut(t *testing.T) {
	for name, bring := range screens {
		for _, l := range append(sizes, look{width: 60, height: 18, utf8: true}) {
			l.colour = true
			if name == "small" {
				continue
			}
			m := bring(t, l)
			wordstest.Titles(t, name+" at "+l.String(), m.View())
			if m.run == nil || m.top() != screen(m.run) {
				continue
			}
			for i, r := range m.run.list.rows {
				if r.item != nil {
					wordstest.Titles(t, name+" at "+l.String(), m.theme.Cut(m.run.list.draw(&m.run.list.rows[i], true), m.run.list.width))
				}
			}
		}
	}
}

// TestPageKeysScrollAtTheFirstPress has every screen that is longer than its terminal say
// so in the footer, go on with the first press, show every line on the way, and come back.
func TestPageKeysScrollAtTheFirstPress(t *testing.T) {
	scrolling := 0
	for name, bring := range screens {
		for _, l := range sizes[:3] {
			m := bring(t, l)
			if press(m, "home"); !goesOn.MatchString(ansi.Strip(m.View())) || m.top().typing() {
				continue
			}
			scrolling++
			where, first := name+" at "+l.String(), m.View()
			if !strings.Contains(m.footer(), "pgdn/end") {
				t.Errorf("%s does not show the key by which it goes on: %s", where, m.footer())
			}
			seen, before, pages := map[string]bool{}, "", 0
			for frame := first; frame != before; pages++ {
				for _, line := range bodyOf(frame) {
					seen[unmarked(line)] = true
				}
				before = frame
				press(m, "pgdown")
				frame = m.View()
				if pages == 0 && top(frame, first) == 0 {
					t.Errorf("%s does not scroll at the first press:\n%s", where, frame)
				}
			}
			press(m, "end")
			if goesOn.MatchString(ansi.Strip(m.View())) {
				t.Errorf("%s does not end with its last line:\n%s", where, m.View())
			}
			if press(m, "home"); m.View() != first {
				t.Errorf("%s does not come back:\n%s", where, m.View())
			}
			pinned(m)
			for _, line := range resized(m, l.width, tall) {
				if !seen[unmarked(line)] {
					t.Errorf("%s does not show %q on its way", where, line)
				}
			}
		}
	}
	const least = 20
	if scrolling < least {
		t.Errorf("only %d screens are longer than their terminal", scrolling)
	}
}

// goesOn is how a screen says that it goes on.
var goesOn = regexp.MustCompile(`lines? below|\d+-\d+ of \d+ *↓`)

// unmarked is a line without the cursor and the numbers of what is out of sight.
func unmarked(line string) string {
	line = outOfSight.ReplaceAllString(line, "")
	return strings.TrimSpace(strings.ReplaceAll(line, "›", " "))
}

// outOfSight is how a frame says what it does not show.
var outOfSight = regexp.MustCompile(`(↑ \d+ lines? above)? *(↓ \d+ lines? below)?$|  \d+-\d+ of \d+.*`)

// top is how many of the lines at the beginning of one frame are gone in another.
func top(frame, before string) int {
	gone := 0
	for _, line := range bodyOf(before) {
		if !strings.Contains(frame, strings.TrimSpace(unmarked(line))) {
			gone++
		}
	}
	return gone
}

// TestAnEndSaysWhatIsSoAndWhatIsNextInTheFirstFrame reads the first 24 lines of every
// result that has something to go on with: what is so stands on top, what to do next
// below it, unless a finding has to be seen to first.
func TestAnEndSaysWhatIsSoAndWhatIsNextInTheFirstFrame(t *testing.T) {
	ends := 0
	for name, bring := range screens {
		m := bring(t, look{width: 80, height: 24, utf8: true})
		if m.run == nil || m.top() != screen(m.run) || m.run.phase != reviewing || m.run.err != nil {
			continue
		}
		s := cmp.Or(m.run.review.result, m.run.review.settled)
		if s == nil || s.Then == "" || !m.run.last() {
			continue
		}
		ends++
		press(m, "home")
		flat := strings.Join(strings.Fields(m.View()), " ")
		so, next := strings.Index(flat, m.run.review.ended().Lead[0]), strings.Index(flat, "Next "+s.Then)
		switch first := m.run.review.found; {
		case so < 0:
			t.Errorf("%s does not say what is so:\n%s", name, m.View())
		case first.pressing() > 0 && !strings.Contains(flat, words.Finding(first.list[0].Finding)):
			t.Errorf("%s does not say what is wrong:\n%s", name, m.View())
		case first.pressing() == 0 && next < so:
			t.Errorf("%s does not say what is next:\n%s", name, m.View())
		}
	}
	const least = 6
	if ends < least {
		t.Errorf("only %d screens are an end with something to go on with", ends)
	}
}

// TestALongIdentityLeavesTheRegionInTheHeader has the identity of a session of single
// sign-on, of which account, person and region are to be read at 80 columns.
func TestALongIdentityLeavesTheRegionInTheHeader(t *testing.T) {
	for banner, want := range map[bool]string{
		false: "Troubleshooting 111111111111 assumed-role/…/alice eu-west-1 ",
		true:  "Troubleshooting 111111111111 assume…/alice eu-west-1 [ DRY RUN ]",
	} {
		m := lookedAt(t, look{width: 80, height: 24, utf8: true}, Troubleshoot, Options{DryRun: banner}, ill())
		m.run.outline.Who = "111111111111  assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/alice"
		shows(t, m, want)
	}
}
