package sandbox

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"stateroom/awsops/policy"
)

const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

// stsService is STS: who somebody is, and sessions.
type stsService struct {
	*core
	operations map[string]queryHandler
}

func newSTS(c *core) *stsService {
	s := &stsService{core: c}
	s.operations = map[string]queryHandler{
		"GetCallerIdentity": callerIdentity,
		"GetAccessKeyInfo":  s.accessKeyInfo,
		"GetSessionToken":   s.sessionToken,
		"AssumeRole":        s.assumeRole,

		webIdentityOperation: s.assumeByToken,
	}
	return s
}

func (s *stsService) serve(r *request) (response, error) {
	return serveQuery(r, stsNamespace, s.operations[r.operation])
}

// callerIdentity needs no permission.
func callerIdentity(r *request) (any, error) {
	return struct{ Arn, UserId, Account string }{r.caller.arn, r.caller.userID, r.account.id}, nil
}

func (s *stsService) accessKeyInfo(r *request) (any, error) {
	if err := s.authorize(r, "sts:GetAccessKeyInfo", "*", r.account.id, nil, nil); err != nil {
		return nil, err
	}
	key, ok := s.credentials[r.arg("AccessKeyId")]
	if !ok {
		return nil, validation("Invalid access key: %s", r.arg("AccessKeyId"))
	}
	return struct{ Account string }{key.account.id}, nil
}

type xmlCredentials struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string }

func (c *credential) viewSession() xmlCredentials {
	return xmlCredentials{c.id, c.secret, c.token, stamp(c.expires)}
}

// sessionToken needs no permission, but long-lived keys.
func (s *stsService) sessionToken(r *request) (any, error) {
	if r.caller.session != nil {
		return nil, fail(http.StatusForbidden, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	}
	lasting, at, err := s.terms(r, 43200, 129600)
	if err != nil {
		return nil, err
	}
	key := s.temporary(credential{account: r.account, user: r.caller.user, session: &session{mfa: at}}, r.now, lasting)
	return struct{ Credentials xmlCredentials }{key.viewSession()}, nil
}

// terms reads how long a session shall last, and when an MFA code was given for
// it.
func (s *stsService) terms(r *request, standard, longest int) (lasting time.Duration, mfa time.Time, err error) {
	seconds := standard
	if text := r.arg("DurationSeconds"); text != "" {
		switch seconds = atoi(text); {
		case seconds < 900:
			return 0, mfa, invalid("ValidationError", text, "durationSeconds", "have value greater than or equal to 900")
		case seconds > longest:
			return 0, mfa, invalid("ValidationError", text, "durationSeconds", "have value less than or equal to %d", longest)
		}
	}
	mfa, err = s.verifyMFA(r)
	return time.Duration(seconds) * time.Second, mfa, err
}

// verifyMFA checks SerialNumber and TokenCode if they are given, and gives the
// time of the check.
func (s *stsService) verifyMFA(r *request) (time.Time, error) {
	serial, code := r.arg("SerialNumber"), r.arg("TokenCode")
	if serial == "" && code == "" {
		return time.Time{}, nil
	}
	d, ok := r.account.mfa[serial]
	if !ok || d.user == nil || d.user != r.caller.user {
		return time.Time{}, fail(http.StatusForbidden, "AccessDenied",
			"MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
	}
	if !d.accept(code, r.now) {
		return time.Time{}, fail(http.StatusForbidden, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	}
	return r.now, nil
}

var (
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	roleARN     = regexp.MustCompile(`^arn:([\w-]+):iam::(\d{12}):(role/.+)$`)
)

func (s *stsService) assumeRole(r *request) (any, error) {
	arn, name := r.arg("RoleArn"), r.arg("RoleSessionName")
	if !sessionName.MatchString(name) {
		return nil, invalid("ValidationError", name, "roleSessionName", `satisfy regular expression pattern: [\w+=,.@-]*`)
	}
	match := roleARN.FindStringSubmatch(arn)
	if match == nil || match[1] != s.partition.id {
		return nil, validation("%s is invalid", arn)
	}
	if r.form.Has("Policy") || r.form.Has("PolicyArns.member.1.arn") {
		return nil, validation("The sandbox knows no session policies.")
	}
	if r.caller.user == nil && r.caller.role == nil {
		return nil, fail(http.StatusForbidden, "AccessDenied", "Roles may not be assumed by root accounts.")
	}
	lasting, at, err := s.terms(r, 3600, 43200)
	if err != nil {
		return nil, err
	}
	target, ro, err := s.mayAssume(r, arn, match[2], match[3], at)
	if err != nil {
		return nil, err
	}
	if r.caller.role != nil && lasting > time.Hour {
		return nil, validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	return s.open(r, target, ro, name, lasting)
}

// roleSession is a new session of a role, as AWS answers it to whoever assumes one.
type roleSession struct {
	Credentials     xmlCredentials
	AssumedRoleUser struct{ AssumedRoleId, Arn string }
}

// open makes a session of a role that lets the caller in.
func (s *stsService) open(r *request, of *account, ro *role, name string, lasting time.Duration) (*roleSession, error) {
	if lasting > time.Duration(ro.maxSession)*time.Second {
		return nil, validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	key := s.temporary(credential{account: of, role: ro, session: &session{name: name}}, r.now, lasting)
	opened, who := &roleSession{Credentials: key.viewSession()}, key.caller()
	opened.AssumedRoleUser.AssumedRoleId, opened.AssumedRoleUser.Arn = who.userID, who.arn
	return opened, nil
}

// mayAssume evaluates the caller's policies and the role's trust. A role that
// does not exist, or is not seen yet, is refused like one that does not trust.
func (s *stsService) mayAssume(r *request, arn, accountID, resource string, mfa time.Time) (*account, *role, error) {
	target, ro, trust := s.accounts[accountID], (*role)(nil), policy.Document{}
	if target != nil && target.state == "ACTIVE" {
		kind, name, _ := strings.Cut(resource, "/")
		if e := target.principal(kind, name); e != nil {
			ro = target.roles[strings.ToLower(e.name)]
			seen, _ := e.grants.seen(r.now)
			trust = s.document(seen.trust)
		}
	}
	conditions := map[string][]string{"sts:RoleSessionName": {r.arg("RoleSessionName")}}
	if id := r.arg("ExternalId"); id != "" {
		conditions["sts:ExternalId"] = []string{id}
	}
	if !mfa.IsZero() {
		conditions["aws:MultiFactorAuthPresent"] = []string{"true"}
		conditions["aws:MultiFactorAuthAge"] = []string{"0"}
	}
	if err := s.authorize(r, "sts:AssumeRole", arn, accountID, &trust, conditions); err != nil {
		return nil, nil, err
	}
	if ro == nil { // nobody asked a policy: see [Options.Unenforced]
		return nil, nil, accessDenied.in(r.protocol, "")
	}
	if !target.uses(r.region) {
		return nil, nil, fail(http.StatusForbidden, "RegionDisabledException",
			"STS is not activated in this region for account:%s. Your account administrator can activate STS in this region using the IAM Console.", accountID)
	}
	return target, ro, nil
}
