// Package words is what the lines and the screens say alike: how a run ended, a
// change's fields, a policy laid out, lines broken to a width.
//
// It knows no presenter, no terminal and no style. What only one of the two says
// lives with it (ui/plain, ui/tui).
package words

import (
	"fmt"
	"time"

	"stateroom/steps/plan"
)

// AnswersKept is said where somebody leaves a run that has asked for something.
const AnswersKept = "Your answers are kept: run the command again to go on with them."

// Finding is a finding's id with what it is about.
func Finding(f plan.Finding) string {
	if f.Subject == "" {
		return f.ID
	}
	return f.ID + " in " + f.Subject
}

// Attention counts the findings that keep a run from being healthy.
func Attention(findings []plan.Finding) int {
	n := 0
	for _, f := range findings {
		if f.Severity != plan.Info {
			n++
		}
	}
	return n
}

// Plural is a number with its noun: "1 change", "2 changes".
func Plural(n int, noun string) string { return plan.Counted(n, noun) }

// Took is a duration as people read it.
func Took(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// Default is a question's answer as it stands, in words.
func Default(q plan.Question) string {
	if q.Kind == plan.Confirm {
		return map[string]string{"true": "yes", "false": "no"}[q.Default]
	}
	return q.Default
}
