package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// painter gives a line of a text its style.
type painter func(t *theme.Theme, line string) lipgloss.Style

// viewer shows a long text: a policy, the calls of a change, a file's diff,
// Terraform's output, the help. Long lines are broken and marked.
type viewer struct {
	theme *theme.Theme
	title string
	raw   []string
	// paint may be nil: then the lines are as they are.
	paint painter
	lines []string
	list  scroll
	width int
	helps bool
	// search looks for words in the lines.
	search search
	// part is what is copied where that is not the whole text.
	part clip
	// save, when set, saves the text; notice is what was told last, such as how
	// that ended.
	save   action
	notice noticeMsg
}

func newViewer(t *theme.Theme, title, text string, paint painter) *viewer {
	v := &viewer{theme: t, title: title, raw: strings.Split(strings.TrimRight(text, "\n"), "\n"), paint: paint}
	v.search = newSearch(searched{
		count: func() int { return len(v.lines) },
		text:  func(i int) string { return ansi.Strip(v.lines[i]) },
		here:  func() int { return v.list.top },
		show:  v.show,
	})
	return v
}

// show brings a line into sight.
func (v *viewer) show(i int) {
	if from, to := v.list.window(); i < from || i >= to {
		v.list.shift(i - v.list.height/2 - v.list.top)
	}
}

// newHelp is the help of a screen: what it is about, and every key.
func (m *root) newHelp() *viewer {
	t, s := m.theme, m.top()
	about := s.about()
	text := strings.Join(about[1:], "\n\n") + "\n\nKeys\n"
	for _, k := range s.keys() {
		if k.Enabled() {
			text += "  " + t.Pad(k.Help().Key, 14) + k.Help().Desc + "\n"
		}
	}
	for _, d := range m.globals() {
		text += "  " + t.Pad(d.key, 14) + d.text + "\n"
	}
	v := newViewer(t, about[0], text, nil)
	v.helps = true
	return v
}

func (v *viewer) resize(width, height int) {
	if width != v.width {
		v.width = width
		v.lines = v.lines[:0]
		for _, line := range v.raw {
			v.lines = append(v.lines, v.broken(line)...)
		}
	}
	v.list.cursor = v.list.top // so that the window stays where it is
	v.list.resize(len(v.lines), height-len(heading(v.theme, v.title, "", 2, width-2))-1)
	v.search.look()
}

// broken is one line as many as it takes; sentences break at words, documents
// anywhere.
func (v *viewer) broken(line string) []string {
	room := v.width - 4
	line = strings.ReplaceAll(line, "\t", "    ")
	style := v.theme.Plain
	if v.paint == nil {
		room = prose(room)
	} else {
		style = v.paint(v.theme, line)
	}
	if ansi.StringWidth(line) <= room {
		return []string{"  " + style.Render(line)}
	}
	var parts []string
	if v.helps {
		room = min(room, 80)
	}
	indent := len(line) - len(strings.TrimLeft(line, " +-~"))
	for i, part := range words.Fit(line, room-indent-2) {
		if i > 0 && !v.helps {
			part = strings.Repeat(" ", indent+2) + part
		}
		parts = append(parts, "  "+style.Render(part))
	}
	return parts
}

func (v *viewer) update(msg tea.Msg) (nav, tea.Cmd) {
	if told, ok := msg.(noticeMsg); ok {
		v.notice = told
	}
	if pressed, ok := msg.(tea.KeyMsg); ok && v.search.update(pressed) {
		return nav{}, nil
	}
	return v.hotkeys().update(msg, v.scroll)
}

func (v *viewer) keys() []key.Binding { return v.hotkeys().bindings() }

func (v *viewer) hotkeys() hotkeys {
	if v.search.open {
		return v.search.keys()
	}
	pop := goTo(nav{pop: true})
	above, below := v.list.more()
	list := append(v.search.keys(), hotkey{keys.Back, pop}.shown(!v.search.asked()), v.list.pages(), hotkey{Binding: keys.Down}, v.clip().hotkey(),
		hotkey{keys.Save, v.save}.when(v.save != nil), hotkey{Binding: keys.Search}.shown(above+below > 0).when(!v.search.asked()))
	for _, k := range []key.Binding{keys.Quit, keys.Accept, keys.Help, keys.Collapse} {
		list = append(list, hotkey{Binding: bind("", "", k.Keys()...), do: pop})
	}
	return list
}

// clip is the text; nobody needs a copy of the help.
func (v *viewer) clip() clip {
	if v.helps {
		return clip{}
	}
	if v.part.text != "" {
		return v.part
	}
	return clip{"the text", strings.Join(v.raw, "\n")}
}

// scroll moves the window itself: a viewer has no cursor.
func (v *viewer) scroll(pressed tea.KeyMsg) bool {
	page, all := max(1, v.list.height-1), v.list.count
	switch {
	case key.Matches(pressed, keys.PageUp):
		v.list.shift(-page)
	case key.Matches(pressed, keys.PageDown), pressed.String() == " ":
		v.list.shift(page)
	case key.Matches(pressed, keys.Top):
		v.list.shift(-all)
	case key.Matches(pressed, keys.Bottom):
		v.list.shift(all)
	case key.Matches(pressed, keys.Up):
		v.list.shift(-1)
	case key.Matches(pressed, keys.Down):
		v.list.shift(1)
	default:
		return false
	}
	return true
}

func (v *viewer) view() []string {
	from, to := v.list.window()
	title := len(heading(v.theme, v.title, "", 2, v.width-2))
	lines := append(heading(v.theme, v.title, v.list.position(v.theme), 2, v.width-2), "")[:title+1]
	switch {
	case v.search.asked():
		lines[title] = " " + v.search.line(v.theme)
	case v.notice.text != "":
		lines[title] = "  " + v.notice.mark(v.theme) + " " + v.notice.text
	}
	for i, line := range v.lines[from:to] {
		if v.search.asked() {
			line = v.search.marked(v.theme, line, v.search.is(from+i))
		}
		lines = append(lines, line)
	}
	return lines
}

func (v *viewer) typing() bool    { return v.search.open }
func (v *viewer) about() []string { return []string{v.title} }
