package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"stateroom/awsops/secret"
	"stateroom/steps/plan"
	"stateroom/ui/wordstest"
)

// screens are every screen there is, each brought about by what a run brings.
var screens = map[string]func(t *testing.T, l look) *root{
	"menu":    func(t *testing.T, l look) *root { return newTestRoot(t, l, Options{Menu: true}) },
	"opening": func(t *testing.T, l look) *root { return newTestRoot(t, l, Options{}) },
	"asking": func(t *testing.T, l look) *root {
		return asked(t, l, newOperator())
	},
	"asking-bad": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "4", "e", "ctrl+u", "no/alias")
		return m
	},
	"asking-help": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "4", "e", "tab", "?")
		return m
	},
	"accounts": func(t *testing.T, l look) *root {
		m := newTestRoot(t, l, Options{})
		m.stack = append(m.stack, newAccounts(m.theme, manyAccounts(10000), "", func(string) {}))
		m.layout()
		press(m, "space", "/", "042")
		return m
	},
	"inspecting": func(t *testing.T, l look) *root {
		m := begun(t, l, Options{DryRun: true})
		inspected(m, 1, nil)
		tell(m, plan.Event{Kind: plan.EventProgress, Text: "environments looked into", Done: 120, Of: 1000})
		return m
	},
	"refused": func(t *testing.T, l look) *root {
		m := begun(t, l, Options{})
		inspected(m, 1, errors.New("refused"))
		m.Update(reviewedMsg{flow: m.run.flow, outline: m.run.flow.Outline(), err: &plan.Refusal{Title: "These are the credentials of an account's root user.", What: "These are the root credentials of account 111111111111.", Remedy: "Sign in as an IAM user."}})
		return m
	},
	"review": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{Sandbox: true})
		press(m, "2")
		return m
	},
	"review-open": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "5", "space")
		return m
	},
	"review-file": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "7", "space")
		return m
	},
	"review-left-out": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "4", "x")
		return m
	},
	"review-foreign": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "6")
		return m
	},
	"whole-plan": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "9")
		return m
	},
	"confirm": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "4", "a")
		return m
	},
	"leave": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "q")
		return m
	},
	"viewer-calls": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "2", "c")
		return m
	},
	"viewer-policy": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "2", "down", "p")
		return m
	},
	"viewer-diff": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "7", "d")
		return m
	},
	"viewer-output": func(t *testing.T, l look) *root {
		m := applyingRoot(t, l)
		press(m, "t")
		return m
	},
	"help": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "5", "?")
		return m
	},
	"dry-run-end": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{DryRun: true})
		press(m, "9", "enter")
		return m
	},
	"mfa": func(t *testing.T, l look) *root {
		m := begun(t, l, Options{})
		_, cmd := m.Update(mfaMsg{reply: make(chan string, 1)})
		deliver(m, cmd)
		press(m, "12345")
		return m
	},
	"mfa-again": func(t *testing.T, l look) *root {
		m := begun(t, l, Options{})
		_, cmd := m.Update(mfaMsg{plan.SignIn{
			Device: "arn:aws:iam::111111111111:mfa/bob", Note: "AWS did not accept this code, and accepts each only once: wait for the next one.",
		}, make(chan string, 1)})
		deliver(m, cmd)
		return m
	},
	"passphrase": func(t *testing.T, l look) *root {
		m := applyingRoot(t, l)
		_, cmd := m.Update(plan.Event{Kind: plan.EventPassphrase, Text: "bob", Passphrase: secret.New("aaaa-bbbb-cccc-dddd-eeee-ffff")})
		deliver(m, cmd)
		return m
	},
	"applying": func(t *testing.T, l look) *root { return applyingRoot(t, l) },
	"stopping": func(t *testing.T, l look) *root {
		m := applyingRoot(t, l)
		press(m, "ctrl+c")
		return m
	},
	"done": func(t *testing.T, l look) *root { return finished(t, l) },
	"failed": func(t *testing.T, l look) *root {
		m := applyingRoot(t, l)
		c := m.run.review.Changes[1]
		findings := []plan.Finding{{ID: "iam.policy-missing", Step: 2, Severity: plan.Failure, Evidence: "The policy is not there.", Remedy: "Ask for iam:CreatePolicy."}}
		m.Update(madeMsg{outline: seen(m), review: plan.Review{Findings: findings}, summary: &plan.Summary{
			Outcome: theTeams(), Proof: plan.Unproved(plan.ProofFailed),
			Add: 5, Change: 1, Applied: 3, Failed: 1, Skipped: 2, Findings: findings,
			Failures: []plan.FailedChange{{Change: c, Err: errors.New("iam:CreatePolicy: AccessDenied (request 4711)")}},
		}})
		return m
	},
	"palette": func(t *testing.T, l look) *root {
		m := reviewingRoot(t, l, Options{})
		press(m, "5", ":", "c", "o", "p")
		return m
	},
	"small": func(t *testing.T, _ look) *root {
		return newTestRoot(t, look{width: 50, height: 12, utf8: true}, Options{})
	},
}

// TestScreensLookAsTheyDid holds every screen at both sizes, with colour and
// without; go test ./ui/tui -update writes them anew.
func TestScreensLookAsTheyDid(t *testing.T) {
	for name, bring := range screens {
		for _, l := range []look{
			{width: 80, height: 24, utf8: true},
			{width: 120, height: 36, utf8: true},
			{width: 80, height: 24, utf8: true, colour: true, dark: true},
			{width: 120, height: 36, utf8: true, colour: true},
			{width: 80, height: 24},
		} {
			t.Run(fmt.Sprintf("%s/%s", name, l), func(t *testing.T) {
				m := bring(t, l)
				if m.run != nil && m.run.flow != nil && m.run.flow.Env != nil {
					m.run.flow.Env.Dir = "/work"
				}
				frame := m.View() + "\n"
				golden.RequireEqual(t, []byte(frame))
				wordstest.Check(t, "the screen", ansi.Strip(frame))
				wordstest.Titles(t, "the screen", frame)
				wordstest.Whole(t, "the screen", frame, l.width)
			})
		}
	}
}

func (l look) String() string {
	name := fmt.Sprintf("%dx%d", l.width, l.height)
	switch {
	case !l.utf8:
		return name + "-ascii"
	case l.colour && l.dark:
		return name + "-dark"
	case l.colour:
		return name + "-light"
	}
	return name
}

// TestFramesFitTheTerminal holds every screen at many sizes: exactly its height,
// never wider, and without colour no escape sequence at all.
func TestFramesFitTheTerminal(t *testing.T) {
	for name, bring := range screens {
		for _, l := range []look{{width: 60, height: 18, utf8: true}, {width: 80, height: 24}, {width: 99, height: 30, utf8: true}, {width: 100, height: 18, utf8: true}, {width: 200, height: 60, utf8: true}} {
			if name == "small" {
				continue
			}
			frame := bring(t, l).View()
			lines := strings.Split(frame, "\n")
			if len(lines) != l.height {
				t.Errorf("%s at %s has %d lines", name, l, len(lines))
			}
			for _, line := range lines {
				if ansi.StringWidth(line) > l.width {
					t.Errorf("%s at %s is too wide: %q", name, l, line)
				}
			}
			if strings.Contains(frame, "\x1b") {
				t.Errorf("%s at %s has escape sequences although there is no color", name, l)
			}
			if !l.utf8 {
				for _, r := range frame {
					if r > 127 {
						t.Fatalf("%s has %q although there is no UTF-8", name, r)
					}
				}
			}
		}
	}
}

// TestColourIsNeverTheOnlySignal holds that a frame without colour says the same
// as one with it.
func TestColourIsNeverTheOnlySignal(t *testing.T) {
	for name, bring := range screens {
		plain := bring(t, plainLook).View()
		coloured := plainLook
		coloured.colour = true
		if got := ansi.Strip(bring(t, coloured).View()); got != plain {
			t.Errorf("%s differs:\n%s\n%s", name, got, plain)
		}
	}
}
