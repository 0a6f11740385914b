//go:build !race && !integration

package onboard

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"stateroom/awsops/sandbox"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// hindrance is what stands between a new secret and its file.
type hindrance struct {
	name string
	when int
	// put puts it in the way, and gives what takes it away again, if anything does.
	put func(t *testing.T, path, state string) (undo func())
	// passes says that the run ends well nevertheless, keeps that the secret is kept
	// beside its file, and else no key is made.
	passes, keeps bool
	// edits says that somebody's text has to stay, and open that it is to be told
	// that others can read the file.
	edits, open bool
}

// When a hindrance comes: before the program starts, after it has looked, which is
// while a person reads the prompt, or while AWS makes what is to be written.
const (
	atStart = iota
	atPrompt
	atCall
)

// mine is what somebody else writes into the file.
const mine = "\n[mine]\nregion = eu-west-1\n"

func appended(t *testing.T, path, _ string) func() {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(mine)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Error(err)
	}
	return nil
}

// folder puts one in the file's place.
func folder(t *testing.T, path, _ string) func() {
	t.Helper()
	aside := path + ".aside"
	_ = os.Rename(path, aside) // it may not be there yet
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Error(err)
	}
	return func() {
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
		_ = os.Rename(aside, path)
	}
}

// another is the owner of a file that is given away.
const another = 12345

var hindrances = []hindrance{
	{name: "an edit at the prompt", when: atPrompt, put: appended, edits: true},
	{name: "an edit while AWS makes it", when: atCall, put: appended, keeps: true, edits: true},
	{name: "a folder in its place", when: atPrompt, put: folder},
	{name: "a folder in its place while AWS makes it", when: atCall, put: folder, keeps: true},
	{name: "an immutable file", when: atPrompt, put: func(t *testing.T, path, _ string) func() {
		t.Helper()
		if _, err := os.Stat(path); err != nil {
			return folder(t, path, "")
		}
		return stepstest.Immutable(t, path)
	}},
	{name: "no room beside it", when: atPrompt, put: func(t *testing.T, path, _ string) func() {
		t.Helper()
		return stepstest.Full(t, filepath.Dir(path))
	}},
	{name: "no room where it would be kept", when: atStart, put: func(t *testing.T, _, state string) func() {
		t.Helper()
		return stepstest.Full(t, filepath.Join(state, "stateroom", "files"))
	}},
	{name: "another owner", when: atStart, passes: true, put: func(t *testing.T, path, _ string) func() {
		t.Helper()
		for _, p := range []string{filepath.Dir(path), path} {
			if err := os.Chown(p, another, another); err != nil && !os.IsNotExist(err) {
				t.Error(err)
			}
		}
		return func() { ownedBy(t, path, another) }
	}},
	{name: "others who can read it", when: atStart, passes: true, open: true, put: func(t *testing.T, path, _ string) func() {
		t.Helper()
		if err := os.Chmod(path, 0o644); err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
		return func() { ownedBy(t, path, uint32(os.Geteuid())) }
	}},
}

// ownedBy fails the test unless a file has this owner still, if this process can
// give files away, and is readable by that one alone.
func ownedBy(t *testing.T, path string, owner uint32) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Error(err)
		return
	}
	if have := info.Sys().(*syscall.Stat_t).Uid; have != owner || info.Mode().Perm() != 0o600 {
		t.Errorf("%s belongs to %d, mode %04o", path, have, info.Mode().Perm())
	}
}

// target is the file that a course writes its secret to, and the state directory
// of the laptop.
func (s *stopped) target(c course) (path, state string) {
	if c.bobs {
		return s.bobs.path(".aws/credentials"), s.bobs.home + "-state"
	}
	return s.path("handover/bob.age"), s.dir + "-state"
}

// meet runs the program and puts a hindrance in its way at its moment.
func (s *stopped) meet(t *testing.T, c course, h hindrance, args []string) (out string, code int, made bool, undo func()) {
	t.Helper()
	path, state := s.target(c)
	put := func() { undo = h.put(t, path, state) }
	var typed string
	if c.typed != nil {
		typed = c.typed(s)
	}
	looks := int64(-1)
	if h.when == atPrompt {
		looks = s.looks(c, args)
	}
	if h.when == atStart {
		put()
	}
	var seen atomic.Int64
	var calls atomic.Bool
	s.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if seen.Add(1) == looks {
			put()
		}
		if e.Operation == "CreateAccessKey" || e.Operation == "GetSessionToken" {
			if calls.CompareAndSwap(false, true) && h.when == atCall {
				put()
			}
		}
		return sandbox.Fault{}
	})
	out, code = s.said(c.bobs, typed, args...)
	s.server.Intercept(nil)
	return out, code, calls.Load(), undo
}

// looks is how many requests a command makes before it asks.
func (s *stopped) looks(c course, args []string) int64 {
	s.t.Helper()
	before := len(s.server.Log())
	if out, code := s.said(c.bobs, "", append(slices.Clone(args), "--dry-run")...); code != plan.ExitDone {
		s.t.Fatalf("a dry run of %v: %d\n%s", args, code, out)
	}
	return int64(len(s.server.Log()) - before)
}

// keptAt are the files that hold what could not be written.
func keptAt(t *testing.T, state string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".unwritten") {
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// TestNoSecretIsMadeOrLostWhateverStandsInItsWay puts each hindrance in the way of
// the secret that each command writes, as the compiled program. There is no active
// key whose secret is on no disk; what somebody else wrote stays; a secret that
// could not reach its file is in one of mode 0600 that the message names; and once
// the way is free, the next run ends well.
func TestNoSecretIsMadeOrLostWhateverStandsInItsWay(t *testing.T) {
	t.Parallel()
	binary := stepstest.Program(t)
	type meeting struct {
		course
		hindrance
	}
	var all []meeting
	for _, c := range courses {
		for _, h := range hindrances {
			if slices.Contains([]string{"onboard", "rotate", "handover", "login"}, c.name) {
				all = append(all, meeting{c, h})
			}
		}
	}
	for i := 0; i < len(all); i += stepstest.Stride(t) {
		c, h := all[i].course, all[i].hindrance
		t.Run(fmt.Sprintf("%s, %s", c.name, h.name), func(t *testing.T) {
			t.Parallel()
			s := &stopped{t: t, binary: binary}
			args := c.before(s)
			if c.bobs && s.bobs.read(".aws/credentials") == "" {
				s.bobs.write(".aws/credentials", "[default]\nregion = eu-west-1\n")
			}
			s.others = s.missing()
			s.hinder(t, c, h, args)
		})
	}
}

func (s *stopped) hinder(t *testing.T, c course, h hindrance, args []string) {
	t.Helper()
	m := moment{course: c}
	path, state := s.target(c)
	out, code, made, undo := s.meet(t, c, h, args)
	s.silent(m, out)
	kept := keptAt(t, state)
	switch {
	case h.passes != (code == c.end):
		t.Errorf("it ends with %d:\n%s", code, out)
	case made != (h.passes || h.keeps):
		t.Errorf("AWS was asked for a secret: %t\n%s", made, out)
	case h.keeps != (len(kept) == 1):
		t.Errorf("kept: %v\n%s", kept, out)
	}
	promised := "it deletes this key and makes a new one"
	if c.name == "login" {
		promised = "it opens a new session, and this one ends by itself"
	}
	for _, k := range kept {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), promised) {
			t.Errorf("it does not say that %s:\n%s", promised, out)
		}
		info, err := os.Stat(k)
		if err != nil || info.Mode().Perm() != 0o600 || !strings.Contains(out, k) {
			t.Errorf("%v, %v, and the message does not lead to %s:\n%s", info, err, k, out)
		}
	}
	if h.open && c.bobs && !strings.Contains(out, "0644") {
		t.Errorf("nobody was told that others could read the file:\n%s", out)
	}
	if undo != nil {
		undo()
	}
	s.lossless(h.name)
	if text, err := os.ReadFile(path); h.edits && (err != nil || !strings.Contains(string(text), mine)) {
		t.Errorf("what somebody wrote is gone: %v\n%s", err, text)
	}
	s.whole(m, args)
	for _, k := range kept {
		if out, _ := s.said(c.bobs, "", append(slices.Clone(c.settled), "--dry-run")...); !strings.Contains(out, k) {
			t.Errorf("the next run does not tell of %s:\n%s", k, out)
		}
	}
}
