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

type file struct {
	text string
	mode fs.FileMode
}

// scenes are those of this process by name.
var scenes sync.Map

// Prepared serves a sandbox until the test ends in which prepare has been at work
// already, and puts into a home the files that it left there. It works once a process
// for all tests that name it alike and have the same options: each of them has a
// sandbox of the same seed that was asked the same at the same time, and copies of the
// files. The options have no clock and no seed.
func Prepared(t testing.TB, o sandbox.Options, name string, home Home, prepare func(*sandbox.Server, string, Home)) *sandbox.Server {
	t.Helper()
	o.Seed = fmt.Sprintf("%+v\n%s", o, name)
	kept, _ := scenes.LoadOrStore(o.Seed, &scene{})
	s := kept.(*scene)
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
	server := sandbox.New(o)
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.record(t, server, w, r) }))
	defer at.Close()
	s.url, s.home, s.files = at.URL, Home(t.TempDir()), map[string]file{}
	prepare(server, s.url, s.home)
	err := filepath.WalkDir(string(s.home), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		s.files[strings.TrimPrefix(path, string(s.home))] = file{string(text), info.Mode()}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.done = true
}

// record answers requests one after the other, so that they can be repeated in the
// order in which the sandbox gave out its ids.
func (s *scene) record(t testing.TB, server *sandbox.Server, w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	one := asked{request: r.Clone(context.Background()), body: body, at: time.Now()}
	answer := httptest.NewRecorder()
	r.Body = io.NopCloser(bytes.NewReader(body))
	server.ServeHTTP(answer, r)
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
	var then atomic.Pointer[time.Time] // nil is now
	then.Store(&s.begun)
	o.Now = func() time.Time {
		if at := then.Load(); at != nil {
			return *at
		}
		return time.Now()
	}
	server := sandbox.New(o)
	for _, one := range s.asked {
		then.Store(&one.at)
		r, answer := one.request.Clone(context.Background()), httptest.NewRecorder()
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
