package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stateroom/awsops"
	"stateroom/steps/plan"
)

// LostKey is an access key that nobody can use: a run of this laptop was cut off
// before its secret reached the disk, and AWS has seen no use of it since.
type LostKey struct {
	awsops.AccessKey
	// Answered says that AWS's answer with the key's id had come. Without it the
	// key is taken for that run's by its time alone.
	Answered bool
	// Unread says that who asks may not see when the key was last used.
	Unread bool
}

// MaxKeys is IAM's fixed quota of access keys per user.
const MaxKeys = 2

// UserKeys are a user's access keys.
type UserKeys struct {
	All []awsops.AccessKey
	// Lost are those that a killed run of this laptop made and nobody can use;
	// Doubtful those of which that cannot be told.
	Lost, Doubtful []LostKey
}

// KeyAge is the age at which an access key is due for renewal ("Update access keys", IAM User
// Guide; 90 days in the CIS AWS Foundations Benchmark).
const KeyAge = 90 * 24 * time.Hour

// ReadKeys lists a user's access keys and finds those that a killed run of this
// laptop made, in the change of that id, and whose secret never reached the disk.
// A key that was used is somebody's, kept is the one that did reach the disk.
// Where the use of a key may not be seen, AWS's own answer in the journal has to
// name it: any other is in doubt.
func ReadKeys(ctx context.Context, env *Env, s *awsops.Session, user, change, kept string) (keys UserKeys, err error) {
	var begun []LostKey
	var uses map[string]AskedUse
	err = AwaitBegun(ctx, env, change, "the access key of "+user, func(ctx context.Context) (shown bool, err error) {
		keys.All, uses, err = KeyUses(ctx, env, s, user, func(listed []awsops.AccessKey) (of []awsops.AccessKey) {
			begun = env.Journal.begunKeys(change, listed, kept)
			for _, k := range begun {
				of = append(of, k.AccessKey)
			}
			return of
		})
		return len(begun) > 0 || !env.Journal.awaits(change, keys), err
	})
	if err != nil {
		return keys, err
	}
	for _, k := range begun {
		use := uses[k.ID]
		k.Unread = use.Denied != nil
		switch {
		case !use.Never(): // nobody can use what is lost
		case k.Unread && !k.Answered:
			keys.Doubtful = append(keys.Doubtful, k)
		default:
			keys.Lost = append(keys.Lost, k)
		}
	}
	return keys, nil
}

// awaits tells whether a list of keys may be older than the newest one of a change: none
// came of it yet, or the one that did is not in the list, and this laptop has not deleted
// it.
func (j *Journal) awaits(change string, listed UserKeys) bool {
	if _, unfinished := j.Unfinished(change); unfinished {
		return true
	}
	made := j.Value(change, "id")
	return made != "" && listed.Find(made) == nil && !j.deleted(made)
}

// deleted tells whether this laptop set out to delete the access key of that id, and AWS has
// not refused it since.
func (j *Journal) deleted(key string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	by := ""
	for _, r := range j.records {
		switch {
		case r.Phase == PhaseIntent && plan.Deletes(r.Values) == key:
			by = r.Change
		case r.Phase == phaseRefused && r.Change == by:
			by = ""
		}
	}
	return by != ""
}

// AskedUse is when an access key was last used; Denied says why that may not be seen.
type AskedUse struct {
	awsops.KeyUse
	Denied error
}

// KeyUses lists a user's access keys and asks when some of them were last used, by their
// ids. While IAM lists a key that it does not know when it is asked about, which was made
// or deleted just now, both are asked for again.
func KeyUses(
	ctx context.Context, env *Env, s *awsops.Session, user string, some func([]awsops.AccessKey) []awsops.AccessKey,
) (all []awsops.AccessKey, uses map[string]AskedUse, err error) {
	err = awsops.Poll(ctx, env.Patience/newsShare, settleInterval, func(ctx context.Context) (agreed bool, err error) {
		if all, err = s.AccessKeys(ctx, user); err != nil {
			return false, err
		}
		agreed, uses = true, map[string]AskedUse{}
		for _, k := range some(all) {
			var use AskedUse
			use.KeyUse, use.Denied = s.KeyLastUsed(ctx, k.ID)
			unknown := awsops.IsNotFound(use.Denied)
			if use.Denied != nil && !unknown && !awsops.IsAccessDenied(use.Denied) {
				return false, use.Denied
			}
			uses[k.ID], agreed = use, agreed && !unknown
		}
		return agreed, nil
	})
	if errors.Is(err, awsops.ErrTimeout) {
		err = nil
	}
	return all, uses, err
}

// seenKey is under which name the journal keeps whether a key was in use when it was last
// looked at.
func seenKey(key string) string { return "iam.key." + key + ".seen" }

// Saw keeps whether a key was active when a run looked at it, where that is news: IAM does
// not tell when a key was deactivated.
func (j *Journal) Saw(k awsops.AccessKey) error {
	status := strconv.FormatBool(k.Active)
	if r := j.last(seenKey(k.ID), ""); r == nil && k.Active || r != nil && r.Values["active"] == status {
		return nil
	}
	return j.Append(seenKey(k.ID), PhaseGot, map[string]string{"active": status})
}

// InactiveSince is when this laptop first saw a key deactivated, since it last saw it active;
// zero where no run has kept that.
func (j *Journal) InactiveSince(key string) time.Time {
	if r := j.last(seenKey(key), ""); r != nil && r.Values["active"] == "false" {
		return r.Time
	}
	return time.Time{}
}

// Find is the key of that id; nil where the user has none.
func (k UserKeys) Find(id string) *awsops.AccessKey {
	if i := slices.IndexFunc(k.All, func(one awsops.AccessKey) bool { return one.ID == id }); i >= 0 {
		return &k.All[i]
	}
	return nil
}

// IsLost tells whether the key of that id is lost.
func (k UserKeys) IsLost(id string) bool {
	return slices.ContainsFunc(k.Lost, func(lost LostKey) bool { return lost.ID == id })
}

// Kept are all keys but the lost ones.
func (k UserKeys) Kept() []awsops.AccessKey {
	return slices.DeleteFunc(slices.Clone(k.All), func(one awsops.AccessKey) bool { return k.IsLost(one.ID) })
}

// begunKeys are the keys that the newest intent may have made, if it was never
// finished. Where no answer came and more than one key has appeared since then,
// another laptop made one, and nobody can tell which: none of them is said to be
// that run's.
func (j *Journal) begunKeys(change string, keys []awsops.AccessKey, kept string) []LostKey {
	intent, unfinished := j.Unfinished(change)
	if !unfinished || j.refused(change) {
		return nil
	}
	var begun []LostKey
	for _, k := range keys {
		if begunKey(intent, k) && k.ID != kept {
			begun = append(begun, LostKey{AccessKey: k, Answered: intent["id"] != ""})
		}
	}
	if len(begun) > 1 {
		return nil
	}
	return begun
}

// begunKey tells whether a killed run may have made the key: by its id, where
// AWS's answer had come, else by its having appeared right after the intent. A
// key that the user has made since then is the user's.
func begunKey(intent map[string]string, k awsops.AccessKey) bool {
	if made := intent["id"]; made != "" {
		return k.ID == made
	}
	at, err := time.Parse(time.RFC3339, intent["at"])
	return err == nil && k.Created.Sub(at).Abs() < lostWithin &&
		!slices.Contains(strings.Split(intent["keys"], ","), k.ID)
}

// Known says what is known of the key, and no more.
func (k LostKey) Known() string {
	cut := "when this laptop's run was cut off before AWS's answer came"
	if k.Answered {
		cut = "by a run of this laptop that was cut off before the secret was kept"
	}
	use := "never used"
	if k.Unread {
		use = "AWS does not let stateroom see when it was last used"
	}
	return fmt.Sprintf("made at %s, %s; %s", k.Created.UTC().Format("15:04 UTC on 2 January"), cut, use)
}

// Describe fills in what is shown of the change that deletes the key, whose title
// begins with "Delete alice's access key".
func (k LostKey) Describe(c *plan.Change) {
	c.Title += " " + k.ID + ", " + k.Known()
	c.Fields = []plan.Field{{Name: "access key", Before: k.ID}}
	c.Intent = plan.Deleting(k.ID)
	c.Risk = "A deleted key cannot be brought back."
	if !k.Answered {
		c.Risk += " That it is the cut-off run's is judged by when it was made: if somebody made it by hand just then and has not used it yet, say no."
	}
}
