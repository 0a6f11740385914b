package steps

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"stateroom/awsops/policy"
	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
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
	for _, c := range []struct {
		finding string
		arrange func(*blueprint.Blueprint)
		found   func(*Observed)
		says    []string
	}{
		{"", func(*blueprint.Blueprint) {}, nil, nil},
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
	} {
		b := team()
		c.arrange(b)
		o, a := emptyObserved(b), &blueprint.Answers{Blueprint: b, Me: "alice"}
		if c.found != nil {
			c.found(o)
		}
		found := beyondQuotas(o, a, Propose([]Step{iamStep(), keyStep(), bucketStep(), lockStep()}, o, a, nil).Changes)
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
