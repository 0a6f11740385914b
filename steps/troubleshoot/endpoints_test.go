package troubleshoot

import (
	"slices"
	"strings"
	"testing"

	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/steps/troubleshoot/health"
)

// TestNothingIsSentWhereNobodyAgreedTo has a project that leads to a stranger: no
// check asks there, no fix and no request of the user's runs Terraform in it.
func TestNothingIsSentWhereNobodyAgreedTo(t *testing.T) {
	b := finished(t)
	proxy, met := stepstest.Stranger(t)
	address := "http://stranger.invalid:8080"
	t.Setenv("HTTP_PROXY", proxy) // how a request to a name would be seen
	whole := b.snapshot()
	for name, do := range map[string]func(){
		"the backend's endpoint": func() { inBackend(`(?m)^(\s*dynamodb +=) ".*"`, `${1} "`+address+`"`)(b) },
		"the backend's proxy":    func() { inBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}https_proxy = \""+address+"\"\n")(b) },
		"the provider": func() {
			b.edit(stagingProvider, `(?m)^(\s*)profile .*\n`, "${0}${1}endpoints {\n${1}  s3 = \""+address+"\"\n${1}}\n")
		},
		"the notes of init": func() { b.edit(stagingCache, `"max_retries":null`, `"http_proxy":"`+address+`"`) },
		"a backend of another type": func() {
			b.edit(stagingBackend, `(?s)backend "s3" \{.*`, "backend \"http\" {\n    address = \""+address+"\"\n  }\n}\n")
		},
		"notes of another type": func() {
			b.write(stagingCache, `{"version":3,"backend":{"type":"http","config":{"address":"`+address+`"},"hash":1}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			defer b.restore(whole)
			do()
			projects := health.Projects(b.env, b.answers)
			_, heard := runTerraform(t.Context(), b.env, projects)
			if ran := b.read("initialised"); !strings.Contains(ran, "production") || strings.Contains(ran, "staging") {
				t.Errorf("Terraform ran in %q", ran)
			}
			review := b.review()
			f := findingOf(review.Findings, "files.points-elsewhere")
			if f == nil || f.Severity != plan.Failure || !strings.Contains(f.Evidence, address) {
				t.Fatalf("findings %v", review.Findings)
			}
			if slices.ContainsFunc(heard, func(s quote) bool { return s.project == "common-staging" }) {
				t.Errorf("Terraform said %v", heard)
			}
			for _, c := range review.Changes {
				if c.Run != nil && c.Run.Project == "common-staging" && c.NotOurs != address && len(c.Needs) == 0 {
					t.Errorf("%s would run before anything is corrected", c.ID)
				}
			}
			b.answers.Adopt = []string{address}
			defer func() { b.answers.Adopt = nil }()
			if f := findingOf(b.review().Findings, "files.points-elsewhere"); f != nil {
				t.Errorf("after the consent: %s", f)
			}
		})
	}
	if met.Load() > 0 {
		t.Errorf("somebody was asked %d times", met.Load())
	}
}
