package steps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/sandbox"
	"stateroom/awsops/sandbox/sandboxtest"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

// badInput is something wrong with the world or the answers, and what the
// engine says of it.
type badInput struct {
	name    string
	options sandbox.Options
	// arrange brings the world and the blueprint into the bad state.
	arrange func(w *world, b *blueprint.Blueprint)
	// refused says that the run does not even begin; otherwise it ends with
	// exit code and the finding of this id.
	refused bool
	finding string
	code    int
	says    []string
}

func (w *world) write(path, text string) {
	w.t.Helper()
	path = filepath.Join(w.dir, path)
	w.must(os.MkdirAll(filepath.Dir(path), 0o700))
	w.must(os.WriteFile(path, []byte(text), 0o600))
}

// read is what lies in a file, or nothing.
func (w *world) read(path string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, path))
	if !errors.Is(err, fs.ErrNotExist) {
		w.must(err)
	}
	return string(text)
}

// checkBadInput runs one case: the message, the exit code, and that nothing
// was changed, neither in AWS nor on the disk.
func checkBadInput(t *testing.T, c badInput) {
	t.Helper()
	w := newWorld(t, c.options)
	b := team()
	c.arrange(w, b)
	before, mark := w.tree(), len(w.server.Log())
	summary, err := w.try(b)
	if calls := w.mutations(mark); len(calls) > 0 {
		t.Errorf("calls were made: %v", calls)
	}
	if diff := cmp.Diff(before, w.tree()); diff != "" {
		t.Errorf("files were changed:\n%s", diff)
	}
	if c.refused {
		if err == nil {
			t.Fatalf("the run was not refused; findings %v", summary.Findings)
		}
		says(t, err.Error(), c.says...)
		return
	}
	if err != nil {
		t.Fatalf("the run did not begin: %v", err)
	}
	f := findingOf(summary.Findings, c.finding)
	if f == nil {
		t.Fatalf("no finding %s among %v", c.finding, summary.Findings)
	}
	says(t, f.String(), c.says...)
	if code := summary.ExitCode(false); code != c.code {
		t.Errorf("exit code %d, want %d", code, c.code)
	}
	if len(summary.Told()) > 0 {
		t.Errorf("a blocked run tells what was built: %v", summary.Told())
	}
}

// try runs a set-up that may not even begin.
func (w *world) try(b *blueprint.Blueprint) (*plan.Summary, error) {
	w.t.Helper()
	_, tag := b.Tag()
	if _, err := engine.OpenJournal(filepath.Join(w.dir, stateHome, "stateroom"), tag); err != nil {
		return nil, err
	}
	return w.setup(b).Run(context.Background())
}

func TestBadCredentialsAreRefusedBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64 // how far AWS's clock is ahead of this machine's
	cases := []badInput{{
		name: "a wrong secret", arrange: func(w *world, _ *blueprint.Blueprint) {
			c := w.server.Operator()
			c.SecretAccessKey = "wrong" + c.SecretAccessKey[5:]
			w.actAs(c)
		},
		says: []string{"SignatureDoesNotMatch", "The secret does not belong to this access key id.", "Write both again"},
	}, {
		name: "an unknown key", arrange: func(w *world, _ *blueprint.Blueprint) {
			w.actAs(sandbox.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"})
		},
		says: []string{"InvalidClientTokenId", "does not know this access key id", "Check it in IAM"},
	}, {
		name: "an expired session", options: sandbox.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }},
		arrange: func(w *world, _ *blueprint.Blueprint) {
			endSession(w)
			ahead.Store(int64(time.Hour))
		},
		says: []string{"ExpiredToken", "The session credentials have expired.", "Get new ones"},
	}, {
		name: "a clock that is wrong", options: sandbox.Options{Now: func() time.Time { return time.Now().Add(-2 * time.Hour) }},
		arrange: func(*world, *blueprint.Blueprint) {},
		says:    []string{"clock", "Set the clock"},
	}, {
		name: "root", arrange: func(w *world, _ *blueprint.Blueprint) { w.actAs(w.server.Root()) },
		says: []string{"root credentials of account 111111111111", "Sign in as an IAM user or role", "Nothing was changed."},
	}, {
		name: "another account's", arrange: func(_ *world, b *blueprint.Blueprint) { b.AdminAccount = "222222222222" },
		says: []string{"account 111111111111", "admin account is 222222222222", "--profile", "Nothing was changed."},
	}, {
		name: "a region that does not exist", arrange: func(_ *world, b *blueprint.Blueprint) { b.StateRegion = "eu-west-9" },
		says: []string{"There is no region eu-west-9", "--set state_region=REGION", "Nothing was changed."},
	}, {
		name: "a region that is not enabled", arrange: func(_ *world, b *blueprint.Blueprint) { b.StateRegion = "af-south-1" },
		says: []string{"Region af-south-1 is DISABLED", "aws account enable-region --region-name af-south-1", "Nothing was changed."},
	}}
	for _, c := range cases {
		c.refused = true
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkBadInput(t, c)
		})
	}
}

// Without a key only the process's own environment is left to look in.
func TestARunOfNobodyIsRefusedBeforeAnythingElse(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	sandboxtest.Home(w.dir).Isolate(t, w.server.URL())
	env := enginetest.Env(t, w.server.URL(), w.dir, team())
	if _, err := (&Setup{Env: env, Answers: &blueprint.Answers{Blueprint: team(), Me: "alice"}}).Flow().Run(t.Context()); err == nil {
		t.Error("the run was not refused")
	} else {
		says(t, err.Error(), "sts:GetCallerIdentity", "No credentials were found", "AWS_PROFILE")
	}
	if calls := w.mutations(0); len(calls) > 0 {
		t.Errorf("calls were made: %v", calls)
	}
}

// endSession makes the process act with a session of a quarter of an hour.
func endSession(w *world) {
	operator := w.config(w.server.Operator(), "eu-west-1")
	out, err := sts.NewFromConfig(operator).GetSessionToken(context.Background(), &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(900)})
	w.must(err)
	w.inSession(out.Credentials)
}

// inSession makes the process act with a session's credentials, in a profile.
func (w *world) inSession(c *ststypes.Credentials) {
	w.write(".aws/credentials", fmt.Sprintf("[session]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n",
		*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken))
	w.profile = "session"
}

func TestBadNamesBlockThePlanAndChangeNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cases := []badInput{{
		name: "a bucket that is someone else's", finding: "bucket.taken",
		arrange: func(w *world, b *blueprint.Blueprint) {
			w.makeBucket(w.hands("222222222222"), b.Bucket.Name, "eu-west-1")
		},
		says: []string{"acme-terraform-state", "belongs to another AWS account", "--set bucket.name=NAME"},
	}, {
		name: "a bucket in another region", finding: "bucket.other-region",
		arrange: func(w *world, b *blueprint.Blueprint) {
			w.makeBucket(w.handsIn("", "eu-central-1"), b.Bucket.Name, "eu-central-1")
		},
		says: []string{"acme-terraform-state is yours, but in eu-central-1 and not in eu-west-1", "--set state_region=eu-central-1"},
	}, {
		name: "a bucket without our tag", finding: "bucket.not-ours",
		arrange: func(w *world, b *blueprint.Blueprint) { w.makeBucket(w.hands(""), b.Bucket.Name, "eu-west-1") },
		says:    []string{"acme-terraform-state", "does not carry this blueprint's tag", "--adopt arn:aws:s3:::acme-terraform-state"},
	}, {
		name: "an alias on another key", finding: "key.not-ours",
		arrange: func(w *world, b *blueprint.Blueprint) { w.makeKey(b, &kms.CreateKeyInput{}) },
		says:    []string{"alias/terraform points at key arn:aws:kms:eu-west-1:111111111111:key/", "--adopt arn:aws:kms:eu-west-1:111111111111:key/"},
	}, {
		name: "a key that is disabled", finding: "kms-disabled",
		arrange: func(w *world, b *blueprint.Blueprint) {
			id := w.makeKey(b, &kms.CreateKeyInput{Tags: kmsTags(b)})
			_, err := w.hands("").kms.DisableKey(ctx, &kms.DisableKeyInput{KeyId: &id})
			w.must(err)
		},
		says: []string{"alias/terraform is Disabled", "aws kms enable-key --key-id "},
	}, {
		name: "a key on its way out", finding: "kms-pending-deletion",
		arrange: func(w *world, b *blueprint.Blueprint) {
			id := w.makeKey(b, &kms.CreateKeyInput{Tags: kmsTags(b)})
			_, err := w.hands("").kms.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &id, PendingWindowInDays: aws.Int32(7)})
			w.must(err)
		},
		says: []string{"behind alias/terraform is scheduled for deletion on ", "aws kms cancel-key-deletion --key-id "},
	}, {
		name: "an asymmetric key", finding: "key.wrong-kind",
		arrange: func(w *world, b *blueprint.Blueprint) {
			w.makeKey(b, &kms.CreateKeyInput{Tags: kmsTags(b), KeySpec: kmstypes.KeySpecRsa2048, KeyUsage: kmstypes.KeyUsageTypeSignVerify})
		},
		says: []string{"RSA_2048 SIGN_VERIFY", "--set kms_key.alias=NAME"},
	}, {
		name: "a table with another key", finding: "table-schema",
		arrange: func(w *world, b *blueprint.Blueprint) { w.makeTable(b, "Id", true) },
		says:    []string{"table/terraform_locks has the key Id (S) HASH", "LockID (S) HASH", "never recreated"},
	}, {
		name: "a table without our tag", finding: "lock.not-ours",
		arrange: func(w *world, b *blueprint.Blueprint) { w.makeTable(b, "LockID", false) },
		says:    []string{"table/terraform_locks exists", "--adopt arn:aws:dynamodb:eu-west-1:111111111111:table/terraform_locks"},
	}}
	for _, c := range cases {
		c.code = plan.ExitFindings
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkBadInput(t, c)
		})
	}
}

func (w *world) makeBucket(h hands, name, region string) {
	w.t.Helper()
	_, err := h.s3.CreateBucket(context.Background(), &s3.CreateBucketInput{
		Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)},
	})
	w.must(err)
}

// makeKey makes a key behind the blueprint's alias.
func (w *world) makeKey(b *blueprint.Blueprint, in *kms.CreateKeyInput) (id string) {
	w.t.Helper()
	h := w.hands("")
	out, err := h.kms.CreateKey(context.Background(), in)
	w.must(err)
	_, err = h.kms.CreateAlias(context.Background(), &kms.CreateAliasInput{AliasName: &b.Key.Alias, TargetKeyId: out.KeyMetadata.KeyId})
	w.must(err)
	return *out.KeyMetadata.KeyId
}

func kmsTags(b *blueprint.Blueprint) []kmstypes.Tag {
	k, v := b.Tag()
	return []kmstypes.Tag{{TagKey: &k, TagValue: &v}}
}

func (w *world) makeTable(b *blueprint.Blueprint, key string, tagged bool) {
	w.t.Helper()
	in := &dynamodb.CreateTableInput{
		TableName:            &b.Lock.DynamoDBTable,
		AttributeDefinitions: []ddbtypes.AttributeDefinition{{AttributeName: &key, AttributeType: "S"}},
		KeySchema:            []ddbtypes.KeySchemaElement{{AttributeName: &key, KeyType: "HASH"}},
		BillingMode:          ddbtypes.BillingModePayPerRequest,
	}
	if tagged {
		k, v := b.Tag()
		in.Tags = []ddbtypes.Tag{{Key: &k, Value: &v}}
	}
	_, err := w.hands("").dynamodb.CreateTable(context.Background(), in)
	w.must(err)
}

func TestBadFilesBlockThePlanAndChangeNothing(t *testing.T) {
	t.Parallel()
	const key = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
	cases := []badInput{{
		name: "malformed HCL in a project", finding: "files.cannot-edit", code: plan.ExitFindings,
		arrange: func(w *world, _ *blueprint.Blueprint) { w.write("live/staging/main.tf", "resource \"x\" {\n  a = \n") },
		says:    []string{"live/staging/main.tf:", "Correct the file"},
	}, {
		name: "a cloud block", finding: "files.cannot-edit", code: plan.ExitFindings,
		arrange: func(w *world, _ *blueprint.Blueprint) {
			w.write("live/staging/main.tf", "terraform {\n  cloud {\n    organization = \"acme\"\n  }\n}\n")
		},
		says: []string{"live/staging/main.tf", "cloud"},
	}, {
		name: "a credentials file with a byte order mark", finding: "files.encoding", code: plan.ExitFindings,
		arrange: func(w *world, _ *blueprint.Blueprint) { w.write(".aws/credentials", "\ufeff[default]\n"+key) },
		says:    []string{".aws/credentials begins", "byte order mark", "Save it as UTF-8 without"},
	}, {
		name: "a credentials file with the section twice", finding: "iam.profile-cannot-edit", code: plan.ExitFindings,
		arrange: func(w *world, _ *blueprint.Blueprint) {
			w.write(".aws/credentials", "[admin_iam]\nregion = eu-west-1\n[default]\n"+key+"[admin_iam]\noutput = json\n")
		},
		says: []string{".aws/credentials:", "admin_iam"},
	}, {
		name: "a credentials file with a header that only looks right", finding: "iam.profile-cannot-edit", code: plan.ExitFindings,
		arrange: func(w *world, _ *blueprint.Blueprint) {
			w.write(".aws/credentials", "[ admin_iam ]\nregion = eu-west-1\n")
		},
		says: []string{".aws/credentials:1", "admin_iam"},
	}, {
		name: "the key's profile is a role in the config file", finding: "iam.profile-cannot-edit", code: plan.ExitFindings,
		arrange: func(w *world, _ *blueprint.Blueprint) {
			w.write(".aws/config", "[profile admin_iam]\nrole_arn = arn:aws:iam::222222222222:role/Other\nsource_profile = other\n")
		},
		says: []string{".aws/config", "admin_iam", "role_arn (line 2)"},
	}, {
		name: "a role's profile has keys in the credentials file", finding: "files.cannot-edit", code: plan.ExitFindings,
		arrange: func(w *world, _ *blueprint.Blueprint) {
			w.write(".aws/credentials", "[admin_iam-staging]\n"+key)
		},
		says: []string{".aws/credentials", "admin_iam-staging", "aws_access_key_id (line 2)"},
	}, {
		name: "a read-only credentials file", finding: "files.cannot-write", code: plan.ExitFindings,
		arrange: func(w *world, _ *blueprint.Blueprint) {
			w.write(".aws/credentials", "[default]\n"+key)
			w.must(os.Chmod(filepath.Join(w.dir, ".aws", "credentials"), 0o400))
		},
		says: []string{".aws/credentials", "read-only", "0400", "Make it writable"},
	}, {
		name: "a read-only folder", finding: "files.cannot-write", code: plan.ExitFindings,
		arrange: func(w *world, _ *blueprint.Blueprint) {
			w.must(os.MkdirAll(filepath.Join(w.dir, "handover"), 0o700))
			w.must(os.Chmod(filepath.Join(w.dir, "handover"), 0o500))
			w.t.Cleanup(func() { _ = os.Chmod(filepath.Join(w.dir, "handover"), 0o700) })
		},
		says: []string{"handover/bob.age", "handover is read-only", "0500", "Make it writable"},
	}, {
		name: "a file where a project's folder would be", refused: false, finding: "files.cannot-edit", code: plan.ExitFindings,
		arrange: func(w *world, _ *blueprint.Blueprint) { w.write("live", "a file\n") },
		says:    []string{"live/"},
	}, {
		name: "a file where the handovers' folder would be", refused: true,
		arrange: func(w *world, _ *blueprint.Blueprint) { w.write("handover", "a file\n") },
		says:    []string{"handover/", "not a directory"},
	}, {
		name: "a file where the journal's folder would be", refused: true,
		arrange: func(w *world, _ *blueprint.Blueprint) { w.write(stateHome, "a file\n") },
		says:    []string{stateHome, "not a directory"},
	}, {
		name: "a permissions file that is no policy", refused: true,
		arrange: func(w *world, b *blueprint.Blueprint) {
			w.write("own.json", "{\"Version\":")
			b.Environments[0].Permissions = "own.json"
		},
		says: []string{"environment staging", "own.json", "Correct the file", "Nothing was changed."},
	}, {
		name: "a permissions file that IAM does not take", refused: true,
		arrange: func(w *world, b *blueprint.Blueprint) {
			w.write("own.json", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]}`)
			b.Environments[0].Permissions = "own.json"
		},
		says: []string{"environment staging", "own.json", "must contain resources", "Correct the file", "Nothing was changed."},
	}, {
		name: "a permissions file that says a thing twice", refused: true,
		arrange: func(w *world, b *blueprint.Blueprint) {
			w.write("own.json", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)
			b.Environments[0].Permissions = "own.json"
		},
		says: []string{"environment staging", "own.json", "\"Effect\" appears twice", "Nothing was changed."},
	}}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkBadInput(t, c)
		})
	}
}

func TestNoTerraformIsToldAndProvenWithTheSDK(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	summary := w.run(w.setup(team()))
	w.healthy(summary)
	f := findingOf(summary.Findings, "init.no-engine")
	if f == nil {
		t.Fatal("nobody was told that there is no Terraform")
	}
	says(t, f.Evidence+" "+f.Remedy, "proven with the AWS SDK alone", "Install Terraform or OpenTofu", "--engine")
}

func TestAThirdKeyIsNeverMade(t *testing.T) {
	t.Parallel()
	for name, me := range map[string]string{"for the user herself": "alice", "for another": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{})
			h, ctx := w.hands(""), context.Background()
			_, err := h.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("alice")})
			w.must(err)
			for range engine.MaxKeys {
				_, err := h.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("alice")})
				w.must(err)
			}
			mark := len(w.server.Log())
			s := w.setup(team())
			s.Answers.Me = me
			summary := w.run(s)
			for _, e := range w.server.Log()[mark:] {
				if e.Operation == "CreateAccessKey" && strings.Contains(resourceOf(e), "alice") {
					t.Errorf("a key was made: %v", e.Input)
				}
			}
			told := findingOf(summary.Findings, "iam.two-keys")
			if (told != nil) != (me != "") {
				t.Fatalf("findings %v", summary.Findings)
			}
			if me == "" {
				w.healthy(summary)
				return
			}
			says(t, told.String(), "User alice has two access keys", "admin_iam holds neither", "aws iam delete-access-key --user-name alice")
			if code := summary.ExitCode(false); code != plan.ExitFindings || summary.Failed > 0 {
				t.Errorf("exit code %d with failures %v, want 3 and none", code, summary.Failures)
			}
		})
	}
}

func TestAnAccountThatCannotBeReachedLeavesTheOthersGoing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	owner := w.makeOwner("333333333333")
	if !w.server.Invite("333333333333") {
		t.Fatal("no such account")
	}
	b := team()
	summary := w.run(w.setup(b))
	f := findingOf(summary.Findings, "iam.environment-unreachable")
	if f == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence+" "+f.Remedy, "preprod", "333333333333", "sts:AssumeRole", "OrganizationAccountAccessRole",
		"AWSControlTowerExecution", "--set environment.preprod.reach=ROLE")
	says(t, findingOf(summary.Findings, "iam.role-template").Remedy,
		"aws cloudformation deploy --stack-name stateroom-role --template-file stateroom-role-preprod.json --capabilities CAPABILITY_NAMED_IAM")
	template := w.read("stateroom-role-preprod.json")
	if code := summary.ExitCode(false); code != plan.ExitFindings || summary.Failed > 0 {
		t.Errorf("exit code %d, failures %v", code, summary.Failures)
	}
	if w.plannedChange("iam.role.staging") == nil || w.plannedChange("iam.role.preprod") != nil {
		t.Errorf("planned %v", w.plannedIDs())
	}
	checkTemplate(t, w, template)
	leadsNowhere(t, w, "preprod")
	w.deployByHand(owner, template)
	summary, _, _ = w.again(b)
	w.healthy(summary)
	if w.plannedChange(plan.FileID(filepath.Join(w.dir, "live/preprod/provider.tf"))) == nil {
		t.Errorf("the role is there now, and planned was %v", w.plannedIDs())
	}
	w.settledNow(b)
}

// checkTemplate compares the template's documents with those that the plan
// sends for a reachable environment.
func checkTemplate(t *testing.T, w *world, text string) {
	t.Helper()
	template := parseTemplate(t, text)
	role := w.plannedChange("iam.role.staging").Calls[0].InputMap()
	inline := w.plannedChange("iam.role.staging.permissions").Calls[0].InputMap()
	for name, pair := range map[string][2]string{
		"trust":       {string(template.AssumeRolePolicyDocument), role["AssumeRolePolicyDocument"].(string)},
		"permissions": {string(template.Policies[0].PolicyDocument), inline["PolicyDocument"].(string)},
	} {
		if diff := cmp.Diff(compact(t, pair[1]), compact(t, pair[0])); diff != "" {
			t.Errorf("the template's %s differs from the plan's (-plan +template):\n%s", name, diff)
		}
	}
	if template.RoleName != role["RoleName"] || template.Path != role["Path"] || template.Policies[0].PolicyName != inline["PolicyName"] || template.Description != role["Description"] {
		t.Errorf("template %+v", template)
	}
	if len(template.Tags) != 1 || template.Tags[0]["Key"] != "stateroom" || template.Tags[0]["Value"] != "111111111111/acme-terraform-state" {
		t.Errorf("tags %v", template.Tags)
	}
}

type roleProperties struct {
	RoleName, Path, Description string
	AssumeRolePolicyDocument    json.RawMessage
	Policies                    []struct {
		PolicyName     string
		PolicyDocument json.RawMessage
	}
	Tags []map[string]string
}

func parseTemplate(t testing.TB, text string) roleProperties {
	t.Helper()
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties roleProperties
		}
	}
	if err := json.Unmarshal([]byte(text), &template); err != nil {
		t.Fatalf("the template is no JSON: %v\n%s", err, text)
	}
	role := template.Resources["EnvironmentRole"]
	if role.Type != "AWS::IAM::Role" || len(role.Properties.Policies) != 1 {
		t.Fatalf("the template holds no role with one policy:\n%s", text)
	}
	return role.Properties
}

func compact(t testing.TB, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

// makeOwner gives an account an administrator of its own.
func (w *world) makeOwner(account string) *iam.Client {
	w.t.Helper()
	return iam.NewFromConfig(w.config(w.ownerOf(account), "eu-west-1"))
}

// ownerOf makes an administrator of an account.
func (w *world) ownerOf(account string) sandbox.Credentials {
	w.t.Helper()
	h, ctx, name := w.hands(account), context.Background(), aws.String("owner")
	_, err := h.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: name})
	w.must(err)
	_, err = h.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
	w.must(err)
	key, err := h.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	w.must(err)
	return sandbox.Credentials{AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey}
}

// deployByHand does what the account's owner does with the template.
func (w *world) deployByHand(owner *iam.Client, text string) {
	w.t.Helper()
	role, ctx := parseTemplate(w.t, text), context.Background()
	_, err := owner.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &role.RoleName, Path: &role.Path, AssumeRolePolicyDocument: aws.String(string(role.AssumeRolePolicyDocument))})
	w.must(err)
	_, err = owner.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role.RoleName, PolicyName: &role.Policies[0].PolicyName, PolicyDocument: aws.String(string(role.Policies[0].PolicyDocument))})
	w.must(err)
}

func TestASuspendedAccountLeavesTheOthersGoing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	if !w.server.Suspend("444444444444") {
		t.Fatal("no such account")
	}
	summary := w.run(w.setup(team()))
	f := findingOf(summary.Findings, "account.not-active")
	if f == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.Evidence+" "+f.Remedy, "444444444444", "production", "SUSPENDED", "Reactivate")
	if summary.ExitCode(false) != plan.ExitFindings || summary.Failed > 0 {
		t.Errorf("exit code %d, failures %v", summary.ExitCode(false), summary.Failures)
	}
	if findingOf(summary.Findings, "iam.environment-unreachable") != nil {
		t.Error("a template was printed for an account that nobody can enter")
	}
	if w.plannedChange("iam.role.staging") == nil {
		t.Errorf("planned %v", w.plannedIDs())
	}
}

func TestABrokenProjectAfterASetupBlocksTheNextRunWithoutAPanic(t *testing.T) {
	t.Parallel()
	w := finished(t)
	w.write("live/staging/broken.tf", "resource {")
	summary, ids, calls := w.again(team())
	if findingOf(summary.Findings, "files.cannot-edit") == nil || len(calls) > 0 {
		t.Errorf("findings %v, planned %v, called %v", summary.Findings, ids, calls)
	}
	if len(summary.Told()) > 0 {
		t.Errorf("a blocked run tells what was built: %v", summary.Told())
	}
}

// TestAFinishedSetupNamesTheEncodingThatHidesTheAdminsKey: of a file in which no tool finds
// the profile nobody is told to write the key there, nor that there is no profile, and a
// dry run does not say that all is well.
func TestAFinishedSetupNamesTheEncodingThatHidesTheAdminsKey(t *testing.T) {
	t.Parallel()
	for name, written := range map[string]func(string) string{
		"a byte order mark":     func(s string) string { return "\ufeff" + s },
		"UTF-16 without a mark": func(s string) string { return strings.ReplaceAll(s, "", "\x00")[1:] },
	} {
		for _, me := range []string{"alice", ""} {
			t.Run(name+" "+me, func(t *testing.T) {
				t.Parallel()
				w := finished(t)
				w.write(".aws/credentials", written(w.read(".aws/credentials")))
				before := w.tree()
				for _, dry := range []bool{true, false} {
					flow := w.setup(team())
					flow.Answers.Me, flow.DryRun = me, dry
					summary := w.run(flow)
					if f := findingOf(summary.Findings, "files.encoding"); f == nil || summary.ExitCode(false) != plan.ExitFindings {
						t.Fatalf("exit code %d, findings %v", summary.ExitCode(false), summary.Findings)
					}
					for _, id := range []string{"iam.key-elsewhere", "init.no-admin-here", "init.proven-as-operator", "files.read-differently"} {
						if f := findingOf(summary.Findings, id); f != nil {
							t.Errorf("told besides: %s", f)
						}
					}
				}
				if diff := cmp.Diff(before, w.tree()); diff != "" {
					t.Errorf("files were changed:\n%s", diff)
				}
			})
		}
	}
}
