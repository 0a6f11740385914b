package plain

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Option is one of the ways on in a menu: its name, and in a sentence what it is.
type Option struct{ Name, Text string }

// Somebody goes where the program is not asking: ErrLeft out of it, and ErrBack to the
// menu before.
var (
	ErrLeft = errors.New("left")
	ErrBack = errors.New("back")
)

// Choose asks for one of a few ways on, by number or by name, and gives its index; Enter
// takes the first. Back tells whether there is a menu before, to which -1 goes back. The
// error is [ErrLeft] where somebody leaves, or that of [Prompt.Line].
func (p *Prompt) Choose(ctx context.Context, title string, options []Option, back bool) (int, error) {
	p.print("\n%s\n\n", title)
	for i, o := range options {
		p.print("  %2d %s\n", i+1, o.Name)
		p.print("%s", wrapped(o.Text, 5))
	}
	also := "q leaves"
	if back {
		also = "< goes back, q leaves"
	}
	for {
		line, err := p.Line(ctx, "\nA number ("+also+") [1]: ")
		switch {
		case err != nil:
			return 0, err
		case line == "":
			return 0, nil
		case line == "q":
			return 0, ErrLeft
		case line == "<" && back:
			return -1, nil
		}
		if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(options) {
			return n - 1, nil
		}
		if i := slices.IndexFunc(options, func(o Option) bool { return strings.EqualFold(o.Name, line) }); i >= 0 {
			return i, nil
		}
		p.print("%s", wrapped(strconv.Quote(line)+" is not one of the numbers above", 4))
	}
}
