package sandbox

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// State lists what the sandbox holds, a line for each thing, in order, so that
// two states can be compared. What only tells of use is left out: sessions,
// times, versions of objects and policies that are not the current ones.
func (s *Server) State() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(s.options.Now())
	var l stateList
	l.add("AWS", "clock %s ahead, throttled %v", time.Duration(s.ahead.Load()), s.choked)
	for _, a := range s.accounts {
		l.account(a)
	}
	if o := s.organization; o != nil {
		l.add("organization", "service control policies: %t, attached: %v", o.scps, o.attached)
		for _, p := range o.policies {
			l.add(p.arn, "%s: %s", p.name, p.text)
		}
	}
	for arn, k := range s.kms.keys {
		l.add(arn, "%s, %q, rotation %t, tags %v, policy %s", k.state, k.description, k.rotation, k.tags, k.policyText)
	}
	for arn, alias := range s.kms.aliases {
		l.add(arn, "%s", alias.target)
	}
	for _, b := range s.s3.buckets {
		l.bucket(b)
	}
	for _, t := range s.dynamodb.tables {
		l.table(t)
	}
	if s.center != nil {
		l.center(s.center)
	}
	slices.Sort(l)
	return l
}

type stateList []string

func (l *stateList) add(name, format string, args ...any) {
	*l = append(*l, name+" = "+fmt.Sprintf(format, args...))
}

func (l *stateList) account(a *account) {
	l.add("account "+a.id, "%s %s, tags %v", a.name, a.state, a.tags)
	for _, e := range a.entities() {
		have := e.now()
		have.attached = slices.Sorted(slices.Values(have.attached)) // in what order they came counts for nothing
		l.add(e.arn(a), "tags %v, %+v", e.tags, have)
	}
	for _, u := range a.users {
		for _, key := range u.keys {
			l.add(u.arn(a)+" key "+key.id, "inactive: %t", key.inactive)
		}
	}
	for _, ro := range a.roles {
		l.add(ro.arn(a)+" settings", "%q, sessions of %d seconds", ro.description, ro.maxSession)
	}
	for arn, p := range a.policies {
		l.add(arn, "%q, tags %v, %s", p.description, p.tags, p.text.latest())
	}
	for arn, p := range a.providers {
		l.add(arn, "audiences %v, thumbprints %v, tags %v", p.audience, p.thumbs, p.tags)
	}
	for serial, d := range a.mfa {
		l.add(serial, "enabled: %t", d.user != nil)
	}
}

func (l *stateList) bucket(b *s3Bucket) {
	l.add(b.arn(), "of %s in %s, versioning %q, encryption %v, ownership %q, tags %v, policy %s",
		b.account, b.region, b.versioning, b.encryption, b.ownership, b.tags, b.policyText)
	if b.access != nil {
		l.add(b.arn()+" public access block", "%+v", *b.access)
	}
	if b.lifecycle != nil {
		l.add(b.arn()+" lifecycle", "%+v", *b.lifecycle)
	}
	for key := range b.keys {
		if v := b.current(key); v != nil {
			l.add(b.arn()+"/"+key, "%x, encryption %v", sha256.Sum256(v.body), v.encryption)
		}
	}
}

func (l *stateList) table(t *dynamoTable) {
	l.add(t.arn, "key %s, %s %d/%d, encrypted %t, protected %t, recovery %t, tags %v", t.key, t.billing, t.read, t.write, t.encrypted, t.protected, t.recovery, t.tags)
	for key, item := range t.items {
		texts := map[string]string{}
		for name, value := range item {
			texts[name] = value.text()
		}
		l.add(t.arn+"/"+key, "%v", texts)
	}
}

func (l *stateList) center(c *identityCenter) {
	l.add("IAM Identity Center "+c.id, "%q of %s in %s, permission sets %t, key %s", c.name, c.owner.id, c.options.Region, c.setsOn, c.key)
	for _, t := range c.teams {
		l.add(c.storeARN("group/"+t.id), "%s, %q, %v", t.displayName, t.description, t.external)
	}
	for _, p := range c.people {
		l.add(c.storeARN("user/"+p.id), "%s, %s, %v", p.userName, p.displayName, p.external)
	}
	for _, m := range c.memberships {
		l.add(c.storeARN("membership/"+m.id), "%s in %s", m.person.userName, m.team.displayName)
	}
	for arn, set := range c.sets {
		l.add(arn, "%s, %q, %s, %s, tags %v, %v, boundary %+v", set.name, set.description, set.duration, set.relayState, set.tags, set.references, set.boundary)
	}
	for _, a := range c.assignments {
		l.add("assignment of "+a.set.arn, "%s %s in %s", a.principalType, a.principalID, a.account.id)
	}
	for of, have := range c.reserved {
		l.add("provisioned "+of.set.arn, "%s, up to date: %t", have.role.arn(of.account), have.version == of.set.version)
	}
	for _, t := range c.tasks {
		l.add("request "+t.id, "%s", t.state())
	}
}
