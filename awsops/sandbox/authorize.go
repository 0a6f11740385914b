package sandbox

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"stateroom/awsops/policy"
)

// documentCache holds parsed policies by their text.
type documentCache map[string]policy.Document

// document parses a policy once. What is stored was validated when it came in,
// so that an unreadable one means no statements.
func (s *core) document(text string) policy.Document {
	if doc, ok := s.documents[text]; ok {
		return doc
	}
	doc, err := policy.Parse(text)
	if err != nil {
		doc = policy.Document{}
	}
	if s.documents == nil || len(s.documents) > 10_000 {
		s.documents = documentCache{}
	}
	s.documents[text] = doc
	return doc
}

// authorize decides whether the caller may do action on resource, which belongs
// to resourceAccount; resourcePolicy is the resource's own, nil if there is
// none, and conditions are the service's condition keys. The error is an
// [apiError] that says AccessDenied in AWS's words, or that what was made just now is
// not there ([Options.Lag]).
func (s *core) authorize(r *request, action, resource, resourceAccount string, resourcePolicy *policy.Document, conditions map[string][]string) error {
	if r.resource == "" {
		r.resource = resource
	}
	ask, policies := s.question(r, action, resource, resourceAccount, resourcePolicy, conditions)
	decision := policy.Evaluate(ask, policies)
	if decision.Allowed || s.options.Unenforced {
		return s.late(r, resource)
	}
	return accessDenied.in(r.protocol, decision.Message(ask))
}

// question gathers everything that bears on one action.
func (s *core) question(r *request, action, resource, resourceAccount string, resourcePolicy *policy.Document, conditions map[string][]string) (policy.Request, policy.Policies) {
	ask := policy.Request{
		Principal: r.caller.arn, PrincipalAccount: r.account.id,
		Action: action, Resource: resource, ResourceAccount: resourceAccount,
		Context: s.conditionKeys(r, resourceAccount),
	}
	for key, values := range conditions {
		ask.Context[key] = values
	}
	policies := s.policiesOf(r.caller, r.now)
	if resourcePolicy != nil {
		kind := policy.ResourceBased
		if action == "sts:AssumeRole" {
			kind = policy.RoleTrust
		}
		policies.Resource = &policy.Named{Name: resource, Type: kind, Document: *resourcePolicy}
	}
	return ask, policies
}

// policiesOf are the policies that travel with a caller: its own and its
// groups', its boundary and the organization's.
func (s *core) policiesOf(c *caller, now time.Time) policy.Policies {
	var out policy.Policies
	out.SCPs = s.controlPolicies(c.account)
	switch {
	case c.role != nil:
		s.entityPolicies(&out, c.account, &c.role.entity, now)
	case c.user != nil:
		s.entityPolicies(&out, c.account, &c.user.entity, now)
	default:
		out.Identity = []policy.Named{{Name: "root user", Type: policy.IdentityBased, Document: s.document(allowAll)}}
	}
	return out
}

// entityPolicies adds what a user or role is granted, directly and by groups.
func (s *core) entityPolicies(out *policy.Policies, a *account, e *entity, now time.Time) {
	given, _ := e.grants.seen(now)
	s.addGrants(out, a, e, given, now)
	for _, name := range given.groups {
		if g, ok := a.groups[name]; ok {
			granted, _ := g.grants.seen(now)
			s.addGrants(out, a, &g.entity, granted, now)
		}
	}
	if given.boundary != "" {
		doc, _ := s.managedDocument(a, given.boundary, now)
		out.Boundary = &policy.Named{Name: given.boundary, Type: policy.PermissionsBoundary, Document: doc}
	}
}

func (s *core) addGrants(out *policy.Policies, a *account, e *entity, given grants, now time.Time) {
	for _, name := range slices.Sorted(maps.Keys(given.inline)) {
		out.Identity = append(out.Identity, policy.Named{
			Name: e.arn(a) + "/" + name, Type: policy.IdentityBased, Document: s.document(given.inline[name]),
		})
	}
	for _, arn := range given.attached {
		if doc, ok := s.managedDocument(a, arn, now); ok {
			out.Identity = append(out.Identity, policy.Named{Name: arn, Type: policy.IdentityBased, Document: doc})
		}
	}
}

// managedDocument is the default version of a managed policy as of now.
func (s *core) managedDocument(a *account, arn string, now time.Time) (policy.Document, bool) {
	p, ok := s.managedPolicy(a, arn)
	if !ok {
		return policy.Document{}, false
	}
	text, ok := p.text.seen(now)
	if !ok {
		return policy.Document{}, false
	}
	return s.document(text), true
}

// conditionKeys are AWS's global condition keys for a request.
func (s *core) conditionKeys(r *request, resourceAccount string) map[string][]string {
	c := r.caller
	keys := map[string][]string{
		"aws:PrincipalArn":          {c.principal},
		"aws:PrincipalAccount":      {c.account.id},
		"aws:PrincipalType":         {c.principalType()},
		"aws:userid":                {c.userID},
		"aws:SecureTransport":       {strconv.FormatBool(r.secure)},
		"aws:CurrentTime":           {r.now.UTC().Format(time.RFC3339)},
		"aws:EpochTime":             {strconv.FormatInt(r.now.Unix(), 10)},
		"aws:RequestedRegion":       {r.region},
		"aws:SourceIp":              {"127.0.0.1"},
		"aws:UserAgent":             {r.http.UserAgent()},
		"aws:ViaAWSService":         {"false"},
		"aws:ResourceAccount":       {resourceAccount},
		"aws:PrincipalIsAWSService": {"false"},
	}
	if id := s.organizationID(c.account.id); id != "" {
		keys["aws:PrincipalOrgID"] = []string{id}
		keys["aws:PrincipalOrgPaths"] = []string{s.organizationPath()}
	}
	if id := s.organizationID(resourceAccount); id != "" {
		keys["aws:ResourceOrgID"] = []string{id}
		keys["aws:ResourceOrgPaths"] = []string{s.organizationPath()}
	}
	c.addKeys(keys, r.now)
	return keys
}

// addKeys adds what only some callers have.
func (c *caller) addKeys(keys map[string][]string, now time.Time) {
	tags := map[string]string{}
	switch {
	case c.user != nil:
		keys["aws:username"] = []string{c.user.name}
		tags = c.user.tags
	case c.role != nil:
		tags = c.role.tags
	}
	for key, value := range tags {
		keys["aws:PrincipalTag/"+key] = []string{value}
	}
	if c.session == nil {
		return // long-lived keys carry no MFA keys at all, which BoolIfExists relies on
	}
	if c.session.person != "" {
		keys["identitystore:UserId"] = []string{c.session.person}
	}
	keys["aws:TokenIssueTime"] = []string{c.session.issued.UTC().Format(time.RFC3339)}
	keys["aws:MultiFactorAuthPresent"] = []string{strconv.FormatBool(c.mfaPresent())}
	if c.mfaPresent() {
		keys["aws:MultiFactorAuthAge"] = []string{strconv.Itoa(int(now.Sub(c.session.mfa).Seconds()))}
	}
}

func (c *caller) principalType() string {
	switch {
	case c.role != nil:
		return "AssumedRole"
	case c.user != nil:
		return "User"
	}
	return "Account"
}
