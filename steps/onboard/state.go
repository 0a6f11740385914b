package onboard

import (
	"context"
	"errors"
	"fmt"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// The checks of a project's state that take a write.
const (
	checkUse  = "key usable"
	checkLock = "lock works"
)

// checkReadable reads a project's state, or sees that there is none yet.
func (s *scene) checkReadable(ctx context.Context, p blueprint.Project) {
	c := plan.Check{
		Name: checkState, Subject: p.Name, Verdict: plan.Passed, Answer: "read",
		Asked: fmt.Sprintf("s3:GetObject on %s/%s as %s", s.a.Bucket.Name, p.StateKey, s.identity.ARN),
	}
	_, err := s.worker.GetObject(ctx, s.a.Bucket.Name, p.StateKey)
	switch {
	case awsops.HasCode(err, "NoSuchKey"):
		s.absent(ctx, c, p)
	case err != nil:
		s.stateTrouble(c, err)
		return
	}
	s.mu.Lock()
	s.readable[p.Name] = true
	s.mu.Unlock()
	if err == nil {
		s.check(c)
	}
}

// absent books the check of a state that may be read and is not there: whoever
// applied after somebody has deleted it would make everything a second time.
func (s *scene) absent(ctx context.Context, c plan.Check, p blueprint.Project) {
	deleted, err := s.worker.IsDeleted(ctx, s.a.Bucket.Name, p.StateKey)
	switch {
	case err != nil:
		c.Verdict, c.Answer = plan.Undecided, "there is no state, and whether one was deleted cannot be seen: "+reason(err)
		s.check(c)
	case deleted:
		c.Answer = "it was deleted"
		s.broken(c, plan.Finding{
			ID: "state.deleted", Of: plan.StepInit, Severity: plan.Failure,
			Evidence: fmt.Sprintf("The state s3://%s/%s of project %s was deleted: a delete marker lies over it.", s.a.Bucket.Name, p.StateKey, p.Name),
			Remedy:   "Do not apply: everything that it held would be made a second time. Let the operator run stateroom troubleshoot, which looks for the version to put back.",
		})
	default:
		c.Answer = "there is no state yet"
		s.check(c)
	}
}

// stateTrouble books a check of the state that failed.
func (s *scene) stateTrouble(c plan.Check, err error) {
	if f, ok := askOperator(err); ok {
		s.broken(c, f)
		return
	}
	s.unsettled(c, err)
}

// askOperator is the finding of a cause that only the operator can mend; ok is false
// for every other.
func askOperator(err error) (f plan.Finding, ok bool) {
	d, ok := diagnosis.FromError(err)
	if !ok || d.Operator == "" {
		return plan.Finding{}, false
	}
	f = because(err)
	f.ID, f.Of, f.Remedy = d.ID, d.Step, d.Operator
	return f, true
}

// proveState uses key and lock of a project as Terraform does, in a workspace
// that nobody has.
func (s *scene) proveState(ctx context.Context, p blueprint.Project) {
	if s.stateKey == nil || !s.readable[p.Name] {
		return // told already
	}
	proof, err := engine.BeginProof(s.env, s.a, p)
	if err != nil {
		s.unsettled(plan.Check{Name: checkUse, Subject: p.Name, Asked: "a note of the proof on this laptop"}, err)
		return
	}
	clean := true
	defer func() { proof.End(ctx, s.worker, clean) }()
	probe := engine.StateProbe{
		Session: s.worker, Bucket: s.a.Bucket.Name, Table: s.a.Lock.DynamoDBTable, Lockfile: s.a.Lock.UseLockfile,
		KeyARN: s.stateKey.ARN, Object: proof.Object(),
	}
	probing := awsops.WithProbe(ctx)
	for _, part := range []struct {
		name, asked, answer string
		run                 func(context.Context) error
	}{
		{checkUse, "s3:PutObject, GetObject and DeleteObject with " + s.stateKey.ARN, "an object was written and read", probe.Key},
		{checkLock, "the lock of " + probe.Object, "taken, refused to a second, and released", probe.Lock},
	} {
		c := plan.Check{Name: part.name, Subject: p.Name, Asked: part.asked + " as " + s.identity.ARN, Verdict: plan.Passed, Answer: part.answer}
		err := part.run(probing)
		clean = clean && err == nil
		var fault *engine.ProbeFault
		switch {
		case errors.As(err, &fault):
			s.broken(c, plan.Finding{
				ID: fault.Finding, Of: plan.StepInit, Severity: plan.Failure, Evidence: sentence(fault),
				Remedy: "Let the operator run stateroom setup: it shows what differs from the blueprint.",
			})
		case err != nil:
			c.Answer = ""
			s.stateTrouble(c, err)
		default:
			s.check(c)
		}
	}
}
