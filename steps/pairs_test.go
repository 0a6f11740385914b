//go:build !race && !integration

// Two programs at once, compiled, each with a home and a clone of its own: of
// them neither the race detector nor a real Terraform has anything to tell.

package steps

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
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
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/stepstest"
)

// pairPatience bounds one run of the program on a busy machine.
const pairPatience = 3 * time.Minute

// ending is what one run of the program left.
type ending struct {
	code     int
	out, err string
}

// pair are two operators with a home and a clone each, over one AWS.
type pair struct {
	t      *testing.T
	binary string
	server *sandbox.Server
	config aws.Config
	people []person
}

// person is one of them. The name is an admin's, too.
type person struct {
	name, home, clone, arn string
	key                    sandbox.Credentials
}

// pairBlueprint is what both have in their clone.
func pairBlueprint(t *testing.T) []byte {
	t.Helper()
	b := enginetest.Team([]string{"alice", "bob"}, "production")
	for _, user := range b.Groups[0].Users {
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		b.Users = append(b.Users, blueprint.User{Name: user, Recipient: identity.Recipient().String()})
	}
	return b.HCL()
}

func newPair(t *testing.T, binary string) *pair {
	t.Helper()
	p := &pair{t: t, binary: binary, server: sandboxtest.Start(t, sandbox.Options{})}
	who := p.server.Operator()
	p.config = aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(p.server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(who.AccessKeyID, who.SecretAccessKey, ""),
	}
	blueprint := pairBlueprint(t)
	for _, name := range []string{"alice", "bob"} {
		one := person{name: name, home: t.TempDir(), clone: t.TempDir()}
		one.key, one.arn = p.operator("operator-of-" + name)
		p.must(os.WriteFile(filepath.Join(one.clone, "stateroom.hcl"), blueprint, 0o600))
		p.people = append(p.people, one)
	}
	return p
}

func (p *pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// operator makes a user with every right.
func (p *pair) operator(name string) (sandbox.Credentials, string) {
	c := iam.NewFromConfig(p.config)
	user, err := c.CreateUser(p.t.Context(), &iam.CreateUserInput{UserName: &name})
	p.must(err)
	_, err = c.AttachUserPolicy(p.t.Context(), &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
	p.must(err)
	made, err := c.CreateAccessKey(p.t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	p.must(err)
	return sandbox.Credentials{AccessKeyID: *made.AccessKey.AccessKeyId, SecretAccessKey: *made.AccessKey.SecretAccessKey}, *user.User.Arn
}

// command is the program as one of them runs it.
func (p *pair) command(who person, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(p.t.Context(), p.binary, args...)
	cmd.Dir, cmd.WaitDelay = who.clone, 10*time.Second
	cmd.Env = slices.Concat(sandboxtest.Home(who.home).Environ(p.server.URL()), sandboxtest.Keys(who.key),
		[]string{"PATH=" + who.home, "TMPDIR=" + who.home, "AWS_DEFAULT_REGION=eu-west-1"})
	return cmd
}

func (p *pair) run(who person, args ...string) ending {
	p.t.Helper()
	cmd := p.command(who, append(args, "--endpoint-url", p.server.URL())...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	timer := time.AfterFunc(pairPatience, func() { _ = cmd.Cancel() })
	defer timer.Stop()
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		p.t.Error(err)
	}
	return ending{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

func (p *pair) setUp(who person) ending { return p.run(who, "setup", "--yes", "--me", who.name) }

// both runs something for both at once.
func (p *pair) both(do func(person) ending, ended func(person)) []ending {
	got := make([]ending, len(p.people))
	var wg sync.WaitGroup
	for i, who := range p.people {
		wg.Go(func() {
			got[i] = do(who)
			ended(who)
		})
	}
	wg.Wait()
	return got
}

// meeting is one interleaving: the first one's hold waits until the second one's
// until has been answered, or the second one has ended.
type meeting struct{ hold, until string }

func (m meeting) String() string {
	if m.hold == "" {
		return "free"
	}
	return m.hold + " after " + m.until
}

// arrange lets the two meet so, and gives what is to be called when one ends.
func (p *pair) arrange(m meeting) (ended func(person)) {
	if m.hold == "" {
		return func(person) {}
	}
	var once sync.Once
	open := make(chan struct{})
	let := func() { once.Do(func() { close(open) }) }
	first, second := p.people[0], p.people[1]
	p.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		switch {
		case e.Caller == first.arn && e.Operation == m.hold:
			<-open
		case e.Caller == second.arn && e.Operation == m.until:
			return sandbox.Fault{After: func(sandbox.Entry) { let() }}
		}
		return sandbox.Fault{}
	})
	return func(who person) {
		if who.arn == second.arn {
			let()
		}
	}
}

// meetings are the seeds' interleavings: the ones that lost something first, then
// drawn ones, and free runs between them.
func meetings(seeds int) []meeting {
	all := []meeting{
		{"CreateAlias", "CreateKey"},
		{"CreateAlias", "PutBucketPolicy"},
		{},
		{"CreateBucket", "PutBucketEncryption"},
		{"PutBucketPolicy", "PutBucketPolicy"},
		{"CreateTable", "CreateTable"},
	}
	moments := []string{
		"CreateKey", "CreateAlias", "EnableKeyRotation", "CreateBucket", "PutBucketVersioning", "PutBucketEncryption", "PutBucketPolicy",
		"CreateTable", "UpdateContinuousBackups", "CreatePolicy", "AttachGroupPolicy", "CreateGroup", "CreateUser", "CreateRole", "CreateAccessKey", "AddUserToGroup",
	}
	for seed := len(all); seed < seeds; seed++ {
		if seed%3 == 0 {
			all = append(all, meeting{})
			continue
		}
		draw := rand.New(rand.NewPCG(uint64(seed), 9))
		all = append(all, meeting{moments[draw.IntN(len(moments))], moments[draw.IntN(len(moments))]})
	}
	return all[:min(seeds, len(all))]
}

// TestTwoWhoSetUpAtOnceEndWithOneKeyThatEverythingNames is two first set-ups of
// one blueprint from two homes: whatever they do to each other, one of them
// goes on with what the other made.
func TestTwoWhoSetUpAtOnceEndWithOneKeyThatEverythingNames(t *testing.T) {
	t.Parallel()
	binary := stepstest.Program(t)
	var asked, announced atomic.Int64
	t.Cleanup(func() { // when the parallel ones have ended
		if asked.Load() == 0 {
			t.Error("in no meeting anybody had a key to ask with")
		}
		if announced.Load() == 0 {
			t.Error("in no meeting anybody lost the alias")
		}
	})
	for seed, m := range meetings(stepstest.Seeds(t)) {
		t.Run(fmt.Sprintf("%02d %s", seed, m), func(t *testing.T) {
			t.Parallel()
			p := newPair(t, binary)
			got := p.both(p.setUp, p.arrange(m))
			p.server.Intercept(nil)
			announced.Add(int64(p.announced(got)))
			for i, o := range got {
				if o.code == 0 {
					continue
				}
				t.Logf("%s: exit code %d\n%s%s", p.people[i].name, o.code, o.out, o.err)
				if again := p.setUp(p.people[i]); !strings.Contains(o.out+o.err, "stateroom setup") || again.code != 0 {
					t.Errorf("what %s was told to do ends with %d:\n%s%s", p.people[i].name, again.code, again.out, again.err)
				}
			}
			p.agree()
			p.nothingLost()
			for _, who := range p.people {
				third := p.setUp(who)
				if third.code != 0 || !strings.Contains(third.out, "No changes") {
					t.Errorf("%s's next setup: %d\n%s%s", who.name, third.code, third.out, third.err)
				}
			}
			asked.Add(int64(p.healthy()))
		})
	}
}

// announced counts who disabled a key, and holds that their plan said so before it
// was confirmed.
func (p *pair) announced(got []ending) (losers int) {
	p.t.Helper()
	for i, who := range p.people {
		if !slices.ContainsFunc(p.server.Log(), func(e sandbox.Entry) bool { return e.Caller == who.arn && e.Operation == "DisableKey" }) {
			continue
		}
		losers++
		plan, _, _ := strings.Cut(got[i].out, ": done in ")
		if !strings.Contains(strings.Join(strings.Fields(plan), " "), "is disabled again and not deleted") {
			p.t.Errorf("%s's plan does not say that a key which loses the alias is disabled:\n%s", who.name, got[i].out)
		}
	}
	return losers
}

// healthy is a checkup at the desk of each who has a key of their own by now;
// the other one's key may wait in the other's clone.
func (p *pair) healthy() (asked int) {
	p.t.Helper()
	for _, who := range p.people {
		if text, err := os.ReadFile(filepath.Join(who.home, ".aws", "credentials")); err != nil || !bytes.Contains(text, []byte("[admin_iam]")) {
			continue
		}
		asked++
		if health := p.run(who, "troubleshoot", "--plain"); health.code != 0 {
			p.t.Errorf("it is not healthy at %s's: %d\n%s%s", who.name, health.code, health.out, health.err)
		}
	}
	return asked
}

// agree holds that there is one enabled key, and that everything names it. Stored
// versions may need others: these stay enabled, and the group may read with them.
func (p *pair) agree(needed ...string) {
	p.t.Helper()
	ctx, keys, buckets, people := p.t.Context(), kms.NewFromConfig(p.config), s3.NewFromConfig(p.config, func(o *s3.Options) { o.UsePathStyle = true }), iam.NewFromConfig(p.config)
	named, err := keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(blueprint.DefaultKeyAlias)})
	p.must(err)
	arn := *named.KeyMetadata.Arn
	listed, err := keys.ListKeys(ctx, &kms.ListKeysInput{})
	p.must(err)
	for _, k := range listed.Keys {
		one, err := keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: k.KeyArn})
		p.must(err)
		enabled := *k.KeyArn == arn || slices.Contains(needed, *k.KeyArn)
		if state := one.KeyMetadata.KeyState; (state == kmstypes.KeyStateEnabled) != enabled || state == kmstypes.KeyStatePendingDeletion {
			p.t.Errorf("key %s is %s, and the alias points at %s", *k.KeyArn, state, arn)
		}
	}
	texts := map[string]string{}
	bucket := aws.String("acme-terraform-state")
	doc, err := buckets.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucket})
	p.must(err)
	texts["the bucket policy"] = *doc.Policy
	encryption, err := buckets.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: bucket})
	p.must(err)
	texts["the default encryption"] = aws.ToString(encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID)
	for _, who := range p.people {
		text, err := os.ReadFile(filepath.Join(who.clone, "common-production", "backend.tf"))
		if err != nil {
			text, err = os.ReadFile(filepath.Join(who.clone, "live", "production", "backend.tf"))
		}
		p.must(err)
		texts[who.name+"'s backend.tf"] = string(text)
	}
	attached, err := people.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{GroupName: aws.String("admins")})
	p.must(err)
	all := ""
	for _, a := range attached.AttachedPolicies {
		policy, err := people.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: a.PolicyArn})
		p.must(err)
		version, err := people.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: a.PolicyArn, VersionId: policy.Policy.DefaultVersionId})
		p.must(err)
		all += *version.PolicyVersion.Document
	}
	all = strings.ReplaceAll(strings.ReplaceAll(all, "%3A", ":"), "%2F", "/")
	for _, other := range needed {
		if !strings.Contains(all, other) {
			p.t.Errorf("the group may not read with %s, which stored versions need", other)
		}
		all = strings.ReplaceAll(all, other, "")
	}
	texts["the group's policies"] = all
	for place, text := range texts {
		if !strings.Contains(text, arn) || strings.Count(text, ":key/") != strings.Count(text, arn) {
			p.t.Errorf("%s names a different key than %s: %s", place, arn, text)
		}
	}
}

// nothingLost holds that the secret of every key that works is in somebody's
// profile or in a sealed file.
func (p *pair) nothingLost() {
	p.t.Helper()
	var held strings.Builder
	for _, who := range p.people {
		for _, root := range []string{who.home, who.clone} {
			p.must(filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
				if err != nil || !e.Type().IsRegular() {
					return err
				}
				text, err := os.ReadFile(path)
				held.WriteString(path + "\n" + string(text) + "\n")
				return err
			}))
		}
	}
	c := iam.NewFromConfig(p.config)
	for _, user := range []string{"alice", "bob"} {
		keys, err := c.ListAccessKeys(p.t.Context(), &iam.ListAccessKeysInput{UserName: &user})
		p.must(err)
		active := slices.DeleteFunc(keys.AccessKeyMetadata, func(k iamtypes.AccessKeyMetadata) bool { return k.Status != iamtypes.StatusTypeActive })
		if len(active) == 0 {
			p.t.Errorf("%s has no key", user)
		}
		for _, k := range active {
			if !strings.Contains(held.String(), *k.AccessKeyId) {
				p.t.Errorf("%s's key %s works, and nobody has it", user, *k.AccessKeyId)
			}
		}
	}
}
