package tui

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"stateroom/awsops/secret"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/onboard"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot"
	"stateroom/ui/plain"
	"stateroom/ui/tui/form"
	"stateroom/ui/tui/theme"
)

// TestScreensAndLinesSuggestAlike asks the questions of every mode on the screens and in
// lines, and takes what is suggested: both come to the same answer or refuse alike, and
// both offer the same choices in the same order.
func TestScreensAndLinesSuggestAlike(t *testing.T) {
	t.Parallel()
	asked := map[string]bool{}
	for _, q := range everyQuestion(t) {
		name := q.Path
		if asked[name] {
			name += fmt.Sprintf(" (%s)", q.Default)
		}
		asked[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			screen, shown := takenOnScreen(q)
			line, printed := takenInLines(t, q)
			if screen != line {
				t.Errorf("Enter gives %q on the screen and %q in lines:\n%s\n%s", screen, line, shown, printed)
			}
			for text, where := range map[string]string{shown: "the screen", printed: "lines"} {
				for _, option := range q.Options {
					_, after, found := strings.Cut(text, option)
					if !found {
						t.Errorf("%s do not offer %q in its place:\n%s", where, option, text)
					}
					text = after
				}
			}
		})
	}
	if len(asked) < 20 {
		t.Errorf("only %d questions were asked", len(asked))
	}
}

// refusal is what both say to an answer that cannot be.
const refusal = "(refused)"

// takenOnScreen is the answer that Enter gives, and what the screen shows.
func takenOnScreen(q plan.Question) (value, shown string) {
	f := newPage(theme.New(lipgloss.NewRenderer(io.Discard), true), nil, []plan.Question{q}, page{}).form
	f.Resize(200, 60)
	lines, _ := f.View()
	shown = ansi.Strip(strings.Join(lines, "\n"))
	if f.Update(tea.KeyMsg{Type: tea.KeyEnter}) != form.Done {
		return refusal, shown
	}
	return f.Values()[q.Path], shown
}

// takenInLines is the answer that Enter gives, and what is printed.
func takenInLines(t *testing.T, q plan.Question) (value, printed string) {
	t.Helper()
	var out bytes.Buffer
	given := plan.Given{}
	asks := plain.NewPrompt(strings.NewReader("\n"), &out).Inquiry(given)
	_, err := asks.Flow(t.Context(), func(_ context.Context, given plan.Given, _ plan.Asks) (engine.Opened, error) {
		if given.Asked(q.Path) {
			return engine.Opened{Flow: &engine.Flow{}}, nil
		}
		return engine.Opened{Questions: []plan.Question{q}}, nil
	})
	printed = strings.Join(strings.Fields(out.String()), " ")
	if err != nil {
		return refusal, printed
	}
	return given.Text(q.Path), printed
}

// everyQuestion are those of all modes, as they follow from one another.
func everyQuestion(t *testing.T) (all []plan.Question) {
	t.Helper()
	ask := func(next func(plan.Given) []plan.Question, instead map[string]string) {
		given := plan.Given{}
		for questions := next(given); len(questions) > 0; questions = next(given) {
			for _, q := range questions {
				if given.Asked(q.Path) {
					t.Fatalf("%s is asked twice", q.Path)
				}
				if q.Kind != plan.Lines { // many lines have no suggestion
					all = append(all, q)
				}
				value, typed := instead[q.Path]
				if !typed {
					value = q.Default
				}
				given[q.Path] = secret.New(value)
			}
		}
	}
	setup := newOperator()
	ask(func(given plan.Given) []plan.Question {
		opened, err := setup.Open(t.Context(), given, plan.Asks{})
		if err != nil {
			t.Fatal(err)
		}
		return opened.Questions
	}, map[string]string{"group.admins.users": "alice,bob", "bucket.name": "acme-terraform-state"})
	for _, way := range []string{onboard.WayHandover, onboard.WayPair, onboard.WaySignIn} {
		starts := []*onboard.Start{someProjects()}
		if way != onboard.WaySignIn {
			starts = append(starts, &onboard.Start{Repository: blueprint.New()}, &onboard.Start{Repository: blueprint.New(), Found: "handover/alice.age", Identity: "/home/alice/.ssh/id_ed25519"})
		}
		for _, start := range starts {
			ask(func(given plan.Given) []plan.Question {
				questions, _ := start.Questions(given) // what is wrong with an answer is not told here
				return questions
			}, map[string]string{onboard.PathWay: way, onboard.PathStartURL: "https://acme.awsapps.com/start"})
		}
	}
	ask(func(given plan.Given) []plan.Question { return troubleshoot.Questions(given, true) }, nil)
	return append(all,
		plan.Question{Path: "user", Prompt: "Which admin leaves?", Kind: plan.Choice, Options: []string{"alice", "bob"}, Required: true},
		plan.Question{Path: "some", Prompt: "Which of them?", Kind: plan.Choices, Options: []string{"alice", "bob"}, Default: "bob"},
	)
}
