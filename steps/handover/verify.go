package handover

import (
	"fmt"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// Check tells whether a handover belongs to the team whose repository this is,
// and gives the blueprint to go by. age does not say who sealed a file, so the
// repository has to agree with it, in meaning and not in spelling. Without a
// repository's blueprint the person has to know the account: typed is the id as
// it was typed, and the handover's own blueprint is taken. Every error is a
// [*plan.Refusal].
func Check(h *Handover, repository *blueprint.Blueprint, typed string, now time.Time) (*blueprint.Blueprint, error) {
	if err := expired(h, now); err != nil {
		return nil, err
	}
	sealed, err := blueprint.Parse("the handover's blueprint", []byte(h.Blueprint))
	if err != nil || sealed.AdminAccount != h.Account {
		return nil, notOurs(err)
	}
	if repository == nil {
		return sealed, knows(h, typed)
	}
	if repository.AdminAccount != h.Account {
		return nil, &plan.Refusal{
			Finding: "onboard.handover-other-account",
			What:    fmt.Sprintf("The handover is for account %s, and the blueprint of this repository names %s.", h.Account, repository.AdminAccount),
			Remedy:  "Run it in a clone of the repository that the handover belongs to.",
		}
	}
	ours, theirs := string(repository.HCL()), string(sealed.HCL())
	if ours == theirs {
		return repository, nil
	}
	line, other := firstDifference(ours, theirs)
	return nil, &plan.Refusal{
		Finding: "onboard.handover-other-blueprint",
		What:    fmt.Sprintf("The handover was made with a different blueprint than this repository has: it says %q where the repository says %q.", other, line),
		Remedy:  "Pull the team's latest blueprint; if that does not help, ask the operator for a new handover.",
	}
}

// knows refuses where the person does not name the handover's account.
func knows(h *Handover, typed string) error {
	switch typed = strings.TrimSpace(typed); typed {
	case h.Account:
		return nil
	case "":
		return &plan.Refusal{
			Finding: "onboard.account-untold",
			What:    "There is no blueprint here to check the handover against, and a seal does not say who made it.",
			Remedy:  "Type the id of the team's admin account, or run it in a clone of the team's repository.",
		}
	}
	return &plan.Refusal{
		Finding: "onboard.handover-other-account",
		What:    fmt.Sprintf("The handover is for account %s, and %s was typed.", h.Account, typed),
		Remedy:  "Ask the team for the id of its admin account; use no handover for another.",
	}
}

func expired(h *Handover, now time.Time) error {
	if h.Expires == "" {
		return nil // version 1
	}
	until, err := time.Parse(time.RFC3339, h.Expires)
	if err != nil {
		return notOurs(err)
	}
	if now.Before(until) {
		return nil
	}
	return &plan.Refusal{
		Finding: "onboard.handover-expired",
		What:    fmt.Sprintf("The handover expired on %s.", awsops.Moment(until)),
		Remedy:  AskAgain,
	}
}

// firstDifference gives the first line in which two texts differ, of each.
func firstDifference(a, b string) (first, second string) {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(as), len(bs)) {
		first, second = lineOf(as, i), lineOf(bs, i)
		if first != second {
			break
		}
	}
	return first, second
}

func lineOf(lines []string, i int) string {
	if i >= len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[i])
}
