package tui

import (
	"fmt"
	"io"

	"stateroom/steps/plan"
	"stateroom/steps/printable"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// closingWidth is what the summary on the normal screen is wrapped to.
const closingWidth = 80

// closing prints to the normal screen how the visit ended: the alternate screen
// has taken everything else with it.
func closing(out io.Writer, m *root, s *plan.Summary) {
	c := closer{out, m.theme}
	for _, v := range m.visits {
		c.ended(v.Summary, v.Mode, "")
		c.say("", "")
	}
	if m.run != nil {
		for _, user := range m.run.unread {
			c.say("", fmt.Sprintf("The passphrase of %s handover was not confirmed as written down, and it is stored nowhere. To make a new file, run this and agree to replace the one that waits:", plan.Whose(user)))
			c.say("    ", "stateroom handover "+user)
		}
	}
	switch {
	case s != nil:
		c.ended(s, m.request.Mode, m.engine.note(s))
	case m.run != nil && m.run.err != nil: // main tells the error
	case m.run != nil && m.run.phase == reviewing && !m.run.mustLook():
		for _, line := range append(m.run.review.ended().Lead, "Nothing was changed.") {
			c.say("", line)
		}
	case len(m.visits) == 0:
		c.say("", "Nothing was changed.")
	}
}

// closer writes to the normal screen.
type closer struct {
	out   io.Writer
	theme *theme.Theme
}

func (c closer) say(indent, text string) {
	for i, line := range words.Wrap(c.theme.Glyphs.Legible(printable.Text(text)), closingWidth-len(indent)) {
		if i > 0 && indent == "- " {
			indent = "  "
		}
		fmt.Fprintln(c.out, indent+line)
	}
}

// ended tells how one run ended, with what is to be known of it besides.
func (c closer) ended(s *plan.Summary, mode *Mode, note string) {
	for _, line := range ending(s, mode) {
		c.say("", line)
	}
	for _, f := range s.Failures {
		c.say("", "")
		c.say("", "FAILED: "+f.Change.Title)
		c.say("    ", f.Err.Error())
	}
	for _, f := range s.Findings {
		if f.Severity != plan.Info && !s.Left { // whoever leaves a plan has seen them beside it
			c.say("", "")
			c.say("", fmt.Sprintf("%s: %s", f.Severity, words.Finding(f)))
			c.say("    ", f.Told())
			c.say("    ", f.Remedy)
		}
	}
	for _, more := range s.Told() {
		c.say("- ", more)
	}
	if note != "" {
		c.say("- ", note)
	}
}

// ending is how a run ended, for whoever leaves it.
func ending(s *plan.Summary, mode *Mode) []string {
	lines := words.Outcome(s, "Run "+mode.Command(s.Outcome)+" again", words.InLines).Lines()
	if s.DryRun || s.Left {
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
