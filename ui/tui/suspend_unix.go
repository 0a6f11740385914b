//go:build unix

package tui

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopPatience is how long a stop may take to arrive. The system drops it where
// no shell could continue the program: a process group whose parents are all of
// another session, such as the only command of a container.
const stopPatience = 500 * time.Millisecond

// stopGroup stops the process group as the terminal's own Ctrl-Z does, and returns
// when it is continued. Terraform's processes are in groups of their own and go
// on meanwhile.
func stopGroup() error {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return fmt.Errorf("suspend: %w", err)
	}
	// The clock runs on while the program is stopped, so the first timer may end
	// before the signal that continued it is told.
	for range 2 {
		select {
		case <-continued:
			return nil
		case <-time.After(stopPatience):
		}
	}
	return errNotStopped
}
