package troubleshoot

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"stateroom/awsops"
	"stateroom/steps/diagnosis"
	"stateroom/steps/files"
	"stateroom/steps/plan"
)

// checkSaved is about a state that an apply could not save.
const checkSaved = "state saved"

// content is what decides whether two states are the same. It is compared, never
// shown.
type content struct {
	lineage
	Resources any `json:"resources"`
	Outputs   any `json:"outputs"`
}

// unsaved looks for a state that an apply could not save. Terraform tells of it
// once, and the next apply would make everything in it a second time.
func (l *laptop) unsaved(ctx context.Context, p project) {
	path := filepath.Join(p.dir, plan.ErroredState)
	if _, err := os.Lstat(path); err != nil {
		return
	}
	file, err := files.Read(path)
	if err != nil {
		l.undecided(checkSaved, p.Name, path, err.Error())
		return
	}
	place := stateSpot(p)
	told := func(evidence, remedy string) *plan.Finding {
		evidence = fmt.Sprintf("An apply left its state in %s, because it could not save it. %s", path, evidence)
		l.broken(checkSaved, p.Name, path, evidence, diagnosis.StateNotSaved.ID)
		return l.found(diagnosis.StateNotSaved.ID, plan.StepInit, plan.Failure, evidence, remedy+" Never apply before that.")
	}
	var left content
	if err := json.Unmarshal(file.Bytes, &left); err != nil || place.bucket == "" || place.key == "" {
		told("It cannot be compared with the one in the bucket.", "Find out what lies in it and in the bucket.")
		return
	}
	now, err := l.saved(ctx, place)
	push := fmt.Sprintf("If an apply of yours left it, run terraform state push %s in %s once what kept it from being saved is mended, or let it be done here with --adopt %s.", plan.ErroredState, p.dir, path)
	switch {
	case err != nil:
		told(fmt.Sprintf("Whether %s holds it by now cannot be seen: %v", place, err), push).RequestIDs = awsops.RequestIDs(err)
	case now.Lineage != "" && now.Lineage != left.Lineage:
		told(fmt.Sprintf("What lies in %s is another state, by its lineage.", place), "Compare the two by hand.")
	case now.Serial > left.Serial:
		l.passed(checkSaved, p.Name, path, fmt.Sprintf("the state in %s has gone on since, to serial %d", place, now.Serial))
	case now.Serial < left.Serial:
		told(fmt.Sprintf("Its serial is %d, and that of the state in %s is %d.", left.Serial, place, now.Serial), push)
		l.out.workdir(p.Name).push = true
	case !reflect.DeepEqual(now, left):
		told(fmt.Sprintf("The state in %s has the same serial and another content: somebody applied since.", place), "Compare the two by hand.")
	default:
		l.passed(checkSaved, p.Name, path, fmt.Sprintf("%s holds it by now", place))
	}
}

// stateSpot is where the state of the selected workspace lies.
func stateSpot(p project) spot {
	b := p.s3()
	if b == nil {
		return spot{}
	}
	at := spotOf(b.Attributes.Get)
	if name := p.files.State.Workspace; name != "default" {
		at.key = at.prefix + "/" + name + "/" + at.key
	}
	return at
}

// saved is the state in the bucket, or nothing where there is none.
func (l *laptop) saved(ctx context.Context, at spot) (now content, err error) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	for _, s := range l.readers(ctx, at.region) {
		var body []byte
		switch body, err = s.GetObject(ctx, at.bucket, at.key); {
		case awsops.IsNotFound(err):
			return content{}, nil
		case err == nil && json.Unmarshal(body, &now) != nil:
			return content{}, fmt.Errorf("%s is no state", at)
		case err == nil:
			return now, nil
		}
	}
	return content{}, err
}
