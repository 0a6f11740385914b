package session

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// conceal turns the echo of a console off until show is called. Lines are still
// edited, and Ctrl-C still interrupts.
func conceal(terminal *os.File) (show func(), err error) {
	console := windows.Handle(terminal.Fd())
	var before uint32
	if err := windows.GetConsoleMode(console, &before); err != nil {
		return nil, fmt.Errorf("the console's mode: %w", err)
	}
	if err := windows.SetConsoleMode(console, before&^windows.ENABLE_ECHO_INPUT); err != nil {
		return nil, fmt.Errorf("the console's echo: %w", err)
	}
	return func() { _ = windows.SetConsoleMode(console, before) }, nil // it took the same a moment ago
}
