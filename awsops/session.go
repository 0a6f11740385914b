package awsops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go/logging"

	"stateroom/awsops/secret"
)

// sessionName marks our role sessions in CloudTrail.
const sessionName = "stateroom"

// Config says with which credentials and where to reach AWS. The zero value is
// the SDK's default chain.
type Config struct {
	Profile  string // --profile; empty follows AWS_PROFILE
	Region   string // --region; empty follows AWS_REGION and the profile
	Endpoint string // --endpoint-url; empty follows AWS_ENDPOINT_URL*
	Parallel int    // calls in flight at once, sizes the connection pool
	// Key, when set, is the operator in place of the default chain, whatever the
	// environment and the shared files say: AWS_PROFILE may name a profile that
	// is not there yet. An empty pair has no operator at all, for who acts as
	// named profiles only.
	Key *KeyPair
	// MFAToken asks for the code of a role profile with mfa_serial; without it
	// such a profile is an error.
	MFAToken func(Assuming) (string, error)
	// Console is where the programs of credential_process may speak and ask; without it
	// they have no terminal, and what they say is told where they fail.
	Console io.Writer
	// Files, when set, are the only files that count, and Endpoint the only address
	// that is asked: nothing of the process's environment is gone by, as in a
	// rehearsal beside which somebody's own AWS is set up.
	Files *Files
	// Bounds are how long AWS is waited for, the usual ones where not given.
	Bounds Bounds
}

// Assuming is what an MFA code is asked for.
type Assuming struct {
	// Profile is the profile that asks for it; empty for the one that the environment
	// names, or the default.
	Profile string
	// Role is the ARN of the role that is assumed, and Device the serial number of the
	// MFA device.
	Role, Device string
}

// asker asks for the code of a role that is assumed as a profile says; the
// SDK tells whoever it asks neither the role nor the device.
func (s *Sessions) asker(profile string) func(*stscreds.AssumeRoleOptions) {
	return func(o *stscreds.AssumeRoleOptions) {
		if s.token == nil {
			return
		}
		as := Assuming{Profile: profile, Role: o.RoleARN, Device: aws.ToString(o.SerialNumber)}
		o.TokenProvider = func() (string, error) { return s.token(as) }
	}
}

// KeyPair is a user's access key with its secret.
type KeyPair struct {
	ID     string
	Secret secret.Secret
}

// Sessions opens sessions that share connections, limiters and role
// credentials. It is safe for concurrent use.
type Sessions struct {
	base    aws.Config
	options []func(*config.LoadOptions) error
	token   func(Assuming) (string, error) // see [Config.MFAToken]
	console io.Writer                      // see [Config.Console]
	limits  *limiters
	home    *login
	bounds  Bounds
	// attempts is how often a request is sent at most.
	attempts int
	// alone is the only endpoint, see [Config.Files]; empty follows the configuration.
	alone string
	// tokens is the folder of the tokens of sign-ins, empty for the SDK's own.
	tokens  string
	telling telling
	// reached says that somebody has answered at some endpoint.
	reached atomic.Bool
	// answers are how long AWS took for those that came.
	answers answers

	mu     sync.Mutex // guards logins and every login's sessions
	logins map[string]*login
}

// Open reads the SDK's default chain (profiles, SSO, process and environment
// credentials, AWS_CA_BUNDLE, AWS_ENDPOINT_URL*) without any network call.
func Open(ctx context.Context, c Config) (*Sessions, error) {
	s := &Sessions{
		limits: newLimiters(),
		logins: map[string]*login{},
		bounds: c.Bounds.orDefault(), attempts: c.attemptsAtMost(),
	}
	s.telling = telling{every: s.bounds.Tell, last: map[[2]string]time.Time{}}
	s.options = []func(*config.LoadOptions) error{
		config.WithHTTPClient(newHTTPClient(c.Parallel, s.bounds)),
		config.WithRetryer(s.newRetryer),
		config.WithLogger(logging.Nop{}), // the SDK's warnings would be written across the screen
	}
	s.token, s.console = c.MFAToken, c.Console
	if c.Endpoint != "" {
		s.options = append(s.options, config.WithBaseEndpoint(c.Endpoint))
	}
	if c.Files != nil {
		alone, err := c.alone()
		if err != nil {
			return nil, err
		}
		s.alone, s.tokens, s.options = c.Endpoint, c.Files.Tokens, append(s.options, alone...)
	}
	if c.Key != nil {
		if err := s.openAs(ctx, *c.Key, c.Region); err != nil {
			return nil, err
		}
		return s, nil
	}
	base, err := s.load(ctx, c.Profile, c.Region)
	if err != nil {
		return nil, err
	}
	s.base = base
	s.home = &login{provider: base.Credentials, who: operatorName(c.Profile)}
	return s, nil
}

// openAs takes all but the credentials from the environment and the default profile.
// Without one the SDK refuses to load while AWS_PROFILE names another that is not
// there, even for who brings credentials (config v1.33.15, config.go:232): an empty
// one stands in.
func (s *Sessions) openAs(ctx context.Context, key KeyPair, region string) error {
	provider := credentials.NewStaticCredentialsProvider(key.ID, key.Secret.Reveal(), "")
	own := []func(*config.LoadOptions) error{config.WithSharedConfigProfile(defaultProfile), config.WithCredentialsProvider(provider)}
	base, err := s.load(ctx, "", region, own...)
	if missing := (config.SharedConfigProfileNotExistError{}); errors.As(err, &missing) {
		base, err = withEmptyProfile(func(path string) (aws.Config, error) {
			return s.load(ctx, "", region, append(own, config.WithSharedConfigFiles([]string{path}))...)
		})
	}
	if err != nil {
		return err
	}
	s.base, s.home = base, &login{provider: provider, who: "access key " + key.ID}
	return nil
}

func operatorName(profile string) string {
	if profile == "" {
		return "the operator's credentials"
	}
	return "profile " + profile
}

// newHTTPClient is the SDK's client, still open to AWS_CA_BUNDLE, with room
// for many hosts and many connections to one. Its timeout covers the body.
func newHTTPClient(parallel int, bounds Bounds) *awshttp.BuildableClient {
	perHost := max(32, 2*parallel)
	return awshttp.NewBuildableClient().WithTimeout(bounds.Attempt).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = bounds.Dial }).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns = 4 * perHost
			t.MaxIdleConnsPerHost = perHost
			t.TLSHandshakeTimeout = bounds.Dial
			t.OnProxyConnectResponse = onProxyAnswer
		})
}

// readOnly hides from net/http that a request's body can write itself. The SDK's
// says io.EOF for an error when it is closed by then (smithy-go v1.28,
// safeWriteToReadCloser.WriteTo): where a server on this machine answers before the
// request's writer has noticed that it is done, net/http then closes the connection
// under the answer, and one that comes only once is lost.
type readOnly struct{ aws.HTTPClient }

// Do sends a request.
func (c readOnly) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.HTTPClient.Do(r) //nolint:wrapcheck // the SDK reports it with the operation
}

// load reads the shared files and the environment; empty arguments follow them.
func (s *Sessions) load(ctx context.Context, profile, region string, more ...func(*config.LoadOptions) error) (aws.Config, error) {
	chain := &chainEndpoint{only: s.alone != "", tokens: s.tokens}
	options := slices.Concat(s.options, chain.options(s.asker(profile)), more)
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, failed(err, &Error{Operation: readingConfiguration, Identity: operatorName(profile)})
	}
	cfg = s.overheard(cfg, chain)
	if s.alone != "" {
		cfg = settled(cfg, s.alone, region)
	}
	cfg.Credentials = unmixed{cfg.Credentials, operatorName(profile), profile}
	chain.url = cfg.BaseEndpoint
	if client, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		// Frozen, because every client would copy a buildable one and with it
		// open connections of its own.
		cfg.HTTPClient = readOnly{client.Freeze()}
	}
	return cfg, nil
}

// Home is a session with the operator's own credentials. An empty region
// follows the configuration.
func (s *Sessions) Home(region string) *Session { return s.session(s.home, region) }

// Front is the operator's session in a region where its key is known, for what belongs to
// no region: the configured one, which the shell or the profile names, before the given
// one, and the given one where AWS knows the key there alone. A key is unknown in another
// partition, and in a region that its account has not enabled. The error is that of the
// configured region.
func (s *Sessions) Front(ctx context.Context, region string) (*Session, error) {
	first := s.Home(cmp.Or(s.base.Region, region))
	_, err := first.Identity(ctx)
	if IsUnknownKey(err) && first.Region() != region {
		second := s.Home(region)
		if _, there := second.Identity(ctx); there == nil {
			return second, nil
		}
	}
	if known := s.home.knownIn(); known != "" {
		return s.Home(known), nil
	}
	return first, err
}

// Region is the configured region; it may be empty.
func (s *Sessions) Region() string { return s.base.Region }

// Reach is a session of a role (a name or path/name, without the leading
// slash) in an account, assumed from the operator's credentials when it is
// first used and renewed before it expires. Roles and their credentials are
// shared by all regions.
func (s *Sessions) Reach(account, role, region string) *Session {
	role = strings.TrimPrefix(role, "/")
	key := account + "/" + role
	s.mu.Lock()
	l := s.logins[key]
	if l == nil {
		l = &login{who: "role " + role + " in " + account, account: account, passing: map[string]weak.Pointer[Session]{}}
		l.provider = aws.NewCredentialsCache(&reachProvider{all: s, account: account, role: role, region: region})
		s.logins[key] = l
	}
	s.mu.Unlock()
	return s.session(l, region)
}

// With is a session of another identity's access key; the token is empty for a
// user's key.
func (s *Sessions) With(keyID string, key, token secret.Secret, region string) *Session {
	provider := credentials.NewStaticCredentialsProvider(keyID, key.Reveal(), token.Reveal())
	return s.session(&login{provider: provider, who: "access key " + keyID}, region)
}

// Enter gets the session's credentials, so that who may not have them is told before
// anything is asked with them.
func (s *Session) Enter(ctx context.Context) error {
	_, err := s.cfg.Credentials.Retrieve(ctx)
	return s.fail(err, "")
}

// InSession tells whether requests are signed with a session's credentials and not with
// an access key alone, which no condition on a second factor takes. Where that cannot be
// known it is true.
func (s *Session) InSession(ctx context.Context) bool {
	c, err := s.cfg.Credentials.Retrieve(ctx)
	return err != nil || c.SessionToken != ""
}

// Profile is a session of a named profile of the shared files, whatever the
// environment says. An empty region follows the profile.
func (s *Sessions) Profile(ctx context.Context, name, region string) (*Session, error) {
	cfg, err := s.load(ctx, name, region)
	if err != nil {
		return nil, err
	}
	l := &login{provider: cfg.Credentials, who: "profile " + name}
	return s.session(l, cfg.Region), nil
}

// session makes or finds the session of an identity in a region.
func (s *Sessions) session(l *login, region string) *Session {
	if region == "" {
		region = s.base.Region
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := l.sessions[region]; found != nil {
		return found
	}
	if found := l.passing[region].Value(); found != nil {
		return found
	}
	made := &Session{all: s, login: l, cfg: s.base.Copy()}
	made.cfg.Region = region
	made.cfg.Credentials = waitedFor{l.provider}
	made.cfg.APIOptions = append(made.cfg.APIOptions[:len(made.cfg.APIOptions):len(made.cfg.APIOptions)],
		addAttempts, addGuard, made.addOnce, made.addLimiter, s.addWholeAnswer)
	switch {
	case l.passing != nil:
		l.passing[region] = weak.Make(made)
	case l.sessions == nil:
		l.sessions = map[string]*Session{region: made}
	default:
		l.sessions[region] = made
	}
	return made
}

// waitedFor are credentials whose own requests have waited for an answer as long as a call
// may: the call that needs them does not have them wait once more for each of its attempts.
type waitedFor struct{ aws.CredentialsProvider }

// Retrieve implements [aws.CredentialsProvider].
func (w waitedFor) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := w.CredentialsProvider.Retrieve(ctx)
	if err != nil && isLate(err) {
		err = givenUp{err}
	}
	return c, err
}

// login is one identity with its credentials, shared by its regional sessions.
type login struct {
	provider aws.CredentialsProvider
	who      string // how messages name it before its ARN is known
	// sessions are by region. Those of a role in an account are in passing instead, and go
	// with the work there: with their clients, ten thousand of them weigh more than all else.
	sessions map[string]*Session
	passing  map[string]weak.Pointer[Session]

	asking  sync.Mutex // one GetCallerIdentity at a time
	mu      sync.Mutex
	account string
	known   *Identity
	region  string         // where AWS said who it is
	skew    *time.Duration // of AWS's clock ahead of ours
}

// scope is the account that requests are charged to, for the limiter.
func (l *login) scope() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.account != "" {
		return l.account
	}
	return l.who
}

func (l *login) identity() *Identity {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known
}

func (l *login) learn(id Identity, region string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known, l.region = &id, region
	l.account = id.Account
}

// knownIn is the region where AWS has said who it is, empty before.
func (l *login) knownIn() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.region
}

// learnClock keeps how far AWS's clock, which tells whole seconds, is ahead.
func (l *login) learnClock(there, here time.Time) {
	if there.IsZero() || here.IsZero() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	skew := there.Sub(here)
	l.skew = &skew
}

// Session is one identity in one region.
type Session struct {
	all     *Sessions
	login   *login
	cfg     aws.Config
	clients clients
}

// Account is the session's account id; for the operator, a profile or a key it
// is empty until [Session.Identity] has answered.
func (s *Session) Account() string {
	s.login.mu.Lock()
	defer s.login.mu.Unlock()
	return s.login.account
}

// Region is the region that the session's calls go to.
func (s *Session) Region() string { return s.cfg.Region }

// In is the same identity in another region.
func (s *Session) In(region string) *Session { return s.all.session(s.login, region) }

// Partition is the partition of the caller's ARN (aws, aws-cn, aws-us-gov, …),
// empty until [Session.Identity] has answered for this session or the
// operator.
func (s *Session) Partition() string {
	for _, l := range []*login{s.login, s.all.home} {
		if id := l.identity(); id != nil {
			return id.Partition
		}
	}
	return ""
}

// who names the session's identity in messages.
func (s *Session) who() string {
	if id := s.login.identity(); id != nil {
		return id.ARN
	}
	return s.login.who
}

// reachProvider assumes a role from the operator's credentials. The role's ARN
// needs the partition of the operator's, so that it is known only on use.
type reachProvider struct {
	all                   *Sessions
	account, role, region string
}

// Retrieve implements [aws.CredentialsProvider].
func (p *reachProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	ctx, _ = withAttempts(ctx) // these requests are not the waiting call's
	home, err := p.all.Front(ctx, p.region)
	if err != nil {
		return aws.Credentials{}, err
	}
	id, err := home.Identity(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	return home.assume(ctx, fmt.Sprintf("arn:%s:iam::%s:role/%s", id.Partition, p.account, p.role))
}

// PathStyle says whether buckets are addressed by path where the session's calls go,
// whoever named that place: an option, a variable or a profile. Terraform has to be
// told so, and knows no variable for it.
func (s *Session) PathStyle() bool { return s.s3().Options().UsePathStyle }

// pathStyle says whether S3 must be addressed by path: bucket names cannot be
// prefixed to an address, and *.localhost does not resolve everywhere.
func pathStyle(endpoint *string) bool {
	if endpoint == nil {
		return false
	}
	u, err := url.Parse(*endpoint)
	if err != nil {
		return false
	}
	return net.ParseIP(u.Hostname()) != nil || isLoopback(u.Hostname())
}
