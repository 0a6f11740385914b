package sandbox

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"time"
)

// request is one call whose signature was verified.
type request struct {
	ctx  context.Context
	http *http.Request
	// answer takes what is answered.
	answer http.ResponseWriter
	id     string // request id of the answer
	now    time.Time
	held   int64 // room taken for the body among all bodies

	body     []byte      // aws-chunked framing is taken off already
	trailers http.Header // trailing headers of an aws-chunked body
	form     url.Values  // query protocol only
	input    any         // decoded form or JSON, for the log

	service   string // the name it was signed for
	protocol  protocol
	region    string
	operation string

	caller  *caller
	account *account // the caller's
	secure  bool     // the loopback port counts as secure transport

	resource string    // the first resource that was authorized, for the log
	failure  *apiError // the error that was answered
}

// response is an answer, complete before the lock is released.
type response struct {
	status int
	header http.Header
	body   []byte
}

// account is one AWS account with its IAM. Other services keep their own state
// by account id.
type account struct {
	id, name, email string
	joined          time.Time
	joinedMethod    string // CREATED or INVITED
	state           string // ACTIVE, SUSPENDED…
	tags            []tag  // as Organizations lists them
	management      bool
	root            *credential
	users           map[string]*user // by lower-case name, as are the next two
	groups          map[string]*group
	roles           map[string]*role
	policies        map[string]*managedPolicy // by ARN
	mfa             map[string]*mfaDevice     // by serial number (ARN)
}

// caller is who signed a request.
type caller struct {
	arn       string // as GetCallerIdentity gives it
	principal string // ARN of the user, role or root behind it
	userID    string
	account   *account
	user      *user // at most one of user and role; neither is root
	role      *role
	session   *session // nil for long-lived keys
	keyID     string
}

// session is what temporary credentials know beside their secret.
type session struct {
	name   string   // role session name
	policy []string // session policies; none means no restriction
	mfa    time.Time
	issued time.Time
	chain  bool // assumed by another role: at most one hour
}

// mfaPresent says whether the caller gave an MFA code for this session.
func (c *caller) mfaPresent() bool { return c.session != nil && !c.session.mfa.IsZero() }

// credential is an access key id with its secret: a user's long-lived key, the
// root's, or temporary ones, which carry a token.
type credential struct {
	id, secret, token string
	created           time.Time
	visible           time.Time // not known to authentication before
	expires           time.Time // zero: never
	inactive          bool
	account           *account
	user              *user
	role              *role
	session           *session
	lastUsed          time.Time
	lastService       string
	lastRegion        string
}

// Credentials sign requests. Token is empty for long-lived ones.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

func (c *credential) public() Credentials {
	return Credentials{AccessKeyID: c.id, SecretAccessKey: c.secret, SessionToken: c.token}
}

// xmlResponse answers with a document; the caller's struct names its root.
func xmlResponse(status int, document any) (response, error) {
	body, err := xml.Marshal(document)
	if err != nil {
		return response{}, fail(http.StatusInternalServerError, "InternalFailure", "%v", err)
	}
	header := http.Header{"Content-Type": {"text/xml"}}
	return response{status: status, header: header, body: append([]byte(xml.Header), body...)}, nil
}
