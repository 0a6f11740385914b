package steps

import (
	"context"
	"crypto/md5" //nolint:gosec // Terraform's digest of a state is its MD5
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/terraform"
)

// workspacePrefix is where Terraform keeps the states of other workspaces than
// the default one.
const workspacePrefix = "env:"

// stateKeyOf is the key of a workspace's state.
func stateKeyOf(key, workspace string) string {
	if workspace == "default" {
		return key
	}
	return workspacePrefix + "/" + workspace + "/" + key
}

// stateMove puts the states of a backup into their new place, byte for byte,
// under the locks that Terraform takes there. It creates only: what it replaces is
// a copy that an earlier run of ours made of the same state and that nobody has
// touched since.
type stateMove struct {
	session     *awsops.Session
	bucket, key string
	table       string
	lockfile    bool
	keyARN      string
	lockID      string
	// backup is the directory of the states to move; earlier are those of the
	// moves that were not finished.
	backup  string
	earlier []string
}

// run moves. An error says what was not done; nobody else's state is touched.
func (m stateMove) run(ctx context.Context) (err error) {
	states, err := terraform.ReadBackup(ctx, m.backup)
	if err != nil {
		return wrap(err)
	}
	keys := []string{m.key}
	for _, s := range states {
		if key := stateKeyOf(m.key, s.Workspace); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	ctx = awsops.WithStateWrites(ctx, awsops.StateWrites{Bucket: m.bucket, Keys: keys, Table: m.table})
	for _, key := range keys {
		lock := m.lock(key)
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
		if err := m.put(ctx, s, there[stateKeyOf(m.key, s.Workspace)]); err != nil {
			return err
		}
	}
	return nil
}

func (m stateMove) lock(key string) stateLock {
	return stateLock{session: m.session, bucket: m.bucket, key: key, table: m.table, file: m.lockfile, keyARN: m.keyARN, id: m.lockID}
}

// look reads what lies in the new place, of every workspace, now that nobody else
// can write there, and refuses what did not come from here.
func (m stateMove) look(ctx context.Context, states []terraform.StateSummary) (map[string]found, error) {
	there, err := statesThere(ctx, m.session, m.bucket, m.key)
	if err != nil {
		return nil, err
	}
	known, err := backedUp(ctx, append(slices.Clone(m.earlier), m.backup))
	if err != nil {
		return nil, err
	}
	for key, at := range there {
		if !at.oneOf(known) {
			return nil, fmt.Errorf("s3://%s/%s holds a state that did not come from here, so nothing was written; if a colleague has moved the project meanwhile, take over the team's files and run terraform init -reconfigure", m.bucket, key)
		}
		for _, s := range states {
			if stateKeyOf(m.key, s.Workspace) == key && !at.summary.Same(s) && (at.summary.Lineage != s.Lineage || at.summary.Serial >= s.Serial) {
				return nil, fmt.Errorf("s3://%s/%s holds serial %d of the state that an earlier move brought there, and the state that is to be moved now has serial %d: decide which of the two is right; nothing was written", m.bucket, key, at.summary.Serial, s.Serial)
			}
		}
	}
	return there, nil
}

// put writes one state and its digest. What lies there is nothing, the same state,
// or the copy that an earlier run made.
func (m stateMove) put(ctx context.Context, s terraform.StateSummary, at found) error {
	key := stateKeyOf(m.key, s.Workspace)
	body, err := terraform.Load(ctx, s.File)
	if err != nil {
		return fmt.Errorf("read the backup of workspace %s: %w", s.Workspace, err)
	}
	if at.etag != "" && at.summary.Same(s) {
		body = at.body // it has arrived, perhaps with other white space
	} else {
		err := m.session.PutObject(ctx, m.bucket, key, body, awsops.PutOptions{KMSKeyARN: m.keyARN, IfAbsent: at.etag == "", IfMatch: at.etag})
		if err != nil && !awsops.HasCode(err, "PreconditionFailed") {
			return wrap(err)
		}
		// After an attempt whose answer was lost, what refuses the next may be ours.
		now, readErr := readFound(ctx, m.session, m.bucket, key)
		if readErr != nil {
			return errors.Join(wrap(err), readErr)
		}
		if now == nil || string(now.body) != string(body) {
			if err != nil {
				return wrap(err)
			}
			return fmt.Errorf("s3://%s/%s does not hold what was just written there; do not apply, the state as it was lies in %s", m.bucket, key, m.backup)
		}
	}
	if m.table == "" {
		return nil
	}
	return m.digest(ctx, key, body)
}

// digest brings the item that Terraform compares a state with in line with it. The
// table may still hold that of a state that was deleted.
func (m stateMove) digest(ctx context.Context, key string, body []byte) error {
	sum := md5.Sum(body) //nolint:gosec // see above
	want, id := hex.EncodeToString(sum[:]), awsops.DigestID(m.bucket+"/"+key)
	item, err := m.session.LockItem(ctx, m.table, id)
	if err != nil {
		return wrap(err)
	}
	old := ""
	if item != nil {
		old = item.Digest
	}
	if old == want {
		return nil
	}
	return wrap(m.session.WriteDigest(ctx, m.table, id, old, want))
}

// found is a state in a bucket; problem says why it cannot be read as one.
type found struct {
	body    []byte
	etag    string
	summary terraform.StateSummary
	problem error
}

// oneOf tells whether it is one of the states that were backed up here.
func (f found) oneOf(states []terraform.StateSummary) bool {
	return f.problem == nil && slices.ContainsFunc(states, f.summary.Same)
}

// statesThere reads the states of a project, of every workspace but those of
// probes, by their keys.
func statesThere(ctx context.Context, s *awsops.Session, bucket, key string) (map[string]found, error) {
	keys, err := s.StateKeys(ctx, bucket, workspacePrefix, key)
	if err != nil {
		return nil, wrap(err)
	}
	all := map[string]found{}
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
func readFound(ctx context.Context, s *awsops.Session, bucket, key string) (*found, error) {
	content, err := s.ReadObject(ctx, bucket, key, "")
	if err != nil || content == nil {
		return nil, wrap(err)
	}
	at := &found{body: content.Body, etag: content.ETag}
	at.summary, at.problem = terraform.Summarise(content.Body)
	return at, nil
}

// backedUp are the states of these backups.
func backedUp(ctx context.Context, dirs []string) ([]terraform.StateSummary, error) {
	var all []terraform.StateSummary
	for _, dir := range dirs {
		states, err := terraform.ReadBackup(ctx, dir)
		if err != nil {
			return nil, wrap(err)
		}
		all = append(all, states...)
	}
	return all, nil
}
