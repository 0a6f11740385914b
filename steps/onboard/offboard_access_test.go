package onboard

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/awsops/secret"
	"stateroom/steps"
	"stateroom/steps/blueprint"
	"stateroom/steps/plan"
	"stateroom/steps/stepstest"
)

// bobsSession is a session of bob's key, as a laptop of his may hold one for 36
// hours.
func (o *office) bobsSession() *awsops.Session {
	o.t.Helper()
	key := o.opened(o.dir, "bob")
	client := sts.NewFromConfig(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(o.server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, ""),
	})
	made, err := client.GetSessionToken(context.Background(), &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(129600)})
	o.must(err)
	c := made.Credentials
	return o.env().Sessions.With(*c.AccessKeyId, secret.New(*c.SecretAccessKey), secret.New(*c.SessionToken), "eu-west-1")
}

// reaching are what a session of bob's is tried with.
func reaching(s *awsops.Session) map[string]error {
	ctx := context.Background()
	_, object := s.GetObject(ctx, "acme-terraform-state", "common/staging")
	_, key := s.Key(ctx, "alias/terraform")
	_, role := s.Assume(ctx, stagingRole)
	if awsops.IsNotFound(object) {
		object = nil // there is no state yet, and it may be read
	}
	return map[string]error{"s3": object, "kms": key, "sts": role}
}

const stagingRole = "arn:aws:iam::222222222222:role/TerraformAdmin"

// unnamed fails the test where the key's policy or a role's trust names a user.
func (o *office) unnamed(user string) {
	o.t.Helper()
	access, err := inspectAccess(context.Background(), o.env(), o.answers())
	o.must(err)
	texts := []string{access.Key.Policy.JSON()}
	for _, role := range access.Roles {
		texts = append(texts, role.Role.Trust)
	}
	for _, text := range texts {
		if strings.Contains(text, user) || strings.Contains(text, "AIDA") {
			o.t.Errorf("%s is still named: %s", user, text)
		}
	}
}

func TestAnOpenSessionOfTheUsersKeyIsDeniedS3KMSAndRolesAtOnce(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*blueprint.Blueprint){"by the group": func(*blueprint.Blueprint) {}, "listed": listed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, change)
			s := o.bobsSession()
			for what, err := range reaching(s) {
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
			}
			summary := o.run(o.offboard("bob"))
			for what, err := range reaching(s) {
				if !awsops.IsAccessDenied(err) || !awsops.IsExplicitDeny(err) {
					t.Errorf("%s: the session that was open is answered %v", what, err)
				}
			}
			says(t, strings.Join(summary.Notes, "\n"), "has no access any more", "36 hours", "SimulatePrincipalPolicy", "until ")
			o.unnamed("user/bob")
			mark := len(o.server.Log())
			again := o.setup()
			if calls := o.changed(mark); again.Applied > 0 || slices.Contains(calls, "PutKeyPolicy") || finding(again, "key.extra-statements") != nil {
				t.Errorf("the next setup changes %v, findings %v", calls, again.Findings)
			}
		})
	}
}

// A user that was taken out of the blueprint by hand is not kept in the key's
// policy either, while a role that somebody added is.
func TestSetupTakesWhoIsNoUserOutOfOurKeyPolicyAndKeepsRoles(t *testing.T) {
	t.Parallel()
	o := newOffice(t, listed)
	key, err := o.iam().Key(t.Context(), "alias/terraform")
	o.must(err)
	text, err := o.iam().KeyPolicy(t.Context(), key.ID)
	o.must(err)
	withRole := strings.ReplaceAll(text, `"arn:aws:iam::111111111111:user/bob"`, `"arn:aws:iam::111111111111:user/bob","`+stagingRole+`"`)
	_, err = o.iam().Do(t.Context(), awsops.PutKeyPolicy(key.ID, withRole))
	o.must(err)
	cut, err := blueprint.RemoveUser([]byte(o.read("stateroom.hcl")), "bob", "")
	o.must(err)
	o.write("stateroom.hcl", string(cut))
	if s := o.setup(); s.Failed > 0 || s.Applied != 3 { // the key's policy and two trusts
		t.Errorf("applied %d, failures %v", s.Applied, s.Failures)
	}
	o.unnamed("user/bob")
	text, err = o.iam().KeyPolicy(t.Context(), key.ID)
	o.must(err)
	if !strings.Contains(text, stagingRole) || !strings.Contains(text, "user/alice") {
		t.Errorf("the key's policy is %s", text)
	}
	if s := o.setup(); s.Applied > 0 || finding(s, "key.extra-statements") == nil {
		t.Errorf("a second setup applied %d, findings %v", s.Applied, s.Findings)
	}
}

// lists tells whether a session may list the buckets of its account.
func lists(s *awsops.Session) error {
	_, err := s.OwnBuckets(context.Background(), "")
	return err
}

func TestRoleSessionsEndOnTheTypedWordOnlyAndSetupTakesItForNoDrift(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	roleSession, err := o.bobsSession().Assume(t.Context(), stagingRole)
	o.must(err)
	o.must(lists(roleSession))
	summary := o.run(o.offboard("bob"))
	if err := lists(roleSession); err != nil {
		t.Errorf("a role session was ended without a word: %v", err)
	}
	f := finding(summary, "offboard.sessions")
	if f == nil {
		t.Fatalf("findings %v", summary.Findings)
	}
	says(t, f.String(), "staging, production", "UTC", "--adopt bob/sessions", "everybody else's")

	o.must(lists(roleSession))
	if s := o.run(o.offboard("bob", "bob/sessions")); s.Applied != 2 || finding(s, "offboard.sessions") != nil {
		t.Errorf("applied %d, findings %v", s.Applied, s.Findings)
	}
	if err := lists(roleSession); !awsops.IsExplicitDeny(err) {
		t.Errorf("the role session is answered %v", err)
	}
	again := o.run(o.offboard("bob", "bob/sessions"))
	if again.Applied > 0 || len(again.NotOurs) != 2 {
		t.Errorf("a second run applied %d, %d to agree to", again.Applied, len(again.NotOurs))
	}
	says(t, strings.Join(again.Notes, "\n"), "are ended")
	if s := o.setup(); s.Applied > 0 || finding(s, "iam.role-sessions-ended") == nil || finding(s, "iam.role-more-permissions") != nil {
		t.Errorf("the next setup applied %d, findings %v", s.Applied, s.Findings)
	}
}

// What comes first counts first: a session that is opened while the plan is read
// is ended as well, and one that is opened later is nobody's who left.
func TestRevokedIsWhatWasOpenedBeforeTheDenyCounted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	f := o.offboard("bob", "bob/sessions")
	var late *awsops.Session
	f.Confirm = func(context.Context, plan.Review) (plan.Decision, error) {
		var err error
		late, err = o.bobsSession().Assume(t.Context(), stagingRole)
		o.must(err)
		return plan.Decision{Yes: true}, nil
	}
	begun := time.Now()
	o.run(f)
	if err := lists(late); !awsops.IsExplicitDeny(err) {
		t.Errorf("a session that was opened at the prompt is answered %v", err)
	}
	access, err := inspectAccess(t.Context(), o.env(), o.answers())
	o.must(err)
	before, ok := policy.Revoked(access.Roles[0].Inline[steps.RevocationOf("bob")])
	if wait := before.Sub(begun); !ok || wait < 29*time.Second || wait > 3*time.Minute {
		t.Errorf("revoked %t from before %s, which is %s after the run began", ok, before, wait)
	}
}

func TestSetupRemovesWhatEndedSessionsOnceAllHaveEnded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	role := o.env().Sessions.Reach("222222222222", blueprint.DefaultReach, "eu-west-1")
	old := policy.RevokeSessions(time.Now().Add(-13*time.Hour).UTC().Format(time.RFC3339), "").JSON()
	for _, name := range []string{steps.RevocationOf("bob"), "AWSRevokeOlderSessions"} {
		_, err := role.Do(t.Context(), awsops.PutRolePolicy("TerraformAdmin", name, old))
		o.must(err)
	}
	mark := len(o.server.Log())
	if s := o.setup(); s.Applied != 1 || !slices.Contains(o.changed(mark), "DeleteRolePolicy") {
		t.Errorf("applied %d: %v", s.Applied, o.changed(mark))
	}
	if s := o.setup(); s.Applied > 0 || finding(s, "iam.role-sessions-ended") == nil {
		t.Errorf("the console's own was not kept: applied %d, findings %v", s.Applied, s.Findings)
	}
}

// A trust that makes users go by their own name lets their sessions be told
// apart, and ending bob's needs nobody's consent.
func TestBySessionNameOnlyTheUsersOwnSessionsEnd(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	access, err := inspectAccess(t.Context(), o.env(), o.answers())
	o.must(err)
	trust, err := policy.Parse(access.Roles[0].Role.Trust)
	o.must(err)
	trust.Statements[0].Conditions["StringEquals"]["sts:RoleSessionName"] = []string{"${aws:username}"}
	role := o.env().Sessions.Reach("222222222222", blueprint.DefaultReach, "eu-west-1")
	_, err = role.Do(t.Context(), awsops.UpdateAssumeRolePolicy("TerraformAdmin", trust.JSON()))
	o.must(err)
	open := func(pair awsops.KeyPair, name string) *awsops.Session {
		made, err := o.sts(pair).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(stagingRole), RoleSessionName: &name})
		o.must(err)
		c := made.Credentials
		return o.env().Sessions.With(*c.AccessKeyId, secret.New(*c.SecretAccessKey), secret.New(*c.SessionToken), "eu-west-1")
	}
	key := o.opened(o.dir, "bob")
	bobs := open(awsops.KeyPair{ID: key.AccessKeyID, Secret: secret.New(key.SecretAccessKey)}, "bob")
	made, err := o.iam().Do(t.Context(), awsops.CreateAccessKey("alice"))
	o.must(err)
	alices := open(awsops.KeyPair{ID: made.Values["id"], Secret: made.Secret}, "alice")
	o.run(o.offboard("bob"))
	if err := lists(bobs); !awsops.IsExplicitDeny(err) {
		t.Errorf("bob's session is answered %v", err)
	}
	if err := lists(alices); err != nil {
		t.Errorf("alice's session is answered %v", err)
	}
}

func (o *office) sts(pair awsops.KeyPair) *sts.Client {
	return sts.NewFromConfig(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(o.server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(pair.ID, pair.Secret.Reveal(), ""),
	})
}

// Without the right to deny, what can be taken is taken, and nothing is claimed.
func TestWithoutTheDenyKeysAreTakenAndTheOpenSessionIsToldOf(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	doc := stepstest.PeoplePolicy()
	doc.Statements = slices.DeleteFunc(doc.Statements, func(s policy.Statement) bool { return s.Sid == "DenyEverything" })
	s := o.bobsSession()
	o.actAs(doc)
	f := o.offboard("bob", "bob")
	summary, err := f.Run(t.Context())
	o.must(err)
	if summary.ExitCode(false) != plan.ExitFindings || finding(summary, "offboard.not-denied") == nil || finding(summary, "account.right-missing") == nil {
		t.Errorf("exit %d, findings %v", summary.ExitCode(false), summary.Findings)
	}
	keys, err := o.iam().AccessKeys(t.Context(), "bob")
	o.must(err)
	if len(keys) != 1 || keys[0].Active {
		t.Errorf("bob's keys are %+v", keys)
	}
	notes := strings.Join(summary.Notes, "\n")
	says(t, notes, "not denied everything", "36 hours")
	if strings.Contains(notes, "nothing any more") {
		t.Errorf("more is claimed than is so:\n%s", notes)
	}
	if id, err := s.Identity(t.Context()); err != nil || id.Name != "bob" {
		t.Errorf("the open session is %v, %v", id, err)
	}
}

// A key and a role that are not the blueprint's are named and left, until
// somebody says so.
func TestWhatIsNotOursIsCutWithConsentOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t, listed)
	who := iam.NewFromConfig(aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(o.server.URL()), Credentials: o.reached()})
	_, err := who.UntagRole(t.Context(), &iam.UntagRoleInput{RoleName: aws.String("TerraformAdmin"), TagKeys: []string{"stateroom"}})
	o.must(err)
	trusts := func() string {
		access, err := inspectAccess(t.Context(), o.env(), o.answers())
		o.must(err)
		return access.Roles[0].Role.Trust
	}
	summary := o.run(o.offboard("bob"))
	if !slices.ContainsFunc(summary.NotOurs, func(c plan.Change) bool { return c.NotOurs == stagingRole }) || !strings.Contains(trusts(), "user/bob") {
		t.Errorf("to agree to %d, trust %s", len(summary.NotOurs), trusts())
	}
	o.run(o.offboard("bob", stagingRole))
	if strings.Contains(trusts(), "user/bob") {
		t.Errorf("trust %s", trusts())
	}
}

// reached are credentials in another account, for a client of a test's own.
func (o *office) reached() aws.CredentialsProvider {
	operator := o.server.Operator()
	made, err := o.sts(awsops.KeyPair{ID: operator.AccessKeyID, Secret: secret.New(operator.SecretAccessKey)}).AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::222222222222:role/" + blueprint.DefaultReach), RoleSessionName: aws.String("test"),
	})
	o.must(err)
	c := made.Credentials
	return credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

// The only user who is listed leaves a trust that nobody is in, never one that
// the whole account is in.
func TestTheLastListedUserLeavesATrustOfNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t, listed, func(b *blueprint.Blueprint) {
		b.Groups = append(b.Groups, blueprint.Group{Name: "stagers", Users: []string{"bob"}, Environments: []string{"staging"}})
		b.Groups[0].Users, b.Groups[0].Environments = []string{"alice"}, []string{"production"}
	})
	s := o.run(o.offboard("bob"))
	if s.ExitCode(false) != plan.ExitDone {
		t.Errorf("exit %d, findings %v", s.ExitCode(false), s.Findings)
	}
	access, err := inspectAccess(t.Context(), o.env(), o.answers())
	o.must(err)
	trust, err := policy.Parse(access.Roles[0].Role.Trust)
	o.must(err)
	if !policy.Equivalent(trust, policy.TrustNobody()) {
		t.Errorf("trust %s", trust.JSON())
	}
	if f := finding(s, "offboard.sessions"); f == nil || !strings.Contains(f.Evidence, "staging, production") {
		t.Errorf("the sessions of before are not told of: %v", s.Findings)
	}
	mark := len(o.server.Log())
	if again := o.setup(); again.Applied > 0 {
		t.Errorf("the next setup made %v", o.changed(mark))
	}
}

func TestAUserWithoutGroupsAndOneWhoIsGoneAreHandledKindly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.iam().Do(t.Context(), awsops.RemoveUserFromGroup("admins", "bob"))
	o.must(err)
	if s := o.run(o.offboard("bob", "bob", "bob/sessions")); s.ExitCode(false) != plan.ExitDone {
		t.Errorf("exit %d, findings %v", s.ExitCode(false), s.Findings)
	}
	again := o.run(o.offboard("bob"))
	if again.Applied > 0 || len(again.NotOurs) > 0 {
		t.Errorf("applied %d, %d to agree to", again.Applied, len(again.NotOurs))
	}
	says(t, strings.Join(again.Notes, "\n"), "is not in account 111111111111 any more", "are ended")
}

// Between the plan and the deny the user can make one more key. It opens nothing,
// and is told of and taken by the next run.
func TestAKeyThatWasMadeMeanwhileOpensNothingAndIsToldOf(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	f := o.offboard("bob")
	f.Confirm = func(context.Context, plan.Review) (plan.Decision, error) {
		o.newKey("bob")
		return plan.Decision{Yes: true}, nil
	}
	s := o.run(f)
	if finding(s, "offboard.left-over") == nil || s.ExitCode(false) != plan.ExitFindings {
		t.Errorf("exit %d, findings %v", s.ExitCode(false), s.Findings)
	}
	if s := o.run(o.offboard("bob")); s.Applied != 1 || s.ExitCode(false) != plan.ExitDone {
		t.Errorf("the next run: applied %d, exit %d, findings %v", s.Applied, s.ExitCode(false), s.Findings)
	}
}

// TestADenyThatWasLeftOutIsNamed: the rights of another policy would not help whoever took
// the deny out of the plan.
func TestADenyThatWasLeftOutIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	flow := o.offboard("bob")
	flow.Exclude = map[string]bool{denyChange("bob"): true}
	s, err := flow.Run(t.Context())
	o.must(err)
	f := finding(s, "offboard.not-denied")
	if f == nil || s.ExitCode(false) != plan.ExitFindings {
		t.Fatalf("exit %d, findings %v", s.ExitCode(false), s.Findings)
	}
	says(t, f.Remedy, "Run stateroom offboard bob and confirm \"Deny bob everything")
}

func TestAFullUserIsToldHowToBeDenied(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, name := range []string{
		"ReadOnlyAccess", "SecurityAudit", "IAMReadOnlyAccess", "AmazonS3FullAccess", "AmazonS3ReadOnlyAccess", "AmazonDynamoDBFullAccess",
		"AWSKeyManagementServicePowerUser", "AWSOrganizationsReadOnlyAccess", "PowerUserAccess", "IAMFullAccess",
	} {
		_, err := o.iam().Do(t.Context(), awsops.AttachUserPolicy("bob", "arn:aws:iam::aws:policy/"+name))
		o.must(err)
	}
	s, err := o.offboard("bob").Run(t.Context())
	o.must(err)
	if f := finding(s, "offboard.not-denied"); f == nil || !strings.Contains(f.Remedy, "detach one") || s.ExitCode(false) != plan.ExitFailed {
		t.Errorf("exit %d, findings %v", s.ExitCode(false), s.Findings)
	}
	keys, err := o.iam().AccessKeys(t.Context(), "bob")
	o.must(err)
	if len(keys) != 1 || keys[0].Active {
		t.Errorf("bob's keys are %+v", keys)
	}
}

func TestAHandoverTellsThatTheUserWasSeenOff(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	blueprint := o.read("stateroom.hcl")
	o.run(o.offboard("bob"))
	o.write("stateroom.hcl", blueprint)
	s := o.run(o.handover("bob"))
	if f := finding(s, "handover.denied"); f == nil || !strings.Contains(f.String(), "detach-user-policy --user-name bob") {
		t.Errorf("findings %v", s.Findings)
	}
}

// TestWhatNamesTheUserInAConditionIsToldOf has statements that are for bob without
// being his, in the key's policy; the user of the next bob would have them.
func TestWhatNamesTheUserInAConditionIsToldOf(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(*blueprint.Blueprint) {})
	key, err := o.iam().Key(t.Context(), "alias/terraform")
	o.must(err)
	text, err := o.iam().KeyPolicy(t.Context(), key.ID)
	o.must(err)
	const bob, root = `"arn:aws:iam::111111111111:user/bob"`, `"arn:aws:iam::111111111111:root"`
	more := `{"Sid":"ByArn","Effect":"Allow","Principal":{"AWS":` + root + `},"Action":"kms:Decrypt","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":` + bob + `}}},` +
		`{"Sid":"ByName","Effect":"Allow","Principal":{"AWS":` + root + `},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"aws:username":"bob"}}},` +
		`{"Sid":"Spared","Effect":"Deny","NotPrincipal":{"AWS":[` + bob + `,` + root + `]},"Action":"kms:ReEncryptFrom","Resource":"*"},` +
		`{"Sid":"Denied","Effect":"Deny","Principal":"*","Action":"kms:ReEncryptTo","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":` + bob + `}}},`
	_, err = o.iam().Do(t.Context(), awsops.PutKeyPolicy(key.ID, strings.Replace(text, `"Statement":[`, `"Statement":[`+more, 1)))
	o.must(err)
	f := finding(o.run(o.offboard("bob")), "offboard.still-named")
	if f == nil {
		t.Fatal("nothing is said of them")
	}
	says(t, f.Evidence, "(ByArn, ByName, Spared)", key.ARN)
}

// withBob puts two statements into the state bucket's policy, one of which is for bob
// alone and one for alice, too, and one that names bob in a condition.
func (o *office) withBob() string {
	o.t.Helper()
	text, _, err := o.iam().BucketAccess(context.Background(), "acme-terraform-state", "111111111111")
	o.must(err)
	const alice, bob, all = `"arn:aws:iam::111111111111:user/alice"`, `"arn:aws:iam::111111111111:user/bob"`, `"arn:aws:s3:::acme-terraform-state/*"`
	more := `{"Sid":"Bobs","Effect":"Allow","Principal":{"AWS":` + bob + `},"Action":"s3:GetObject","Resource":` + all + `},` +
		`{"Sid":"Both","Effect":"Allow","Principal":{"AWS":[` + alice + `,` + bob + `]},"Action":"s3:GetObject","Resource":` + all + `},` +
		`{"Sid":"ByName","Effect":"Allow","Principal":{"AWS":` + alice + `},"Action":"s3:GetObject","Resource":` + all + `,"Condition":{"StringEquals":{"aws:username":"bob"}}},`
	_, err = o.iam().Do(context.Background(), awsops.PutBucketPolicy("acme-terraform-state", "111111111111", strings.Replace(text, `"Statement":[`, `"Statement":[`+more, 1)))
	o.must(err)
	return text
}

func TestTheUserLeavesTheBucketsOwnPolicy(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := o.withBob()
	s := o.run(o.offboard("bob"))
	text, _, err := o.iam().BucketAccess(t.Context(), "acme-terraform-state", "111111111111")
	o.must(err)
	if strings.Contains(text, "user/bob") || strings.Contains(text, "Bobs") || strings.Count(text, "user/alice") != 2 || strings.Count(text, `"Deny"`) != strings.Count(before, `"Deny"`) {
		t.Errorf("the bucket's policy is %s", text)
	}
	f := finding(s, "offboard.still-named")
	if f == nil {
		t.Fatalf("findings %v", s.Findings)
	}
	says(t, f.Evidence, "(ByName)", "bucket acme-terraform-state")
	if notes := strings.Join(s.Notes, "\n"); strings.Contains(notes, "bucket policy") {
		t.Errorf("the notes say %s", notes)
	}
}

// TestWhoIsBeingOffboardedIsToldSo: whoever onboards a user whom an offboarding has denied
// everything is not told that a set-up would help, which adds the user to a group. Nothing
// is made.
func TestWhoIsBeingOffboardedIsToldSo(t *testing.T) {
	t.Parallel()
	company := founded(t)
	l := company.laptop("bob")
	company.act("AttachUserPolicy", sandbox.ActInput{"UserName": "bob", "PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"})
	mark := len(company.server.Log())
	summary := l.come(l.handed())
	told := finding(summary, "onboard.denied")
	if told == nil || finding(summary, "onboard.not-in-group") != nil || len(company.changed(mark)) > 0 {
		t.Fatalf("findings %v, called %v", summary.Findings, company.changed(mark))
	}
	says(t, told.Evidence+told.Remedy, "AWSDenyAll", "stateroom offboard", "Ask the operator whether bob is being offboarded")
	company.act("DetachUserPolicy", sandbox.ActInput{"UserName": "bob", "PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"})
	l.onBoard(l.come(l.handed()))
}
