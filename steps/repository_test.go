package steps

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stateroom/awsops/sandbox"
)

// TestASecretTakenOutOfAFileIsNowhereInTheRepository is what git add -A would
// stage after a run: every file of the clone.
func TestASecretTakenOutOfAFileIsNowhereInTheRepository(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	const taken = "wJalrXUtnFEMI-TAKEN-OUT"
	w.write("live/staging/backend.tf", `terraform {
  backend "s3" {
    bucket     = "acme-terraform-state"
    key        = "common/staging"
    region     = "eu-west-1"
    access_key = "AKIAIOSFODNN7EXAMPLE"
    secret_key = "`+taken+`"
  }
}
`)
	summary := w.run(w.setup(team()))
	w.healthy(summary)
	kept := 0
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(string(text), taken) {
			if rel, _ := filepath.Rel(w.dir, path); !strings.HasPrefix(rel, stateHome) {
				t.Errorf("the secret is in %s", rel)
			}
			checkMode(t, path, 0o600)
			kept++
		}
		return nil
	})
	if err != nil || kept != 1 {
		t.Errorf("%d backups hold what was taken out: %v", kept, err)
	}
	says(t, strings.Join(summary.Notes, "\n"), "Backup", filepath.Join(w.dir, stateHome, "stateroom", "files"))
}

// TestWhatEarlierVersionsLeftInTheRepositoryIsNamedAndStaysIgnored has a journal
// and a backup where earlier versions kept them.
func TestWhatEarlierVersionsLeftInTheRepositoryIsNamedAndStaysIgnored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	b := team()
	w.healthy(w.run(w.setup(b)))
	if strings.Contains(readFile(t, filepath.Join(w.dir, ".gitignore")), LeftDir) {
		t.Error("a folder that nobody has is ignored")
	}
	w.write(LeftDir+"/journal.jsonl", "{}\n")
	w.write("live/staging/backend.tf.stateroom-20260101T000000Z.bak", "old\n")
	summary := w.run(w.setup(b))
	w.healthy(summary)
	for id, path := range map[string]string{
		"files.journal-in-repository": LeftDir + "/journal.jsonl",
		"files.backup-in-repository":  "live/staging/backend.tf.stateroom-20260101T000000Z.bak",
	} {
		f := findingOf(summary.Findings, id)
		if f == nil {
			t.Fatalf("no finding %s among %v", id, summary.Findings)
		}
		says(t, f.Evidence, filepath.Join(w.dir, filepath.FromSlash(path)))
	}
	says(t, readFile(t, filepath.Join(w.dir, ".gitignore")), "/"+LeftDir+"/")
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
