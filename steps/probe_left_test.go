//go:build !race && !integration

package steps

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/stepstest"
)

// killedProof is a finished set-up in whose next proof the compiled program was
// killed, right after the first work of an operation there.
func killedProof(t *testing.T, service, operation, ending string) *victim {
	t.Helper()
	binary := stepstest.Program(t)
	v, err := newVictim(t.Context(), binary, mkdir(t, "clone"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.server.Close() })
	if out, err := v.run(t.Context()); err != nil {
		t.Fatalf("the setup: %v\n%s", err, out)
	}
	var met atomic.Bool
	v.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		input, _ := json.Marshal(e.Input)
		at := bytes.Contains(input, []byte("stateroom-probe-")) && bytes.Contains(input, []byte(ending))
		if met.Load() {
			return sandbox.Fault{DropRequest: true} // what was under way beside it never arrived
		}
		if e.Service != service || e.Operation != operation || !at || !met.CompareAndSwap(false, true) {
			return sandbox.Fault{}
		}
		return sandbox.Fault{DropAnswer: true, After: func(sandbox.Entry) { v.kill() }}
	})
	out, err := v.run(t.Context())
	for deadline := time.Now().Add(time.Minute); v.server.Connections() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections of the killed program are open", v.server.Connections())
		}
	}
	v.server.Intercept(nil)
	if err == nil || !met.Load() {
		t.Fatalf("it was not killed: %v\n%s", err, out)
	}
	return v
}

// left are what the bucket and the table hold of proofs.
func (v *victim) left() (all []string) {
	for _, line := range v.server.State() {
		if name, _, _ := strings.Cut(line, " = "); strings.Contains(name, "stateroom-probe-") {
			all = append(all, name)
		}
	}
	return all
}

// notes are the proofs that the laptop has noted.
func (v *victim) notes(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(v.state, "stateroom", "*", "proofs", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// older lets the noted proofs have begun an hour earlier.
func (v *victim) older(t *testing.T) {
	t.Helper()
	for _, path := range v.notes(t) {
		if filepath.Ext(path) != ".json" {
			continue
		}
		var trace map[string]any
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &trace)
		}
		begun, wrong := time.Parse(time.RFC3339Nano, fmt.Sprint(trace["begun"]))
		trace["begun"], err = begun.Add(-time.Hour), errors.Join(err, wrong)
		if err == nil {
			text, err = json.Marshal(trace)
		}
		if err == nil {
			err = os.WriteFile(path, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// again runs it once more, to the end.
func (v *victim) again(t *testing.T) string {
	t.Helper()
	out, err := v.run(t.Context())
	if err != nil {
		t.Fatalf("the next run: %v\n%s", err, out)
	}
	return out
}

// TestTheNextRunRemovesWhatAKilledProofLeft kills the compiled program in its
// proof: while the state lies there, the lock file, the lock's item. A proof that
// may have children at work is left to be, as is everybody else's.
func TestTheNextRunRemovesWhatAKilledProofLeft(t *testing.T) {
	t.Parallel()
	for _, at := range []struct{ service, operation, ending string }{
		{"s3", "PutObject", "common/"},
		{"s3", "PutObject", ".tflock"},
		{"dynamodb", "PutItem", "common/"},
	} {
		t.Run(at.operation+" "+at.ending, func(t *testing.T) {
			t.Parallel()
			v := killedProof(t, at.service, at.operation, at.ending)
			left := v.left()
			if len(left) == 0 || len(v.notes(t)) == 0 {
				t.Fatalf("left %v, noted %v, want both", left, v.notes(t))
			}
			if out := v.again(t); !strings.Contains(out, "init.probe-unfinished") || len(v.left()) != len(left) {
				t.Errorf("at once: left %v of %v\n%s", v.left(), left, out)
			}
			v.older(t)
			if out, err := v.run(t.Context(), "--dry-run"); err != nil || len(v.left()) != len(left) {
				t.Errorf("a dry run: left %v of %v, %v\n%s", v.left(), left, err, out)
			}
			if out := v.again(t); !strings.Contains(out, "init.probe-removed") || len(v.left()) != 0 {
				t.Errorf("an hour later: left %v\n%s", v.left(), out)
			}
			if out := v.again(t); strings.Contains(out, "init.probe-") || len(v.notes(t)) != 0 {
				t.Errorf("after that: noted %v\n%s", v.notes(t), out)
			}
		})
	}
}

// TestAProofOfSomebodyElsesIsNamedAndLeft is a laptop that did not begin the proof
// of whose workspace the bucket tells.
func TestAProofOfSomebodyElsesIsNamedAndLeft(t *testing.T) {
	t.Parallel()
	v := killedProof(t, "s3", "PutObject", ".tflock")
	v.older(t)
	mine := v.state
	v.state = t.TempDir()
	if out := v.again(t); !strings.Contains(out, "init.probe-of-others") || len(v.left()) == 0 {
		t.Errorf("left %v\n%s", v.left(), out)
	}
	v.state = mine
	if out := v.again(t); !strings.Contains(out, "init.probe-removed") || len(v.left()) != 0 {
		t.Errorf("whose it is: left %v\n%s", v.left(), out)
	}
}

// TestAProofUnderWayIsLeftToBe holds a proof at its lock, however long it takes,
// while another run of the same user goes through.
func TestAProofUnderWayIsLeftToBe(t *testing.T) {
	t.Parallel()
	v := killedProof(t, "s3", "PutObject", "common/")
	v.older(t)
	v.again(t)
	var once atomic.Bool
	held, open := make(chan struct{}), make(chan struct{})
	v.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if e.Operation == "PutItem" && once.CompareAndSwap(false, true) {
			return sandbox.Fault{After: func(sandbox.Entry) { close(held); <-open }}
		}
		return sandbox.Fault{}
	})
	second := &victim{binary: v.binary, dir: v.dir, state: v.state, server: v.server, bob: v.bob}
	type end struct {
		out string
		err error
	}
	ended := make(chan end, 1)
	go func() {
		out, err := v.run(t.Context())
		ended <- end{out, err}
	}()
	<-held
	v.older(t)
	locks := func() int { // what lies in the bucket comes and goes meanwhile
		return len(slices.DeleteFunc(v.left(), func(name string) bool { return !strings.Contains(name, ":table/") }))
	}
	left := locks()
	if out := second.again(t); strings.Contains(out, "init.probe-") || locks() != left || left == 0 {
		t.Errorf("of %d locks %v are left\n%s", left, v.left(), out)
	}
	close(open)
	if first := <-ended; first.err != nil {
		t.Errorf("the first: %v\n%s", first.err, first.out)
	}
	if len(v.left()) != 0 || len(v.notes(t)) != 0 {
		t.Errorf("left %v, noted %v", v.left(), v.notes(t))
	}
}
