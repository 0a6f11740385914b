package tui

import (
	"fmt"
	"io"

	"stateroom/steps/plan"
	"stateroom/steps/printable"
	"stateroom/ui/tui/theme"
)

// closingWidth is what the summary on the normal screen is wrapped to.
const closingWidth = 80

// closing prints to the normal screen how the visit ended: the alternate screen
// has taken everything else with it.
func closing(out io.Writer, m *root, s *plan.Summary) {
	say := func(indent, text string) {
		for i, line := range theme.Wrap(m.theme.Glyphs.Legible(printable.Text(text)), closingWidth-len(indent)) {
			if i > 0 && indent == "- " {
				indent = "  "
			}
			fmt.Fprintln(out, indent+line)
		}
	}
	switch {
	case s == nil && m.run != nil && m.run.err != nil:
		return // main tells the error
	case s == nil:
		say("", "Nothing was changed.")
		return
	}
	for _, line := range append(outcome(s, "Run "+wordsOf[m.request.Mode].command+" again"), toLookAt(s)...) {
		say("", line)
	}
	for _, f := range s.Failures {
		say("", "")
		say("", "FAILED: "+f.Change.Title)
		say("    ", f.Err.Error())
	}
	for _, f := range s.Findings {
		if f.Severity != plan.Info {
			say("", "")
			say("", fmt.Sprintf("%s: %s", f.Severity, named(f)))
			say("    ", f.Told())
			say("    ", f.Remedy)
		}
	}
	for _, note := range s.Notes {
		say("- ", note)
	}
	if keeps(s) && m.engine.start != nil && m.engine.start.Note != "" {
		say("- ", m.engine.start.Note)
	}
}

// keeps tells whether a run has left something to look at.
func keeps(s *plan.Summary) bool { return s != nil && s.Applied+s.Failed+s.Unknown > 0 }

// stopped says how far a run came that was stopped.
func stopped(s *plan.Summary) string {
	if s.Unproven() {
		return "Stopped. Every change is made; the result is not proven."
	}
	return "Stopped. What is done stays; what was not begun is still to do."
}

// outcome is the result in whole sentences, the most important one first. Again
// says how to go on from there.
func outcome(s *plan.Summary, again string) []string {
	var lines []string
	say := func(when bool, format string, args ...any) {
		if when {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	say(s.DryRun, "%s This was a dry run: nothing was changed.", planLine(s.Add, s.Change, s.Destroy))
	say(s.Declined, "Not confirmed: nothing was changed.")
	made := s.Applied+s.Failed+s.Unknown > 0 // what failed may have been made in part
	say(s.Stopped && !made, "Interrupted: nothing was changed.")
	say(s.Unproven(), "Interrupted when every change was made: the result is not proven. %s to go on from here.", again)
	say(s.Stopped && made && !s.Unproven(), "Interrupted: what is done stays, the rest was not begun or not finished. %s to go on from here.", again)
	rest := "left out"
	if s.Stopped {
		rest = "not begun"
	}
	say(s.Applied > 0 || s.Failed > 0, "%s made, %d failed, %d %s.", plural(s.Applied, "change"), s.Failed, s.Skipped, rest)
	say(s.Unknown > 0, "The answer to %s was lost. %s: what is there is seen before anything is made twice.", plural(s.Unknown, "change"), again)
	still := !s.DryRun && !s.Declined && !s.Stopped && s.Applied+s.Failed+s.Unknown == 0
	say(still && attention(s.Findings) == 0, "Everything is right already: nothing was changed.")
	say(still && attention(s.Findings) > 0, "Nothing was changed.")
	return lines
}

// toLookAt counts the findings in a sentence, if there are any.
func toLookAt(s *plan.Summary) []string {
	if n := attention(s.Findings); n > 0 {
		return []string{plural(n, "finding") + " to look at."}
	}
	return nil
}

// planLine is the sentence that Terraform users look for.
func planLine(add, change, destroy int) string {
	return fmt.Sprintf("Plan: %d to add, %d to change, %d to destroy.", add, change, destroy)
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
