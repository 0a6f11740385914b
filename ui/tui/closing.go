package tui

import (
	"fmt"
	"io"

	"stateroom/steps"
	"stateroom/steps/printable"
	"stateroom/ui/tui/theme"
)

// closingWidth is what the summary on the normal screen is wrapped to.
const closingWidth = 80

// closing prints to the normal screen how the visit ended: the alternate screen
// has taken everything else with it.
func closing(out io.Writer, m *root, s *steps.Summary) {
	say := func(indent, text string) {
		for i, line := range theme.Wrap(m.theme.Glyphs.Legible(printable.Text(text)), closingWidth-len(indent)) {
			if i > 0 && indent == "- " {
				indent = "  "
			}
			fmt.Fprintln(out, indent+line)
		}
	}
	switch {
	case s == nil && m.run != nil && m.run.common().err != nil:
		return // main tells the error
	case s == nil:
		say("", "Nothing was changed.")
		return
	}
	for _, line := range append(outcome(s, wordsOf[m.request.Mode].command), toLookAt(s)...) {
		say("", line)
	}
	for _, f := range s.Failures {
		say("", "")
		say("", "FAILED: "+f.Change.Title)
		say("    ", f.Err.Error())
	}
	for _, f := range s.Findings {
		if f.Severity != steps.Info {
			say("", "")
			say("", fmt.Sprintf("%s: %s", f.Severity, named(f)))
			say("    ", f.Evidence)
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
func keeps(s *steps.Summary) bool { return s != nil && s.Applied+s.Failed+s.Unknown > 0 }

// outcome is the result in whole sentences, the most important one first. The
// command is the one that goes on from there.
func outcome(s *steps.Summary, command string) []string {
	var lines []string
	say := func(when bool, format string, args ...any) {
		if when {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	say(s.DryRun, "%s This was a dry run: nothing was changed.", planLine(s.Add, s.Change, s.Destroy))
	say(s.Declined, "Not confirmed: nothing was changed.")
	say(s.Stopped && s.Applied == 0, "Interrupted: nothing was changed.")
	say(s.Stopped && s.Applied > 0, "Interrupted: what is done stays, the rest was not begun or not finished. Run %s again to go on from here.", command)
	say(s.Applied > 0 || s.Failed > 0, "%s made, %d failed, %d left out.", plural(s.Applied, "change"), s.Failed, s.Skipped)
	say(s.Unknown > 0, "The answer to %s was lost. Run %s again: it looks before it makes anything twice.", plural(s.Unknown, "change"), command)
	still := !s.DryRun && !s.Declined && !s.Stopped && s.Applied+s.Failed+s.Unknown == 0
	say(still && attention(s.Findings) == 0, "Everything is right already: nothing was changed.")
	say(still && attention(s.Findings) > 0, "Nothing was changed.")
	return lines
}

// toLookAt counts the findings in a sentence, if there are any.
func toLookAt(s *steps.Summary) []string {
	if n := attention(s.Findings); n > 0 {
		return []string{plural(n, "finding") + " to look at."}
	}
	return nil
}

// planLine is the sentence that Terraform users look for.
func planLine(add, change, destroy int) string {
	return fmt.Sprintf("Plan: %d to add, %d to change, %d to destroy.", add, change, destroy)
}

func attention(findings []steps.Finding) int {
	n := 0
	for _, f := range findings {
		if f.Severity != steps.Info {
			n++
		}
	}
	return n
}
