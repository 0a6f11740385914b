package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
	"stateroom/steps/files"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// ProofOld is how long after its beginning a killed proof may have a child that
// still works for it: Terraform ends its one command by itself, the retries of
// every call included.
const ProofOld = 10 * time.Minute

// Proof is one use of a back end as its users use it, at a key and in a workspace
// that nobody else has. It is noted on this laptop, in the user's own state directory, before
// it makes anything and until all of it is gone, so that a later run can remove
// what a killed one left. Nothing else tells whose a probe's workspace is.
type Proof struct {
	// Workspace is the name of the workspace.
	Workspace string

	trace proofTrace
	note  *files.Note
}

// proofTrace is what the note of a proof says: where its traces are.
type proofTrace struct {
	Begun   time.Time `json:"begun"`
	Account string    `json:"account"`
	Bucket  string    `json:"bucket"`
	// Table is the lock table, empty without one, and Key the proof's own state
	// key.
	Table string `json:"table"`
	Key   string `json:"key"`
}

// proofsDir holds the notes of the proofs of one account and bucket.
func proofsDir(env *Env, a *blueprint.Answers) string {
	_, scope := a.Tag()
	return filepath.Join(ScopeDir(env.StateDir, scope), "proofs")
}

// BeginProof notes a proof at a key that looks like a workspace's of a project, which
// is where the admins' policy lets them work as on the project's own. An Env without a
// state directory keeps nothing.
func BeginProof(env *Env, a *blueprint.Answers, p blueprint.Project) (*Proof, error) {
	workspace := terraform.NewProbeWorkspace()
	proof := &Proof{Workspace: workspace, trace: proofTrace{
		Begun: time.Now().UTC(), Account: a.AdminAccount, Bucket: a.Bucket.Name, Table: a.Lock.DynamoDBTable, Key: StateKeyOf(p.StateKey, workspace),
	}}
	if env.StateDir == "" {
		return proof, nil
	}
	text, err := json.Marshal(proof.trace)
	if err == nil {
		proof.note, err = files.TakeNote(proofsDir(env, a), proof.Workspace, text)
	}
	if err != nil {
		return nil, fmt.Errorf("note the proof: %w", err)
	}
	return proof, nil
}

// Key is the state key of the proof's back end, at which nothing ever lies. It is not
// the project's: init would read the state there, ask the registry for every provider
// of that state, and fail with a state that it cannot read.
func (p *Proof) Key() string { return p.trace.Key }

// Object is the key of the state in the proof's workspace.
func (p *Proof) Object() string { return StateKeyOf(p.trace.Key, p.Workspace) }

// Scratch is where the proof's files lie, empty for the system's own place.
func (p *Proof) Scratch() string {
	if p.note == nil {
		return ""
	}
	return p.note.Scratch()
}

// End takes the note away if nothing is left of the proof. After one that was not
// clean that is looked at, and removed, though the run be interrupted; what cannot
// be is left to the next run.
func (p *Proof) End(ctx context.Context, s *awsops.Session, clean bool) {
	if p.note == nil {
		return
	}
	if !clean {
		ctx, done := tidying(ctx)
		defer done()
		if _, err := p.remove(ctx, s); err != nil {
			p.note.Leave()
			return
		}
	}
	_ = p.note.Done() // a note that stays makes the next run look once more
}

// TidyProofs removes what the killed proofs of this laptop left: state, lock file,
// lock and digest. Its writes belong to a proof as those of the killed one did, so
// that it is part of the next proof and no change of the plan: a dry run proves
// nothing and removes nothing. What somebody else's proof made is named and
// left. In a versioned bucket a marker covers what is removed, for no admin may
// delete a version; the bucket's lifecycle does (probeRule). What a killed backup
// left on this laptop is forgotten with it.
func TidyProofs(ctx context.Context, env *Env, a *blueprint.Answers, s *awsops.Session) []plan.Finding {
	if env.StateDir == "" {
		return nil
	}
	notes, own, err := files.Notes(ctx, proofsDir(env, a))
	var findings []plan.Finding
	if err = errors.Join(err, forgetCopies(ctx, BackupsDir(env, a))); err != nil {
		findings = append(findings, unremoved("The leftovers of interrupted proofs and backups could not be read or removed: "+err.Error()+".",
			"Make sure that "+filepath.Dir(proofsDir(env, a))+" and the files in it can be read and removed, then run stateroom setup again."))
	}
	for _, note := range notes {
		own = append(own, note.Name)
		if f := tidyProof(ctx, a, s, note); f != nil {
			findings = append(findings, *f)
		}
	}
	return append(findings, othersProofs(ctx, a, s, own)...)
}

// tidyProof removes what one proof left, and the note with it.
func tidyProof(ctx context.Context, a *blueprint.Answers, s *awsops.Session, note *files.Note) *plan.Finding {
	p := Proof{Workspace: note.Name, note: note}
	if err := json.Unmarshal(note.Text, &p.trace); err != nil {
		_ = note.Done() // cut off by a kill, so that nothing was begun
		return nil
	}
	begun := p.trace.Begun.Local().Format("2 Jan 15:04")
	if !strings.HasPrefix(p.Workspace, terraform.ProbePrefix) || p.trace.Account != a.AdminAccount || p.trace.Bucket != a.Bucket.Name {
		note.Leave()
		f := unremoved(fmt.Sprintf("The file %s is the note of a proof in the workspace %s of s3://%s in account %s. stateroom keeps no such note among those of s3://%s in account %s, so nothing is removed by it.",
			note.Path(), p.Workspace, p.trace.Bucket, p.trace.Account, a.Bucket.Name, a.AdminAccount), "Delete that file.")
		return &f
	}
	if time.Since(p.trace.Begun) < ProofOld {
		note.Leave()
		f := unremoved(fmt.Sprintf("The proof that this laptop began on %s was killed. The workspace %s in s3://%s and its lock may be left of it, and its Terraform may still be running.",
			begun, p.Workspace, p.trace.Bucket),
			fmt.Sprintf("Run stateroom setup again %.0f minutes after it: it removes them.", ProofOld.Minutes()))
		return &f
	}
	removed, err := p.remove(ctx, s)
	if err != nil {
		note.Leave()
		f := unremoved(fmt.Sprintf("The proof that this laptop began on %s was killed, and what it left in the workspace %s could not be removed: %v", begun, p.Workspace, err),
			"Fix that, then run stateroom setup again: it removes them.")
		f.RequestIDs = awsops.RequestIDs(err)
		return &f
	}
	_ = note.Done() // a note that stays makes the next run look once more
	if len(removed) == 0 {
		return nil
	}
	return &plan.Finding{
		ID: "init.probe-removed", Of: plan.StepInit, Severity: plan.Info,
		Evidence: fmt.Sprintf("The proof that this laptop began on %s was killed and had left %s. That was removed; no other state was touched.", begun, plan.Enumerated(removed)),
		Remedy:   "No action needed.",
	}
}

// remove removes all that is there of the proof, and names it.
func (p *Proof) remove(ctx context.Context, s *awsops.Session) (removed []string, err error) {
	ctx = awsops.WithProbe(ctx)
	bucket, object := p.trace.Bucket, p.Object()
	for _, key := range []string{object, awsops.LockFile(object)} {
		there, err := s.HeadObject(ctx, bucket, key)
		if err == nil && there != nil {
			removed = append(removed, "s3://"+bucket+"/"+key)
			err = s.DeleteObject(ctx, bucket, key)
		}
		if err != nil {
			return removed, err
		}
	}
	if p.trace.Table == "" {
		return removed, nil
	}
	id := bucket + "/" + object
	for _, id := range []string{id, awsops.DigestID(id)} {
		item, err := s.LockItem(ctx, p.trace.Table, id)
		if err == nil && item != nil {
			removed = append(removed, "the item "+id+" of table "+p.trace.Table)
			err = s.DeleteLock(ctx, p.trace.Table, id)
		}
		if err != nil && !awsops.IsNotFound(err) {
			return removed, err
		}
	}
	return removed, nil
}

// unremoved is the finding of what a later run has to remove.
func unremoved(evidence, remedy string) plan.Finding {
	return plan.Finding{ID: "init.probe-unfinished", Of: plan.StepInit, Severity: plan.Info, Evidence: evidence, Remedy: remedy}
}

// othersProofs names the workspaces of proofs that this laptop did not begin: of
// colleagues who are at it, or whose run was killed.
func othersProofs(ctx context.Context, a *blueprint.Answers, s *awsops.Session, own []string) []plan.Finding {
	begin := workspacePrefix + "/" + terraform.ProbePrefix
	keys, err := s.ObjectKeys(ctx, a.Bucket.Name, begin)
	if err != nil {
		return nil // who may not list the bucket is told so by the proof
	}
	var others []string
	for _, key := range keys {
		workspace, _, _ := strings.Cut(strings.TrimPrefix(key, workspacePrefix+"/"), "/")
		if !slices.Contains(own, workspace) && !slices.Contains(others, workspace) {
			others = append(others, workspace)
		}
	}
	if len(others) == 0 {
		return nil
	}
	return []plan.Finding{{
		ID: "init.probe-of-others", Of: plan.StepInit, Severity: plan.Info,
		Evidence: fmt.Sprintf("s3://%s holds the workspaces %s (%s…) of proofs that this laptop did not begin: a colleague's is under way or was killed. They were left as they are.",
			a.Bucket.Name, plan.Enumerated(others), begin),
		Remedy: "Ask whoever began them to run stateroom setup again, which removes them.",
	}}
}
