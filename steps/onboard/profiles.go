package onboard

import (
	"slices"

	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/files/profiles"
	"stateroom/steps/plan"
)

// planProfiles writes the region of the credentials' profile and one role
// profile for each environment that the user reaches. A profile of that name
// that gets its credentials in another way is the user's own, and stays.
func planProfiles(in *inputs, who *identity) {
	want, cleared := ownProfiles(in, who)
	edit, err := profiles.EditAll(profiles.Config, in.config, want)
	if err != nil {
		f := cannotEdit(err)
		f.Details = "By hand, in " + in.config.Path + ":\n" + profiles.ByHand(profiles.Config, want)
		in.find(f)
		return
	}
	if !edit.Changes() {
		return
	}
	c := plan.FileChange(in.answers, edit, steps.RoleProfiles)
	for i, other := range in.review.Changes {
		if slices.Contains(cleared, other.Profile) {
			in.review.Changes[i].Needs = append(slices.Clone(other.Needs), c.ID)
		}
	}
	in.add(c)
}

// ownProfiles are the profiles that nothing of the user's stands against, and
// those of which a stale token goes.
func ownProfiles(in *inputs, who *identity) (free []profiles.Wanted, cleared []string) {
	var known []blueprint.Environment
	for _, e := range in.environments(who.user) {
		if e.Account != "" && in.stopped(steps.RoleChange(e.Name)) == "" {
			known = append(known, e)
		}
	}
	all := steps.Profiles(in.answers, who.Partition, known, in.regions)
	if who.profile != in.answers.AdminProfile {
		all = append(all, profiles.Wanted{Name: who.profile, Set: []profiles.KeyValue{profiles.KV("region", in.answers.StateRegion)}})
	}
	here := profiles.Together(in.credentials, in.config)
	cleared = steps.WithoutStaleToken(all, here)
	for _, e := range all {
		if err := here.Conflict(e); err != nil {
			in.find(cannotEdit(err))
			continue
		}
		free = append(free, e)
	}
	return free, cleared
}
