//go:build linux && !race && !integration

package onboard

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// kind is a way to stop a run.
type kind struct {
	signals []syscall.Signal
	// held leaves the request unanswered: for good, or, where it is answered, until
	// the program has said that it finishes what is under way.
	held, answered bool
}

// requestKinds are the ways to stop at a request. INT and TERM are two, so that the
// second is not swallowed while the first is pending. After HUP alone the second
// follows by itself.
var requestKinds = []kind{
	{signals: []syscall.Signal{syscall.SIGKILL}},
	{signals: []syscall.Signal{syscall.SIGINT}},
	{signals: []syscall.Signal{syscall.SIGHUP}},
	{signals: []syscall.Signal{syscall.SIGTERM}},
	{signals: []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}, held: true},
	{signals: []syscall.Signal{syscall.SIGHUP, syscall.SIGINT}, held: true},
	{signals: []syscall.Signal{syscall.SIGINT}, held: true, answered: true},
	{signals: []syscall.Signal{syscall.SIGTERM}, held: true, answered: true},
	{signals: []syscall.Signal{syscall.SIGHUP}, held: true},
}

// writeKinds are the ways to stop between writes, of which a kill leaves most.
var writeKinds = []kind{
	{signals: []syscall.Signal{syscall.SIGKILL}},
	{signals: []syscall.Signal{syscall.SIGINT}},
	{signals: []syscall.Signal{syscall.SIGKILL}},
	{signals: []syscall.Signal{syscall.SIGHUP}},
	{signals: []syscall.Signal{syscall.SIGTERM}},
}

// moment is when and how a run is stopped: at a request or at a write, each
// counted from 1, reads included.
type moment struct {
	kind

	course         course
	request, write int
	// mutating has only those requests counted that change something.
	mutating bool
	// after has the work of the request done, and the answer lost if the first
	// signal is KILL.
	after bool
}

func (m moment) String() string {
	var names []string
	for _, s := range m.signals {
		names = append(names, s.String())
	}
	what := strings.Join(names, " and ")
	if m.write > 0 {
		return fmt.Sprintf("%s, %s at write %d", m.course.name, what, m.write)
	}
	return fmt.Sprintf("%s, %s at request %d, after %t, held %t, answered %t", m.course.name, what, m.request, m.after, m.held, m.answered)
}

// atRequests are as many moments as there are seeds, the same each time; every
// course has its turn, and every kind.
func atRequests(n int) (all []moment) {
	for seed := range n {
		draw := rand.New(rand.NewPCG(uint64(seed), 10))
		m := moment{course: courses[seed%len(courses)], kind: requestKinds[(seed+seed/len(requestKinds))%len(requestKinds)]}
		m.after = draw.IntN(2) == 1 && !m.held
		m.request = 1 + draw.IntN(m.course.requests)
		all = append(all, m)
	}
	return all
}

// atWrites are those between writes.
func atWrites(n int) (all []moment) {
	for seed := range n {
		draw := rand.New(rand.NewPCG(uint64(seed), 11))
		m := moment{course: courses[seed%len(courses)], kind: writeKinds[seed%len(writeKinds)]}
		m.write = 1 + draw.IntN(m.course.writes)
		all = append(all, m)
	}
	return all
}

// hangUps are over a change that AWS never answers: nobody is there to press again,
// so that each uses up the half minute after which the second interrupt follows by
// itself. There is one of them every day.
func hangUps(n int) (all []moment) {
	for seed := range max(1, n/30) {
		all = append(all, moment{
			course: courses[seed%len(courses)], kind: kind{signals: []syscall.Signal{syscall.SIGHUP}, held: true}, request: 1, mutating: true,
		})
	}
	return all
}

// speech is what a program says, and when it says that it finishes what is under
// way.
type speech struct {
	mu       sync.Mutex
	text     strings.Builder
	finishes chan struct{}
}

func newSpeech() *speech { return &speech{finishes: make(chan struct{})} }

func (s *speech) Write(text []byte) (int, error) {
	const finishing = "the changes under way are finished first"
	s.mu.Lock()
	defer s.mu.Unlock()
	known := strings.Contains(s.text.String(), finishing)
	s.text.Write(text)
	if !known && strings.Contains(s.text.String(), finishing) {
		close(s.finishes)
	}
	return len(text), nil
}

func (s *speech) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// stop runs the program and stops it at the moment. It tells whether there was
// such a one.
func (s *stopped) stop(m moment, args []string) (out string, code int, met bool) {
	s.t.Helper()
	// A hang-up leaves a call half a minute, and then the look at what it may have made
	// another half.
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := s.command(ctx, m.course.bobs, args...)
	var typed string
	if m.course.typed != nil {
		typed = m.course.typed(s)
	}
	started, ended, speech := make(chan struct{}), make(chan struct{}), newSpeech()
	send := func() {
		<-started
		for _, signal := range m.signals {
			_ = cmd.Process.Signal(signal) // it may have ended
		}
	}
	written := watching(s.t, m.write, send, s.folders()...)
	requested := s.intercept(m, send, speech, ended)
	said := s.start(cmd, typed, speech)
	close(started)
	_ = cmd.Wait() // its code is asked for
	close(ended)
	s.server.Intercept(nil)
	writes, requests := written.close(), int(requested.Load())
	s.t.Logf("%d requests, %d writes", requests, writes)
	if ctx.Err() != nil {
		s.t.Fatalf("%s: it does not end:\n%s", m, said())
	}
	return said(), cmd.ProcessState.ExitCode(), writes >= m.write && requests >= m.request
}

// intercept sends the signals at the moment's request, and counts all.
func (s *stopped) intercept(m moment, send func(), speech *speech, ended <-chan struct{}) *atomic.Int64 {
	seen := &atomic.Int64{}
	s.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if m.mutating && !e.Mutating {
			return sandbox.Fault{}
		}
		switch n := seen.Add(1); {
		case m.mutating && n > int64(m.request): // what is asked again is not answered either
			<-ended
			return sandbox.Fault{DropRequest: true}
		case n != int64(m.request):
			return sandbox.Fault{}
		}
		kill := m.signals[0] == syscall.SIGKILL
		if m.after {
			return sandbox.Fault{DropAnswer: kill, After: func(sandbox.Entry) { send() }}
		}
		send()
		var finishes chan struct{}
		if m.answered {
			finishes = speech.finishes
		}
		if m.held {
			select {
			case <-ended:
			case <-finishes:
				return sandbox.Fault{}
			}
		}
		return sandbox.Fault{DropRequest: kill || m.held}
	})
	return seen
}

// folders are all directories of the laptops, with those that the program would
// make for itself.
func (s *stopped) folders() (all []string) {
	s.t.Helper()
	homes := []string{s.dir}
	if s.bobs != nil {
		homes = append(homes, s.bobs.home)
	}
	for _, home := range homes {
		s.must(os.MkdirAll(filepath.Join(home, ".aws"), 0o700))
		s.must(os.MkdirAll(filepath.Join(home+"-state", "stateroom", filepath.Base(journalDir)), 0o700))
	}
	for _, root := range s.roots() {
		s.must(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				all = append(all, path)
			}
			return err
		}))
	}
	return all
}

// TestAnySignalAtAnyRequestOfAnyCommandLosesNothingAndIsGoneOnFrom stops the
// compiled program in each of its flows, as a person, a terminal that goes away,
// a system and a power cut do.
func TestAnySignalAtAnyRequestOfAnyCommandLosesNothingAndIsGoneOnFrom(t *testing.T) {
	t.Parallel()
	losesNothing(t, atRequests(stepstest.Seeds(t)))
}

// TestAnySignalAtAnyWriteOfAnyCommandLosesNothingAndIsGoneOnFrom does so as
// something happens to a file or a directory: made, written, closed, renamed or
// removed.
func TestAnySignalAtAnyWriteOfAnyCommandLosesNothingAndIsGoneOnFrom(t *testing.T) {
	t.Parallel()
	losesNothing(t, atWrites(stepstest.Seeds(t)))
}

// TestAHangUpOverAChangeThatIsNeverAnsweredEndsByItself: a terminal that went away
// leaves no process behind.
func TestAHangUpOverAChangeThatIsNeverAnsweredEndsByItself(t *testing.T) {
	t.Parallel()
	losesNothing(t, hangUps(stepstest.Seeds(t)))
}

func losesNothing(t *testing.T, all []moment) {
	t.Helper()
	// A signal that is ignored here, under nohup, would be ignored by the program, too.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	binary := stepstest.Program(t)
	for seed, m := range all {
		t.Run(fmt.Sprintf("%02d %s", seed, m), func(t *testing.T) {
			t.Parallel()
			s := &stopped{t: t, binary: binary}
			args := m.course.before(s)
			s.others = s.missing()
			if m.course.bob == 0 {
				s.others = append(s.others, s.bobs.keys("bob")...)
			}
			out, code, met := s.stop(m, args)
			if !met {
				t.Error("there was no such moment")
			}
			s.silent(m, out)
			killed := m.signals[0] == syscall.SIGKILL
			if want := plan.ExitInterrupted; !killed && code != want && code != m.course.end {
				t.Errorf("it ends with %d, want %d:\n%s", code, want, out)
			}
			if !killed {
				s.lossless("after the stop")
			}
			s.whole(m, args)
		})
	}
}
