package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// doneStep is step 9: the team's answers on the disk, and what was built.
func doneStep() Step {
	return Step{
		Name: plan.StepDone, Title: "Finish", Short: "Finish",
		Why: "Everything that the team has to agree on is in one file, stateroom.hcl, without any secret. " +
			"Commit it: the next admin's laptop is set up from it.",
		Inspect: inspectDone, Plan: planDone,
	}
}

// DoneFacts are what is left to tell.
type DoneFacts struct {
	Blueprint files.Snapshot
	// Handovers are the users whose sealed file lies beside the blueprint.
	Handovers []string
}

// inspectDone looks for the blueprint and for handovers still to collect.
func inspectDone(_ context.Context, env *engine.Env, _ *blueprint.Answers, o *Observed) error {
	var err error
	o.Done.Blueprint, err = files.Read(env.BlueprintPath)
	o.Done.Handovers = pendingHandovers(env)
	return err
}

// planDone writes the blueprint when there is none. One that is there is the
// team's: nothing that --set overrides goes into it.
func planDone(o *Observed, a *blueprint.Answers) plan.Proposal {
	if o.Done.Blueprint.Exists {
		return planTold(o, a)
	}
	told := a.Clone()
	if len(a.IdentityGroups()) > 0 {
		told.IdentityCenter = o.portal(a)
	}
	edit := files.Edit{Before: o.Done.Blueprint, After: files.Content(told.HCL()), Mode: 0o644}
	return plan.Proposal{Changes: []plan.Change{{
		ID: "done.blueprint", Action: plan.WriteFile, Title: "Write the team's answers to the blueprint",
		Target: edit.Before.Path, Account: a.AdminAccount, Fields: []plan.Field{{Name: "blueprint", After: edit.Before.Path}},
		Write: plan.WriteOf(edit),
	}}}
}

// planTold offers the blueprint what was found and it does not say, where somebody is
// asked: the roles by which accounts were entered, where they are others than it names, and
// where people sign in.
func planTold(o *Observed, a *blueprint.Answers) (p plan.Proposal) {
	if !a.Asked || files.NotToBeEdited(o.Done.Blueprint) != nil {
		return p
	}
	c := plan.Change{
		Action: plan.WriteFile, Purpose: plan.Cosmetic, Target: o.Done.Blueprint.Path, Account: a.AdminAccount,
		Undo: "a backup of the file is kept, and named at the end",
	}
	edit := files.Edit{Before: o.Done.Blueprint, After: o.Done.Blueprint.Bytes, Mode: 0o644}
	found := map[string]string{}
	for _, e := range a.Environments {
		if f := o.Role(e.Name); f.otherwise(a, e) {
			found[e.Name] = f.Reach
			c.Fields = append(c.Fields, plan.Field{Name: "environment." + e.Name + ".reach", Before: e.Reach, After: f.Reach})
		}
	}
	if at := o.portal(a); len(a.IdentityGroups()) > 0 && at != a.IdentityCenter {
		after, err := blueprint.SetPortal(edit.After, at)
		if err != nil {
			return p // it stays as it is, and whoever signs in is asked
		}
		c.ID, c.Title, edit.After = "done.identity-center", "Write into the blueprint where people sign in", after
		c.Fields = append(c.Fields,
			plan.Field{Name: "identity_center.start_url", Before: a.IdentityCenter.StartURL, After: at.StartURL},
			plan.Field{Name: "identity_center.region", Before: a.IdentityCenter.Region, After: at.Region})
	}
	if len(found) > 0 {
		after, err := blueprint.SetReach(edit.After, found)
		if err != nil {
			return p // it stays as it is, and the roles are used all the same
		}
		c.ID, c.Title, edit.After = "done.reach", "Write the roles through which accounts are entered to the blueprint", after
		c.Fixes = []string{"iam.reached-otherwise"}
	}
	if edit.Changes() { // else the file says it, and this run began before it did
		c.Write = plan.WriteOf(edit)
		p.Change(c)
	}
	return p
}

// closingNotes say what exists, where, what it costs a month, and what to do next.
func closingNotes(o *Observed, a *blueprint.Answers, s *plan.Summary) (notes []string, then string) {
	if o == nil || !s.CarriedOut() || s.Failed > 0 || o.Key.Key == nil {
		return nil, ""
	}
	var environments []string
	for _, e := range a.Environments {
		environments = append(environments, e.Name)
	}
	notes = []string{
		fmt.Sprintf("State: s3://%s in %s.", a.Bucket.Name, a.StateRegion),
		"Encrypted with the key: " + o.Key.Key.ARN, // on a line of its own, to be copied
		"Lock: " + lockNote(a) + ".",
		fmt.Sprintf("Environments: %s.", plan.Listed(environments)),
		"Cost: about 1 USD a month for the key, and cents for bucket and lock.",
	}
	return notes, next(o, a)
}

// next is what to do now: with the files, with the keys that wait, and in the projects.
func next(o *Observed, a *blueprint.Answers) string {
	to := []string{"commit " + o.Done.Blueprint.Path + " with the projects' files"}
	waiting := slices.DeleteFunc(slices.Clone(o.Done.Handovers), func(user string) bool {
		if a.BreaksGlass(user) {
			to = append(to, "move handover/"+user+".age into a safe")
		}
		return a.BreaksGlass(user)
	})
	switch len(waiting) {
	case 0:
	case 1:
		to = append(to, fmt.Sprintf("send handover/%s.age to %s, who runs stateroom onboard --handover FILE in a clone", waiting[0], waiting[0]))
	default:
		to = append(to, "send each file in handover/ to its admin, who runs stateroom onboard --handover FILE in a clone")
	}
	if projects := reachable(o, a); len(projects) > 0 && adminHere(o, a) {
		to = append(to, "run terraform plan in "+o.Files.Projects[projects[0].Name].Files.Dir)
	}
	return strings.Join(to, "; then ")
}

func lockNote(a *blueprint.Answers) string {
	switch {
	case a.Lock.DynamoDBTable == "":
		return "the S3 lock file"
	case a.Lock.UseLockfile:
		return "the S3 lock file and DynamoDB table " + a.Lock.DynamoDBTable
	}
	return "DynamoDB table " + a.Lock.DynamoDBTable
}
