package files

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Limit bounds one read. What a repository, a colleague or an environment
// variable names is not known to be a file at all: a device, a pipe that nobody
// writes to or a disk that does not answer must not hang or fill this process.
type Limit struct {
	// Bytes is the most that is taken; a larger file is refused whole. 0 means
	// [maxBytes].
	Bytes int64
	// Wait is how long it may take, and for a pipe how long nothing may come from
	// it; 0 means ten seconds, and two minutes for a pipe, since a person may have
	// to unlock what writes to it.
	Wait time.Duration
	// Whole is how long a pipe or a stream may take from its beginning to its end,
	// however busily it writes; 0 means ten minutes.
	Whole time.Duration
	// Pipe admits a pipe, too: for a path that the user named on the command
	// line, as in --passphrase-file <(pass show stateroom).
	Pipe bool
}

// maxBytes bounds what is read into memory when a [Limit] says nothing: no file
// that is read or edited here comes near it.
const maxBytes = 32 << 20

const (
	fileWait = 10 * time.Second
	pipeWait = 2 * time.Minute

	pipeWhole = 10 * time.Minute
)

func (l Limit) bytes() int64 {
	if l.Bytes == 0 {
		return maxBytes
	}
	return l.Bytes
}

func (l Limit) wait() time.Duration {
	switch {
	case l.Wait > 0:
		return l.Wait
	case l.Pipe:
		return pipeWait
	}
	return fileWait
}

func (l Limit) whole() time.Duration { return cmp.Or(l.Whole, pipeWhole) }

// unended is what a pipe or a stream is told that has gone on for too long.
func (l Limit) unended(path string) error {
	return &Error{
		Action: "read", Path: path, Problem: fmt.Sprintf("it had not ended after %s", l.whole()),
		Remedy: "make sure that the program that writes to it ends",
	}
}

// Load reads the whole regular file that path leads to, through links, within
// the limit. Every error is an [*Error]; that of a missing file wraps
// fs.ErrNotExist, that of an interrupt the context's cause.
func Load(ctx context.Context, path string, limit Limit) ([]byte, error) {
	got, err := load(ctx.Done(), path, limit)
	if err != nil && ctx.Err() != nil {
		return nil, &Error{Action: "read", Path: path, Err: context.Cause(ctx)}
	}
	return got.text, err
}

// taken is a file as it was when it was read.
type taken struct {
	text []byte
	info fs.FileInfo
	err  error
}

// load reads on the side, because neither opening nor reading can be cut short
// by other means: what never answers is left to itself.
func load(stop <-chan struct{}, path string, limit Limit) (taken, error) {
	done, came := make(chan taken, 1), make(chan struct{}, 1)
	go func() { done <- slurp(path, limit, came) }()
	patience := time.NewTimer(limit.wait())
	defer patience.Stop()
	whole := time.NewTimer(limit.whole())
	defer whole.Stop()
	for {
		select {
		case got := <-done:
			return got, got.err
		case <-stop:
			return taken{}, &Error{Action: "read", Path: path, Problem: "it was interrupted"}
		case <-came:
			patience.Reset(limit.wait())
		case <-whole.C:
			return taken{}, limit.unended(path)
		case <-patience.C:
			return taken{}, &Error{
				Action: "read", Path: path, Problem: fmt.Sprintf("nothing came from it within %s", limit.wait()),
				Remedy: "name a complete file",
			}
		}
	}
}

// telling is a reader that tells of everything that comes.
type telling struct {
	io.Reader
	came chan<- struct{}
}

func (t telling) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	select {
	case t.came <- struct{}{}:
	default: // nobody has heard the last yet
	}
	return n, err //nolint:wrapcheck // a reader's errors are its own
}

// slurp reads what open admits, within the limit.
func slurp(path string, limit Limit, came chan<- struct{}) taken {
	f, info, err := open(path, limit)
	if err != nil {
		return taken{err: err}
	}
	defer func() { _ = f.Close() }() // it was only read
	var in io.Reader = f
	if !info.Mode().IsRegular() {
		in = telling{f, came}
	}
	text, err := io.ReadAll(io.LimitReader(in, limit.bytes()+1))
	switch {
	case err != nil:
		return taken{err: &Error{Action: "read", Path: path, Err: Bare(err)}}
	case int64(len(text)) > limit.bytes():
		return taken{err: tooLarge(path, limit)}
	}
	return taken{text: text, info: info}
}

// open admits a regular file within the limit, and a pipe where the limit does. It opens
// first and asks what it has opened afterwards, so that nothing can be put in the file's
// place between the two.
func open(path string, limit Limit) (*os.File, fs.FileInfo, error) {
	flags := os.O_RDONLY
	if !limit.Pipe {
		flags |= syscall.O_NONBLOCK // a pipe's opening would wait for a writer
	}
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, nil, &Error{Action: "read", Path: path, Err: Bare(err)}
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = &Error{Action: "read", Path: path, Err: Bare(err)}
	case !info.Mode().IsRegular() && (!limit.Pipe || info.Mode()&fs.ModeNamedPipe == 0):
		err = &Error{Action: "read", Path: path, Problem: "it is " + kindOf(info.Mode()) + ", and not a regular file"}
	case info.Size() > limit.bytes():
		err = tooLarge(path, limit)
	}
	if err != nil {
		_ = f.Close() // nothing was read
		return nil, nil, err
	}
	return f, info, nil
}

func tooLarge(path string, limit Limit) error {
	size := fmt.Sprintf("%d KiB", limit.bytes()>>10)
	if limit.bytes() >= 1<<20 {
		size = fmt.Sprintf("%d MiB", limit.bytes()>>20)
	}
	return &Error{Action: "read", Path: path, Problem: "it is larger than " + size + ", so it cannot be the right file"}
}

// kindOf names what is no regular file.
func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
