// Package background keeps bubbletea v1 from asking the terminal for its
// background colour while the program is being initialised, which in a terminal
// that never answers takes five seconds, whatever the program then does.
//
// It is a module of its own because Go initialises packages in the order of
// their import paths: this one has to come before
// github.com/charmbracelet/bubbletea, and no path in module stateroom does. The
// wizard asks the terminal by itself, without waiting (ui/tui/background.go).
package background

import (
	"os"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

func init() { lipgloss.SetHasDarkBackground(Guess()) }

// Guess is whether the background is dark, by what the environment tells:
// COLORFGBG as rxvt, Konsole and others set it, else dark.
func Guess() bool {
	colors := strings.Split(os.Getenv("COLORFGBG"), ";")
	switch colors[len(colors)-1] {
	case "7", "9", "10", "11", "12", "13", "14", "15":
		return false
	}
	return true
}
