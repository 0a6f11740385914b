package engine

import (
	"context"
	"fmt"
	"time"

	"stateroom/awsops"
)

// tidyWait bounds the removal of what a probe wrote.
const tidyWait = 10 * time.Second

// StateProbe uses a back end as Terraform does, call by call, for one object
// that nobody has: among those of a project's workspaces, which the admins'
// policy permits (facts/terraform.md, "Probes after init"). It takes away what it
// wrote. It needs [awsops.WithProbe].
type StateProbe struct {
	Store
	// Object is the probe's state: [Proof.Object].
	Object string
}

// ProbeFault is a back end that answers and does not do what Terraform counts on.
type ProbeFault struct {
	// Finding is the id of the finding.
	Finding string
	// What does not hold, without a final stop.
	What string
	Err  error
}

// Error is what does not hold.
func (f *ProbeFault) Error() string {
	if f.Err != nil {
		return f.What + ": " + f.Err.Error()
	}
	return f.What
}

// Unwrap gives AWS's own error, if there is one.
func (f *ProbeFault) Unwrap() error { return f.Err }

// Key writes, reads and deletes an object with the encryption headers of
// Terraform, and sees that it was the right key that encrypted it.
func (p StateProbe) Key(ctx context.Context) (err error) {
	if err := p.Write(ctx, p.Object); err != nil {
		return err
	}
	defer func() { err = p.gone(ctx, p.Object, err) }()
	return AtOnce(func() error {
		_, err := p.Session.GetObject(ctx, p.Bucket, p.Object)
		return err
	}, func() error { return p.Encrypted(ctx) })
}

// Encrypted looks at how the object was Encrypted.
func (p StateProbe) Encrypted(ctx context.Context) error {
	object, err := p.Session.HeadObject(ctx, p.Bucket, p.Object)
	switch {
	case err != nil:
		return err
	case object == nil:
		return &ProbeFault{Finding: "bucket.write-lost", What: fmt.Sprintf("nothing is at %s after a write", p.place(p.Object))}
	case object.Algorithm != "aws:kms" || object.KeyARN != p.KeyARN:
		return &ProbeFault{
			Finding: "bucket.other-key",
			What:    fmt.Sprintf("the state at %s is encrypted with %s %s and not with %s", p.place(p.Object), object.Algorithm, object.KeyARN, p.KeyARN),
		}
	}
	return nil
}

// Lock takes every lock that is in use, sees a second one refused, and releases
// it.
func (p StateProbe) Lock(ctx context.Context) error {
	var locks []func() error
	if p.Lockfile {
		locks = append(locks, func() error { return p.file(ctx) })
	}
	if p.Table != "" {
		locks = append(locks, func() error { return p.item(ctx) })
	}
	return AtOnce(locks...)
}

// file takes and releases the S3 lock file.
func (p StateProbe) file(ctx context.Context) (err error) {
	lock := awsops.LockFile(p.Object)
	if err := p.Write(ctx, lock); err != nil {
		return err
	}
	defer func() { err = p.gone(ctx, lock, err) }()
	again := p.put(ctx, lock)
	switch {
	case again == nil:
		return &ProbeFault{Finding: "lock.file-taken-twice", What: "a second write with If-None-Match was accepted, so the S3 lock file would not lock"}
	case noWord(again):
		return again
	case !awsops.HasCode(again, "PreconditionFailed"):
		return &ProbeFault{Finding: "lock.file-not-refused", What: "a second write with If-None-Match was not refused as Terraform expects, so the S3 lock file would not lock", Err: again}
	}
	return nil
}

// noWord tells an error that says nothing of a lock: the key was taken away or has
// expired meanwhile, or nobody answered.
func noWord(err error) bool {
	return awsops.IsUnknownKey(err) || awsops.IsExpired(err) || awsops.IsUnanswered(err) || awsops.IsThrottle(err) || awsops.IsCancelled(err)
}

// item takes and releases the lock of the DynamoDB table.
func (p StateProbe) item(ctx context.Context) error {
	id := p.itemID(p.Object)
	if err := p.takeItem(ctx, id); err != nil {
		return err
	}
	held := p.Session.PutLock(ctx, p.Table, id, `{"Who":"stateroom"}`)
	tidy, done := tidying(ctx)
	defer done()
	if err := p.Session.DeleteLock(tidy, p.Table, id); err != nil {
		return err
	}
	switch {
	case held == nil:
		return &ProbeFault{Finding: "lock.taken-twice", What: fmt.Sprintf("the lock %s could be taken twice", id)}
	case noWord(held):
		return held
	case !awsops.HasCode(held, "ConditionalCheckFailed"):
		return &ProbeFault{Finding: "lock.not-refused", What: "a lock that is held was not refused as Terraform expects", Err: held}
	}
	return nil
}

// takeItem makes the lock's item, as [StateProbe.Write] does an object.
func (p StateProbe) takeItem(ctx context.Context, id string) error {
	err := p.Session.PutLock(ctx, p.Table, id, `{"Who":"stateroom"}`)
	if awsops.HasCode(err, "ConditionalCheckFailed") {
		if item, readErr := p.Session.LockItem(ctx, p.Table, id); readErr == nil && item != nil {
			return nil
		}
	}
	return err
}

// Write writes an object that is not there. The name is the probe's own, so one that is
// there was written by an attempt of this write whose answer was lost.
func (p StateProbe) Write(ctx context.Context, object string) error {
	err := p.put(ctx, object)
	if awsops.HasCode(err, "PreconditionFailed") {
		if there, readErr := p.Session.HeadObject(ctx, p.Bucket, object); readErr == nil && there != nil {
			return nil
		}
	}
	return err
}

func (p StateProbe) put(ctx context.Context, object string) error {
	return p.Session.PutObject(ctx, p.Bucket, object, []byte("{}"), awsops.PutOptions{KMSKeyARN: p.KeyARN, IfAbsent: true})
}

// tidying outlives an interruption: what a probe wrote goes all the same.
func tidying(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), tidyWait)
}

// gone deletes a probe's object; an earlier failure is the one to tell.
func (p StateProbe) gone(ctx context.Context, object string, before error) error {
	ctx, done := tidying(ctx)
	defer done()
	if err := p.Session.DeleteObject(ctx, p.Bucket, object); before == nil {
		return err
	}
	return before
}
