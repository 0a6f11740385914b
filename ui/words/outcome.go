package words

import (
	"fmt"

	"stateroom/steps/plan"
)

// Outcome is how a run ended in whole sentences, the most important one first. Again
// says how to go on from there: "Run it again".
func Outcome(s *plan.Summary, again string) []string {
	var lines []string
	say := func(when bool, format string, args ...any) {
		if when {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	say(s.DryRun && s.Next == "", "This was a dry run: nothing was changed.")
	say(s.Next != "", "Nothing was changed: nobody could be asked here.")
	say(s.Declined, "Not confirmed: nothing was changed.")
	made := s.Applied+s.Failed+s.Unknown > 0 // what failed may have been made in part
	say(s.Stopped && !made, "Interrupted: nothing was changed.")
	say(s.Unproven(), "Interrupted when every change was made: the result is not proven. %s to go on from here.", again)
	say(s.Stopped && made && !s.Unproven(), "Interrupted: what is done stays, the rest was not begun or not finished. %s to go on from here.", again)
	rest := "left out"
	if s.Stopped {
		rest = "not begun"
	}
	say(s.Applied > 0 || s.Failed > 0, "%s made, %d failed, %d %s.", Plural(s.Applied, "change"), s.Failed, s.Skipped, rest)
	say(s.Unknown > 0, "The answer to %s was lost. %s: what is there is seen before anything is made twice.", Plural(s.Unknown, "change"), again)
	blocked := plan.Blocking(s.Findings)
	still := !s.DryRun && !s.Declined && !s.Stopped && !made && !blocked
	say(still && Attention(s.Findings) == 0, "Everything already matches: nothing was changed.")
	say(still && Attention(s.Findings) > 0, "Nothing was changed.")
	say(blocked && !made, "Nothing was changed: correct what the findings say first.")
	return lines
}
