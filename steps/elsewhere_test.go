package steps

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/steps/terraform"
)

// strayBackend is the blueprint's place for staging, reached over an address.
func strayBackend(arguments string) string {
	return "terraform {\n  backend \"s3\" {\n    bucket = \"acme-terraform-state\"\n    key = \"common/staging\"\n    region = \"eu-west-1\"\n    " + arguments + "\n  }\n}\n"
}

// ofStaging are the ids of the changes that touch project common-staging.
func ofStaging(changes []plan.Change) (ids []string) {
	for _, c := range changes {
		if strings.HasSuffix(c.ProjectDir(), filepath.Join("live", "staging")) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// TestAProjectThatLeadsElsewhereIsLeftAsItIsUntilThePlaceIsAgreedTo plans with an
// engine, so that the runs are seen, and applies without one.
func TestAProjectThatLeadsElsewhereIsLeftAsItIsUntilThePlaceIsAgreedTo(t *testing.T) {
	t.Parallel()
	address, met := stepstest.Stranger(t)
	for _, c := range []struct {
		name, file, text string
		place            string // of the setting
	}{
		{"a backend", "live/staging/backend.tf", strayBackend(`endpoints = { iam = "` + address + `" }`), "backend.tf:6"},
		{"a proxy", "live/staging/backend.tf", strayBackend(`http_proxy = "` + address + `"`), "backend.tf:6"},
		{"a provider", "live/staging/provider.tf", "provider \"aws\" {\n  endpoints {\n    s3 = \"" + address + "\"\n  }\n}\n", "provider.tf:3"},
		{"what init noted", "live/staging/.terraform/terraform.tfstate", "{\"version\": 3,\n\"backend\": {\"type\": \"s3\", \"hash\": 1, \"config\": {\"bucket\": \"acme-terraform-state\",\n\"key\": \"common/staging\", \"http_proxy\": \"" + address + "\"}}}", "terraform.tfstate:3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			w.write(c.file, c.text)
			w.engine = &terraform.Engine{Path: "/nowhere/terraform", Name: terraform.EngineTerraform, Version: "1.11.4"}
			s := w.setup(team())
			s.DryRun = true
			planned := w.run(s)
			f := findingOf(planned.Findings, "files.points-elsewhere")
			if f == nil || f.Severity != plan.Failure {
				t.Fatalf("findings %v", planned.Findings)
			}
			says(t, f.Evidence, c.place, address)
			says(t, f.String(), "--adopt "+address)
			if ids := ofStaging(planned.NotOurs); !slices.Contains(ids, plan.InitID("common-staging")) {
				t.Errorf("what waits for consent is %v", ids)
			}
			w.engine = nil
			before := readFile(t, filepath.Join(w.dir, c.file))
			s = w.setup(team())
			summary := w.run(s)
			if code := summary.ExitCode(false); code != plan.ExitFindings || summary.Failed > 0 {
				t.Errorf("exit %d, failures %v", code, summary.Failures)
			}
			if text := readFile(t, filepath.Join(w.dir, c.file)); text != before {
				t.Errorf("the file was changed to\n%s", text)
			}
			readFile(t, filepath.Join(w.dir, "live/production/backend.tf")) // the others are made
			s = w.setup(team())
			s.Confirm = func(_ context.Context, r plan.Review) (plan.Decision, error) {
				if len(ofStaging(r.NotOurs)) == 0 {
					t.Errorf("nobody was asked: %v", r.NotOurs)
				}
				return plan.Decision{Yes: true, Adopt: []string{address}}, nil
			}
			summary = w.run(s)
			if f := findingOf(summary.Findings, "files.points-elsewhere"); f != nil {
				t.Errorf("after the consent: %s", f)
			}
			readFile(t, filepath.Join(w.dir, "live/staging/backend.tf"))
			if met.Load() > 0 {
				t.Error("somebody asked the stranger")
			}
		})
	}
}

// TestConsentToOnePlaceIsNoneToAnother: a project that leads to two is left out
// until the command line agrees to both.
func TestConsentToOnePlaceIsNoneToAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.write("live/staging/backend.tf", strayBackend(`http_proxy = "http://a.example"`+"\n    sts_endpoint = \"http://b.example\""))
	for _, c := range []struct {
		adopt    []string
		findings int
		planned  bool
	}{{nil, 2, false}, {[]string{"http://a.example"}, 1, false}, {[]string{"http://a.example", "http://b.example"}, 0, true}} {
		s := w.setup(team())
		s.DryRun, s.Answers.Adopt = true, c.adopt
		s.Emit = func(plan.Event) {}
		review, err := s.Review(t.Context())
		w.must(err)
		found := 0
		for _, f := range review.Findings {
			if f.ID == "files.points-elsewhere" {
				found++
			}
		}
		if found != c.findings || (len(ofStaging(review.Changes)) > 0) != c.planned {
			t.Errorf("with %v: %d findings, planned %v", c.adopt, found, ofStaging(review.Changes))
		}
	}
}
