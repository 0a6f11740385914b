package troubleshoot

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
)

// state reads a project's state, its digest and its locks, asks for the rights
// that nobody can prove without writing, and looks at older versions where
// state and digest do not agree.
func (r *reader) state(ctx context.Context, f *facts, p *site, session *awsops.Session, s *stateFacts) {
	var g errgroup.Group
	ask := func(read func()) {
		g.Go(func() error {
			read()
			return nil
		})
	}
	ask(func() {
		object, err := session.HeadObject(ctx, s.bucket, s.key)
		s.there, s.headErr = object != nil, err
	})
	ask(func() {
		content, err := session.ReadObject(ctx, s.bucket, s.key, "")
		if s.getErr = err; content != nil {
			s.object = readState(content)
		}
	})
	if s.lockfile {
		ask(func() { s.file, s.fileErr = session.ReadObject(ctx, s.bucket, s.lockFile(), "") })
	}
	if s.table != "" {
		ask(func() { s.digest, s.digestErr = session.LockItem(ctx, s.table, s.lockID()+"-md5") })
		ask(func() { s.lock, s.lockErr = session.LockItem(ctx, s.table, s.lockID()) })
	}
	ask(func() { s.rights = r.stateRights(ctx, f, p, s) })
	_ = g.Wait() // facts, not errors
	r.foreignLocks(ctx, f, p, s)
	if !s.doubtful() {
		return
	}
	if s.object == nil {
		ask(func() { s.deleted, s.deletedErr = session.IsDeleted(ctx, s.bucket, s.key) })
	}
	ask(func() { r.versions(ctx, f, p, session, s) })
	_ = g.Wait() // facts, not errors
}

// foreignLocks reads the locks as the operator where the login may not: a run
// that could not read its own has left it behind.
func (r *reader) foreignLocks(ctx context.Context, f *facts, p *site, s *stateFacts) {
	file, item := awsops.IsAccessDenied(s.fileErr), awsops.IsAccessDenied(s.lockErr)
	if p.standIn || f.operatorErr != nil || !file && !item {
		return
	}
	operator := r.home.In(p.region)
	g, ctx := errgroup.WithContext(ctx)
	if file {
		g.Go(func() (err error) {
			s.file, err = operator.ReadObject(ctx, s.bucket, s.lockFile(), "")
			return err
		})
	}
	if item {
		g.Go(func() (err error) {
			s.lock, err = operator.LockItem(ctx, s.table, s.lockID())
			return err
		})
	}
	s.locksByOperator = g.Wait() == nil
}

// doubtful tells a state whose older versions have something to say: that of a
// project without one, too, for it may have been deleted.
func (s *stateFacts) doubtful() bool {
	switch {
	case s.getErr != nil:
		return false
	case s.object == nil, s.object.problem != "":
		return true
	}
	return !s.digestHolds()
}

// digestHolds tells whether Terraform accepts the state: a digest that is not
// there is none to compare with.
func (s *stateFacts) digestHolds() bool {
	switch {
	case s.digest == nil || s.digest.Digest == "":
		return true
	case s.object == nil:
		return false
	}
	return s.digest.Digest == s.object.digest
}

// stateRights are the login's rights on one state and its locks.
func (r *reader) stateRights(ctx context.Context, f *facts, p *site, s *stateFacts) rights {
	var object, file, table rights
	var g errgroup.Group
	g.Go(func() error {
		object = r.simulate(ctx, f, p.login, []string{"s3:GetObject", "s3:PutObject"}, []string{s.arn(p)}, nil)
		return nil
	})
	if s.lockfile {
		g.Go(func() error {
			file = r.simulate(ctx, f, p.login, []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, []string{s.arn(p) + ".tflock"}, nil)
			return nil
		})
	}
	if s.table != "" {
		g.Go(func() error {
			table = r.simulate(ctx, f, p.login, tableActions, []string{p.tableARN(f, s.table)},
				map[string][]string{"dynamodb:LeadingKeys": {s.lockID(), s.lockID() + "-md5"}})
			return nil
		})
	}
	_ = g.Wait() // facts, not errors
	file.add(table.results, table.err)
	object.add(file.results, file.err)
	return object
}

// tableActions are what Terraform does with a lock table, in its order.
var tableActions = []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"}

func (s *stateFacts) arn(p *site) string { return p.arn() + "/" + s.key }

// tableARN is a table of the login's account: Terraform names tables without one.
func (p *site) tableARN(f *facts, table string) string {
	account := p.login.identity.Account
	if account == "" {
		account = f.answers.AdminAccount
	}
	return "arn:" + p.login.partition() + ":dynamodb:" + p.region + ":" + account + ":table/" + table
}

// mostCompared bounds how many versions are read whole.
const mostCompared = 10

// versions reads the newest versions of a state, as the login or, where that may
// not, as the operator; both are asked at once.
func (r *reader) versions(ctx context.Context, f *facts, p *site, session *awsops.Session, s *stateFacts) {
	var list, seen []awsops.ObjectVersion
	var err, refused error
	var g errgroup.Group
	g.Go(func() error {
		list, err = session.ObjectVersions(ctx, s.bucket, s.key)
		return nil
	})
	if !p.standIn && f.operatorErr == nil {
		g.Go(func() error {
			seen, refused = r.home.In(p.region).ObjectVersions(ctx, s.bucket, s.key)
			return nil
		})
	}
	_ = g.Wait() // facts, not errors
	if !p.standIn {
		s.versionsBy = p.login.profile
	}
	if err != nil && !p.standIn && f.operatorErr == nil && refused == nil {
		session, list, err, s.versionsBy = r.home.In(p.region), seen, nil, ""
	}
	if s.versionsErr = err; err != nil {
		return
	}
	slices.SortStableFunc(list, func(a, b awsops.ObjectVersion) int {
		if a.Latest != b.Latest {
			if a.Latest {
				return -1
			}
			return 1
		}
		return b.Modified.Compare(a.Modified)
	})
	s.versions = compared(list)
	var bodies errgroup.Group
	for i := range s.versions {
		v := &s.versions[i]
		if v.Marker {
			continue
		}
		bodies.Go(func() error {
			content, err := session.ReadObject(ctx, s.bucket, s.key, v.ID)
			if v.err = err; content != nil {
				v.object = readState(content)
			}
			return nil
		})
	}
	_ = bodies.Wait() // facts, not errors
}

// compared are the versions to be read, of the newest first: a delete marker says
// something only where it is what counts now.
func compared(list []awsops.ObjectVersion) []stateVersion {
	var found []stateVersion
	for i, v := range list {
		if len(found) < mostCompared && (i == 0 || !v.Marker) {
			found = append(found, stateVersion{ObjectVersion: v})
		}
	}
	return found
}
