package account

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"stateroom/awsops"
	"stateroom/steps/blueprint"
)

// meant leaves to every identity the states on which the blueprint lets it work, and
// gives the buckets in which there are any.
func (r *reader) meant() []*bucketAccess {
	for _, id := range r.identities {
		for _, b := range id.buckets {
			b.states = slices.DeleteFunc(b.states, func(s *stateAccess) bool {
				return !id.ofGroups(func(group string) bool {
					return slices.ContainsFunc(r.answers.ProjectsOf(group), func(p blueprint.Project) bool { return p.Name == s.Project })
				})
			})
		}
	}
	return buckets(r.facts)
}

// bucket reads a bucket and all that is in it. Its true region comes first, so
// that a wrong one in the backend hides nothing else.
func (r *reader) bucket(ctx context.Context, b *bucketAccess) {
	session := b.by.session
	switch {
	case b.by.works:
		b.asked = b.by.who()
	case r.operatorErr == nil:
		session, b.standIn, b.asked = r.home, true, r.operator.ARN
	default:
		return
	}
	var region string
	region, b.status, b.headErr = session.In(b.configured).BucketRegion(ctx, b.bucket)
	b.region = cmp.Or(region, b.region)
	session = session.In(b.region)
	b.share(r.facts)
	together(
		func() {
			if !r.guessed {
				b.owned, _ = session.Owned(ctx, b.bucket, r.answers.AdminAccount)
			}
		},
		func() {
			if r.guessed {
				return
			}
			if own, err := r.home.OwnBuckets(ctx, b.bucket); err == nil && r.operator.Account == r.answers.AdminAccount {
				_, ours := own[b.bucket]
				b.elsewhere = !ours && b.status != http.StatusNotFound
			}
		},
		func() { b.listErr = session.List(ctx, b.bucket, "env:/") },
		func() { b.rights = r.simulate(ctx, b.by, []string{"s3:ListBucket"}, b.arn(), nil) },
		func() {
			each(b.tables, unlimited, func(t *tableAccess) { t.table, t.describeErr = session.DescribeTable(ctx, t.name) })
		},
		func() { each(b.keys, unlimited, func(k *keyAccess) { r.key(ctx, session, k) }) },
		func() { each(b.states, max(r.env.Parallel, 1), func(s *stateAccess) { r.state(ctx, session, s) }) },
	)
}

// share lists the tables and keys that the states of a bucket have in common.
func (b *bucketAccess) share(f *facts) {
	for _, s := range b.states {
		if s.Table != "" {
			i := slices.IndexFunc(b.tables, func(t *tableAccess) bool { return t.name == s.Table })
			if i < 0 {
				i, b.tables = len(b.tables), append(b.tables, &tableAccess{name: s.Table})
			}
			b.tables[i].projects = append(b.tables[i].projects, s.Project)
		}
		if s.KMSKey == "" && f.withoutBlueprint() {
			continue // nobody has said that there is one
		}
		id := cmp.Or(s.KMSKey, f.answers.Key.Alias)
		i := slices.IndexFunc(b.keys, func(k *keyAccess) bool { return k.id == id })
		if i < 0 {
			i, b.keys = len(b.keys), append(b.keys, &keyAccess{in: b, id: id, named: s.KMSKey != ""})
		}
		b.keys[i].projects = append(b.keys[i].projects, s.Project)
	}
}

// key describes a key, then asks for the rights to it, and for a data key.
func (r *reader) key(ctx context.Context, session *awsops.Session, k *keyAccess) {
	together(
		func() {
			if k.key, k.describeErr = session.Key(ctx, k.id); k.describeErr != nil && r.mayAskInstead(k.in) {
				if key, err := r.home.In(k.in.region).Key(ctx, k.id); err == nil {
					k.key, k.describeErr = key, nil
				}
			}
			if k.key != nil {
				k.rights = r.simulate(ctx, k.in.by, []string{"kms:GenerateDataKey", "kms:Decrypt"}, k.key.ARN, nil)
			}
		},
		func() { k.dataKeyErr = session.TryDataKey(ctx, k.id, map[string]string{"aws:s3:arn": k.in.arn()}) },
	)
}

// mayAskInstead tells whether the operator, who was not asked yet, can be asked for
// what the bucket's identity may not see.
func (r *reader) mayAskInstead(b *bucketAccess) bool { return !b.standIn && r.operatorErr == nil }
