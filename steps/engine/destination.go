package engine

import (
	"context"
	"maps"
	"slices"
	"strings"

	"stateroom/awsops"
	"stateroom/steps/files/tf"
	"stateroom/steps/terraform"
)

// Destination is what lies where the states of a project are to be moved.
type Destination struct {
	// Deleted is a state that lay at a key to be written, or at that of the default
	// workspace, on which the project would stand, and that somebody may put back;
	// nil without one.
	Deleted *DeletedState

	there map[string]foundState // by the key
	known []tf.State            // that the backups hold
}

// foundState is a state in a bucket; problem says why it cannot be read as one.
type foundState struct {
	tf.State
	body    []byte
	etag    string
	problem error
}

// LookAt reads what lies at a project's key, of every workspace but those of probes.
// states are to be moved there, and what one of the backups holds was moved from here
// before.
func LookAt(ctx context.Context, s *awsops.Session, bucket, key string, states []tf.State, backups []string) (d Destination, err error) {
	if d.there, err = statesThere(ctx, s, bucket, key); err != nil {
		return d, err
	}
	for _, dir := range backups {
		held, err := terraform.ReadBackup(ctx, dir)
		if err != nil {
			return d, err
		}
		d.known = append(d.known, held...)
	}
	for _, k := range keysOf(key, states) {
		if d.Deleted, err = StateDeleted(ctx, s, bucket, k); d.Deleted != nil || err != nil {
			return d, err
		}
	}
	return d, nil
}

// Others are the keys with a state that did not come from here, or that somebody has
// touched since. A successor is a later state of one of these, or of one that was moved.
func (d Destination) Others(states []tf.State) (keys []string, successor bool) {
	for _, key := range slices.Sorted(maps.Keys(d.there)) {
		at := d.there[key]
		if at.problem == nil && slices.ContainsFunc(d.known, at.Same) {
			continue
		}
		keys = append(keys, key)
		line := func(s tf.State) bool { return !at.Empty() && s.Lineage == at.Lineage }
		successor = successor || slices.ContainsFunc(d.known, line) || slices.ContainsFunc(states, line)
	}
	return keys, successor
}

// keysOf are the keys of these states of a project, and that of its default workspace.
func keysOf(key string, states []tf.State) []string {
	keys := []string{key}
	for _, s := range states {
		if k := StateKeyOf(key, s.Workspace); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

func statesThere(ctx context.Context, s *awsops.Session, bucket, key string) (map[string]foundState, error) {
	keys, err := s.StateKeys(ctx, bucket, workspacePrefix, key)
	if err != nil {
		return nil, err
	}
	all := map[string]foundState{}
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
func readFound(ctx context.Context, s *awsops.Session, bucket, key string) (*foundState, error) {
	content, err := s.ReadObject(ctx, bucket, key, "")
	if err != nil || content == nil {
		return nil, err
	}
	at := &foundState{body: content.Body, etag: content.ETag}
	at.State, at.problem = tf.ParseState(content.Body)
	return at, nil
}
