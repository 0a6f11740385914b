package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// nodes is how many copies of AWS's state answer in turn. Each sees what happened at a
// time of its own, so that a thing is seen, and then not, and then again.
const nodes = 3

// lagging is what a sandbox with [Options.Lag] remembers to answer as AWS did a moment
// ago.
type lagging struct {
	made    map[string]time.Time   // by ARN or id
	changes map[string][]time.Time // by service, account and resource, the oldest first
	answers map[string]pastAnswer
	asked   int
	// behind says that the request under way did not see something that is there, so that
	// its answer is none of a time that has passed.
	behind bool
}

// pastAnswer is what a read was answered, and when.
type pastAnswer struct {
	at      time.Time
	out     response
	failure *apiError
}

func newLagging() lagging {
	return lagging{made: map[string]time.Time{}, changes: map[string][]time.Time{}, answers: map[string]pastAnswer{}}
}

// draw is a time of at most [Options.Lag], always the same for the same words and
// seed; a third of them are zero.
func (s *core) draw(words ...any) time.Duration {
	if s.options.Lag <= 0 {
		return 0
	}
	n := drawn(append([]any{s.ids.seed}, words...)...) >> 11 // 53 bits, as many as a float64 takes
	if n%3 == 0 {
		return 0
	}
	return time.Duration(float64(s.options.Lag) * float64(n) / (1 << 53))
}

// drawn is a number that is always the same for the same words.
func drawn(words ...any) uint64 {
	sum := sha256.Sum256([]byte(fmt.Sprintln(words...)))
	return binary.BigEndian.Uint64(sum[:])
}

// node draws the copy that answers next.
func (s *core) node() int {
	s.lag.asked++
	return s.lag.asked % nodes
}

// appears notes that something new is there, by its ARN or its id.
func (s *core) appears(what string, now time.Time) {
	if s.options.Lag > 0 {
		s.lag.made[what] = now
	}
}

// unseen says whether the copy of AWS that answers does not know yet what was made,
// for one operation.
func (s *core) unseen(operation, what string, now time.Time) bool {
	made, isNew := s.lag.made[what]
	behind := isNew && now.Before(made.Add(s.draw(s.node(), operation, what)))
	s.lag.behind = s.lag.behind || behind
	return behind
}

// creations are the operations whose resource is what they make: made a second time, it
// exists, and no model of theirs knows an answer that it does not.
var creations = []string{"CreateBucket", "CreateGroup", "CreatePolicy", "CreateRole", "CreateTable", "CreateUser", "CreateVirtualMFADevice"}

// late is the error of an operation on something new that is not seen yet, in the
// words in which its service says that there is none. What is done by hand
// ([Server.Act]) sees everything.
func (s *core) late(r *request, resource string) error {
	named, err := arn.Parse(resource)
	if err != nil || r.answer == nil || named.Service != r.service || slices.Contains(creations, r.operation) || !s.unseen(r.operation, resource, r.now) {
		return nil //nolint:nilerr // what is no ARN is nothing that was made
	}
	kind, name, _ := strings.Cut(named.Resource, "/")
	switch {
	case r.service == "s3":
		return noSuchBucket(named.Resource)
	case r.service == "dynamodb":
		return noSuchTable(r, name)
	case r.service == "kms":
		return badRequest("NotFoundException", "Key '%s' does not exist", resource)
	case kind == "policy":
		return noSuchEntity("Policy %s was not found.", resource)
	case r.service == "sso":
		return noSuchSet
	case r.service == "identitystore":
		return notInStore(strings.ToUpper(kind))
	}
	return noSuchEntity("The %s with name %s cannot be found.", kind, name[strings.LastIndexByte(name, '/')+1:])
}

// stale is what a read is answered when the copy that answers does not know yet what
// was changed since the same was asked before: what was answered then. Any other answer
// is kept for later.
func (s *core) stale(r *request, out response) response {
	behind := s.lag.behind
	s.lag.behind = false
	if s.options.Lag <= 0 || strong(r) {
		return out
	}
	whole := r.service + " " + r.account.id
	scope := whole + " " + r.resource
	if mutating(r.operation) {
		if r.failure == nil {
			s.changed(whole, r.now)
			s.changed(scope, r.now)
		}
		return out
	}
	if r.resource == "*" || strings.HasSuffix(r.resource, "/*") {
		scope = whole
	}
	question := fmt.Sprint(scope, r.region, r.operation, r.http.URL, string(r.body))
	past, asked := s.lag.answers[question]
	changes := s.lag.changes[scope]
	since := sort.Search(len(changes), func(i int) bool { return changes[i].After(past.at) })
	if asked && since < len(changes) && r.now.Before(changes[since].Add(s.draw(s.node(), r.operation, scope))) {
		r.failure = past.failure
		return past.out
	}
	if !behind {
		s.lag.answers[question] = pastAnswer{r.now, out, r.failure}
	}
	return out
}

// changed notes that something changed.
func (s *core) changed(scope string, now time.Time) {
	s.lag.changes[scope] = append(s.lag.changes[scope], now)
}

// strongOperations are the reads that AWS answers by its newest state: objects ("Amazon
// S3 data consistency model"), items that are read consistently, and what computes
// rather than reads.
var strongOperations = []string{
	"ListObjectsV2", "ListObjectVersions", "GetObject", "HeadObject", "GetItem", "SimulatePrincipalPolicy", "GetAccessKeyLastUsed",
	"GenerateDataKey", "DescribeCreateAccountStatus",
}

// strong says that a request has nothing to do with copies that lag.
func strong(r *request) bool {
	return r.account == nil || r.service == "sts" || slices.Contains(strongOperations, r.operation) ||
		mutating(r.operation) && (strings.Contains(r.operation, "Object") || strings.Contains(r.operation, "Item") || strings.Contains(r.operation, "Upload"))
}
