package steps

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"stateroom/awsops"
	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine/enginetest"
	"stateroom/steps/plan"
)

// TestAPlanBeyondAQuotaOfAWSIsRefusedWithTheWayOut: AWS would say LimitExceeded with half
// of the plan made.
func TestAPlanBeyondAQuotaOfAWSIsRefusedWithTheWayOut(t *testing.T) {
	t.Parallel()
	crowd := func(n int) (users []string) {
		for i := range n {
			users = append(users, fmt.Sprintf("%04d-%s", i, strings.Repeat("x", 55)))
		}
		return users
	}
	long := policy.Document{Statements: []policy.Statement{{Effect: policy.Allow, Actions: []string{"s3:*"}, Resources: []string{"arn:aws:s3:::" + strings.Repeat("x", 6000)}}}}
	arns := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("arn:aws:iam::aws:policy/P%d", i))
		}
		return list
	}
	watched := func(b *blueprint.Blueprint) {
		b.CIs = pipelineTeam().CIs
		for i := range 200 {
			e := blueprint.NewEnvironment(fmt.Sprint("more", i))
			e.Account = fmt.Sprintf("9%011d", i)
			b.Environments = append(b.Environments, e)
		}
	}
	for _, c := range []struct {
		finding string
		arrange func(*blueprint.Blueprint)
		found   func(*Observed)
		says    []string
	}{
		{"", func(*blueprint.Blueprint) {}, nil, nil},
		{"", watched, nil, nil},
		{"iam.permissions-too-long", func(b *blueprint.Blueprint) { watched(b); b.Environments[0].RolePath = "/own/" }, nil, []string{
			"role stateroom-github-watch", "one name and path", "leave watch out",
		}},
		{"iam.trust-too-long", func(b *blueprint.Blueprint) {
			b.Groups[0].Users, b.Environments[0].Trust = crowd(40), blueprint.TrustListed
		}, nil, []string{"IAM allows 2048", "--set environment.staging.trust=account"}},
		{"key.policy-too-long", func(b *blueprint.Blueprint) {
			b.Groups[0].Users, b.Key.Users = crowd(400), blueprint.KeyUsersListed
		}, nil, []string{"KMS allows 32768", "--set kms_key.users=group"}},
		{"iam.user-groups-full", func(b *blueprint.Blueprint) {
			for i := range 10 {
				b.Groups = append(b.Groups, blueprint.Group{Name: fmt.Sprint("more", i), Users: []string{"alice"}, Environments: []string{"staging"}})
			}
		}, nil, []string{"User alice would be in 11 groups, and IAM allows 10."}},
		{"iam.policy-name-too-long", func(b *blueprint.Blueprint) { b.Groups[0].Name = strings.Repeat("g", 110) }, nil, []string{"IAM allows 128", "shorter name"}},
		{"iam.permissions-too-long", func(b *blueprint.Blueprint) { b.Environments[0].Permissions = "own.json" }, func(o *Observed) {
			o.IAM.Permissions = map[string]policy.Document{"staging": long}
			o.IAM.Roles = map[string]RoleFacts{"staging": {Inline: map[string]policy.Document{"theirs": long}}}
		}, []string{"IAM allows 10240 together with the 6", "--set environment.staging.permissions=ARN"}},
		{"iam.role-policies-full", func(b *blueprint.Blueprint) { b.Environments[0].Permissions = blueprint.PermissionsPowerUser }, func(o *Observed) {
			o.IAM.Roles = map[string]RoleFacts{"staging": {Attached: arns(10)}}
		}, []string{"has 10 managed policies attached already", "--set environment.staging.role=NAME"}},
		{"iam.group-policies-full", func(*blueprint.Blueprint) {}, func(o *Observed) {
			o.IAM.Groups = map[string]GroupFacts{"admins": {Attached: arns(9)}}
		}, []string{"Group admins would have", "9 of them are not stateroom's: arn:aws:iam::aws:policy/P0"}},
		{"bucket.policy-too-long", func(*blueprint.Blueprint) {}, func(o *Observed) {
			o.Bucket.Bucket = usedByMany()
		}, []string{"with the statements that are there already, and S3 allows 20480", "--set bucket.name=NAME"}},
	} {
		b := team()
		c.arrange(b)
		o, a := emptyObserved(b), &blueprint.Answers{Blueprint: b, Me: "alice"}
		if c.found != nil {
			c.found(o)
		}
		found := BeyondQuotas(o, a, Propose([]Step{iamStep(), keyStep(), bucketStep(), lockStep()}, o, a, nil).Changes)
		if c.finding == "" {
			if len(found) > 0 {
				t.Errorf("a plan within the quotas: %v", found)
			}
			continue
		}
		f := findingOf(found, c.finding)
		if f == nil || !f.Blocks {
			t.Errorf("%s: found %v", c.finding, findingIDs(found))
			continue
		}
		says(t, f.Evidence+" "+f.Remedy, c.says...)
	}
}

// usedByMany is a bucket of the team's with a policy that has no room left.
func usedByMany() *awsops.Bucket {
	theirs := policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Sid: strings.Repeat("x", 20_000), Effect: policy.Allow, Principals: map[string][]string{"AWS": {"arn:aws:iam::222222222222:root"}},
		Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::acme-terraform-state/*"},
	}}}
	return &awsops.Bucket{
		Name: team().Bucket.Name, Ownership: awsops.BucketOurs, Region: "eu-west-1", Tags: plan.TagsOf(&blueprint.Answers{Blueprint: team()}),
		Policy: theirs.JSON(),
	}
}

// TestAQuotaThatWasRaisedIsReadAndNotHeldAgainstThePlan sets up roles that trust forty
// users by name, in accounts of which only some had the length of a trust policy raised,
// and may not always be asked.
func TestAQuotaThatWasRaisedIsReadAndNotHeldAgainstThePlan(t *testing.T) {
	t.Parallel()
	b := enginetest.Team(nil, "staging", "production")
	for i := range 40 {
		b.Groups[0].Users = append(b.Groups[0].Users, fmt.Sprintf("admin-%02d-who-is-one-of-forty", i))
	}
	for i := range b.Environments {
		b.Environments[i].Trust = blueprint.TrustListed
	}
	b.FillDefaults()
	raised := map[string]int{"AssumeRolePolicySizeQuota": 8192}
	staging, production := b.Environments[0].Account, b.Environments[1].Account
	for _, c := range []struct {
		name    string
		quotas  map[string]map[string]int
		denied  bool
		refused []string // environments
		asks    int
	}{
		{"all raised", map[string]map[string]int{staging: raised, production: raised}, false, nil, 2},
		{"one raised", map[string]map[string]int{staging: raised}, false, []string{"production"}, 2},
		{"raised, and nobody may ask", map[string]map[string]int{staging: raised, production: raised}, true, []string{"staging", "production"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sandbox.Options{Quotas: c.quotas})
			var asked atomic.Int64
			w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Operation != "GetAccountSummary" {
					return sandbox.Fault{}
				}
				asked.Add(1)
				return sandbox.Fault{Deny: c.denied}
			})
			review, err := w.setup(b).Review(context.Background())
			w.must(err)
			var refused []string
			for _, f := range review.Findings {
				if f.ID == "iam.trust-too-long" {
					refused = append(refused, f.Subject)
				}
			}
			if diff := cmp.Diff(c.refused, refused); diff != "" || review.Blocked() != (len(c.refused) > 0) || int(asked.Load()) != c.asks {
				t.Errorf("asked %d times, findings %v, refused (-want +got):\n%s", asked.Load(), findingIDs(review.Findings), diff)
			}
		})
	}
	w := newWorld(t, sandbox.Options{Quotas: map[string]map[string]int{staging: raised, production: raised}})
	if summary := w.run(w.setup(b)); summary.Failed > 0 || w.calls("CreateUser", "admin-39-who-is-one-of-forty") != 1 {
		t.Errorf("failures %v", summary.Failures)
	}
	for _, account := range []string{staging, production} {
		_, err := w.hands(account).iam.GetRole(context.Background(), &iam.GetRoleInput{RoleName: aws.String(blueprint.DefaultRole)})
		w.must(err)
	}
}

// TestAPlanWithinTheQuotasAsksNoAccountForThem: a quota costs a question only where it
// decides something.
func TestAPlanWithinTheQuotasAsksNoAccountForThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.healthy(w.run(w.setup(team())))
	for _, e := range w.server.Log() {
		if e.Operation == "GetAccountSummary" {
			t.Fatal("the quotas were asked for")
		}
	}
}

// TestAnAdoptedGroupAndAUserThatAreFullStopTheSetUpBeforeItBegins: what others have
// attached and joined counts towards IAM's ten.
func TestAnAdoptedGroupAndAUserThatAreFullStopTheSetUpBeforeItBegins(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t, sandbox.Options{}), context.Background()
	users := w.hands("").iam
	group := func(name string) {
		_, err := users.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: &name})
		w.must(err)
	}
	group("admins")
	for _, name := range []string{"ReadOnlyAccess", "SecurityAudit", "IAMReadOnlyAccess", "AmazonS3ReadOnlyAccess", "AmazonS3FullAccess", "AWSDenyAll", "IAMUserChangePassword", "PowerUserAccess"} {
		_, err := users.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: aws.String("admins"), PolicyArn: aws.String("arn:aws:iam::aws:policy/" + name)})
		w.must(err)
	}
	_, err := users.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("alice")})
	w.must(err)
	for i := range 10 {
		group(fmt.Sprint("theirs", i))
		_, err := users.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String(fmt.Sprint("theirs", i)), UserName: aws.String("alice")})
		w.must(err)
	}
	before := w.server.State()
	summary := w.adopt(team(), "arn:aws:iam::111111111111:group/admins", "arn:aws:iam::111111111111:user/alice")
	for _, id := range []string{"iam.group-policies-full", "iam.user-groups-full"} {
		if findingOf(summary.Findings, id) == nil {
			t.Errorf("no finding %s among %v", id, findingIDs(summary.Findings))
		}
	}
	if diff := cmp.Diff(before, w.server.State()); diff != "" || summary.Applied > 0 {
		t.Errorf("%d changes were made of a plan that AWS refuses in part:\n%s", summary.Applied, diff)
	}
}
