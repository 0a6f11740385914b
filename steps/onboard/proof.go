package onboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// The checks of a project that take a write, and the last: what all of this is for.
const (
	checkUse  = "key usable"
	checkLock = "lock works"
	checkPlan = "terraform plan"
)

// plansAtOnce bounds the Terraforms that run at the same time: each starts a
// provider of several hundred megabytes.
const plansAtOnce = 3

// lockWait lets a plan wait for a colleague's, which takes seconds.
const lockWait = "-lock-timeout=30s"

// prove uses every project's key and lock, and lets Terraform plan in it. One
// project that fails does not stop the others. What rests on something that a finding
// stops, or that could not be read, is not tried: the finding says all that can be done.
func (l *look) prove(ctx context.Context) {
	for _, f := range engine.TidyProofs(ctx, l.env, l.answers, l.worker.Session) {
		l.find(f)
	}
	var states, plans []func()
	for _, p := range l.projects(l.who.user) {
		if l.stateKey != nil && l.readable[p.Name] {
			states = append(states, func() { l.worker.proveState(ctx, p, l.stateKey) })
			continue
		}
		for _, name := range []string{checkUse, checkLock} {
			l.untried(plan.Check{Name: name, Subject: p.Name}, becauseOf(l.stopped(plan.ProjectID(p.Name))))
		}
	}
	for _, p := range l.projects(l.who.user) {
		i := slices.IndexFunc(l.written, func(at projectFiles) bool { return at.Project.Name == p.Name })
		by := l.stopped(plan.ProjectID(p.Name), steps.RoleChange(p.Environment))
		if by == "" && i >= 0 && l.written[i].Problem != nil {
			by = l.written[i].Problem.ID
		}
		if by != "" || i < 0 || !l.readable[p.Name] {
			l.untried(plan.Check{Name: checkPlan, Subject: p.Name}, becauseOf(by))
			continue
		}
		at := l.written[i]
		withoutProviders := at.Right && at.Initialised && !at.Providers // which says more than that init is due
		if by := l.unmade(at); by.Known() && !withoutProviders {
			c := plan.Check{Name: checkPlan, Subject: p.Name, Remedy: by.Remedy("stateroom onboard")}
			l.untried(c, by.Because())
			continue
		}
		plans = append(plans, func() {
			if ctx.Err() == nil {
				l.worker.plan(ctx, l.written[i])
			}
		})
	}
	engine.Together(l.env.Parallel, states...)
	engine.Together(plansAtOnce, plans...)
}

// unmade is what keeps a change of a project's files, or of its initialization.
func (l *look) unmade(at projectFiles) plan.Obstacle {
	if by := l.obstacles[plan.InitID(at.Project.Name)]; by.Known() {
		return by
	}
	for _, c := range slices.Concat(l.review.Changes, l.review.NotOurs, l.review.Excluded) {
		if by := l.obstacles[c.ID]; by.Known() && c.ProjectDir() == at.Dir {
			return by
		}
	}
	return plan.Obstacle{}
}

// becauseOf is the clause of what stops a check: a finding, or where none does a state that
// could not be read.
func becauseOf(finding string) string {
	if finding == "" {
		return "because the state could not be read"
	}
	return plan.Obstacle{Finding: finding}.Because()
}

// untried books a check that was not made, and the clause that says why.
func (r *report) untried(c plan.Check, why string) {
	c.Asked = "nothing"
	r.undecided(c, "not tested, "+why)
}

// checkReadable reads a project's state, or sees that there is none yet; it is false
// where the state cannot be read.
func (w worker) checkReadable(ctx context.Context, p blueprint.Project) bool {
	c := plan.Check{
		Name: checkState, Subject: p.Name,
		Asked: fmt.Sprintf("s3:GetObject on %s/%s as %s", w.answers.Bucket.Name, p.StateKey, w.who.ARN),
	}
	_, err := w.GetObject(ctx, w.answers.Bucket.Name, p.StateKey)
	switch {
	case err == nil:
		w.passed(c, "read")
	case awsops.HasCode(err, "NoSuchKey"):
		w.checkAbsent(ctx, c, p)
	default:
		if f, ok := askOperator(err); ok {
			f.Stops = projectIDs([]blueprint.Project{p})
			w.broken(c, f)
		} else {
			w.unsettled(c, err)
		}
		return false
	}
	return true
}

// checkAbsent looks into a state that may be read and is not there: whoever
// applied after somebody has deleted it would make everything a second time.
func (w worker) checkAbsent(ctx context.Context, c plan.Check, p blueprint.Project) {
	deleted, err := w.IsDeleted(ctx, w.answers.Bucket.Name, p.StateKey)
	switch {
	case err != nil:
		w.undecided(c, "there is no state, and stateroom cannot tell whether one was deleted: "+diagnosis.Describe(err))
	case deleted:
		c.Answer = "it was deleted"
		w.broken(c, plan.Finding{
			ID: "state.deleted", Of: plan.StepInit, Severity: plan.Failure, Stops: []string{plan.ProjectID(p.Name)},
			Evidence: fmt.Sprintf("The state s3://%s/%s of project %s was deleted: a delete marker hides it.", w.answers.Bucket.Name, p.StateKey, p.Name),
			Remedy:   "Do not apply: everything that it held would be made a second time. Ask the operator to run stateroom troubleshoot, which looks for the version to put back.",
		})
	default:
		w.passed(c, "there is no state yet")
	}
}

// proveState uses key and lock of a project as Terraform does, in a workspace
// that nobody has.
func (w worker) proveState(ctx context.Context, p blueprint.Project, key *awsops.Key) {
	proof, err := engine.BeginProof(w.env, w.answers, p)
	if err != nil {
		w.unsettled(plan.Check{Name: checkUse, Subject: p.Name, Asked: "a note of the proof on this laptop"}, err)
		return
	}
	clean := true
	defer func() { proof.End(ctx, w.Session, clean) }()
	probe := engine.StateProbe{Store: engine.StoreOf(w.Session, w.answers, key.ARN), Object: proof.Object()}
	probing := awsops.WithProbe(ctx)
	for _, part := range []struct {
		name, asked, answer string
		run                 func(context.Context) error
	}{
		{checkUse, "s3:PutObject, GetObject and DeleteObject with " + key.ARN, "an object was written and read", probe.Key},
		{checkLock, "the lock of " + probe.Object, "taken, refused to a second, and released", probe.Lock},
	} {
		c := plan.Check{Name: part.name, Subject: p.Name, Asked: part.asked + " as " + w.who.ARN}
		err := part.run(probing)
		clean = clean && err == nil
		var fault *engine.ProbeFault
		switch {
		case errors.As(err, &fault):
			w.broken(c, plan.Finding{
				ID: fault.Finding, Of: plan.StepInit, Severity: plan.Failure, Evidence: diagnosis.Sentence(fault.Error()),
				Remedy: "Ask the operator to run stateroom setup: it shows what differs from the blueprint.",
			})
		case err != nil:
			w.failed(c, err)
		default:
			w.passed(c, part.answer)
		}
	}
}

// plan runs terraform plan in a project, as the user.
func (w worker) plan(ctx context.Context, at projectFiles) {
	name := at.Project.Name
	c := plan.Check{Name: checkPlan, Subject: name, Asked: "terraform plan in " + at.Dir}
	switch {
	case w.env.Engine == nil || w.env.Engine.Supports(w.answers.Lock.UseLockfile) != nil:
		w.undecided(c, "there is no Terraform here to run it")
		return
	case !w.factor.signedIn():
		w.undecided(c, "after stateroom login: profile "+w.answers.AdminProfile+" holds no session")
		return
	case !at.Right || !at.Initialised:
		w.broken(c, plan.Finding{
			ID: diagnosis.BackendNotInitialized.ID, Of: plan.StepInit, Severity: plan.Failure,
			Evidence: fmt.Sprintf("Project %s is not initialized, so Terraform was not run in it.", name),
			Remedy:   "Run terraform init in " + at.Dir + ": it says why.",
		})
		return
	case !at.Providers:
		c.Answer = "its providers are not installed here, so terraform plan was not run"
		w.leads(plan.Undecided, c, onceMore(engine.ProvidersUnreachable(name)))
		return
	}
	result, err := w.env.Engine.Run(ctx, terraform.Command{
		Project: terraform.Project{Dir: at.Dir, Environ: engine.AdminEnv(w.env, w.answers), Lines: func(line string) { // several run at once
			w.env.Emit(plan.Event{Kind: plan.EventLine, Text: name + ": " + line})
		}},
		Args: []string{"plan", lockWait},
	})
	if err == nil {
		w.passed(c, lastWord(result))
		return
	}
	w.planFailed(c, at, result, err)
}

// onceMore gives a finding the remedy that covers every project: what a run could
// not get, the next one tries to get again.
func onceMore(f plan.Finding) plan.Finding {
	f.Remedy = "Run stateroom onboard again where the provider registry or a mirror can be reached: it initializes what is missing."
	return f
}

// planFailed names the cause as troubleshooting does.
func (w worker) planFailed(c plan.Check, at projectFiles, result terraform.Result, err error) {
	f := plan.Finding{ID: "onboard.plan-failed", Of: plan.StepInit, Severity: plan.Failure, Evidence: diagnosis.Sentence(err.Error()), Remedy: "Run terraform plan in " + at.Dir + "."}
	if d := diagnosis.FromText(result.Output)[0]; diagnosis.Known(d.ID) {
		f.ID, f.Remedy = d.ID, d.Remedy
		f.Evidence = fmt.Sprintf("terraform plan in %s: %s", at.Dir, d.Meaning)
		f.Quote = d.Evidence[0]
	}
	// Neither is the fault of what was set up here: a colleague at work, and a
	// registry out of reach.
	if slices.Contains([]string{diagnosis.LockHeld.ID, diagnosis.ProviderUnavailable.ID, diagnosis.ProviderLockFile.ID}, f.ID) {
		f.Severity = plan.Info
		w.leads(plan.Undecided, c, f)
		return
	}
	w.broken(c, f)
}

// lastWord is Terraform's own last word on a plan.
func lastWord(result terraform.Result) string {
	lines := strings.Split(result.Output, "\n")
	for _, line := range slices.Backward(lines) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "Plan:") || strings.HasPrefix(line, "No changes.") {
			return line
		}
	}
	return "planned"
}
