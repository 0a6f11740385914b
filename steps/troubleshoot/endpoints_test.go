package troubleshoot

import (
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/steps/troubleshoot/health"
	"stateroom/steps/troubleshoot/healthtest"
)

// TestNothingIsSentWhereNobodyAgreedTo has a project that leads to a stranger: no
// check asks there, no fix and no request of the user's runs Terraform in it.
func TestNothingIsSentWhereNobodyAgreedTo(t *testing.T) {
	proxy, met := stepstest.Stranger(t)
	address := "http://stranger.invalid:8080"
	// How a request to a name would be seen. The proxy of the first request is that of
	// all, so that no test before this one makes any: those that do run side by side,
	// and later.
	t.Setenv("HTTP_PROXY", proxy)
	b := healthtest.Laptop(t, sandbox.Options{})
	whole, asked := b.Snapshot(), int64(0)
	for name, do := range map[string]func(){
		"the backend's endpoint": func() { healthtest.InBackend(`(?m)^(\s*dynamodb +=) ".*"`, `${1} "`+address+`"`)(b) },
		"the backend's proxy":    func() { healthtest.InBackend(`(?m)^(\s*)profile .*\n`, "${0}${1}https_proxy = \""+address+"\"\n")(b) },
		"the provider": func() {
			b.Edit(healthtest.Provider, `(?m)^(\s*)profile .*\n`, "${0}${1}endpoints {\n${1}  s3 = \""+address+"\"\n${1}}\n")
		},
		"the notes of init": func() { b.Edit(healthtest.InitsNote, `"max_retries":null`, `"http_proxy":"`+address+`"`) },
		"a backend of another type": func() {
			b.Edit(healthtest.Backend, `(?s)backend "s3" \{.*`, "backend \"http\" {\n    address = \""+address+"\"\n  }\n}\n")
		},
		"notes of another type": func() {
			b.Write(healthtest.InitsNote, `{"version":3,"backend":{"type":"http","config":{"address":"`+address+`"},"hash":1}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b.T = t
			defer b.Restore(whole)
			met.Store(0)
			do()
			env := b.Env()
			_, heard := runTerraform(t.Context(), env, health.Projects(env, b.Answers))
			if ran := strings.Join(b.Inits(), " "); !strings.Contains(ran, "production") || strings.Contains(ran, "staging") {
				t.Errorf("Terraform ran in %q", ran)
			}
			review := b.Looked()
			f := healthtest.Finding(review.Findings, "files.points-elsewhere")
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
			if n := met.Load(); n > 0 {
				t.Errorf("somebody was asked %d times", n)
			}
			b.Answers.Adopt = []string{address}
			defer func() { b.Answers.Adopt = nil }()
			if f := healthtest.Finding(b.Looked().Findings, "files.points-elsewhere"); f != nil {
				t.Errorf("after the consent: %s", f)
			}
			asked += met.Load()
		})
	}
	if asked == 0 {
		t.Error("nobody is asked after a consent either: no request would be seen")
	}
}
