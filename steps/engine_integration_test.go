//go:build integration

package steps

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

func TestRealTerraformProvesTheSetup(t *testing.T) {
	w := newSetUpWorld(t, team())
	says(t, strings.Join(w.said(), "\n"), `Successfully configured the backend "s3"`, "Apply complete! Resources: 1 added", "Destroy complete! Resources: 1 destroyed", `Deleted workspace "stateroom-probe-`)
}

// said are the lines of Terraform's.
func (w *world) said() (lines []string) {
	for _, e := range w.events {
		if e.Kind == plan.EventLine {
			lines = append(lines, e.Text)
		}
	}
	return lines
}

// TestTheProofDoesNotReadTheProjectsState puts states at the projects' own keys that
// would fail an init there: with a provider that is not to be had, with one of the
// time before they had sources, and in a format of the future.
func TestTheProofDoesNotReadTheProjectsState(t *testing.T) {
	t.Parallel()
	w := newSetUpWorld(t, team())
	for name, state := range map[string]string{
		"a provider that is not to be had": `{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"l","outputs":{},"resources":[{"mode":"managed","type":"null_resource","name":"a","provider":"provider[\"registry.terraform.io/hashicorp/null\"]","instances":[{"schema_version":0,"attributes":{"id":"1"}}]}]}`,
		"a provider without a source":      `{"version":3,"terraform_version":"0.11.0","serial":1,"lineage":"l","modules":[{"path":["root"],"outputs":{},"resources":{"null_resource.a":{"type":"null_resource","primary":{"id":"1"}}}}]}`,
		"a newer format":                   `{"version":5,"terraform_version":"9.0.0","serial":1,"lineage":"l"}`,
	} {
		for _, p := range team().Projects { // one of them lends its key
			w.put(p.StateKey, state)
		}
		w.events = nil
		summary := w.run(w.setup(team()))
		if f := findingOf(summary.Findings, "init.probe-failed"); f != nil {
			t.Errorf("%s: %s", name, f)
		}
		says(t, strings.Join(w.said(), "\n"), "Destroy complete! Resources: 1 destroyed")
	}
}

func TestAnUnreachableRegistryIsToldOnceForAllProjectsAndNoFailure(t *testing.T) {
	w := newRealWorld(t)
	summary := w.run(w.setup(team()))
	w.healthy(summary)
	told := map[string]int{}
	for _, e := range w.events {
		if e.Kind == plan.EventFinding && e.Finding.ID == "provider-unavailable" {
			told[e.Finding.Evidence]++
		}
	}
	kept, left := 0, 0
	for _, e := range w.events {
		if e.Kind == plan.EventApplied && e.Text == "its providers could not be downloaded" {
			left++
		}
	}
	for _, f := range summary.Findings {
		if f.ID == "provider-unavailable" {
			kept++
		}
	}
	if len(told) != 1 || kept != 1 || left != 3 {
		t.Errorf("told %v, %d in the summary, %d commands that say so, want one finding of three projects", told, kept, left)
	}
	for evidence, times := range told {
		if times != 1 {
			t.Errorf("told %d times: %s", times, evidence)
		}
		says(t, evidence, "project common-staging", "The same applies to common-preprod and common-production.")
	}
	if again := w.run(w.setup(team())); findingOf(again.Findings, "provider-unavailable") != nil {
		t.Error("a second run, which initializes nothing, tells of providers")
	}
}

// onPath makes a directory with one executable the whole PATH.
func onPath(t *testing.T, name, says string) {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\necho '" + says + "'\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
}

func TestAnEngineTooOldForTheLockIsRefusedBeforeAnyChange(t *testing.T) {
	for _, c := range []struct {
		name, version string
		lockfile      bool
		refused       bool
		says          []string
	}{
		{"terraform", "Terraform v1.5.7", true, true, []string{"terraform 1.5.7", "is too old for the lock file in S3", "install terraform 1.10.2 or later"}},
		{"terraform", "Terraform v1.5.7", false, true, []string{"terraform 1.5.7", "install terraform 1.6.0 or later"}},
		{"terraform", "Terraform v1.9.8", true, true, []string{"terraform 1.9.8", "--set lock.use_lockfile=false"}},
		{"terraform", "Terraform v1.9.8", false, false, nil},
		{"tofu", "OpenTofu v1.9.0", true, true, []string{"opentofu 1.9.0", "--set lock.use_lockfile=false"}},
		{"tofu", "OpenTofu v1.10.2", true, false, nil},
	} {
		w := newWorld(t, sandbox.Options{})
		onPath(t, c.name, c.version)
		var err error
		w.engine, err = terraform.Find(context.Background(), "", os.Environ())
		w.must(err)
		b := team()
		b.Lock.UseLockfile = c.lockfile
		s := w.setup(b)
		s.DryRun = !c.refused // a script that prints a version cannot do more
		summary := w.run(s)
		f := findingOf(summary.Findings, "init.engine-too-old")
		if (f != nil) != c.refused {
			t.Errorf("%s, lock file %v: findings %v", c.version, c.lockfile, findingIDs(summary.Findings))
			continue
		}
		if calls := w.mutations(0); len(calls) > 0 || len(w.tree()) > 0 {
			t.Errorf("%s: changed %v, wrote %v", c.version, calls, slices.Sorted(maps.Keys(w.tree())))
		}
		if f == nil {
			continue
		}
		says(t, f.String(), c.says...)
		if offers := strings.Contains(f.Remedy, "use_lockfile=false"); offers != strings.Contains(strings.Join(c.says, " "), "use_lockfile=false") {
			t.Errorf("%s: the table alone is offered: %v", c.version, offers)
		}
		if summary.ExitCode(false) != plan.ExitFindings {
			t.Errorf("%s: exit code %d", c.version, summary.ExitCode(false))
		}
	}
}
