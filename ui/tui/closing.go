package tui

import (
	"fmt"
	"io"

	"stateroom/steps/plan"
	"stateroom/steps/printable"
	"stateroom/ui/words"
)

// closingWidth is what the summary on the normal screen is wrapped to.
const closingWidth = 80

// closing prints to the normal screen how the visit ended: the alternate screen
// has taken everything else with it.
func closing(out io.Writer, m *root, s *plan.Summary) {
	say := func(indent, text string) {
		for i, line := range words.Wrap(m.theme.Glyphs.Legible(printable.Text(text)), closingWidth-len(indent)) {
			if i > 0 && indent == "- " {
				indent = "  "
			}
			fmt.Fprintln(out, indent+line)
		}
	}
	switch {
	case s == nil && m.run != nil && m.run.err != nil:
		return // main tells the error
	case s == nil && m.run != nil && m.run.phase == reviewing && !m.run.mustLook():
		for _, line := range append(m.run.review.ended().Lead, "Nothing was changed.") {
			say("", line)
		}
		return
	case s == nil:
		say("", "Nothing was changed.")
		return
	}
	for _, line := range ending(s, m.request.Mode) {
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
	for _, note := range s.Told() {
		say("- ", note)
	}
	if note := m.engine.note(s); note != "" {
		say("- ", note)
	}
}

// stopped says how far a run came that was stopped.
func stopped(s *plan.Summary) string {
	if s.Unproven() {
		return "Stopped. Every change is made; the result is not proven."
	}
	return "Stopped. What is done stays; what was not begun is still to do."
}

// ending is how a run ended, for whoever leaves it.
func ending(s *plan.Summary, mode *Mode) []string {
	lines := words.Outcome(s, "Run "+mode.command()+" again").Lines()
	if s.DryRun {
		lines = append(lines, s.Line())
	}
	return append(lines, toLookAt(s)...)
}

// toLookAt counts the findings in a sentence, if there are any.
func toLookAt(s *plan.Summary) []string {
	if n := words.Attention(s.Findings); n > 0 {
		return []string{words.Plural(n, "finding") + " to review."}
	}
	return nil
}
