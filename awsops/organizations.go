package awsops

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// Organization is the organization that the session's account belongs to.
type Organization struct {
	ID                string // o-…
	ManagementAccount string
}

// Organization is nil for an account in no organization
// (AWSOrganizationsNotInUseException). Any member may ask.
func (s *Session) Organization(ctx context.Context) (*Organization, error) {
	organization, err := read(ctx, s, s.organizations().DescribeOrganization, &organizations.DescribeOrganizationInput{}, "",
		func(answer *organizations.DescribeOrganizationOutput) *Organization {
			o := answer.Organization
			return &Organization{ID: aws.ToString(o.Id), ManagementAccount: aws.ToString(o.MasterAccountId)}
		})
	if IsOrganizationNotInUse(err) {
		return nil, nil //nolint:nilnil // absent is an answer here
	}
	return organization, err
}

// Account is a member account as Organizations lists it.
type Account struct {
	ID    string
	Name  string
	Email string
	// State is ACTIVE, SUSPENDED, PENDING_CLOSURE, PENDING_ACTIVATION or
	// CLOSED; where the API leaves State empty it is the older Status.
	State string
	// Path leads to the account from the organization's root by its units: o-…/r-…/ou-…/.
	Path string
}

// AccountsPage is how many accounts AWS lists in one answer at most (ListAccounts,
// Organizations API reference).
const AccountsPage = 20

// Accounts lists every account of the organization. Only the management
// account and delegated administrators may ask.
func (s *Session) Accounts(ctx context.Context) ([]Account, error) {
	return s.AccountsTold(ctx, func(int) {})
}

// AccountsTold is [Session.Accounts], which tells after every answer how many there are so
// far.
func (s *Session) AccountsTold(ctx context.Context, tell func(n int)) ([]Account, error) {
	pages := organizations.NewListAccountsPaginator(s.organizations(),
		&organizations.ListAccountsInput{MaxResults: aws.Int32(AccountsPage)})
	n := 0
	return list(ctx, s, pages, "", func(page *organizations.ListAccountsOutput) []Account {
		n += len(page.Accounts)
		tell(n)
		return each(page.Accounts, memberAccount)
	})
}

func memberAccount(a types.Account) Account {
	state := string(a.State)
	if state == "" {
		state = string(a.Status)
	}
	account := Account{ID: aws.ToString(a.Id), Name: aws.ToString(a.Name), Email: aws.ToString(a.Email), State: state}
	if len(a.Paths) > 0 {
		account.Path = a.Paths[0]
	}
	return account
}

// ControlTower says whether AWS Control Tower manages the organization, by its
// trusted access. Only the management account and delegated administrators may
// ask: known is false for any other, and the error nil.
func (s *Session) ControlTower(ctx context.Context) (present, known bool, err error) {
	pages := organizations.NewListAWSServiceAccessForOrganizationPaginator(s.organizations(),
		&organizations.ListAWSServiceAccessForOrganizationInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, false, unanswered(s.fail(err, ""))
		}
		if slices.ContainsFunc(page.EnabledServicePrincipals, func(p types.EnabledServicePrincipal) bool {
			return aws.ToString(p.ServicePrincipal) == "controltower.amazonaws.com"
		}) {
			return true, true, nil
		}
	}
	return false, true, nil
}

// AccountCreation is how far a CreateAccount has come.
type AccountCreation struct {
	ID            string // the request's id, car-…
	State         string // IN_PROGRESS, SUCCEEDED or FAILED
	Account       string // the new account's id once it succeeded
	Name          string
	FailureReason string // AWS's own word, for example EMAIL_ALREADY_EXISTS
}

// CreateAccountStatus asks how far a CreateAccount has come.
func (s *Session) CreateAccountStatus(ctx context.Context, requestID string) (AccountCreation, error) {
	in := &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: aws.String(requestID)}
	return read(ctx, s, s.organizations().DescribeCreateAccountStatus, in, requestID,
		func(answer *organizations.DescribeCreateAccountStatusOutput) AccountCreation {
			return creation(answer.CreateAccountStatus)
		})
}

// AccountCreations lists the requests to create accounts that are running or
// failed, by which a CreateAccount whose answer was lost is found again.
func (s *Session) AccountCreations(ctx context.Context) ([]AccountCreation, error) {
	pages := organizations.NewListCreateAccountStatusPaginator(s.organizations(), &organizations.ListCreateAccountStatusInput{
		States: []types.CreateAccountState{types.CreateAccountStateInProgress, types.CreateAccountStateFailed},
	})
	return list(ctx, s, pages, "", func(page *organizations.ListCreateAccountStatusOutput) []AccountCreation {
		return each(page.CreateAccountStatuses, func(c types.CreateAccountStatus) AccountCreation { return creation(&c) })
	})
}

func creation(c *types.CreateAccountStatus) AccountCreation {
	if c == nil {
		return AccountCreation{}
	}
	return AccountCreation{
		ID: aws.ToString(c.Id), State: string(c.State), Account: aws.ToString(c.AccountId),
		Name: aws.ToString(c.AccountName), FailureReason: string(c.FailureReason),
	}
}

// accountWait is how long an account may take to be made. AWS takes minutes;
// a new organization may take up to an hour to finalize.
const accountWait = time.Hour

// WaitAccount waits for a CreateAccount to succeed or fail and returns its last
// status; a failure is in FailureReason, not in the error.
func (s *Session) WaitAccount(ctx context.Context, requestID string) (AccountCreation, error) {
	var last AccountCreation
	err := Poll(ctx, accountWait, 5*time.Second, func(ctx context.Context) (bool, error) {
		var err error
		last, err = s.CreateAccountStatus(ctx, requestID)
		if HasCode(err, "CreateAccountStatusNotFound") { // not yet: AWS has given the id itself
			return false, nil
		}
		return last.State == string(types.CreateAccountStateSucceeded) ||
			last.State == string(types.CreateAccountStateFailed), err
	})
	return last, err
}

// CreateAccount creates a member account with a role that trusts the
// management account. Its outputs are "request", for [Session.WaitAccount].
func CreateAccount(email, name, roleName string, tags map[string]string) Call {
	return call(&organizations.CreateAccountInput{
		Email: aws.String(email), AccountName: aws.String(name), RoleName: optional(roleName),
		Tags: tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} }),
	})
}
