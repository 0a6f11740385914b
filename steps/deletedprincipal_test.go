package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// The ids of a user and of a role that were deleted.
const (
	deadUser = "AIDAJQABLZS4A3QDU576Q"
	deadRole = "AROAKSCDLFT9R5DQP782U"
)

// removeUser deletes a user with what set-up gave it, as somebody in the console would.
func (w *world) removeUser(name string) {
	w.t.Helper()
	h, ctx, user := w.hands("").iam, context.Background(), &name
	keys, err := h.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: user})
	w.must(err)
	for _, k := range keys.AccessKeyMetadata {
		_, err := h.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: user, AccessKeyId: k.AccessKeyId})
		w.must(err)
	}
	groups, err := h.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: user})
	w.must(err)
	for _, g := range groups.Groups {
		_, err := h.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: user, GroupName: g.GroupName})
		w.must(err)
	}
	_, err = h.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user})
	w.must(err)
}

// listedTeam names its users in the key's policy and in the trust of staging.
func listedTeam() *blueprint.Blueprint {
	b := team()
	b.Key.Users, b.Environments[0].Trust = blueprint.KeyUsersListed, blueprint.TrustListed
	return b
}

// haunted is a set-up of the listed team of which bob, a guest and the role of a CI were
// deleted: the policies of key and bucket name them, and the trusts of two roles. AWS is
// given time to settle between what is done by hand.
func haunted(t *testing.T, options sandbox.Options, settle func()) (w *world, ids map[string]string) {
	t.Helper()
	w = newWorld(t, options)
	w.healthy(w.run(w.setup(listedTeam())))
	settle()
	h, ctx, ids := w.hands(""), context.Background(), map[string]string{}
	guest, err := h.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("guest")})
	w.must(err)
	ci, err := h.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("ci"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}`)})
	w.must(err)
	bob, err := h.iam.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("bob")})
	w.must(err)
	ids["guest"], ids["ci"], ids["bob"] = *guest.User.UserId, *ci.Role.RoleId, *bob.User.UserId
	settle()
	id := aws.String(w.keyID())
	have, err := h.kms.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: id})
	w.must(err)
	_, err = h.kms.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: id, Policy: aws.String(strings.TrimSuffix(*have.Policy, "]}") + fmt.Sprintf(
		`,{"Sid":"Pipeline","Effect":"Allow","Principal":{"AWS":[%q,"arn:aws:iam::111111111111:user/alice"]},"Action":"kms:DescribeKey","Resource":"*"}]}`, *ci.Role.Arn))})
	w.must(err)
	w.editBucketPolicy(func(text string) string {
		return strings.TrimSuffix(text, "]}") + fmt.Sprintf(`,{"Effect":"Allow","Principal":{"AWS":%q},"Action":"s3:GetObject","Resource":"%s/*"}]}`, *guest.User.Arn, bucketOfOthers)
	})
	preprod := w.hands("333333333333").iam
	role, err := preprod.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(blueprint.DefaultRole)})
	w.must(err)
	trust := policy.ParseOrEmpty(*role.Role.AssumeRolePolicyDocument)
	trust.Statements = append(trust.Statements, policy.Statement{Sid: "Deploy", Effect: policy.Allow, Principals: policy.Principals{"AWS": {*ci.Role.Arn}}, Actions: []string{"sts:AssumeRole"}})
	_, err = preprod.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(blueprint.DefaultRole), PolicyDocument: aws.String(trust.JSON())})
	w.must(err)
	settle()
	w.removeUser("bob")
	_, err = h.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("guest")})
	w.must(err)
	_, err = h.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("ci")})
	w.must(err)
	settle()
	return w, ids
}

// policiesOf are the policies of key and bucket and the trusts of staging and preprod, as
// AWS shows them.
func (w *world) policiesOf() map[string]string {
	w.t.Helper()
	h, ctx := w.hands(""), context.Background()
	key, err := h.kms.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: aws.String(w.keyID())})
	w.must(err)
	bucket, err := h.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(team().Bucket.Name)})
	w.must(err)
	all := map[string]string{"key": *key.Policy, "bucket": *bucket.Policy}
	for name, account := range map[string]string{"staging": "222222222222", "preprod": "333333333333"} {
		out, err := w.hands(account).iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(blueprint.DefaultRole)})
		w.must(err)
		all[name] = policy.ParseOrEmpty(*out.Role.AssumeRolePolicyDocument).JSON()
	}
	return all
}

// TestASetUpThatNamesWhoWasDeletedHealsInOneRun: AWS refuses every policy that contains an
// id of somebody deleted, so that it is dropped before or with anything else. The user who
// is made again is named anew.
func TestASetUpThatNamesWhoWasDeletedHealsInOneRun(t *testing.T) {
	t.Parallel()
	w, dead := haunted(t, sandbox.Options{}, func() {})
	for what, text := range w.policiesOf() {
		if len(policy.Deleted(policy.ParseOrEmpty(text))) == 0 {
			t.Fatalf("the %s policy names nobody deleted: %s", what, text)
		}
	}
	summary, _, calls := w.again(listedTeam())
	w.healthy(summary)
	for _, call := range []string{"kms:PutKeyPolicy", "s3:PutBucketPolicy", "iam:UpdateAssumeRolePolicy"} {
		if !slices.Contains(calls, call) {
			t.Errorf("called %v", calls)
		}
	}
	for id, want := range map[string][]string{
		"key.policy":             {"Add missing statements to the key policy, and drop deleted principals", "statement Pipeline names " + dead["ci"] + ", a role that was deleted", "statement Allow use of the key names " + dead["bob"] + ", a user"},
		"bucket.policy":          {"Drop deleted principals from the policy of bucket acme-terraform-state", "names " + dead["guest"] + ", a user that was deleted"},
		"iam.role.staging.trust": {"Correct who may assume TerraformAdmin in staging, and drop deleted principals", dead["bob"]},
		"iam.role.preprod.trust": {"Drop deleted principals from the trust policy of role TerraformAdmin in preprod", "statement Deploy names " + dead["ci"]},
	} {
		c := w.plannedChange(id)
		if c == nil {
			t.Errorf("%s was not planned", id)
			continue
		}
		says(t, fmt.Sprint(c.Title, c.Fields, c.Risk), append(want, "Nobody loses access")...)
	}
	for what, text := range w.policiesOf() {
		if gone := policy.Deleted(policy.ParseOrEmpty(text)); len(gone) > 0 {
			t.Errorf("the %s policy names %v still", what, gone)
		}
		if bob := strings.Contains(text, "user/bob"); bob != (what == "key" || what == "staging") {
			t.Errorf("bob is named in the %s policy: %v", what, bob)
		}
	}
	says(t, w.policiesOf()["key"], `"Pipeline"`, "user/alice")
	w.settledNow(listedTeam())
}

// TestASetUpThatNamesWhoWasDeletedHealsOnAnAWSThatLags: a policy is not put for a look that
// lags, and who is made again is not named before AWS knows of it.
func TestASetUpThatNamesWhoWasDeletedHealsOnAnAWSThatLags(t *testing.T) {
	t.Parallel()
	for _, seed := range stepstest.HardSeeds(t, "1", "2") {
		t.Run(seed, func(t *testing.T) {
			t.Parallel()
			var later atomic.Int64 // by how much the sandbox's clock goes before
			settle := func() { later.Add(int64(2 * harshLag)) }
			w, _ := haunted(t, sandbox.Options{Seed: seed, Lag: harshLag, Propagation: harshLag / 2, Now: func() time.Time {
				return time.Now().Add(time.Duration(later.Load()))
			}}, settle)
			summary, _, _ := w.again(listedTeam())
			w.healthy(summary)
			settle()
			for what, text := range w.policiesOf() {
				if gone := policy.Deleted(policy.ParseOrEmpty(text)); len(gone) > 0 {
					t.Errorf("the %s policy names %v still", what, gone)
				}
			}
			w.settledNow(listedTeam())
		})
	}
}

// TestWhoWasDeletedIsDroppedWithConsentOnly: a dry run and a no leave everything, and tell
// which statement names whom.
func TestWhoWasDeletedIsDroppedWithConsentOnly(t *testing.T) {
	t.Parallel()
	w, dead := haunted(t, sandbox.Options{}, func() {})
	before := w.policiesOf()
	for name, unconfirmed := range map[string]func(*plan.Summary) bool{
		"dry run": func(s *plan.Summary) bool { return s.DryRun }, "no": func(s *plan.Summary) bool { return s.Declined },
	} {
		mark, s := len(w.server.Log()), w.setup(listedTeam())
		s.DryRun = name == "dry run"
		s.Confirm = func(context.Context, plan.Review) (plan.Decision, error) { return plan.Decision{}, nil }
		summary := w.run(s)
		if !unconfirmed(summary) || len(w.mutations(mark)) > 0 {
			t.Fatalf("%s: called %v", name, w.mutations(mark))
		}
		if diff := cmp.Diff(before, w.policiesOf()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for key, want := range map[string][]string{
			"key.deleted-principal":              {"Pipeline names " + dead["ci"], dead["bob"], "AWS stores no policy"},
			"bucket.deleted-principal":           {"names " + dead["guest"], "acme-terraform-state"},
			"iam.role-deleted-principal@staging": {"AssumeFromAdminAccount names " + dead["bob"]},
			"iam.role-deleted-principal@preprod": {"Deploy names " + dead["ci"]},
		} {
			i := slices.IndexFunc(summary.Findings, func(f plan.Finding) bool { return f.Key() == key && f.Severity == plan.Warning })
			if i < 0 {
				t.Errorf("%s: %s is not among %v", name, key, findingIDs(summary.Findings))
				continue
			}
			says(t, summary.Findings[i].String(), append(want, "Confirm the change: ")...)
		}
	}
}

// TestAUserMadeAgainByHandIsNamedAnew: the old statements do not trust the new user, and
// to let it in is more access.
func TestAUserMadeAgainByHandIsNamedAnew(t *testing.T) {
	t.Parallel()
	w, dead := haunted(t, sandbox.Options{}, func() {})
	_, err := w.hands("").iam.CreateUser(context.Background(), &iam.CreateUserInput{UserName: aws.String("bob")})
	w.must(err)
	for what, text := range w.policiesOf() {
		if strings.Contains(text, "user/bob") {
			t.Fatalf("the %s policy trusts the new bob: %s", what, text)
		}
	}
	summary, _, _ := w.again(listedTeam())
	w.healthy(summary)
	for _, id := range []string{"key.policy", "iam.role.staging.trust"} {
		c := w.plannedChange(id)
		if c == nil || len(c.Widens()) == 0 {
			t.Fatalf("%s: %+v", id, c)
		}
		says(t, strings.Join(plan.Access(c), " "), "bob")
		says(t, fmt.Sprint(c.Fields), dead["bob"])
	}
	w.settledNow(listedTeam())
}

// TestWhatIsStoredNamesNobodyDeletedAndNobodyElseLoses plans over policies that name the
// deleted in every way.
func TestWhatIsStoredNamesNobodyDeletedAndNobodyElseLoses(t *testing.T) {
	t.Parallel()
	const ci, stranger = "arn:aws:iam::222222222222:role/ci", "arn:aws:iam::333333333333:root"
	b := listedTeam()
	b.Environments[0].TrustKept = []string{ci}
	a := &blueprint.Answers{Blueprint: b, Me: "alice"}
	users := []string{"arn:aws:iam::111111111111:user/alice", "arn:aws:iam::111111111111:user/bob"}
	tag, scope := a.Tag()
	ours := map[string]string{tag: scope}
	key := func(users []string, more ...policy.Statement) policy.Document {
		d := policy.KeyPolicy("aws", b.AdminAccount, nil, users)
		d.Statements = append(d.Statements, more...)
		return d
	}
	describe := func(effect policy.Effect, principals ...string) policy.Statement {
		return policy.Statement{Sid: "Theirs", Effect: effect, Principals: policy.Principals{"AWS": principals}, Actions: []string{"kms:DescribeKey"}, Resources: []string{"*"}}
	}
	trust := func(mfa bool, principals []string, more ...policy.Statement) policy.Document {
		d := policy.EnvironmentTrust("aws", b.AdminAccount, "o-abcdefghij", principals, mfa)
		d.Statements = append(d.Statements, more...)
		return d
	}
	assume := func(principals ...string) policy.Statement {
		return policy.Statement{Sid: "Deploy", Effect: policy.Allow, Principals: policy.Principals{"AWS": principals}, Actions: []string{"sts:AssumeRole"}}
	}
	widens := func(c *plan.Change) bool { return len(c.Widens()) > 0 }
	for name, c := range map[string]struct {
		change     string // its id
		have, want policy.Document
		foreign    bool
		widens     bool
	}{
		"key: nobody":             {"", key(users), policy.Document{}, false, false},
		"key: beside the users":   {"key.policy", key(append([]string{deadUser}, users...)), key(users), false, false},
		"key: in place of a user": {"key.policy", key([]string{users[0], deadUser}), key(users), false, true},
		"key: of an adopted one":  {"key.policy", key([]string{users[0], deadUser, stranger}), key(append(slices.Clone(users), stranger)), true, true},
		"key: all of them":        {"key.policy", key([]string{deadUser, deadRole}), key(users), false, true},
		"key: theirs alone":       {"key.policy", key(users, describe(policy.Allow, deadRole)), key(users), false, false},
		"key: theirs and others":  {"key.policy", key(users, describe(policy.Allow, deadRole, stranger)), key(users, describe(policy.Allow, stranger)), true, false},
		"key: a denial of theirs": {"key.policy", key(users, describe(policy.Deny, deadUser)), key(users), false, false},
		"trust: beside the users": {"iam.role.staging.trust", trust(false, append([]string{deadUser}, users...)), trust(false, users), false, false},
		"trust: all of them":      {"iam.role.staging.trust", trust(true, []string{deadUser, deadRole}), trust(true, users), false, true},
		"trust: a stronger one":   {"iam.role.staging.trust", trust(true, append([]string{deadUser}, users...)), trust(true, users), false, false},
		"trust: beside one kept":  {"iam.role.staging.trust", trust(false, users, assume(ci, deadRole)), trust(false, users, assume(ci)), true, false},
	} {
		o := emptyObserved(b)
		o.Key = KeyFacts{Key: &awsops.Key{ID: "k1", ARN: "arn:aws:kms:eu-west-1:111111111111:key/k1", State: "Enabled", Enabled: true, Spec: symmetric, Usage: "ENCRYPT_DECRYPT", Manager: "CUSTOMER", Origin: "AWS_KMS", Description: b.Key.Description}, Aliased: true, Rotation: true, Tags: ours, Policy: key(users)}
		role := &awsops.Role{Name: b.Environments[0].Role, Path: "/", ARN: "arn:aws:iam::222222222222:role/" + b.Environments[0].Role, Tags: ours, Trust: trust(false, users).JSON()}
		of, finding := "iam.role.staging.trust", "iam.role-deleted-principal"
		if strings.HasPrefix(name, "key") {
			of, finding = "key.policy", "key.deleted-principal"
			if o.Key.Policy = c.have; c.foreign {
				o.Key.Tags, a.Adopt = nil, []string{o.Key.Key.ARN}
			}
		} else {
			role.Trust = c.have.JSON()
		}
		o.IAM.Roles = map[string]RoleFacts{"staging": {Role: role, Inline: map[string]policy.Document{}}}
		p := Propose([]Step{iamStep(), keyStep()}, o, a, nil)
		i := slices.IndexFunc(p.Changes, func(c plan.Change) bool { return c.ID == of })
		f := findingOf(p.Findings, finding)
		if c.change == "" {
			if i >= 0 || f != nil {
				t.Errorf("%s: planned %v, found %v", name, of, f)
			}
			continue
		}
		if i < 0 || f == nil || !p.Changes[i].FixesFinding(*f) {
			t.Errorf("%s: change %d, found %v", name, i, f)
			continue
		}
		change := p.Changes[i]
		input := change.Calls[0].InputMap()
		text, _ := input["Policy"].(string)
		if text == "" {
			text, _ = input["PolicyDocument"].(string)
		}
		if got := policy.ParseOrEmpty(text); !policy.Equivalent(got, c.want) {
			t.Errorf("%s: stored would be\n%s, want\n%s", name, got.JSON(), c.want.JSON())
		}
		if got := widens(&change); got != c.widens {
			t.Errorf("%s: gives more access: %v (%v)", name, got, plan.Access(&change))
		}
	}
}

// TestWhoWasDeletedNeedNotAgreeToAnAdoption: nobody is left to lose anything.
func TestWhoWasDeletedNeedNotAgreeToAnAdoption(t *testing.T) {
	t.Parallel()
	w, h := usedBucket(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/operator"},"Action":"s3:GetObject","Resource":"`+bucketOfOthers+`/*"}]}`)
	_, err := h.iam.CreateUser(context.Background(), &iam.CreateUserInput{UserName: aws.String("guest")})
	w.must(err)
	w.editBucketPolicy(func(text string) string { return strings.ReplaceAll(text, "user/operator", "user/guest") })
	_, err = h.iam.DeleteUser(context.Background(), &iam.DeleteUserInput{UserName: aws.String("guest")})
	w.must(err)
	summary, calls := w.adopted(bucketOfOthers)
	w.healthy(summary)
	if !slices.Contains(calls, "s3:PutBucketPolicy") {
		t.Errorf("called %v", calls)
	}
	w.settledNow(team())
}

// TestAnAdministratorOfTheKeyWhoIsGoneIsToldAndKeepsNothingFromBeingMade: KMS refuses a
// policy that names an ARN of nobody, and says of it no more than that.
func TestAnAdministratorOfTheKeyWhoIsGoneIsToldAndKeepsNothingFromBeingMade(t *testing.T) {
	t.Parallel()
	const auditor, ops, bob = "arn:aws:iam::111111111111:user/people/auditor", "arn:aws:iam::111111111111:role/ops", "arn:aws:iam::111111111111:user/bob"
	b := team()
	b.Key.Administrators = []string{auditor, ops, bob}
	w := newWorld(t, sandbox.Options{})
	h, ctx := w.hands("").iam, context.Background()
	makeBoth := func() {
		_, err := h.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("auditor"), Path: aws.String("/people/")})
		w.must(err)
		_, err = h.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("ops"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}`)})
		w.must(err)
	}
	named := func() (arns []string) {
		t.Helper()
		for _, s := range policy.ParseOrEmpty(w.policiesOf()["key"]).Statements {
			if s.Sid == "Allow access for Key Administrators" {
				arns = s.Principals["AWS"]
			}
		}
		return arns
	}
	tells := func(summary *plan.Summary) {
		t.Helper()
		for _, f := range summary.Findings {
			if f.Severity != plan.Info && f.ID != "key.administrator-missing" {
				t.Errorf("finding %s", f)
			}
		}
		if summary.Failed > 0 || summary.ExitCode(false) != plan.ExitFindings {
			t.Errorf("exit %d, failures %v", summary.ExitCode(false), summary.Failures)
		}
		text := fmt.Sprint(summary.Findings)
		says(t, text, "names "+auditor, "names "+ops, "Take it out of kms_key.administrators")
	}
	tells(w.run(w.setup(b))) // a new key
	if got := named(); !slices.Equal(got, []string{bob}) {
		t.Errorf("the key's administrators are %v", got)
	}
	makeBoth()
	summary, ids, _ := w.again(b)
	w.healthy(summary)
	if got := named(); !slices.Equal(ids, []string{"key.policy"}) || !slices.Equal(got, []string{auditor, ops, bob}) {
		t.Errorf("planned %v, the key's administrators are %v", ids, got)
	}
	_, err := h.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("auditor")})
	w.must(err)
	_, err = h.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("ops")})
	w.must(err)
	summary, ids, _ = w.again(b)
	tells(summary)
	if got := named(); !slices.Equal(ids, []string{"key.policy"}) || !slices.Equal(got, []string{bob}) {
		t.Errorf("planned %v, the key's administrators are %v", ids, got)
	}
	summary, ids, calls := w.again(b)
	if tells(summary); len(ids)+len(calls) > 0 {
		t.Errorf("a further run planned %v and called %v", ids, calls)
	}
	makeBoth()
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault { // who may not be looked up counts as there
		if e.Operation == "GetRole" && strings.HasSuffix(e.Resource, "role/ops") {
			return sandbox.Fault{Code: "AccessDenied", Status: 403}
		}
		return sandbox.Fault{}
	})
	summary, _, _ = w.again(b)
	w.healthy(summary)
	if got := named(); !slices.Equal(got, []string{auditor, ops, bob}) {
		t.Errorf("the key's administrators are %v", got)
	}
	w.settledNow(b)
}

// TestNothingIsOfferedThatLetsEverybodyInForWhoWasDeleted: a statement that allows all but
// somebody who was deleted is for a person to decide. It is named, the policy is left, and
// what else is wrong is mended.
func TestNothingIsOfferedThatLetsEverybodyInForWhoWasDeleted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ finding, change, service, operation string }{
		{"key.deleted-spared", changeKeyPolicy, "kms", "PutKeyPolicy"}, {"bucket.deleted-spared", changePolicy, "s3", "PutBucketPolicy"},
	} {
		t.Run(c.service, func(t *testing.T) {
			t.Parallel()
			w := finished(t)
			h, ctx := w.hands(""), context.Background()
			guest, err := h.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("guest")})
			w.must(err)
			spared := `,{"Sid":"Rest","Effect":"Allow","NotPrincipal":{"AWS":"` + *guest.User.Arn + `"},"Action":"` + c.service + `:GetBucketLocation","Resource":"` + map[string]string{"kms": "*", "s3": bucketOfOthers}[c.service] + `"}]}`
			if c.service == "kms" {
				have, err := h.kms.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: aws.String(w.keyID())})
				w.must(err)
				_, err = h.kms.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: aws.String(w.keyID()), Policy: aws.String(strings.TrimSuffix(*have.Policy, "]}") + strings.Replace(spared, "GetBucketLocation", "DescribeKey", 1))})
				w.must(err)
			} else {
				_, err = h.s3.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: aws.String(bucketName)})
				w.must(err)
				w.editBucketPolicy(func(text string) string { return strings.TrimSuffix(text, "]}") + spared })
			}
			_, err = h.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String("guest")})
			w.must(err)
			_, err = h.kms.UpdateKeyDescription(ctx, &kms.UpdateKeyDescriptionInput{KeyId: aws.String(w.keyID()), Description: aws.String("by hand")})
			w.must(err)
			summary, ids, calls := w.again(team())
			f := findingOf(summary.Findings, c.finding)
			if f == nil || f.Severity != plan.Failure || summary.Failed > 0 || slices.Contains(ids, c.change) || slices.Contains(calls, c.service+":"+c.operation) {
				t.Fatalf("findings %v, failures %v, planned %v", summary.Findings, summary.Failures, ids)
			}
			says(t, f.Evidence+f.Remedy, "statement Rest allows everybody but "+*guest.User.UserId, "NotPrincipal", "by hand")
			if !slices.Contains(calls, "kms:UpdateKeyDescription") || findingOf(summary.Findings, "init.not-tried") == nil {
				t.Errorf("called %v, findings %v", calls, summary.Findings)
			}
		})
	}
}
