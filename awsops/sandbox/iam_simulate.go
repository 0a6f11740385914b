package sandbox

import (
	"maps"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

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

type xmlStatement struct{ SourcePolicyId string }

type xmlOrganizations struct{ AllowedByOrganizations bool }

type xmlBoundaryDecision struct{ AllowedByPermissionsBoundary bool }

// simulatePrincipal evaluates a user's, group's or role's policies, its
// boundary and the organization's, and no resource policy.
func (s *iamService) simulatePrincipal(r *request) (any, error) {
	for _, other := range []string{"PolicyInputList.member.1", "PermissionsBoundaryPolicyInputList.member.1", "ResourcePolicy"} {
		if r.form.Has(other) {
			return nil, badRequest("InvalidInput", "The sandbox simulates the policies that there are, without %s.", other)
		}
	}
	principal := r.arg("PolicySourceArn")
	named, err := arn.Parse(principal)
	unclear := badRequest("InvalidInput", "Invalid Entity Arn: %s does not clearly define entity type and name.", principal)
	if err != nil || named.AccountID != r.account.id {
		return nil, unclear
	}
	kind, name, _ := strings.Cut(named.Resource, "/")
	source := r.account.principal(kind, name)
	switch kind {
	case "user", "role":
	case "group":
		source = r.account.entity(kind, name[strings.LastIndexByte(name, '/')+1:])
	default:
		return nil, unclear
	}
	if source == nil {
		return nil, noSuchEntity("The %s with name %s cannot be found.", kind, name)
	}
	who := &caller{arn: principal, principal: principal, account: r.account, userID: source.id}
	if kind == "user" {
		who.user = r.account.users[strings.ToLower(source.name)]
	}
	policies := policy.Policies{SCPs: s.controlPolicies(r.account), Resource: delegating(r.account)}
	s.entityPolicies(&policies, r.account, source, r.now)
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
	return listed(r, "EvaluationResults", results, same)
}

// evaluation knows as little as AWS's: of the context what follows from the principal
// and what was given, and of what is missing what the identity's own policies ask for. A
// service control policy that asks for more is decided without it, and not named
// (observed: aws-cli#10525, aws-sdk#102).
func (s *iamService) evaluation(r *request, who *caller, policies policy.Policies, action, resource string) xmlEvaluation {
	owner := who.account.id
	if named, err := arn.Parse(resource); err == nil && named.AccountID != "" {
		owner = named.AccountID
	}
	as := *r
	as.caller = who
	ask := policy.Request{
		Principal: who.arn, PrincipalAccount: who.account.id, Action: action, Resource: resource, ResourceAccount: owner,
		Context: s.conditionKeys(&as, owner),
	}
	maps.DeleteFunc(ask.Context, func(key string, _ []string) bool { return !ofPrincipal(key) })
	maps.Copy(ask.Context, r.contextEntries())
	decision := policy.Evaluate(ask, policies)
	out := xmlEvaluation{EvalActionName: action, EvalResourceName: resource, EvalDecision: "implicitDeny"}
	out.MissingContextValues.Member = policy.Evaluate(ask, policy.Policies{Identity: policies.Identity, Resource: policies.Resource}).Missing
	byOrganization := !decision.Allowed && decision.Type == policy.ServiceControl
	switch {
	case decision.Allowed:
		out.EvalDecision = "allowed"
	case decision.Explicit && !byOrganization:
		out.EvalDecision = "explicitDeny"
	}
	if decision.Policy != "" && !byOrganization {
		out.MatchedStatements.Member = []xmlStatement{{decision.Policy}}
	}
	if len(policies.SCPs) > 0 {
		out.OrganizationsDecisionDetail = &xmlOrganizations{!byOrganization}
	}
	if policies.Boundary != nil {
		out.PermissionsBoundaryDecisionDetail = &xmlBoundaryDecision{decision.Allowed || decision.Type != policy.PermissionsBoundary}
	}
	return out
}

// ofPrincipal tells the condition keys that follow from whom a simulation is about.
func ofPrincipal(key string) bool {
	return strings.HasPrefix(key, "aws:Principal") && !strings.HasPrefix(key, "aws:PrincipalOrg") || key == "aws:userid" || key == "aws:username"
}

// contextEntries are the ContextEntries of a simulation.
func (r *request) contextEntries() map[string][]string {
	out := map[string][]string{}
	for i := 1; ; i++ {
		prefix := "ContextEntries.member." + strconv.Itoa(i)
		if !r.form.Has(prefix + ".ContextKeyName") {
			return out
		}
		out[r.arg(prefix+".ContextKeyName")] = r.list(prefix + ".ContextKeyValues")
	}
}

// delegating is the resource policy of a simulation: the principal's own
// policies decide alone, whoever owns the resource.
func delegating(a *account) *policy.Named {
	return &policy.Named{Name: "no resource policy", Type: policy.ResourceBased, Document: policy.Document{Statements: []policy.Statement{{
		Effect: policy.Allow, Principals: policy.Principals{"AWS": {a.id}}, Actions: []string{"*"}, Resources: []string{"*"},
	}}}}
}
