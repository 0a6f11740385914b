package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"stateroom/steps/plan"
)

// changeKey is a key on the change under the cursor: it opens, is left out or
// taken in, or is shown as calls, policy or diff.
func (v *runScreen) changeKey(msg tea.KeyMsg, c *plan.Change, foreign bool) nav {
	t := v.theme
	switch {
	case key.Matches(msg, keys.Expand):
		v.pane.set(changeName(c), !v.pane.isOpen(changeName(c), false))
	case key.Matches(msg, keys.Collapse):
		v.pane.set(changeName(c), false)
	case key.Matches(msg, keys.Leave) && foreign:
		return v.adopt(c)
	case key.Matches(msg, keys.Leave):
		v.leaveOut(c)
	case key.Matches(msg, keys.Call) && len(c.Calls) > 0:
		return nav{push: newViewer(t, c.Title+": AWS calls", plan.Known(callsText(c)), nil)}
	case key.Matches(msg, keys.Policy) && documentsText(c) != "":
		return nav{push: newViewer(t, c.Title, plan.Known(documentsText(c)), paintDiff)}
	case key.Matches(msg, keys.Diff) && c.Write != nil && c.Write.Diff != "":
		return nav{push: newViewer(t, c.Target, strings.Join(diffLines(c.Write.Diff), "\n"), paintDiff)}
	default:
		v.pane.key(msg)
	}
	return nav{}
}

// changeKeys are those that work on every change.
func changeKeys(foreign bool) []key.Binding {
	if foreign {
		return []key.Binding{keys.Expand, bind("x", "adopt", "x")}
	}
	return []key.Binding{keys.Expand, keys.Leave}
}

// documentKeys open what a change has a screen of its own for.
func documentKeys(c *plan.Change) []key.Binding {
	var list []key.Binding
	if len(c.Calls) > 0 {
		list = append(list, keys.Call)
	}
	if documentsText(c) != "" {
		list = append(list, keys.Policy)
	}
	if c.Write != nil && c.Write.Diff != "" {
		list = append(list, keys.Diff)
	}
	return list
}
