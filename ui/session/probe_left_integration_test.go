//go:build integration

package session_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
)

// TestTheNextRunRemovesWhatAKilledTerraformLeftOfAProof kills the program and its
// real Terraform while the proof's workspace has a state, both locks and a digest.
func TestTheNextRunRemovesWhatAKilledTerraformLeftOfAProof(t *testing.T) {
	c := founded(t)
	l := c.operator()
	l.killedInProof()
	before := l.traces()
	for _, kind := range []string{"common/staging", "common/staging.tflock", "common/staging-md5"} {
		if !strings.Contains(strings.Join(before, "\n")+"\n", kind+"\n") {
			t.Fatalf("%s is not among what was left: %v", kind, before)
		}
	}
	l.anHourLater()
	again := l.stateroom("", "setup", "--yes", "--json")
	if after := l.traces(); again.code != plan.ExitDone || !strings.Contains(again.out, `"init.probe-removed"`) || len(after) != 0 {
		t.Errorf("exit code %d, left %v\n%s%s", again.code, after, again.out, again.err)
	}
	if left := l.below("proofs"); len(left) != 0 {
		t.Errorf("left on the laptop: %v", left)
	}
}

// killedInProof kills a run when Terraform has written the digest of the proof's
// state, and that Terraform with it.
func (l *laptop) killedInProof() {
	l.t.Helper()
	cmd := exec.CommandContext(l.t.Context(), l.program(), "setup", "--yes", "--endpoint-url", l.server.URL())
	cmd.Dir, cmd.Env = l.folder, l.environment()
	var applied atomic.Int32
	l.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		input, _ := json.Marshal(e.Input)
		if e.Operation != "PutItem" || !strings.Contains(string(input), "stateroom-probe-") || !strings.Contains(string(input), "-md5") || applied.Add(1) != 2 {
			return sandbox.Fault{}
		}
		return sandbox.Fault{DropAnswer: true, After: func(sandbox.Entry) {
			_ = cmd.Process.Kill()
			l.killTerraform()
		}}
	})
	l.must(cmd.Start())
	err := cmd.Wait()
	l.server.Intercept(nil)
	if err == nil || applied.Load() < 2 {
		l.t.Fatalf("it was not killed: %v", err)
	}
}

// killTerraform kills the Terraforms of the laptop that have not ended: each noted
// its process.
func (l *laptop) killTerraform() {
	notes, err := os.ReadDir(l.spied)
	l.must(err)
	for _, note := range notes {
		pid, err := strconv.Atoi(note.Name())
		l.must(err)
		command, err := os.ReadFile(filepath.Join("/proc", note.Name(), "cmdline"))
		if err != nil || !strings.Contains(string(command), "apply") {
			continue // it ended, and another may have its number
		}
		process, err := os.FindProcess(pid)
		l.must(err)
		_ = process.Kill()
	}
}

// traces are what the bucket and the table hold of proofs.
func (l *laptop) traces() (all []string) {
	for _, line := range l.server.State() {
		if name, _, _ := strings.Cut(line, " = "); strings.Contains(name, "stateroom-probe-") {
			all = append(all, name)
		}
	}
	return all
}

// below are the files of the state directory under folders of a name.
func (l *laptop) below(folder string) (all []string) {
	l.t.Helper()
	l.must(filepath.WalkDir(filepath.Join(l.home, ".local", "state"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, string(filepath.Separator)+folder+string(filepath.Separator)) {
			all = append(all, path)
		}
		return err
	}))
	return all
}

// anHourLater lets the proofs that the laptop has noted have begun an hour ago.
func (l *laptop) anHourLater() {
	l.t.Helper()
	for _, path := range l.below("proofs") {
		if filepath.Ext(path) != ".json" || strings.Contains(path, ".scratch") {
			continue
		}
		text, err := os.ReadFile(path)
		l.must(err)
		var note map[string]any
		l.must(json.Unmarshal(text, &note))
		note["begun"] = time.Now().Add(-time.Hour)
		text, err = json.Marshal(note)
		l.must(err)
		l.must(os.WriteFile(path, text, 0o600))
	}
}
