package awsops

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
	"golang.org/x/sync/errgroup"
)

// IdentityCenter is an instance of IAM Identity Center.
type IdentityCenter struct {
	ARN   string // arn:aws:sso:::instance/ssoins-…
	Store string // the identity store's id, d-…
	// Owner is the account that the instance belongs to: the organization's management
	// account, or any other for an instance of one account, which has no permission sets.
	Owner string
	// Region is the primary one, in which everything about the instance is asked.
	Region string
	// Status is ACTIVE, or CREATE_IN_PROGRESS, CREATE_FAILED, DELETE_IN_PROGRESS;
	// StatusReason is AWS's reason, where it gives one.
	Status, StatusReason string
}

// IdentityCenters are the instances that the caller may see, of all regions.
func (s *Session) IdentityCenters(ctx context.Context) ([]IdentityCenter, error) {
	pages := ssoadmin.NewListInstancesPaginator(s.ssoadmin(), &ssoadmin.ListInstancesInput{RegionScope: types.RegionScopeAllRegions})
	return list(ctx, s, pages, "", func(page *ssoadmin.ListInstancesOutput) []IdentityCenter {
		return each(page.Instances, func(i types.InstanceMetadata) IdentityCenter {
			c := IdentityCenter{
				ARN: aws.ToString(i.InstanceArn), Store: aws.ToString(i.IdentityStoreId), Owner: aws.ToString(i.OwnerAccountId),
				Region: aws.ToString(i.PrimaryRegion), Status: string(i.Status), StatusReason: aws.ToString(i.StatusReason),
			}
			if c.Region == "" { // an answer of before 2026 names none: it is of where it was asked
				c.Region = s.Region()
			}
			return c
		})
	})
}

// PermissionSet is one of an instance's permission sets as found.
type PermissionSet struct {
	ARN, Name string
	// Duration is how long its sessions last, in ISO 8601.
	Duration string
	// Policies are the customer-managed policies that it refers to, each as path and name.
	Policies []string
	Tags     map[string]string
	// Groups are the ids of the groups that it is assigned to in the account asked about, and
	// People of who has it there by an assignment of their own.
	Groups, People []string
	// Outdated says that what the account has of it is not what it is by now
	// (LATEST_PERMISSION_SET_NOT_PROVISIONED).
	Outdated bool
}

// permissionSetsAtOnce bounds the calls under way: Identity Center takes 20 a second of all
// its operations together ("Quotas", IAM Identity Center user guide).
const permissionSetsAtOnce = 10

// PermissionSets are those of the names asked for that are there, by name, with what they
// are in an account. There is no call that finds one by its name.
func (s *Session) PermissionSets(ctx context.Context, instance, account string, names []string) (map[string]PermissionSet, error) {
	pages := ssoadmin.NewListPermissionSetsPaginator(s.ssoadmin(), &ssoadmin.ListPermissionSetsInput{InstanceArn: aws.String(instance), MaxResults: aws.Int32(100)})
	arns, err := list(ctx, s, pages, instance, func(page *ssoadmin.ListPermissionSetsOutput) []string { return page.PermissionSets })
	if err != nil || len(arns) == 0 {
		return nil, err
	}
	found := map[string]PermissionSet{}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(permissionSetsAtOnce)
	for _, arn := range arns {
		g.Go(func() error {
			set, err := s.permissionSet(ctx, instance, arn)
			if err != nil || set == nil || !slices.Contains(names, set.Name) {
				return err
			}
			if err := s.fillPermissionSet(ctx, instance, account, set); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			found[set.Name] = *set
			return nil
		})
	}
	return found, g.Wait()
}

// permissionSet is nil for one that was deleted meanwhile.
func (s *Session) permissionSet(ctx context.Context, instance, arn string) (*PermissionSet, error) {
	in := &ssoadmin.DescribePermissionSetInput{InstanceArn: aws.String(instance), PermissionSetArn: aws.String(arn)}
	return describe(ctx, s, s.ssoadmin().DescribePermissionSet, in, arn, func(answer *ssoadmin.DescribePermissionSetOutput) *PermissionSet {
		if answer.PermissionSet == nil {
			return nil
		}
		return &PermissionSet{ARN: arn, Name: aws.ToString(answer.PermissionSet.Name), Duration: aws.ToString(answer.PermissionSet.SessionDuration)}
	})
}

func (s *Session) fillPermissionSet(ctx context.Context, instance, account string, set *PermissionSet) error {
	client, arn, of := s.ssoadmin(), aws.String(set.ARN), aws.String(instance)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		pages := ssoadmin.NewListCustomerManagedPolicyReferencesInPermissionSetPaginator(client,
			&ssoadmin.ListCustomerManagedPolicyReferencesInPermissionSetInput{InstanceArn: of, PermissionSetArn: arn})
		set.Policies, err = list(ctx, s, pages, set.ARN, func(page *ssoadmin.ListCustomerManagedPolicyReferencesInPermissionSetOutput) []string {
			return each(page.CustomerManagedPolicyReferences, func(r types.CustomerManagedPolicyReference) string {
				path := aws.ToString(r.Path)
				if path == "" {
					path = "/"
				}
				return path + aws.ToString(r.Name)
			})
		})
		return err
	})
	g.Go(func() (err error) {
		pages := ssoadmin.NewListTagsForResourcePaginator(client, &ssoadmin.ListTagsForResourceInput{InstanceArn: of, ResourceArn: arn})
		tags, err := list(ctx, s, pages, set.ARN, func(page *ssoadmin.ListTagsForResourceOutput) []types.Tag { return page.Tags })
		set.Tags = tagMap(tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
		return err
	})
	g.Go(func() error {
		pages := ssoadmin.NewListAccountAssignmentsPaginator(client,
			&ssoadmin.ListAccountAssignmentsInput{InstanceArn: of, PermissionSetArn: arn, AccountId: aws.String(account)})
		all, err := list(ctx, s, pages, set.ARN, func(page *ssoadmin.ListAccountAssignmentsOutput) []types.AccountAssignment {
			return page.AccountAssignments
		})
		for _, a := range all {
			if a.PrincipalType == types.PrincipalTypeGroup {
				set.Groups = append(set.Groups, aws.ToString(a.PrincipalId))
			} else {
				set.People = append(set.People, aws.ToString(a.PrincipalId))
			}
		}
		return err
	})
	g.Go(func() (err error) {
		pages := ssoadmin.NewListPermissionSetsProvisionedToAccountPaginator(client, &ssoadmin.ListPermissionSetsProvisionedToAccountInput{
			InstanceArn: of, AccountId: aws.String(account), ProvisioningStatus: types.ProvisioningStatusLatestPermissionSetNotProvisioned,
		})
		outdated, err := list(ctx, s, pages, set.ARN, func(page *ssoadmin.ListPermissionSetsProvisionedToAccountOutput) []string { return page.PermissionSets })
		set.Outdated = slices.Contains(outdated, set.ARN)
		return err
	})
	return g.Wait()
}

// SetsOff tells whether permission sets have yet to be turned on for an instance.
func (s *Session) SetsOff(ctx context.Context, instance string) (bool, error) {
	out, err := s.ssoadmin().DescribeInstance(ctx, &ssoadmin.DescribeInstanceInput{InstanceArn: aws.String(instance)})
	if err != nil {
		return false, s.fail(err, instance)
	}
	return out.PermissionSetsEnabled != nil && !*out.PermissionSetsEnabled, nil
}

// NotProvisionedError is Identity Center's refusal to do what it had begun: an assignment,
// or bringing a permission set to an account. Reason is its own sentence.
type NotProvisionedError struct{ Reason string }

func (e *NotProvisionedError) Error() string {
	if e.Reason == "" {
		return "Identity Center did not finish it, and gave no reason"
	}
	return "Identity Center did not finish it: " + e.Reason
}

// provisionWait is how long Identity Center may take: seconds are usual, and one role of an
// account is changed at a time.
const provisionWait = 5 * time.Minute

// provisioning asks how a request to Identity Center stands, and why it has failed.
type provisioning func(ctx context.Context, c *ssoadmin.Client, instance, request *string) (types.StatusValues, *string, error)

// settle polls what Identity Center has begun until it has ended.
func (ask provisioning) settle(ctx context.Context, s *Session, c Call, out Outputs) (map[string]string, error) {
	instance, request := aws.String(lookupPath(c.Input, "InstanceArn")), aws.String(out.Values["request"])
	return nil, Poll(ctx, provisionWait, slowest, func(ctx context.Context) (bool, error) {
		status, reason, err := ask(ctx, s.ssoadmin(), instance, request)
		switch err = s.fail(err, ""); {
		case IsNotFound(err): // not yet: it has given the id itself
			return false, nil
		case err != nil:
			return false, err
		case status == types.StatusValuesFailed:
			return false, &NotProvisionedError{aws.ToString(reason)}
		}
		return status == types.StatusValuesSucceeded, nil
	})
}

func assigned(ctx context.Context, c *ssoadmin.Client, instance, request *string) (types.StatusValues, *string, error) {
	answer, err := c.DescribeAccountAssignmentCreationStatus(ctx, &ssoadmin.DescribeAccountAssignmentCreationStatusInput{
		InstanceArn: instance, AccountAssignmentCreationRequestId: request,
	})
	if err != nil || answer.AccountAssignmentCreationStatus == nil {
		return "", nil, err //nolint:wrapcheck // settle does
	}
	return answer.AccountAssignmentCreationStatus.Status, answer.AccountAssignmentCreationStatus.FailureReason, nil
}

func provisioned(ctx context.Context, c *ssoadmin.Client, instance, request *string) (types.StatusValues, *string, error) {
	answer, err := c.DescribePermissionSetProvisioningStatus(ctx, &ssoadmin.DescribePermissionSetProvisioningStatusInput{
		InstanceArn: instance, ProvisionPermissionSetRequestId: request,
	})
	if err != nil || answer.PermissionSetProvisioningStatus == nil {
		return "", nil, err //nolint:wrapcheck // settle does
	}
	return answer.PermissionSetProvisioningStatus.Status, answer.PermissionSetProvisioningStatus.FailureReason, nil
}

// assigning says whether Identity Center is still at work on giving a group a permission
// set in an account: what a run began that did not see it end.
func (s *Session) assigning(ctx context.Context, instance, set, group, account string) (bool, error) {
	pages := ssoadmin.NewListAccountAssignmentCreationStatusPaginator(s.ssoadmin(), &ssoadmin.ListAccountAssignmentCreationStatusInput{
		InstanceArn: aws.String(instance), Filter: &types.OperationStatusFilter{Status: types.StatusValuesInProgress},
	})
	requests, err := list(ctx, s, pages, instance, func(page *ssoadmin.ListAccountAssignmentCreationStatusOutput) []string {
		return each(page.AccountAssignmentsCreationStatus, func(m types.AccountAssignmentOperationStatusMetadata) string { return aws.ToString(m.RequestId) })
	})
	if err != nil {
		return false, err
	}
	for _, id := range requests {
		answer, err := s.ssoadmin().DescribeAccountAssignmentCreationStatus(ctx, &ssoadmin.DescribeAccountAssignmentCreationStatusInput{
			InstanceArn: aws.String(instance), AccountAssignmentCreationRequestId: aws.String(id),
		})
		if err != nil {
			return false, s.fail(err, instance)
		}
		if st := answer.AccountAssignmentCreationStatus; st != nil && aws.ToString(st.PermissionSetArn) == set &&
			aws.ToString(st.PrincipalId) == group && aws.ToString(st.TargetId) == account {
			return true, nil
		}
	}
	return false, nil
}

// WaitAssigned waits until Identity Center is no longer at work on giving a group a
// permission set in an account; the error wraps [ErrTimeout] where it still is.
func (s *Session) WaitAssigned(ctx context.Context, instance, set, group, account string) error {
	return Poll(ctx, provisionWait, slowest, func(ctx context.Context) (bool, error) {
		busy, err := s.assigning(ctx, instance, set, group, account)
		return !busy, err
	})
}

// CreatePermissionSet makes a permission set whose sessions last for duration, in ISO 8601.
// Its output is "arn".
func CreatePermissionSet(instance, name, description, duration string, tags map[string]string) Call {
	return call(&ssoadmin.CreatePermissionSetInput{
		InstanceArn: aws.String(instance), Name: aws.String(name), Description: aws.String(description), SessionDuration: aws.String(duration),
		Tags: tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} }),
	})
}

// UpdatePermissionSet changes how long sessions last; what stands in the accounts follows
// with ProvisionPermissionSet.
func UpdatePermissionSet(instance, set, duration string) Call {
	return call(&ssoadmin.UpdatePermissionSetInput{InstanceArn: aws.String(instance), PermissionSetArn: aws.String(set), SessionDuration: aws.String(duration)})
}

// TagPermissionSet adds tags.
func TagPermissionSet(instance, set string, tags map[string]string) Call {
	return call(&ssoadmin.TagResourceInput{
		InstanceArn: aws.String(instance), ResourceArn: aws.String(set),
		Tags: tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} }),
	})
}

func policyReference(path, name string) *types.CustomerManagedPolicyReference {
	return &types.CustomerManagedPolicyReference{Name: aws.String(name), Path: aws.String(path)}
}

// ReferToPolicy lets a permission set refer to a customer-managed policy by path and name,
// which has to be there in every account that the set is assigned in.
func ReferToPolicy(instance, set, path, name string) Call {
	return call(&ssoadmin.AttachCustomerManagedPolicyReferenceToPermissionSetInput{
		InstanceArn: aws.String(instance), PermissionSetArn: aws.String(set), CustomerManagedPolicyReference: policyReference(path, name),
	})
}

// ForgetPolicy takes such a reference away.
func ForgetPolicy(instance, set, path, name string) Call {
	return call(&ssoadmin.DetachCustomerManagedPolicyReferenceFromPermissionSetInput{
		InstanceArn: aws.String(instance), PermissionSetArn: aws.String(set), CustomerManagedPolicyReference: policyReference(path, name),
	})
}

// AssignToGroup gives a group a permission set in an account. AWS answers before it is
// done: [Session.Settle] waits for the end.
func AssignToGroup(instance, set, group, account string) Call {
	return call(&ssoadmin.CreateAccountAssignmentInput{
		InstanceArn: aws.String(instance), PermissionSetArn: aws.String(set), PrincipalId: aws.String(group), PrincipalType: types.PrincipalTypeGroup,
		TargetId: aws.String(account), TargetType: types.TargetTypeAwsAccount,
	})
}

// ProvisionPermissionSet brings an account's role to what the permission set is by now.
func ProvisionPermissionSet(instance, set, account string) Call {
	return call(&ssoadmin.ProvisionPermissionSetInput{
		InstanceArn: aws.String(instance), PermissionSetArn: aws.String(set),
		TargetId: aws.String(account), TargetType: types.ProvisionTargetTypeAwsAccount,
	})
}
