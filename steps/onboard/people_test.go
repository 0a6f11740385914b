package onboard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

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
)

// office is a finished set-up in a sandbox, with alice's key in this laptop's
// profile and bob's sealed to a key that the test holds.
type office struct {
	t      testing.TB
	server *sandbox.Server
	dir    string
	bob    *age.X25519Identity
	// bare gives bob no recipient, so that a passphrase is needed.
	bare bool

	mu     sync.Mutex
	events []plan.Event
}

// unfurnished is an office before its set-up. The process's AWS environment leads
// nowhere else.
func unfurnished(t testing.TB, change ...func(*blueprint.Blueprint)) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), server: sandboxtest.Start(t, sandbox.Options{})}
	sandboxtest.Home(o.dir).Isolate(t, o.server.URL())
	sandboxtest.Setenv(t, sandboxtest.Keys(o.server.Operator()))
	var err error
	o.bob, err = age.GenerateX25519Identity()
	o.must(err)
	a := o.answers()
	for _, c := range change {
		c(a.Blueprint)
	}
	o.write("stateroom.hcl", string(a.HCL()))
	return o
}

func newOffice(t testing.TB, change ...func(*blueprint.Blueprint)) *office {
	t.Helper()
	o := unfurnished(t, change...)
	a := o.answers()
	a.Me = "alice"
	setup := (&steps.Setup{Env: o.env(), Answers: a}).Flow()
	setup.Emit = func(plan.Event) {}
	setup.Confirm = enginetest.Agree
	summary, err := setup.Run(t.Context())
	o.must(err)
	if code := summary.ExitCode(false); code != plan.ExitDone {
		t.Fatalf("the set-up ended with %d: %v %v", code, summary.Failures, summary.Findings)
	}
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) path(name string) string { return filepath.Join(o.dir, filepath.FromSlash(name)) }

func (o *office) write(name, text string) {
	o.t.Helper()
	o.must(os.MkdirAll(filepath.Dir(o.path(name)), 0o700))
	o.must(os.WriteFile(o.path(name), []byte(text), 0o600))
}

// answers are the blueprint on the disk, or the one that the office begins with.
func (o *office) answers() *blueprint.Answers {
	o.t.Helper()
	b, err := blueprint.Read(o.path("stateroom.hcl"))
	if errors.Is(err, fs.ErrNotExist) {
		b, err = o.first(), nil
	}
	o.must(err)
	return &blueprint.Answers{Blueprint: b}
}

func (o *office) first() *blueprint.Blueprint {
	b := enginetest.Team([]string{"alice", "bob"}, "staging", "production")
	b.Users = []blueprint.User{{Name: "bob", Recipient: o.bob.Recipient().String()}}
	return b
}

// env is what a new process would make of the laptop.
func (o *office) env() *engine.Env {
	o.t.Helper()
	env := enginetest.Env(o.t, nil, o.server.URL(), o.dir, o.first())
	env.Patience = 10 * time.Second
	return env
}

func (o *office) keep(e plan.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c := e.Change; e.Kind == plan.EventChange && !strings.HasPrefix(c.ID, c.FindingID("")) {
		o.t.Errorf("a finding about %s begins with %q", c.ID, c.FindingID(""))
	}
	o.events = append(o.events, e)
}

// flow is a flow of this office as the command line makes one.
func (o *office) flow(a *blueprint.Answers, look func(context.Context, *engine.Env) (plan.Review, error)) *engine.Flow {
	return &engine.Flow{
		Env: o.env(), Answers: a, Steps: steps.Order(), Look: look, Emit: o.keep,
		Confirm: enginetest.Agree,
	}
}

// run runs a flow that is expected to start and to fail in nothing.
func (o *office) run(f *engine.Flow) *plan.Summary {
	o.t.Helper()
	o.events = nil
	summary, err := f.Run(context.Background())
	o.must(err)
	for _, failed := range summary.Failures {
		o.t.Errorf("%s failed: %v", failed.Change.ID, failed.Err)
	}
	return summary
}

// handover is a run of stateroom handover, with what its answers adopt.
func (o *office) handover(user string, adopt ...string) *engine.Flow {
	o.t.Helper()
	a := o.answers()
	a.Adopt = adopt
	if o.bare {
		a.Users, a.Passphrases = nil, true
	}
	h := &Handover{Answers: a, User: user}
	f := o.flow(a, h.Look)
	f.Close = h.Close
	return f
}

// offboard is a run of stateroom offboard.
func (o *office) offboard(user string, adopt ...string) *engine.Flow {
	o.t.Helper()
	a := o.answers()
	a.Adopt = adopt
	f := (&Offboard{Answers: a, User: user, Now: time.Now}).Flow(o.env())
	f.Emit = o.keep
	f.Confirm = enginetest.Agree
	return f
}

// console is somebody in AWS's console.
func (o *office) console() *iam.Client {
	who := o.server.Operator()
	return iam.NewFromConfig(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(o.server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(who.AccessKeyID, who.SecretAccessKey, ""),
	})
}

// home is the operator's session.
func (o *office) home() *awsops.Session { return o.env().Sessions.Home("eu-west-1") }

// keys are the ids of a user's keys, the older first.
func (o *office) keys(user string) []string {
	o.t.Helper()
	keys, err := o.home().AccessKeys(context.Background(), user)
	o.must(err)
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	return ids
}

// opened is a sealed file as its reader opens it.
func (o *office) opened(user string, who age.Identity) handover.Handover {
	o.t.Helper()
	text, err := os.ReadFile(o.path("handover/" + user + ".age"))
	o.must(err)
	plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(text)), who)
	o.must(err)
	data, err := io.ReadAll(plain)
	o.must(err)
	var h handover.Handover
	o.must(json.Unmarshal(data, &h))
	return h
}

// use lets a key be seen in use.
func (o *office) use(h handover.Handover) {
	o.t.Helper()
	_, err := o.env().Sessions.With(h.AccessKeyID, secret.New(h.SecretAccessKey), secret.Secret{}, "eu-west-1").Identity(context.Background())
	o.must(err)
}

// changed are the mutating calls since mark, "Operation" with what it is about.
func (o *office) changed(mark int) []string {
	var calls []string
	for _, e := range o.server.Log()[mark:] {
		if e.Mutating {
			calls = append(calls, e.Operation)
		}
	}
	slices.Sort(calls)
	return calls
}

// planned are the operations that the events announced.
func (o *office) planned() []string {
	var calls []string
	for _, e := range o.events {
		if e.Kind == plan.EventChange {
			for _, c := range e.Change.Calls {
				calls = append(calls, c.Operation)
			}
		}
	}
	slices.Sort(calls)
	return calls
}

// tree is every file with its content.
func (o *office) tree() map[string]string {
	o.t.Helper()
	all := map[string]string{}
	o.must(filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	}))
	return all
}

// secretless fails the test when a secret of the sandbox stands in the events,
// in their JSON or in a file other than those named.
func (o *office) secretless(but ...string) {
	o.t.Helper()
	var told strings.Builder
	for _, e := range o.events {
		fmt.Fprintf(&told, "%+v\n", e)
		if e.Change != nil {
			data, err := json.Marshal(e.Change)
			o.must(err)
			fmt.Fprintf(&told, "%s\n%+v\n", data, *e.Change)
		}
		if e.Summary != nil {
			fmt.Fprintf(&told, "%+v\n", *e.Summary)
		}
		if e.Err != nil {
			told.WriteString(e.Err.Error())
		}
	}
	places := map[string]string{"the events": told.String()}
	for path, text := range o.tree() {
		if !slices.ContainsFunc(but, func(b string) bool { return strings.HasPrefix(path, o.path(b)) }) {
			places[path] = text
		}
	}
	for place, text := range places {
		for _, s := range o.server.Secrets() {
			if strings.Contains(text, s) {
				o.t.Errorf("a secret stands in %s", place)
			}
		}
	}
}

// finding is the finding of that id, or nil.
func (o *office) finding(s *plan.Summary, id string) *plan.Finding {
	for i := range s.Findings {
		if s.Findings[i].ID == id {
			return &s.Findings[i]
		}
	}
	return nil
}

// refusal is the refusal with which a flow does not start.
func (o *office) refusal(f *engine.Flow) *plan.Refusal {
	o.t.Helper()
	mark, before := len(o.server.Log()), o.tree()
	_, err := f.Run(context.Background())
	var r *plan.Refusal
	if !errors.As(err, &r) {
		o.t.Fatalf("not refused: %v", err)
	}
	if calls := o.changed(mark); len(calls) > 0 || len(before) != len(o.tree()) {
		o.t.Errorf("a refused run changed something: %v", calls)
	}
	return r
}
