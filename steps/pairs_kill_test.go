//go:build !race && !integration

// Kills of one of two who set up at once, of the compiled program: of them neither
// the race detector nor a real Terraform has anything to tell.

package steps

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/stepstest"
)

// TestWhoLosesTheAliasAndIsKilledIsFinishedByTheNext kills the loser of the
// alias at each of its changes from then on, before and after the work.
func TestWhoLosesTheAliasAndIsKilledIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	binary := stepstest.Program(t)
	for n, met := 0, true; met; n++ {
		met = false
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %v", n, after), func(t *testing.T) {
				t.Parallel()
				p := newPair(t, binary)
				met = p.killTheLoser(n, after)
				for _, who := range p.people {
					if got := p.setUp(who); got.code != 0 {
						t.Errorf("%s's next setup: %d\n%s%s", who.name, got.code, got.out, got.err)
					}
				}
				p.agree()
				p.nothingLost()
				if third := p.setUp(p.people[0]); third.code != 0 || !strings.Contains(third.out, "No changes") {
					t.Errorf("a further setup: %d\n%s%s", third.code, third.out, third.err)
				}
			})
		}
	}
}

// killTheLoser lets two make a key each, and the second one finish while the first is
// about to take the alias; it kills the first at the n-th change from there on. It
// tells whether there was one.
func (p *pair) killTheLoser(n int, after bool) bool {
	p.t.Helper()
	loser, winner := p.people[0], p.people[1]
	cmd := p.command(loser, "setup", "--yes", "--me", loser.name, "--endpoint-url", p.server.URL())
	var mu sync.Mutex
	seen := -1
	planned, aliasing, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	hasPlanned, isAliasing := sync.OnceFunc(func() { close(planned) }), sync.OnceFunc(func() { close(aliasing) })
	p.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		switch {
		case e.Caller == winner.arn && e.Operation == "CreateKey": // it has seen no key
			hasPlanned()
			<-aliasing
		case e.Caller == loser.arn && e.Operation == "CreateKey":
			<-planned
		case e.Caller == loser.arn && e.Operation == "CreateAlias":
			isAliasing()
			<-done
		}
		if e.Caller != loser.arn || !e.Mutating {
			return sandbox.Fault{}
		}
		mu.Lock()
		defer mu.Unlock()
		if seen < 0 && e.Operation != "CreateAlias" {
			return sandbox.Fault{}
		}
		seen++
		if seen != n {
			return sandbox.Fault{}
		}
		kill := func(sandbox.Entry) { _ = cmd.Process.Kill() }
		if after {
			return sandbox.Fault{DropAnswer: true, After: kill}
		}
		kill(e)
		return sandbox.Fault{DropRequest: true}
	})
	p.must(cmd.Start())
	got := p.setUp(winner)
	if got.code != 0 { // the other one has made what this one set out to
		got = p.setUp(winner)
	}
	if got.code != 0 {
		p.t.Errorf("the winner: %d\n%s%s", got.code, got.out, got.err)
	}
	close(done)
	_ = cmd.Wait() // killed, or done when there was no n-th change
	p.server.Intercept(nil)
	return seen >= n
}

// oldState is what a version of a state holds that was written with the key that
// lost its alias.
const oldState = `{"version":4}`

// met lets two first set-ups meet of which the second one wins the alias, while the
// first is killed; the bucket demands the first one's key, as it did once after such
// a meeting. A stored version may need that key.
func (p *pair) met(needed bool) (lost string) {
	p.t.Helper()
	ctx, bucket := p.t.Context(), aws.String("acme-terraform-state")
	p.killTheLoser(0, true)
	keys := kms.NewFromConfig(p.config)
	named, err := keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(blueprint.DefaultKeyAlias)})
	p.must(err)
	listed, err := keys.ListKeys(ctx, &kms.ListKeysInput{})
	p.must(err)
	for _, k := range listed.Keys {
		if *k.KeyArn != *named.KeyMetadata.Arn {
			lost = *k.KeyArn
		}
	}
	if len(listed.Keys) != 2 || lost == "" {
		p.t.Fatalf("%d keys, want two", len(listed.Keys))
	}
	_, err = keys.EnableKey(ctx, &kms.EnableKeyInput{KeyId: &lost}) // a winner that had to look twice has disabled it
	p.must(err)
	store := s3.NewFromConfig(p.config, func(o *s3.Options) { o.UsePathStyle = true })
	policy, err := store.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucket})
	p.must(err)
	_, err = store.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(strings.ReplaceAll(*policy.Policy, *named.KeyMetadata.Arn, lost))})
	p.must(err)
	_, err = store.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: bucket, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
		Rules: []s3types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: &lost},
			BucketKeyEnabled:                   aws.Bool(true),
		}},
	}})
	p.must(err)
	if needed {
		_, err = store.PutObject(ctx, &s3.PutObjectInput{
			Bucket: bucket, Key: aws.String("common/old"), Body: strings.NewReader(oldState), ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: &lost,
		})
		p.must(err)
	}
	return lost
}

// killAt kills one of them at the n-th change of a set-up, before the work is done or
// when it is done and the answer has not left. It tells whether there was one.
func (p *pair) killAt(who person, n int64, after bool) bool {
	p.t.Helper()
	cmd := p.command(who, "setup", "--yes", "--me", who.name, "--endpoint-url", p.server.URL())
	var seen atomic.Int64
	ready := make(chan struct{})
	kill := func(sandbox.Entry) { _ = cmd.Process.Kill() }
	p.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		<-ready
		switch {
		case !e.Mutating || seen.Add(1) != n:
			return sandbox.Fault{}
		case after:
			return sandbox.Fault{DropAnswer: true, After: kill}
		}
		kill(e)
		return sandbox.Fault{DropRequest: true}
	})
	p.must(cmd.Start())
	close(ready)
	_ = cmd.Wait() // killed, or done when there was no n-th change
	p.server.Intercept(nil)
	return seen.Load() >= n
}

// readable fails the test unless what was stored with the lost key can be read.
func (p *pair) readable() {
	p.t.Helper()
	store := s3.NewFromConfig(p.config, func(o *s3.Options) { o.UsePathStyle = true })
	got, err := store.GetObject(p.t.Context(), &s3.GetObjectInput{Bucket: aws.String("acme-terraform-state"), Key: aws.String("common/old")})
	if err != nil {
		p.t.Errorf("what is stored cannot be read: %v", err)
		return
	}
	if text, err := io.ReadAll(got.Body); string(text) != oldState || err != nil {
		p.t.Errorf("what is stored is read as %q, %v", text, err)
	}
}

// TestARepairThatIsKilledAtAnyCallIsFinishedByTheNext kills the set-up that puts in
// order what two first set-ups have left, and lets either of the two go on.
func TestARepairThatIsKilledAtAnyCallIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	binary, stride, kills := stepstest.Program(t), int64(stepstest.Stride(t)), 0
	for i, run := range []struct{ needed, after bool }{{false, false}, {true, true}, {true, false}, {false, true}} {
		for n, met := 1+int64(i)%stride, true; met; n += stride {
			met = false
			t.Run(fmt.Sprintf("%d %+v", n, run), func(t *testing.T) {
				p := newPair(t, binary)
				lost := p.met(run.needed)
				first, second := p.people[n%2], p.people[1-n%2]
				if met = p.killAt(first, n, run.after); met {
					kills++
				}
				for _, who := range []person{second, first} {
					if got := p.setUp(who); got.code != 0 {
						t.Errorf("%s's next setup: %d\n%s%s", who.name, got.code, got.out, got.err)
					}
				}
				if run.needed {
					p.agree(lost)
					p.readable()
				} else {
					p.agree()
				}
				p.nothingLost()
				for _, who := range p.people {
					if third := p.setUp(who); third.code != 0 || !strings.Contains(third.out, "No changes") {
						t.Errorf("%s's further setup: %d\n%s%s", who.name, third.code, third.out, third.err)
					}
				}
			})
		}
	}
	t.Logf("%d kills", kills)
	if kills < 40/int(stride) {
		t.Errorf("only %d kills happened", kills)
	}
}
