package awsops

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Error is a failed AWS call: what failed, as whom, what it means and the one
// thing to do.
type Error struct {
	Service   string // lower-case SigV4 name; empty when no call was made
	Operation string
	Resource  string // what the call acts on; may be empty
	Account   string // the session's account, empty when not known yet
	Region    string
	Identity  string // the caller's ARN, or how it is named before that is known
	Action    string // the IAM action that the call needs
	Code      string // AWS's error code, empty when AWS did not answer
	Message   string
	RequestID string
	Status    int // HTTP status, 0 when AWS did not answer
	Attempts  int // requests sent for this call; more than one means it was retried
	// Unanswered are those of the attempts after which AWS may have done the work: no
	// answer came, or a server's fault.
	Unanswered int
	Meaning    string
	Remedy     string
	Err        error
}

// Error tells what failed, what it means and one thing to do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(strings.TrimPrefix(e.Service+":"+e.Operation, ":"))
	if e.Resource != "" {
		b.WriteString(" on " + e.Resource)
	}
	if e.Account != "" {
		b.WriteString(" in account " + e.Account)
	}
	if e.Region != "" {
		b.WriteString(", region " + e.Region)
	}
	if e.Identity != "" {
		b.WriteString(", as " + e.Identity)
	}
	b.WriteString(" failed:")
	cause := e.Answer()
	if e.Code == "" && IsNoCredentials(e) {
		cause = "" // the SDK's chain of everything that it tried says less than the meaning
	}
	for _, sentence := range []string{cause, e.Meaning, e.Remedy} {
		if sentence != "" {
			b.WriteString(" " + sentence)
		}
	}
	return b.String()
}

// Answer is AWS's own code and words with what its support needs to find them.
func (e *Error) Answer() string {
	text := e.Message
	if e.Code != "" {
		text = strings.TrimSuffix(e.Code+": "+e.Message, ": ")
	}
	text = strings.TrimSuffix(text, ".")
	if e.Status == 0 {
		return text + "."
	}
	if e.RequestID == "" {
		return fmt.Sprintf("%s (HTTP %d).", text, e.Status)
	}
	return fmt.Sprintf("%s (HTTP %d, request id %s).", text, e.Status, e.RequestID)
}

// RequestIDs are AWS's ids of the requests that an error answers, of all that are
// joined in it; empty where there was no answer.
func RequestIDs(err error) []string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var ids []string
		for _, part := range joined.Unwrap() {
			ids = append(ids, RequestIDs(part)...)
		}
		return ids
	}
	var e *Error
	if !errors.As(err, &e) || e.RequestID == "" {
		return nil
	}
	return []string{e.RequestID}
}

// Unwrap gives the SDK's error.
func (e *Error) Unwrap() error { return e.Err }

// fail wraps a session's failed call, whose operation the SDK's error names; nil
// stays nil.
func (s *Session) fail(err error, resource string) error {
	if err == nil {
		return nil
	}
	return failed(err, s.failing(resource))
}

// failing is an error of this session's that has yet to be told.
func (s *Session) failing(resource string) *Error {
	return &Error{Resource: resource, Account: s.Account(), Region: s.Region(), Identity: s.who()}
}

// misread is an answer of an operation's of which nothing can be made.
func misread(service, operation string, err error) error {
	return &smithy.OperationError{ServiceID: service, OperationName: operation, Err: err}
}

// failed fills e from the SDK's error. An [Error] inside it wins: it is the
// AssumeRole that kept the outer call from being sent.
func failed(err error, e *Error) error {
	var inner *Error
	if errors.As(err, &inner) {
		return inner
	}
	var of *smithy.OperationError
	if errors.As(err, &of) && e.Operation == "" {
		e.Service, e.Operation = serviceName(of.Service()), of.Operation()
	}
	said := answerOf(err)
	e.Err, e.Code, e.Status, e.Message = err, said.Code, said.Status, withoutSignature(said.Message)
	if said.Code == "" {
		e.Message = withoutOperation(err)
	}
	var request *awshttp.ResponseError
	if errors.As(err, &request) {
		e.RequestID = request.ServiceRequestID()
	}
	e.Action = neededAction(e)
	e.Meaning, e.Remedy = advice(e)
	return e
}

// withoutSignature drops the canonical request from a signature error: it
// repeats the session token.
func withoutSignature(message string) string {
	head, _, _ := strings.Cut(message, "The Canonical String for this request")
	return strings.TrimSpace(head)
}

// withoutOperation drops the SDK's own "operation error" prefix, which the
// message says better.
func withoutOperation(err error) string {
	var op *smithy.OperationError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}

// Code lists. AWS's codes often come with or without the Exception suffix, so
// that the suffix is ignored everywhere.
var (
	notFoundCodes = []string{
		"NoSuchEntity", "NotFound", "NoSuchBucket", "NoSuchKey", "ResourceNotFound", "NoSuchBucketPolicy",
		"NoSuchPublicAccessBlockConfiguration", "OwnershipControlsNotFoundError", "ObjectLockConfigurationNotFoundError", "ReplicationConfigurationNotFoundError", "NoSuchLifecycleConfiguration",
		"ServerSideEncryptionConfigurationNotFoundError", "NoSuchTagSet",
		"CreateAccountStatusNotFound", "TableNotFound", "404",
	}
	deniedCodes   = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403", "AllAccessDisabled"}
	throttleCodes = []string{
		"Throttling", "Throttled", "ThrottlingException", "RequestThrottled", "TooManyRequests", "SlowDown",
		"RequestLimitExceeded", "ProvisionedThroughputExceeded", "PriorRequestNotComplete", "BandwidthLimitExceeded",
	}
	existsCodes = []string{
		"EntityAlreadyExists", "AlreadyExists", "BucketAlreadyExists", "BucketAlreadyOwnedByYou", "ResourceInUse",
	}
	busyCodes = []string{
		"OperationAborted", "ConcurrentModification", "EntityTemporarilyUnmodifiable",
	}
	expiredCodes    = []string{"ExpiredToken", "RequestExpired", "TokenRefreshRequired"}
	unknownKeyCodes = []string{"InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClient", "InvalidToken"}
	badSecretCodes  = []string{"SignatureDoesNotMatch", "InvalidSignature", "IncompleteSignature"}
	clockCodes      = []string{"RequestTimeTooSkewed"}
)

// answerOf is what an error tells of AWS's answer: all that an [Error] holds, and
// code, words and status of what the SDK gives.
func answerOf(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	e = &Error{}
	var api smithy.APIError
	if errors.As(err, &api) {
		e.Code, e.Message = api.ErrorCode(), api.ErrorMessage()
	}
	if answer := responseOf(err); answer != nil {
		e.Status = answer.StatusCode
	}
	return e
}

// responseOf is the answer to a failed call, nil where there was none.
func responseOf(err error) *smithyhttp.Response {
	var answer *smithyhttp.ResponseError
	if !errors.As(err, &answer) {
		return nil
	}
	return answer.Response
}

// codeOf is an error's AWS code without the Exception suffix.
func codeOf(err error) string { return strings.TrimSuffix(answerOf(err).Code, "Exception") }

func hasCode(err error, codes []string) bool { return slices.Contains(codes, codeOf(err)) }

// HasCode says whether an error carries this AWS code; the suffix Exception is
// ignored on both sides.
func HasCode(err error, code string) bool {
	return code != "" && codeOf(err) == strings.TrimSuffix(code, "Exception")
}

// IsNotFound says that what was asked for is absent.
func IsNotFound(err error) bool { return hasCode(err, notFoundCodes) || isUnseenKey(err) }

// isUnseenKey says that IAM does not know the access key whose use it was asked for: it
// refuses that as it does who has no right to ask, but names no policy that gives none.
func isUnseenKey(err error) bool {
	denial, denied := DenialOf(err)
	return denied && denial.Policy == "" && !denial.Explicit && answerOf(err).Operation == "GetAccessKeyLastUsed"
}

// IsAccessDenied says that AWS refused the identity the action.
func IsAccessDenied(err error) bool {
	return hasCode(err, deniedCodes) || (codeOf(err) == "" && statusOf(err) == http.StatusForbidden)
}

// IsExplicitDeny says that a Deny statement refused the action. Nothing heals
// that by waiting: a right that is not yet seen is missing, not denied.
func IsExplicitDeny(err error) bool {
	var e *Error
	return IsAccessDenied(err) && errors.As(err, &e) && strings.Contains(e.Message, explicitDeny)
}

// IsThrottle says that AWS asked to slow down and did nothing.
func IsThrottle(err error) bool { return hasCode(err, throttleCodes) }

// isExists says that what was to be created is there already.
func isExists(err error) bool { return hasCode(err, existsCodes) && !IsBusy(err) }

// IsBusy says that AWS has not finished an earlier change of the same thing, by
// others, and takes no other one meanwhile: seconds mostly, minutes for a bucket. A
// table that is there already answers its creation with the code of one that is being
// updated.
func IsBusy(err error) bool {
	e := answerOf(err)
	return hasCode(err, busyCodes) || HasCode(err, "ResourceInUse") && !strings.HasPrefix(e.Operation, "Create")
}

// IsExpired says that session credentials have run out.
func IsExpired(err error) bool { return hasCode(err, expiredCodes) }

// IsUnknownKey says that AWS does not know the access key id (yet).
func IsUnknownKey(err error) bool { return hasCode(err, unknownKeyCodes) }

// IsClock says that this machine's clock is too far from AWS's.
func IsClock(err error) bool {
	text := strings.ToLower(messageOf(err))
	return hasCode(err, clockCodes) || (hasCode(err, badSecretCodes) &&
		(strings.Contains(text, "signature expired") || strings.Contains(text, "signature not yet current")))
}

// IsBadSecret says that the secret does not belong to the access key.
func IsBadSecret(err error) bool { return hasCode(err, badSecretCodes) && !IsClock(err) }

// IsOrganizationNotInUse says that the account is in no organization.
func IsOrganizationNotInUse(err error) bool { return codeOf(err) == "AWSOrganizationsNotInUse" }

// IsNoCredentials says that no credentials were found anywhere: the chain
// ended at the machine's metadata service, which answered nothing.
func IsNoCredentials(err error) bool {
	text := rawText(err)
	return codeOf(err) == "" && (errors.Is(err, errElsewhere) || strings.Contains(text, "no EC2 IMDS role found") ||
		strings.Contains(text, "static credentials are empty"))
}

// IsSSO says that it was a sign-in with IAM Identity Center, or getting credentials by one,
// that failed.
func IsSSO(err error) bool {
	text := rawText(err)
	return keptTokenFails(text) || strings.Contains(text, "operation error SSO:") || strings.Contains(text, "operation error SSO OIDC:")
}

// keptTokenFails finds the SDK's own words for a token in the cache that does not do.
func keptTokenFails(text string) bool {
	return strings.Contains(text, "SSO session has expired") || strings.Contains(text, "cached SSO token")
}

// IsSignedOut says that a single sign-on session is missing, has expired or was ended, by
// AWS's code or the SDK's word. Whatever else goes wrong on the way says nothing of it.
func IsSignedOut(err error) bool {
	return IsSSO(err) && !IsUnreachable(err) && (IsSignInOver(err) || statusOf(err) == 0 && keptTokenFails(rawText(err)))
}

// IsSSOSettings says that a profile that signs in lacks a setting for it, or contradicts its
// session (config/shared_config.go of the SDK, validateSSOConfiguration).
func IsSSOSettings(err error) bool {
	text := rawText(err)
	return strings.Contains(text, "is configured to use SSO but is missing required configuration") ||
		strings.Contains(text, "in profile") && strings.Contains(text, "must match sso_")
}

// isSource says that the configured source of the credentials (a process, a
// web identity, another profile's role) failed.
func isSource(err error) bool {
	text := rawText(err)
	return codeOf(err) == "" && !IsCancelled(err) && (strings.Contains(text, "failed to refresh cached credentials") ||
		strings.Contains(text, "get identity: get credentials"))
}

// IsNoProfile says that the named profile is in none of the shared files.
func IsNoProfile(err error) bool {
	var missing config.SharedConfigProfileNotExistError
	return errors.As(err, &missing)
}

// readingConfiguration stands in the place of an operation where nothing was asked of AWS
// since the shared files or the environment cannot be made sense of.
const readingConfiguration = "reading the AWS configuration"

// unread says that reading the configuration failed, and not since a file of
// certificates, through which AWS is reached, cannot be had.
func unread(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Operation == readingConfiguration && !strings.Contains(rawText(err), "CA bundle")
}

// isHalfProfile says that a profile names what is not there, or lacks a part of what it
// has (config/shared_config.go of the SDK).
func isHalfProfile(err error) bool {
	text := rawText(err)
	return unread(err) && (IsSSOSettings(err) || strings.Contains(text, "failed to find SSO session section") || strings.Contains(text, "partial credentials found") ||
		strings.Contains(text, "failed to load assume role") || strings.Contains(text, "requires role_arn"))
}

// IsUnreachable says that no connection to the endpoint came about, or none that
// can be used.
func IsUnreachable(err error) bool { return err != nil && (neverSent(err) || speaksTLS(err)) }

// IsCredentials says that the credentials themselves are the trouble, so that
// no other call with them can work either.
func IsCredentials(err error) bool {
	return IsExpired(err) || IsUnknownKey(err) || IsBadSecret(err) || IsClock(err) ||
		IsNoCredentials(err) || IsStaleToken(err) || IsSSO(err) || IsNoProfile(err) || isSource(err) || isHalfProfile(err)
}

// IsOutcomeUnknown says that a mutating call may or may not have happened: it
// was sent and no answer, or a server's fault, came back. Inspect before doing
// it again.
func IsOutcomeUnknown(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Attempts == 0 || neverSent(err) {
		return false
	}
	return e.Status < 200 || e.Status >= http.StatusInternalServerError || (e.Status < 300 && e.Code == "")
}

// IsRefused says that the service has answered the only attempt, and did nothing of
// what was asked.
func IsRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Attempts <= 1 && e.Code != "" && e.Status >= http.StatusBadRequest && e.Status < http.StatusInternalServerError
}

// IsCancelled says that the caller gave up, by interrupt or deadline.
func IsCancelled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// unanswered drops the refusal of a call that a set-up can do without: denied,
// unknown to this partition, or unknown to an emulator. Trouble with the
// credentials, the network or AWS itself stays an error.
func unanswered(err error) error {
	status := statusOf(err)
	if !IsCredentials(err) && !IsThrottle(err) && status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		return nil
	}
	return err
}

func statusOf(err error) int { return answerOf(err).Status }

func messageOf(err error) string { return answerOf(err).Message }

// rawText is the SDK's own text: an [Error]'s, which asks here what it is, is not asked for
// its own.
func rawText(err error) string {
	var e *Error
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &e):
		return err.Error()
	case e.Err == nil:
		return e.Message
	}
	return e.Err.Error()
}
