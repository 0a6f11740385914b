//go:build !race && !integration

package onboard

import (
	"encoding/binary"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"stateroom/steps/stepstest"
)

// watch counts what happens in folders.
type watch struct {
	stop chan struct{}
	seen chan int
}

// watching calls at as soon as the n-th thing happens in the folders: a file
// made, written, closed, renamed or removed.
func watching(t testing.TB, n int, at func(), folders ...string) *watch {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	for _, folder := range folders {
		if _, err := unix.InotifyAddWatch(fd, folder, unix.IN_CREATE|unix.IN_MODIFY|unix.IN_CLOSE_WRITE|unix.IN_MOVED_TO|unix.IN_DELETE); err != nil {
			t.Fatal(err)
		}
	}
	w := &watch{stop: make(chan struct{}), seen: make(chan int)}
	go func() { w.seen <- w.count(fd, n, at) }()
	return w
}

// count reads events until the watch is stopped and none is left.
func (w *watch) count(fd, n int, at func()) int {
	seen, buffer := 0, make([]byte, 64<<10)
	for {
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 20) // the read tells what came of it
		size, err := unix.Read(fd, buffer)
		if err != nil {
			select {
			case <-w.stop:
				return seen
			default:
				continue
			}
		}
		for offset := 0; offset < size; {
			if seen++; seen == n {
				at()
			}
			offset += unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(buffer[offset+12:])) // the name's length
		}
	}
}

// close ends the watch and tells how much happened.
func (w *watch) close() int {
	close(w.stop)
	return <-w.seen
}

// TestAKillAtAnyWriteOfARotationLeavesAWorkingKey kills the process as soon as
// each thing happens to the journal and to the AWS files: a file made, written,
// closed, renamed or removed.
func TestAKillAtAnyWriteOfARotationLeavesAWorkingKey(t *testing.T) {
	t.Parallel()
	stride := stepstest.Stride(t)
	kills := 0
	for n := 1; n < 200; n += stride {
		c := founded(t)
		l := c.laptop("bob")
		l.write(".aws/credentials", "[default]\nregion = eu-west-1\n")
		l.write(".aws/config", "[default]\nregion = eu-west-1\n")
		journal := l.path(journalDir)
		l.mkdir(journal)
		var p *process
		started := make(chan struct{})
		w := watching(t, n, func() { <-started; p.kill() }, l.path(".aws"), journal)
		p = l.start(l.first())
		close(started)
		_ = p.cmd.Wait() // killed, or done
		if w.close() < n {
			break
		}
		kills++
		what := fmt.Sprintf("kill at write %d", n)
		e := l.first()
		if working := l.holds(what); working && n%2 == 0 {
			e = l.back()
		}
		l.resume(what, e)
	}
	if kills < 15/stride {
		t.Errorf("only %d kills happened", kills)
	}
	t.Logf("%d kills", kills)
}
