package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Stream bounds what comes from a stream that is open already, such as standard
// input: its size, the time in which nothing comes, for whoever writes may have
// much to do between two lines, and the time of it all. A limit whose Wait is below 0 waits as long
// as it takes: a person types. Every error of it is an [*Error]; that of an
// interrupt wraps the context's cause. What never answers is left to itself.
func Stream(ctx context.Context, in io.Reader, name string, limit Limit) io.Reader {
	s := newStream(ctx, name, limit)
	go s.pump(in)
	return s
}

// Open is [Stream] of the file, or the pipe, that path leads to: for what is too large to be
// held whole. It is opened on the side, and closed behind its end, its limit or an
// interrupt, once a read that is under way has come back. Every error is an [*Error], as
// those of [Load] are.
func Open(ctx context.Context, path string, limit Limit) io.Reader {
	s, file := newStream(ctx, path, limit), &unopened{path: path, limit: limit}
	go func() {
		defer file.close()
		s.pump(file)
	}()
	return s
}

func newStream(ctx context.Context, name string, limit Limit) *stream {
	s := &stream{ctx: ctx, name: name, limit: limit, pieces: make(chan piece), over: make(chan struct{})}
	if limit.Wait >= 0 {
		s.whole = time.After(limit.whole())
	}
	return s
}

// unopened opens its file on the side on which a stream reads, since neither can be cut
// short by other means.
type unopened struct {
	path  string
	limit Limit
	file  *os.File
}

func (u *unopened) Read(p []byte) (int, error) {
	if u.file == nil {
		f, _, err := open(u.path, u.limit)
		if err != nil {
			return 0, err
		}
		u.file = f
	}
	n, err := u.file.Read(p)
	if err == nil {
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		return n, io.EOF
	}
	return n, &Error{Action: "read", Path: u.path, Err: Bare(err)}
}

func (u *unopened) close() {
	if u.file != nil {
		_ = u.file.Close() // it was only read
	}
}

type stream struct {
	ctx    context.Context //nolint:containedctx // io.Reader has no context of its own
	name   string
	limit  Limit
	whole  <-chan time.Time // nil for as long as it takes
	taken  int64
	pieces chan piece
	rest   piece
	over   chan struct{} // closed when nothing more is wanted
}

type piece struct {
	text []byte
	err  error
}

const pieceSize = 64 << 10

// pump reads on the side, because a read cannot be cut short by other means. Two buffers are
// enough: a piece is taken when the one before is used up.
func (s *stream) pump(in io.Reader) {
	buffer, spare := make([]byte, pieceSize), make([]byte, pieceSize)
	for {
		buffer, spare = spare, buffer
		n, err := in.Read(buffer)
		select {
		case s.pieces <- piece{buffer[:n], err}:
		case <-s.ctx.Done():
			return
		case <-s.over:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read waits for the next that comes.
func (s *stream) Read(p []byte) (int, error) {
	if len(s.rest.text) == 0 && s.rest.err == nil {
		if err := s.next(); err != nil {
			s.rest.err = err
			close(s.over)
		}
	}
	n := copy(p, s.rest.text)
	s.rest.text = s.rest.text[n:]
	if len(s.rest.text) == 0 {
		return n, s.rest.err
	}
	return n, nil
}

func (s *stream) next() error {
	var late <-chan time.Time
	if s.limit.Wait >= 0 {
		patience := time.NewTimer(s.limit.wait())
		defer patience.Stop()
		late = patience.C
	}
	select {
	case s.rest = <-s.pieces:
	case <-s.ctx.Done():
		return &Error{Action: "read", Path: s.name, Err: context.Cause(s.ctx)}
	case <-s.whole:
		return s.limit.unended(s.name)
	case <-late:
		return &Error{
			Action: "read", Path: s.name, Problem: fmt.Sprintf("nothing came from it for %s", s.limit.wait()),
			Remedy: "make sure that the program that writes to it ends",
		}
	}
	if s.taken += int64(len(s.rest.text)); s.taken > s.limit.bytes() {
		s.rest = piece{}
		return tooLarge(s.name, s.limit)
	}
	return nil
}
