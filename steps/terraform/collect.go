package terraform

import (
	"bytes"
	"strings"
	"sync"

	"stateroom/awsops/secret"
)

// Bounds of a child's output: one line, and the kept beginning and end.
const (
	longestLine = 1 << 20
	keptHead    = 64 << 10
	keptTail    = 256 << 10
)

// collector gathers what a child prints on both streams, and hands each line on
// as it comes. Its lock keeps the two streams' lines apart.
type collector struct {
	mu     sync.Mutex
	lines  func(string)
	output excerpt
}

func newCollector(lines func(string)) *collector { return &collector{lines: lines} }

func (c *collector) stream() *stream { return &stream{to: c} }

// stream splits one stream into lines. It is an io.Writer for os/exec.
type stream struct {
	to          *collector
	rest        []byte
	recent      excerpt
	diagnostics diagnosticReader
}

// Write never fails: a child must not die of our bookkeeping.
func (s *stream) Write(p []byte) (int, error) {
	s.to.mu.Lock()
	defer s.to.mu.Unlock()
	s.rest = append(s.rest, p...)
	for {
		end := bytes.IndexByte(s.rest, '\n')
		if end < 0 && len(s.rest) < longestLine {
			return len(p), nil
		}
		if end < 0 {
			end = len(s.rest)
		}
		s.line(string(s.rest[:end]))
		s.rest = bytes.Clone(s.rest[min(end+1, len(s.rest)):])
	}
}

func (s *stream) line(raw string) {
	raw = secret.HideSignIn(raw)
	text := strings.TrimRight(stripANSI(raw), "\r")
	s.recent.add(text)
	for _, line := range s.diagnostics.line(text) {
		s.to.output.add(line)
		if s.to.lines != nil {
			s.to.lines(line)
		}
	}
}

// close takes the last line, which may lack its line end.
func (s *stream) close() {
	s.to.mu.Lock()
	defer s.to.mu.Unlock()
	if len(s.rest) > 0 {
		s.line(string(s.rest))
		s.rest = nil
	}
	s.diagnostics.end()
}

// last is the end of what the stream said.
func (s *stream) last() string { return s.recent.String() }

// excerpt keeps the beginning and the end of a text.
type excerpt struct {
	head, tail []byte
	cut        bool
}

func (x *excerpt) add(line string) {
	if len(x.tail) == 0 && len(x.head)+len(line) < keptHead {
		x.head = append(append(x.head, line...), '\n')
		return
	}
	x.tail = append(append(x.tail, line...), '\n')
	if over := len(x.tail) - 2*keptTail; over > 0 {
		x.tail = bytes.Clone(x.tail[len(x.tail)-keptTail:])
		x.cut = true
	}
}

// String is the kept text, with a line of three dots where something is missing.
func (x *excerpt) String() string {
	if x.cut {
		return string(x.head) + "…\n" + string(x.tail)
	}
	return string(x.head) + string(x.tail)
}
