package sandbox

import "time"

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

	// ControlTower lets a landing zone manage the organization: accounts are to
	// be made in its account factory.
	ControlTower bool

	// Latency is added to every call.
	Latency time.Duration

	// Propagation is how long a new access key, role or policy, and every
	// change of them, stays unseen by authentication and authorization, while
	// IAM's own reads show it at once. AWS publishes no bound; seconds are
	// usual.
	Propagation time.Duration

	// Rate is the number of requests a second that each service admits from
	// each account before it answers in its throttling words; 0 admits all.
	Rate int

	// Region is the home region of the sandbox, eu-west-1 by default.
	Region string

	// Seed makes ids and secrets repeatable; empty takes them at random.
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
	After       func(Entry) // called when the work is done, before the answer leaves
}

// Intercept has hook called with every request that carries a good signature,
// before any work is done; what it returns goes wrong. Requests meet the hook
// many at a time; it may block or end the process. The entry has neither
// resource nor status yet. Nil takes the hook away.
func (s *Server) Intercept(hook func(Entry) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = hook
}
