package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"stateroom/awsops"
	"stateroom/steps/files/tf"
)

// moveOperation is what a lock of a move says that it is for.
const moveOperation = "stateroom setup: moving the state here"

// NewLockID is a random UUID, as Terraform's are.
func NewLockID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand, Go 1.24)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// lockHolder is the user and the host, as Terraform writes them.
func lockHolder() string {
	name, host := "unknown", "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}

// stateLock is the lock of one state in every mechanism that the blueprint
// configures: the S3 lock file, the item of the table, or both, in that order.
type stateLock struct {
	Store
	key string
	// id tells our lock from everybody else's, over a kill, too.
	id string
}

// take takes the lock. One that a killed run of ours left behind is taken over.
// What was taken of it is released when the rest is refused.
func (l stateLock) take(ctx context.Context) error {
	info, err := json.Marshal(tf.LockInfo{
		ID: l.id, Operation: moveOperation, Who: lockHolder(), Created: time.Now().UTC(), Path: l.itemID(l.key),
	})
	if err != nil {
		return fmt.Errorf("lock %s: %w", l.place(l.key), err)
	}
	if l.Lockfile {
		err := l.Session.PutObject(ctx, l.Bucket, awsops.LockFile(l.key), info, awsops.PutOptions{KMSKeyARN: l.KeyARN, IfAbsent: true})
		if err := l.refused(ctx, err, l.inFile); err != nil {
			return err
		}
	}
	if l.Table != "" {
		err := l.Session.PutLock(ctx, l.Table, l.itemID(l.key), string(info))
		if err := l.refused(ctx, err, l.inTable); err != nil {
			return errors.Join(err, l.release(ctx))
		}
	}
	return nil
}

// refused looks whose the lock is that kept ours from being made.
func (l stateLock) refused(ctx context.Context, err error, held func(context.Context) (string, error)) error {
	if !awsops.HasCode(err, "PreconditionFailed") && !awsops.HasCode(err, "ConditionalRequestConflict") && !awsops.HasCode(err, "ConditionalCheckFailed") {
		return err
	}
	text, readErr := held(ctx)
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	info, _ := tf.ReadLock(text) // what is no lock of Terraform's is nobody's by name
	if info.ID == l.id {
		return nil
	}
	return fmt.Errorf("the state %s has been locked by %s since %s (operation %q, lock %s), so nothing was written there; wait until that has ended, then run stateroom setup again",
		l.place(l.key), cmp.Or(info.Who, "somebody"), info.Since(), info.Operation, info.ID)
}

// inFile and inTable are the texts of the two locks, empty without one.
func (l stateLock) inFile(ctx context.Context) (string, error) {
	content, err := l.Session.ReadObject(ctx, l.Bucket, awsops.LockFile(l.key), "")
	if err != nil || content == nil {
		return "", err
	}
	return string(content.Body), nil
}

func (l stateLock) inTable(ctx context.Context) (string, error) {
	item, err := l.Session.LockItem(ctx, l.Table, l.itemID(l.key))
	if err != nil || item == nil {
		return "", err
	}
	return item.Info, nil
}

// release gives up what is ours of the lock, though the run be interrupted. What
// could not be given up is named.
func (l stateLock) release(ctx context.Context) error {
	ctx, done := tidying(ctx)
	defer done()
	var failed []error
	if l.Lockfile {
		if text, err := l.inFile(ctx); err != nil {
			failed = append(failed, err)
		} else if l.ours(text) {
			failed = append(failed, l.Session.DeleteObject(ctx, l.Bucket, awsops.LockFile(l.key)))
		}
	}
	if l.Table != "" {
		if text, err := l.inTable(ctx); err != nil {
			failed = append(failed, err)
		} else if l.ours(text) {
			failed = append(failed, l.releaseItem(ctx, text))
		}
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("the lock %s of %s was left behind; run stateroom setup again, which releases it, or terraform force-unlock %s: %w", l.id, l.place(l.key), l.id, err)
	}
	return nil
}

// releaseItem deletes the lock's item. After an attempt whose answer was lost, the next
// finds it gone.
func (l stateLock) releaseItem(ctx context.Context, text string) error {
	err := l.Session.ReleaseLock(ctx, l.Table, l.itemID(l.key), text)
	if awsops.HasCode(err, "ConditionalCheckFailed") {
		if left, readErr := l.inTable(ctx); readErr == nil && !l.ours(left) {
			return nil
		}
	}
	return err
}

func (l stateLock) ours(text string) bool {
	info, ok := tf.ReadLock(text)
	return ok && info.ID == l.id
}
