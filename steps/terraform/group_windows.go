package terraform

import (
	"fmt"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// ownGroup puts the child into a process group of its own. Windows has no
// interrupt for one group but Ctrl-Break, which Go programs take for it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	cmd.Cancel = func() error {
		pid := uint32(cmd.Process.Pid) //nolint:gosec // process ids fit
		if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, pid); err != nil {
			return fmt.Errorf("interrupt process %d: %w", pid, err)
		}
		return nil
	}
}

// killGroup kills the child; plug-ins end with their parent's pipes.
func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = cmd.Process.Kill() // it may have ended
	}
}
