package policy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vector is a case of subvectors 0.7.0 (PyPI; the vectors are CC0): what a token says, what
// a condition asks, and whether AWS lets it in.
type vector struct {
	ID, Issuer, Subject, Expect string
	Claims                      map[string]any
	Condition                   vectorCondition
	Judgment                    struct {
		Grade    string
		Patterns []string
	}
}

type vectorCondition struct {
	Consumer, Claim, Qualifier string
	Pattern                    oneOrMore
	Of                         []vectorCondition
}

// oneOrMore is a text, or a list of them.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(o))
}

var vectorHosts = map[string]string{
	"github": "token.actions.githubusercontent.com", "gitlab": "gitlab.com", "circleci": "oidc.circleci.com/org/2a3b4c5d-1111-2222-3333-444455556666",
	"bitbucket": "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc", "terraform-cloud": "app.terraform.io", "terraform": "app.terraform.io",
}

func (c vectorCondition) into(conditions Conditions, host string) {
	for _, one := range c.Of {
		one.into(conditions, host)
	}
	operator := map[string]string{"aws-stringequals": "StringEquals", "aws-stringlike": "StringLike"}[c.Consumer]
	if operator == "" {
		return
	}
	if c.Qualifier != "" {
		operator = c.Qualifier + ":" + operator
	}
	if conditions[operator] == nil {
		conditions[operator] = map[string][]string{}
	}
	conditions[operator][host+":"+c.Claim] = append(conditions[operator][host+":"+c.Claim], c.Pattern...)
}

func vectors(t *testing.T) (all []vector) {
	t.Helper()
	paths, err := filepath.Glob("testdata/subvectors/*.json")
	if err != nil || len(paths) != 5 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var suite struct{ Vectors []vector }
		if err := json.Unmarshal(text, &suite); err != nil {
			t.Fatal(err)
		}
		all = append(all, suite.Vectors...)
	}
	return all
}

func (v vector) trust() (Document, string) {
	host := vectorHosts[v.Issuer]
	provider := "arn:aws:iam::111111111111:oidc-provider/" + host
	conditions := Conditions{}
	v.Condition.into(conditions, host)
	return Document{Version: Version2012, Statements: []Statement{{
		Effect: Allow, Principals: Principals{"Federated": {provider}}, Actions: []string{webIdentityAction}, Conditions: conditions,
	}}}, provider
}

func (v vector) claims() map[string][]string {
	claims := map[string][]string{"sub": {v.Subject}}
	for name, value := range v.Claims {
		if text, is := value.(string); is {
			claims[name] = []string{text}
		}
	}
	return claims
}

// TestTokensAreLetInAsTheCorpusSays holds our evaluation of trust policies against a corpus
// of others', some of it observed at AWS.
func TestTokensAreLetInAsTheCorpusSays(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		trust, provider := v.trust()
		if got := Admits(trust, provider, v.claims()).Allowed; got != (v.Expect == "match") {
			t.Errorf("%s: let in %t, want %s", v.ID, got, v.Expect)
		}
	}
}

// byNameAlone are the corpus's dangers that no trust policy can tell: names that somebody
// else takes over. The blueprint asks for the platform's ids.
var byNameAlone = []string{"gitlab-aws-path-reuse-no-projectid"}

// TestJudgeIsAsStrictAsTheCorpus: what the corpus calls dangerous is never called exact, and
// what it calls safe is, where it asks for a subject.
func TestJudgeIsAsStrictAsTheCorpus(t *testing.T) {
	t.Parallel()
	dangerous := 0
	for _, v := range vectors(t) {
		trust, provider := v.trust()
		if AsksNoAudience(trust, provider) { // which the corpus leaves out where it is about the subject
			v.Condition.Of = append(v.Condition.Of, vectorCondition{Consumer: "aws-stringequals", Claim: "aud", Pattern: oneOrMore{"sts.amazonaws.com"}})
			trust, _ = v.trust()
		}
		widest := Widest(JudgeWebIdentity(trust))
		if v.Judgment.Grade == "dangerous" {
			dangerous++
			if widest.Opening == Exactly && !slices.Contains(byNameAlone, v.ID) {
				t.Errorf("%s is dangerous and called exact", v.ID)
			}
		}
		twin := strings.Contains(trust.JSON(), "%3A") // the corpus calls one of two environments with the same subject safe
		if v.Judgment.Grade == "safe" && !twin && widest.Opening != Exactly && strings.Contains(trust.JSON(), ":sub") {
			t.Errorf("%s is safe, and yet: %s", v.ID, widest.Why)
		}
	}
	if dangerous == 0 {
		t.Error("the corpus has no dangerous case")
	}
}

// TestJudgeSaysWhatIsOpen are the traps of facts/ci-access.md, "Traps in a trust policy",
// and the forms that are right.
func TestJudgeSaysWhatIsOpen(t *testing.T) {
	t.Parallel()
	const host = "token.actions.githubusercontent.com"
	aud := `"` + host + `:aud":"sts.amazonaws.com"`
	for _, c := range []struct {
		name, condition string
		want            Opening
		says            string
	}{
		{"exact", `{"StringEquals":{` + aud + `,"` + host + `:sub":"repo:acme/infra:ref:refs/heads/main"}}`, Exactly, ""},
		{"both forms", `{"StringEquals":{` + aud + `,"` + host + `:sub":["repo:acme/infra:environment:x","repo:acme@1/infra@2:environment:x"]}}`, Exactly, ""},
		{"exact with StringLike", `{"StringEquals":{` + aud + `},"StringLike":{"` + host + `:sub":"repo:acme/infra:environment:x"}}`, Exactly, ""},
		{"key in capitals", `{"StringEquals":{` + aud + `,"` + strings.ToUpper(host) + `:SUB":"repo:acme/infra:environment:x"}}`, Exactly, ""},
		{"no condition", `{}`, Strangers, "audience"},
		{"audience only", `{"StringEquals":{` + aud + `}}`, Strangers, "every token"},
		{"no audience", `{"StringEquals":{"` + host + `:sub":"repo:acme/infra:pull_request"}}`, Strangers, "audience"},
		{"audience with a star", `{"StringLike":{"` + host + `:aud":"*"},"StringEquals":{"` + host + `:sub":"repo:acme/infra:pull_request"}}`, Strangers, "audience"},
		{"every repository", `{"StringEquals":{` + aud + `},"StringLike":{"` + host + `:sub":"repo:*"}}`, Strangers, "spans"},
		{"loose second value", `{"StringEquals":{` + aud + `},"StringLike":{"` + host + `:sub":["repo:acme/infra:pull_request","*"]}}`, Strangers, "spans"},
		{"owner that others can begin with", `{"StringEquals":{` + aud + `},"StringLike":{"` + host + `:sub":"repo:acme*"}}`, Strangers, "spans"},
		{"repositories of an owner", `{"StringEquals":{` + aud + `},"StringLike":{"` + host + `:sub":"repo:acme/*"}}`, Strangers, "spans"},
		{"any owner", `{"StringEquals":{` + aud + `},"StringLike":{"` + host + `:sub":"repo:*/infra:ref:refs/heads/main"}}`, Strangers, "spans"},
		{"repository that others can begin with", `{"StringEquals":{` + aud + `},"StringLike":{"` + host + `:sub":"repo:acme/infra*"}}`, Strangers, "spans"},
		{"question mark", `{"StringEquals":{` + aud + `},"StringLike":{"` + host + `:sub":"repo:acme/infr?:ref:refs/heads/main"}}`, Strangers, "spans"},
		{"ids left open", `{"StringEquals":{` + aud + `},"StringLike":{"` + host + `:sub":"repo:acme@*/infra@*:ref:refs/heads/main"}}`, Strangers, "spans"},
		{"every job of the repository", `{"StringEquals":{` + aud + `},"StringLike":{"` + host + `:sub":"repo:acme/infra:*"}}`, Pushers, "push a branch"},
		{"branches that begin so", `{"StringEquals":{` + aud + `},"StringLike":{"` + host + `:sub":"repo:acme/infra:ref:refs/heads/main*"}}`, Pushers, "push a branch"},
		{"without regard to case", `{"StringEquals":{` + aud + `},"StringEqualsIgnoreCase":{"` + host + `:sub":"repo:acme/infra:environment:x"}}`, Pushers, "push a branch"},
		{"custom subject of a branch", `{"StringEquals":{` + aud + `,"` + host + `:sub":"ref:refs/heads/main"}}`, Strangers, "names no repository"},
		{"custom subject of a workflow", `{"StringEquals":{` + aud + `,"` + host + `:sub":"workflow:deploy"}}`, Strangers, "names no repository"},
		{"subject if there is one", `{"StringEquals":{` + aud + `},"StringEqualsIfExists":{"` + host + `:sub":"repo:acme/infra:pull_request"}}`, Strangers, "every token"},
		{"all values", `{"StringEquals":{` + aud + `},"ForAllValues:StringEquals":{"` + host + `:sub":"repo:acme/infra:pull_request"}}`, Strangers, "every token"},
		{"everybody else", `{"StringEquals":{` + aud + `},"StringNotEquals":{"` + host + `:sub":"repo:evil/infra:pull_request"}}`, Strangers, "every token"},
		{"another provider's key", `{"StringEquals":{` + aud + `,"gitlab.com:sub":"repo:acme/infra:pull_request"}}`, Strangers, "every token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc, err := Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111111111111:oidc-provider/` + host +
				`"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + c.condition + `}]}`)
			if err != nil {
				t.Fatal(err)
			}
			if got := Widest(JudgeWebIdentity(doc)); got.Opening != c.want || !strings.Contains(got.Why, c.says) {
				t.Errorf("%d %q, want %d %q", got.Opening, got.Why, c.want, c.says)
			}
		})
	}
	anybody := ParseOrEmpty(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:*"}]}`)
	if got := Widest(JudgeWebIdentity(anybody)); got.Opening != Strangers {
		t.Errorf("a trust of everybody is %v", got)
	}
	twice := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"x"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"a:sub":"x"},"StringEquals":{"a:aud":"y"}}}]}`
	if _, err := Parse(twice); err == nil {
		t.Error("an operator that appears twice is read: JSON keeps the last, and the subject is gone")
	}
}

// TestJudgeOfEachPlatformsSubjects: which subjects name one job, which anybody has who may
// push, and which others' repositories mint as well.
func TestJudgeOfEachPlatformsSubjects(t *testing.T) {
	t.Parallel()
	const (
		gitHub, gitLab, own = "token.actions.githubusercontent.com", "gitlab.com", "git.example.com"
		org, project, user  = "2a3b4c5d-1111-2222-3333-444455556666", "76543210-ba98-fedc-3210-edcba0987654", "aaaa1111-bbbb-2222-cccc-333344445555"
		circle              = "oidc.circleci.com/org/" + org
		circleProject       = "org/" + org + "/project/" + project
		bucket              = "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc"
		hcp, workspace      = "app.terraform.io", "organization:acme:project:infra:workspace:live"
	)
	anyone := strings.Repeat("?", 36)
	for _, c := range []struct {
		host, subject string
		want          Opening
	}{
		{gitHub, "repo:acme/infra:ref:refs/heads/main", Exactly},
		{gitHub, "repo:acme/infra:ref:refs/tags/v1", Exactly},
		{gitHub, "repo:acme@1/infra@2:environment:production", Exactly},
		{gitHub, "repo:acme/infra:context:environment:production", Exactly},
		{gitHub, "repository_id:42:environment:production", Exactly},
		{gitHub, "workflow_ref:acme/infra/.github/workflows/x.yml@refs/heads/main", Exactly},
		{gitHub, "repo:acme/infra", Pushers},
		{gitHub, "repo:acme/infra:", Pushers},
		{gitHub, "repo:acme/infra:pull_request", Pushers},
		{gitHub, "repo:acme@1/infra@2:pull_request", Pushers},
		{gitHub, "repo:acme/infra:environment:", Pushers},
		{gitHub, "repo:acme/infra:ref:refs/pull/7/merge", Pushers},
		{gitHub, "repo:acme/infra:workflow:deploy", Pushers},
		{gitHub, "repo:acme/infra:job_workflow_ref:acme/ci/.github/workflows/x.yml@refs/heads/main", Pushers},
		{gitHub, "workflow_ref:acme/infra/.github/workflows/x.yml@refs/pull/7/merge", Pushers},
		{gitHub, "repository_id:42", Pushers},
		{gitHub, "job_workflow_ref:acme/ci/.github/workflows/x.yml@refs/heads/main", Strangers},
		{gitHub, "repository_owner:acme:ref:refs/heads/main", Strangers},
		{gitHub, "environment:production", Strangers},
		{gitHub, "project_path:acme/infra:ref_type:branch:ref:main", Strangers},
		{gitHub, "repo:acme:ref:refs/heads/main", Strangers},
		{gitHub, "repo:acme/infra:ref:refs/heads/*", Pushers},
		{gitHub, "repo:acme/infra*:ref:refs/heads/main", Strangers},

		{gitLab, "project_path:acme/infra:ref_type:branch:ref:main", Exactly},
		{gitLab, "project_path:acme/sub/infra:ref_type:tag:ref:v1", Exactly},
		{gitLab, "project_id:42:ref_type:branch:ref:main", Exactly},
		{gitLab, "project_path:acme/infra", Pushers},
		{gitLab, "project_path:acme/infra:ref_type:branch", Pushers},
		{gitLab, "project_path:acme/infra:ref_type:branch:ref:", Pushers},
		{gitLab, "project_path:acme/infra:ref_protected:true", Pushers},
		{gitLab, "project_id:42", Pushers},
		{gitLab, "project_id:42:environment_protected:true:deployment_tier:production", Pushers},
		{gitLab, "project_path:acme/infra:ref_type:branch:ref:*", Pushers},
		{gitLab, "project_path:acme", Strangers},
		{gitLab, "project_path:acme:ref_type:branch:ref:main", Strangers},
		{gitLab, "project_id:42x:ref_type:branch:ref:main", Strangers},
		{gitLab, "ref_type:branch:ref:main", Strangers},
		{gitLab, "repo:acme/infra:ref:refs/heads/main", Strangers},
		{gitLab, "project_path:acme/*:ref_type:branch:ref:main", Strangers},
		{gitLab, "project_path:acme/infra*:ref_type:branch:ref:main", Strangers},
		{gitLab, "project_id:4?:ref_type:branch:ref:main", Strangers},

		{own, "project_path:acme/infra:ref_type:branch:ref:main", Exactly},
		{own, "project_path:acme/infra:ref_type:branch", Pushers},
		{own, "job:infra:main", Exactly},
		{own, "job:infra:*", Strangers},

		{circle, circleProject + "/user/" + user, Exactly},
		{circle, circleProject + "/user/" + user + "/vcs-origin/github.com/acme/infra/vcs-ref/refs/heads/main", Exactly},
		{circle, circleProject + "/user/" + anyone + "/vcs-origin/github.com/acme/infra/vcs-ref/refs/heads/main", Exactly},
		{circle, circleProject + "/user/" + anyone + "/vcs-origin/github.com/acme/infra/vcs-ref/refs/pull/7", Pushers},
		{circle, circleProject, Pushers},
		{circle, circleProject + "/user/*", Pushers},
		{circle, circleProject + "/user/*/vcs-origin/github.com/acme/infra/vcs-ref/refs/heads/main", Pushers},
		{circle, "org/" + org + "/project/*", Strangers},
		{circle, "org/" + org, Strangers},

		{bucket, "{" + project + "}:{" + org + "}:*", Exactly},
		{bucket, "{" + project + "}:*", Pushers},
		{bucket, "{" + project + "}", Strangers},
		{bucket, "*:{" + org + "}:*", Strangers},

		{hcp, workspace + ":run_phase:apply", Exactly},
		{hcp, workspace + ":run_phase:plan", Pushers},
		{hcp, workspace, Pushers},
		{hcp, workspace + ":run_phase:*", Pushers},
		{hcp, "organization:acme:project:infra:workspace:*", Strangers},
		{hcp, "organization:acme", Strangers},
	} {
		w := WebIdentity{Provider: "arn:aws:iam::111111111111:oidc-provider/" + c.host, Audience: "sts.amazonaws.com", Subjects: []string{c.subject}}
		if strings.ContainsAny(c.subject, "*?") {
			w.Subjects, w.Shapes = nil, w.Subjects
		}
		if got := Widest(JudgeWebIdentity(WebIdentityTrust(w))); got.Opening != c.want || (got.Why == "") != (c.want == Exactly) {
			t.Errorf("%s of %s: %d %q, want %d", c.subject, c.host, got.Opening, got.Why, c.want)
		}
	}
}

// TestTrustOfTokensIsExact: what we build is open to nobody else, and asks the same
// audience in each statement.
func TestTrustOfTokensIsExact(t *testing.T) {
	t.Parallel()
	provider := "arn:aws:iam::111111111111:oidc-provider/gitlab.com"
	doc := WebIdentityTrust(WebIdentity{
		Provider: provider, Audience: "sts.amazonaws.com", Subjects: []string{"project_path:acme/infra:ref_type:branch:ref:main"},
		Shapes: []string{"project_path:acme/infra:ref_type:branch:ref:*"}, Claims: map[string]string{"project_id": "42"},
	})
	if len(doc.Statements) != 2 || AsksNoAudience(doc, provider) || Widest(JudgeWebIdentity(doc)).Opening != Pushers {
		t.Errorf("%s", doc.JSON())
	}
	claims := func(sub, aud, project string) map[string][]string {
		return map[string][]string{"sub": {sub}, "aud": {aud}, "project_id": {project}}
	}
	const main, other = "project_path:acme/infra:ref_type:branch:ref:main", "project_path:acme/infra:ref_type:tag:ref:v1"
	for _, c := range []struct {
		claims map[string][]string
		want   bool
	}{
		{claims(main, "sts.amazonaws.com", "42"), true},
		{claims(main, "sts.amazonaws.com", "43"), false},
		{claims(main, "somebody", "42"), false},
		{claims(other, "sts.amazonaws.com", "42"), false},
		{map[string][]string{"sub": {main}, "aud": {"sts.amazonaws.com"}}, false},
	} {
		if got := Admits(doc, provider, c.claims).Allowed; got != c.want {
			t.Errorf("%v: %t, want %t", c.claims, got, c.want)
		}
	}
	doc.Statements = doc.Statements[:1]
	if !AsksNoAudience(ParseOrEmpty(strings.ReplaceAll(doc.JSON(), "gitlab.com:aud", "gitlab.com:azp")), provider) {
		t.Error("a trust without an audience is not seen")
	}
}
