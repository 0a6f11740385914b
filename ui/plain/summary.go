package plain

import (
	"cmp"
	"fmt"
	"strings"

	"stateroom/steps/plan"
	"stateroom/ui/words"
)

// toNext stands before the next command, and says what that is for.
func toNext(s *plan.Summary) string {
	what, how := "To make these changes, ", "run:"
	if s.NextChecks {
		what = "To check the setup as well, "
	}
	if s.NextReads {
		how = "run with the same input:"
	}
	return what + how
}

// summary tells how the run ended: what was made, what was not, and the notes.
func (l *Lines) summary(s *plan.Summary) {
	if l.Table {
		l.table(s.Checks)
	}
	l.print("\n")
	for _, line := range words.Outcome(s, "Run the command again", words.InLines).Lines() {
		l.print("%s", wrapped(line, 0))
	}
	switch n := words.Attention(s.Findings); {
	case n == 1:
		l.print("1 finding needs attention.\n")
	case n > 1:
		l.print("%d findings need attention.\n", n)
	}
	if l.Stages == nil { // else a finding tells it
		l.waiting(s.NotOurs)
	}
	if s.Next != "" {
		l.print("%s    %s\n", item(toNext(s)), s.Next) // whole, to be copied
	}
	for _, note := range s.Told() {
		l.print("%s", item(note))
	}
}

// waiting names what was left as it is, since nobody agreed to it, with the command that
// allows it: one for all that is allowed by the same name.
func (l *Lines) waiting(changes []plan.Change) {
	var targets []string
	titles, verbs := map[string][]string{}, map[string]string{}
	for _, c := range changes {
		if c.NotOurs == "" {
			continue
		}
		if titles[c.NotOurs] == nil {
			targets = append(targets, c.NotOurs)
			verbs[c.NotOurs] = cmp.Or(c.Agreeing, "allow")
		}
		titles[c.NotOurs] = append(titles[c.NotOurs], c.Title)
	}
	for _, target := range targets {
		text := fmt.Sprintf("Not done without your consent: %s. To %s it, run:", strings.Join(titles[target], "; "), verbs[target])
		l.print("%s    %s --adopt %s\n", item(text), l.Command, plan.Shell(target)) // whole, to be copied
	}
}
