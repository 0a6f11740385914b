package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
)

// apiError is an error answer in AWS's code and words. Each protocol renders
// it in its own form.
type apiError struct {
	status  int
	code    string
	message string
	detail  details
}

// details are further members of an answer, such as the Region of an S3 redirect
// or the Item of a failed DynamoDB condition.
type details map[string]any

// with adds details.
func (e *apiError) with(more details) *apiError {
	e.detail = more
	return e
}

// Error gives code and message.
func (e *apiError) Error() string { return e.code + ": " + e.message }

// isCode says whether an error is an [apiError] of that code.
func isCode(err error, code string) bool {
	var e *apiError
	return errors.As(err, &e) && e.code == code
}

// fail makes an [apiError].
func fail(status int, code, format string, args ...any) *apiError {
	return &apiError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// badRequest is the [apiError] of HTTP 400, which most are.
func badRequest(code, format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, code, format, args...)
}

// invalid says of a member that it is not what the service's model allows.
func invalid(code string, value any, member, rule string, args ...any) *apiError {
	return badRequest(code, "1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: Member must "+rule,
		append([]any{value, member}, args...)...)
}

// protocol is a wire protocol, as far as errors and authentication differ.
type protocol int

const (
	queryProtocol protocol = iota
	jsonProtocol
	restJSONProtocol
	s3Protocol
)

// refusal is one error in the words of each protocol. An empty word means that
// of the query protocol.
type refusal struct {
	status               int
	query, json, s3      string
	jsonStatus, s3Status int
	message, s3Message   string
}

// The refusals that services share, from the "Common errors" page of each
// service's API reference and the S3 error list.
var (
	accessDenied = refusal{status: 403, query: "AccessDenied", json: "AccessDeniedException", jsonStatus: 400}

	missingToken = refusal{
		status: 403, query: "MissingAuthenticationToken", json: "MissingAuthenticationTokenException", jsonStatus: 400,
		s3: "AccessDenied", message: "Request is missing Authentication Token", s3Message: "Access Denied",
	}
	incompleteSignature = refusal{
		status: 400, query: "IncompleteSignature", json: "IncompleteSignatureException", s3: "AuthorizationHeaderMalformed",
	}
	unknownKey = refusal{
		status: 403, query: "InvalidClientTokenId", json: "UnrecognizedClientException", jsonStatus: 400, s3: "InvalidAccessKeyId",
		message:   "The security token included in the request is invalid.",
		s3Message: "The AWS Access Key Id you provided does not exist in our records.",
	}
	badToken = refusal{
		status: 403, query: "InvalidClientTokenId", json: "UnrecognizedClientException", jsonStatus: 400, s3: "InvalidToken", s3Status: 400,
		message:   "The security token included in the request is invalid.",
		s3Message: "The provided token is malformed or otherwise invalid.",
	}
	badSignature = refusal{
		status: 403, query: "SignatureDoesNotMatch", json: "InvalidSignatureException", jsonStatus: 400,
		message:   "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
		s3Message: "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
	}
	expiredToken = refusal{
		status: 403, query: "ExpiredToken", json: "ExpiredTokenException", jsonStatus: 400, s3Status: 400,
		message: "The security token included in the request is expired", s3Message: "The provided token has expired.",
	}
	skewed = refusal{
		status: 403, query: "SignatureDoesNotMatch", json: "InvalidSignatureException", jsonStatus: 400, s3: "RequestTimeTooSkewed",
		s3Message: "The difference between the request time and the current time is too large.",
	}
	throttled = refusal{
		status: 400, query: "Throttling", json: "ThrottlingException", s3: "SlowDown", s3Status: 503,
		message: "Rate exceeded", s3Message: "Please reduce your request rate.",
	}
	internalFailure = refusal{
		status: 500, query: "InternalFailure", json: "InternalServerError", s3: "InternalError",
		message:   "The request processing has failed because of an unknown error, exception or failure.",
		s3Message: "We encountered an internal error. Please try again.",
	}
)

// in words the refusal for a protocol; message, if not empty, replaces the
// usual one.
func (f refusal) in(p protocol, message string) *apiError {
	e := &apiError{status: f.status, code: f.query, message: f.message}
	switch p {
	case jsonProtocol, restJSONProtocol:
		e.code = cmp.Or(f.json, f.query)
		if p == jsonProtocol && f.jsonStatus != 0 {
			e.status = f.jsonStatus
		}
	case s3Protocol:
		e.code = cmp.Or(f.s3, f.query)
		e.message = cmp.Or(f.s3Message, f.message)
		if f.s3Status != 0 {
			e.status = f.s3Status
		}
	case queryProtocol:
	}
	if message != "" && (p != s3Protocol || f.s3Message == "") {
		e.message = message
	}
	return e
}

// throttle refuses a request in the words of its service: Organizations, Account and the
// access portal say TooManyRequestsException, and who lets people sign in SlowDownException.
func throttle(r *request) *apiError {
	e := throttled.in(r.protocol, "")
	switch r.service {
	case "sso-oauth":
		e = signInError("SlowDownException", "slow_down")
	case "organizations", "account", "awsssoportal":
		e.code = "TooManyRequestsException"
		if r.service != "organizations" {
			e.status = http.StatusTooManyRequests
		}
	}
	return e
}

// fail renders an error for the request's protocol. An error that is no
// [apiError] is a fault of the sandbox and reads as AWS's internal failure.
func (r *request) fail(err error) response {
	var e *apiError
	if !errors.As(err, &e) {
		e = internalFailure.in(r.protocol, err.Error())
	}
	r.failure = e
	render := queryFailure
	switch r.protocol {
	case jsonProtocol, restJSONProtocol:
		render = jsonFailure
	case s3Protocol:
		render = s3Failure
	case queryProtocol:
	}
	out, err := render(r, e)
	if err != nil {
		return response{status: http.StatusInternalServerError}
	}
	return out
}
