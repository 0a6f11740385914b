package sandbox

import (
	"net/http"
	"strings"
)

// unsignedCall is a call that nobody signs: how one gets credentials cannot need any.
type unsignedCall struct{ service, operation string }

// unsignedCalls are the calls of the sign-in service (SSO OIDC), the browser's among
// them, and of the access portal, by method and path. Buckets could be named so; whoever
// asks for one of them signs.
var unsignedCalls = map[string]unsignedCall{
	"POST /client/register":       {"sso-oauth", "RegisterClient"},
	"GET /authorize":              {"sso-oauth", "Authorize"},
	"POST /device_authorization":  {"sso-oauth", "StartDeviceAuthorization"},
	"POST /token":                 {"sso-oauth", "CreateToken"},
	"GET /federation/credentials": {"awsssoportal", "GetRoleCredentials"},
	"GET /assignment/accounts":    {"awsssoportal", "ListAccounts"},
	"GET /assignment/roles":       {"awsssoportal", "ListAccountRoles"},
	"POST /logout":                {"awsssoportal", "Logout"},
}

// unsigned is the call that a request without a signature may be, if there is one.
func unsigned(r *request) (unsignedCall, bool) {
	if r.http.Method == http.MethodGet && strings.HasPrefix(r.http.URL.Path, issuerPath) {
		return unsignedCall{"oidc", routeIssuer(r.http.URL.Path)}, true
	}
	call, ok := unsignedCalls[r.http.Method+" "+r.http.URL.Path]
	return call, ok
}

// routeUnsigned names the operation of a call that needs no signature.
func routeUnsigned(r *request) string {
	call, _ := unsigned(r)
	return call.operation
}

// admitUnsigned reads a call that nobody signs. In which region it was sent is not in it.
func (s *Server) admitUnsigned(r *request, call unsignedCall) (service, *apiError) {
	r.service, r.protocol = call.service, restJSONProtocol
	if e := s.read(r, maxUnsigned); e != nil {
		return service{}, e
	}
	r.operation = call.operation
	r.describe()
	return s.services[call.service], nil
}
