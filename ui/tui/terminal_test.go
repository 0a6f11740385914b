package tui

import (
	"bytes"
	"os"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

func TestTerminalsAnswerNeverReachesWhatIsTyped(t *testing.T) {
	for _, c := range []struct {
		name   string
		chunks []string
		typed  string
		told   []tea.Msg
	}{
		{"only keys", []string{"abc", "\x1b[A"}, "abc\x1b[A", nil},
		{"dark, BEL", []string{"a\x1b]11;rgb:1c1c/1c1c/1c1c\ab"}, "ab", []tea.Msg{backgroundMsg{true}}},
		{"light, ST", []string{"\x1b]11;rgb:ffff/ffff/f0f0\x1b\\"}, "", []tea.Msg{backgroundMsg{false}}},
		{"in two parts", []string{"x\x1b]11;rgb:ff", "ff/ffff/ffff\x1b\\y"}, "xy", []tea.Msg{backgroundMsg{false}}},
		{"two digits", []string{"\x1b]11;rgb:00/00/00\a"}, "", []tea.Msg{backgroundMsg{true}}},
		{"nonsense", []string{"\x1b]11;what\aq"}, "q", nil},
	} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var told []tea.Msg
		in := &input{File: reader, tell: func(msg tea.Msg) { told = append(told, msg) }}
		var typed bytes.Buffer
		for _, chunk := range c.chunks {
			if _, err := writer.WriteString(chunk); err != nil {
				t.Fatal(err)
			}
			buffer := make([]byte, 256)
			n, err := in.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			typed.Write(buffer[:n])
		}
		if typed.String() != c.typed || len(told) != len(c.told) || len(told) > 0 && told[0] != c.told[0] {
			t.Errorf("%s: typed %q, told %v", c.name, typed.String(), told)
		}
		_, _ = reader.Close(), writer.Close()
	}
}
