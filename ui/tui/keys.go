package tui

import "github.com/charmbracelet/bubbles/key"

// keyMap is every key outside of forms, with its help.
type keyMap struct {
	Up, Down, PageUp, PageDown, Top, Bottom key.Binding
	Accept, Next, Previous, Jump            key.Binding
	Expand, Collapse, Leave, Edit, Apply    key.Binding
	Call, Policy, Diff, Output, Save        key.Binding
	Again, Read                             key.Binding
	Filter, Tick, All, Back, Help, Quit     key.Binding
	Interrupt, Suspend                      key.Binding
}

func bind(help, text string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, text))
}

var keys = keyMap{
	Up:        bind("up", "up", "up", "k"),
	Down:      bind("up/down", "move", "down", "j"),
	PageUp:    bind("pgup", "page up", "pgup", "ctrl+b"),
	PageDown:  bind("pgdn", "page down", "pgdown", "ctrl+f"),
	Top:       bind("home", "first", "home", "g"),
	Bottom:    bind("end", "last", "end", "G"),
	Accept:    bind("enter", "continue", "enter"),
	Next:      bind("tab", "next", "tab"),
	Previous:  bind("shift+tab", "previous", "shift+tab"),
	Jump:      bind("1-9", "step", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
	Expand:    bind("space", "details", " ", "right"),
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
	Filter:    bind("/", "filter", "/"),
	Tick:      bind("space", "choose", " "),
	All:       bind("a", "all shown", "a"),
	Back:      bind("esc", "back", "esc"),
	Help:      bind("?", "help", "?", "f1"),
	Quit:      bind("q", "quit", "q"),
	Interrupt: bind("ctrl+c", "stop", "ctrl+c"),
	Suspend:   bind("ctrl+z", "suspend", "ctrl+z"),
}
