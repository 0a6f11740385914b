package plain

import (
	"fmt"

	"stateroom/steps/plan"
)

// summary tells how the run ended: what was made, what was not, and the notes.
func (l *Lines) summary(s *plan.Summary) {
	if l.Table {
		l.table(s.Checks)
	}
	l.print("\n")
	for _, line := range outcome(s) {
		l.print("%s", wrapped(line, 0))
	}
	if l.Stages == nil { // else a finding tells it
		l.waiting(s.Foreign)
	}
	for _, note := range s.Notes {
		l.print("%s", item(note))
	}
}

// waiting names what was left as it is, since nobody agreed to it.
func (l *Lines) waiting(changes []plan.Change) {
	for _, c := range changes {
		if c.Foreign != "" {
			l.print("%s    --adopt %s\n", item(fmt.Sprintf("Not done without your word: %s. Agree with", c.Title)), c.Foreign)
		}
	}
}

// outcome is the result in whole sentences, the most important one first.
func outcome(s *plan.Summary) []string {
	var lines []string
	say := func(when bool, format string, args ...any) {
		if when {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	say(s.DryRun, "This was a dry run: nothing was changed.")
	say(s.Declined, "Not confirmed: nothing was changed.")
	say(s.Unproven(), "Interrupted when every change was made: the result is not proven. Run it again to prove it.")
	say(s.Stopped && !s.Unproven(), "Interrupted: the changes above that are done stay, the others were not begun or not finished. Run it again to go on from here.")
	rest := "left out"
	if s.Stopped {
		rest = "not begun"
	}
	say(s.Applied > 0 || s.Failed > 0, "%s made, %d failed, %d %s.", plural(s.Applied, "change"), s.Failed, s.Skipped, rest)
	say(s.Unknown > 0, "The answer to %s was lost. Run it again: it looks before it makes anything twice.", plural(s.Unknown, "change"))
	still := !s.DryRun && !s.Declined && !s.Stopped && s.Applied+s.Failed+s.Unknown == 0 && !blocked(s)
	say(still && attention(s.Findings) == 0, "Everything is right already: nothing was changed.")
	say(still && attention(s.Findings) > 0, "Nothing was changed.")
	say(blocked(s), "Nothing was changed: correct what the findings say first.")
	if n := attention(s.Findings); n > 0 {
		say(n == 1, "1 finding needs attention.")
		say(n > 1, "%d findings need attention.", n)
	}
	return lines
}

func blocked(s *plan.Summary) bool {
	for _, f := range s.Findings {
		if f.Blocks {
			return true
		}
	}
	return false
}

func attention(findings []plan.Finding) int {
	n := 0
	for _, f := range findings {
		if f.Severity != plan.Info {
			n++
		}
	}
	return n
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
