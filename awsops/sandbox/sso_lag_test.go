package sandbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
)

// TestPermissionSetsShowLate is what makes a second run, or the same one, meet a conflict
// where it saw nothing.
func TestPermissionSetsShowLate(t *testing.T) {
	clock := newClock()
	st := &centerStage{serve(t, Options{Seed: "sets", Lag: 10 * time.Minute, Now: clock.now, IdentityCenter: CenterOptions{Region: centerRegion}}), t}
	c, ctx := st.sso(), t.Context()
	var arns []*string
	missed := 0
	for i := range 12 {
		name := fmt.Sprint("set-", i)
		arns = append(arns, st.set(name))
		if _, err := c.DescribePermissionSet(ctx, &ssoadmin.DescribePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: arns[i]}); err != nil {
			wantError(t, err, "ResourceNotFoundException", "")
			missed++
		}
		_, err := c.CreatePermissionSet(ctx, &ssoadmin.CreatePermissionSetInput{InstanceArn: st.instance(), Name: &name})
		wantError(t, err, "ConflictException", "already exists")
	}
	count := func() int {
		out, err := c.ListPermissionSets(ctx, &ssoadmin.ListPermissionSetsInput{InstanceArn: st.instance()})
		st.must(err)
		return len(out.PermissionSets)
	}
	if n := count(); missed == 0 || n == 12 {
		t.Errorf("%d of 12 sets were missed at once, and %d are listed", missed, n)
	}
	clock.add(10 * time.Minute)
	of := func(duration string) (count int) {
		for _, arn := range arns {
			out, err := c.DescribePermissionSet(ctx, &ssoadmin.DescribePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: arn})
			st.must(err)
			if *out.PermissionSet.SessionDuration == duration {
				count++
			}
		}
		return count
	}
	if n := count(); n != 12 || of("PT1H") != 12 {
		t.Errorf("%d of 12 sets are listed later", n)
	}
	clock.add(time.Second)
	for _, arn := range arns {
		_, err := c.UpdatePermissionSet(ctx, &ssoadmin.UpdatePermissionSetInput{InstanceArn: st.instance(), PermissionSetArn: arn, SessionDuration: aws.String("PT8H")})
		st.must(err)
	}
	if of("PT1H") == 0 {
		t.Error("every change was seen at once")
	}
	clock.add(10 * time.Minute)
	if n := of("PT8H"); n != 12 {
		t.Errorf("%d of 12 changes are seen ten minutes later", n)
	}
}

func TestAssignmentWhoseAnswerIsLostIsThere(t *testing.T) {
	st := newCenterStage(t, CenterOptions{Assigning: time.Hour})
	st.must(st.Directory(map[string][]string{"Admins": {"alice"}}))
	set := st.set("Terraform-admins")
	st.Intercept(Script(map[string][]Fault{"sso:CreateAccountAssignment": {{DropRequest: true}, {DropAnswer: true}}}))
	open := func() int {
		out, err := st.sso().ListAccountAssignmentCreationStatus(t.Context(), &ssoadmin.ListAccountAssignmentCreationStatusInput{
			InstanceArn: st.instance(), Filter: &types.OperationStatusFilter{Status: types.StatusValuesInProgress},
		})
		st.must(err)
		return len(out.AccountAssignmentsCreationStatus)
	}
	for want := range 2 {
		if _, err := st.assignment(st.Operator(), set, managementAccount, "Admins"); err == nil {
			t.Fatal("an answer came")
		}
		if got := open(); got != want {
			t.Errorf("%d assignments are under way, not %d", got, want)
		}
	}
}
