package plain

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Menu is a choice of one of a few ways on.
type Menu struct {
	Title string
	// Text is told between the title and the options, a paragraph each.
	Text    []string
	Options []Option
	// First is the index of the one that Enter takes.
	First int
	// Back says that there is a menu before, to which one can go back.
	Back bool
}

// Option is one of the ways on in a menu: its name, and in a sentence what it is.
type Option struct{ Name, Text string }

// Somebody goes where the program is not asking: ErrLeft out of it, and ErrBack to the
// menu before.
var (
	ErrLeft = errors.New("left")
	ErrBack = errors.New("back")
)

// Choose asks for one of the options of a menu, by number or by name, and gives its index,
// or -1 for the menu before. The error is [ErrLeft] where somebody leaves, or that of
// [Prompt.Line].
func (p *Prompt) Choose(ctx context.Context, m Menu) (int, error) {
	p.print("\n%s\n\n", m.Title)
	for _, text := range m.Text {
		p.print("%s\n", wrapped(text, 2))
	}
	for i, o := range m.Options {
		p.print("  %2d %s\n", i+1, o.Name)
		if o.Text != "" {
			p.print("%s", wrapped(o.Text, 5))
		}
	}
	also := "q leaves"
	if m.Back {
		also = "< goes back, q leaves"
	}
	for {
		line, err := p.Line(ctx, "\nA number ("+also+") ["+strconv.Itoa(m.First+1)+"]: ")
		switch {
		case err != nil:
			return 0, err
		case line == "":
			return m.First, nil
		case line == "q":
			return 0, ErrLeft
		case line == "<" && m.Back:
			return -1, nil
		}
		if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(m.Options) {
			return n - 1, nil
		}
		if i := slices.IndexFunc(m.Options, func(o Option) bool { return strings.EqualFold(o.Name, line) }); i >= 0 {
			return i, nil
		}
		p.print("%s", wrapped(strconv.Quote(line)+" is not one of the numbers above", 4))
	}
}
