package plan

import "time"

// Outcome is what a run's last look has found so, about the person it is for: the facts
// from which the sentence is made that every result opens with (ui/words). Each way
// through the program has its own.
type Outcome interface {
	// Person is the user that it is about; empty where it is about nobody in
	// particular.
	Person() string
}

// Sealed is a key that waits in a sealed file to be collected.
type Sealed struct {
	User string
	// Path is the file's, from the folder of the blueprint; empty for one that is deleted as
	// the run ends.
	Path string
	// Until is when it expires; zero where another laptop has sealed it, or it never does.
	Until time.Time
	// Safe says that it is for emergencies, and goes into a safe.
	Safe bool
}

// SetUp is the team's set-up.
type SetUp struct {
	Environments []string
	// Admin is the user whose profile this laptop has; empty without one.
	Admin string
	// Begun says that some of it is there already.
	Begun bool
	// MFA are those of them whose roles require MFA, which no proof of a set-up enters.
	MFA []string
	// Unfetched are the admin's projects whose providers could not be had, so that
	// Terraform cannot plan in them yet.
	Unfetched []string
	Sealed    []Sealed
}

// Person is this laptop's admin.
func (o SetUp) Person() string { return o.Admin }

// Reach is how far an admin gets in an environment.
type Reach int

// The reaches.
const (
	// Untried says that nothing has shown it yet.
	Untried Reach = iota
	// Refused says that something that was tried did not work.
	Refused
	// Entered says that its role was assumed; Terraform did not plan in it.
	Entered
	// Planned says that Terraform planned in every project of it.
	Planned
)

// Place is an environment with how far an admin gets in it.
type Place struct {
	Environment string
	Reach       Reach
}

// Aboard is an admin's own laptop.
type Aboard struct {
	User string
	// Own says that the profile holds a key that nobody else ever had.
	Own bool
	// SignIn says that a session has to be opened before anything works.
	SignIn bool
	// Leaving is the user whose key still works here, on the way to a sign-in.
	Leaving string
	Places  []Place
}

// Person is the admin.
func (o Aboard) Person() string { return o.User }

// Delivery is one admin's handover.
type Delivery struct {
	User string
	// Sealed is the file that waits; nil without one.
	Sealed *Sealed
	// Superseded says that the file's key is gone: another handover counts.
	Superseded bool
	// Others are how many more keys of the user's there are.
	Others int
}

// Person is the admin to whom the key goes.
func (o Delivery) Person() string { return o.User }

// Deny is how far it is known that AWS denies a user everything.
type Deny int

// What is known of it.
const (
	// NotDenied says that the user is not denied everything.
	NotDenied Deny = iota
	// NotInForce says that the deny is attached, and AWS does not go by it yet.
	NotInForce
	// Attached says that the deny was read back; what AWS decides was not asked.
	Attached
	// Denies says that AWS, when asked, denied the user everything.
	Denies
	// Gone says that the user is not there any more.
	Gone
	// NotMember says that the person is in none of the team's groups any more, and so
	// gets no credentials.
	NotMember
)

// Departure is one admin who leaves.
type Departure struct {
	User, Account string
	Deny          Deny
	// Open says that sessions that the user opened before may go on, until Until;
	// zero where nothing bounds them yet.
	Open  bool
	Until time.Time
	// Now is AWS's time of the look.
	Now time.Time
	// Keys are how many access keys of the user's are left, deactivated or not.
	Keys int
}

// Person is who leaves.
func (o Departure) Person() string { return o.User }

// SignedIn is an admin's session for Terraform.
type SignedIn struct {
	User, Profile string
	// Wanted says that an environment asks for a second factor; Open that the profile
	// holds a session that lasts, until Until (zero where it is not known).
	Wanted, Open bool
	Until        time.Time
}

// Person is the admin who signs in.
func (o SignedIn) Person() string { return o.User }

// Health is what troubleshooting has found; the findings say it. TextOnly says that
// nothing but a text was looked at.
type Health struct{ TextOnly bool }

// Person is nobody: a set-up is everybody's.
func (o Health) Person() string { return "" }
