package sandbox

import (
	"cmp"
	"slices"
	"strings"
)

// orgService is Organizations, over the organization that the core holds.
type orgService struct {
	*core
	operations map[string]jsonHandler
}

func newOrganizations(c *core) *orgService {
	s := &orgService{core: c}
	s.operations = map[string]jsonHandler{
		"DescribeOrganization":                jsonOp(s.describe),
		"ListAccounts":                        jsonOp(s.listAccounts),
		"CreateAccount":                       jsonOp(s.createAccount),
		"DescribeCreateAccountStatus":         jsonOp(s.describeCreation),
		"ListCreateAccountStatus":             jsonOp(s.listCreations),
		"ListAWSServiceAccessForOrganization": jsonOp(s.listServiceAccess),
		"ListPoliciesForTarget":               jsonOp(s.listPoliciesFor),
		"DescribePolicy":                      jsonOp(s.describePolicy),
	}
	return s
}

// serve lets the management account do everything, and any member describe the
// organization.
func (s *orgService) serve(r *request) (response, error) {
	if s.organization == nil {
		return response{}, badRequest("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	}
	if !r.account.management && r.operation != "DescribeOrganization" {
		return response{}, accessDenied.in(r.protocol, "You don't have permissions to access this resource.")
	}
	if err := s.authorize(r, "organizations:"+r.operation, "*", r.account.id, nil, nil); err != nil {
		return response{}, err
	}
	return serveJSON(r, s.operations)
}

type none struct{}

// pageIn is how requests of the JSON protocols ask for a page.
type pageIn struct {
	NextToken  string
	MaxResults int
}

// pageOf answers the page that was asked for, of standard items at the most.
func pageOf[T any](in pageIn, member string, items []T, standard int) (any, error) {
	return viewsOf(in, member, items, standard, func(item T) T { return item })
}

// viewsOf is [pageOf] where an item is shown by view: of ten thousand only those of the
// page are.
func viewsOf[T, V any](in pageIn, member string, items []T, standard int, view func(T) V) (any, error) {
	size := standard
	if in.MaxResults > 0 {
		size = min(in.MaxResults, standard)
	}
	shown, next, ok := cut(items, in.NextToken, size)
	if !ok {
		return nil, badRequest("InvalidInputException", "You provided an invalid value for NextToken.")
	}
	views := make([]V, len(shown))
	for i, item := range shown {
		views[i] = view(item)
	}
	out := map[string]any{member: views}
	if next != "" {
		out["NextToken"] = next
	}
	return out, nil
}

func (s *orgService) describe(_ *request, _ none) (any, error) {
	o := s.organization
	return map[string]any{"Organization": map[string]any{
		"Id": o.id, "Arn": strings.TrimSuffix(o.arn("organization", ""), "/"), "FeatureSet": "ALL",
		"MasterAccountArn": o.arn("account", o.management.id), "MasterAccountId": o.management.id, "MasterAccountEmail": o.management.email,
		"AvailablePolicyTypes": []any{map[string]string{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}},
	}}, nil
}

func (s *orgService) listAccounts(r *request, in pageIn) (any, error) {
	s.advance(r.now)
	return viewsOf(in, "Accounts", s.order, 20, func(id string) any {
		a := s.accounts[id]
		return map[string]any{
			"Id": a.id, "Arn": s.organization.arn("account", a.id), "Email": a.email, "Name": a.name, "Status": a.state, "State": a.state,
			"Paths": []string{s.organizationPath() + a.id + "/"}, "JoinedMethod": a.joinedMethod, "JoinedTimestamp": epoch(a.joined),
		}
	})
}

type accountIn struct {
	AccountID string `json:"AccountId"`
}

type creationIn struct {
	Email, AccountName, RoleName string
	Tags                         []tag
}

func (c *creation) state() string {
	switch {
	case c.done.IsZero():
		return "IN_PROGRESS"
	case c.failure != "":
		return "FAILED"
	}
	return "SUCCEEDED"
}

// view is the creation as every answer shows it.
func (c *creation) view() map[string]any {
	out := map[string]any{"Id": c.id, "AccountName": c.name, "State": c.state(), "RequestedTimestamp": epoch(c.asked)}
	if !c.done.IsZero() {
		out["CompletedTimestamp"] = epoch(c.done)
	}
	if c.account != "" {
		out["AccountId"] = c.account
	}
	if c.failure != "" {
		out["FailureReason"] = c.failure
	}
	return out
}

func (s *orgService) createAccount(r *request, in creationIn) (any, error) {
	if in.AccountName == "" || !strings.Contains(in.Email, "@") {
		return nil, badRequest("InvalidInputException", "You specified an invalid value for Email or AccountName.")
	}
	if len(in.AccountName) > 50 {
		return nil, badRequest("InvalidInputException", "You provided a value that does not match the required pattern or length: accountName must have length less than or equal to 50.")
	}
	c := &creation{
		id: "car-" + s.ids.lower(32), name: in.AccountName, email: in.Email, role: cmp.Or(in.RoleName, bootstrapRole), asked: r.now, tags: in.Tags,
	}
	out := c.view() // failures show on the first poll
	if s.emailTaken(in.Email) {
		c.failure, c.done = "EMAIL_ALREADY_EXISTS", r.now
	}
	s.organization.creations = append(s.organization.creations, c)
	s.appears(c.id, r.now)
	return map[string]any{"CreateAccountStatus": out}, nil
}

func (s *orgService) emailTaken(email string) bool {
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

func (s *orgService) describeCreation(r *request, in creationRef) (any, error) {
	s.advance(r.now)
	for _, c := range s.organization.creations {
		if c.id == in.ID && !s.unseen(r.operation, c.id, r.now) {
			return map[string]any{"CreateAccountStatus": c.view()}, nil
		}
	}
	return nil, badRequest("CreateAccountStatusNotFoundException", "You specified a CreateAccount request that doesn't exist.")
}

type creationsIn struct {
	pageIn
	States []string
}

func (s *orgService) listCreations(r *request, in creationsIn) (any, error) {
	s.advance(r.now)
	all := []any{}
	for _, c := range s.organization.creations {
		if len(in.States) == 0 || slices.Contains(in.States, c.state()) {
			all = append(all, c.view())
		}
	}
	return pageOf(in.pageIn, "CreateAccountStatuses", all, 20)
}

// listServiceAccess lists the services with trusted access: Control Tower,
// where it manages the organization, and no other.
func (s *orgService) listServiceAccess(*request, none) (any, error) {
	services := []any{}
	if s.options.ControlTower {
		services = append(services, map[string]string{"ServicePrincipal": "controltower.amazonaws.com"})
	}
	return map[string]any{"EnabledServicePrincipals": services}, nil
}

type policiesIn struct {
	pageIn
	TargetID string `json:"TargetId"`
	Filter   string
}

// summary is the policy as lists show it.
func (p *controlPolicy) summary(id string) map[string]any {
	return map[string]any{"Id": id, "Arn": p.arn, "Name": p.name, "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": id == fullAccess}
}

func (s *orgService) listPoliciesFor(_ *request, in policiesIn) (any, error) {
	if _, ok := s.accounts[in.TargetID]; !ok && in.TargetID != s.organization.rootID {
		return nil, badRequest("TargetNotFoundException", "You specified a target that doesn't exist.")
	}
	policies := []any{}
	if s.organization.scps && in.Filter == "SERVICE_CONTROL_POLICY" {
		for _, id := range s.organization.policiesOn(in.TargetID) {
			policies = append(policies, s.organization.policies[id].summary(id))
		}
	}
	return pageOf(in.pageIn, "Policies", policies, 20)
}

type policyIn struct {
	ID string `json:"PolicyId"`
}

func (s *orgService) describePolicy(_ *request, in policyIn) (any, error) {
	p := s.organization.policies[in.ID]
	if p == nil {
		return nil, badRequest("PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.")
	}
	return map[string]any{"Policy": map[string]any{"Content": p.text, "PolicySummary": p.summary(in.ID)}}, nil
}
