package account

import (
	"context"
	"sort"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
)

// state reads a project's state, its digest and its locks, asks for the rights
// that nobody can prove without writing, and looks at older versions where
// state and digest do not agree.
func (r *reader) state(ctx context.Context, session *awsops.Session, s *stateAccess) {
	reads := []func(){
		func() { _, s.headErr = session.HeadObject(ctx, s.Bucket, s.Key) },
		func() {
			content, err := session.ReadObject(ctx, s.Bucket, s.Key, "")
			if s.getErr = err; content != nil {
				s.object = readState(content)
			}
		},
		func() { s.rights = r.stateRights(ctx, s) },
	}
	if s.Lockfile {
		reads = append(reads, func() { s.file, s.fileErr = session.ReadObject(ctx, s.Bucket, s.LockFile(), "") })
	}
	if s.Table != "" {
		reads = append(reads,
			func() { s.digest, s.digestErr = session.LockItem(ctx, s.Table, s.DigestID()) },
			func() { s.lock, s.lockErr = session.LockItem(ctx, s.Table, s.LockID()) })
	}
	together(reads...)
	r.locksInstead(ctx, s)
	if !s.doubtful() {
		return
	}
	together(
		func() {
			if s.object == nil {
				s.deleted, s.deletedErr = session.IsDeleted(ctx, s.Bucket, s.Key)
			}
		},
		func() { r.versions(ctx, session, s) },
	)
}

// locksInstead reads the locks as the operator where the identity may not: a run
// that could not read its own has left it behind.
func (r *reader) locksInstead(ctx context.Context, s *stateAccess) {
	file, item := awsops.IsAccessDenied(s.fileErr), awsops.IsAccessDenied(s.lockErr)
	if !r.mayAskInstead(s.in) || !file && !item {
		return
	}
	operator := r.home.In(s.in.region)
	g, ctx := errgroup.WithContext(ctx)
	if file {
		g.Go(func() (err error) {
			s.file, err = operator.ReadObject(ctx, s.Bucket, s.LockFile(), "")
			return err
		})
	}
	if item {
		g.Go(func() (err error) {
			s.lock, err = operator.LockItem(ctx, s.Table, s.LockID())
			return err
		})
	}
	s.locksByOperator = g.Wait() == nil
}

// doubtful tells a state whose older versions have something to say: that of a
// project without one, too, for it may have been deleted.
func (s *stateAccess) doubtful() bool {
	switch {
	case s.getErr != nil:
		return false
	case s.object == nil, s.object.problem != "":
		return true
	}
	return !s.digestHolds()
}

// tableActions are what Terraform does with a lock table, in its order.
var tableActions = []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"}

// stateRights are the identity's rights on one state and its locks.
func (r *reader) stateRights(ctx context.Context, s *stateAccess) rights {
	var object, file, table rights
	reads := []func(){func() {
		object = r.simulate(ctx, s.in.by, []string{"s3:GetObject", "s3:PutObject"}, s.arn(), nil)
	}}
	if s.Lockfile {
		reads = append(reads, func() {
			file = r.simulate(ctx, s.in.by, []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, s.lockFileARN(), nil)
		})
	}
	if s.Table != "" {
		reads = append(reads, func() {
			table = r.simulate(ctx, s.in.by, tableActions, s.tableARN(r.answers.AdminAccount),
				map[string][]string{"dynamodb:LeadingKeys": {s.LockID(), s.DigestID()}})
		})
	}
	together(reads...)
	for _, more := range []rights{file, table} {
		object.results = append(object.results, more.results...)
		if object.err == nil {
			object.err = more.err
		}
	}
	return object
}

// mostCompared bounds how many versions are read whole.
const mostCompared = 10

// versions reads the newest versions of a state, as the identity or, where that may
// not, as the operator; both are asked at once.
func (r *reader) versions(ctx context.Context, session *awsops.Session, s *stateAccess) {
	var list, seen []awsops.ObjectVersion
	var refused error
	instead := r.mayAskInstead(s.in)
	together(
		func() { list, s.versionsErr = session.ObjectVersions(ctx, s.Bucket, s.Key) },
		func() {
			if instead {
				seen, refused = r.home.In(s.in.region).ObjectVersions(ctx, s.Bucket, s.Key)
			}
		},
	)
	if !s.in.standIn {
		s.versionsBy = s.in.by.profile
	}
	if s.versionsErr != nil && instead && refused == nil {
		session, list, s.versionsErr, s.versionsBy = r.home.In(s.in.region), seen, nil, ""
	}
	if s.versionsErr != nil {
		return
	}
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		return a.Latest && !b.Latest || a.Latest == b.Latest && a.Modified.After(b.Modified)
	})
	// A delete marker says something only where it is what counts now.
	for i, v := range list {
		if len(s.versions) < mostCompared && (i == 0 || !v.Marker) {
			s.versions = append(s.versions, stateVersion{ObjectVersion: v})
		}
	}
	var bodies []*stateVersion
	for i := range s.versions {
		if v := &s.versions[i]; !v.Marker {
			bodies = append(bodies, v)
		}
	}
	each(bodies, unlimited, func(v *stateVersion) {
		content, err := session.ReadObject(ctx, s.Bucket, s.Key, v.ID)
		if v.err = err; content != nil {
			v.object = readState(content)
		}
	})
}
