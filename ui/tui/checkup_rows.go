package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"stateroom/steps/plan"
)

// rows are those of the phase.
func (c *checkup) rows() {
	c.lines = c.lines[:0]
	if c.wide() {
		c.pane.text("")
	}
	switch {
	case c.phase == applying:
		c.pane.text(" " + c.theme.Title.Render("Making the changes"))
		c.applying()
	case c.phase != reviewing:
		c.pane.text(" " + c.theme.Title.Render(c.words.title))
		c.pane.wrapped(c.words.why, 1, c.theme.Faint.Render)
		c.pane.text("")
		if c.phase == inspecting {
			c.showChecks()
			c.watch()
		}
	case c.err != nil:
		c.failure()
	default:
		c.reviewing()
	}
}

// watch keeps the newest check in sight.
func (c *checkup) watch() {
	if c.follows {
		c.pane.list.cursor = min(c.newest+1, len(c.pane.rows)-1)
	} else {
		c.pane.list.cursor = c.pane.list.top
	}
}

// failure is what keeps anything from being looked at.
func (c *checkup) failure() {
	t := c.theme
	c.pane.text(" " + t.Bad.Render(t.Glyphs.Failed+" This cannot go on yet"))
	c.pane.wrapped(c.err.Error(), 3, t.Plain.Render)
	text := "enter " + c.next() + "s"
	if c.next() == "try again" {
		text = "enter tries again"
	}
	if len(c.pages) > 0 {
		text += ", e changes the answers"
	}
	c.pane.text("", "   "+t.Faint.Render(text))
}

// reviewing shows what was found, the most pressing first: how it stands, the
// findings with what mends them, the other changes, and every check.
func (c *checkup) reviewing() {
	t := c.theme
	glyph, text, style := c.verdict()
	c.pane.text(" " + style.Render(glyph+" "+text))
	if line := c.numbers(); line != "" {
		c.pane.wrapped(line, 3, t.Faint.Render)
	}
	c.pane.text("")
	if c.result != nil {
		c.showResult()
	}
	if c.mustLook() {
		c.pane.text(" "+t.Bold.Render("enter")+" looks again at what is there.", "")
	}
	c.showAccess(c.givesAll)
	c.showFindings(false)
	c.showOthers()
	c.showTables()
	switch {
	case c.result != nil:
		c.notes(c.result.Notes)
	case c.settled != nil:
		c.notes(c.settled.Notes)
	}
	c.showFindings(true)
	c.showChecks()
}

// verdict is the headline: how it stands.
func (c *checkup) verdict() (glyph, text string, style lipgloss.Style) {
	t, wrong := c.theme, c.found.pressing()
	changes := len(c.review.Changes) + len(c.review.Foreign)
	switch {
	case c.bad():
		return t.Glyphs.Failed, "Not done yet", t.Bad
	case wrong > 0:
		style, glyph = t.Warn, t.Glyphs.Attention
		if c.found.list[0].Severity == plan.Failure {
			style, glyph = t.Bad, t.Glyphs.Failed
		}
		return glyph, thingsWrong(wrong, c.found.list[0].Severity, c.result != nil), style
	case changes > 0:
		return t.Glyphs.ToChange, plural(changes, "change") + " to make", t.Change.Bold(true)
	case c.checks.undecided > 0:
		return t.Glyphs.Unknown, plural(c.checks.undecided, "check") + " could not be decided from here", t.Warn
	}
	return t.Glyphs.Done, c.words.right, t.Good.Bold(true)
}

// numbers are how many checks came to what, and what can be done about it.
func (c *checkup) numbers() string {
	var parts []string
	if c.checks.total() > 0 {
		parts = append(parts, "Checks: "+c.checks.String()+".")
	}
	hand, changes := c.found.byHand(), len(c.review.Changes)+len(c.review.Foreign)
	if hand > 0 && changes == 0 {
		parts = append(parts, "What is wrong is mended by hand: each finding says how.")
		return strings.Join(parts, " ")
	}
	if changes > 0 {
		none := map[bool]string{true: " to make, none made yet.", false: " still to make."}[c.result == nil]
		parts = append(parts, plural(changes, "change")+none)
	}
	if n := len(c.review.Foreign); n > 0 {
		parts = append(parts, fmt.Sprintf("%s a word of yours first.", needs(n)))
	}
	if hand > 0 {
		parts = append(parts, isAre(hand, "finding")+" to be mended by hand.")
	}
	return strings.Join(parts, " ")
}

func needs(n int) string {
	if n == 1 {
		return "1 of them needs"
	}
	return fmt.Sprintf("%d of them need", n)
}

// thingsWrong is the headline of an unhealthy set-up.
func thingsWrong(n int, worst plan.Severity, again bool) string {
	still := ""
	if again {
		still = " still"
	}
	switch {
	case worst == plan.Failure && n == 1:
		return "One thing is" + still + " wrong"
	case worst == plan.Failure:
		return fmt.Sprintf("%d things are%s wrong", n, still)
	case n == 1:
		return "One thing" + still + " to look at"
	}
	return fmt.Sprintf("%d things%s to look at", n, still)
}

func isAre(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return fmt.Sprintf("%d %ss are", n, noun)
}

// showResult is how making the changes ended, and what it mended.
func (c *checkup) showResult() {
	t := c.theme
	c.outcome()
	for _, f := range c.mended {
		c.pane.text(t.Cut(" "+t.Good.Render(t.Glyphs.Done+" mended  ")+t.Bold.Render(named(f))+"  "+t.Faint.Render(firstSentence(f.Evidence)), c.pane.width))
	}
	if len(c.mended) > 0 {
		c.pane.text("")
	}
}

// showFindings shows those that do not stand beside a check in a table: the
// pressing ones, or those that are only to know.
func (c *checkup) showFindings(toKnow bool) {
	for i := range c.found.list {
		if !c.found.inTable[i] && toKnow == (c.found.list[i].Severity == plan.Info) {
			c.showFinding(i)
			c.pane.text("")
		}
	}
}

// showFinding is one finding with what is below it and what mends it.
func (c *checkup) showFinding(i int) {
	f := &c.found.list[i]
	c.pane.rows = append(c.pane.rows, row{kind: rowFinding, item: i})
	if c.pane.isOpen(findingName(f), c.opensItself(i)) {
		c.findingDetail(i)
	} else {
		for _, line := range c.briefly(i) {
			c.pane.below(line)
		}
	}
	for _, m := range c.found.mends[i] {
		c.pane.entry(m.change, m.foreign, 4)
	}
}

// opensItself tells of the first finding, which causes the others, that it is
// open unless it was closed.
func (c *checkup) opensItself(i int) bool {
	return i == 0 && c.found.list[0].Severity != plan.Info && !c.found.inTable[0] && c.pane.height() >= roomy
}

// roomy is the height from which a finding is open by itself; below it the
// others would be out of sight.
const roomy = 24

// The indent of what is below a finding, and how much of it is shown there.
const (
	below     = 7
	briefMost = 2
	longMost  = 12
)

// briefing is the beginning of a finding, as lines of a width.
type briefing struct {
	width int
	lines []string
}

// briefly is the beginning of a finding. There may be a thousand, so each is
// made once.
func (c *checkup) briefly(i int) []string {
	f, b := &c.found.list[i], &c.briefs[i]
	if b.width == c.pane.width {
		return b.lines
	}
	*b = briefing{width: c.pane.width, lines: c.beginning(f.Told(), c.theme.Plain)}
	if f.Severity != plan.Info && !c.found.mendable(i) {
		_, style := c.remedy(i)
		b.lines = append(b.lines, c.beginning(f.Remedy, style)...)
	}
	return b.lines
}

// remedy is how the remedy of a finding is shown.
func (c *checkup) remedy(i int) (label string, style lipgloss.Style) {
	if c.found.list[i].Severity != plan.Info && c.found.byHandOnly(i) {
		return "By hand", c.theme.Accent
	}
	return "Remedy", c.theme.Plain
}

// beginning is the first lines of a text.
func (c *checkup) beginning(text string, style lipgloss.Style) []string {
	lines := wrapMost(strings.ReplaceAll(text, "\n", " "), c.pane.width-below-1, briefMost, c.theme)
	for i, line := range lines {
		lines[i] = strings.Repeat(" ", below) + style.Render(line)
	}
	return lines
}

// findingDetail is all that there is to a finding.
func (c *checkup) findingDetail(i int) {
	t, f := c.theme, c.found.list[i]
	c.long(f.Evidence, t.Plain)
	if f.Quote != "" {
		c.pane.below(strings.Repeat(" ", below) + t.Faint.Render("Terraform said"))
		for _, line := range wrapMost(f.Quote, c.pane.width-below-3, longMost, t) {
			c.pane.below(strings.Repeat(" ", below+2) + line)
		}
	}
	label, style := c.remedy(i)
	c.labelled(label, f.Remedy, style)
	for _, check := range c.checks.of(f) {
		c.labelled("Asked", check.Asked, t.Faint)
		c.labelled("Answer", check.Answer, t.Faint)
	}
	if c.found.shared[i] && len(c.found.mends[i]) == 0 {
		c.labelled("Mended", "by a change above", t.Faint)
	}
	if f.Details != "" {
		lines := strings.Count(f.Details, "\n") + 1
		c.labelled("Report", fmt.Sprintf("%s to hand on: r opens it, s saves it", plural(lines, "line")), t.Faint)
	}
}

func (c *checkup) long(text string, style lipgloss.Style) {
	for _, line := range wrapMost(text, c.pane.width-below-1, longMost, c.theme) {
		c.pane.below(strings.Repeat(" ", below) + style.Render(line))
	}
}

// labelled is a text with a word before it.
func (c *checkup) labelled(label, text string, style lipgloss.Style) {
	const column = 9
	if text == "" {
		return
	}
	label = c.theme.Faint.Render(c.theme.Pad(label, column))
	for _, line := range wrapMost(text, c.pane.width-below-column-1, longMost, c.theme) {
		c.pane.below(strings.Repeat(" ", below) + label + style.Render(line))
		label = strings.Repeat(" ", column)
	}
}

// showOthers shows the changes that no finding asked for.
func (c *checkup) showOthers() {
	if len(c.found.others) == 0 {
		return
	}
	c.pane.text(" " + c.theme.Bold.Render("What changes"))
	for _, m := range c.found.others {
		c.pane.entry(m.change, m.foreign, 0)
	}
	c.pane.text("")
}

// showTables shows the checks of every subject in one line, and what they led to
// below it.
func (c *checkup) showTables() {
	t := c.theme
	told := map[int]bool{}
	for n, table := range c.checks.tables {
		title := " " + t.Bold.Render(c.tableName(table))
		if hidden := table.hidden(t, c.pane.width); hidden != "" {
			title += "  " + t.Faint.Render(hidden)
		}
		c.pane.text(title)
		c.pane.text(table.head(t, c.pane.width)...)
		for i := range table.lines {
			line := &table.lines[i]
			c.lines = append(c.lines, place{n, i})
			c.pane.rows = append(c.pane.rows, row{kind: rowSubject, item: len(c.lines) - 1})
			if c.pane.isOpen(subjectName(line.subject), false) {
				c.showGroup(c.checks.at[line.subject], 2)
			}
			c.besideSubject(line.findings, told)
		}
		c.pane.text("")
	}
}

// besideSubject are the findings of a subject, each in full where it comes up first.
func (c *checkup) besideSubject(list []int, told map[int]bool) {
	for _, i := range list {
		if told[i] {
			c.pane.below(strings.Repeat(" ", below) + c.theme.Faint.Render(named(c.found.list[i])+", as above"))
			continue
		}
		told[i] = true
		from := len(c.pane.rows)
		c.pane.width -= 2
		c.showFinding(i)
		c.pane.width += 2
		for i := range c.pane.rows[from:] {
			r := &c.pane.rows[from+i]
			r.indent += 2
			r.text = "  " + r.text
		}
	}
}

// tableName is what the subjects of a table are.
func (c *checkup) tableName(t *table) string {
	first := t.lines[0].subject
	if c.flow == nil || c.flow.Answers == nil || c.flow.Answers.Blueprint == nil {
		return "Checks"
	}
	for _, e := range c.flow.Answers.Environments {
		if e.Name == first {
			return "Environments"
		}
	}
	for _, p := range c.flow.Answers.Projects {
		if p.Name == first {
			return "Projects"
		}
	}
	return "Checks"
}

// showChecks lists the checks, by subject where there are several.
func (c *checkup) showChecks() {
	t := c.theme
	heads, indent := len(c.checks.groups) > 1, 0
	if heads {
		indent = 2
	}
	shown := false
	last := len(c.checks.all) - 1
	for i := range c.checks.groups {
		g := &c.checks.groups[i]
		if c.checks.tabled && g.subject != "" && c.phase == reviewing {
			continue
		}
		if !shown && c.phase == reviewing {
			c.pane.text(" " + t.Bold.Render("Checks"))
		}
		shown = true
		if heads {
			c.pane.rows = append(c.pane.rows, row{kind: rowGroup, item: i})
		}
		if g.checks[len(g.checks)-1] == last {
			c.newest = len(c.pane.rows) - 1
		}
		if !heads || c.pane.isOpen(groupName(g.subject), c.groupOpens(g)) {
			c.showGroup(i, indent)
		}
	}
	if shown && c.phase == reviewing {
		c.pane.text("")
	}
}

// groupOpens tells of a group that it is open by itself: where something in it
// did not pass, and while checks come in, unless there are too many to follow.
func (c *checkup) groupOpens(g *group) bool {
	return c.phase == inspecting && len(c.checks.groups) <= followed || g.worst() != plan.Passed
}

// followed is how many subjects can be followed check by check.
const followed = 50

// inOrder are the checks of a group: as they end while looking, and in a review
// those first that did not pass.
func (c *checkup) inOrder(checks []int) []int {
	if c.phase != reviewing {
		return checks
	}
	checks = slices.Clone(checks)
	slices.SortStableFunc(checks, func(a, b int) int {
		return urgency[c.checks.all[a].Verdict] - urgency[c.checks.all[b].Verdict]
	})
	return checks
}

var urgency = map[plan.Verdict]int{plan.Broken: 0, plan.Undecided: 1, plan.Passed: 2}

func (c *checkup) showGroup(i, indent int) {
	for _, check := range c.inOrder(c.checks.groups[i].checks) {
		if check == len(c.checks.all)-1 {
			c.newest = len(c.pane.rows)
		}
		c.pane.rows = append(c.pane.rows, row{kind: rowCheck, item: check, indent: indent})
		if one := &c.checks.all[check]; c.pane.isOpen(checkName(one), false) {
			c.labelled("Asked", one.Asked, c.theme.Plain)
			c.labelled("Answer", one.Answer, c.theme.Plain)
			c.labelled("Finding", one.Finding, c.theme.Plain)
		}
	}
}
