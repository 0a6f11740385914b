package plain

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"stateroom/steps/printable"
)

// ErrEnded is the [ErrLeft] of somebody who has ended the input (Ctrl-D).
var ErrEnded = fmt.Errorf("%w by the end of the input", ErrLeft)

// ErrNoAnswer is returned when the input ends before an answer was given.
var ErrNoAnswer = errors.New("the input ended before every answer was given: add the missing ones to it, or answer with flags")

// Prompt asks an operator at a terminal and reads typed lines.
type Prompt struct {
	// Conceal hides what is typed until it is told to show it again; nil without
	// a terminal.
	Conceal func() (show func(), err error)
	// Blocks says that the terminal can show half blocks.
	Blocks bool
	// Sits says that somebody sits there, who leaves by ending the input (Ctrl-D), and
	// Menu that there is a menu before the first question.
	Sits, Menu bool

	in    io.Reader
	out   io.Writer
	start sync.Once
	lines chan string
}

// NewPrompt returns a prompt that asks on out and reads from in.
func NewPrompt(in io.Reader, out io.Writer) *Prompt {
	return &Prompt{in: in, out: out, lines: make(chan string)}
}

// Continue reads on where another prompt stopped: that one may hold lines already which
// were read ahead.
func (p *Prompt) Continue(from *Prompt) {
	from.start.Do(func() { go from.read() })
	p.start.Do(func() { p.lines = from.lines })
}

// Line asks for one line. It returns ErrNoAnswer at the end of the input, or ErrEnded
// where somebody sits there, and the context's error when that ends first.
func (p *Prompt) Line(ctx context.Context, ask string) (string, error) {
	p.start.Do(func() { go p.read() })
	p.print("%s", ask)
	select {
	case <-ctx.Done():
		p.print("\n")
		return "", fmt.Errorf("waiting for an answer: %w", ctx.Err())
	case line, ok := <-p.lines:
		if !ok {
			p.print("\n")
			if p.Sits {
				return "", ErrEnded
			}
			return "", ErrNoAnswer
		}
		return strings.TrimSpace(line), nil
	}
}

// read hands on the lines of the input. A read from a terminal cannot be
// cancelled, so this ends with the input or with the process.
func (p *Prompt) read() {
	defer close(p.lines)
	lines := bufio.NewScanner(p.in)
	for lines.Scan() {
		p.lines <- lines.Text()
	}
}

func (p *Prompt) print(format string, args ...any) {
	// What cannot be shown cannot be answered either.
	fmt.Fprint(p.out, printable.Text(fmt.Sprintf(format, args...)))
}
