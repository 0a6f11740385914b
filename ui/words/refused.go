package words

import (
	"cmp"
	"errors"

	"stateroom/steps/plan"
)

// Refused is what keeps a run from going on, as it is shown; an error that is no refusal
// is told as it is.
func Refused(err error) plan.Refusal {
	r := plan.Refusal{What: err.Error()}
	var refusal *plan.Refusal
	if errors.As(err, &refusal) {
		r = *refusal
	}
	r.Title = cmp.Or(r.Title, "This cannot go on yet.")
	return r
}

// AfterRefusal is what became of the team's setup, of which so many changes were made
// before, and of what was answered; draft says that the answers are on the disk for the
// next run.
func AfterRefusal(applied int, draft bool) string {
	text := "Nothing was changed."
	if applied > 0 {
		text = changes(applied, "made before this stays", "made before this stay") + "."
	}
	if draft {
		text += " Your answers are kept."
	}
	return text
}
