//go:build unix

package session

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// conceal turns the echo of a terminal off until show is called. Lines are still
// edited, and Ctrl-C still interrupts.
func conceal(terminal *os.File) (show func(), err error) {
	fd := int(terminal.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, fmt.Errorf("the terminal's modes: %w", err)
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, setTermios, &hidden); err != nil {
		return nil, fmt.Errorf("the terminal's echo: %w", err)
	}
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }, nil // it took the same a moment ago
}
