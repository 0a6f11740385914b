package files

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// endless gives the same for ever.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'y'
	}
	return len(p), nil
}

func TestAStreamIsBoundedInSizeAndInSilence(t *testing.T) {
	silent, write := io.Pipe()
	defer write.Close()
	for name, c := range map[string]struct {
		in    io.Reader
		limit Limit
		says  string
	}{
		"it never ends":        {endless{}, Limit{Bytes: 1 << 20, Wait: time.Hour}, "larger than 1 MiB"},
		"nothing comes":        {silent, Limit{Wait: time.Millisecond}, "nothing came from it for 1ms"},
		"it never ends at all": {silent, Limit{Wait: time.Hour, Whole: time.Millisecond}, "had not ended after 1ms"},
		"it breaks":            {io.MultiReader(strings.NewReader("x"), broken{}), Limit{}, "broken"},
		"one byte beyond":      {strings.NewReader("12345"), Limit{Bytes: 4}, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := io.ReadAll(Stream(t.Context(), c.in, "standard input", c.limit))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

// TestAPersonWhoTypesIsWaitedForUntilAnInterrupt types, thinks, and gives up.
func TestAPersonWhoTypesIsWaitedForUntilAnInterrupt(t *testing.T) {
	keyboard, typed := io.Pipe()
	defer typed.Close()
	ctx, cancel := context.WithCancel(t.Context())
	in := Stream(ctx, keyboard, "standard input", Limit{Wait: -1})
	for _, piece := range []string{"Error: ", "no"} {
		go func() { _, _ = typed.Write([]byte(piece)) }()
		text := make([]byte, len(piece))
		if _, err := io.ReadFull(in, text); err != nil || string(text) != piece {
			t.Fatalf("%q, %v", text, err)
		}
	}
	cancel()
	if _, err := io.ReadAll(in); !errors.Is(err, context.Canceled) {
		t.Errorf("after an interrupt: %v", err)
	}
}

func TestAStreamComesThroughWhole(t *testing.T) {
	want := strings.Repeat("0123456789", 50_000)
	got, err := io.ReadAll(Stream(t.Context(), strings.NewReader(want), "standard input", Limit{}))
	if err != nil || string(got) != want {
		t.Errorf("%d of %d bytes, %v", len(got), len(want), err)
	}
}
