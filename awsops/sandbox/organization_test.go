package sandbox

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	taggingtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
)

func orgAs(s *Server, who Credentials) *organizations.Client {
	return organizations.NewFromConfig(as(s, who))
}

func TestAccountsAreListedInPages(t *testing.T) {
	s := serve(t, Options{Accounts: 45})
	pages := organizations.NewListAccountsPaginator(orgAs(s, s.Operator()), &organizations.ListAccountsInput{})
	var all []orgtypes.Account
	count := 0
	for pages.HasMorePages() {
		out, err := pages.NextPage(t.Context())
		wantError(t, err, "", "")
		all, count = append(all, out.Accounts...), count+1
	}
	if len(all) != 46 || count != 3 {
		t.Fatalf("%d accounts in %d pages", len(all), count)
	}
	if first := all[1]; *first.Id != "222222222222" || *first.Name != "staging" || first.State != "ACTIVE" || first.JoinedMethod != "CREATED" || len(*all[45].Id) != 12 {
		t.Errorf("account %+v", first)
	}
	if _, err := assume(t.Context(), s, s.Operator(), "arn:aws:iam::"+*all[45].Id+":role/OrganizationAccountAccessRole"); err != nil {
		t.Errorf("generated account: %v", err)
	}
}

func TestMembersDescribeTheOrganizationOnly(t *testing.T) {
	s := serve(t, Options{})
	staging := orgAs(s, inStaging(t, s))
	out, err := staging.DescribeOrganization(t.Context(), nil)
	wantError(t, err, "", "")
	if *out.Organization.MasterAccountId != "111111111111" {
		t.Errorf("organization %+v", out.Organization)
	}
	_, err = staging.ListAccounts(t.Context(), nil)
	wantError(t, err, "AccessDeniedException", "You don't have permissions to access this resource.")
}

func TestStandaloneAccountHasNoOrganization(t *testing.T) {
	s := serve(t, Options{Standalone: true})
	_, err := orgAs(s, s.Operator()).DescribeOrganization(t.Context(), nil)
	wantError(t, err, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	inStaging(t, s)
}

func TestAccountIsCreatedInTheBackground(t *testing.T) {
	s := serve(t, Options{})
	client, ctx := orgAs(s, s.Operator()), t.Context()
	create := func(email string) string {
		out, err := client.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: aws.String("new"), Email: &email})
		wantError(t, err, "", "")
		if out.CreateAccountStatus.State != orgtypes.CreateAccountStateInProgress {
			t.Errorf("state %s", out.CreateAccountStatus.State)
		}
		return *out.CreateAccountStatus.Id
	}
	poll := func(id string) *orgtypes.CreateAccountStatus {
		out, err := client.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: &id})
		wantError(t, err, "", "")
		return out.CreateAccountStatus
	}
	id := create("new@example.com")
	if status := poll(id); status.State != orgtypes.CreateAccountStateInProgress {
		t.Errorf("first poll: %s", status.State)
	}
	status := poll(id)
	if status.State != orgtypes.CreateAccountStateSucceeded {
		t.Fatalf("second poll: %s", status.State)
	}
	_, err := assume(ctx, s, s.Operator(), fmt.Sprintf("arn:aws:iam::%s:role/OrganizationAccountAccessRole", *status.AccountId))
	wantError(t, err, "", "")
	taken := poll(create("NEW@example.com"))
	if taken.State != orgtypes.CreateAccountStateFailed || taken.FailureReason != orgtypes.CreateAccountFailureReasonEmailAlreadyExists {
		t.Errorf("taken e-mail: %+v", taken)
	}
	_, err = client.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: aws.String("car-none")})
	wantError(t, err, "CreateAccountStatusNotFoundException", "")
}

func TestAServiceControlPolicyHoldsForTheAccountItIsAttachedTo(t *testing.T) {
	s, ctx := serve(t, Options{}), t.Context()
	create := func(as Credentials, code, message string) {
		t.Helper()
		_, err := iamAs(s, as).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trustIf(""))})
		wantError(t, err, code, message)
	}
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateRole","Resource":"*"}]}`
	if err := s.AddSCP("222222222222", "NoRoles", deny); err != nil {
		t.Fatal(err)
	}
	create(inStaging(t, s), "AccessDenied", "explicit deny in a service control policy")
	preprod, err := assume(ctx, s, s.Operator(), "arn:aws:iam::333333333333:role/OrganizationAccountAccessRole")
	wantError(t, err, "", "")
	create(preprod, "", "")
	if err := s.AddSCP("999999999999", "NoRoles", deny); err == nil {
		t.Error("a policy is attached to an account that is none")
	}
	if err := s.AddSCP("root", "Nonsense", "{}"); err == nil {
		t.Error("a document that is none is attached")
	}
}

// listedAccount is an account of the organization as ListAccounts shows it.
func listedAccount(t *testing.T, s *Server, id string) orgtypes.Account {
	t.Helper()
	out, err := orgAs(s, s.Operator()).ListAccounts(t.Context(), nil)
	wantError(t, err, "", "")
	for _, account := range out.Accounts {
		if *account.Id == id {
			return account
		}
	}
	t.Fatal("no account " + id)
	return orgtypes.Account{}
}

func TestInvitedAccountHasNoBootstrapRole(t *testing.T) {
	s := serve(t, Options{})
	if !s.Invite("222222222222") || s.Invite(managementAccount) {
		t.Error("Invite told the wrong thing")
	}
	_, err := assume(t.Context(), s, s.Operator(), bootstrapARN)
	wantError(t, err, "AccessDenied", "sts:AssumeRole")
	if joined := listedAccount(t, s, "222222222222").JoinedMethod; joined != orgtypes.AccountJoinedMethodInvited {
		t.Errorf("joined %s", joined)
	}
}

func TestRegionsTellWhetherTheyAreEnabled(t *testing.T) {
	s := serve(t, Options{})
	client := accountapi.NewFromConfig(as(s, s.Operator()))
	out, err := client.ListRegions(t.Context(), &accountapi.ListRegionsInput{RegionOptStatusContains: []accounttypes.RegionOptStatus{accounttypes.RegionOptStatusDisabled}})
	wantError(t, err, "", "")
	if len(out.Regions) != len(partitionOf("").optIn) {
		t.Errorf("regions %+v", out.Regions)
	}
}

func TestTaggedResourcesAreFoundByTag(t *testing.T) {
	s := serve(t, Options{})
	config := as(s, s.Operator())
	_, err := kms.NewFromConfig(config).CreateKey(t.Context(), &kms.CreateKeyInput{
		Tags: []kmstypes.Tag{{TagKey: aws.String("stateroom"), TagValue: aws.String("x")}},
	})
	wantError(t, err, "", "")
	out, err := tagging.NewFromConfig(config).GetResources(t.Context(), &tagging.GetResourcesInput{
		TagFilters: []taggingtypes.TagFilter{{Key: aws.String("stateroom")}}, ResourceTypeFilters: []string{"kms:key"},
	})
	wantError(t, err, "", "")
	if len(out.ResourceTagMappingList) != 1 || *out.ResourceTagMappingList[0].Tags[0].Value != "x" {
		t.Errorf("resources %+v", out.ResourceTagMappingList)
	}
}

func TestOrganizationReadsAnswerInTheSDKsShapes(t *testing.T) {
	s := serve(t, Options{})
	client, ctx := orgAs(s, s.Operator()), t.Context()
	made, err := client.CreateAccount(ctx, &organizations.CreateAccountInput{
		AccountName: aws.String("new"), Email: aws.String("new@example.com"), Tags: []orgtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	})
	wantError(t, err, "", "")
	for _, state := range []orgtypes.CreateAccountState{orgtypes.CreateAccountStateInProgress, orgtypes.CreateAccountStateSucceeded} {
		listed, err := client.ListCreateAccountStatus(ctx, &organizations.ListCreateAccountStatusInput{States: []orgtypes.CreateAccountState{state}})
		wantError(t, err, "", "")
		if len(listed.CreateAccountStatuses) != 1 || *listed.CreateAccountStatuses[0].Id != *made.CreateAccountStatus.Id {
			t.Fatalf("%s: %+v", state, listed.CreateAccountStatuses)
		}
	}
}

func TestSuspendedAccountIsNotReached(t *testing.T) {
	s := serve(t, Options{})
	if !s.Suspend("222222222222") {
		t.Fatal("no such account")
	}
	_, err := assume(t.Context(), s, s.Operator(), bootstrapARN)
	wantError(t, err, "AccessDenied", "sts:AssumeRole")
	if state := listedAccount(t, s, "222222222222").State; state != orgtypes.AccountStateSuspended {
		t.Errorf("state %s", state)
	}
}
