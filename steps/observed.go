package steps

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// me is the user whose laptop this is: the owner of the admin's key, or who --me
// says will be; empty where nothing tells.
func me(o *Observed, a *blueprint.Answers) string {
	return cmp.Or(o.IAM.owner(), a.Me)
}

// reachable are the projects that this laptop's admin may work on: those of
// the user's groups, or all where it is not known which user that is.
func reachable(o *Observed, a *blueprint.Answers) []blueprint.Project {
	if group := memberHere(o, a); group != "" {
		return a.ProjectsOf(group)
	}
	user := me(o, a)
	if user == "" {
		return a.Projects
	}
	return a.ProjectsFor(user)
}

// Observed is what the inspections found: facts, no judgement. Each step fills
// its own part, so that all of them can look at once.
type Observed struct {
	Account AccountFacts
	IAM     IAMFacts
	Region  RegionFacts
	Key     KeyFacts
	Bucket  BucketFacts
	Lock    LockFacts
	Files   FileFacts
	Init    InitFacts
	Done    DoneFacts
	// Quotas are IAM's of the accounts that were asked, by account and name
	// ([ReadQuotas]).
	Quotas map[string]map[string]int
	// reading is of the projects' files, by whichever step asks first.
	reading sync.Once
	// Forbidden are the changes that AWS will refuse, as a preflight found, and those that
	// need one of them, by the id of the finding that tells.
	Forbidden map[string]string
	// Fresh says that something was made just now, for which the probes have
	// to be patient, and Undone is what of it is still to do. Obstacles say of what was not
	// made why: a probe that rests on it is not made.
	Fresh     bool
	Undone    []plan.Change
	Obstacles map[string]plan.Obstacle
}

// readProjects reads the projects' files, unless another step has.
func (o *Observed) readProjects(env *engine.Env, a *blueprint.Answers) map[string]engine.ProjectFiles {
	o.reading.Do(func() { o.Files.Projects = engine.ReadProjects(env, a) })
	return o.Files.Projects
}

// partition is the caller's: aws, aws-cn, aws-us-gov.
func (o *Observed) partition() string { return o.Account.Identity.Partition }

// orgID is the organization's id, or empty without one.
func (o *Observed) orgID() string {
	if o.Account.Organization == nil {
		return ""
	}
	return o.Account.Organization.ID
}

// environment is e with its account id filled in: from the blueprint, from the
// organization by e-mail, or a reference to the account that is to be created.
func (o *Observed) environment(e blueprint.Environment) blueprint.Environment {
	if e.Account != "" {
		return e
	}
	if a, ok := o.Account.ByEmail(e.Email); ok {
		e.Account = a.ID
		return e
	}
	e.Account = awsops.Ref(accountChange(e.Name), "account")
	return e
}

// environments is every environment of the blueprint with its account.
func (o *Observed) environments(all []blueprint.Environment) []blueprint.Environment {
	resolved := make([]blueprint.Environment, len(all))
	for i, e := range all {
		resolved[i] = o.environment(e)
	}
	return resolved
}

// patience is how long a probe may wait for AWS to show what was made: not at all where
// something that it rests on was not made. That another change failed says nothing.
func (o *Observed) patience(env *engine.Env, restsOn func(plan.Change) bool) time.Duration {
	if !o.Fresh || slices.ContainsFunc(o.Undone, func(c plan.Change) bool { return c.Purpose != plan.Cosmetic && restsOn(c) }) {
		return 0
	}
	return env.Patience
}

// inAdminAccount tells a change on which every admin's work rests. A project's files
// have no say in what AWS lets an admin do.
func inAdminAccount(c plan.Change) bool { return c.Environment == "" && len(c.Calls) > 0 }

// ofAdmins tells a change of the admins themselves.
func ofAdmins(c plan.Change) bool { return inAdminAccount(c) && c.Of == plan.StepIAM }

// forEach asks about all of items at once, limit at a time (0 for no limit), and gives
// the answers in their order. The first error ends the others.
func forEach[T, V any](ctx context.Context, limit int, items []T, ask func(context.Context, T) (V, error)) ([]V, error) {
	answers := make([]V, len(items))
	g, ctx := errgroup.WithContext(ctx)
	if limit > 0 {
		g.SetLimit(limit)
	}
	for i, item := range items {
		g.Go(func() (err error) {
			answers[i], err = ask(ctx, item)
			return err
		})
	}
	return answers, g.Wait()
}
