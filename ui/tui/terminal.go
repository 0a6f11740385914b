package tui

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/mattn/go-isatty"
)

// backgroundMsg is the terminal's answer to what its background colour is.
type backgroundMsg struct{ dark bool }

// askBackground asks the terminal, which answers through its input or never.
const askBackground = "\x1b]11;?\x1b\\"

// answering tells terminals that may be asked: multiplexers keep the question
// for themselves, and a pipe is nobody.
func answering(out io.Writer, getenv func(string) string) bool {
	file, ok := out.(*os.File)
	name := getenv("TERM")
	for _, prefix := range []string{"dumb", "screen", "tmux", "linux"} {
		ok = ok && !strings.HasPrefix(name, prefix)
	}
	return ok && isatty.IsTerminal(file.Fd())
}

// input is the terminal's input without the answer to askBackground, which
// would otherwise be taken for typed letters.
type input struct {
	*os.File
	tell func(tea.Msg)
	// held is the beginning of an answer whose rest has not come yet.
	held []byte
}

var answerStart = []byte("\x1b]11;")

// longestAnswer bounds what is held back: an answer has some 25 bytes.
const longestAnswer = 64

// Read reads what was typed. It may return no byte and no error.
func (in *input) Read(p []byte) (int, error) {
	if len(p) <= len(in.held) {
		return 0, io.ErrShortBuffer
	}
	n, err := in.File.Read(p[:len(p)-len(in.held)])
	data := slices.Concat(in.held, p[:max(0, n)])
	in.held = nil
	start := bytes.Index(data, answerStart)
	if start < 0 {
		return copy(p, data), err
	}
	answer := data[start+len(answerStart):]
	end := bytes.IndexAny(answer, "\a\x1b\\")
	if end < 0 && len(answer) < longestAnswer && err == nil {
		in.held = bytes.Clone(data[start:])
		return copy(p, data[:start]), nil
	}
	if end >= 0 {
		if dark, ok := isDark(string(answer[:end])); ok {
			in.tell(backgroundMsg{dark})
		}
		rest := bytes.TrimLeft(answer[end:], "\a\x1b\\")
		data = append(data[:start:start], rest...)
	}
	return copy(p, data), err
}

// isDark judges an answer of the form rgb:RRRR/GGGG/BBBB by its luminance.
func isDark(answer string) (dark, ok bool) {
	parts := strings.Split(strings.TrimPrefix(answer, "rgb:"), "/")
	if len(parts) != 3 {
		return false, false
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		value, err := strconv.ParseUint(parts[i], 16, 32)
		if err != nil || parts[i] == "" {
			return false, false
		}
		most := uint64(1)<<(4*len(parts[i])) - 1
		sum += weight * float64(value) / float64(most)
	}
	return sum < 0.5, true
}

// ask is the command that asks for the background.
func (m *root) ask() tea.Msg {
	fmt.Fprint(m.o.Out, askBackground)
	return nil
}
