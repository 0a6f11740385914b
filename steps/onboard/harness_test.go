package onboard

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/awsops/secret"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
	"stateroom/steps/terraform"
)

// TestMain keeps the tests away from what is the process's own: each has a company, and
// whoever works there a shell.
func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

// company is a sandbox with a finished set-up, and the operator's folder.
type company struct {
	t      testing.TB
	server *sandbox.Server
	// dir is the operator's home, with the team's folder in it.
	dir string
	// desk is where the operator works, by whoever's key.
	desk enginetest.Shell
	// identities open the handovers of the users.
	identities map[string]*age.X25519Identity
	blueprint  *blueprint.Blueprint
	// options are its sandbox's.
	options sandbox.Options
	// all are the sessions of the operator's own, whoever works at the desk.
	all *awsops.Sessions
	// patience is for what AWS does not show yet; short unless set, since what a test gets
	// wrong does not heal.
	patience time.Duration
}

// journalDir is where a laptop keeps the company's journal, below its home.
const journalDir = ".local/state/stateroom/111111111111-acme-terraform-state"

// staff is who works at the company.
var staff = []string{"alice", "bob"}

// readers open what is sealed for the staff. They are the same for every company, so
// that one set-up does for all that differ in nothing else.
var readers = sync.OnceValue(func() map[string]*age.X25519Identity {
	identities := map[string]*age.X25519Identity{}
	for _, user := range staff {
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			panic(err)
		}
		identities[user] = identity
	}
	return identities
})

// newCompany is one without a sandbox, in which keys are sealed for some of the staff.
// change may alter the blueprint.
func newCompany(t testing.TB, b *blueprint.Blueprint, sealed []string, change []func(*blueprint.Blueprint)) *company {
	t.Helper()
	c := &company{t: t, dir: t.TempDir(), identities: maps.Clone(readers()), blueprint: b}
	for _, user := range sealed {
		b.Users = append(b.Users, blueprint.User{Name: user, Recipient: c.identities[user].Recipient().String()})
	}
	for _, to := range change {
		to(b)
	}
	b.FillDefaults()
	return c
}

// movesIn gives the company its sandbox.
func (c *company) movesIn(server *sandbox.Server) {
	c.t.Helper()
	c.server, c.desk = server, enginetest.Operator(c.dir, server)
	c.all = c.desk.Sessions(c.t, c.blueprint.StateRegion)
}

// founded sets a company up, as an operator would who is none of its admins.
func founded(t testing.TB, change ...func(*blueprint.Blueprint)) *company {
	t.Helper()
	c := newCompany(t, enginetest.Team(staff, "staging", "preprod", "production"), staff, change)
	c.finished("")
	return c
}

// finished gives the company a sandbox with a set-up that is well, and with what it
// left at the operator's, who is me.
func (c *company) finished(me string) {
	c.t.Helper()
	text := string(c.blueprint.HCL())
	c.movesIn(sandboxtest.Prepared(c.t, c.options, me+"\n"+text, sandboxtest.Home(c.dir), func(server *sandbox.Server, url string, home sandboxtest.Home) {
		b, err := blueprint.Parse("stateroom.hcl", []byte(text))
		c.must(err)
		desk := enginetest.Shell{Home: home, URL: url}.As(server.Operator())
		s := c.nineSteps(c.env(desk, string(home)), &blueprint.Answers{Blueprint: b, Me: me})
		if s.ExitCode(false) != plan.ExitDone {
			c.t.Fatalf("the setup ended with %d: %v %v", s.ExitCode(false), s.Failures, s.Findings)
		}
	}))
}

func (c *company) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// iam is the operator's session in the admin account.
func (c *company) iam() *awsops.Session { return c.all.Home(c.blueprint.StateRegion) }

// as is the session of a user's key.
func (c *company) as(pair awsops.KeyPair) *awsops.Session {
	return c.all.With(pair.ID, pair.Secret, secret.Secret{}, c.blueprint.StateRegion)
}

// setUp runs the nine steps at the operator's desk.
func (c *company) setUp(a *blueprint.Answers) *plan.Summary {
	c.t.Helper()
	return c.nineSteps(c.env(c.desk, c.dir), a)
}

func (c *company) nineSteps(env *engine.Env, a *blueprint.Answers) *plan.Summary {
	c.t.Helper()
	run := (&steps.Setup{Env: env, Answers: a}).Flow()
	run.Emit = func(plan.Event) {}
	run.Confirm = enginetest.Agree
	summary, err := run.Run(context.Background())
	c.must(err)
	return summary
}

// env is what a process that starts in a shell makes of a clone of the team's folder.
func (c *company) env(shell enginetest.Shell, root string) *engine.Env {
	c.t.Helper()
	env := shell.Env(c.t, root, c.blueprint)
	env.Patience = cmp.Or(c.patience, 2*time.Second)
	return env
}

// keys are the ids of a user's access keys, the older first, as the operator sees them.
func (c *company) keys(user string) []string {
	c.t.Helper()
	keys, err := c.iam().AccessKeys(context.Background(), user)
	c.must(err)
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	return ids
}

// opened is a user's sealed file below a folder, as the user opens it; nil where there
// is none.
func (c *company) opened(root, user string) *handover.Handover {
	c.t.Helper()
	sealed, err := os.ReadFile(filepath.Join(root, "handover", user+".age"))
	if os.IsNotExist(err) {
		return nil
	}
	c.must(err)
	h, err := handover.Open(sealed, handover.Unlock{Identity: []byte(c.identities[user].String())})
	c.must(err)
	return h
}

// laptop is one admin's: a home and a clone of the team's folder.
type laptop struct {
	*company
	user       string
	home, root string
	// variables are set in its shell besides the home's.
	variables engine.Environment
	engine    *terraform.Engine

	mu     sync.Mutex
	events []plan.Event
}

// laptop gives a user a new one, with a clone of the team's folder.
func (c *company) laptop(user string) *laptop {
	c.t.Helper()
	base := c.t.TempDir()
	l := &laptop{company: c, user: user, home: filepath.Join(base, "home"), root: filepath.Join(base, "clone")}
	c.must(os.MkdirAll(l.home, 0o700))
	for _, name := range []string{"stateroom.hcl", ".gitignore", "live"} {
		c.must(copyTree(filepath.Join(c.dir, name), filepath.Join(l.root, name)))
	}
	return l
}

// shell is this laptop's, for a run by somebody's key; an empty one is nobody's, for
// who acts as profiles alone.
func (l *laptop) shell(key awsops.KeyPair) enginetest.Shell {
	return enginetest.Shell{Home: sandboxtest.Home(l.home), URL: l.server.URL(), Key: &key, Variables: l.variables}
}

// profile is the session of a profile of this laptop's.
func (l *laptop) profile(name string) (*awsops.Session, error) {
	l.t.Helper()
	return l.shell(awsops.KeyPair{}).Sessions(l.t, l.blueprint.StateRegion).Profile(context.Background(), name, l.blueprint.StateRegion)
}

func copyTree(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

func (l *laptop) path(rel string) string { return filepath.Join(l.home, filepath.FromSlash(rel)) }

// write puts a file below the home.
func (l *laptop) write(rel, text string) {
	l.t.Helper()
	l.must(os.MkdirAll(filepath.Dir(l.path(rel)), 0o700))
	l.must(os.WriteFile(l.path(rel), []byte(text), 0o600))
}

func (l *laptop) mkdir(path string) {
	l.t.Helper()
	l.must(os.MkdirAll(path, 0o700))
}

// read is a file below the home, empty when it is not there.
func (l *laptop) read(rel string) string {
	l.t.Helper()
	data, err := os.ReadFile(l.path(rel))
	if err != nil && !os.IsNotExist(err) {
		l.t.Fatal(err)
	}
	return string(data)
}

// handed opens the file that the set-up made for the user.
func (l *laptop) handed() *handover.Handover {
	l.t.Helper()
	h := l.opened(l.dir, l.user)
	if h == nil {
		l.t.Fatalf("nothing is sealed for %s", l.user)
	}
	return h
}

// answers are what the repository says.
func (l *laptop) answers() *blueprint.Answers {
	l.t.Helper()
	b, err := blueprint.Read(filepath.Join(l.root, "stateroom.hcl"))
	l.must(err)
	return &blueprint.Answers{Blueprint: b}
}

// onboarding is one with a handover, as a new process would start it; nil comes
// back.
func (l *laptop) onboarding(h *handover.Handover) (*Onboarding, *engine.Flow) {
	l.t.Helper()
	o := &Onboarding{Answers: l.answers(), Handover: h, Now: time.Now}
	pair := awsops.KeyPair{}
	if h != nil {
		pair, o.KeyID = handover.KeyPair(h), h.AccessKeyID
	}
	return o, l.flow(o, pair)
}

func (l *laptop) flow(o *Onboarding, pair awsops.KeyPair) *engine.Flow {
	l.t.Helper()
	env := l.env(l.shell(pair), l.root)
	if l.engine != nil {
		env.Engine, env.EngineErr = l.engine, nil
	}
	f := o.Flow(env)
	f.Emit = l.keep
	f.Confirm = enginetest.Agree
	return f
}

func (l *laptop) keep(e plan.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := e.Change; e.Kind == plan.EventChange && !strings.HasPrefix(c.ID, c.FindingID("")) {
		l.t.Errorf("a finding about %s begins with %q", c.ID, c.FindingID(""))
	} else if e.Kind == plan.EventChange && strings.Contains(c.Title, "arn:") {
		l.t.Errorf("the title of %s names a thing by its ARN: %s", c.ID, c.Title)
	}
	l.events = append(l.events, e)
}

// run runs an onboarding that is expected to start.
func (l *laptop) run(f *engine.Flow) *plan.Summary {
	l.t.Helper()
	summary, err := f.Run(context.Background())
	l.must(err)
	l.provesNothingStopped(summary)
	return summary
}

// provesNothingStopped fails the test where Terraform was let plan in a project although a
// failing finding stops what it rests on.
func (l *laptop) provesNothingStopped(s *plan.Summary) {
	l.t.Helper()
	for _, p := range l.blueprint.Projects {
		at := slices.IndexFunc(s.Checks, func(c plan.Check) bool { return c.Name == checkPlan && c.Subject == p.Name })
		for _, f := range s.Findings {
			stopped := slices.Contains(f.Stops, plan.ProjectID(p.Name)) || slices.Contains(f.Stops, steps.RoleChange(p.Environment))
			if at >= 0 && stopped && (s.Checks[at].Verdict != plan.Undecided || !strings.HasPrefix(s.Checks[at].Answer, "not tested, because ")) {
				l.t.Errorf("%s stops %v, and %+v", f.ID, f.Stops, s.Checks[at])
			}
		}
	}
}

// come runs an onboarding with a handover, or one that comes back.
func (l *laptop) come(h *handover.Handover) *plan.Summary {
	l.t.Helper()
	_, f := l.onboarding(h)
	return l.run(f)
}

// onBoard fails the test unless the run ended with nothing wrong.
func (l *laptop) onBoard(s *plan.Summary) {
	l.t.Helper()
	for _, f := range s.Failures {
		l.t.Errorf("%s failed: %v", f.Change.ID, f.Err)
	}
	for _, f := range s.Findings {
		if f.Severity != plan.Info {
			l.t.Errorf("finding %s", f)
		}
	}
	for _, c := range s.Checks {
		if c.Verdict == plan.Failed {
			l.t.Errorf("check %s of %s: %s", c.Name, c.Subject, c.Answer)
		}
	}
	if code := s.ExitCode(false); code != plan.ExitDone {
		l.t.Errorf("exit code %d, want 0", code)
	}
}

// heldKey is the access key id in a profile.
func (l *laptop) heldKey(profile string) string {
	l.t.Helper()
	_, after, _ := strings.Cut(l.read(".aws/credentials"), "["+profile+"]")
	_, after, _ = strings.Cut(after, "aws_access_key_id = ")
	id, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(id)
}

// mine fails the test unless the profile holds the user's only key and it works.
func (l *laptop) mine(profile string) {
	l.t.Helper()
	held := l.heldKey(profile)
	if keys := l.keys(l.user); !slices.Equal(keys, []string{held}) {
		l.t.Errorf("IAM has %v, the profile holds %s", keys, held)
	}
	s, err := l.profile(profile)
	l.must(err)
	if id, err := s.Identity(context.Background()); err != nil || id.Name != l.user {
		l.t.Errorf("the profile's key is %+v, %v", id, err)
	}
}

// changed are the mutating calls since mark, in order of their names.
func (c *company) changed(mark int) []string {
	var calls []string
	for _, e := range c.server.Log()[mark:] {
		if e.Mutating {
			calls = append(calls, e.Operation)
		}
	}
	slices.Sort(calls)
	return calls
}

// mutations are the mutating calls since mark as they came, probes aside.
func (c *company) mutations(mark int) []string {
	var calls []string
	for _, e := range c.server.Log()[mark:] {
		probe := e.Operation == "PutObject" || e.Operation == "DeleteObject" || e.Operation == "PutItem" || e.Operation == "DeleteItem"
		if e.Mutating && !probe {
			calls = append(calls, e.Service+":"+e.Operation)
		}
	}
	return calls
}

// finding is the finding of that id, or nil.
func finding(s *plan.Summary, id string) *plan.Finding {
	for i := range s.Findings {
		if s.Findings[i].ID == id {
			return &s.Findings[i]
		}
	}
	return nil
}

// verdict is what a check of a subject came to, empty when it was not made.
func verdict(s *plan.Summary, subject, name string) plan.Verdict {
	for _, c := range s.Checks {
		if c.Subject == subject && c.Name == name {
			return c.Verdict
		}
	}
	return ""
}

// says fails the test unless the text holds every part.
func says(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the message does not say %q:\n%s", part, text)
		}
	}
}

// secretFree fails the test where a secret of the sandbox stands in text.
func (c *company) secretFree(name string, text []byte) {
	c.t.Helper()
	for _, secret := range c.server.Secrets() {
		if bytes.Contains(text, []byte(secret)) {
			c.t.Errorf("%s holds a secret", name)
		}
	}
}

// rendered is a value in every form in which it could be shown: as text and, with
// its changes, as JSON.
func rendered(t testing.TB, value any) []byte {
	t.Helper()
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s", value, value, value, value)
	switch v := value.(type) {
	case plan.Event:
		for _, part := range []any{v.Change, v.Finding, v.Check} {
			data, err := json.Marshal(part)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(data)
		}
		if v.Change != nil {
			fmt.Fprintf(&out, "%+v", *v.Change)
		}
		if v.Summary != nil {
			fmt.Fprintf(&out, "%+v", *v.Summary)
		}
		if v.Err != nil {
			out.WriteString(v.Err.Error())
		}
	}
	return out.Bytes()
}

// The parts of a key pair that AWS's own documentation shows.
const (
	sampleID     = "AKIAIOSFODNN7EXAMPLE"
	sampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)
