package steps

import (
	"context"
	"net/url"

	"stateroom/awsops/secret"
)

// Open says what follows from the answers given so far: more questions, or the
// flow when nothing is left to ask. A presenter calls it with no answers first,
// and again after every page of questions. It makes no mutating call and writes
// no file, but it may take a while: it opens sealed files and sessions. An
// answer that cannot be is a [Problem]; any other error keeps the run from
// beginning.
type Open func(ctx context.Context, given Given, asks Asks) (Opened, error)

// Opened is what [Open] came to. Either member is set, never both.
type Opened struct {
	Questions []Question
	Flow      *Flow
}

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
	// Code asks for the code that the operator's MFA device shows now.
	Code func() (string, error)
	// SignIn asks for the code that a device of which more is known shows now.
	SignIn func(context.Context, SignIn) (string, error)
	// Enrol shows the seed of a new virtual MFA device, and asks for two codes
	// in a row.
	Enrol func(context.Context, Enrolment) (first, second string, err error)
}

// SignIn is a session that is to be opened with a second factor.
type SignIn struct {
	User string
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
