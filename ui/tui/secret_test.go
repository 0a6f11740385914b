package tui

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/teatest"

	"stateroom/awsops/secret"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot"
	"stateroom/ui/tui/theme"
)

// watched keeps every frame of a program.
type watched struct {
	*root
	frames []string
}

func (w *watched) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := w.root.Update(msg)
	return w, cmd
}

func (w *watched) View() string {
	w.frames = append(w.frames, ansi.Strip(w.root.View()))
	return w.root.View()
}

// What is typed and pasted, and must not be shown: no part of it is a word that
// a screen has by itself.
const (
	typedPassphrase = "qzxj-7781-wvkk-0092-jjqx-5510"
	pastedKey       = "Zx9QwVk3JjXq7Lp0Rt5YhGf2DsA8MnBc4UvEiOaT"
	pastedPassword  = "Vq7ZzKx41Wjp"
)

// secretPages ask for all kinds of secrets, the last for a text with some in it.
func secretPages() [][]plan.Question {
	paste := troubleshoot.Questions(plan.Given{"way": secret.New("Paste what Terraform printed, and check what it points to")}, true)
	return [][]plan.Question{
		{{Path: "passphrase", Prompt: "Its passphrase", Kind: plan.Secret, Required: true, Help: "Six groups of four."}},
		{
			{Path: "id", Prompt: "Access key id", Kind: plan.Text, Required: true},
			{Path: "key", Prompt: "Secret access key", Kind: plan.Secret, Required: true},
		},
		paste,
	}
}

// someLog is what Terraform may print, n lines of it, with two secrets.
func someLog(n int) string {
	return strings.Repeat("Error: Failed to save state\r", n) + "password = \"" + pastedPassword + "\"\rsecret " + pastedKey + " was refused\r" +
		strings.Repeat("Error: Failed to save state\r", n)
}

func TestSecretsOfAFlowAreInNoFrame(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 18}, {80, 24}, {120, 36}} {
		for _, lines := range []int{1, 2, 4000} {
			t.Run(fmt.Sprintf("%dx%d/%d", size[0], size[1], lines), func(t *testing.T) {
				t.Parallel()
				noSecretShown(t, size[0], size[1], lines)
			})
		}
	}
}

func noSecretShown(t *testing.T, width, height, lines int) {
	t.Helper()
	refused := false
	ask := asksThen(fakeFlow(t, mendable(), mendable(), healthy()), secretPages()...)
	open := func(ctx context.Context, given plan.Given, asks plan.Asks) (engine.Opened, error) {
		if given.Asked("passphrase") && !refused {
			refused = true
			return engine.Opened{}, &plan.Problem{Path: "passphrase", Text: "This passphrase does not open it."}
		}
		return ask(ctx, given, asks)
	}
	w := &watched{root: newRoot(t.Context(), Options{Modes: []*Mode{Troubleshoot}, Begin: func(context.Context, Request) (*Start, error) {
		return &Start{Open: open}, nil
	}}, theme.New(lipgloss.NewRenderer(io.Discard), true))}
	tm := teatest.NewTestModel(t, w, teatest.WithInitialTermSize(width, height))
	shown := &recorder{from: tm.Output()}
	shown.until(t, "Its passphrase")
	shown.send(tm, append(strings.Split(typedPassphrase, ""), "f1", "f1", "enter")...)
	shown.until(t, "does not open it")
	shown.send(tm, append(strings.Split(typedPassphrase, ""), "enter")...)
	shown.until(t, "Secret access key")
	shown.send(tm, append(strings.Split("AKIAIOSFODNN7EXAMPLE", ""), "enter")...)
	tm.Send(pasted(pastedKey + "\r"))
	shown.send(tm, "shift+tab", "tab", "enter")
	shown.until(t, "What Terraform printed")
	shown.send(tm)
	tm.Send(pasted(someLog(lines)))
	shown.until(t, "ctrl+u clears it")
	shown.send(tm, "f1", "f1", "ctrl+u")
	shown.until(t, "paste or type it here")
	shown.send(tm, strings.Split(strings.ReplaceAll(someLog(1), "\r", " "), "")...)
	shown.send(tm, "ctrl+u")
	tm.Send(pasted(someLog(lines)))
	shown.send(tm, "enter")
	shown.until(t, "2 things are wrong")
	shown.send(tm, "space", "?", "esc", "e")
	shown.until(t, "What Terraform printed")
	shown.send(tm, "enter")
	shown.until(t, "2 things are wrong")
	shown.send(tm, "enter", "down", "enter")
	shown.until(t, "Nothing is wrong")
	shown.send(tm, "enter")
	s := end(t, tm, w.root)
	if got := w.run.asked.given; got.Text("passphrase") != typedPassphrase || got.Text("key") != pastedKey || !strings.Contains(got.Text("error"), pastedPassword) {
		t.Fatalf("not all was given: %d answers", len(got))
	}
	holdNoSecret(t, append(w.frames, closed(w.root, s), fmt.Sprintf("%+v", w.run.asked.given)))
}

// holdNoSecret looks for the secrets and for their ends.
func holdNoSecret(t *testing.T, texts []string) {
	t.Helper()
	if len(texts) < 50 {
		t.Fatalf("only %d frames", len(texts))
	}
	for _, hidden := range []string{typedPassphrase, pastedKey, pastedPassword} {
		for _, part := range []string{hidden, hidden[:5], hidden[len(hidden)-5:]} {
			for _, text := range texts {
				if strings.Contains(text, part) {
					t.Fatalf("%q is shown:\n%s", part, text)
				}
			}
		}
	}
}
