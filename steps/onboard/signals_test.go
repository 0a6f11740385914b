//go:build linux && !race && !integration

// Signals are for a compiled program, of which neither the race detector nor a
// real Terraform has anything to tell.

package onboard

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"gopkg.in/ini.v1"

	"stateroom/awsops"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/handover"
)

// stopped is a stage on which the compiled program is stopped once.
type stopped struct {
	*office
	t      testing.TB
	binary string
	// others are the keys that may be on no disk: those that were not before, and
	// those of who leaves.
	others []string
	// bobs is his laptop, in flows that are his.
	bobs *laptop
}

// finished sets the office up, as the operator's own run would.
func (s *stopped) finished(change ...func(*blueprint.Blueprint)) {
	s.t.Helper()
	s.office = newOffice(s.t, change...)
	s.bobs = s.company.laptop("bob")
	s.must(os.WriteFile(s.bobs.path("identity"), []byte(s.identities["bob"].String()+"\n"), 0o600))
}

// command is the program on the laptop of the course, without Terraform on its
// PATH: the SDK's probes meet the same boundaries in milliseconds.
func (s *stopped) command(ctx context.Context, bobs bool, args ...string) *exec.Cmd {
	args = append(args, "--endpoint-url", s.server.URL(), "--region", "eu-west-1")
	if slices.Contains(args, "login") { // which asks for a code
		args = append(args, "--plain")
	} else {
		args = append(args, "--json", "--yes")
	}
	cmd := exec.CommandContext(ctx, s.binary, args...)
	home, keys := s.dir, sandboxtest.Keys(s.server.Operator())
	cmd.Dir = s.dir
	if bobs {
		home, cmd.Dir, keys = s.bobs.home, s.bobs.root, nil
	}
	cmd.Env = slices.Concat(sandboxtest.Home(home).Environ(s.server.URL()), keys,
		[]string{"XDG_STATE_HOME=" + home + "-state", "PATH=" + filepath.Dir(s.binary)})
	return cmd
}

// said runs the program to its end.
func (s *stopped) said(bobs bool, typed string, args ...string) (string, int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	cmd := s.command(ctx, bobs, args...)
	out := s.start(cmd, typed, newSpeech())
	err := cmd.Wait()
	if ctx.Err() != nil {
		s.t.Fatalf("%v does not end (%v):\n%s", args, err, out())
	}
	return out(), cmd.ProcessState.ExitCode()
}

// start starts the program: at a terminal of its own, into which something is
// typed, or with nobody to ask. It gives what the program has said in the end.
func (s *stopped) start(cmd *exec.Cmd, typed string, text *speech) (out func() string) {
	s.t.Helper()
	if typed == "" {
		cmd.Stdout, cmd.Stderr = text, text
		s.must(cmd.Start())
		return text.String
	}
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	s.must(err)
	s.t.Cleanup(func() { _ = ours.Close() })
	s.must(unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	s.must(err)
	theirs, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	s.must(err)
	defer func() { _ = theirs.Close() }()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	_, err = ours.WriteString(typed)
	s.must(err)
	s.must(cmd.Start())
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(text, ours) // it ends with an error once the program has
	}()
	return func() string { <-read; return text.String() }
}

// works runs the program on bob's laptop, and fails the test unless that is well.
func (s *stopped) works(args ...string) {
	s.t.Helper()
	if out, code := s.said(true, "", args...); code != 0 {
		s.t.Fatalf("%v ends with %d:\n%s", args, code, out)
	}
}

// disk is every file of both laptops, with sealed files opened.
func (s *stopped) disk() string {
	s.t.Helper()
	var all strings.Builder
	for _, root := range s.roots() {
		s.must(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if strings.Contains(filepath.Base(path), ".age") {
				if h, err := handover.Open(data, handover.Unlock{Identity: []byte(s.identities["bob"].String())}); err == nil {
					fmt.Fprintf(&all, "%s %s\n", h.AccessKeyID, h.SecretAccessKey)
				}
			}
			all.Write(data)
			all.WriteByte('\n')
			return nil
		}))
	}
	return all.String()
}

// active are the active access keys of both admins.
func (s *stopped) active() (ids []string) {
	s.t.Helper()
	home := s.iam()
	for _, user := range []string{"alice", "bob"} {
		keys, err := home.AccessKeys(s.t.Context(), user)
		if awsops.IsNotFound(err) {
			continue
		}
		s.must(err)
		for _, k := range keys {
			if k.Active {
				ids = append(ids, k.ID)
			}
		}
	}
	return ids
}

// missing are the active keys that are, with their secret, on no disk.
func (s *stopped) missing() (ids []string) {
	s.t.Helper()
	disk := s.disk()
	for _, id := range s.active() {
		if !strings.Contains(disk, id) || !strings.Contains(disk, s.server.SecretOf(id)) {
			ids = append(ids, id)
		}
	}
	return ids
}

// lossless fails the test unless each active key, and its secret, is on a disk.
func (s *stopped) lossless(when string) {
	s.t.Helper()
	for _, id := range s.missing() {
		if !slices.Contains(s.others, id) {
			s.t.Errorf("%s: the active key %s is on no disk", when, id)
		}
	}
}

// whole fails the test unless the command that goes on ends as it should, with
// nothing doubled, nothing lost and nothing left to do.
func (s *stopped) whole(m moment, args []string) {
	s.t.Helper()
	var typed string
	if m.course.typed != nil {
		typed = m.course.typed(s)
	}
	out, code := s.said(m.course.bobs, typed, args...)
	if code != m.course.end {
		s.t.Fatalf("%s: the next run ends with %d:\n%s", m, code, out)
	}
	s.silent(m, out)
	if out, code := s.said(m.course.bobs, "", append(slices.Clone(m.course.settled), "--dry-run", "--detailed-exitcode")...); code != 0 {
		s.t.Errorf("%s: something is left to do, exit code %d:\n%s", m, code, out)
	}
	s.lossless(m.String() + ": in the end")
	home := s.iam()
	keys, err := home.KeysTagged(s.t.Context(), "stateroom", "111111111111/acme-terraform-state")
	if err != nil || len(keys) != 1 {
		s.t.Errorf("%s: KMS keys %v, %v", m, keys, err)
	}
	for user, want := range map[string]int{"alice": 1, "bob": m.course.bob} {
		have, err := home.AccessKeys(s.t.Context(), user)
		if len(have) != want || err != nil && !awsops.IsNotFound(err) {
			s.t.Errorf("%s: %s has the keys %v, want %d: %v", m, user, have, want, err)
		}
	}
	s.held(m)
	s.tidy(m)
}

// held fails the test unless each admin's key lies where the flow puts it.
func (s *stopped) held(m moment) {
	s.t.Helper()
	profiles := map[string]string{"alice": s.path(".aws/credentials")}
	if m.course.bobs {
		profiles["bob"] = s.bobs.path(".aws/credentials")
	} else if m.course.bob > 0 {
		sealed, err := os.ReadFile(s.path("handover/bob.age"))
		s.must(err)
		h, err := handover.Open(sealed, handover.Unlock{Identity: []byte(s.identities["bob"].String())})
		s.must(err)
		if keys, err := s.iam().AccessKeys(s.t.Context(), "bob"); err != nil || len(keys) != 1 || keys[0].ID != h.AccessKeyID {
			s.t.Errorf("%s: the handover holds %s, IAM %v, %v", m, h.AccessKeyID, keys, err)
		}
	}
	for user, path := range profiles {
		file, err := ini.Load(path)
		s.must(err)
		keys, err := s.iam().AccessKeys(s.t.Context(), user)
		s.must(err)
		if !slices.ContainsFunc(file.Sections(), func(p *ini.Section) bool {
			return len(keys) == 1 && p.Key("aws_access_key_id").Value() == keys[0].ID && p.Key("aws_secret_access_key").Value() == s.server.SecretOf(keys[0].ID)
		}) {
			s.t.Errorf("%s: no profile of %s holds %s's key %v", m, path, user, keys)
		}
	}
}

// tidy fails the test if a file of work that was not finished is left anywhere, or
// one that holds secrets may be read by others.
func (s *stopped) tidy(m moment) {
	s.t.Helper()
	for _, root := range s.roots() {
		s.must(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			if filepath.Ext(path) == ".tmp" {
				// Room that was kept for a secret goes with the next write of that file.
				data, err := os.ReadFile(path)
				if err != nil || !strings.Contains(path, "-state/") || len(bytes.Trim(data, "\x00")) > 0 {
					s.t.Errorf("%s: left behind: %s: %v", m, path, err)
				}
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			secrets := strings.Contains(path, ".age") || filepath.Base(path) == "credentials" || strings.Contains(path, "-state/")
			if secrets && info.Mode().Perm()&0o077 != 0 {
				s.t.Errorf("%s: %s may be read by others: %s", m, path, info.Mode())
			}
			return nil
		}))
	}
}

// roots are the directories of all laptops.
func (s *stopped) roots() []string {
	roots := []string{filepath.Dir(s.dir)}
	if s.bobs != nil {
		roots = append(roots, filepath.Dir(s.bobs.home))
	}
	return roots
}

// silent fails the test if a secret was printed.
func (s *stopped) silent(m moment, out string) {
	s.t.Helper()
	for _, issued := range s.server.Secrets() {
		if strings.Contains(out, issued) {
			s.t.Errorf("%s: a secret was printed", m)
		}
	}
}
