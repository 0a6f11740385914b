package laptop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// unsaved looks for a state that an apply could not save. Terraform tells of it
// once, and the next apply would make everything in it a second time.
func unsaved(ctx context.Context, in *inputs, p project) []health.Result {
	path := filepath.Join(p.Dir, plan.ErroredState)
	if _, err := os.Lstat(path); err != nil {
		return nil
	}
	q := question(p, "state saved", path)
	file, err := files.Read(path)
	if err != nil {
		return []health.Result{q.Undecided("%v", err)}
	}
	place := p.here.InWorkspace(p.Files.State.Workspace)
	failed := func(evidence, remedy string) health.Result {
		evidence = fmt.Sprintf("An apply left its state in %s, because it could not save it. %s", path, evidence)
		return q.Failed(evidence, caused(diagnosis.StateNotSaved, plan.Failure, evidence, remedy+" Never apply before that."))
	}
	left, err := tf.ParseAnyState(file.Bytes)
	if err != nil || place.Bucket == "" || place.StateKey == "" {
		return []health.Result{failed("It cannot be compared with the one in the bucket.", "Compare it with the state in the bucket.")}
	}
	now, err := saved(ctx, in, place)
	push := fmt.Sprintf("If an apply of yours left it, run terraform state push %s in %s once what kept it from being saved is fixed, or have it done here.", plan.ErroredState, p.Dir)
	var r health.Result
	switch {
	case err != nil:
		r = failed(fmt.Sprintf("stateroom cannot tell whether %s holds it by now: %v", place, err), push)
		r.Err, r.Commands = err, plan.Allow("Save it here", path)
	case now.Lineage != "" && now.Lineage != left.Lineage:
		r = failed(fmt.Sprintf("%s is a different state, by its lineage.", place), "Compare the two by hand.")
	case now.Serial > left.Serial:
		r = q.Passed("the state in %s has gone on since, to serial %d", place, now.Serial)
	case now.Serial < left.Serial:
		r = failed(fmt.Sprintf("Its serial is %d, and that of the state in %s is %d.", left.Serial, place, now.Serial), push)
		r.Init.Push, r.Commands = true, plan.Allow("Save it here", path)
	case !now.Same(left):
		r = failed(fmt.Sprintf("The state in %s has the same serial and another content: somebody applied since.", place), "Compare the two by hand.")
	default:
		r = q.Passed("%s holds it by now", place)
	}
	return []health.Result{r}
}

// saved is the state in the bucket, or nothing where there is none.
func saved(ctx context.Context, in *inputs, at health.StateLocation) (now tf.State, err error) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	for _, s := range readers(ctx, in, at.Region) {
		var body []byte
		switch body, err = s.GetObject(ctx, at.Bucket, at.Key); {
		case awsops.IsNotFound(err):
			return tf.State{}, nil
		case err == nil:
			if now, err = tf.ParseAnyState(body); err != nil {
				return tf.State{}, fmt.Errorf("%s is not a state", at)
			}
			return now, nil
		}
	}
	return tf.State{}, err
}
