package steps

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

const harshLag = 400 * time.Millisecond

// TestASetUpHoldsOnAnAWSThatLagsAndFails has reads, principals, tables and buckets lag
// and one request in nine fail, as a seed draws it. Seed 6 had a key that was made a
// moment before taken for a stranger's, seed 7 a policy for one that is gone.
func TestASetUpHoldsOnAnAWSThatLagsAndFails(t *testing.T) {
	t.Parallel()
	for _, seed := range stepstest.HardSeeds(t, "1", "6", "7") {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			var later atomic.Int64 // by how much the sandbox's clock goes before
			w := newWorld(t, sandbox.Options{Seed: seed, Lag: harshLag, Propagation: harshLag / 2, Now: func() time.Time {
				return time.Now().Add(time.Duration(later.Load()))
			}})
			w.server.Intercept(sandbox.Rough(seed))
			w.endsWell(team())
			w.undoubled()
			w.settledNow(team())
			w.damage()
			later.Add(int64(harshLag)) // until then a look may find what is gone
			w.endsWell(team())
			w.undoubled()
			w.settledNow(team())
		})
	}
}

// TestASetUpHoldsOnEveryKindOfAWSAtOnce: as above, in whichever partition, with a region
// that the admin account has not enabled, and on an AWS that asks no policy.
func TestASetUpHoldsOnEveryKindOfAWSAtOnce(t *testing.T) {
	t.Parallel()
	for _, seed := range stepstest.HardSeeds(t, "1", "2") {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			o, b := sandboxtest.Harsh(seed), team()
			b.StateRegion = o.Region
			if o.Unenforced { // else the proof says so
				b.Bucket.Policy = blueprint.BucketPolicyCompatible
			}
			if o.OptedIn != nil {
				b.Environments[0].Region = sandboxtest.OptIn
			}
			w := newWorld(t, o)
			w.server.Intercept(sandbox.Rough(seed))
			w.endsWell(b)
			w.undoubledOf(b)
			w.settledNow(b)
		})
	}
}

// TestASetUpRightAfterOneThatWasStoppedHolds: what the first one made is not seen yet, or
// in part, when the second looks. Seed long 30 had the state key made twice, and of seed
// long 182 a look that waited for an access key itself was the only one.
func TestASetUpRightAfterOneThatWasStoppedHolds(t *testing.T) {
	t.Parallel()
	for _, seed := range stepstest.HardSeeds(t, "1", "2", "3", "long 30", "long 182") {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{Seed: seed, Lag: 2 * harshLag, Propagation: harshLag / 2})
			w.server.Intercept(sandbox.Rough(seed))
			first, stop := w.setup(team()), make(chan struct{})
			first.Stop = stop
			n, err := strconv.Atoi(strings.TrimPrefix(seed, "long "))
			w.must(err)
			left := 1 + (n+2)%30
			first.Emit = func(e plan.Event) {
				if e.Kind == plan.EventApplied {
					if left--; left == 0 {
						close(stop)
					}
				}
			}
			if summary := w.run(first); !summary.Stopped {
				t.Fatalf("it was not stopped: %d changes were made", summary.Applied)
			}
			w.endsWell(team())
			time.Sleep(2 * harshLag) // the test's own reads are no later
			w.undoubled()
			w.settledNow(team())
		})
	}
}

// endsWell runs a set-up, and again where the answer that holds a new access key's
// secret was lost: such a run says that it waits for a person (the secret is given
// once), and the next replaces the key. Of seed long 109 the answer is lost twice.
func (w *world) endsWell(b *blueprint.Blueprint) {
	w.t.Helper()
	summary := w.run(w.setup(b))
	for range 3 {
		if slices.ContainsFunc(summary.Findings, func(f plan.Finding) bool { return strings.HasSuffix(f.ID, ".not-confirmed") }) {
			summary = w.run(w.setup(b))
		}
	}
	for _, f := range summary.Findings {
		w.t.Log(f)
	}
	w.healthy(summary)
	if w.t.Failed() {
		for _, e := range w.events {
			switch {
			case e.Finding != nil:
				w.t.Log("EV", e.Kind, e.Finding)
			case e.Change != nil:
				w.t.Log("EV", e.Kind, e.Change.ID, e.Err)
			default:
				w.t.Log("EV", e.Kind, e.Text)
			}
		}
	}
}

// damage takes from a set-up what a further one makes again, by hands that AWS serves
// well.
func (w *world) damage() {
	w.t.Helper()
	w.server.Intercept(nil)
	defer w.server.Intercept(sandbox.Rough("damaged"))
	ctx, hands := context.Background(), w.hands("")
	_, err := hands.s3.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: aws.String("acme-terraform-state")})
	w.must(err)
	_, err = hands.iam.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: aws.String("admins"), UserName: aws.String("alice")})
	w.must(err)
	_, err = hands.kms.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: aws.String("alias/terraform")})
	w.must(err)
}

// times is a fault so many times.
func times(n int, f sandbox.Fault) []sandbox.Fault { return slices.Repeat([]sandbox.Fault{f}, n) }

func TestWhatAWSIsStillAtWorkOnIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	inUse := sandbox.Fault{Code: "ResourceInUseException", Message: "Attempt to change a resource which is still in use: Table is being updated: terraform_locks"}
	w.server.Intercept(sandbox.Script(map[string][]sandbox.Fault{
		"dynamodb:UpdateContinuousBackups": times(2, inUse),
		"dynamodb:TagResource":             times(2, inUse),
		"s3:PutBucketVersioning":           times(2, sandbox.Fault{Code: "OperationAborted", Status: http.StatusConflict}),
		"iam:UpdateAccessKey":              times(1, sandbox.Fault{Code: "NoSuchEntity", Status: http.StatusNotFound}),
	}))
	w.healthy(w.run(w.setup(team())))
	w.met("ResourceInUseException")
	w.met("OperationAborted")
	w.undoubled()
}

func TestANewThingThatALookDoesNotFindIsNotYetThere(t *testing.T) {
	t.Parallel()
	for operation, code := range map[string]string{
		"iam:ListAccessKeys": "NoSuchEntity", "iam:ListGroupPolicies": "NoSuchEntity", "iam:GetPolicyVersion": "NoSuchEntity",
		"kms:GetKeyPolicy": "NotFoundException", "dynamodb:ListTagsOfResource": "ResourceNotFoundException", "s3:GetBucketVersioning": "NoSuchBucket",
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			s := w.setup(team())
			left := 2
			w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				w.mu.Lock()
				defer w.mu.Unlock()
				if e.Service+":"+e.Operation != operation || !slices.ContainsFunc(w.events, func(e plan.Event) bool { return e.Kind == plan.EventApplied }) || left == 0 {
					return sandbox.Fault{}
				}
				left--
				return sandbox.Fault{Code: code, Status: http.StatusNotFound}
			})
			w.healthy(w.run(s))
			if left > 0 {
				t.Errorf("%s was not asked after the changes", operation)
			}
		})
	}
}

// missing is how each service says that there is nothing of a name.
var missing = map[string]string{
	"iam": "NoSuchEntity", "kms": "NotFoundException", "dynamodb": "ResourceNotFoundException", "s3": "NoSuchBucket",
}

// Right after another run AWS names what it does not find yet, in whichever read.
func TestARunRightAfterAnotherLooksAgainForWhatAWSDoesNotFindYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	mark := len(w.server.Log())
	w.settledNow(team())
	var reads []string
	for _, e := range w.server.Log()[mark:] {
		if op := e.Service + ":" + e.Operation; !e.Mutating && missing[e.Service] != "" && !slices.Contains(reads, op) {
			reads = append(reads, op)
		}
	}
	if len(reads) < 25 {
		t.Fatalf("a run reads %q alone", reads)
	}
	for _, op := range reads {
		fault := sandbox.Fault{Code: missing[op[:strings.IndexByte(op, ':')]], Status: http.StatusNotFound}
		w.server.Intercept(sandbox.Script(map[string][]sandbox.Fault{op: times(2, fault)}))
		w.events = nil
		summary, err := w.setup(team()).Run(t.Context())
		if err != nil {
			t.Errorf("%s: %v", op, err)
			continue
		}
		if code := summary.ExitCode(false); code != plan.ExitDone {
			t.Errorf("%s: exit code %d, failures %v, findings %v", op, code, summary.Failures, summary.Findings)
		}
		w.server.Intercept(nil)
		w.undoubled()
		w.settledNow(team())
	}
}

func TestAFailedChangeLeavesTheProofOfTheOthersItsPatience(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Propagation: time.Second})
	w.unforeseen()
	w.must(w.server.AddSCP("333333333333", "no-iam", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateRole","Resource":"*"}]}`))
	summary := w.run(w.setup(team()))
	if len(summary.Failures) != 1 {
		t.Fatalf("failures %v", summary.Failures)
	}
	for _, f := range summary.Findings {
		if f.Severity == plan.Failure && !strings.Contains(fmt.Sprint(f), "333333333333") {
			t.Errorf("finding %s", f)
			for _, e := range w.events {
				if e.Change != nil && e.Change.Environment == "" {
					t.Log(e.Kind, e.Change.ID, e.Change.Needs)
				}
			}
		}
	}
}

func TestTheKeyWaitsForTheAdministratorsThatThePlanMakes(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, sandbox.Options{Propagation: 300 * time.Millisecond}), team()
	b.Key.Administrators = []string{"arn:aws:iam::111111111111:user/alice", "arn:aws:iam::222222222222:role/" + b.Environments[0].Role}
	w.healthy(w.run(w.setup(b)))
	if needs := w.plannedChange(changeKey).Needs; !slices.Contains(needs, "iam.user.alice") || !slices.Contains(needs, "iam.role."+b.Environments[0].Name) || slices.Contains(needs, "iam.user.bob") {
		t.Errorf("the key needs %q", needs)
	}
}

func TestAKeyThatIsNotEnabledIsToldWhatItsStateAsksFor(t *testing.T) {
	t.Parallel()
	for state, remedy := range map[string]string{
		"Disabled": "enable-key", "PendingDeletion": "cancel-key-deletion", "PendingImport": "import-key-material",
		"Unavailable": "key store", "Creating": "Wait",
	} {
		o := &Observed{Key: KeyFacts{Key: &awsops.Key{ID: "k", State: state}}}
		f := unusableKey(o, &blueprint.Answers{Blueprint: team()})
		if f == nil || !f.Blocks || !strings.Contains(f.String(), remedy) || state != "Disabled" && strings.Contains(f.String(), "with aws kms enable-key") {
			t.Errorf("%s: %v", state, f)
		}
	}
}

// TestAKeyThatAWSAloneCanMendStopsTheSetUpBeforeItBegins: every later step would write
// the key into something.
func TestAKeyThatAWSAloneCanMendStopsTheSetUpBeforeItBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	for state, want := range map[string][2]string{
		"PendingImport": {"kms-pending-import", "aws kms import-key-material"}, "Unavailable": {"kms-unavailable", "aws kms connect-custom-key-store"},
		"Creating": {"kms-updating", "Wait"}, "PendingReplicaDeletion": {"kms-pending-deletion", "aws kms cancel-key-deletion"},
	} {
		if !w.server.SetKeyState("arn:aws:kms:eu-west-1:111111111111:key/"+w.keyID(), state) {
			t.Fatal("there is no key")
		}
		summary, _, calls := w.again(team())
		f := findingOf(summary.Findings, want[0])
		if f == nil || len(calls) > 0 || summary.ExitCode(false) != plan.ExitFindings {
			t.Fatalf("%s: findings %v, calls %v", state, summary.Findings, calls)
		}
		says(t, f.String(), "alias/terraform", want[1])
	}
}

// TestAKeyWhosePrimaryRegionIsBeingChangedIsUsedAsEver: in the state Updating KMS encrypts
// and decrypts, and says that the key is not enabled. Nothing is stopped by it, and what
// is missing is made.
func TestAKeyWhosePrimaryRegionIsBeingChangedIsUsedAsEver(t *testing.T) {
	t.Parallel()
	w := finished(t)
	if !w.server.SetKeyState("arn:aws:kms:eu-west-1:111111111111:key/"+w.keyID(), "Updating") {
		t.Fatal("there is no key")
	}
	w.settledNow(team())
	summary, ids, _ := w.again(withDev())
	w.healthy(summary)
	if !slices.Contains(ids, "iam.role.dev") {
		t.Errorf("planned %v", ids)
	}
}
