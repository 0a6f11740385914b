package steps

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
	"stateroom/steps/files/tf"
	"stateroom/steps/plan"
)

// gives are the sentences that a plan of b begins with.
func (w *world) gives(b *blueprint.Blueprint, me string) string {
	w.t.Helper()
	s := w.setup(b)
	s.Answers.Me = me
	r, err := s.Review(context.Background())
	w.must(err)
	var changes []*plan.Change
	for i := range r.Changes {
		changes = append(changes, &r.Changes[i])
	}
	return strings.Join(plan.Access(changes...), "\n")
}

// Who gets in is judged against what AWS holds: what narrows, or only makes the
// same anew, is not marked.
func TestWhoGetsInIsSaidOfWhatWidensOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*blueprint.Blueprint)
		want   []string
	}{
		"a new user": {
			func(b *blueprint.Blueprint) {
				b.Groups[0].Users = append(b.Groups[0].Users, "carol")
				b.Users = append(b.Users, blueprint.User{Name: "carol", Recipient: b.Users[0].Recipient + " # anybody's comment"})
			},
			[]string{
				"carol becomes a user of account 111111111111.", "carol gets access to staging, preprod and production through group admins.",
				"carol gets an access key, sealed to age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p #.",
			},
		},
		"a group that reaches more": {
			func(b *blueprint.Blueprint) {
				b.Groups = append(b.Groups, blueprint.Group{Name: "stagers", Users: []string{"bob"}, Environments: []string{"staging"}})
			},
			[]string{"bob gets access to staging through group stagers.", "Group stagers may use IAM for their own user only.", "Group stagers may assume the role in staging.", "Group stagers may read and write the state of common-staging."},
		},
		"a group that reaches less": {func(b *blueprint.Blueprint) { b.Groups[0].Environments = []string{"staging"} }, nil},
		"trust that is narrower":    {func(b *blueprint.Blueprint) { b.Environments[0].Trust = blueprint.TrustListed }, nil},
		"MFA":                       {func(b *blueprint.Blueprint) { b.Environments[0].MFA = true }, nil},
		"broader permissions": {
			func(b *blueprint.Blueprint) { b.Environments[2].Permissions = blueprint.PermissionsAdministrator },
			[]string{"The role TerraformAdmin in production may do what AdministratorAccess allows."},
		},
		"key policy with users": {
			func(b *blueprint.Blueprint) { b.Key.Users = blueprint.KeyUsersListed },
			[]string{"The policy of key alias/terraform lets alice and bob use or manage it."},
		},
		"another description": {func(b *blueprint.Blueprint) { b.Key.Description = "states" }, nil},
		// Policies may go by tags and aliases (aws:PrincipalTag, aws:ResourceTag,
		// kms:ResourceAliases).
		"more tags": {
			func(b *blueprint.Blueprint) { b.Tags = map[string]string{"access-tier": "admin"} },
			[]string{
				"The tag access-tier = admin, by which policies may give access, set on alice, bob, policy stateroom-admins-credentials-1, " +
					"policy stateroom-admins-assume-1, role TerraformAdmin in staging, role TerraformAdmin in preprod, " +
					"role TerraformAdmin in production, key alias/terraform, bucket acme-terraform-state, policy stateroom-admins-state-1 and table terraform_locks.",
			},
		},
		"another name of the key": {
			func(b *blueprint.Blueprint) { b.Key.Alias = "alias/payroll" },
			[]string{"The key goes by the name alias/payroll, by which policies may give access."},
		},
		"another administrator of the key": {
			func(b *blueprint.Blueprint) { b.Key.Administrators = []string{"arn:aws:iam::111111111111:user/bob"} },
			[]string{"The policy of key alias/terraform lets bob use or manage it."},
		},
		"a first boundary": {func(b *blueprint.Blueprint) {
			b.Environments[0].PermissionsBoundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
		}, nil},
		"a bucket that is less strict":                              {func(b *blueprint.Blueprint) { b.Bucket.Policy = blueprint.BucketPolicyCompatible }, nil},
		"another account of an environment, which nobody can enter": {func(b *blueprint.Blueprint) { b.Environments[0].Account = "555555555555" }, nil},
		"another role": {
			func(b *blueprint.Blueprint) { b.Environments[0].Role = "Other" },
			[]string{"Group admins may assume the role in staging.", "The role Other in staging may be assumed by anyone whom account 111111111111 allows.", "The role Other in staging may use Auto Scaling, CloudWatch, EC2, EFS, Elastic Load Balancing, Lambda, RDS, Route 53, Route 53 Domains and S3."},
		},
		"another state": {
			func(b *blueprint.Blueprint) { b.Projects[0].StateKey = "payroll/terraform.tfstate" },
			[]string{"Group admins may read and write the state of common-staging."},
		},
		"another bucket": {func(b *blueprint.Blueprint) { b.Bucket.Name = "mallorys-states" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := finished(t), team()
			c.change(b)
			if got, want := w.gives(b, "alice"), strings.Join(c.want, "\n"); name != "a new user" && got != want {
				t.Errorf("it says\n%s\nwant\n%s", got, want)
			} else if name == "a new user" {
				says(t, got, c.want[:2]...)
			}
		})
	}
}

// What somebody has narrowed in AWS is widened again by the blueprint, and said.
func TestWhoGetsInIsJudgedAgainstWhatAWSHolds(t *testing.T) {
	t.Parallel()
	w := finished(t)
	ctx, b := context.Background(), team()
	h := w.hands("222222222222")
	_, err := h.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
		RoleName:       aws.String(blueprint.DefaultRole),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"sts:AssumeRole"}}`),
	})
	w.must(err)
	_, err = h.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: aws.String(blueprint.DefaultRole), PolicyName: aws.String(inlinePolicy),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`),
	})
	w.must(err)
	_, err = w.hands("").iam.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: aws.String("admins"), UserName: aws.String("bob")})
	w.must(err)
	says(t, w.gives(b, "alice"),
		"bob gets access to staging, preprod and production through group admins.",
		"The role TerraformAdmin in staging may be assumed by anyone whom account 111111111111 allows.",
		"The role TerraformAdmin in staging may do more with Auto Scaling,")
}

// An administrator gains nothing today by what is allowed beside, but it stays when
// AdministratorAccess goes; and by a denial that goes: both are said.
func TestWhoGetsInIsSaidOfAnAdministrator(t *testing.T) {
	t.Parallel()
	w := finished(t)
	ctx, h := context.Background(), w.hands("222222222222")
	_, err := h.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String(blueprint.DefaultRole), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
	w.must(err)
	put := func(statements string) {
		_, err := h.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
			RoleName: aws.String(blueprint.DefaultRole), PolicyName: aws.String(inlinePolicy),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + statements + `]}`),
		})
		w.must(err)
	}
	const allow = `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`
	put(allow)
	says(t, w.gives(team(), "alice"), "The role TerraformAdmin in staging may do more with Auto Scaling,", "also once AdministratorAccess is detached.")
	put(allow + `,{"Effect":"Deny","Action":"organizations:*","Resource":"*"}`)
	says(t, w.gives(team(), "alice"), "The role TerraformAdmin in staging may do what was denied before, and do more with")
	b := team()
	b.Environments[0].Permissions = "arn:aws:iam::aws:policy/IAMFullAccess"
	says(t, w.gives(b, "alice"), "The role TerraformAdmin in staging may do what IAMFullAccess allows, also once AdministratorAccess is detached.")
}

// A bucket whose policy is stricter than asked keeps it, and the plan claims
// nothing else: there is no change, and the finding says what stays.
func TestABucketPolicyThatStaysStrictIsSaid(t *testing.T) {
	t.Parallel()
	w, b := finished(t), team()
	b.Bucket.Policy = blueprint.BucketPolicyCompatible
	r, err := w.setup(b).Review(context.Background())
	w.must(err)
	for _, c := range r.Changes {
		if c.ID == "bucket.policy" {
			t.Errorf("it plans to %s: %v", c.Title, c.Fields)
		}
	}
	i := slices.IndexFunc(r.Findings, func(f plan.Finding) bool { return f.ID == "bucket.policy-stronger" })
	if i < 0 {
		t.Fatalf("findings: %v", r.Findings)
	}
	says(t, r.Findings[i].Evidence, "stays strict, though the blueprint asks for compatible")
}

// Tags that policies may go by are refused like a new user, on what is there.
func TestNoWideningRefusesTags(t *testing.T) {
	t.Parallel()
	w, b := finished(t), team()
	b.Tags = map[string]string{"access-tier": "admin"}
	mark := len(w.server.Log())
	s := w.setup(b)
	s.Env.NoWidening = true
	summary := w.run(s)
	if code := summary.ExitCode(false); code != plan.ExitFindings || len(w.mutations(mark)) > 0 {
		t.Errorf("exit code %d after %v", code, w.mutations(mark))
	}
}

// Another key in a statement of our own lets through what AWS refuses now: it is
// judged against that, and not against the statement put right.
func TestWhoGetsInIsSaidOfABucketPolicyThatNamesAnotherKey(t *testing.T) {
	t.Parallel()
	w := finished(t)
	ctx, b, s3client := context.Background(), team(), w.hands("").s3
	got, err := s3client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(b.Bucket.Name)})
	w.must(err)
	other := regexp.MustCompile(`:key/[-0-9a-f]{36}`).ReplaceAllString(aws.ToString(got.Policy), ":key/00000000-1111-2222-3333-444444444444")
	_, err = s3client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(b.Bucket.Name), Policy: aws.String(other)})
	w.must(err)
	says(t, w.gives(b, "alice"), "The policy of bucket "+b.Bucket.Name+" allows more than before.")
}

// --no-widening refuses the whole plan by name, and makes nothing of it.
func TestNoWideningRefusesByNameAndMakesNothing(t *testing.T) {
	t.Parallel()
	w, b := finished(t), team()
	b.Groups[0].Users = append(b.Groups[0].Users, "carol")
	b.Users = append(b.Users, blueprint.User{Name: "carol", Recipient: b.Users[0].Recipient})
	b.Key.Description = "states"
	mark := len(w.server.Log())
	s := w.setup(b)
	s.Env.NoWidening = true
	summary := w.run(s)
	if code := summary.ExitCode(false); code != plan.ExitFindings || len(w.mutations(mark)) > 0 {
		t.Errorf("exit code %d after %v", code, w.mutations(mark))
	}
	var ids []string
	for _, f := range summary.Findings {
		if strings.HasSuffix(f.ID, "-widens") {
			ids = append(ids, f.ID)
			says(t, f.Remedy, "--no-widening")
		}
	}
	slices.Sort(ids)
	if got := strings.Join(ids, " "); got != "iam.key.carol-widens iam.member.admins.carol-widens iam.user.carol-widens" {
		t.Errorf("refused: %s", got)
	}
	b = team()
	b.Key.Description = "states"
	s = w.setup(b)
	s.Env.NoWidening = true
	w.healthy(w.run(s)) // the key's description is nobody's access
}

// A change that comes up while a plan is carried out is refused like the plan.
func TestNoWideningRefusesWhatComesUpLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	s := w.setup(team())
	s.Env.NoWidening = true
	mark := len(w.server.Log())
	x := engine.NewExecutor(s.Env, s.Answers, w.keep, nil)
	result := x.Apply(context.Background(), []plan.Change{{ID: "x", Account: "111111111111", Region: "eu-west-1", Calls: []awsops.Call{awsops.AddUserToGroup("admins", "mallory")}}})
	if len(result.Failed) != 1 || len(w.mutations(mark)) > 0 {
		t.Errorf("%+v, %v", result, w.mutations(mark))
	}
}

// A key for somebody who has one is more access only where another may open it.
func TestAKeyForAnotherReaderIsSaid(t *testing.T) {
	t.Parallel()
	const reader = "ssh-ed25519 AAAA bob@laptop"
	has := UserFacts{Keys: engine.UserKeys{All: []awsops.AccessKey{{ID: "K", Active: true}}}, SealedTo: reader}
	off := has
	off.Keys.All = []awsops.AccessKey{{ID: "K"}}
	for name, c := range map[string]struct {
		recipient string
		facts     UserFacts
		kind      plan.WideningKind
	}{
		"the same reader":          {reader, has, ""},
		"another reader":           {"age1other", has, plan.WidensRecipient},
		"another reader's comment": {"ssh-ed25519 BBBB bob@laptop", has, plan.WidensRecipient},
		"a passphrase":             {"", UserFacts{Keys: has.Keys}, plan.WidensRecipient},
		"the first key":            {reader, UserFacts{SealedTo: reader}, plan.WidensKey},
		"only an inactive key":     {reader, off, plan.WidensKey},
	} {
		var kind plan.WideningKind
		if w := sealedFor("bob", c.recipient, c.facts); len(w) > 0 {
			kind = w[0].Kind
		}
		if kind != c.kind {
			t.Errorf("%s: %q, want %q", name, kind, c.kind)
		}
	}
	if text := fmt.Sprint(sealedFor("bob", reader, UserFacts{})); strings.Contains(text, "laptop") || !strings.Contains(text, "ssh-ed25519 AAAA") {
		t.Errorf("it says %s", text)
	}
}

// A standing --adopt DIR of a pipeline must not bring any state that a project is
// made to point at to where the group can read it; a move that was agreed to and
// begun is finished.
func TestNoWideningRefusesToMoveAState(t *testing.T) {
	t.Parallel()
	a, at := &blueprint.Answers{Blueprint: team()}, &tf.Project{Dir: "/work/live/staging"}
	env := &engine.Env{NoWidening: true}
	for _, begun := range []bool{false, true} {
		changes, obstacle := Move{Begun: begun}.plan(a, a.Projects[0], at)
		if obstacle != nil || len(changes) == 0 {
			t.Fatalf("%v, %v", changes, obstacle)
		}
		if f := findingOf(engine.Standing(env, changes), moveChange(a.Projects[0].Name)+"-widens"); (f == nil) != begun {
			t.Errorf("begun %t: %v", begun, f)
		}
	}
}
