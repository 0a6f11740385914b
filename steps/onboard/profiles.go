package onboard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// planProfiles writes the region of the credentials' profile and one role
// profile for each environment that the user reaches. A profile of that name
// that gets its credentials in another way is the user's own, and stays.
func (s *scene) planProfiles(context.Context) error {
	want, cleared := s.ownProfiles()
	edit, err := profiles.EditAll(profiles.Config, s.config, want)
	if err != nil {
		f := s.cannotEdit(err)
		f.Details = "By hand, in " + s.config.Path + ":\n" + byHand(want)
		s.find(f)
		return nil
	}
	if !edit.Changes() {
		return nil
	}
	c := plan.FileChange(s.a, edit, steps.RoleProfiles)
	for i, other := range s.review.Changes {
		if slices.Contains(cleared, other.Profile) {
			s.review.Changes[i].Needs = append(slices.Clone(other.Needs), c.ID)
		}
	}
	s.add(c)
	return nil
}

// ownProfiles are the profiles that nothing of the user's stands against, and
// those of which a stale token goes.
func (s *scene) ownProfiles() (free []profiles.Wanted, cleared []string) {
	var known []blueprint.Environment
	for _, e := range s.a.EnvironmentsFor(s.user) {
		if e.Account != "" {
			known = append(known, e)
		}
	}
	all := steps.Profiles(s.a, s.identity.Partition, known)
	if s.profile != s.a.AdminProfile {
		all = append(all, profiles.Wanted{Name: s.profile, Set: []profiles.KeyValue{profiles.KV("region", s.region)}})
	}
	cleared = steps.WithoutStaleToken(all, s.credentials, s.config)
	for _, e := range all {
		if err := e.Conflict(s.credentials, s.config); err != nil {
			s.find(s.cannotEdit(err))
			continue
		}
		free = append(free, e)
	}
	return free, cleared
}

func byHand(wanted []profiles.Wanted) string {
	var sections []string
	for _, e := range wanted {
		sections = append(sections, e.ByHand(profiles.Config))
	}
	return strings.Join(sections, "\n")
}

// openToOthers tells of a credentials file that others on this machine can read.
func (s *scene) openToOthers() {
	if !s.credentials.LooseMode() {
		return
	}
	s.find(plan.Finding{
		ID: "onboard.file-open", Of: plan.StepFiles, Severity: plan.Warning,
		Evidence: fmt.Sprintf("%s can be read by others on this machine (mode %04o).", s.credentials.Path, s.credentials.Mode.Perm()),
		Remedy:   "Close it with chmod 600 " + s.credentials.Path + ".",
	})
}

// overriding are the variables that win over the profiles wherever none is named
// on purpose: in the AWS CLI, and in Terraform files without a profile.
var overriding = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}

// overridden tells which variables of this shell would win.
func (s *scene) overridden() {
	var set []string
	for _, name := range overriding {
		if s.env.Environ.Get(name) != "" {
			set = append(set, name)
		}
	}
	for _, name := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if named := s.env.Environ.Get(name); named != "" && named != s.a.AdminProfile {
			set = append(set, name)
		}
	}
	if len(set) == 0 {
		return
	}
	f := plan.Finding{
		ID: "onboard.environment-wins", Of: plan.StepFiles, Severity: plan.Info,
		Evidence: fmt.Sprintf("In this shell %s win over profile %s in the AWS CLI; the team's Terraform files name the profile, which wins over them.", strings.Join(set, ", "), s.a.AdminProfile),
		Remedy:   "Take them out with: unset " + strings.Join(set, " "),
	}
	if !s.a.ProfileInFiles {
		f.Severity = plan.Warning
		f.Evidence = fmt.Sprintf("In this shell %s win over profile %s, in Terraform too, since the team's files name no profile.", strings.Join(set, ", "), s.a.AdminProfile)
	}
	s.find(f)
}
