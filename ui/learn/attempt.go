package learn

import (
	"fmt"
	"strings"
)

// Attempt is somebody at one fault: how much help there was, and whether it is solved.
type Attempt struct {
	Fault
	// Surprise says that the fault is not named before it is solved.
	Surprise bool
	// hints are how many were given, fixed says that the fix was shown, and named that
	// the checks have named the cause.
	hints        int
	fixed, named bool
	solved       bool
}

// Way is one of the ways on.
type Way int

// The ways on. Terminal is a window of one's own, and Leave the way back to the list.
const (
	Check Way = iota
	Hint
	Fix
	Terminal
	Leave
)

// Choice is a way on in words.
type Choice struct {
	Way        Way
	Name, Text string
}

// Points are what solving it is worth now.
func (a *Attempt) Points() int {
	if a.fixed {
		return 0
	}
	lost := a.hints
	if a.named {
		lost++
	}
	return max(1, MostPoints-lost)
}

// Told is what is told so far, a paragraph each: of the hints only the last.
func (a *Attempt) Told() []string {
	told := []string{"Goal: " + a.Goal, "Terraform says: " + strings.Join(strings.Fields(strings.TrimPrefix(a.Says, "Error: ")), " ")}
	switch {
	case a.fixed:
		told = append(told, "The cause: "+a.Text, "The fix: "+a.Fix)
	case a.hints > 0:
		told = append(told, fmt.Sprintf("Hint %d of %d: %s", a.hints, len(a.Hints), a.Hints[a.hints-1]))
	}
	return told
}

// Choices are the ways on. Ready says that the sandbox stands.
func (a *Attempt) Choices(ready bool) []Choice {
	check := Choice{Check, "Run the checks", "They name the cause and offer to fix it, which costs a point. After your own fix they only confirm it."}
	if a.named {
		check.Text = "They look again at everything."
	}
	choices := []Choice{check}
	if a.hints < len(a.Hints) && !a.fixed {
		choices = append(choices, Choice{Hint, "Give me a hint", fmt.Sprintf("Number %d of %d. It costs a point.", a.hints+1, len(a.Hints))})
	}
	if !a.fixed {
		choices = append(choices, Choice{Fix, "Show me the fix", "The cause and what to do about it. Then there are no points to win."})
	}
	window := "The commands for terraform and aws in another window, against this sandbox."
	if !ready {
		window = "The sandbox is being made: a few seconds."
	}
	return append(choices, Choice{Terminal, "Use my own terminal", window}, Choice{Leave, "Back to the list", "This rehearsal ends, and its files go."})
}

// Help gives a hint or the fix; the other ways give none.
func (a *Attempt) Help(by Way) {
	switch {
	case by == Fix:
		a.fixed = true
	case by == Hint && a.hints < len(a.Hints):
		a.hints++
	}
}

// Solved tells whether it is.
func (a *Attempt) Solved() bool { return a.solved }

// Looked books a look of the checks: whether they found anything wrong, and whether
// there is a change of theirs still to make. It says how it ended where that solves the
// fault, which it does once.
func (a *Attempt) Looked(wrong, todo bool) (result string, points int, solved bool) {
	if a.solved {
		return "", 0, false
	}
	points = a.Points()
	a.named = a.named || wrong
	if a.solved = !wrong && !todo || a.Find && wrong && !todo; !a.solved {
		return "", 0, false
	}
	if wrong { // the checks have found it
		points = a.Points()
	}
	return fmt.Sprintf("Solved: %s (%d of %d points).", strings.TrimSuffix(a.Short, "."), points, MostPoints), points, true
}

// Window is the text about a window of one's own, with the commands for it in the middle.
func Window(commands string) string {
	return "Copy these into another window:\n\n" + commands +
		"\n\nThe first line sets the variables of this sandbox. Then aws acts as the\noperator and terraform as the admin alice, and both reach nothing else.\n\nCome back and run the checks: they confirm what you have fixed."
}
