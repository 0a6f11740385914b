package onboard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/files"
)

// Offboard takes one admin's rights: access keys are deactivated, memberships,
// console password and MFA devices removed, the sealed file and the blueprint's
// line taken away. The keys and the user themselves are deleted only once the
// operator has typed the user's name. The operator runs it.
type Offboard struct {
	Answers *steps.Answers
	// User is the admin as the command line names it.
	User string
}

// offboardFacts are what an offboarding is planned from.
type offboardFacts struct {
	name string
	// user is nil once it is gone.
	user     *awsops.User
	keys     []awsops.AccessKey
	groups   []string
	devices  []awsops.MFADevice
	password bool
	// left are virtual devices in the user's name that are nobody's factor.
	left       []string
	belongings awsops.Belongings
	// unseen is why the belongings cannot be read; nil where they were.
	unseen error
	sealed files.Snapshot
	link   bool
	// begun says that this laptop has taken the user out of the blueprint.
	begun bool
	// blueprint takes the user out of the file; unedited is why it cannot.
	blueprint files.Edit
	unedited  error
}

// Look reads what the user has and plans to take it. It is the Look of a
// [steps.Flow]. Oneself and users that are none of this team's are a
// [steps.Refusal].
func (o *Offboard) Look(ctx context.Context, env *steps.Env) (steps.Review, error) {
	identity, err := steps.Operator(ctx, env, o.Answers)
	if err != nil {
		return steps.Review{}, err
	}
	f, err := o.inspect(ctx, env)
	if err != nil {
		return steps.Review{}, err
	}
	if err := o.refuse(f, identity); err != nil {
		return steps.Review{}, err
	}
	return o.plan(f), nil
}

// Close tells what the offboarding does not end.
func (o *Offboard) Close(s *steps.Summary) []string {
	if s.DryRun || s.Applied == 0 || s.Failed > 0 {
		return nil
	}
	return []string{
		fmt.Sprintf("Role sessions that %s opened before end by themselves: within an hour, or what a role's maximum allows.", o.User),
		"The state, its bucket and key, and the rights of all others are as they were.",
		"Next: commit the blueprint, then run stateroom setup: it looks for key policies and trusts that still name the user.",
	}
}

// refuse keeps the operator from what this must not do.
func (o *Offboard) refuse(f offboardFacts, who awsops.Identity) error {
	if who.Kind == awsops.KindUser && strings.EqualFold(who.Name, f.name) {
		return &steps.Refusal{
			Finding: "offboard.oneself",
			What:    fmt.Sprintf("You are %s yourself (%s).", f.name, who.ARN),
			Remedy:  "Let another operator do it, or choose another profile with --profile.",
		}
	}
	named := slices.ContainsFunc(o.Answers.AllUsers(), func(u string) bool { return u == f.name })
	key, value := o.Answers.Tag()
	ours := f.user != nil && f.user.Tags[key] == value
	if !named && !ours && !f.begun {
		return &steps.Refusal{
			Finding: "offboard.unknown-user",
			What:    fmt.Sprintf("%s is no user of the blueprint, and no user of account %s that carries its tag.", f.name, o.Answers.AdminAccount),
			Remedy:  "Correct the name: the blueprint's users are " + strings.Join(o.Answers.AllUsers(), ", ") + ".",
		}
	}
	return nil
}

// inspect reads what is there.
func (o *Offboard) inspect(ctx context.Context, env *steps.Env) (offboardFacts, error) {
	f := offboardFacts{name: o.User}
	for _, u := range o.Answers.AllUsers() {
		if strings.EqualFold(u, o.User) {
			f.name = u
		}
	}
	o.User = f.name
	facts, err := steps.InspectUser(ctx, env, o.Answers, f.name)
	if err != nil {
		return f, err
	}
	f.user, f.keys, f.sealed, f.link = facts.User, facts.Keys, facts.Handover, facts.HandoverLink
	f.begun = env.Journal.Intended(blueprintChange(f.name))
	home := env.Sessions.Home(o.Answers.StateRegion)
	if f.left, err = unassigned(ctx, home, f.name); err != nil {
		return f, err
	}
	if f.user != nil {
		if err := f.inspectUser(ctx, home); err != nil {
			return f, err
		}
	}
	return f, f.inspectBlueprint(env.BlueprintPath)
}

// unassigned are the virtual devices in the user's name that nobody uses. An
// operator who may not list devices leaves them: they open nothing.
func unassigned(ctx context.Context, home *awsops.Session, user string) ([]string, error) {
	serials, err := home.UnassignedMFADevices(ctx)
	if awsops.IsAccessDenied(err) {
		return nil, nil
	}
	return slices.DeleteFunc(serials, func(s string) bool { return !strings.HasSuffix(s, ":mfa/"+user) }), err
}

func (f *offboardFacts) inspectUser(ctx context.Context, home *awsops.Session) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { f.groups, err = home.UserGroups(ctx, f.name); return err })
	g.Go(func() (err error) { f.devices, err = home.MFADevices(ctx, f.name); return err })
	g.Go(func() (err error) { f.password, err = home.HasPassword(ctx, f.name); return err })
	g.Go(func() error {
		// Without the right to see them the user's rights can be taken all the same.
		var err error
		if f.belongings, err = home.Belongings(ctx, f.name); awsops.IsAccessDenied(err) {
			f.unseen = err
			return nil
		}
		return err
	})
	return g.Wait()
}

// inspectBlueprint plans to take the user out of the file that the next set-up
// reads, as it would make the user again. A file that is not there names nobody.
func (f *offboardFacts) inspectBlueprint(path string) error {
	file, err := files.Read(path)
	if err != nil || !file.Exists {
		return err
	}
	arn := ""
	if f.user != nil {
		arn = f.user.ARN
	}
	f.blueprint = files.Edit{Before: file}
	f.blueprint.After, f.unedited = steps.WithoutUser(file.Bytes, f.name, arn)
	return nil
}

func blueprintChange(user string) string { return "offboard.blueprint." + user }
