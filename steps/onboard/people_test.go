package onboard

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/handover"
	"stateroom/steps/plan"
)

// office is where the operator works: a finished set-up, with alice's key in a profile
// of this laptop's and bob's sealed.
type office struct {
	*laptop
	// bare gives bob no recipient, so that a passphrase is needed.
	bare bool
}

func newOffice(t testing.TB, change ...func(*blueprint.Blueprint)) *office {
	t.Helper()
	o := newBuilding(t, change)
	o.finished("alice")
	return o
}

// newBuilding is an office without a sandbox.
func newBuilding(t testing.TB, change []func(*blueprint.Blueprint)) *office {
	t.Helper()
	c := newCompany(t, enginetest.Team(staff, "staging", "production"), []string{"bob"}, change)
	return &office{laptop: &laptop{company: c, user: "alice", home: c.dir, root: c.dir}}
}

// setup is the next stateroom setup over what the office's blueprint says now.
func (o *office) setup() *plan.Summary {
	o.t.Helper()
	a := o.answers()
	a.Me = "alice"
	return o.setUp(a)
}

// env is what a new process would make of the operator's desk.
func (o *office) env() *engine.Env {
	o.t.Helper()
	return o.company.env(o.desk, o.root)
}

// run runs a flow that is expected to start and to fail in nothing.
func (o *office) run(f *engine.Flow) *plan.Summary {
	o.t.Helper()
	o.events = nil
	summary := o.laptop.run(f)
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
	f := (&Handover{Answers: a, User: user}).Flow(o.env())
	f.Emit, f.Confirm = o.keep, enginetest.Agree
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

// use lets a handed over key be seen in use.
func (o *office) use(h *handover.Handover) {
	o.t.Helper()
	_, err := o.as(handover.KeyPair(h)).Identity(context.Background())
	o.must(err)
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
	return tree(o.t, o.dir)
}

// secretless fails the test when a secret of the sandbox stands in the events,
// in their JSON or in a file other than those named.
func (o *office) secretless(but ...string) {
	o.t.Helper()
	for _, e := range o.events {
		o.secretFree("an event of "+string(e.Kind), rendered(o.t, e))
	}
	for path, text := range o.tree() {
		if !slices.ContainsFunc(but, func(b string) bool { return strings.HasPrefix(path, "/"+b) }) {
			o.secretFree(path, []byte(text))
		}
	}
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
