package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// WebIdentity is whom a role lets in by tokens of an OpenID Connect provider.
type WebIdentity struct {
	// Provider is the ARN of the provider in the role's account.
	Provider string
	Audience string
	// Subjects are tokens' subjects to the letter, and Shapes such with ? and * where
	// something else stands in every run.
	Subjects, Shapes []string
	// Claims are further claims of which the provider has condition keys.
	Claims map[string]string
}

// webIdentityAction is the call with which a token is turned into a session.
const webIdentityAction = "sts:AssumeRoleWithWebIdentity"

// WebIdentityTrust lets in those tokens and nobody else. What is known to the letter and
// what is not stand in statements of their own: in one, an operator would be too many.
func WebIdentityTrust(w WebIdentity) Document {
	host := providerHost(w.Provider)
	d := Document{Version: Version2012}
	add := func(sid, operator string, subjects []string) {
		if len(subjects) == 0 {
			return
		}
		conditions := Conditions{"StringEquals": {host + ":aud": {w.Audience}}}
		for claim, value := range w.Claims {
			conditions["StringEquals"][host+":"+claim] = []string{value}
		}
		if conditions[operator] == nil {
			conditions[operator] = map[string][]string{}
		}
		conditions[operator][host+":sub"] = subjects
		d.Statements = append(d.Statements, Statement{
			Sid: sid, Effect: Allow, Principals: Principals{"Federated": {w.Provider}}, Actions: []string{webIdentityAction}, Conditions: conditions,
		})
	}
	add(sidToken, "StringEquals", w.Subjects)
	add(sidTokenShape, "StringLike", w.Shapes)
	return d
}

// providerHost is the issuer in a provider's ARN, which begins its condition keys.
func providerHost(arn string) string {
	_, host, _ := strings.Cut(arn, ":oidc-provider/")
	return host
}

// Opening is how far a role is open to tokens.
type Opening int

// The openings, the wider the greater.
const (
	// Exactly lets in the jobs that the policy names and no others.
	Exactly Opening = iota
	// Pushers lets in whoever may push a branch to the repository, or open a pull request
	// from one of it.
	Pushers
	// Strangers lets in tokens of other repositories, of anybody's perhaps.
	Strangers
)

// Opened is one way in which a trust policy lets in more than one would read in it, in one
// sentence without a full stop.
type Opened struct {
	Opening Opening
	Why     string
}

// JudgeWebIdentity says how far a role's trust policy is open to tokens: for each statement
// that lets tokens in what the policy is more open for than [Exactly]. AWS accepts more
// than is safe: repo:*, and anything after the first value of a list
// (facts/ci-access.md, "Identity-provider controls"). The judgement errs on the strict
// side: what a condition besides sub and aud forbids is not looked at.
func JudgeWebIdentity(d Document) (opened []Opened) {
	for _, s := range d.Statements {
		if s.Effect != Allow || !s.admitsTokens() {
			continue
		}
		if len(s.NotPrincipals) > 0 || slices.Contains(s.Principals["*"], "*") || slices.Contains(s.Principals["Federated"], "*") {
			opened = append(opened, Opened{Strangers, "it names no provider, so tokens of every provider of the account are let in"})
		}
		for _, provider := range s.Principals["Federated"] {
			if host := providerHost(provider); host != "" {
				opened = append(opened, s.judge(host)...)
			}
		}
	}
	return opened
}

// AsksNoAudience tells whether a trust policy lets in tokens of a provider whatever
// audience they have: those of each audience that the provider gets.
func AsksNoAudience(d Document, provider string) bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool {
		return s.Effect == Allow && s.admitsTokens() && slices.Contains(s.Principals["Federated"], provider) && !s.asksAudience(providerHost(provider))
	})
}

func (s Statement) admitsTokens() bool {
	admits := func(pattern string) bool { return matchesAction(pattern, webIdentityAction) }
	if s.NotActions != nil {
		return !slices.ContainsFunc(s.NotActions, admits)
	}
	return slices.ContainsFunc(s.Actions, admits)
}

// asked is what a statement asks of a claim: exact values, and shapes. Operators that are
// met by the claim's absence (ForAllValues, IfExists) or by everything else (Not…) ask
// nothing.
func (s Statement) asked(key string) (exact, shapes []string) {
	for operator, keys := range s.Conditions {
		bare := strings.TrimPrefix(operator, "ForAnyValue:")
		for name, values := range keys {
			if !strings.EqualFold(name, key) {
				continue
			}
			switch bare {
			case "StringEquals":
				exact = append(exact, values...)
			case "StringLike":
				for _, v := range values {
					if strings.ContainsAny(v, "*?") {
						shapes = append(shapes, v)
					} else {
						exact = append(exact, v)
					}
				}
			case "StringEqualsIgnoreCase":
				shapes = append(shapes, values...)
			}
		}
	}
	return exact, shapes
}

func (s Statement) asksAudience(host string) bool {
	exact, shapes := s.asked(host + ":aud")
	return len(exact) > 0 && len(shapes) == 0
}

// judge is [JudgeWebIdentity] of one statement and one provider.
func (s Statement) judge(host string) (opened []Opened) {
	if !s.asksAudience(host) {
		opened = append(opened, Opened{Strangers, fmt.Sprintf("it does not ask for an audience with StringEquals on %s:aud, so tokens made for somebody else are let in", host)})
	}
	exact, shapes := s.asked(host + ":sub")
	if len(exact)+len(shapes) == 0 {
		return append(opened, Opened{Strangers, fmt.Sprintf("it does not ask for a subject with StringEquals on %s:sub, so every token of the issuer is let in", host)})
	}
	for _, subject := range exact {
		if o := openingOf(host, subject, false); o.Opening > Exactly {
			opened = append(opened, o)
		}
	}
	for _, subject := range shapes {
		if o := openingOf(host, subject, true); o.Opening > Exactly {
			opened = append(opened, o)
		}
	}
	return opened
}

// tenant is how the subjects of an issuer begin that names one repository, or what one is
// there, by names and ids without wildcards; the rest says which jobs.
type tenant struct {
	issuer, begins *regexp.Regexp
	// shared says that others' repositories have the same issuer, so that a subject that
	// does not begin so is open to them.
	shared bool
	// job is what of the rest has to be there for a subject to name one branch, tag or gate:
	// else whoever may push a branch has it. Nil where the issuer names none.
	job *regexp.Regexp
	// shape, when not nil, is that of a whole subject that names one job or gate although
	// something else stands in it for each run.
	shape *regexp.Regexp
}

const (
	nameOnly = `[^*?:/]+`
	pathOnly = `[^*?:]+/[^*?:]+`
	idOnly   = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`
)

// tenants are the issuers that many share, or of which more than one repository mints. What
// each one's subjects say is in facts/ci-access.md, section 1. At GitHub job_workflow_ref
// names the workflow that is called, which every repository may call that can read it, and
// workflow_ref the one that runs. A pull request's subject at
// GitHub names no branch and no author; a merge request's at GitLab is its branch's; a plan
// of HCP Terraform runs for pull requests as well, and an apply does not.
var tenants = []tenant{
	{
		issuer: regexp.MustCompile(`^token\.actions\.githubusercontent\.com(/|$)|/_services/token$|^token\.actions\..*\.ghe\.com$`), shared: true,
		begins: regexp.MustCompile(`^repo:` + nameOnly + `/` + nameOnly + `(:|$)|(^|:)repository_id:[0-9]+(:|$)|(^|:)workflow_ref:` + nameOnly + `/[^*?:/]+/[^*?:]+`),
		job:    regexp.MustCompile(`(^|:)(ref:refs/(heads|tags)/[^:]+|environment:[^:]+)(:|$)|(^|:)workflow_ref:[^*?:]+@refs/(heads|tags)/[^:]+(:|$)`),
	},
	{
		issuer: regexp.MustCompile(`^gitlab\.com$`), shared: true,
		begins: gitLabProject, job: gitLabRef,
	},
	{
		issuer: regexp.MustCompile(`^oidc\.circleci\.com/org/`), shared: true,
		begins: regexp.MustCompile(`^org/` + idOnly + `/project/` + idOnly + `(/|$)`),
		job:    regexp.MustCompile(`^user/` + idOnly + `($|/vcs-origin/[^*?]+/vcs-ref/refs/(heads|tags)/[^*?]+$)`),
		shape:  regexp.MustCompile(`^org/` + idOnly + `/project/` + idOnly + `/user/\?{36}/vcs-origin/[^*?]+/vcs-ref/refs/(heads|tags)/[^*?]+$`),
	},
	{
		issuer: regexp.MustCompile(`^api\.bitbucket\.org/`), shared: true,
		begins: regexp.MustCompile(`^\{` + idOnly + `\}:`),
		shape:  regexp.MustCompile(`^\{` + idOnly + `\}:\{` + idOnly + `\}:\*$`),
	},
	{
		issuer: regexp.MustCompile(`^app\.terraform\.io$`), shared: true,
		begins: regexp.MustCompile(`^organization:[^*?:]+:project:[^*?:]+:workspace:[^*?:]+(:|$)`),
		job:    regexp.MustCompile(`^run_phase:apply$`),
	},
	{ // a GitLab of one's own: no other issuer is known to begin subjects so
		issuer: regexp.MustCompile(``),
		begins: gitLabProject, job: gitLabRef,
	},
}

var (
	gitLabProject = regexp.MustCompile(`^project_path:` + pathOnly + `(:|$)|^project_id:[0-9]+(:|$)`)
	gitLabRef     = regexp.MustCompile(`(^|:)ref:[^:]+(:|$)`)
)

// openingOf judges one subject. Of an issuer that is not known here every subject to the
// letter is one's own affair, and every shape lets in strangers.
func openingOf(host, subject string, shape bool) Opened {
	of := tenants[slices.IndexFunc(tenants, func(t tenant) bool { return t.issuer.MatchString(host) })]
	named := of.begins.MatchString(subject)
	rest := of.begins.ReplaceAllString(subject, "")
	names := of.job == nil && rest != "" || of.job != nil && (of.job.MatchString(rest) || of.job.MatchString(subject))
	switch {
	case !shape && !named && of.shared:
		return Opened{Strangers, fmt.Sprintf("the subject %s names no repository, so the same job of every other one is let in", subject)}
	case !shape && named && !names:
		return Opened{Pushers, fmt.Sprintf("the subject %s names no branch, tag or environment, so whoever may push a branch or open a pull request from one is let in", subject)}
	case !shape && strings.Contains(subject, "%3A"): // GitHub writes : so, and % as it is
		return Opened{Pushers, fmt.Sprintf("the subject %s is that of two environments, one of which has %%3A in its name", subject)}
	case !shape:
		return Opened{}
	case of.shape != nil && of.shape.MatchString(subject):
		return Opened{}
	case named:
		return Opened{Pushers, fmt.Sprintf("the subject %s lets in every job that it fits, of whoever may push a branch", subject)}
	}
	return Opened{Strangers, fmt.Sprintf("a wildcard spans / and :, so that the subject %s lets in other repositories, of strangers too", subject)}
}

// Widest is the widest opening of all.
func Widest(opened []Opened) (widest Opened) {
	for _, o := range opened {
		if o.Opening > widest.Opening {
			widest = o
		}
	}
	return widest
}

// Admits tells whether a role's trust policy turns such a token into a session. Claims are
// the token's by their names; the provider is the one of the role's account for the token's
// issuer.
func Admits(d Document, provider string, claims map[string][]string) Decision {
	return Evaluate(tokenRequest(provider, claims), Policies{
		Resource: &Named{Type: RoleTrust, Document: d},
	})
}

// TakesTokens tells whether a role's trust policy lets in tokens of an OpenID Connect provider at
// all.
func TakesTokens(d Document) bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool {
		return s.Effect == Allow && s.admitsTokens() && len(s.Principals["Federated"]) > 0
	})
}
