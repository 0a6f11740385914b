//go:build integration

package session_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps"
	"stateroom/steps/plan"
	"stateroom/steps/terraform/mirror"
)

// TestABackupOfAnotherCloneOrOfTheRepositoryNeverReplacesAState moves the state of
// one clone. Another clone of the same laptop has the same state, gone on by
// itself, and a repository that brings the first one's backup: as if what lies in
// the bucket had been moved from there.
func TestABackupOfAnotherCloneOrOfTheRepositoryNeverReplacesAState(t *testing.T) {
	c := &company{t: t, server: sandboxtest.Start(t, sandbox.Options{}), dir: t.TempDir(), mirror: mirror.With(t), known: map[string]*age.X25519Identity{}}
	l := c.operator()
	first, second := filepath.Join(l.base, "first"), filepath.Join(l.base, "second")
	staging := filepath.Join("live", "staging")
	c.must(os.MkdirAll(filepath.Join(first, staging), 0o700))
	c.must(os.WriteFile(filepath.Join(first, "stateroom.hcl"), c.blueprint(nil).HCL(), 0o600))
	l.applied(filepath.Join(first, staging), "one")
	c.must(os.CopyFS(second, os.DirFS(first)))
	l.applied(filepath.Join(second, staging), "other")

	l.folder = first
	moved := l.stateroom("", "setup", "--yes", "--me", "alice", "--adopt", filepath.Join(first, staging))
	there, is := c.server.Object("acme-terraform-state", "common/staging")
	if moved.code != plan.ExitDone || !is {
		t.Fatalf("the first clone's state was not moved: %+v", moved)
	}
	l.bringsBackup(second)
	l.folder = second
	refused := l.stateroom("", "setup", "--yes", "--me", "alice", "--adopt", filepath.Join(second, staging))
	if now, _ := c.server.Object("acme-terraform-state", "common/staging"); !bytes.Equal(now.Body, there.Body) || now.VersionID != there.VersionID {
		t.Errorf("the state was replaced:\n%s\n%s", now.Body, refused.out)
	}
	if refused.code != plan.ExitFindings {
		t.Errorf("exit code %d\n%s%s", refused.code, refused.out, refused.err)
	}
	says(t, refused.out, "init.moved-elsewhere", "s3://acme-terraform-state/common/staging")
}

// applied gives a directory a local state with a resource of a name.
func (l *laptop) applied(dir, name string) {
	l.t.Helper()
	l.must(os.WriteFile(filepath.Join(dir, name+".tf"), []byte("resource \"terraform_data\" \""+name+"\" {}\n"), 0o600))
	for _, args := range [][]string{{"init"}, {"apply", "-auto-approve"}} {
		if got := l.in(dir, "", nil, filepath.Join(l.path, "terraform"), args...); got.code != 0 {
			l.t.Fatalf("terraform %v: %+v", args, got)
		}
	}
}

// bringsBackup puts all that the laptop keeps of the bucket into a clone, where
// earlier versions looked for it.
func (l *laptop) bringsBackup(clone string) {
	l.t.Helper()
	kept := filepath.Join(l.home, ".local", "state", "stateroom", "111111111111-acme-terraform-state")
	states, err := filepath.Glob(filepath.Join(kept, "backup", "*", "default.tfstate"))
	l.must(err)
	if len(states) != 1 {
		l.t.Fatalf("backups %v, want one", states)
	}
	l.must(os.CopyFS(filepath.Join(clone, steps.LeftDir), os.DirFS(kept)))
	text, err := os.ReadFile(states[0])
	l.must(err)
	backup := filepath.Join(clone, steps.LeftDir, "backup", "common-staging")
	l.must(os.MkdirAll(backup, 0o700))
	l.must(os.WriteFile(filepath.Join(backup, "default.tfstate"), text, 0o600))
}
