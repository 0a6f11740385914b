package tui

import (
	"context"
	"io"
	"os/exec"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"stateroom/steps/printable"
	"stateroom/ui/words"
)

// clip is a text that can be copied: what it is, and the text. What holds a secret
// gives none.
type clip struct{ what, text string }

// hotkey copies the clip.
func (c clip) hotkey() hotkey {
	return hotkey{keys.Copy, goTo(nav{copied: &c})}.when(c.text != "")
}

// mostCopied bounds what is copied, in bytes: terminals drop longer sequences. The
// number is that of Vim's plug-ins and of hterm: 100,000 bytes once it is encoded.
const mostCopied = 74994

// toClipboard hands a text to the clipboard of the terminal that the operator sits
// at, over SSH, too. Nothing tells whether the terminal takes it.
func (m *root) toClipboard(c clip) tea.Cmd {
	if len(c.text) > mostCopied {
		return m.broadcast(noticeMsg{text: "Not copied: " + c.what + " is longer than a terminal takes. Save it to a file instead."})
	}
	text, out, getenv := printable.Text(c.text), m.o.Out, m.o.Getenv
	return func() tea.Msg {
		if err := writeClipboard(m.engine.ctx, out, getenv, text); err != nil {
			return noticeMsg{text: "Not copied: " + err.Error()}
		}
		return noticeMsg{text: "Copied " + c.what + ": " + abstract(text), done: true, key: true}
	}
}

// abstract is the first line of a text, and how many follow.
func abstract(text string) string {
	first, rest, more := strings.Cut(text, "\n")
	if !more {
		return first
	}
	return first + " (and " + words.Plural(strings.Count(rest, "\n")+1, "more line") + ")"
}

// writeClipboard writes OSC 52. Multiplexers keep the sequence for themselves: tmux has
// a command for it, which works as it is configured by default, where both the plain
// and the wrapped sequence are dropped (measured with 3.3a); screen passes a wrapped
// one on.
func writeClipboard(ctx context.Context, out io.Writer, getenv func(string) string, text string) error {
	if getenv("TMUX") != "" && throughTmux(ctx, text) == nil {
		return nil
	}
	sequence := ansi.SetSystemClipboard(text)
	switch {
	case getenv("TMUX") != "":
		sequence += ansi.TmuxPassthrough(sequence)
	case getenv("STY") != "":
		const longest = 768 // of a string sequence of screen
		sequence = ansi.ScreenPassthrough(sequence, longest)
	}
	_, err := io.WriteString(out, sequence)
	return err //nolint:wrapcheck // the notice says what failed
}

// throughTmux makes a text tmux's buffer and the clipboard of the terminal around it.
func throughTmux(ctx context.Context, text string) error {
	const patience = 2 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tmux := exec.CommandContext(ctx, "tmux", "load-buffer", "-w", "-")
	tmux.Stdin = strings.NewReader(text)
	return tmux.Run() //nolint:wrapcheck // only whether it worked counts
}
