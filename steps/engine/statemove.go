package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"stateroom/awsops"
	"stateroom/steps/files/tf"
	"stateroom/steps/terraform"
)

// workspacePrefix is where Terraform keeps the states of other workspaces than
// the default one.
const workspacePrefix = "env:"

// StateKeyOf is the key of a workspace's state.
func StateKeyOf(key, workspace string) string {
	if workspace == "default" {
		return key
	}
	return workspacePrefix + "/" + workspace + "/" + key
}

// StateMove puts the states of a backup into their new place, byte for byte,
// under the locks that Terraform takes there. It creates only: what it replaces is
// a copy that an earlier run of ours made of the same state and that nobody has
// touched since.
type StateMove struct {
	Store
	Key    string
	LockID string
	// Backup is the directory of the states to move; earlier are those of the
	// moves that were not finished.
	Backup  string
	Earlier []string
}

// Run moves. An error says what was not done; nobody else's state is touched.
func (m StateMove) Run(ctx context.Context) (err error) {
	states, err := terraform.ReadBackup(ctx, m.Backup)
	if err != nil {
		return err
	}
	keys := keysOf(m.Key, states)
	ctx = awsops.WithStateWrites(ctx, awsops.StateWrites{Bucket: m.Bucket, Keys: keys, Table: m.Table})
	for _, key := range keys {
		lock := stateLock{m.Store, key, m.LockID}
		if err := lock.take(ctx); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, lock.release(ctx)) }()
	}
	there, err := m.look(ctx, states)
	if err != nil {
		return err
	}
	for _, s := range states {
		if err := m.put(ctx, s, there[StateKeyOf(m.Key, s.Workspace)]); err != nil {
			return err
		}
	}
	return nil
}

// look reads what lies in the new place, now that nobody else can write there, and
// refuses what did not come from here.
func (m StateMove) look(ctx context.Context, states []tf.State) (map[string]foundState, error) {
	at, err := LookAt(ctx, m.Session, m.Bucket, m.Key, states, append(slices.Clone(m.Earlier), m.Backup))
	if err != nil {
		return nil, err
	}
	if others, _ := at.Others(nil); len(others) > 0 {
		return nil, fmt.Errorf("%s holds a state that did not come from here, so nothing was written; if a colleague has moved the project meanwhile, pull the team's files and run terraform init -reconfigure", m.place(others[0]))
	}
	for _, s := range states {
		key := StateKeyOf(m.Key, s.Workspace)
		if now, found := at.there[key]; found && !now.Same(s) && (now.Lineage != s.Lineage || now.Serial >= s.Serial) {
			return nil, fmt.Errorf("%s holds serial %d of the state that an earlier move brought there, and the state that is to be moved now has serial %d: decide which of the two to keep; nothing was written", m.place(key), now.Serial, s.Serial)
		}
	}
	if at.Deleted != nil {
		return nil, fmt.Errorf("%v; nothing was written over it: put it back (stateroom troubleshoot), delete all its versions, the delete marker too, or choose another key for the project", at.Deleted)
	}
	return at.there, nil
}

// put writes one state and its digest. What lies there is nothing, the same state,
// or the copy that an earlier run made.
func (m StateMove) put(ctx context.Context, s tf.State, at foundState) error {
	key := StateKeyOf(m.Key, s.Workspace)
	body, err := terraform.Load(ctx, s.Path)
	if err != nil {
		return fmt.Errorf("read the backup of workspace %s: %w", s.Workspace, err)
	}
	if at.etag != "" && at.Same(s) {
		body = at.body // it has arrived, perhaps with other white space
	} else {
		err := m.Session.PutObject(ctx, m.Bucket, key, body, awsops.PutOptions{KMSKeyARN: m.KeyARN, IfAbsent: at.etag == "", IfMatch: at.etag})
		if err != nil && !awsops.HasCode(err, "PreconditionFailed") {
			return err
		}
		// After an attempt whose answer was lost, what refuses the next may be ours.
		now, readErr := readFound(ctx, m.Session, m.Bucket, key)
		if readErr != nil {
			return errors.Join(err, readErr)
		}
		if now == nil || string(now.body) != string(body) {
			if err != nil {
				return err
			}
			return fmt.Errorf("%s does not hold what was just written there; do not apply, the earlier state is in %s", m.place(key), m.Backup)
		}
	}
	if m.Table == "" {
		return nil
	}
	return m.digest(ctx, key, body)
}

// digest brings the item that Terraform compares a state with in line with it. The
// table may still hold that of a state that was deleted.
func (m StateMove) digest(ctx context.Context, key string, body []byte) error {
	want, id := tf.Digest(body), awsops.DigestID(m.itemID(key))
	item, err := m.Session.LockItem(ctx, m.Table, id)
	if err != nil {
		return err
	}
	old := ""
	if item != nil {
		old = item.Digest
	}
	if old == want {
		return nil
	}
	err = m.Session.WriteDigest(ctx, m.Table, id, old, want)
	if awsops.HasCode(err, "ConditionalCheckFailed") {
		// After an attempt whose answer was lost, what refuses the next may be ours.
		if now, readErr := m.Session.LockItem(ctx, m.Table, id); readErr == nil && now != nil && now.Digest == want {
			return nil
		}
	}
	return err
}
