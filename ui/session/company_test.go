// The tests of the compiled program: what an operator and new admins type, against
// a sandbox that this process serves. With the build tag integration a real
// Terraform is on the PATH, otherwise none.
package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
	"stateroom/steps/terraform"
	"stateroom/ui/wordstest"
)

// runWait bounds a run of the program on a busy machine.
const runWait = 8 * time.Minute

// company is a served sandbox with a finished set-up in the operator's folder.
type company struct {
	t      *testing.T
	server *sandbox.Server
	dir    string
	// mirror is where Terraform finds providers; nil where there is no Terraform.
	mirror map[string]string
	// known are the users whose recipient is in the blueprint, with what opens
	// their handovers.
	known map[string]*age.X25519Identity

	// ahead is by how much the sandbox's clock is ahead of this machine's.
	ahead atomic.Int64

	compile sync.Once
	binary  string
}

// opened serves a sandbox to a company that has nothing but a blueprint; guarded
// names the environments that ask for a second factor.
func opened(t *testing.T, mirror map[string]string, guarded ...string) *company {
	t.Helper()
	c := &company{t: t, dir: filepath.Join(t.TempDir(), "team"), mirror: mirror, known: map[string]*age.X25519Identity{}}
	c.server = sandboxtest.Start(t, sandbox.Options{Now: func() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }})
	c.must(os.MkdirAll(c.dir, 0o700))
	c.must(os.WriteFile(filepath.Join(c.dir, "stateroom.hcl"), c.blueprint(guarded).HCL(), 0o600))
	return c
}

// found lets the compiled program make the set-up.
func (c *company) found(args ...string) *laptop {
	c.t.Helper()
	l := c.operator()
	if made := l.stateroom("", append([]string{"setup", "--yes"}, args...)...); made.code != plan.ExitDone {
		c.t.Fatalf("the setup: %+v", made)
	}
	return l
}

// operator is who sits in the team's own folder, with rights over everything.
func (c *company) operator() *laptop {
	c.t.Helper()
	l := c.laptop("operator")
	l.folder = c.dir
	who := c.server.Operator()
	l.write(".aws/credentials", fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", who.AccessKeyID, who.SecretAccessKey))
	l.write(".aws/config", "[default]\nregion = eu-west-1\n")
	return l
}

var environments = [][2]string{{"staging", "222222222222"}, {"preprod", "333333333333"}, {"production", "444444444444"}}

// blueprint is a team of four, of which the last two have no recipient.
func (c *company) blueprint(guarded []string) *blueprint.Blueprint {
	b := enginetest.Team([]string{"alice", "bob", "carol", "dave"}, "staging", "preprod", "production")
	for i := range b.Environments {
		b.Environments[i].MFA = slices.Contains(guarded, b.Environments[i].Name)
	}
	for _, user := range []string{"alice", "bob"} {
		identity, err := age.GenerateX25519Identity()
		c.must(err)
		c.known[user] = identity
		b.Users = append(b.Users, blueprint.User{Name: user, Recipient: identity.Recipient().String()})
	}
	return b
}

func (c *company) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// probing are the calls of a proof, which is no change.
var probing = []string{"PutObject", "DeleteObject", "PutItem", "DeleteItem"}

// laptop is one person's: a home, a clone of the team's folder, and a terraform on
// PATH that notes how it was started.
type laptop struct {
	*company
	user, base, home, folder string
	// spied is where each Terraform noted its arguments and its environment.
	spied string
	// path is where the laptop's own programs are. Without Terraform there are no
	// others.
	path string
}

func (c *company) laptop(user string) *laptop {
	c.t.Helper()
	base := c.t.TempDir()
	l := &laptop{
		company: c, user: user, base: base, home: filepath.Join(base, "home"), folder: filepath.Join(base, "clone"),
		spied: filepath.Join(base, "spied"), path: filepath.Join(base, "bin"),
	}
	for _, dir := range []string{l.home, l.spied, l.path, filepath.Join(base, "tmp")} {
		c.must(os.MkdirAll(dir, 0o700))
	}
	if c.mirror != nil {
		engine, err := terraform.Find(context.Background(), "", os.Environ())
		c.must(err) // a machine without Terraform fails: CI never skips
		script := "#!/bin/sh\n{ echo \"$@\"; env; } >" + l.spied + "/$$\nexec " + engine.Path + " \"$@\"\n"
		c.must(os.WriteFile(filepath.Join(l.path, "terraform"), []byte(script), 0o700))
	}
	if identity := c.known[user]; identity != nil {
		l.write("identity", identity.String()+"\n")
	}
	return l
}

// clone gives the laptop what the team commits.
func (l *laptop) clone() *laptop {
	l.t.Helper()
	for _, name := range []string{"stateroom.hcl", ".gitignore"} {
		data, err := os.ReadFile(filepath.Join(l.dir, name))
		l.must(err)
		l.must(os.MkdirAll(l.folder, 0o700))
		l.must(os.WriteFile(filepath.Join(l.folder, name), data, 0o600))
	}
	l.must(os.CopyFS(filepath.Join(l.folder, "live"), os.DirFS(filepath.Join(l.dir, "live"))))
	return l
}

func (l *laptop) write(rel, text string) {
	l.t.Helper()
	path := filepath.Join(l.home, filepath.FromSlash(rel))
	l.must(os.MkdirAll(filepath.Dir(path), 0o700))
	l.must(os.WriteFile(path, []byte(text), 0o600))
}

// sealed is the user's handover.
func (l *laptop) sealed() string { return filepath.Join(l.dir, "handover", l.user+".age") }

// environment is all that a child has; nothing of the tester's AWS is in it.
func (l *laptop) environment(more ...string) []string {
	search := l.path
	if l.mirror != nil {
		search += string(os.PathListSeparator) + os.Getenv("PATH")
	}
	endpoint := sandboxtest.Nobody // a rehearsal brings its own
	if l.server != nil {
		endpoint = l.server.URL()
	}
	env := append(sandboxtest.Home(l.home).Environ(endpoint), "PATH="+search, "TMPDIR="+filepath.Join(l.base, "tmp"), "LANG=C.UTF-8")
	for name, value := range l.mirror {
		env = append(env, name+"="+value)
	}
	return append(env, more...)
}

// outcome is what one run of a program left.
type outcome struct {
	code     int
	out, err string
}

// stateroom runs the program in the folder, on the served sandbox.
func (l *laptop) stateroom(input string, args ...string) outcome {
	l.t.Helper()
	return l.run(input, l.program(), append(args, "--endpoint-url", l.server.URL())...)
}

func (l *laptop) program() string {
	l.t.Helper()
	l.compile.Do(func() { l.binary = stepstest.Program(l.t) })
	return l.binary
}

func (l *laptop) run(input, program string, args ...string) outcome {
	l.t.Helper()
	return l.in(l.folder, input, nil, program, args...)
}

func (l *laptop) in(dir, input string, env []string, program string, args ...string) outcome {
	l.t.Helper()
	return l.as(dir, input, l.environment(env...), program, args...)
}

// as runs a program in an environment of the test's own making.
func (l *laptop) as(dir, input string, env []string, program string, args ...string) outcome {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), runWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, env, strings.NewReader(input), &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		l.t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// says fails the test unless the text holds every part.
func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	wordstest.Check(t, "the output", text)
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, text)
		}
	}
}
