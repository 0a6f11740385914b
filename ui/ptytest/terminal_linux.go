package ptytest

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/sys/unix"

	"stateroom/ui/wordstest"
)

const (
	// usualPatience bounds the wait for something to be shown, on a busy machine.
	usualPatience = 2 * time.Minute
	// beat is the time between two looks at what was shown.
	beat = 10 * time.Millisecond
)

// Terminal is a pseudo-terminal, and what the programs in it have shown.
type Terminal struct {
	// Process is the program in it.
	Process *exec.Cmd
	// Answer, where it is set, gives what is typed to the words that were shown
	// since the last keys: a person who answers what comes up while they wait for
	// something else. Empty is nothing.
	Answer func(words string) (keys string)
	// Patience bounds each wait for something to be shown; it is two minutes.
	Patience time.Duration

	t             testing.TB
	master, slave *os.File
	before        *unix.Termios
	columns       int

	mu    sync.Mutex
	shown strings.Builder
	// mark is where what was shown since the last keys begins.
	mark int
}

// New opens a pseudo-terminal with nothing in it yet. It closes with the test, which
// fails if anything that was shown is against the rules of writing (package ui).
func New(t testing.TB, columns, lines uint16) *Terminal {
	t.Helper()
	p := &Terminal{t: t, Patience: usualPatience}
	var err error
	p.master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	p.must(err)
	fd := int(p.master.Fd())
	p.must(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	p.must(err)
	p.slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	p.must(err)
	p.Resize(columns, lines)
	p.before = p.state()
	go p.read()
	t.Cleanup(func() {
		_, _ = p.master.Close(), p.slave.Close()
		wordstest.Check(t, "the terminal", ansi.Strip(p.Text()))
		wordstest.Titles(t, "the terminal", p.Text())
		for _, screens := range strings.Split(p.Text(), alternateScreen)[1:] { // lines are not cut: a path may end where the terminal does
			screens, _, _ = strings.Cut(screens, usualScreen)
			wordstest.Whole(t, "the terminal", screens, p.columns)
		}
	})
	return p
}

func (p *Terminal) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *Terminal) state() *unix.Termios {
	p.t.Helper()
	state, err := unix.IoctlGetTermios(int(p.slave.Fd()), unix.TCGETS)
	p.must(err)
	return state
}

// Resize gives the terminal another size.
func (p *Terminal) Resize(columns, lines uint16) {
	p.t.Helper()
	p.columns = int(columns)
	p.must(unix.IoctlSetWinsize(int(p.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: lines}))
}

// Start runs a command as the leader of the terminal's session.
func (p *Terminal) Start(command *exec.Cmd) {
	p.t.Helper()
	p.Process = command
	command.Env = append(command.Env, "TERM=xterm-256color", "LANG=C.UTF-8")
	command.Stdin, command.Stdout, command.Stderr = p.slave, p.slave, p.slave
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	p.must(command.Start())
}

func (p *Terminal) read() {
	buffer := make([]byte, 4096)
	for {
		n, err := p.master.Read(buffer)
		p.mu.Lock()
		p.shown.Write(buffer[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// alternateScreen and usualScreen are how a program begins and ends to show screens.
const (
	alternateScreen = "\x1b[?1049h"
	usualScreen     = "\x1b[?1049l"
)

// Text is all that was shown, with the sequences that move and colour it.
func (p *Terminal) Text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.String()
}

// Since is what was shown since the last keys were typed.
func (p *Terminal) Since() string { return p.Text()[p.mark:] }

// Words is what was shown since the last keys were typed, without the sequences
// that move and colour it.
func (p *Terminal) Words() string { return ansi.Strip(p.Since()) }

// Until waits for a text to be shown since the last keys were typed.
func (p *Terminal) Until(text string) {
	p.t.Helper()
	p.await(fmt.Sprintf("%q", text), func() bool { return strings.Contains(p.Since(), text) })
}

// Finds waits for a pattern in the words that were shown since the last keys were
// typed, and gives what its groups have matched, in the newest of its places.
func (p *Terminal) Finds(pattern string) []string {
	p.t.Helper()
	want := regexp.MustCompile(pattern)
	var found [][]string
	p.await(pattern, func() bool {
		found = want.FindAllStringSubmatch(p.Words(), -1)
		return found != nil
	})
	return found[len(found)-1]
}

func (p *Terminal) await(what string, shown func() bool) {
	p.t.Helper()
	for end := time.Now().Add(p.Patience); time.Now().Before(end); time.Sleep(beat) {
		if shown() {
			return
		}
		p.answer()
	}
	_ = p.Process.Process.Kill()
	p.t.Fatalf("%s was never shown; the last of what was:\n%s", what, p.Since())
}

// Shows tells whether the words that were shown since the last keys match a
// pattern; where they do not, what is asked is answered.
func (p *Terminal) Shows(pattern *regexp.Regexp) bool {
	p.t.Helper()
	if pattern.MatchString(p.Words()) {
		return true
	}
	p.answer()
	return false
}

func (p *Terminal) answer() {
	p.t.Helper()
	if p.Answer == nil {
		return
	}
	if keys := p.Answer(p.Words()); keys != "" {
		p.Type(keys)
	}
}

// Type types a text.
func (p *Terminal) Type(text string) {
	p.t.Helper()
	p.mark = len(p.Text())
	_, err := p.master.WriteString(text)
	p.must(err)
}

// Ended waits for the program, holds that its exit code is this one, that all that
// it said was read, and that the terminal is as it was.
func (p *Terminal) Ended(code int) {
	p.t.Helper()
	ended := make(chan struct{})
	go func() {
		_ = p.Process.Wait() // the exit code tells
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(max(p.Patience, usualPatience)):
		_ = p.Process.Process.Kill()
		p.t.Fatalf("it does not end; the last of what was shown:\n%s", p.Since())
	}
	if got := p.Process.ProcessState.ExitCode(); got != code {
		p.t.Errorf("exit code %d, want %d; the last of what was shown:\n%s", got, code, p.Since())
	}
	const end = "\x00ptytest: the end\x00"
	_, err := p.slave.WriteString(end)
	p.must(err)
	p.await("the end", func() bool { return strings.Contains(p.Text(), end) })
	p.AsBefore()
}

// GivenBack waits until the terminal's settings are what they were.
func (p *Terminal) GivenBack() {
	p.t.Helper()
	p.await("the terminal as it was", func() bool { return *p.state() == *p.before })
}

// AsBefore holds that the terminal's settings are what they were.
func (p *Terminal) AsBefore() {
	p.t.Helper()
	if after := p.state(); *after != *p.before {
		p.t.Errorf("the terminal was %+v and is %+v", *p.before, *after)
	}
}

// Restored holds that the screen, the cursor and the paste mode were given back in
// what was shown since a place in [Terminal.Text].
func (p *Terminal) Restored(since int) {
	p.t.Helper()
	for _, sequence := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"} {
		p.await(fmt.Sprintf("%q", sequence), func() bool { return strings.Contains(p.Text()[since:], sequence) })
	}
	p.AsBefore()
}
