//go:build linux

package session_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"stateroom/steps/stepstest"
)

// heldBeside is how much more memory a log of any size may take than a short one.
const heldBeside = 32 << 20

// BenchmarkErrorFile reads logs of 25 and of 100 MB as --error FILE and from a pipe, and
// prints the bytes of memory that the whole program took. It fails where they grow with the
// log.
func BenchmarkErrorFile(b *testing.B) {
	program := stepstest.Program(b)
	short, _ := peak(b, program, logOf(b, 0), false)
	for _, log := range []struct {
		name  string
		size  int64
		piped bool
	}{{"file_25_MB", 25 << 20, false}, {"pipe_25_MB", 25 << 20, true}, {"file_100_MB", 100 << 20, false}} {
		b.Run(log.name, func(b *testing.B) {
			path := logOf(b, log.size)
			b.SetBytes(log.size)
			for b.Loop() {
				held, took := peak(b, program, path, log.piped)
				b.ReportMetric(float64(held), "peak-bytes")
				b.ReportMetric(float64(took.Milliseconds()), "ms/run")
				if held > short+heldBeside {
					b.Errorf("%d bytes of memory, where a short log takes %d", held, short)
				}
			}
		})
	}
}

// logOf is a log of an apply that ends in an error.
func logOf(b *testing.B, size int64) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "log")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriter(f)
	for written, i := int64(0), 0; written < size; i++ {
		n, _ := fmt.Fprintf(out, "2026-11-23T10:00:00.123Z \x1b[1maws_instance.web[%d]: Refreshing state... [id=i-%017x]\x1b[0m\n", i, i*7919)
		written += int64(n)
	}
	_, _ = io.WriteString(out, printed)
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// peak is the most memory that the program held while it read a log, and how long it took.
func peak(b *testing.B, program, path string, piped bool) (int64, time.Duration) {
	b.Helper()
	home := b.TempDir()
	command := exec.CommandContext(b.Context(), program, "troubleshoot", "--no-checks", "--error", path)
	if piped {
		in, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = in.Close() }()
		command.Args[len(command.Args)-1], command.Stdin = "-", in
	}
	command.Dir, command.Env = home, []string{"HOME=" + home, "XDG_STATE_HOME=" + home}
	begun := time.Now()
	out, _ := command.CombinedOutput() // a finding ends it with 3
	took := time.Since(begun)
	if !strings.Contains(string(out), "Someone else holds the lock") {
		b.Fatalf("%s", out)
	}
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		b.Fatal("the system does not tell what a process took")
	}
	return usage.Maxrss << 10, took
}
