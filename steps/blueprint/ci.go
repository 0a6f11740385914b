package blueprint

import (
	"fmt"
	"regexp"
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

// Subject is the subject of tokens that are let in (claim sub), or the ARN of a runner's
// role. With Shape, ? stands for one character and * for any: what comes there differs
// from run to run.
type Subject struct {
	Text  string
	Shape bool
}

// Sample is a subject of that shape.
func (s Subject) Sample() string {
	if !s.Shape {
		return s.Text
	}
	return strings.NewReplacer("?", "0", "*", "0").Replace(s.Text)
}

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

// Branch is the branch that is applied and looked at every night: the first that the
// blueprint names.
func (c CI) Branch() string {
	for _, term := range slices.Concat(c.Apply, c.Plan) {
		if branch, is := strings.CutPrefix(term, ciBranch); is {
			return branch
		}
	}
	return "main"
}

// WatchSubjects are who may watch. Of a runner no branch is known: its role that applies has
// the say of the branch that is applied, and one that only plans may run what any branch says.
func (c CI) WatchSubjects() []Subject {
	switch {
	case !c.ByRole():
		return c.subject(ciBranch + c.Branch())
	case len(c.Apply) > 0:
		return c.subjects(c.Apply)
	}
	return c.PlanSubjects()
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

// PlanSubjects are who may plan.
func (c CI) PlanSubjects() []Subject { return c.subjects(c.Plan) }

// ApplySubjects are who may apply to an environment: of several environments, a job in the
// platform's environment of that name alone.
func (c CI) ApplySubjects(environment string) []Subject { return c.subjects(c.applyTo(environment)) }

// applyTo are the jobs that may apply to an environment, as the blueprint names them.
func (c CI) applyTo(environment string) []string {
	if len(c.Environments) > 1 {
		return slices.DeleteFunc(slices.Clone(c.Apply), func(term string) bool { return term != ciEnvironment+environment })
	}
	return c.Apply
}

// GatedBy is the platform's environment in which a job applies to an environment; empty
// where it is a branch, a tag or a whole subject that opens it.
func (c CI) GatedBy(environment string) string {
	for _, term := range c.applyTo(environment) {
		if name, is := strings.CutPrefix(term, ciEnvironment); is {
			return name
		}
	}
	return ""
}

// Kinds of jobs that plan and apply name.
const (
	ciPullRequest  = "pull_request"
	ciMergeRequest = "merge_request"
	ciAnyStep      = "repository"
	ciBranch       = "branch:"
	ciTag          = "tag:"
	ciEnvironment  = "environment:"
)

func (c CI) subjects(terms []string) (all []Subject) {
	for _, term := range terms {
		all = append(all, c.subject(term)...)
	}
	return all
}

// subject is what the tokens of a job say (facts/ci-access.md, section 1).
func (c CI) subject(term string) []Subject {
	branch, isBranch := strings.CutPrefix(term, ciBranch)
	tag, isTag := strings.CutPrefix(term, ciTag)
	switch c.Provider {
	case ProviderGitHub:
		tail := term
		if isBranch {
			tail = "ref:refs/heads/" + branch
		} else if isTag {
			tail = "ref:refs/tags/" + tag
		}
		all := []Subject{{Text: "repo:" + c.Repository + ":" + tail}}
		if owner, name, ok := strings.Cut(c.Repository, "/"); ok && c.ByID() {
			all = append(all, Subject{Text: "repo:" + owner + "@" + c.OwnerID + "/" + name + "@" + c.RepositoryID + ":" + tail})
		}
		return all
	case ProviderGitLab:
		project := "project_path:" + c.Repository + ":ref_type:"
		switch {
		case isTag:
			return []Subject{{Text: project + "tag:ref:" + tag}}
		case term == ciMergeRequest: // which run as their branch, and nothing marks them
			return []Subject{{Text: project + "branch:ref:*", Shape: true}}
		}
		return []Subject{{Text: project + "branch:ref:" + branch}}
	case ProviderCircleCI:
		// A user's id is of 36 characters. With a * in its place, a branch whose name
		// holds the rest of the subject would be let in as well.
		org := c.Issuer[strings.LastIndex(c.Issuer, "/")+1:]
		return []Subject{{
			Text:  "org/" + org + "/project/" + c.RepositoryID + "/user/" + strings.Repeat("?", 36) + "/vcs-origin/" + c.Repository + "/vcs-ref/refs/heads/" + branch,
			Shape: true,
		}}
	case ProviderBitbucket:
		if term == ciAnyStep {
			return []Subject{{Text: c.RepositoryID + ":*", Shape: true}}
		}
		return []Subject{{Text: c.RepositoryID + ":" + strings.TrimPrefix(term, ciEnvironment) + ":*", Shape: true}}
	}
	return []Subject{{Text: term}}
}

const (
	uuid     = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`
	ciWord   = `[A-Za-z0-9._-]+`
	ciRef    = `[A-Za-z0-9._/+=@#-]+`
	ciNumber = `[0-9]{1,20}`
)

var (
	issuerPattern  = regexp.MustCompile(`^https://[a-z0-9.-]+(/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?$`)
	subjectPattern = regexp.MustCompile(`^[\x21-\x7e]{1,255}$`)
	pipelineYAML   = regexp.MustCompile(`\.ya?ml$`)
)

// ciForms are what the arguments of a platform look like, and which jobs it knows.
type ciForms struct {
	repository, ownerID, repositoryID, issuer *regexp.Regexp
	example                                   string // of a repository
	plan, apply                               []ciJob
}

// ciJob is a kind of job: the beginning of its term, and what may follow.
type ciJob struct {
	kind string
	name *regexp.Regexp // nil: nothing
}

func entire(pattern string) *regexp.Regexp { return regexp.MustCompile("^" + pattern + "$") }

var ciPlatforms = map[string]ciForms{
	ProviderGitHub: {
		repository: entire(`[A-Za-z0-9_-]+/` + ciWord), ownerID: entire(ciNumber), repositoryID: entire(ciNumber), example: "acme/infra",
		plan:  []ciJob{{ciPullRequest, nil}, {ciBranch, entire(ciRef)}, {ciTag, entire(ciRef)}, {ciEnvironment, entire(ciWord)}},
		apply: []ciJob{{ciEnvironment, entire(ciWord)}, {ciBranch, entire(ciRef)}, {ciTag, entire(ciRef)}},
	},
	ProviderGitLab: {
		repository: entire(ciWord + `(/` + ciWord + `)+`), repositoryID: entire(ciNumber), example: "acme/infra",
		plan:  []ciJob{{ciMergeRequest, nil}, {ciBranch, entire(ciRef)}, {ciTag, entire(ciRef)}},
		apply: []ciJob{{ciBranch, entire(ciRef)}, {ciTag, entire(ciRef)}},
	},
	ProviderCircleCI: {
		repository: entire(`[a-z0-9.-]+/` + ciWord + `/` + ciWord), repositoryID: entire(uuid), issuer: entire(`https://oidc\.circleci\.com/org/` + uuid), example: "github.com/acme/infra",
		plan: []ciJob{{ciBranch, entire(ciRef)}}, apply: []ciJob{{ciBranch, entire(ciRef)}},
	},
	ProviderBitbucket: {
		repositoryID: entire(`\{` + uuid + `\}`), issuer: entire(`https://api\.bitbucket\.org/2\.0/workspaces/` + ciWord + `/pipelines-config/identity/oidc`),
		plan: []ciJob{{ciAnyStep, nil}, {ciEnvironment, entire(`\{` + uuid + `\}`)}}, apply: []ciJob{{ciEnvironment, entire(`\{` + uuid + `\}`)}},
	},
	ProviderOIDC: {},
	ProviderRole: {},
}

// words are the jobs of a platform for a message.
func (f ciForms) words(jobs []ciJob) string {
	var all []string
	for _, j := range jobs {
		if j.name != nil {
			j.kind += "NAME"
		}
		all = append(all, j.kind)
	}
	return oneOf(all)
}

// ciMissing adds what a pipeline needs and does not have.
func (c CI) ciMissing(need func(bool, string)) {
	path := "ci." + c.Name + "."
	forms := ciPlatforms[c.Provider]
	need(c.Provider == "", path+"provider")
	need(c.IssuerURL() == "" && c.Provider != "" && !c.ByRole(), path+"issuer")
	need(c.Repository == "" && forms.repository != nil, path+"repository")
	need(c.RepositoryID == "" && (c.Provider == ProviderCircleCI || c.Provider == ProviderBitbucket), path+"repository_id")
	need(c.Audience == "" && c.Provider == ProviderBitbucket, path+"audience")
	need(len(c.Apply)+len(c.Plan) == 0, path+"plan")
	need(len(c.Environments) == 0, path+"environments")
}

// ci checks the pipelines: what they name is what the trust of their roles says, so that a
// wildcard or a character that AWS reads as one is refused here.
func (c *blueprintChecker) ci() {
	labels, roles := newSeen("ci"), newSeen("ci")
	for _, ci := range c.CIs {
		block := blockPath("ci", ci.Name)
		c.rule(block, "", ci.Name, labelRule)
		c.once(labels, block, "", strings.ToLower(ci.Name), ci.Name)
		c.ciIdentity(block, ci)
		c.ciReach(block, ci)
		for _, term := range ci.Plan {
			c.ciTerm(block, "plan", ci, term)
		}
		for _, term := range ci.Apply {
			c.ciTerm(block, "apply", ci, term)
			c.ciOpens(block, ci, term)
		}
		for _, name := range ci.Environments {
			if role := ci.ApplyRole(name); len(role) > 64 {
				c.bad(block, "", "", "would have the role %s, and IAM allows 64 characters: give the block or the environment a shorter name", role)
			}
			c.once(roles, block, "environments", strings.ToLower(ci.ApplyRole(name)), ci.Name)
		}
		for _, user := range ci.Replaces {
			c.rule(block, "replaces", user, userNameRule)
			for _, g := range c.Groups {
				if slices.ContainsFunc(g.Users, func(member string) bool { return strings.EqualFold(member, user) }) {
					c.bad(block, "replaces", user, "%q is still a user of group %q, who is to have a key: take it out of the group's users. Its key works until the pipeline's roles are used", user, g.Name)
				}
			}
		}
		if role := ci.PlanRole(); role != "" {
			c.once(roles, block, "plan", strings.ToLower(role), ci.Name)
		}
		if role := ci.WatchRole(); role != "" {
			c.once(roles, block, "watch", strings.ToLower(role), ci.Name)
		}
		if ci.Watch && ci.Provider != ProviderGitHub && ci.Provider != ProviderGitLab && !ci.ByRole() {
			c.bad(block, "watch", "", "is for GitHub Actions and GitLab, whose subjects name a branch, and for runners with roles: leave it out")
		}
		if ci.Pipeline != "" {
			c.rule(block, "pipeline", ci.Pipeline, dirRule)
			if !pipelineYAML.MatchString(ci.Pipeline) || ci.Provider != ProviderGitHub && ci.Provider != ProviderGitLab {
				c.bad(block, "pipeline", "", "is written for GitHub Actions and GitLab, as a .yml file: name one such as .github/workflows/terraform.yml, or leave it out")
			}
		}
	}
	c.ciPlanRoles()
	c.ciRunnersApart()
}

func (c *blueprintChecker) ciIdentity(block string, ci CI) {
	forms, known := ciPlatforms[ci.Provider]
	switch {
	case ci.Provider == "buildkite":
		c.bad(block, "provider", "", `"buildkite" is refused: the subject of its tokens ends in the commit and names the branch that a build was told, which a fork's build can choose: write "role" and name the agents' own role in plan and apply`)
		return
	case ci.Provider == "":
		return
	case !known:
		c.rule(block, "provider", ci.Provider, choiceRule(ciProviders...))
		return
	}
	c.optional(block, "issuer", ci.Issuer, matching(issuerPattern, "is not the URL of an issuer that IAM accepts: write it as the tokens have it, with https:// and without port, query or slash at the end"))
	c.optional(block, "audience", ci.Audience, matching(subjectPattern, "is not an audience: use up to 255 visible characters"))
	for _, of := range []struct {
		name, value string
		form        *regexp.Regexp
		takes       bool
		wanted      string
	}{
		{"issuer", ci.Issuer, forms.issuer, !ci.ByRole(), "the platform's issuer, with your organization's or workspace's part"},
		{"audience", ci.Audience, nil, !ci.ByRole(), ""},
		{"repository", ci.Repository, forms.repository, forms.repository != nil, "one such as " + forms.example + ", without wildcards, in the platform's own spelling"},
		{"owner_id", ci.OwnerID, forms.ownerID, forms.ownerID != nil, "the platform's number for the owner"},
		{"repository_id", ci.RepositoryID, forms.repositoryID, forms.repositoryID != nil, "the platform's id of the repository or project"},
	} {
		switch {
		case of.value == "":
		case !of.takes:
			c.bad(block, of.name, "", "has no meaning with provider %q: leave it out", ci.Provider)
		case of.form != nil && !of.form.MatchString(of.value):
			c.bad(block, of.name, of.value, "%q is not what %s has: write %s", of.value, ci.Provider, of.wanted)
		}
	}
	// Subjects to the letter say nothing of the rules that a platform's own form keeps: that
	// no pull request applies, that a repository is named, that a job is.
	if host := hostOf(ci.IssuerHost()); ci.Provider == ProviderOIDC && slices.Contains(platformHosts, host) {
		c.bad(block, "issuer", ci.Issuer, "%q is a platform's own issuer, of whose tokens more is known than their subjects: name the platform as provider, one of %s", ci.Issuer, strings.Join(ciProviders, ", "))
	}
	if ci.Provider == ProviderGitLab && ci.RepositoryID != "" && ci.ProjectClaim() == "" {
		c.bad(block, "repository_id", "", "has no meaning with a GitLab of your own, of whose claims AWS looks at subject and audience alone: leave it out")
	}
	if forms.ownerID != nil && (ci.OwnerID == "") != (ci.RepositoryID == "") {
		c.bad(block, "owner_id", "", "goes with repository_id: write both, or neither")
	}
}

func (c *blueprintChecker) ciReach(block string, ci CI) {
	here := map[string]bool{}
	for _, name := range ci.Environments {
		_, known := c.Environment(name)
		switch {
		case name == Everything:
			c.bad(block, "environments", name, `"*" would let the pipeline into environments that are still to come: name them one by one`)
		case !known:
			c.bad(block, "environments", name, "there is no environment %q%s", name, c.insteadOf(name))
		case here[name]:
			c.bad(block, "environments", name, "%q is listed twice: keep it once", name)
		}
		here[name] = true
	}
}

// ciTerm refuses a job that the platform does not know, or that AWS would read as more than
// that job.
func (c *blueprintChecker) ciTerm(block, name string, ci CI, term string) {
	forms, known := ciPlatforms[ci.Provider]
	switch {
	case !known:
		return
	case ci.ByRole():
		c.ciRunner(block, name, term)
		return
	case strings.ContainsAny(term, "*?") || strings.Contains(term, "${"):
		c.bad(block, name, term, "%q contains a wildcard, which lets in strangers: write the jobs one by one, each in full", term)
		return
	case ci.Provider == ProviderOIDC:
		c.rule(block, name, term, matching(subjectPattern, "is not a subject: write the claim sub of the tokens, of up to 255 visible characters"))
		return
	case name == "apply" && (term == ciPullRequest || term == ciMergeRequest || term == ciAnyStep):
		c.bad(block, name, term, "%q would let everybody apply who may push a branch: name a branch or an environment", term)
		return
	}
	jobs := forms.plan
	if name == "apply" {
		jobs = forms.apply
	}
	if !slices.ContainsFunc(jobs, func(j ciJob) bool {
		rest, is := strings.CutPrefix(term, j.kind)
		return is && (j.name == nil && rest == "" || j.name != nil && j.name.MatchString(rest))
	}) {
		c.bad(block, name, term, "%q is not a job of %s: write %s", term, ci.Provider, forms.words(jobs))
	}
}

// ciOpens refuses a gate that would open an environment which it does not guard.
func (c *blueprintChecker) ciOpens(block string, ci CI, term string) {
	gate, gated := strings.CutPrefix(term, ciEnvironment)
	other := gated && !slices.Contains(ci.Environments, gate)
	_, known := c.Environment(gate)
	switch {
	case len(ci.Environments) > 1 && ci.ByRole():
		c.bad(block, "apply", term, "%q would open %d environments at once: write a ci block for each of them", abridged(term), len(ci.Environments))
	case len(ci.Environments) > 1 && (!gated || other):
		c.bad(block, "apply", term, "%q would open %d environments at once: write environment:NAME for each of them, or a ci block for each", term, len(ci.Environments))
	case other && known:
		c.bad(block, "apply", term, "%q is the gate of environment %q, which the block does not reach: write environment:%s", term, gate, strings.Join(ci.Environments, ""))
	}
}

// ciPlanRoles keeps the read-only roles apart from the environments' own.
func (c *blueprintChecker) ciPlanRoles() {
	for _, e := range c.Environments {
		if !c.PlansIn(e.Name) {
			continue
		}
		block, plans := blockPath("environment", e.Name), e.PlanRoleIn()
		if len(plans.Role) > 64 {
			c.bad(block, "role", "", "%s", fmt.Sprintf("is so long that the role for plans, %s, has more than the 64 characters that IAM allows: choose a shorter one", plans.Role))
		}
		for _, other := range c.Environments {
			if other.Account != "" && other.Account == e.Account && strings.EqualFold(other.Role, plans.Role) {
				c.bad(block, "role", "", "and %s would be the environment's role for plans, which is the role of environment %q: choose another name", plans.Role, other.Name)
			}
		}
	}
}
