package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// organizationOperations are the operations of Organizations that the sandbox
// knows.
var organizationOperations = map[string]jsonHandler{
	"DescribeOrganization":                jsonOp((*Server).orgDescribe),
	"ListAccounts":                        jsonOp((*Server).orgListAccounts),
	"ListRoots":                           jsonOp((*Server).orgListRoots),
	"CreateAccount":                       jsonOp((*Server).orgCreateAccount),
	"DescribeCreateAccountStatus":         jsonOp((*Server).orgDescribeCreation),
	"ListCreateAccountStatus":             jsonOp((*Server).orgListCreations),
	"EnablePolicyType":                    jsonOp((*Server).orgEnablePolicyType),
	"CreatePolicy":                        jsonOp((*Server).orgCreatePolicy),
	"AttachPolicy":                        jsonOp((*Server).orgAttachPolicy),
	"RegisterDelegatedAdministrator":      jsonOp((*Server).orgRegisterDelegated),
	"ListAWSServiceAccessForOrganization": jsonOp((*Server).orgListServiceAccess),
}

// serveOrganizations lets the management account do everything, a delegated
// administrator read, and any member describe the organization.
func (s *Server) serveOrganizations(r *request) response {
	o := s.organization
	if o == nil {
		return s.fail(r, fail(http.StatusBadRequest, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."))
	}
	reader := len(o.delegated[r.account.id]) > 0 && !mutating(r.operation)
	if !r.account.management && r.operation != "DescribeOrganization" && !reader {
		return s.fail(r, accessDenied.in(r.protocol, "You don't have permissions to access this resource."))
	}
	if err := s.authorize(r, "organizations:"+r.operation, "*", r.account.id, nil, nil); err != nil {
		return s.fail(r, err)
	}
	return s.serveJSON(r, organizationOperations)
}

type none struct{}

// pageIn is how requests of the JSON protocols ask for a page.
type pageIn struct {
	NextToken  string
	MaxResults int
}

// cut gives the page that was asked for and the token of the next one.
func cut[T any](in pageIn, items []T, standard int) ([]T, string, error) {
	size, start := standard, 0
	if in.MaxResults > 0 && in.MaxResults < standard {
		size = in.MaxResults
	}
	if in.NextToken != "" {
		start = atoi(in.NextToken)
		if start <= 0 || start > len(items) {
			return nil, "", fail(http.StatusBadRequest, "InvalidInputException", "You provided an invalid value for NextToken.")
		}
	}
	end, next := min(start+size, len(items)), ""
	if end < len(items) {
		next = strconv.Itoa(end)
	}
	return append([]T{}, items[start:end]...), next, nil
}

type policyType struct{ Type, Status string }

func (o *organization) policyTypes() []policyType {
	if o.scps {
		return []policyType{{"SERVICE_CONTROL_POLICY", "ENABLED"}}
	}
	return []policyType{}
}

type orgOut struct {
	ID                   string `json:"Id"`
	Arn                  string
	FeatureSet           string
	MasterAccountArn     string
	MasterAccountID      string `json:"MasterAccountId"`
	MasterAccountEmail   string
	AvailablePolicyTypes []policyType
}

func (s *Server) orgDescribe(_ *request, _ none) (any, error) {
	o := s.organization
	return struct{ Organization orgOut }{orgOut{
		ID: o.id, Arn: strings.TrimSuffix(o.arn("organization", ""), "/"), FeatureSet: "ALL",
		MasterAccountArn: o.arn("account", o.management.id), MasterAccountID: o.management.id,
		MasterAccountEmail: o.management.email, AvailablePolicyTypes: []policyType{{"SERVICE_CONTROL_POLICY", "ENABLED"}},
	}}, nil
}

type accountOut struct {
	ID              string `json:"Id"`
	Arn             string
	Email           string
	Name            string
	Status          string
	State           string
	Paths           []string
	JoinedMethod    string
	JoinedTimestamp epoch
}

func (s *Server) viewAccount(a *account) accountOut {
	return accountOut{
		ID: a.id, Arn: s.organization.arn("account", a.id), Email: a.email, Name: a.name, Status: a.state, State: a.state,
		Paths: []string{s.organizationPath() + a.id + "/"}, JoinedMethod: a.joinedMethod, JoinedTimestamp: epoch(a.joined),
	}
}

type accountsOut struct {
	Accounts  []accountOut
	NextToken string `json:",omitempty"`
}

func (s *Server) orgListAccounts(r *request, in pageIn) (accountsOut, error) {
	s.advance(r.now)
	ids, next, err := cut(in, s.order, 20)
	if err != nil {
		return accountsOut{}, err
	}
	out := accountsOut{Accounts: []accountOut{}, NextToken: next}
	for _, id := range ids {
		out.Accounts = append(out.Accounts, s.viewAccount(s.accounts[id]))
	}
	return out, nil
}

type rootOut struct {
	ID          string `json:"Id"`
	Arn, Name   string
	PolicyTypes []policyType
}

func (o *organization) root() rootOut {
	return rootOut{o.rootID, o.arn("root", o.rootID), "Root", o.policyTypes()}
}

func (s *Server) orgListRoots(_ *request, _ none) (any, error) {
	return struct{ Roots []rootOut }{[]rootOut{s.organization.root()}}, nil
}

type accountIn struct {
	AccountID string `json:"AccountId"`
}

func accountNotFound() *apiError {
	return fail(http.StatusBadRequest, "AccountNotFoundException", "You specified an account that doesn't exist.")
}

type creationIn struct {
	Email, AccountName, RoleName string
	Tags                         []tag
}

type creationOut struct {
	ID                 string `json:"Id"`
	AccountName        string
	State              string
	RequestedTimestamp epoch
	CompletedTimestamp *epoch `json:",omitempty"`
	AccountID          string `json:"AccountId,omitempty"`
	FailureReason      string `json:",omitempty"`
}

func (c *creation) view() creationOut {
	out := creationOut{ID: c.id, AccountName: c.name, State: "IN_PROGRESS", RequestedTimestamp: epoch(c.asked), AccountID: c.account, FailureReason: c.failure}
	if !c.done.IsZero() {
		at := epoch(c.done)
		out.CompletedTimestamp, out.State = &at, "SUCCEEDED"
	}
	if c.failure != "" {
		out.State = "FAILED"
	}
	return out
}

func (s *Server) orgCreateAccount(r *request, in creationIn) (any, error) {
	if in.AccountName == "" || !strings.Contains(in.Email, "@") {
		return nil, fail(http.StatusBadRequest, "InvalidInputException", "You specified an invalid value for Email or AccountName.")
	}
	c := &creation{
		id: "car-" + s.ids.lower(32), name: in.AccountName, email: in.Email, role: first(in.RoleName, bootstrapRole), asked: r.now, tags: in.Tags,
	}
	if s.emailTaken(in.Email) {
		c.failure, c.done = "EMAIL_ALREADY_EXISTS", r.now
	}
	s.organization.creations = append(s.organization.creations, c)
	out := c.view()
	out.State, out.CompletedTimestamp, out.FailureReason = "IN_PROGRESS", nil, "" // failures show on the first poll
	return struct{ CreateAccountStatus creationOut }{out}, nil
}

func (s *Server) emailTaken(email string) bool {
	for _, a := range s.accounts {
		if strings.EqualFold(a.email, email) {
			return true
		}
	}
	return slices.ContainsFunc(s.organization.creations, func(c *creation) bool {
		return c.failure == "" && strings.EqualFold(c.email, email)
	})
}

type creationRef struct {
	ID string `json:"CreateAccountRequestId"`
}

func (s *Server) orgDescribeCreation(r *request, in creationRef) (any, error) {
	s.advance(r.now)
	for _, c := range s.organization.creations {
		if c.id == in.ID {
			return struct{ CreateAccountStatus creationOut }{c.view()}, nil
		}
	}
	return nil, fail(http.StatusBadRequest, "CreateAccountStatusNotFoundException", "You specified a CreateAccount request that doesn't exist.")
}

type creationsIn struct {
	pageIn
	States []string
}

func (s *Server) orgListCreations(r *request, in creationsIn) (any, error) {
	s.advance(r.now)
	all := []creationOut{}
	for _, c := range s.organization.creations {
		if view := c.view(); len(in.States) == 0 || slices.Contains(in.States, view.State) {
			all = append(all, view)
		}
	}
	shown, next, err := cut(in.pageIn, all, 20)
	if err != nil {
		return nil, err
	}
	return struct {
		CreateAccountStatuses []creationOut
		NextToken             string `json:",omitempty"`
	}{shown, next}, nil
}

// orgListServiceAccess lists the services with trusted access: Control Tower,
// where it manages the organization, and no other.
func (s *Server) orgListServiceAccess(*request, none) (any, error) {
	type service struct{ ServicePrincipal string }
	services := []service{}
	if s.options.ControlTower {
		services = append(services, service{"controltower.amazonaws.com"})
	}
	return struct{ EnabledServicePrincipals []service }{services}, nil
}

type delegateIn struct {
	accountIn
	ServicePrincipal string
}

func (s *Server) orgRegisterDelegated(_ *request, in delegateIn) (any, error) {
	if _, ok := s.accounts[in.AccountID]; !ok {
		return nil, accountNotFound()
	}
	have := s.organization.delegated[in.AccountID]
	if slices.Contains(have, in.ServicePrincipal) {
		return nil, fail(http.StatusBadRequest, "AccountAlreadyRegisteredException", "The specified account is already a delegated administrator for this Amazon Web Services service.")
	}
	s.organization.delegated[in.AccountID] = append(have, in.ServicePrincipal)
	return none{}, nil
}
