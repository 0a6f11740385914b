//go:build unix

package session

import (
	"fmt"
	"os"
)

// openTerminal opens the terminal that controls the process, whatever its standard
// input is. A process without one, as in CI, gets an error.
func openTerminal() (*os.File, error) {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("the controlling terminal: %w", err)
	}
	return terminal, nil
}
