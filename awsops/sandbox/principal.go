package sandbox

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"stateroom/awsops/policy"
)

// eventual is a value that authorization sees only after the propagation
// delay, while reads see the newest.
type eventual[T any] struct{ steps []eventualStep[T] }

type eventualStep[T any] struct {
	at    time.Time // seen from then on
	value T
}

// set adds a value that is seen from at, and forgets those that nobody will
// see again after now.
func (e *eventual[T]) set(value T, now, at time.Time) {
	for len(e.steps) > 1 && !e.steps[1].at.After(now) {
		e.steps = e.steps[1:]
	}
	e.steps = append(e.steps, eventualStep[T]{at, value})
}

// latest is the newest value.
func (e *eventual[T]) latest() (value T) {
	if len(e.steps) > 0 {
		value = e.steps[len(e.steps)-1].value
	}
	return value
}

// seen is the value as of now; ok is false before the first is seen.
func (e *eventual[T]) seen(now time.Time) (value T, ok bool) {
	for _, step := range e.steps {
		if step.at.After(now) {
			break
		}
		value, ok = step.value, true
	}
	return value, ok
}

// rewrite alters every value, those that are not seen yet among them.
func (e *eventual[T]) rewrite(alter func(*T)) {
	for i := range e.steps {
		alter(&e.steps[i].value)
	}
}

// grants are what authorization reads of a user, a group or a role. A value is
// never changed once it is published: change makes a copy.
type grants struct {
	inline   map[string]string // policy name → document
	attached []string          // ARNs of managed policies, in order of attachment
	boundary string            // ARN of the permissions boundary
	groups   []string          // a user's groups, by lower-case name
	trust    string            // a role's trust policy
}

// entity is what users, groups and roles share.
type entity struct {
	kind       *iamKind
	path, name string
	id         string
	created    time.Time
	tags       tagSet
	grants     eventual[grants]
	reserved   bool // a role that AWS alone may change
}

type user struct {
	entity
	keys       []*credential
	password   time.Time              // when the console password was set; zero without one
	belongings map[string][]belonging // by the kind's element
}

type group struct{ entity }

type role struct {
	entity
	description string
	maxSession  int // seconds
	lastUsed    time.Time
	lastRegion  string
}

func (e *entity) arn(a *account) string {
	return a.partition.arn("iam", "", a.id, e.kind.name+e.path+e.name)
}

// now is what IAM's reads show of the entity.
func (e *entity) now() grants { return e.grants.latest() }

// change publishes altered grants, seen after the propagation delay.
func (s *core) change(r *request, e *entity, alter func(*grants)) {
	next := e.now()
	next.inline = maps.Clone(next.inline)
	if next.inline == nil {
		next.inline = map[string]string{}
	}
	next.attached = slices.Clone(next.attached)
	next.groups = slices.Clone(next.groups)
	alter(&next)
	e.grants.set(next, r.now, r.now.Add(s.options.Propagation))
}

// principalKnown says whether a policy may name this principal: AWS refuses
// principals that do not exist, or not yet.
func (s *core) principalKnown(principal string, now time.Time) bool {
	if principal == "*" || s.accounts[principal] != nil {
		return true
	}
	named, err := arn.Parse(principal)
	if err != nil || named.Partition != s.partition.id || s.accounts[named.AccountID] == nil {
		return false
	}
	kind, name, _ := strings.Cut(named.Resource, "/")
	entity := s.accounts[named.AccountID].principal(kind, name)
	if entity == nil {
		return kind == "root" && name == ""
	}
	_, seen := entity.grants.seen(now)
	return seen && !s.unseen("in a policy", principal, now)
}

// unknownPrincipal is the first AWS principal of a statement that does not
// exist, or "".
func (s *core) unknownPrincipal(statement policy.Statement, now time.Time) string {
	for _, value := range slices.Concat(statement.Principals["AWS"], statement.NotPrincipals["AWS"]) {
		if !s.principalKnown(value, now) {
			return value
		}
	}
	return ""
}

// entity finds a user, a group or a role by its name.
func (a *account) entity(kind, name string) *entity {
	name = strings.ToLower(name)
	switch kind {
	case "user":
		if u := a.users[name]; u != nil {
			return &u.entity
		}
	case "group":
		if g := a.groups[name]; g != nil {
			return &g.entity
		}
	case "role":
		if ro := a.roles[name]; ro != nil {
			return &ro.entity
		}
	}
	return nil
}

// principal finds the user or role behind "user/path/name" and its like.
func (a *account) principal(kind, name string) *entity {
	if kind == "assumed-role" {
		role, _, _ := strings.Cut(name, "/")
		return a.entity("role", role)
	}
	e := a.entity(kind, name[strings.LastIndexByte(name, '/')+1:])
	if e == nil || kind == "group" || !strings.HasSuffix(e.arn(a), ":"+kind+"/"+name) {
		return nil
	}
	return e
}
