package blueprint

import (
	"slices"
	"strings"
)

// CI is a pipeline that works in the environments without a stored key: AWS gives it a
// session for a token that its platform has signed (OpenID Connect), or its runner has a
// role of its own.
type CI struct {
	Name string
	// Provider is one of the Provider… choices.
	Provider string
	// Issuer is the URL that the tokens name as their issuer (claim iss), without a slash
	// at the end; empty for the platform's own.
	Issuer string
	// Audience is for whom the tokens are made (claim aud); empty for STS, or what the
	// platform puts there.
	Audience string
	// Repository is OWNER/NAME at GitHub, GROUP/PROJECT at GitLab, and
	// github.com/OWNER/NAME at CircleCI.
	Repository string
	// OwnerID and RepositoryID are the platform's own ids, which nobody gets by taking over
	// a name that was given up.
	OwnerID, RepositoryID string
	// Plan and Apply say which jobs may plan, and which may apply: pull_request,
	// branch:NAME, environment:NAME…, a token's whole subject with ProviderOIDC, or the ARN
	// of a runner's role with ProviderRole.
	Plan, Apply []string
	// Environments are names of environments, one by one.
	Environments []string
	// PlanLock lets plans take the lock; never do they write a state.
	PlanLock bool
	// Watch has a role of its own look every night whether AWS is as the blueprint says. It
	// reads, and only the pipeline's branch may assume it, or the runner that applies.
	Watch bool
	// Replaces are IAM users of the admin account by whose access keys the pipeline worked
	// before: once its roles are used, the keys are deactivated, and later deleted.
	Replaces []string
	// Pipeline is where the pipeline's own file is written, relative to the blueprint;
	// empty for not at all.
	Pipeline string
}

// Choices of CI.Provider.
const (
	ProviderGitHub    = "github"
	ProviderGitLab    = "gitlab"
	ProviderCircleCI  = "circleci"
	ProviderBitbucket = "bitbucket"
	// ProviderOIDC is any issuer: plan and apply are the subjects of its tokens, to the
	// letter.
	ProviderOIDC = "oidc"
	// ProviderRole is a runner that has a role of its own (an instance's, a task's, a pod's,
	// Atlantis): plan and apply are the ARNs of such roles.
	ProviderRole = "role"
)

var ciProviders = []string{ProviderGitHub, ProviderGitLab, ProviderCircleCI, ProviderBitbucket, ProviderOIDC, ProviderRole}

// Issuers of the platforms that have one for all their customers.
const (
	gitHubIssuer = "https://token.actions.githubusercontent.com"
	gitLabIssuer = "https://gitlab.com"
)

func (c *CI) arguments() []argument {
	return []argument{
		{"provider", &c.Provider, true},
		{"issuer", &c.Issuer, false},
		{"audience", &c.Audience, false},
		{"repository", &c.Repository, true},
		{"owner_id", &c.OwnerID, false},
		{"repository_id", &c.RepositoryID, false},
		{"plan", &c.Plan, true},
		{"apply", &c.Apply, true},
		{"environments", &c.Environments, true},
		{"plan_lock", &c.PlanLock, false},
		{"watch", &c.Watch, false},
		{"replaces", &c.Replaces, false},
		{"pipeline", &c.Pipeline, false},
	}
}

// ByRole tells whether the pipeline's runner has a role of its own, so that no tokens of
// it are known.
func (c CI) ByRole() bool { return c.Provider == ProviderRole }

// platformHosts are where the platforms' own issuers are, whatever follows.
var platformHosts = []string{"token.actions.githubusercontent.com", "gitlab.com", "oidc.circleci.com", "api.bitbucket.org", "agent.buildkite.com"}

// hostOf is the host of an issuer without its scheme.
func hostOf(issuer string) string {
	host, _, _ := strings.Cut(issuer, "/")
	return host
}

// IssuerURL is the issuer of the pipeline's tokens.
func (c CI) IssuerURL() string {
	switch {
	case c.Issuer != "":
		return c.Issuer
	case c.Provider == ProviderGitHub:
		return gitHubIssuer
	case c.Provider == ProviderGitLab:
		return gitLabIssuer
	}
	return ""
}

// IssuerHost is the issuer as AWS's ARNs and condition keys have it.
func (c CI) IssuerHost() string { return strings.TrimPrefix(c.IssuerURL(), "https://") }

// AudienceIn is the audience of the pipeline's tokens for AWS's partition.
func (c CI) AudienceIn(partition string) string {
	switch {
	case c.Audience != "":
		return c.Audience
	case c.Provider == ProviderCircleCI: // a token's audience is the organization, unless one is asked for
		return c.Issuer[strings.LastIndex(c.Issuer, "/")+1:]
	case partition == "aws-cn":
		return "sts.amazonaws.com.cn"
	}
	return "sts.amazonaws.com"
}

// ByID tells whether the pipeline is known by the platform's ids too, and not by names
// alone.
func (c CI) ByID() bool {
	return c.RepositoryID != "" && (c.Provider != ProviderGitHub || c.OwnerID != "")
}

// ProjectClaim is the claim project_id that the tokens have to carry, empty where AWS has
// no condition key for it (only gitlab.com's has one) or no id was given.
func (c CI) ProjectClaim() string {
	if c.IssuerURL() == gitLabIssuer {
		return c.RepositoryID
	}
	return ""
}

// PlanRole is the name of the role in the admin account that plans; empty where nobody
// plans.
func (c CI) PlanRole() string {
	if len(c.Plan) == 0 {
		return ""
	}
	return "stateroom-" + c.Name + "-plan"
}

// WatchRole is the name of the role in the admin account that watches; empty where nobody
// does.
func (c CI) WatchRole() string {
	if !c.Watch {
		return ""
	}
	return "stateroom-" + c.Name + "-watch"
}

// ApplyRole is the name of the role in the admin account that applies to an environment.
func (c CI) ApplyRole(environment string) string {
	return "stateroom-" + c.Name + "-apply-" + environment
}

// ciPlanSuffix ends the name of the role in an environment that only reads, for plans.
const ciPlanSuffix = "-plan"

// PlanRoleIn is the environment whose role is the read-only one, beside the environment
// role.
func (e Environment) PlanRoleIn() Environment {
	e.Role += ciPlanSuffix
	return e
}

// CIsIn are the pipelines that work in an environment.
func (b *Blueprint) CIsIn(environment string) []CI {
	return slices.DeleteFunc(slices.Clone(b.CIs), func(c CI) bool { return !slices.Contains(c.Environments, environment) })
}

// Watched tells whether a pipeline watches over the blueprint, and so over all environments.
func (b *Blueprint) Watched() bool {
	return slices.ContainsFunc(b.CIs, func(c CI) bool { return c.Watch })
}

// Replaced are the users whose access keys pipelines replace, each with the pipelines, in the
// blueprint's order.
func (b *Blueprint) Replaced() (users []string, by map[string][]CI) {
	by = map[string][]CI{}
	for _, c := range b.CIs {
		for _, user := range c.Replaces {
			if by[user] == nil {
				users = append(users, user)
			}
			by[user] = append(by[user], c)
		}
	}
	return users, by
}

// PlansIn tells whether a pipeline plans in the environment, or watches over it.
func (b *Blueprint) PlansIn(environment string) bool {
	return b.Watched() || slices.ContainsFunc(b.CIsIn(environment), func(c CI) bool { return c.PlanRole() != "" })
}

// EnvironmentsOfCI are the environments that a pipeline works in, in the blueprint's order.
func (b *Blueprint) EnvironmentsOfCI(c CI) []Environment {
	return slices.DeleteFunc(slices.Clone(b.Environments), func(e Environment) bool { return !slices.Contains(c.Environments, e.Name) })
}

// ProjectsOfCI are the projects of the environments that a pipeline works in.
func (b *Blueprint) ProjectsOfCI(c CI) []Project {
	return slices.DeleteFunc(slices.Clone(b.Projects), func(p Project) bool { return !slices.Contains(c.Environments, p.Environment) })
}
