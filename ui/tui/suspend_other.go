//go:build !unix

package tui

// stopGroup has no signal for it here.
func stopGroup() error { return errNotStopped }
