package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	keys := []string{m.Key}
	for _, s := range states {
		if key := StateKeyOf(m.Key, s.Workspace); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
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

// look reads what lies in the new place, of every workspace, now that nobody else
// can write there, and refuses what did not come from here.
func (m StateMove) look(ctx context.Context, states []tf.State) (map[string]FoundState, error) {
	there, err := StatesThere(ctx, m.Session, m.Bucket, m.Key)
	if err != nil {
		return nil, err
	}
	known, err := BackedUp(ctx, append(slices.Clone(m.Earlier), m.Backup))
	if err != nil {
		return nil, err
	}
	for key, at := range there {
		if !at.OneOf(known) {
			return nil, fmt.Errorf("%s holds a state that did not come from here, so nothing was written; if a colleague has moved the project meanwhile, take over the team's files and run terraform init -reconfigure", m.place(key))
		}
		for _, s := range states {
			if StateKeyOf(m.Key, s.Workspace) == key && !at.State.Same(s) && (at.State.Lineage != s.Lineage || at.State.Serial >= s.Serial) {
				return nil, fmt.Errorf("%s holds serial %d of the state that an earlier move brought there, and the state that is to be moved now has serial %d: decide which of the two is right; nothing was written", m.place(key), at.State.Serial, s.Serial)
			}
		}
	}
	for _, s := range states {
		deleted, err := StateDeleted(ctx, m.Session, m.Bucket, StateKeyOf(m.Key, s.Workspace))
		if err != nil {
			return nil, err
		}
		if deleted != nil {
			return nil, fmt.Errorf("%v; nothing was written over it: put it back (stateroom troubleshoot), delete all its versions, the delete marker too, or choose another key for the project", deleted)
		}
	}
	return there, nil
}

// put writes one state and its digest. What lies there is nothing, the same state,
// or the copy that an earlier run made.
func (m StateMove) put(ctx context.Context, s tf.State, at FoundState) error {
	key := StateKeyOf(m.Key, s.Workspace)
	body, err := terraform.Load(ctx, s.Path)
	if err != nil {
		return fmt.Errorf("read the backup of workspace %s: %w", s.Workspace, err)
	}
	if at.etag != "" && at.State.Same(s) {
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
			return fmt.Errorf("%s does not hold what was just written there; do not apply, the state as it was lies in %s", m.place(key), m.Backup)
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
	return m.Session.WriteDigest(ctx, m.Table, id, old, want)
}

// FoundState is a state in a bucket; problem says why it cannot be read as one.
type FoundState struct {
	body    []byte
	etag    string
	State   tf.State
	problem error
}

// OneOf tells whether it is one of the states that were backed up here.
func (f FoundState) OneOf(states []tf.State) bool {
	return f.problem == nil && slices.ContainsFunc(states, f.State.Same)
}

// StatesThere reads the states of a project, of every workspace but those of
// probes, by their keys.
func StatesThere(ctx context.Context, s *awsops.Session, bucket, key string) (map[string]FoundState, error) {
	keys, err := s.StateKeys(ctx, bucket, workspacePrefix, key)
	if err != nil {
		return nil, err
	}
	all := map[string]FoundState{}
	for _, k := range keys {
		if strings.HasPrefix(k, workspacePrefix+"/"+terraform.ProbePrefix) {
			continue
		}
		at, err := readFound(ctx, s, bucket, k)
		if err != nil {
			return nil, err
		}
		if at != nil {
			all[k] = *at
		}
	}
	return all, nil
}

// readFound reads one state, nil where there is none.
func readFound(ctx context.Context, s *awsops.Session, bucket, key string) (*FoundState, error) {
	content, err := s.ReadObject(ctx, bucket, key, "")
	if err != nil || content == nil {
		return nil, err
	}
	at := &FoundState{body: content.Body, etag: content.ETag}
	at.State, at.problem = tf.ParseState(content.Body)
	return at, nil
}

// BackedUp are the states of these backups.
func BackedUp(ctx context.Context, dirs []string) ([]tf.State, error) {
	var all []tf.State
	for _, dir := range dirs {
		states, err := terraform.ReadBackup(ctx, dir)
		if err != nil {
			return nil, err
		}
		all = append(all, states...)
	}
	return all, nil
}
