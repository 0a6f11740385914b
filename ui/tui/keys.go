package tui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// hotkey is a key with what it does, so that what works is what footer and help
// show.
type hotkey struct {
	key.Binding
	// do is what it does; nil leaves it to what the screen moves.
	do action
}

// when is the key where there is something for it to do.
func (h hotkey) when(works bool) hotkey {
	h.SetEnabled(works)
	return h
}

// shown is the key with its words in the footer only where they are worth their room;
// the palette has it all the same.
func (h hotkey) shown(worth bool) hotkey {
	if !worth {
		h.SetHelp("", h.Help().Desc)
	}
	return h
}

// pages is the key by which a list goes on that is longer than the screen.
func (s *scroll) pages() hotkey {
	above, below := s.more()
	return hotkey{Binding: keys.PageDown}.when(above+below > 0)
}

// hotkeys are the keys that work now, the most useful first.
type hotkeys []hotkey

// bindings are those that are shown.
func (list hotkeys) bindings() []key.Binding {
	var shown []key.Binding
	for _, h := range list {
		if h.Enabled() && h.Help().Key != "" {
			shown = append(shown, h.Binding)
		}
	}
	return shown
}

// update does what a key is for. One that is none of the list goes to move.
func (list hotkeys) update(msg tea.Msg, move func(tea.KeyMsg) bool) (nav, tea.Cmd) {
	pressed, ok := msg.(tea.KeyMsg)
	if !ok {
		return nav{}, nil
	}
	i := slices.IndexFunc(list, func(h hotkey) bool { return h.do != nil && key.Matches(pressed, h.Binding) })
	if i >= 0 {
		return list[i].do()
	}
	move(pressed)
	return nav{}, nil
}

// keyMap is every key outside of forms, with its help.
type keyMap struct {
	Up, Down, PageUp, PageDown, Top, Bottom key.Binding
	Accept, Next, Previous, Jump            key.Binding
	Expand, Collapse, Leave, Edit, Apply    key.Binding
	Call, Policy, Diff, Output, Save        key.Binding
	Again, Read, Copy, Practice             key.Binding
	Filter, Search, Tick, All, Undo, Yes    key.Binding
	Back, Help, Quit, Elsewhere, GiveUp     key.Binding
	Interrupt, Suspend, Palette, Mouse      key.Binding
}

func bind(help, text string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, text))
}

var keys = keyMap{
	Up:        bind("up", "up", "up", "k"),
	Down:      bind("up/down", "move", "down", "j"),
	PageUp:    bind("", "", "pgup", "ctrl+b"),
	PageDown:  bind("pgdn/end", "scroll", "pgdown", "ctrl+f"),
	Top:       bind("", "", "home", "g"),
	Bottom:    bind("", "", "end", "G"),
	Elsewhere: bind("d", "sign in on another device", "d"),
	GiveUp:    bind("esc", "give up", "esc", "q"),
	Accept:    bind("enter", "continue", "enter"),
	Next:      bind("tab", "next", "tab"),
	Previous:  bind("shift+tab", "previous", "shift+tab"),
	Jump:      bind("1-9", "step", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
	Expand:    bind("space", "details", " "),
	Collapse:  bind("left", "close", "left"),
	Leave:     bind("x", "leave out", "x"),
	Edit:      bind("e", "edit", "e"),
	Apply:     bind("a", "apply", "a"),
	Call:      bind("c", "calls", "c"),
	Policy:    bind("p", "policy", "p"),
	Diff:      bind("d", "diff", "d"),
	Output:    bind("t", "Terraform's output", "t"),
	Save:      bind("s", "save", "s"),
	Again:     bind("l", "look again", "l"),
	Read:      bind("r", "read all", "r"),
	Practice:  bind("p", "practice", "p"),
	Copy:      bind("y", "copy", "y"),
	Filter:    bind("/", "filter", "/"),
	Yes:       bind("y", "yes, apply", "y"),
	Undo:      bind("u", "undo the answers", "u"),
	Search:    bind("/", "search", "/"),
	Tick:      bind("space", "choose", " "),
	All:       bind("a", "all shown", "a"),
	Back:      bind("esc", "back", "esc"),
	Help:      bind("?", "help", "?", "f1"),
	Quit:      bind("q", "quit", "q"),
	Interrupt: bind("ctrl+c", "stop", "ctrl+c"),
	Suspend:   bind("ctrl+z", "suspend", "ctrl+z"),
	Palette:   bind(":", "commands", ":", "ctrl+k"),
	Mouse:     bind("m", "mouse", "m"),
}
