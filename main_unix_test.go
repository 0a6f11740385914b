//go:build unix

package main

import (
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"stateroom/awsops"
	"stateroom/steps"
)

// A file that is a pipe blocks whoever reads it, and no context gets at that.
func TestTheSecondInterruptEndsARunThatHangsOnAFile(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "credentials")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", fifo)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "config"))
	for name, value := range awsops.EndpointVariables("http://127.0.0.1:1") { // nobody answers there
		t.Setenv(name, value)
	}
	t.Chdir(t.TempDir())
	signals, exits, ended := make(chan os.Signal), make(chan int, 1), make(chan struct{})
	go func() {
		defer close(ended)
		run(t.Context(), []string{"setup", "--dry-run"}, system{
			out: io.Discard, err: io.Discard, signals: signals, exit: func(code int) { exits <- code },
		})
	}()
	writer, err := os.OpenFile(fifo, os.O_WRONLY, 0) // returns once the run reads
	if err != nil {
		t.Fatal(err)
	}
	signals <- os.Interrupt
	signals <- os.Interrupt
	if code := <-exits; code != steps.ExitInterrupted {
		t.Errorf("ended with %d", code)
	}
	_ = writer.Close() // lets go of the run, which in a process of its own is gone
	<-ended
}

func TestASignalThatNohupIgnoresStaysIgnored(t *testing.T) {
	if !slices.Contains(watched(), os.Signal(syscall.SIGHUP)) {
		t.Fatal("a hang-up is not watched for")
	}
	signal.Ignore(syscall.SIGHUP)
	t.Cleanup(func() { signal.Reset(syscall.SIGHUP) })
	if slices.Contains(watched(), os.Signal(syscall.SIGHUP)) {
		t.Error("a hang-up that nohup ignores would end the run")
	}
}
