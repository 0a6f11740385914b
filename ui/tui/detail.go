package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"stateroom/steps/plan"
	"stateroom/ui/tui/theme"
	"stateroom/ui/words"
)

// shortValue is the longest value that is shown among a change's fields; a
// policy has a screen of its own.
const shortValue = 160

// changeDetail is what is shown below a change: where, what it alters field by
// field, the calls, the file, the price.
func changeDetail(t *theme.Theme, c *plan.Change, width, most int) []string {
	var lines []string
	say := func(style lipgloss.Style, text string) {
		for _, line := range words.Fit(text, width-below-1) {
			lines = append(lines, strings.Repeat(" ", below)+style.Render(line))
		}
	}
	for _, line := range words.Where(c) {
		say(t.Faint, line)
	}
	for _, f := range c.Fields {
		mark, line := words.Field(f.Name, brief(f.Before), brief(f.After))
		say(markStyle(t, mark), line)
	}
	for _, call := range c.Calls {
		say(t.Plain, "calls "+call.Service+":"+call.Operation)
	}
	if c.Write != nil && c.Write.Diff != "" {
		for i, line := range words.FileDiff(c.Write) {
			if i == most {
				say(t.Faint, t.Glyphs.Ellipsis+" (d shows all of it)")
				break
			}
			say(paintDiff(t, line), t.Cut(line, width-below-1))
		}
	}
	if c.Run != nil {
		for _, line := range c.Run.Lines {
			say(t.Plain, "$ "+line)
		}
	}
	for _, pair := range [][2]string{{"Cost", c.Cost}, {"Risk", c.Risk}, {"Undo", c.Undo}} {
		if pair[1] != "" {
			say(t.Faint, pair[0]+": "+pair[1])
		}
	}
	return append(lines, "")
}

// brief is a value on one line.
func brief(value string) string {
	if words.IsDocument(value) {
		return "(a policy; p shows it)"
	}
	value = strings.Join(strings.Fields(value), " ")
	if len(value) > shortValue {
		return "(long; p shows it)"
	}
	return plan.Known(value)
}

// callsText is the calls of a change with their input, as the AWS CLI takes it.
func callsText(c *plan.Change) string {
	var out strings.Builder
	for i, call := range c.Calls {
		if i > 0 {
			out.WriteString("\n")
		}
		fmt.Fprintf(&out, "%s:%s\n%s\n", call.Service, call.Operation, plan.JSON(call.InputMap(), "  "))
	}
	return out.String()
}

// documentsText is every long value of a change: whole when it is new, as a
// difference when it changes.
func documentsText(c *plan.Change) string {
	var parts []string
	for _, f := range c.Fields {
		if len(f.Before)+len(f.After) <= shortValue && !words.IsDocument(f.After) && !words.IsDocument(f.Before) {
			continue
		}
		_, text := words.LongField(f, documentWidth)
		parts = append(parts, f.Name+" =\n"+text)
	}
	return strings.Join(parts, "\n\n")
}

// documentWidth is what a policy is laid out to: the viewer's on the narrowest
// terminal that is common.
const documentWidth = 76

// paintDiff is the style of a line of a diff.
func paintDiff(t *theme.Theme, line string) lipgloss.Style {
	switch {
	case strings.HasPrefix(line, "+"):
		return t.Add
	case strings.HasPrefix(line, "-"):
		return t.Remove
	case strings.HasPrefix(line, "@@"):
		return t.Accent
	}
	return t.Plain
}

// paintOutput picks Terraform's diagnostics out of its output.
func paintOutput(t *theme.Theme, line string) lipgloss.Style {
	switch text := strings.TrimLeft(line, "│|╷╵ "); {
	case strings.Contains(text, "Error: "):
		return t.Bad
	case strings.Contains(text, "Warning: "):
		return t.Warn
	case strings.Contains(text, "success") || strings.Contains(text, "complete!"):
		return t.Good
	}
	return t.Plain
}
