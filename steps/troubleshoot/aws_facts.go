package troubleshoot

import (
	"time"

	"stateroom/awsops"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// facts are all that was read from AWS, before anything is judged.
type facts struct {
	answers *blueprint.Answers
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
	plan   plan.Proposal
	logins []*login
	roles  []*roleFacts
}

// login is one identity of Terraform with what it was asked to do.
type login struct {
	profile string // empty for the default chain
	// keyID is the access key id in the profile, empty where it holds none.
	keyID    string
	session  *awsops.Session // nil where the profile cannot be opened
	identity awsops.Identity
	err      error
	// skew is how far AWS's clock is ahead, nil where no answer told.
	skew *time.Duration
	// keyAccount is whose the access key is, of a key that AWS does not accept.
	keyAccount string
	// principal is the user's or the role's own ARN, which a simulation asks
	// for; principalErr is why it is not known.
	principal    string
	principalErr error
	sites        []*site
}

// who names the identity in evidence.
func (l *login) who() string {
	switch {
	case l.err == nil && l.identity.ARN != "":
		return l.identity.ARN
	case l.profile != "":
		return "profile " + l.profile
	}
	return "the default credentials"
}

// site is one bucket as one login reaches it, with what is kept beside it.
type site struct {
	login  *login
	bucket string
	// configured is the region of the backend, region the bucket's own; that is
	// the configured one where nobody knows better.
	configured, region string
	// asked is who asked: the login or, where that cannot sign in, the operator
	// in its place, whose rights tell nothing of the login's.
	asked   string
	standIn bool
	status  int // of HeadBucket
	headErr error
	// owned is the status of a HeadBucket that expects the admin account to own
	// the bucket; 0 where it was not asked.
	owned int
	// elsewhere says that the bucket is not among the operator's.
	elsewhere bool
	listErr   error
	rights    rights // on the bucket itself
	states    []*stateFacts
	tables    []*tableFacts
	keys      []*keyFacts
}

// keyFacts are one encryption key as a backend names it.
type keyFacts struct {
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

// tableFacts are one lock table as a backend names it.
type tableFacts struct {
	name        string
	table       *awsops.Table
	describeErr error
	projects    []string
}

// stateFacts are one project's state with its locks and its digest.
type stateFacts struct {
	target
	headErr error
	there   bool // HEAD found an object
	object  *stateObject
	getErr  error

	digest    *awsops.LockItem
	lock      *awsops.LockItem
	digestErr error
	lockErr   error

	file    *awsops.Content
	fileErr error
	// locksByOperator says that the operator read what the login may not.
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

// rights are what a simulation says of an identity; err is why it says nothing.
type rights struct {
	results []awsops.Simulated
	err     error
}

// of gives the decision on one action; known is false where it was not asked
// or not answered.
func (r rights) of(action, resource string) (d awsops.Simulated, known bool) {
	for _, d := range r.results {
		if d.Action == action && d.Resource == resource {
			return d, true
		}
	}
	return awsops.Simulated{}, false
}

// add joins the answer of another simulation.
func (r *rights) add(results []awsops.Simulated, err error) {
	r.results = append(r.results, results...)
	if r.err == nil {
		r.err = err
	}
}

// roleFacts are one environment's role as a login meets it.
type roleFacts struct {
	environment blueprint.Environment // with its account
	arn         string
	login       *login
	assumeErr   error
	// insideErr is why the role, once assumed, could not list the account's
	// buckets; asked only where the blueprint lets it.
	inside    bool
	insideErr error
	// caller are the login's rights to assume, own the role's in its account.
	caller, own rights
}
