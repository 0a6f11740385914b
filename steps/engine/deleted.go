package engine

import (
	"context"
	"fmt"
	"time"

	"stateroom/awsops"
)

// DeletedState is a key at which a state was deleted: a delete marker is its newest
// version, and what lies below may be the one that somebody puts back.
type DeletedState struct {
	Bucket, Key string
	// Since is when the newest delete marker was laid, zero where that cannot be
	// seen.
	Since time.Time
}

// String tells where and since when.
func (d DeletedState) String() string {
	since := "since when is not known"
	if !d.Since.IsZero() {
		since = "on " + d.Since.UTC().Format("2006-01-02 15:04:05") + " UTC"
	}
	return fmt.Sprintf("the state s3://%s/%s was deleted (%s): a delete marker hides it, and an older version may be put back", d.Bucket, d.Key, since)
}

// StateDeleted tells whether the state of a key was deleted, nil where it was not: a
// key is empty only when nothing of it is left to put back. It takes no right to
// list versions; without that right it cannot tell since when.
func StateDeleted(ctx context.Context, s *awsops.Session, bucket, key string) (*DeletedState, error) {
	deleted, err := s.IsDeleted(ctx, bucket, key)
	if err != nil || !deleted {
		return nil, err
	}
	d := &DeletedState{Bucket: bucket, Key: key}
	versions, err := s.ObjectVersions(ctx, bucket, key)
	if err != nil {
		return d, nil //nolint:nilerr // that it was deleted is known, and is what counts
	}
	for _, v := range versions {
		if v.Marker && v.Modified.After(d.Since) {
			d.Since = v.Modified
		}
	}
	return d, nil
}
