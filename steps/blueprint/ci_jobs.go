package blueprint

import (
	"slices"
	"strings"
)

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

// hasJob tells whether the file of a pipeline would have a job: of tags, and of the
// environments that plans name, there is none.
func (c CI) hasJob(projects []Project) bool {
	for _, p := range projects {
		for _, term := range c.Plan {
			if term == ciPullRequest || term == ciMergeRequest || strings.HasPrefix(term, ciBranch) {
				return true
			}
		}
		for _, term := range c.applyTo(p.Environment) {
			if strings.HasPrefix(term, ciBranch) || strings.HasPrefix(term, ciEnvironment) {
				return true
			}
		}
	}
	return c.Watch
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
