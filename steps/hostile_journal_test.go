package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/plan"
)

// forgery is a journal that somebody wrote who wants stateroom to take for its
// own what is not.
type forgery struct {
	name string
	// arrange makes what the forgery is after, and gives the records about it.
	arrange func(w *world, b *blueprint.Blueprint) []engine.Record
	// never are the operations that the forgery is to bring about.
	never []string
	// works says that in the user's own state directory the same records do bring
	// them about, as after a killed run: the forgery is a good one.
	works bool
}

func forgeries() []forgery {
	record := func(change, phase string, values map[string]string) engine.Record {
		return engine.Record{Time: time.Now().UTC(), Scope: "111111111111/acme-terraform-state", Change: change, Phase: phase, Values: values}
	}
	return []forgery{{
		name: "a user is added to somebody's group", never: []string{"AddUserToGroup", "AttachGroupPolicy"},
		arrange: func(w *world, b *blueprint.Blueprint) []engine.Record {
			_, err := w.hands("").iam.CreateGroup(context.Background(), &iam.CreateGroupInput{GroupName: aws.String("admins")})
			w.must(err)
			b.Groups[0].Users = append(b.Groups[0].Users, "mallory")
			return []engine.Record{record("iam.group.admins", engine.PhaseIntent, map[string]string{})}
		},
	}, {
		name: "our policy goes on somebody's bucket", works: true,
		never: []string{"PutBucketPolicy", "PutBucketTagging", "PutBucketEncryption", "PutBucketVersioning"},
		arrange: func(w *world, _ *blueprint.Blueprint) []engine.Record {
			w.makeBucket(w.hands(""), bucketName, "eu-west-1")
			return []engine.Record{record(changeBucket, engine.PhaseIntent, map[string]string{}), record(changeBucket, engine.PhaseDone, nil)}
		},
	}, {
		name: "somebody's key becomes the state's", never: []string{"theirs"},
		arrange: func(w *world, b *blueprint.Blueprint) []engine.Record {
			theirs, err := w.hands("").kms.CreateKey(context.Background(), &kms.CreateKeyInput{Description: &b.Key.Description})
			w.must(err)
			return []engine.Record{
				record(changeKey, engine.PhaseIntent, map[string]string{}),
				record(changeKey, engine.PhaseGot, map[string]string{"id": *theirs.KeyMetadata.KeyId, "arn": *theirs.KeyMetadata.Arn}),
			}
		},
	}, {
		name: "a working key is deleted, and a new one sealed to a stranger", works: true, never: []string{"DeleteAccessKey", "CreateAccessKey"},
		arrange: func(w *world, b *blueprint.Blueprint) []engine.Record {
			w.healthy(w.run(w.setup(team())))
			b.Users[0].Recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj" // mallory's
			keys, err := w.hands("").iam.ListAccessKeys(context.Background(), &iam.ListAccessKeysInput{UserName: aws.String("bob")})
			w.must(err)
			return []engine.Record{
				record("iam.key.bob", engine.PhaseIntent, map[string]string{"keys": ""}),
				record("iam.key.bob", engine.PhaseGot, map[string]string{"id": *keys.AccessKeyMetadata[0].AccessKeyId}),
			}
		},
	}}
}

// TestAForgedJournalInTheRepositoryHasNoWord runs set-up with a yes and without
// an adoption over a repository that brings a journal.
func TestAForgedJournalInTheRepositoryHasNoWord(t *testing.T) {
	t.Parallel()
	for _, f := range forgeries() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			met, summary := f.run(t, func(w *world) string { return filepath.Join(w.dir, LeftDir) })
			for _, operation := range f.never {
				if slices.Contains(met, operation) {
					t.Errorf("%s was called", operation)
				}
			}
			if findingOf(summary.Findings, "files.journal-in-repository") == nil {
				t.Errorf("nobody was told: %v", summary.Findings)
			}
			if !f.works {
				return
			}
			met, _ = f.run(t, func(w *world) string { return w.stateDir() })
			for _, operation := range f.never {
				if !slices.Contains(met, operation) {
					t.Errorf("the forgery is none: %s is not called where the journal is the user's own, but %v", operation, met)
				}
			}
		})
	}
}

// run gives the mutating operations that a set-up calls with the records in a
// directory.
func (f forgery) run(t *testing.T, where func(*world) string) (met []string, summary *plan.Summary) {
	t.Helper()
	w, b := newWorld(t, sandbox.Options{}), team()
	records := f.arrange(w, b)
	var text strings.Builder
	for _, r := range records {
		line, err := json.Marshal(r)
		w.must(err)
		text.Write(append(line, '\n'))
	}
	dir := where(w)
	w.must(os.MkdirAll(dir, 0o700))
	file, err := os.OpenFile(filepath.Join(dir, "journal.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	w.must(err)
	_, err = file.WriteString(text.String())
	w.must(err)
	w.must(file.Close())
	mark := len(w.server.Log())
	s := w.setup(b)
	s.Env.Patience = time.Second // what is left alone never comes to be seen
	summary = w.run(s)
	for _, e := range w.server.Log()[mark:] {
		if !e.Mutating {
			continue
		}
		met = append(met, e.Operation)
		for _, r := range records {
			if r.Values["arn"] != "" && strings.Contains(fmt.Sprint(e.Resource, e.Input), r.Values["id"]) {
				met = append(met, "theirs")
			}
		}
	}
	return met, summary
}

// TestAColleaguesLaptopWithoutAJournalFindsEverythingOurs is a second set-up from
// a laptop that has neither journal nor files of the first, without an adoption.
func TestAColleaguesLaptopWithoutAJournalFindsEverythingOurs(t *testing.T) {
	t.Parallel()
	w := finished(t)
	w.must(os.RemoveAll(filepath.Join(w.dir, stateHome)))
	if summary := w.settledNow(team()); len(summary.NotOurs) > 0 {
		t.Errorf("not ours: %v", summary.NotOurs)
	}
	group, err := w.hands("").iam.GetGroup(context.Background(), &iam.GetGroupInput{GroupName: aws.String("admins")})
	w.must(err)
	if path := *group.Group.Path; path != "/stateroom/acme-terraform-state/" {
		t.Errorf("the group's path is %s", path)
	}
}

// TestAGroupWithoutAPolicyIsOursByItsPathOnAnyLaptop is a run that was killed
// between the group and its policies, and a colleague who carries on.
func TestAGroupWithoutAPolicyIsOursByItsPathOnAnyLaptop(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t, sandbox.Options{}), context.Background()
	_, err := w.hands("").iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("admins"), Path: aws.String("/stateroom/acme-terraform-state/")})
	w.must(err)
	w.healthy(w.run(w.setup(team())))
	for _, path := range []string{"/", "/stateroom/", "/stateroom/another-bucket/"} {
		t.Run(path, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			_, err := w.hands("").iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("admins"), Path: aws.String(path)})
			w.must(err)
			s := w.setup(team())
			s.DryRun = true
			if summary := w.run(s); findingOf(summary.Findings, "iam.not-ours") == nil {
				t.Errorf("a group of path %s is taken for ours: %v", path, summary.Findings)
			}
		})
	}
}

// TestAGroupOfAnEarlierVersionIsOursByTheTaggedPolicyAttachedToIt has the path of
// then.
func TestAGroupOfAnEarlierVersionIsOursByTheTaggedPolicyAttachedToIt(t *testing.T) {
	t.Parallel()
	w, ctx := finished(t), context.Background()
	_, err := w.hands("").iam.UpdateGroup(ctx, &iam.UpdateGroupInput{GroupName: aws.String("admins"), NewPath: aws.String("/")})
	w.must(err)
	_, err = w.hands("").iam.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: aws.String("admins"), UserName: aws.String("bob")})
	w.must(err)
	w.must(os.RemoveAll(filepath.Join(w.dir, stateHome)))
	w.healthy(w.run(w.setup(team())))
	if _, ids, _ := w.again(team()); len(ids) > 0 {
		t.Errorf("left to do: %v", ids)
	}
}
