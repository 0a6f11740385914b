package sandbox

import (
	"net/http"
	"strings"

	"stateroom/awsops/policy"
)

// xmlEvaluation is one action on one resource in a simulation.
type xmlEvaluation struct {
	EvalActionName, EvalResourceName, EvalDecision string

	MatchedStatements                 members[xmlStatement]
	MissingContextValues              members[string]
	OrganizationsDecisionDetail       *xmlOrganizations
	PermissionsBoundaryDecisionDetail *xmlBoundaryDecision
}

type xmlStatement struct{ SourcePolicyId, SourcePolicyType string }

type xmlOrganizations struct{ AllowedByOrganizations bool }

type xmlBoundaryDecision struct{ AllowedByPermissionsBoundary bool }

// iamSimulatePrincipal evaluates a user's, group's or role's policies, its
// boundary and the organization's; of resource policies only one passed in.
func (s *Server) iamSimulatePrincipal(r *request) (any, error) {
	arn := r.arg("PolicySourceArn")
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[4] != r.account.id {
		return nil, fail(http.StatusBadRequest, "InvalidInput", "Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	who := &caller{arn: arn, principal: arn, account: r.account}
	policies := policy.Policies{SCPs: s.controlPolicies(r.account)}
	var source *entity
	switch kind {
	case "user", "role":
		source = r.account.principal(kind, name)
	case "group":
		if g, ok := r.account.groups[strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])]; ok {
			source = &g.entity
		}
	default:
		return nil, fail(http.StatusBadRequest, "InvalidInput", "Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	}
	if source == nil {
		return nil, noSuchEntity("The %s with name %s cannot be found.", kind, name)
	}
	who.userID = source.id
	if kind == "user" {
		who.user = r.account.users[strings.ToLower(source.name)]
	}
	s.entityPolicies(&policies, r.account, source, r.now)
	return s.simulate(r, who, policies)
}

// simulate adds the documents of the request and evaluates every action on
// every resource.
func (s *Server) simulate(r *request, who *caller, policies policy.Policies) (any, error) {
	for _, text := range r.list("PolicyInputList") {
		doc, err := checkDocument(text)
		if err != nil {
			return nil, fail(http.StatusBadRequest, "InvalidInput", "%v", err)
		}
		policies.Identity = append(policies.Identity, policy.Named{Name: "PolicyInputList", Type: policy.IdentityBased, Document: doc})
	}
	for _, text := range r.list("PermissionsBoundaryPolicyInputList") {
		policies.Boundary = &policy.Named{Name: "PermissionsBoundaryPolicyInputList", Type: policy.PermissionsBoundary, Document: s.document(text)}
	}
	if text := r.arg("ResourcePolicy"); text != "" {
		policies.Resource = &policy.Named{Name: "ResourcePolicy", Type: policy.ResourceBased, Document: s.document(text)}
	}
	resources := r.list("ResourceArns")
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	var results []xmlEvaluation
	for _, action := range r.list("ActionNames") {
		for _, resource := range resources {
			results = append(results, s.evaluation(r, who, policies, action, resource))
		}
	}
	results, cut, err := page(r, results)
	if err != nil {
		return nil, err
	}
	return struct {
		EvaluationResults members[xmlEvaluation]
		paging
	}{members[xmlEvaluation]{results}, cut}, nil
}

func (s *Server) evaluation(r *request, who *caller, policies policy.Policies, action, resource string) xmlEvaluation {
	owner := who.account.id
	if parts := strings.SplitN(resource, ":", 6); len(parts) == 6 && parts[4] != "" {
		owner = parts[4]
	}
	as := *r
	as.caller = who
	ask := policy.Request{
		Principal: who.arn, PrincipalAccount: who.account.id, Action: action, Resource: resource, ResourceAccount: owner,
		Context: s.conditionKeys(&as, owner),
	}
	for key, values := range r.contextEntries() {
		ask.Context[key] = values
	}
	if policies.Resource == nil {
		policies.Resource = delegating(who.account)
	}
	decision := policy.Evaluate(ask, policies)
	out := xmlEvaluation{EvalActionName: action, EvalResourceName: resource, EvalDecision: "implicitDeny"}
	switch {
	case decision.Allowed:
		out.EvalDecision = "allowed"
	case decision.Explicit:
		out.EvalDecision = "explicitDeny"
	}
	if decision.Policy != "" {
		out.MatchedStatements.Member = []xmlStatement{{decision.Policy, sourceType(decision.Policy)}}
	}
	if len(policies.SCPs) > 0 {
		out.OrganizationsDecisionDetail = &xmlOrganizations{decision.Allowed || decision.Type != policy.ServiceControl}
	}
	if policies.Boundary != nil {
		out.PermissionsBoundaryDecisionDetail = &xmlBoundaryDecision{decision.Allowed || decision.Type != policy.PermissionsBoundary}
	}
	return out
}

// delegating is the resource policy of a simulation that brings none: the
// principal's own policies decide alone, whoever owns the resource.
func delegating(a *account) *policy.Named {
	return &policy.Named{Name: "no resource policy", Type: policy.ResourceBased, Document: policy.Document{Statements: []policy.Statement{{
		Effect: policy.Allow, Principals: policy.Principals{"AWS": {a.id}}, Actions: []string{"*"}, Resources: []string{"*"},
	}}}}
}

// sourceType names the kind of the policy that decided.
func sourceType(name string) string {
	switch {
	case strings.Contains(name, ":iam::aws:policy/"):
		return "AWS Managed Policy"
	case strings.Contains(name, ":policy/"):
		return "IAM Policy"
	case strings.Contains(name, ":user/"):
		return "user"
	case strings.Contains(name, ":group/"):
		return "group"
	case strings.Contains(name, ":role/"):
		return "role"
	}
	return "none"
}
