//go:build !race && !integration

// A kill is of a compiled program, of which neither the race detector nor a real
// Terraform has anything to tell.

package steps

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"
	"golang.org/x/sync/errgroup"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/awsops/secret"
	"stateroom/steps/handover"
	"stateroom/steps/stepstest"
)

// victim is one organization in which the program is killed once and resumed.
type victim struct {
	binary, dir, state string
	server             *sandbox.Server
	bob                *age.X25519Identity

	mu      sync.Mutex
	process *os.Process
}

func newVictim(ctx context.Context, binary, dir string) (*victim, error) {
	bob, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	v := &victim{binary: binary, dir: dir, state: dir + "-state", server: sandbox.New(sandbox.Options{}), bob: bob}
	b := team()
	b.Users[0].Recipient = bob.Recipient().String()
	if err := os.WriteFile(filepath.Join(dir, "stateroom.hcl"), b.HCL(), 0o600); err != nil {
		return nil, err
	}
	return v, v.server.Start(ctx, "127.0.0.1:0")
}

// run starts the program once more. Without Terraform on its PATH step 8 goes
// through the SDK's probes, which meet the same boundaries in milliseconds.
func (v *victim) run(ctx context.Context, args ...string) (string, error) {
	args = append([]string{
		"setup", "--yes", "--json", "--me", "alice", "--endpoint-url", v.server.URL(), "--region", "eu-west-1",
	}, args...)
	cmd := exec.CommandContext(ctx, v.binary, args...)
	cmd.Dir = v.dir
	cmd.Env = slices.Concat(sandboxtest.Home(v.dir).Environ(v.server.URL()), sandboxtest.Keys(v.server.Operator()),
		[]string{"XDG_STATE_HOME=" + v.state, "LOCALAPPDATA=" + v.state, "PATH=" + v.dir})
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	v.mu.Lock()
	v.process = cmd.Process
	v.mu.Unlock()
	err := cmd.Wait()
	return out.String(), err
}

func (v *victim) kill() {
	v.mu.Lock()
	defer v.mu.Unlock()
	_ = v.process.Kill() // SIGKILL; it may have ended meanwhile
}

// killAt runs the program and kills it at the n-th mutating request, before
// the work is done or when it is done and the answer has not left. It tells
// whether there was such a request.
func (v *victim) killAt(ctx context.Context, n int64, after bool) (met bool, err error) {
	return v.killAtA(ctx, func(e sandbox.Entry) bool { return e.Mutating }, n, after)
}

// killAtA is killAt of the n-th request of a kind.
func (v *victim) killAtA(ctx context.Context, kind func(sandbox.Entry) bool, n int64, after bool, args ...string) (met bool, err error) {
	var seen atomic.Int64
	v.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if !kind(e) || seen.Add(1) != n {
			return sandbox.Fault{}
		}
		if after {
			return sandbox.Fault{DropAnswer: true, After: func(sandbox.Entry) { v.kill() }}
		}
		v.kill()
		return sandbox.Fault{DropRequest: true}
	})
	out, err := v.run(ctx, args...)
	v.server.Intercept(nil)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return false, err
	}
	if seen.Load() < n && err != nil {
		return false, fmt.Errorf("the undisturbed run failed: %w\n%s", err, out)
	}
	return seen.Load() >= n, nil
}

// whole fails unless the resumed set-up is finished, with nothing doubled and
// no secret lost.
func (v *victim) whole(ctx context.Context) error {
	if out, err := v.run(ctx); err != nil {
		return fmt.Errorf("the resumed run: %w\n%s", err, out)
	}
	if out, err := v.run(ctx, "--dry-run", "--detailed-exitcode"); err != nil {
		return fmt.Errorf("something is left to do: %w\n%s", err, out)
	}
	sessions, err := awsops.Open(ctx, awsops.Config{Endpoint: v.server.URL(), Region: "eu-west-1"})
	if err != nil {
		return err
	}
	operator := v.server.Operator()
	home := sessions.With(operator.AccessKeyID, secret.New(operator.SecretAccessKey), secret.Secret{}, "eu-west-1")
	keys, err := home.KeysTagged(ctx, "stateroom", "111111111111/acme-terraform-state")
	if err != nil || len(keys) != 1 {
		return fmt.Errorf("KMS keys %v, want one: %w", keys, err)
	}
	alice, err := onlyKey(ctx, home, "alice")
	if err != nil {
		return err
	}
	profile, err := os.ReadFile(sandboxtest.Home(v.dir).Credentials())
	if err != nil || !strings.Contains(string(profile), alice) {
		return fmt.Errorf("alice's key %s is not in her profile: %w\n%s", alice, err, profile)
	}
	bob, err := onlyKey(ctx, home, "bob")
	if err != nil {
		return err
	}
	h, err := v.open("bob")
	if err != nil {
		return err
	}
	identity, err := sessions.With(h.AccessKeyID, secret.New(h.SecretAccessKey), secret.Secret{}, "eu-west-1").Identity(ctx)
	if err != nil || h.AccessKeyID != bob || identity.Name != "bob" {
		return fmt.Errorf("bob's handover holds %s, his key is %s: %w", h.AccessKeyID, bob, err)
	}
	return nil
}

func onlyKey(ctx context.Context, home *awsops.Session, user string) (string, error) {
	keys, err := home.AccessKeys(ctx, user)
	if err != nil || len(keys) != 1 {
		return "", fmt.Errorf("access keys of %s: %v, want one: %w", user, keys, err)
	}
	return keys[0].ID, nil
}

// open unseals a handover with bob's identity.
func (v *victim) open(user string) (h handover.Handover, err error) {
	sealed, err := os.Open(filepath.Join(v.dir, "handover", user+".age"))
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, sealed.Close()) }()
	plain, err := age.Decrypt(armor.NewReader(sealed), v.bob)
	if err != nil {
		return h, err
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		return h, err
	}
	return h, json.Unmarshal(text, &h)
}

// TestAKillAtAnyMutatingCallLosesNothing kills the compiled program with
// SIGKILL before and after every mutating answer, resumes it, and looks for
// doubled keys and lost secrets.
func TestAKillAtAnyMutatingCallLosesNothing(t *testing.T) {
	t.Parallel()
	binary := stepstest.Program(t)
	stride := int64(stepstest.Stride(t))
	var kills atomic.Int64
	for _, after := range []bool{false, true} {
		var g errgroup.Group
		g.SetLimit(3)
		var ended atomic.Bool
		for n := int64(1); !ended.Load() && n < 200; n += stride {
			dir := filepath.Join(t.TempDir(), fmt.Sprint(after, n))
			g.Go(func() error {
				if err := os.Mkdir(dir, 0o700); err != nil {
					return err
				}
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				v, err := newVictim(ctx, binary, dir)
				if err != nil {
					return err
				}
				defer func() { _ = v.server.Close() }()
				met, err := v.killAt(ctx, n, after)
				if err != nil {
					return fmt.Errorf("kill at %d (after %t): %w", n, after, err)
				}
				if !met {
					ended.Store(true)
				} else {
					kills.Add(1)
				}
				if err := v.whole(ctx); err != nil {
					t.Errorf("kill at mutating request %d (after its work: %t): %v", n, after, err)
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if kills.Load() < 60/stride {
		t.Errorf("only %d kills happened", kills.Load())
	}
	t.Logf("%d kills", kills.Load())
}

// TestWhatAKilledBackupLeftGoesWithTheNextRun kills the program while Terraform
// prints the state that is to be moved: the half of it that is on the disk holds
// secrets and counts as no backup.
func TestWhatAKilledBackupLeftGoesWithTheNextRun(t *testing.T) {
	t.Parallel()
	v, err := newVictim(t.Context(), stepstest.Program(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.server.Close() }()
	put := func(name, text string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(v.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), mode)); err != nil {
			t.Fatal(err)
		}
	}
	put("live/staging/main.tf", "", 0o600)
	put("live/staging/terraform.tfstate", stateText("l-1", 3), 0o600)
	put("terraform", `#!/bin/sh
case "$1 $2" in
version*) echo "Terraform v1.11.4" ;;
"workspace list") echo "* default" ;;
"state pull")
	test -e "$HOME/pulled" && exit 1
	: > "$HOME/pulled"
	echo "half of a secret"
	kill -9 $PPID ;;
esac
`, 0o700)
	held := func() (found []string) {
		t.Helper()
		if err := filepath.WalkDir(v.state, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Name() == "default.tfstate" {
				found = append(found, path)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return found
	}
	out, _ := v.run(t.Context(), "--adopt", filepath.Join(v.dir, "live", "staging"))
	if _, err := os.Stat(filepath.Join(v.dir, "pulled")); err != nil || len(held()) != 1 {
		t.Fatalf("no backup was killed half-way: %v, %v\n%s", err, held(), out)
	}
	out, _ = v.run(t.Context())
	if left := held(); len(left) > 0 {
		t.Errorf("left of the killed backup: %v\n%s", left, out)
	}
}
