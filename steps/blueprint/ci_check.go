package blueprint

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	uuid     = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`
	ciWord   = `[A-Za-z0-9._-]+`
	ciRef    = `[A-Za-z0-9._/+=@#-]+`
	ciNumber = `[0-9]{1,20}`
)

var (
	issuerPattern = regexp.MustCompile(`^https://[a-z0-9.-]+(/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?$`)
	// audiencePattern leaves out what IAM takes for a variable in a trust policy, which would
	// make of "${…:aud}" whatever a token says, and what a shell takes for a command.
	audiencePattern = regexp.MustCompile(`^[A-Za-z0-9._~:/@+=,-]{1,255}$`)
	subjectPattern  = regexp.MustCompile(`^[\x21-\x7e]{1,255}$`)
	pipelineYAML    = regexp.MustCompile(`\.ya?ml$`)
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
	labels, roles, pipelines := newSeen("ci"), newSeen("ci"), newSeen("ci")
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
			c.once(pipelines, block, "pipeline", strings.ToLower(path.Clean(ci.Pipeline)), ci.Name)
			if len(c.Projects) > 0 && !ci.hasJob(c.ProjectsOfCI(ci)) {
				c.bad(block, "pipeline", "", "would have no job: name pull requests, a branch or an environment of a project in plan or apply, or leave it out")
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
	c.optional(block, "audience", ci.Audience, matching(audiencePattern, "is not an audience: use up to 255 letters, digits and . _ ~ : / @ + = , -"))
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
