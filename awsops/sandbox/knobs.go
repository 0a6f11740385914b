package sandbox

import (
	"net/http"
	"sync"
	"time"
)

// Options are the knobs of a [Server]. The zero value is an organization of
// four accounts that answers at once.
type Options struct {
	// Accounts is the number of member accounts: 0 means the three of the
	// article (staging, preprod and production); more than three adds
	// env-0004, env-0005 and so on.
	Accounts int

	// Standalone leaves the organization out: the accounts are there, and the
	// first one still reaches the others, but none is a member of anything.
	Standalone bool

	// ControlTower lets a landing zone manage the organization: accounts are made
	// in its account factory and entered by AWSControlTowerExecution alone.
	ControlTower bool

	// Latency is added to every call.
	Latency time.Duration

	// Propagation is how long a new access key, role or policy, and every
	// change of them, stays unseen by authentication and authorization, while
	// IAM's own reads show it at once. AWS publishes no bound; seconds are
	// usual.
	Propagation time.Duration

	// Lag is how long at most AWS may take to show what was done, beside who may do
	// what: copies of its state answer in turn, each of which sees a change at a time
	// of its own, drawn for each operation and resource. Until then what was made is
	// not there (NoSuchEntity, NotFound, NoSuchBucket, ResourceNotFound), for reads and
	// for changes of it, though it may be for others; a policy may not name it as a
	// principal; a read is answered as before the change; a table is UPDATING, and
	// a bucket's next change aborted (OperationAborted). Objects, items and what is
	// computed are never behind. 0 shows everything at once.
	Lag time.Duration

	// Rate is the number of requests a second that each service admits from
	// each account before it answers in its throttling words; 0 admits all.
	Rate int

	// Region is the home region of the sandbox, eu-west-1 by default. Its partition is
	// that of all accounts; in a region of another partition no key is known.
	Region string

	// OptedIn are the regions that an account has enabled, by its id, of those that must
	// be: in any other of them its keys are unknown, and nobody gets a session of its
	// roles.
	OptedIn map[string][]string

	// Quotas are what an account's quotas of IAM were set to, by its id and by their
	// names in GetAccountSummary (AssumeRolePolicySizeQuota); AWS's own elsewhere.
	Quotas map[string]map[string]int

	// IdentityCenter is the organization's IAM Identity Center, which the zero value
	// leaves out.
	IdentityCenter CenterOptions

	// Unenforced keeps policies and asks none of them, as emulators do: whoever signs
	// may do everything.
	Unenforced bool

	// Logged is how many of the newest requests [Server.Log] keeps at least, and twice as
	// many at most; 0 keeps all.
	Logged int

	// Seed makes ids, secrets and what Lag draws repeatable; empty takes them at random.
	Seed string

	// Now is the sandbox's clock, [time.Now] by default.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Accounts == 0 {
		o.Accounts = 3
	}
	if o.Region == "" {
		o.Region = "eu-west-1"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Fault is what goes wrong with one request. The zero value is none.
type Fault struct {
	DropRequest bool        // close the connection without doing the work
	DropAnswer  bool        // do the work, then close the connection: the answer is lost
	Throttle    bool        // refuse in the service's throttling words
	Deny        bool        // refuse as who has no right to it is refused
	Code        string      // refuse with this error, as AWS names it
	Status      int         // the HTTP status of Code, 400 by default
	Message     string      // of Code
	After       func(Entry) // called when the work is done, before the answer leaves
}

// Intercept has hook called with every request that carries a good signature or needs
// none, before any work is done; what it returns goes wrong. Requests meet the hook
// many at a time; it may block or end the process. The entry has neither
// resource nor status yet. Nil takes the hook away.
func (s *Server) Intercept(hook func(Entry) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = hook
}

// Script gives a hook for [Server.Intercept] by which the first request of an
// operation, named "service:Operation", meets the first fault of its list, the second
// the second, and those that come when the list is used up none. A zero [Fault] lets a
// request through.
func Script(script map[string][]Fault) func(Entry) Fault {
	var mu sync.Mutex
	next := map[string]int{}
	return func(e Entry) Fault {
		mu.Lock()
		defer mu.Unlock()
		name := e.Service + ":" + e.Operation
		if next[name] >= len(script[name]) {
			return Fault{}
		}
		next[name]++
		return script[name][next[name]-1]
	}
}

// Rough gives a hook for [Server.Intercept] that is a bad day: of all requests 5 % are
// throttled, 2 % end in AWS's own failure, and of 2 % each the request and the answer
// are lost. The seed and how often the operation was asked for draw which.
func Rough(seed string) func(Entry) Fault {
	var mu sync.Mutex
	asked := map[string]int{}
	return func(e Entry) Fault {
		mu.Lock()
		defer mu.Unlock()
		name := e.Service + ":" + e.Operation
		asked[name]++
		switch n := drawn(seed, name, asked[name]) % 100; {
		case n < 5:
			return Fault{Throttle: true}
		case n < 7:
			return Fault{Code: "InternalFailure", Status: http.StatusInternalServerError, Message: "We encountered an internal error. Please try again."}
		case n < 9:
			return Fault{DropRequest: true}
		case n < 11:
			return Fault{DropAnswer: true}
		}
		return Fault{}
	}
}
