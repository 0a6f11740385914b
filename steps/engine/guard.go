package engine

import (
	"fmt"
	"runtime/debug"
)

// Guarded runs work and makes an error of a panic in it. A panic in a goroutine
// would end the process at once: with a change half told, and with the terminal
// still in the wizard's hands.
func Guarded(work func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("a fault in stateroom itself: %v\n%s", reason, debug.Stack())
		}
	}()
	return work()
}
