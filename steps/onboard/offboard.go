package onboard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// Offboard ends one admin's access: everything is denied to the user at once,
// which counts for sessions that are open, too; then keys and other credentials
// are deactivated, the console password and the memberships taken away, and the
// user leaves the key policy, the roles' trusts and the blueprint. Role sessions
// that the user may hold are ended, and the user is deleted, only once the
// operator has typed out so. The operator runs it. It is not safe for concurrent
// use.
type Offboard struct {
	Answers *blueprint.Answers
	// User is the admin as the command line names it.
	User string
	// Now is the clock, time.Now but for tests.
	Now func() time.Time

	// last is what the newest look found, nil where it failed, and proven what AWS
	// said when asked.
	last   *offboarding
	proven plan.Check
	// took says that a look of this run has found a membership to take.
	took bool
}

// Flow is the run of an offboarding in env.
func (o *Offboard) Flow(env *engine.Env) *engine.Flow {
	return &engine.Flow{Env: env, Answers: o.Answers, Steps: steps.Order(), Look: o.Look, Preflight: o.preflight, Prove: o.Prove, Close: o.Close}
}

// offboardFacts are what an offboarding is planned from.
type offboardFacts struct {
	steps.UserFacts // of which the user is nil once it is gone
	name            string
	operator        awsops.Identity
	groups          []awsops.GroupRef
	devices         []awsops.MFADevice
	password        bool
	// left are virtual devices in the user's name that are nobody's factor.
	left       []string
	belongings awsops.Belongings
	access     accessFacts
	// begun says that this laptop has taken the user out of the blueprint.
	begun bool
	// denyAll is the ARN of the managed policy that denies everything, and denied
	// says that the user has it.
	denyAll string
	denied  bool
	// now is AWS's time of the look. ended is the time from which on the user could
	// open no session any more, zero where this laptop does not know it.
	now, ended time.Time
	// blueprint takes the user out of the file; unedited is why it cannot.
	blueprint files.Edit
	unedited  error
}

// offboarding is what one look found, with what is to be taken of it.
type offboarding struct {
	*report
	offboardFacts
	answers *blueprint.Answers
}

// Look reads what the user has and plans to take it. It is the Look of a
// [engine.Flow]. Oneself and users that are none of this team's are a
// [plan.Refusal].
func (o *Offboard) Look(ctx context.Context, env *engine.Env) (plan.Review, error) {
	o.last = nil
	identity, err := steps.Operator(ctx, env, o.Answers)
	if err != nil {
		return plan.Review{}, err
	}
	f, err := o.inspect(ctx, env, identity)
	if err != nil {
		return plan.Review{}, steps.AskFactor(ctx, env, o.Answers, err)
	}
	if o.inDirectory(f) {
		return o.lookMember(ctx, env, identity)
	}
	if err := o.refuse(f, identity); err != nil {
		return plan.Review{}, err
	}
	f.operator = identity
	o.last = &offboarding{report: &report{env: env}, offboardFacts: f, answers: o.Answers}
	o.last.planAll()
	o.last.review.Outcome, o.last.review.Actor = o.last.outcome(plan.Check{}), steps.Acting(identity)
	if f.User != nil { // AWS can be asked nothing of who is not there
		o.last.review.Proof = plan.Unproved(plan.NotTried)
	}
	return o.last.review, nil
}

// inDirectory tells whether the person is to be looked for in Identity Center's directory:
// where groups sign in there, and no user of IAM's is meant.
func (o *Offboard) inDirectory(f offboardFacts) bool {
	ours := f.User != nil && plan.Ours(o.Answers, f.User.Tags)
	return len(o.Answers.IdentityGroups()) > 0 && !slices.Contains(o.Answers.AllUsers(), f.name) && !ours && !f.begun
}

// oneself refuses to take one's own access away.
func oneself(name string, who awsops.Identity) *plan.Refusal {
	return &plan.Refusal{
		Finding: "offboard.oneself",
		What:    fmt.Sprintf("You are %s yourself (%s).", name, who.ARN),
		Remedy:  "Ask another operator to do it, or choose another profile with --profile.",
	}
}

// refuse keeps the operator from what this must not do.
func (o *Offboard) refuse(f offboardFacts, who awsops.Identity) error {
	if who.Kind == awsops.KindUser && strings.EqualFold(who.Name, f.name) {
		return oneself(f.name, who)
	}
	named := slices.Contains(o.Answers.AllUsers(), f.name)
	ours := f.User != nil && plan.Ours(o.Answers, f.User.Tags)
	if !named && !ours && !f.begun {
		return &plan.Refusal{
			Finding: "offboard.unknown-user",
			What:    fmt.Sprintf("%s is not one of the blueprint's users, and no user of account %s that carries its tag.", f.name, o.Answers.AdminAccount),
			Remedy: "If they have left already, nothing is left to do. Otherwise, correct the name" + blueprint.DidYouMean(f.name, o.Answers.AllUsers()) +
				": the blueprint's users are " + strings.Join(o.Answers.AllUsers(), ", ") + ".",
		}
	}
	return nil
}

// inspect reads what is there.
func (o *Offboard) inspect(ctx context.Context, env *engine.Env, operator awsops.Identity) (offboardFacts, error) {
	o.User, _ = o.Answers.User(o.User)
	f := offboardFacts{name: o.User, denyAll: policy.DenyAll(operator.Partition)}
	var err error
	if f.UserFacts, err = steps.InspectUser(ctx, env, o.Answers, f.name); err != nil {
		return f, err
	}
	f.begun = env.Journal.Intended(blueprintChange(f.name))
	home := env.Sessions.Home(o.Answers.StateRegion)
	if f.left, err = unassigned(ctx, home, f.name); err != nil {
		return f, err
	}
	if f.User != nil {
		if err := f.inspectUser(ctx, home); err != nil {
			return f, err
		}
	}
	if f.access, err = inspectAccess(ctx, env, o.Answers); err != nil {
		return f, err
	}
	f.times(env, home, o.Now())
	return f, f.inspectBlueprint(env.BlueprintPath)
}

// times tells when the access ended, by AWS's clock. An answer that came while
// the old policies may have counted still is no end.
func (f *offboardFacts) times(env *engine.Env, home *awsops.Session, now time.Time) {
	skew, _ := home.ClockSkew() // unknown is none
	f.now = now.Add(skew).UTC()
	f.denied = slices.ContainsFunc(f.belongings.Attached, func(p awsops.PolicyRef) bool { return p.ARN == f.denyAll })
	done, ended := env.Journal.Finished(denyChange(f.name))
	if !ended || f.User != nil && !f.denied {
		return
	}
	if at, err := time.Parse(time.RFC3339, done[engine.OutputSettled]); err == nil {
		f.ended = at
	}
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
	g.Go(func() (err error) { f.belongings, err = home.Belongings(ctx, f.name); return err })
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
	if f.User != nil {
		arn = f.User.ARN
	}
	f.blueprint = files.Edit{Before: file}
	f.blueprint.After, f.unedited = blueprint.RemoveUser(file.Bytes, f.name, arn)
	if f.unedited == nil && f.blueprint.Changes() {
		f.unedited = files.NotToBeEdited(file)
	}
	return nil
}

func blueprintChange(user string) string { return "offboard.blueprint." + user }

// topicOffboard is the topic of what is taken from somebody who leaves.
const topicOffboard = "offboard"

func denyChange(user string) string { return "offboard.deny." + user }
