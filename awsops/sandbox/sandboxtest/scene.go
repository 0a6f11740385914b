package sandboxtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stateroom/awsops/sandbox"
)

// scene is what some work has left: what it asked of a sandbox, and the files of a
// home.
type scene struct {
	once  sync.Once
	done  bool // nothing failed
	begun time.Time
	mu    sync.Mutex
	asked []asked
	files map[string]file // by their paths below the home
	url   string          // of the sandbox in which it was played, as some files say
	home  Home            // likewise
}

// asked is a request, and when and how it was answered.
type asked struct {
	request *http.Request
	body    []byte
	at      time.Time
	status  int
}

// clock is a sandbox's, which stands while it answers: what it answers again hangs on the
// time. Nil is now.
type clock struct{ atomic.Pointer[time.Time] }

func (c *clock) now() time.Time {
	if at := c.Load(); at != nil {
		return *at
	}
	return time.Now()
}

type file struct {
	text string
	mode fs.FileMode
}

// scenes are those of this process by their seeds.
var scenes = struct {
	mu  sync.Mutex
	all map[string]*scene
}{all: map[string]*scene{}}

func sceneOf(seed string) *scene {
	scenes.mu.Lock()
	defer scenes.mu.Unlock()
	if scenes.all[seed] == nil {
		scenes.all[seed] = &scene{}
	}
	return scenes.all[seed]
}

// Prepared serves a sandbox until the test ends in which prepare has been at work
// already, and puts into a home the files that it left there. It works once a process
// for all tests that name it alike and have the same options: each of them has a
// sandbox of the same seed that was asked the same at the same time, and copies of the
// files. The options have no clock and no seed.
func Prepared(t testing.TB, o sandbox.Options, name string, home Home, prepare func(*sandbox.Server, string, Home)) *sandbox.Server {
	t.Helper()
	o.Seed = fmt.Sprintf("%+v\n%s", o, name)
	s := sceneOf(o.Seed)
	s.once.Do(func() { s.play(t, o, prepare) })
	if !s.done {
		t.Fatal("what this test begins with has failed in another one")
	}
	server := s.again(t, o)
	serve(t, server)
	s.furnish(t, home, server.URL())
	return server
}

// play lets the work be done.
func (s *scene) play(t testing.TB, o sandbox.Options, prepare func(*sandbox.Server, string, Home)) {
	t.Helper()
	s.begun = time.Now()
	var then clock
	o.Now = then.now
	server := sandbox.New(o)
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.record(server, &then, w, r) }))
	defer at.Close()
	s.url, s.home, s.files = at.URL, Home(t.TempDir()), map[string]file{}
	prepare(server, s.url, s.home)
	s.keep(t, os.DirFS(string(s.home)))
	s.done = true
}

// keep reads the files of the home.
func (s *scene) keep(t testing.TB, home fs.FS) {
	t.Helper()
	err := fs.WalkDir(home, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(home, path)
		if err != nil {
			return fmt.Errorf("keep a scene: %w", err)
		}
		info, err := d.Info()
		if err != nil {
			return fmt.Errorf("keep a scene: %w", err)
		}
		s.files[path] = file{string(text), info.Mode()}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// record answers requests one after the other, so that they can be repeated in the
// order in which the sandbox gave out its ids.
func (s *scene) record(server *sandbox.Server, then *clock, w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		// Who asked has given up while sending: AWS has no such request.
		panic(http.ErrAbortHandler)
	}
	one := asked{request: r.Clone(context.WithoutCancel(r.Context())), body: body, at: time.Now()}
	answer := httptest.NewRecorder()
	r.Body = io.NopCloser(bytes.NewReader(body))
	then.Store(&one.at)
	server.ServeHTTP(answer, r)
	then.Store(nil)
	one.status = answer.Code
	s.asked = append(s.asked, one)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(one.status)
	_, _ = w.Write(answer.Body.Bytes()) // who has gone will miss it
}

// again is a sandbox that was asked the same, at the time of each request.
func (s *scene) again(t testing.TB, o sandbox.Options) *sandbox.Server {
	t.Helper()
	var then clock
	then.Store(&s.begun)
	o.Now = then.now
	server := sandbox.New(o)
	for _, one := range s.asked {
		then.Store(&one.at)
		r, answer := one.request.Clone(t.Context()), httptest.NewRecorder()
		r.Body = io.NopCloser(bytes.NewReader(one.body))
		server.ServeHTTP(answer, r)
		if answer.Code != one.status {
			t.Fatalf("%s %s is answered %d, and was %d: %s", r.Method, r.URL, answer.Code, one.status, answer.Body)
		}
	}
	then.Store(nil)
	return server
}

// furnish puts the files into a home, with the places that they name put right.
func (s *scene) furnish(t testing.TB, home Home, url string) {
	t.Helper()
	moved := strings.NewReplacer(s.url, url, string(s.home), string(home))
	for path, f := range s.files {
		to := filepath.Join(string(home), path)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, []byte(moved.Replace(f.text)), f.mode); err != nil {
			t.Fatal(err)
		}
	}
}
