package session

import (
	"fmt"
	"os"
)

// openTerminal opens the console of the process, whatever its standard input is. A
// process without one gets an error.
func openTerminal() (*os.File, error) {
	terminal, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("the console: %w", err)
	}
	return terminal, nil
}
