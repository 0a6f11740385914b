package sandbox

import (
	"cmp"
	"maps"
	"net/http"
	"time"
)

var (
	signedOut = fail(http.StatusUnauthorized, "UnauthorizedException", "Session token not found or invalid")
	noAccess  = fail(http.StatusForbidden, "ForbiddenException", "No access")
)

// portalIn is the input of the portal's calls, which is in the address.
type portalIn struct {
	session           *portalSession
	account, roleName string
	page              pageIn
}

// servePortal answers who has signed in.
func (s *portalService) servePortal(r *request) (response, error) {
	token := s.tokens[r.http.Header.Get("X-Amz-Sso_bearer_token")]
	if token == nil || !r.now.Before(token.expires) || !s.alive(token.session, r.now) {
		return response{}, signedOut
	}
	query := r.http.URL.Query()
	in := portalIn{
		session: token.session, account: query.Get("account_id"), roleName: query.Get("role_name"),
		page: pageIn{NextToken: query.Get("next_token"), MaxResults: atoi(query.Get("max_result"))},
	}
	operations := map[string]jsonHandler{}
	for name, do := range map[string]func(*request, portalIn) (any, error){
		"GetRoleCredentials": s.roleCredentials, "ListAccounts": s.listAccounts, "ListAccountRoles": s.listRoles, "Logout": s.logout,
	} {
		operations[name] = func(r *request) (any, error) { return do(r, in) }
	}
	return serveJSON(r, operations)
}

// mayEnter are the permission sets that a person has in accounts, themselves or by a
// group, by their names.
func (s *portalService) mayEnter(p *person) map[*account]map[string]*permissionSet {
	out := map[*account]map[string]*permissionSet{}
	for _, a := range s.center.assignments {
		if a.principalID != p.id && s.center.membership(a.principalID, p.id) == nil || a.account.state != "ACTIVE" {
			continue
		}
		if out[a.account] == nil {
			out[a.account] = map[string]*permissionSet{}
		}
		out[a.account][a.set.name] = a.set
	}
	return out
}

// roleCredentials is a session of the role that a permission set became in an account,
// named after the person, for as long as the set says.
func (s *portalService) roleCredentials(r *request, in portalIn) (any, error) {
	if in.account == "" || in.roleName == "" {
		return nil, badRequest("InvalidRequestException", "account_id and role_name are required")
	}
	of := provisioning{account: s.accounts[in.account]}
	of.set = s.mayEnter(in.session.person)[of.account][in.roleName]
	have := s.center.reserved[of]
	if of.set == nil || have == nil {
		return nil, noAccess
	}
	key := s.temporary(credential{
		account: of.account, role: have.role, session: &session{name: in.session.person.userName, person: in.session.person.id},
	}, r.now, time.Duration(seconds(of.set.duration))*time.Second)
	return map[string]any{"roleCredentials": map[string]any{
		"accessKeyId": key.id, "secretAccessKey": key.secret, "sessionToken": key.token, "expiration": key.expires.UnixMilli(),
	}}, nil
}

func (s *portalService) listAccounts(_ *request, in portalIn) (any, error) {
	out := map[string]any{}
	for a := range s.mayEnter(in.session.person) {
		out[a.id] = map[string]string{"accountId": a.id, "accountName": a.name, "emailAddress": a.email}
	}
	return in.list("accountList", inOrder(out))
}

func (s *portalService) listRoles(_ *request, in portalIn) (any, error) {
	sets := s.mayEnter(in.session.person)[s.accounts[in.account]]
	if sets == nil {
		return nil, noAccess
	}
	out := map[string]any{}
	for name := range sets {
		out[name] = map[string]string{"roleName": name, "accountId": in.account}
	}
	return in.list("roleList", inOrder(out))
}

// list answers a page.
func (in portalIn) list(member string, items []any) (any, error) {
	size := cmp.Or(in.page.MaxResults, 100)
	shown, next, ok := cut(items, in.page.NextToken, max(1, min(size, 100)))
	if !ok || size < 1 || size > 100 {
		return nil, badRequest("InvalidRequestException", "next_token or max_result is not valid")
	}
	out := map[string]any{member: shown}
	if next != "" {
		out["nextToken"] = next
	}
	return out, nil
}

// logout ends the session with all its tokens. Role sessions live on.
func (s *portalService) logout(_ *request, in portalIn) (any, error) {
	maps.DeleteFunc(s.tokens, func(_ string, t *portalToken) bool { return t.session == in.session })
	delete(s.sessions, in.session.refresh)
	return nil, nil
}
