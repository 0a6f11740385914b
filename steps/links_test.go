package steps

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/sandbox"
)

// link makes a symbolic link, and the directory that it lies in.
func (w *world) link(to, path string) {
	w.t.Helper()
	at := filepath.Join(w.dir, path)
	w.must(os.MkdirAll(filepath.Dir(at), 0o700))
	w.must(os.Symlink(to, at))
}

// TestLinksThatLeadOutOfTheRepositoryOrToAnotherProjectAreRefused has what whoever
// can write to the repository could bring: nothing is made, here or in AWS.
func TestLinksThatLeadOutOfTheRepositoryOrToAnotherProjectAreRefused(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	for name, c := range map[string]struct {
		links map[string]string // from a path in the repository
		says  []string
	}{
		"a project's directory":            {map[string]string{"live/staging": outside}, []string{"live/staging", "outside the repository"}},
		"the directory above":              {map[string]string{"live": outside}, []string{"outside the repository"}},
		"backend.tf":                       {map[string]string{"live/staging/backend.tf": filepath.Join(outside, "b.tf")}, []string{"backend.tf", "outside the repository"}},
		"provider.tf":                      {map[string]string{"live/staging/provider.tf": filepath.Join(outside, "p.tf")}, []string{"provider.tf", "outside the repository"}},
		".gitignore":                       {map[string]string{".gitignore": filepath.Join(outside, "g")}, []string{".gitignore", "outside the repository"}},
		"two directories that are one":     {map[string]string{"live/production": "staging"}, []string{"common-staging", "common-production", "one state"}},
		"two backends that are one":        {map[string]string{"live/production/backend.tf": "../staging/backend.tf"}, []string{"common-staging", "common-production", "one state"}},
		"two providers that would be one":  {map[string]string{"live/production/provider.tf": "../../shared.tf", "live/staging/provider.tf": "../../shared.tf"}, []string{"shared.tf", "one file"}},
		"a backend that is another's file": {map[string]string{"live/production/backend.tf": "../staging/provider.tf"}, []string{"one"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			w.write("shared.tf", "# shared\n")
			if name == "a backend that is another's file" {
				w.write("live/staging/provider.tf", "# mine\n")
			}
			w.must(os.MkdirAll(filepath.Join(w.dir, "x", "staging"), 0o700))
			for path, to := range c.links {
				w.link(to, path)
			}
			if name == "two directories that are one" {
				w.must(os.MkdirAll(filepath.Join(w.dir, "live", "staging"), 0o700))
			}
			before := w.tree()
			summary := w.run(w.setup(team()))
			f := findingOf(summary.Findings, "files.cannot-edit")
			if f == nil || !f.Blocks {
				t.Fatalf("findings %v", summary.Findings)
			}
			says(t, f.Evidence, c.says...)
			if calls := w.mutations(0); len(calls) > 0 {
				t.Errorf("calls were made: %v", calls)
			}
			if diff := cmp.Diff(before, w.tree()); diff != "" {
				t.Errorf("files were changed:\n%s", diff)
			}
			if left, _ := os.ReadDir(outside); len(left) > 0 {
				t.Errorf("%v was written outside", left)
			}
		})
	}
}

// TestLinksWithinTheRepositoryAreFollowed: .git marks how far it reaches.
func TestLinksWithinTheRepositoryAreFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.must(os.MkdirAll(filepath.Join(w.dir, ".git"), 0o700))
	w.must(os.MkdirAll(filepath.Join(w.dir, "real", "staging"), 0o700))
	w.link("../real/staging", "live/staging")
	w.healthy(w.run(w.setup(team())))
	if _, err := os.Stat(filepath.Join(w.dir, "real", "staging", "backend.tf")); err != nil {
		t.Error(err)
	}
	w.settledNow(team())
}

// TestALinkToAFolderThatIsNotThereIsRefusedBeforeAnythingIsMade: no folder can be made in
// its place, so that every file below it would fail after the changes in AWS.
func TestALinkToAFolderThatIsNotThereIsRefusedBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"live", "live/staging", "handover", ".aws"} {
		for _, dry := range []bool{true, false} {
			t.Run(path, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, sandbox.Options{})
				w.link("nowhere", path)
				before := w.tree()
				flow := w.setup(team())
				flow.DryRun = dry
				summary := w.run(flow)
				f := findingOf(summary.Findings, "files.cannot-write")
				if f == nil || !f.Blocks {
					t.Fatalf("findings %v, failures %v", summary.Findings, summary.Failures)
				}
				says(t, f.Evidence, filepath.Join(w.dir, path)+" is a link to a folder that is not there")
				if calls := w.mutations(0); len(calls) > 0 {
					t.Errorf("calls were made: %v", calls)
				}
				if diff := cmp.Diff(before, w.tree()); diff != "" {
					t.Errorf("files were changed:\n%s", diff)
				}
			})
		}
	}
}
