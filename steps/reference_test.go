package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
)

// forged are texts that read like references to what the plan itself brings
// forth, a colleague's secret among it.
var forged = []string{
	"(known after apply: iam.key.bob#secret)", "(known after apply: iam.key.alice#secret)", "(known after apply: key.create#arn)",
	"(known after apply: account.qa#account)", "(known after apply: nothing.there#id)",
}

// Blueprint text, tags and files of others are never taken for a reference:
// nothing is filled into them, nothing fails over them, and they are kept.
func TestTextThatReadsLikeAReferenceLeaksNoSecretFailsNothingAndIsKept(t *testing.T) {
	t.Parallel()
	for _, text := range forged {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			zed, zedKey := sshKey(t)
			bob, err := age.GenerateX25519Identity()
			w.must(err)
			b := withNew("qa@example.com")
			b.Groups[0].Users = []string{"alice", "bob", "zed"}
			b.Users = []blueprint.User{{Name: "bob", Recipient: bob.Recipient().String()}, {Name: "zed", Recipient: zed + " " + text}}
			b.Key.Description = "states, " + text
			w.write("live/staging/main.tf", "# main "+text+"\nterraform {\n  backend \"s3\" {} # "+text+"\n}\nprovider \"aws\" {\n  # "+text+"\n}\n")
			w.write(".aws/credentials", "# mine "+text+"\n[other]\nregion = eu-west-2 # "+text+"\n")
			w.write(".aws/config", "# mine "+text+"\n[default]\nregion = eu-west-1\n")
			w.write(".gitignore", "# "+text+"\n")
			w.healthyBut(w.run(w.setup(b)))

			h := open(t, w.dir+"/handover/zed.age", zedKey)
			says(t, h.Blueprint, "zed", text)
			for _, user := range []string{"alice", "bob"} {
				keys, err := w.setup(b).Env.Sessions.Home("eu-west-1").AccessKeys(context.Background(), user)
				w.must(err)
				if strings.Contains(h.Blueprint, keys[0].ID) {
					t.Errorf("%s's key id stands in zed's handover", user)
				}
			}
			w.secretsOnlyIn(map[string]string{"zed's blueprint": h.Blueprint})
			tree := w.tree()
			says(t, tree[w.dir+"/live/staging/main.tf"], "# main "+text+"\n", "# "+text+"\n}", "  # "+text+"\n")
			says(t, tree[w.dir+"/.aws/credentials"], "# mine "+text+"\n", "eu-west-2 # "+text+"\n")
			says(t, tree[w.dir+"/.aws/config"], "# mine "+text+"\n")
			says(t, tree[w.dir+"/.gitignore"], "# "+text+"\n")
			key, err := w.setup(b).Env.Sessions.Home("eu-west-1").Key(context.Background(), b.Key.Alias)
			w.must(err)
			if key.Description != "states, "+text {
				t.Errorf("the key is described as %q", key.Description)
			}
		})
	}
}

// healthyBut fails the test where a change failed or something is found broken.
func (w *world) healthyBut(s *plan.Summary) {
	w.t.Helper()
	for _, f := range s.Failures {
		w.t.Errorf("%s failed: %v", f.Change.ID, f.Err)
	}
	for _, f := range s.Findings {
		if f.Severity == plan.Failure {
			w.t.Errorf("finding %s", f)
		}
	}
}

// secretsOnlyIn fails the test where a secret stands in one of the texts.
func (w *world) secretsOnlyIn(places map[string]string) {
	w.t.Helper()
	for _, secret := range w.server.Secrets() {
		for place, text := range places {
			if strings.Contains(text, secret) {
				w.t.Errorf("a secret stands in %s", place)
			}
		}
	}
}

// What somebody else wrote into the tags of a bucket is written back as it was.
func TestTagsOfAnAdoptedBucketThatReadLikeAReferenceAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	ctx, h, b := context.Background(), w.hands(""), team()
	name := aws.String(b.Bucket.Name)
	_, err := h.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}})
	w.must(err)
	_, err = h.s3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: name, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("note"), Value: aws.String(forged[1])}}}})
	w.must(err)
	s := w.setup(b)
	s.Answers.Adopt = []string{"arn:aws:s3:::" + b.Bucket.Name}
	w.healthy(w.run(s))
	out, err := h.s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: name})
	w.must(err)
	if text := fmt.Sprint(awsTags(out.TagSet)); !strings.Contains(text, forged[1]) {
		t.Errorf("the tags are %s", text)
	}
}

func awsTags(set []s3types.Tag) map[string]string {
	tags := map[string]string{}
	for _, t := range set {
		tags[*t.Key] = *t.Value
	}
	return tags
}

// What makes a reference one is never shown: not in a plan's JSON, not in its
// words, not in the script.
func TestAReferenceIsShownInWordsOnly(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, sandbox.Options{}), withNew("qa@example.com")
	for i := range b.Environments {
		b.Environments[i].MFA = true
	}
	nine, s := w.nine(b)
	r, err := s.Review(context.Background())
	w.must(err)
	shown := map[string]string{"script": plan.Script(r.Changes, nine.Observed().partition(), s.Answers)}
	for _, c := range r.Changes {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		shown[c.ID] = string(text) + c.Title + c.Cost + c.Risk + c.Undo + fmt.Sprint(c.Fields)
	}
	for _, f := range r.Findings {
		shown[f.Key()] = f.String() + f.Details
	}
	for place, text := range shown {
		if len(awsops.FindRefs(text)) > 0 {
			t.Errorf("%s holds a reference and not its words: %s", place, text)
		}
	}
	if text := shown["iam.role.qa"]; !strings.Contains(text, `"account":"(known after apply: account.qa#account)"`) {
		t.Errorf("the JSON form of a reference has changed: %s", text)
	}
}

// A name with the digits that stand in for an account while a policy is split
// stays what it is.
func TestPoliciesAreSplitWithoutTouchingADigitOfANames(t *testing.T) {
	t.Parallel()
	b := withNew("qa@example.com")
	b.Projects[0].StateKey = "accounts/999999999999"
	p, _ := fresh(b, "alice")
	for _, c := range p.Changes {
		if c.ID == "iam.policy.stateroom-admins-state-1" {
			says(t, fmt.Sprint(c.Calls[0].InputMap()), "/accounts/999999999999")
			return
		}
	}
	t.Error("no state policy is planned")
}
