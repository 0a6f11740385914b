package plan

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"time"

	"stateroom/awsops/secret"
)

// Given are the answers so far by the path of their question. All are held as
// secrets: a pasted text may contain one as well as a secret's own field.
type Given map[string]secret.Secret

// Text is the answer to a question, empty where it was not asked.
func (g Given) Text(path string) string { return g[path].Reveal() }

// Asked tells whether a question was answered, if only by an empty text.
func (g Given) Asked(path string) bool {
	_, asked := g[path]
	return asked
}

// Problem is an answer that cannot be, to be told at its question.
type Problem struct {
	// Path is the question's.
	Path string
	// Text is one sentence: what is wrong with the answer, and what is wanted.
	Text string
}

// Error is what is wrong.
func (p *Problem) Error() string { return p.Text }

// Asks are the questions that come up under way. Each waits for the answer, and
// ends with an error when the operator refuses or the run ends.
type Asks struct {
	// Code asks for the code of an MFA device, for a session that is opened whenever one
	// is needed.
	Code func(SignIn) (string, error)
	// SignIn asks for the code that a device of which more is known shows now.
	SignIn func(context.Context, SignIn) (string, error)
	// Enrol shows the seed of a new virtual MFA device, and asks for two codes
	// in a row.
	Enrol func(context.Context, Enrolment) (first, second string, err error)
	// Visit shows somebody a page to sign in at, until the context ends; its error says that
	// it is given up, or [ErrByCode].
	Visit func(context.Context, Visit) error
	// Browser opens a page in the browser of this machine. It is nil where there is none.
	Browser func(ctx context.Context, address string) error
}

// Visit is a page at which somebody signs in.
type Visit struct {
	// Address is the page. It is of no use to anybody else once somebody has signed in.
	Address secret.Secret
	// Code, where there is one, says that the page is for any other device, which shows the
	// code; Page is where it can be typed.
	Code, Page string
	// Until is when it is too late.
	Until time.Time
}

// ErrByCode says that somebody has no use for the browser of this machine, and signs in on
// another device.
var ErrByCode = errors.New("sign in on another device")

// SignIn is a session that is to be opened with a second factor.
type SignIn struct {
	// Device is the serial number of the user's MFA device.
	Device string
	// Note is one sentence to be told before the question: why the code before was
	// not taken, or that it has to be a new one; empty where there is nothing to
	// tell.
	Note string
}

// Enrolment is a virtual MFA device that is to be put into somebody's app.
type Enrolment struct {
	// User and Account are whom the app shows the codes for.
	User, Account string
	// Seed is what AWS gave for the device, in base 32.
	Seed secret.Secret
	// Problem says why the codes given before were not taken; empty at first.
	Problem string
}

// Links are the addresses that an app can read from a QR code, the one that
// tells most first. All make the same codes; the shorter make smaller pictures.
// (https://github.com/google/google-authenticator/wiki/Key-Uri-Format)
func (e Enrolment) Links() []secret.Secret {
	link := func(label string, more url.Values) secret.Secret {
		u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + label, RawQuery: "secret=" + e.Seed.Reveal()}
		if len(more) > 0 {
			u.RawQuery += "&" + more.Encode()
		}
		return secret.New(u.String())
	}
	return []secret.Secret{
		link("AWS:"+e.User+"@"+e.Account, url.Values{"issuer": {"AWS"}}),
		link(e.User+"@"+e.Account, nil),
		link(e.User, nil),
	}
}

// Kind says how a question is asked and how its answer is read.
type Kind string

// The kinds of question.
const (
	Text Kind = "text"
	// Secret is text that is never shown, not even as it is typed.
	Secret Kind = "secret"
	// Lines is text of many lines, such as a pasted error.
	Lines   Kind = "lines"
	Choice  Kind = "choice"
	Choices Kind = "choices"
	Confirm Kind = "confirm"
)

// Question asks for one answer. Its path is how its answer is known, in set-up the
// blueprint path that --set takes.
type Question struct {
	Path   string
	Prompt string
	// Name is what the answer is called where answers are listed; empty where that is
	// the prompt.
	Name    string
	Help    string
	Kind    Kind
	Default string
	Options []string
	// Means says of an option what choosing it means, where its name does not.
	Means map[string]string
	// Accounts are those that a list offers to be picked; the answer is their pairs.
	Accounts []Account
	// Required marks an answer without which no plan can be made.
	Required bool
	// Check says why an answer cannot be.
	Check func(value string) error
	// Flag is how it is answered without being asked, "--set bucket.name=…"; empty
	// where only a person can.
	Flag string
	// Keep says that a typed answer may lie in a file of the user's until the next run: what
	// its Check lets pass is no secret. The answers to choices always may.
	Keep bool
	// Echo says that lines tell the answer again under its path, as the blueprint
	// will hold it.
	Echo bool
	// Hide takes the secrets out of an answer before it is shown again. It is nil
	// where none can be in it.
	Hide func(value string) string
}

// Called is what the answer is called where answers are listed.
func (q Question) Called() string { return cmp.Or(q.Name, q.Prompt) }

// ErrNeeded is what is wrong with an answer that is empty and must not be.
var ErrNeeded = errors.New("this answer is required")

// Judge says why an answer cannot be.
func (q Question) Judge(value string) error {
	switch {
	case value == "" && q.Required:
		return ErrNeeded
	case q.Check != nil:
		return q.Check(value)
	}
	return nil
}

// Account is an account that a question offers, with the pair name=id that it is in
// the answer.
type Account struct{ ID, Name, Email, Pair string }
