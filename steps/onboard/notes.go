package onboard

import (
	"fmt"
	"strings"

	"stateroom/steps/plan"
)

// Close tells what was written where and what to do next.
func (o *Onboarding) Close(summary *plan.Summary) []string {
	s := o.last
	if s == nil || summary.DryRun || summary.Declined {
		return nil
	}
	var notes []string
	if summary.Stopped || summary.Failed+summary.Unknown > 0 || !s.owned() {
		return notes
	}
	if summary.Applied > 0 {
		notes = append(notes,
			fmt.Sprintf("Key: %s, in profile %s of %s.%s", s.held, s.profile, s.credentials.Path, s.alone()),
			fmt.Sprintf("Profiles: %s, in %s.", strings.Join(s.profileNames(), ", "), s.config.Path))
		notes = append(notes, s.sessionNote()...)
	}
	return append(notes, s.next())
}

// alone says that nobody else has the key, once that is so.
func (s *scene) alone() string {
	if s.leftover() != "" || s.env.Journal.Value(keyChange(s.user), "id") != s.held {
		return ""
	}
	return " It was made on this laptop, and nobody else ever had it."
}

func (s *scene) profileNames() []string {
	const most = 12
	var names []string
	environments := s.a.EnvironmentsFor(s.user)
	for i, e := range environments {
		if i == most {
			return append(names, fmt.Sprintf("and %d more", len(environments)-most))
		}
		names = append(names, s.a.ProfileFor(e.Name))
	}
	return names
}

// next is the one command to go on with.
func (s *scene) next() string {
	for _, at := range s.projects {
		if at.Problem == nil && at.Initialised && at.Providers && s.env.Engine != nil {
			return "Next: terraform plan in " + at.Dir + "."
		}
	}
	if all := s.a.EnvironmentsFor(s.user); len(all) > 0 {
		return "Next: aws sts get-caller-identity --profile " + s.a.ProfileFor(all[0].Name) + "."
	}
	return "Next: ask the operator for an environment to work on."
}
