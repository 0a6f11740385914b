//go:build unix

package terraform

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the child into a process group of its own, so that an interrupt
// from the keyboard reaches it through us alone, and only once: a second
// interrupt makes Terraform drop its work.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
}

// killGroup ends what is left of the group after a cancelled run: plug-ins whose
// parent was killed. Mostly there is nothing left, which is no error.
func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
}
