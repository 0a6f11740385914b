package account

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/diagnosis"
	"stateroom/steps/plan"
	"stateroom/steps/troubleshoot/health"
)

// facts are all that was read from AWS, before anything is checked.
type facts struct {
	answers *blueprint.Answers
	// guessed says that nobody has said which the admin account is: it is taken for that of
	// the credentials, and whose a bucket is proves nothing.
	guessed bool
	now     time.Time
	// observed is what the operator sees of the set-up, failed what could not be seen
	// of it by the step; operator is who that is,
	// or why nobody knows.
	observed    *steps.Observed
	failed      steps.Failures
	operator    awsops.Identity
	operatorErr error
	// organization is its id, empty where there is none or none that may be read.
	organization string
	// plan is what the blueprint would have changed, as far as it mends.
	plan       plan.Proposal
	identities []*identity
	roles      []*roleAccess
}

// looked tells whether the operator could look at what a step is about.
func (f *facts) looked(step plan.StepName) bool { return f.failed[step] == nil }

// withoutBlueprint tells whether the answers are what a project's files say: every blueprint
// has a group.
func (f *facts) withoutBlueprint() bool { return len(f.answers.Groups) == 0 }

// keyARN is the ARN of the blueprint's key, or words for one that is not known.
func (f *facts) keyARN() string {
	if k := f.observed.Key.Key; k != nil {
		return k.ARN
	}
	return "the key's full ARN"
}

// identity is one of Terraform's with what it was asked to do.
type identity struct {
	profile string // empty for the default chain
	// keyID is the access key id in the profile, empty where it holds none.
	keyID string
	// shadowed is that the profile signs in besides, which its key keeps Terraform from; nil
	// where it does not.
	shadowed *plan.Finding
	// process is the program that is to give its credentials, and processAt the place that
	// names it; both empty without one.
	process, processAt string
	session            *awsops.Session // nil where the profile cannot be opened
	awsops.Identity
	err error
	// works says that it is signed in, and in the admin account: what the state
	// allows another account says nothing.
	works bool
	// user is the IAM user that it is, empty for every other; groups are the
	// blueprint's of that user.
	user   string
	groups []string
	// skew is how far AWS's clock is ahead, nil where no answer told.
	skew *time.Duration
	// knownIn is a region that knows the key of which the blueprint's knows nothing.
	knownIn string
	// keyAccount is whose the access key is, of a key that AWS does not accept.
	keyAccount string
	// principal is the user's or the role's own ARN, which a simulation asks
	// for; principalErr is why it is not known.
	principal    string
	principalErr error
	buckets      []*bucketAccess
}

// who names the identity in evidence.
func (id *identity) who() string {
	switch {
	case id.err == nil && id.ARN != "":
		return id.ARN
	case id.profile != "":
		return "profile " + id.profile
	}
	return "the default credentials"
}

// short is what the identity is called in a sentence, without its account.
func (id *identity) short() string {
	if arn, ok := awsops.ParseARN(id.who()); ok {
		return arn.Resource
	}
	return id.who()
}

// partition is the identity's, and aws where it cannot sign in and nothing is asked.
func (id *identity) partition() string { return cmp.Or(id.Partition, "aws") }

// stranger tells the operator's own credentials where no backend names a
// profile: an operator needs no right to any state.
func (id *identity) stranger() bool {
	return id.profile == "" && id.err == nil && len(id.groups) == 0
}

// bucketAccess is one bucket as one identity reaches it, with what is kept beside it.
type bucketAccess struct {
	by     *identity
	bucket string
	// configured is the region of the backend, region the bucket's own; that is
	// the configured one where nobody knows better.
	configured, region string
	// asked is who asked: the identity or, where that cannot sign in, the operator
	// in its place, whose rights tell nothing of the identity's.
	asked   string
	standIn bool
	status  int // of HeadBucket
	headErr error
	// owned is the status of a HeadBucket that expects the admin account to own
	// the bucket; 0 where it was not asked.
	owned int
	// elsewhere says that the bucket is not among those of the admin account.
	elsewhere bool
	listErr   error
	rights    rights // on the bucket itself
	states    []*stateAccess
	tables    []*tableAccess
	keys      []*keyAccess
}

func (b *bucketAccess) arn() string { return "arn:" + b.by.partition() + ":s3:::" + b.bucket }

func (b *bucketAccess) projects() []string {
	var names []string
	for _, s := range b.states {
		names = append(names, s.Project)
	}
	return names
}

// foreign tells a bucket that is somebody else's: it opens only without an
// expected owner, or it is not among the admin account's.
func (b *bucketAccess) foreign() bool {
	return b.owned == http.StatusForbidden && b.status == http.StatusOK || b.elsewhere
}

// closed tells a bucket in which there is nothing to ask: it is not there, or
// somebody else's.
func (b *bucketAccess) closed() bool { return b.status == http.StatusNotFound || b.foreign() }

// unreachable tells a bucket on the way to which AWS did not answer: everything
// else would fail in the same words.
func (b *bucketAccess) unreachable() bool { return b.status == 0 && diagnosis.Outage(b.headErr) != nil }

// keyAccess is one encryption key as a backend names it.
type keyAccess struct {
	in          *bucketAccess
	id          string // as named, or the blueprint's alias
	named       bool   // by a backend, and not only by the blueprint
	key         *awsops.Key
	describeErr error
	// dataKeyErr is why no data key was given; it was asked with what S3 would
	// put into the encryption context.
	dataKeyErr error
	rights     rights
	projects   []string
}

// arn is the key's own where it could be described.
func (k *keyAccess) arn() string {
	if k.key != nil {
		return k.key.ARN
	}
	return k.id
}

// tableAccess is one lock table as a backend names it.
type tableAccess struct {
	name        string
	table       *awsops.Table
	describeErr error
	projects    []string
}

// stateAccess is one project's state with its locks and its digest.
type stateAccess struct {
	health.StateLocation
	in      *bucketAccess
	headErr error
	object  *stateObject
	getErr  error

	digest, lock       *awsops.LockItem
	digestErr, lockErr error

	file    *awsops.Content
	fileErr error
	// locksByOperator says that the operator read what the identity may not.
	locksByOperator bool

	rights rights

	// deleted says that a delete marker lies where no object is; deletedErr is why
	// nobody knows.
	deleted    bool
	deletedErr error

	// versions are read where digest and state do not agree, and where there is no
	// state, newest first.
	versions    []stateVersion
	versionsErr error
	// versionsBy is the profile that could list them, empty for the operator.
	versionsBy string
}

func (s *stateAccess) arn() string { return s.in.arn() + "/" + s.Key }

func (s *stateAccess) lockFileARN() string { return s.in.arn() + "/" + s.LockFile() }

// tableARN is a table of the identity's account: Terraform names tables without one.
func (s *stateAccess) tableARN(adminAccount string) string {
	by := s.in.by
	return "arn:" + by.partition() + ":dynamodb:" + s.in.region + ":" + cmp.Or(by.Account, adminAccount) + ":table/" + s.Table
}

// digestHolds tells whether Terraform accepts the state: a digest that is not
// there is none to compare with.
func (s *stateAccess) digestHolds() bool {
	switch {
	case s.digest == nil || s.digest.Digest == "":
		return true
	case s.object == nil:
		return false
	}
	return s.digest.Digest == s.object.digest
}

// rights are what a simulation says of an identity; err is why it says nothing.
type rights struct {
	results []awsops.Simulated
	err     error
}

// of gives the decision on one action; known is false where it was not asked
// or not answered.
func (r rights) of(action, resource string) (d awsops.Simulated, known bool) {
	i := slices.IndexFunc(r.results, func(d awsops.Simulated) bool { return d.Action == action && d.Resource == resource })
	if i < 0 {
		return awsops.Simulated{}, false
	}
	return r.results[i], true
}

// roleAccess is one environment's role as an identity meets it.
type roleAccess struct {
	environment blueprint.Environment // with its account
	arn         string
	by          *identity
	assumeErr   error
	// insideErr is why the role, once assumed, could not list the account's
	// buckets; asked only where the blueprint lets it.
	inside    bool
	insideErr error
	// caller are the identity's rights to assume, own the role's in its account.
	caller, own rights
}
