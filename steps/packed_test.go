package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
)

// packed is a team whose group's states fill two policies.
func packed() *blueprint.Blueprint {
	b := team()
	for i := range 8 {
		b.Projects = append(b.Projects, blueprint.Project{
			Name: fmt.Sprintf("p%02d", i), Dir: fmt.Sprintf("live/p%02d", i), Environment: "staging", StateKey: fmt.Sprintf("%s/%02d", strings.Repeat("long/", 32), i),
		})
	}
	return b
}

// lacks are the states that alice may not read.
func (w *world) lacks(b *blueprint.Blueprint) (keys []string) {
	w.t.Helper()
	in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String("arn:aws:iam::111111111111:user/alice"), ActionNames: []string{"s3:GetObject"}}
	for _, p := range b.Projects {
		in.ResourceArns = append(in.ResourceArns, "arn:aws:s3:::"+b.Bucket.Name+"/"+p.StateKey)
	}
	out, err := w.hands("").iam.SimulatePrincipalPolicy(context.Background(), in)
	w.must(err)
	for _, r := range out.EvaluationResults {
		if r.EvalDecision != iamtypes.PolicyEvaluationDecisionTypeAllowed {
			keys = append(keys, aws.ToString(r.EvalResourceName))
		}
	}
	return keys
}

// attached counts the group's policies.
func (w *world) attached() int {
	w.t.Helper()
	out, err := w.hands("").iam.ListAttachedGroupPolicies(context.Background(), &iam.ListAttachedGroupPoliciesInput{GroupName: aws.String("admins")})
	w.must(err)
	return len(out.AttachedPolicies)
}

// TestAKillWhileAGroupIsPackedAnewTakesNoStateFromAMember ends a run that turns the states
// of two policies around after each of its calls, and lets the next one finish it.
func TestAKillWhileAGroupIsPackedAnewTakesNoStateFromAMember(t *testing.T) {
	t.Parallel()
	for n := int64(1); ; n++ {
		w := &world{t: t, dir: t.TempDir()}
		w.server = sandboxtest.Prepared(t, sandbox.Options{}, "packed", sandboxtest.Home(w.dir), func(server *sandbox.Server, url string, home sandboxtest.Home) {
			first := &world{t: t, server: server, url: url, dir: string(home), who: server.Operator()}
			first.healthy(first.run(first.setup(packed())))
		})
		w.url, w.who = w.server.URL(), w.server.Operator()
		turned := packed()
		slices.Reverse(turned.Projects)
		before := w.attached()
		ctx, kill := context.WithCancel(context.Background())
		var made atomic.Int64
		w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
			if !e.Mutating || e.Service != "iam" {
				return sandbox.Fault{}
			}
			return sandbox.Fault{After: func(sandbox.Entry) {
				if made.Add(1) == n {
					kill()
				}
			}}
		})
		_, err := w.setup(turned).Run(ctx)
		over := ctx.Err() == nil
		kill()
		w.server.Intercept(nil)
		if lost := w.lacks(turned); len(lost) > 0 {
			t.Fatalf("after %d calls (%v) alice has lost %v", n, err, lost)
		}
		if over {
			if n < 5 {
				t.Errorf("there were %d calls", n-1)
			}
			break
		}
		w.healthy(w.run(w.setup(turned)))
		if lost := w.lacks(turned); len(lost) > 0 {
			t.Fatalf("after the next run alice has lost %v", lost)
		}
		if after := w.attached(); after != before {
			t.Errorf("after %d calls and one more run the group has %d policies in the place of %d", n, after, before)
		}
	}
}
