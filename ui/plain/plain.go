// Package plain presents a run as lines of text or as JSON, one event a line,
// and asks questions by typed answers: what a pipe, a CI job, a dumb terminal
// and a screen reader can use.
//
// What does not live here: the full-screen program (ui/tui), the command line
// (ui/command), and every decision about what to change (steps). It knows neither
// Bubble Tea nor the AWS SDK.
package plain

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"stateroom/steps/plan"
	"stateroom/steps/printable"
	"stateroom/ui/words"
)

// manyChanges is the size of a plan from which the lines of changes that were
// folded in the preview are folded while they are applied too.
const manyChanges = 60

// Lines presents the events of one run as lines for people. It is not safe for
// concurrent use; the engine emits one event at a time.
type Lines struct {
	out io.Writer
	// planned are the changes so far, until they are shown: together, since folding
	// what is alike needs all of them. They are the flow's own; due counts them.
	planned []*plan.Change
	due     int
	shown   bool
	folded  map[string]bool
	ended   int
	// Table shows the checks of environments and projects as a table at the end.
	Table bool
	// Stages are the headings that the plan is shown under; none is one list. A run
	// that has them begins with the changes, and tells what it found after them.
	Stages []plan.Stage
	// checked are the checks so far.
	checked []plan.Check
	// told is how many of the checks were shown.
	told int
	// tenth is the last tenth of a progress that was shown, by its text.
	tenth map[string]int
	// Brief counts the checks that passed, and shows the others after the findings.
	Brief bool
	// Command begins the run again, and takes more flags.
	Command string
}

// NewLines returns a presenter that writes to out.
func NewLines(out io.Writer) *Lines {
	return &Lines{out: out, tenth: map[string]int{}, folded: map[string]bool{}}
}

// Emit shows one event.
func (l *Lines) Emit(e plan.Event) {
	switch e.Kind {
	case plan.EventChange:
		l.showChecks()
		l.due++
		if !l.shown {
			l.planned = append(l.planned, e.Change)
		}
	case plan.EventStarted:
		l.showPlan()
		if why := words.Slow(e.Change); why != "" {
			l.print("%s", wrapped(why, 2))
		}
	case plan.EventApplied:
		l.applied(e)
	case plan.EventFailed:
		l.failed(e)
	case plan.EventSkipped:
		l.skipped(e)
	case plan.EventCheck:
		l.check(*e.Check)
	case plan.EventFinding:
		if !l.Brief {
			l.showChecks()
		}
		if l.Stages != nil {
			l.showPlan()
		}
		l.Finding(*e.Finding)
	case plan.EventProgress:
		l.progress(e.Text, e.Done, e.Of)
	case plan.EventLine:
		l.line(e)
	case plan.EventPassphrase:
		l.passphrase(e)
	case plan.EventSummary:
		if l.Brief && l.ended > 0 {
			l.counted("Checks after the changes", e.Summary.Checks)
		} else {
			l.showChecks()
		}
		l.showPlan()
		l.summary(e.Summary)
	case plan.EventInspected, plan.EventSignIn: // the plan says what came of it, and whoever is asked sees the page
	}
}

// print writes to the operator, and nothing that a terminal would obey. A reader
// that has gone away is no reason to stop half-way through a change, so the error
// is not looked at.
func (l *Lines) print(format string, args ...any) {
	fmt.Fprint(l.out, printable.Text(fmt.Sprintf(format, args...)))
}

func (l *Lines) applied(e plan.Event) {
	l.ended++
	if l.fold(e.Change) {
		l.progress("changes made", l.ended, l.due)
		return
	}
	l.print("  %s %s %s: %s\n", l.count(), e.Change.Symbol(), e.Change.Title, cmp.Or(e.Text, "done in "+words.Took(e.Took)))
}

func (l *Lines) failed(e plan.Event) {
	l.ended++
	l.print("  %s ! %s: failed\n%s", l.count(), e.Change.Title, wrapped(e.Err.Error(), 6))
}

func (l *Lines) skipped(e plan.Event) {
	l.ended++
	if !l.fold(e.Change) {
		l.print("  %s . %s: not begun, %s\n", l.count(), e.Change.Title, e.Text)
	}
}

func (l *Lines) count() string {
	if l.ended > l.due { // a plan made again after a lost answer
		return fmt.Sprintf("%d.", l.ended)
	}
	return fmt.Sprintf("%d/%d", l.ended, l.due)
}

// fold tells whether a change's lines are counted rather than shown.
func (l *Lines) fold(c *plan.Change) bool {
	return l.due > manyChanges && l.folded[c.ID]
}

// progress shows what is waited for, and every tenth of work that is long enough
// to wonder about.
func (l *Lines) progress(what string, done, of int) {
	const long = 50
	if of == 0 {
		l.print("%s", wrapped(what, 2))
		return
	}
	if of < long || done > of {
		return
	}
	if tenth := 10 * done / of; tenth > l.tenth[what] {
		l.tenth[what] = tenth
		l.print("  %d of %d %s\n", done, of, what)
	}
}

// line shows one line of Terraform's, under the name of the project that it is
// about: several run at once.
func (l *Lines) line(e plan.Event) {
	if strings.TrimSpace(e.Text) != "" {
		l.print("  %s | %s\n", words.Project(e), e.Text)
	}
}

// Finding shows one finding with its evidence and its remedy.
func (l *Lines) Finding(f plan.Finding) {
	l.print("\n%s: %s\n", strings.ToUpper(string(f.Severity)), words.Finding(f))
	if f.Lead == "" {
		l.print("%s%s", wrapped(f.Told(), 4), wrapped(f.Remedy, 4))
		l.commands(f)
	} else {
		f.Evidence = f.Seen()
		l.print("%s%s", wrapped(f.Lead, 4), wrapped("What to do: "+f.Remedy, 4))
		l.commands(f)
		if seen := strings.TrimSpace(f.Told()); seen != "" {
			l.print("%s", wrapped(seen, 6))
		}
	}
	if f.Details != "" {
		l.print("\n%s\n", indented(f.Details, 6))
	}
}

// commands shows those of a finding, whole, to be copied.
func (l *Lines) commands(f plan.Finding) {
	for _, c := range f.Commands {
		l.print("%s        %s\n", wrapped(c.Does+":", 6), c.Line)
	}
}

// passphrase shows a passphrase, which nothing else ever does.
func (l *Lines) passphrase(e plan.Event) {
	lines := []string{
		"Passphrase of " + plan.Whose(e.Text) + " handover: " + e.Passphrase.Reveal(),
		"It is shown this once and stored nowhere. Tell it to " + e.Text,
		"over a different channel than the file.",
	}
	width := 0
	for _, line := range lines {
		width = max(width, len([]rune(line)))
	}
	edge := "  +" + strings.Repeat("-", width+2) + "+\n"
	l.print("\n%s", edge)
	for _, line := range lines {
		l.print("  | %s%s |\n", line, strings.Repeat(" ", width-len([]rune(line))))
	}
	l.print("%s\n", edge)
}
